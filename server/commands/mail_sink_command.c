/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program for each message, as a mail program of the machine is called: the message on its
 * standard input, the recipient in $WAYMARK_RECIPIENT, and what became of it as its exit status,
 * which is read as sysexits.h has it and mail programs use it.
 *
 * The address is in the environment and not put into the command, where the shell would read it.
 */
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/mail_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <sysexits.h>

enum { NOT_EXECUTABLE = 126, NOT_FOUND = 127 }; /* as shells say it */

struct command_sink {
	struct mail_sink sink;
	const char *command;
};

static struct command_sink *self(struct mail_sink *sink)
{
	return (struct command_sink *)sink;
}

static int open_command(struct mail_sink *sink, const struct mail_facts *facts, struct error *error)
{
	(void)sink;
	(void)facts;
	/* A program that does not read all of its input is judged by its exit status. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return error_set(error, COMMAND_FAILED, "SIGPIPE: %s", strerror(errno));
	return 0;
}

/* Return: 0; errno. The program reads from @input. */
static int spawn(const char *command, int input, pid_t *ret_process)
{
	char *arguments[] = {(char[]){"sh"}, (char[]){"-c"}, NULL, NULL};
	cleanup_free char *text = strdup(command);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int r;

	if (!text)
		return ENOMEM;
	arguments[2] = text;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	r = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&attributes, &defaults);
	if (r == 0)
		r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawn(ret_process, "/bin/sh", &actions, &attributes, arguments, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

static void feed(int fd, struct span message)
{
	for (size_t done = 0; done < message.size;) {
		ssize_t size = write(fd, message.data + done, message.size - done);

		if (size < 0 && errno != EINTR)
			return;
		done += size > 0 ? (size_t)size : 0;
	}
}

static enum mail_outcome judge(int status, struct error *error)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code == 0)
		return MAIL_SENT;
	if (code < 0)
		(void)error_set(error, 0, "the command was ended by signal %d", WTERMSIG(status));
	else
		(void)error_set(error, 0, "the command ended with status %d", code);
	switch (code) {
	case EX_DATAERR:
	case EX_NOUSER:
	case EX_NOHOST:
		return MAIL_REFUSED_FOREVER;
	case EX_TEMPFAIL:
	case EX_UNAVAILABLE:
		return MAIL_REFUSED_NOW;
	case NOT_EXECUTABLE:
	case NOT_FOUND:
	default:
		return MAIL_FAILED;
	}
}

static enum mail_outcome send_command(struct mail_sink *sink, const struct mail_item *item,
				      struct error *error)
{
	int ends[2], status, code;
	pid_t process;

	if (setenv("WAYMARK_RECIPIENT", item->address, 1) != 0 || pipe2(ends, O_CLOEXEC) != 0) {
		(void)error_set(error, 0, "the command cannot be run: %s", strerror(errno));
		return MAIL_FAILED;
	}
	code = spawn(self(sink)->command, ends[0], &process);
	(void)close(ends[0]);
	if (code == 0)
		feed(ends[1], item->message);
	(void)close(ends[1]);
	if (code != 0) {
		(void)error_set(error, 0, "the command cannot be run: %s", strerror(code));
		return MAIL_FAILED;
	}
	while (waitpid(process, &status, 0) < 0)
		if (errno != EINTR) {
			(void)error_set(error, 0, "the command cannot be waited for: %s",
					strerror(errno));
			return MAIL_DOUBTFUL;
		}
	return judge(status, error);
}

static int close_command(struct mail_sink *sink, struct error *error)
{
	(void)sink;
	(void)error;
	return 0;
}

static void free_command(struct mail_sink *sink)
{
	free(self(sink));
}

struct mail_sink *mail_sink_command(const char *command)
{
	static const struct mail_sink_type type = {
		.name = "command",
		.open = open_command,
		.send = send_command,
		.close = close_command,
		.free = free_command,
	};
	struct command_sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return NULL;
	sink->sink.type = &type;
	sink->command = command;
	return &sink->sink;
}
