/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold_readers DIRECTORY: take every reader slot that an LMDB environment has left, by read
 * transactions of this process, print how many these are, and keep them until standard input ends.
 * Meanwhile no other process can begin to read there, however sound the disk is.
 */
#include "store/txn.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SLOTS_MAX = 4096 };

static unsigned take_all(struct env *env, struct txn *held)
{
	for (unsigned count = 0; count < SLOTS_MAX; count++) {
		txn_begin_read(&held[count], env);
		if (held[count].error)
			return count;
	}
	return SLOTS_MAX;
}

int main(int argc, char **argv)
{
	static const char *const no_databases[] = {NULL};
	struct txn *held = calloc(SLOTS_MAX, sizeof(*held));
	struct error error = {""};
	struct env env;
	unsigned count;
	char end;

	if (argc != 2 || !held)
		return 2;
	if (env_open(&env, argv[1], no_databases, false, 0, &error)) {
		(void)fprintf(stderr, "%s\n", error.text);
		env_close(&env);
		free(held);
		return 1;
	}
	count = take_all(&env, held);
	(void)printf("%u\n", count);
	(void)fflush(stdout);
	(void)!read(STDIN_FILENO, &end, 1);
	while (count > 0)
		(void)txn_finish(&held[--count]);
	env_close(&env);
	free(held);
	return 0;
}
