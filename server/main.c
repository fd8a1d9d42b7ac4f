/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program: one binary, one command per file of commands/, and this alphabetical table.
 */
#include "commands/command.h"

/* clang-format off */
static const struct command commands[] = {
	{0},
};
/* clang-format on */

int main(int argc, char **argv)
{
	return command_dispatch(commands, "Waymark, the tracker on your own domain.", argc, argv);
}
