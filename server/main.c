/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program: one binary, one command per file of commands/, and this alphabetical table.
 */
#include "commands/command.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* clang-format off */
static const struct command commands[] = {
	{"backup",    command_backup,    "copy log and state, while a server runs or not"},
	{"binding",   command_binding,   "list who is tied to which browser, and undo it"},
	{"config",    command_config,    "check the configuration, or print what it may hold"},
	{"doctor",    command_doctor,    "check this installation, and say what to change"},
	{"events",    command_events,    "print the log, or import events of another system"},
	{"form",      command_form,      "define, list and show forms"},
	{"init",      command_init,      "make a directory to serve from"},
	{"key",       command_key,       "list, rotate, retire and export the keys"},
	{"link",      command_link,      "register, list, show and verify tracked links"},
	{"milter",    command_milter,    "track what other programs send through Postfix"},
	{"prospect",  command_prospect,  "import, find and show people"},
	{"restore",   command_restore,   "make the store anew from a backup"},
	{"rewrite",   command_rewrite,   "a message on standard input, the tracked message out"},
	{"rule",      command_rule,      "list the rules in force, and check files of rules"},
	{"serve",     command_serve,     "answer tracked links"},
	{"summarize", command_summarize, "fold the log into summaries"},
	{"token",     command_token,     "make, list and revoke tokens of the admin API"},
	{0},
};
/* clang-format on */

/*
 * jansson's reader goes on where one of its texts has no memory, and then writes behind the end of
 * another. It reads configurations and what operators send, nothing that a click needs: the program
 * ends instead, and says why.
 */
static void *allocate_or_end(size_t size)
{
	static const char message[] = "waymark: out of memory for JSON\n";
	void *memory = malloc(size);

	if (memory || size == 0)
		return memory;
	(void)!write(STDERR_FILENO, message, sizeof(message) - 1);
	_exit(EXIT_FAILURE);
}

/*
 * Whoever starts the program without standard input, output or error has the store's files opened
 * under these numbers, and a message written into them. What stands there instead refuses both.
 */
static bool hold_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	if (!hold_standard_files())
		return EXIT_FAILURE;
	json_set_alloc_funcs(allocate_or_end, free);
	return command_dispatch(commands, "Waymark, the tracker on your own domain.", argc, argv);
}
