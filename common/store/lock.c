/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data/lock: one process writes. The lock is flock(), which the kernel drops when its holder dies,
 * however it dies; the file itself stays and its text (the holder's process id) only serves the
 * message. It is closed on exec, so that no child keeps the directory locked.
 *
 * A server must also start on a disk where the file cannot be made (read-only, full, no
 * permission): if it is there, it can be locked without writing; if not, the directory is locked,
 * which keeps a second server of that kind away. Nothing is written until the file itself is held.
 *
 * Who may wait asks again every few milliseconds: flock() itself waits without a limit, and the
 * holder that matters here, a command, is gone after a few of these rounds.
 */
#include "base/cleanup.h"
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

enum { ROUND_MS = 10 };

static long read_holder(int fd)
{
	char text[32] = "";
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

	return size > 0 ? strtol(text, NULL, 10) : 0;
}

static int refuse(const char *path, int fd, struct error *error)
{
	long pid = read_holder(fd);

	if (pid > 0)
		return error_set(error, STORE_E_LOCKED,
				 "%s: process %ld owns this data directory; stop it first, or let "
				 "the command go through its socket",
				 path, pid);
	return error_set(error, STORE_E_LOCKED,
			 "%s: another process owns this data directory; stop it first", path);
}

/* A full disk may refuse the text, and the lock holds without it; half of it would name another. */
static void note_holder(int fd)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	bool whole = ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) == length;
	int r = whole ? 0 : ftruncate(fd, 0);

	(void)r;
}

/* Return: 0, or -1 with errno: EWOULDBLOCK when it was held all the time. */
static int lock_until(int fd, const struct store_options *options)
{
	const usec_t deadline = clock_monotonic() + options->lock_wait_ms * USEC_PER_MS;
	const struct timespec pause = {.tv_nsec = ROUND_MS * 1000000L};

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK || clock_monotonic() >= deadline)
			return -1;
		if (options->lock_wait &&
		    !options->lock_wait(options->lock_wait_context, read_holder(fd))) {
			errno = EWOULDBLOCK;
			return -1;
		}
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

static int open_lock(const char *path, const struct store_options *options, bool *ret_owned)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), error = errno;

	*ret_owned = true;
	if (fd >= 0 || !options->degraded_start)
		return fd;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0)
		return fd;
	*ret_owned = false;
	fd = open(options->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	errno = error;
	return fd;
}

int store_lock_take(const struct store_options *options, int *ret_fd, bool *ret_owned,
		    struct error *error)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;
	cleanup_close int fd = -1;
	bool owned;

	buffer_printf(&path, "%s/lock", options->data_dir);
	if (!buffer_text(&path))
		return error_set(error, -ENOMEM, "%s: out of memory", options->data_dir);
	fd = open_lock(buffer_text(&path), options, &owned);
	if (fd < 0 && options->degraded_start) {
		*ret_owned = false;
		return 0;
	}
	if (fd < 0)
		return error_set(error, -errno, "%s: cannot be opened: %s", buffer_text(&path),
				 strerror(errno));
	if (lock_until(fd, options)) {
		if (errno == EWOULDBLOCK)
			return refuse(buffer_text(&path), fd, error);
		return error_set(error, -errno, "%s: cannot be locked: %s", buffer_text(&path),
				 strerror(errno));
	}
	if (owned)
		note_holder(fd);
	*ret_owned = owned;
	*ret_fd = fd;
	fd = -1;
	return 0;
}
