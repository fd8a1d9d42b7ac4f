/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * Stands between the server and its disk (LD_PRELOAD). By environment:
 *
 *   WAYMARK_DISK_JOURNAL=PATH  write down, in one order, each open, write, truncation and sync of the
 *                              data.mdb files, and each send of a redirect or of a 204 (before it is
 *                              sent)
 *   WAYMARK_DISK_NOSYNC=PATH   while that file exists, syncs of those files do nothing and succeed
 *   WAYMARK_DISK_STALL=PATH    while that file exists, none of these syncs ends, for STALL_MS each
 *
 * An entry is: type 1, file 1, flags 2, length 4, number 8 (all in the order of this machine), then
 * length bytes. A file is known by its inode, so that it stays the same one when it is renamed. What
 * an entry's number means stands at its type. A write to a descriptor opened with O_DSYNC has two
 * entries, and is on disk at the second; so has a sync, which covers the writes before its first.
 *
 * One mutex makes the order. Nothing here allocates, and the journal is written by system calls that
 * nobody intercepts.
 */
/* clang-format on */
/* With it, pwrite below would be named pwrite64, which is not what LMDB calls. */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { DESCRIPTORS = 65536, FILES = 16, STALL_MS = 60000, STALL_STEP_MS = 20, SEND_BYTES = 4096 };

enum entry_type {
	ENTRY_OPEN = 1,	   /* data: the path */
	ENTRY_WRITE = 2,   /* number: offset; data: what is written */
	ENTRY_WRITTEN = 3, /* number: the entry of the write, whose descriptor is O_DSYNC */
	ENTRY_SYNC = 4,	   /* a sync begins */
	ENTRY_SYNCED = 5,  /* number: the entry of its beginning */
	ENTRY_SEND = 6,	   /* data: the head of the answer */
	ENTRY_TRUNCATE = 7 /* number: the size */
};

struct entry {
	uint8_t type, file;
	uint16_t flags;
	uint32_t length;
	uint64_t number;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static uint64_t entries;
static struct {
	dev_t device;
	ino_t inode;
} files[FILES];
static unsigned file_count;
static uint8_t file_of[DESCRIPTORS]; /* number of the file, from 1; 0: not ours */
static bool is_dsync[DESCRIPTORS];
static const char *stall, *nosync;

static struct {
	int (*open)(const char *, int, ...);
	int (*close)(int);
	ssize_t (*write)(int, const void *, size_t);
	ssize_t (*writev)(int, const struct iovec *, int);
	ssize_t (*pwrite)(int, const void *, size_t, off_t);
	int (*ftruncate)(int, off_t);
	int (*fdatasync)(int);
	int (*fsync)(int);
	int (*msync)(void *, size_t, int);
	ssize_t (*send)(int, const void *, size_t, int);
	ssize_t (*sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	ssize_t (*sendmsg)(int, const struct msghdr *, int);
} real;

#define FIND(name) (*(void **)&real.name = dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("WAYMARK_DISK_JOURNAL");

	FIND(open);
	FIND(close);
	FIND(write);
	FIND(writev);
	FIND(pwrite);
	FIND(ftruncate);
	FIND(fdatasync);
	FIND(fsync);
	FIND(msync);
	FIND(send);
	FIND(sendto);
	FIND(sendmsg);
	stall = getenv("WAYMARK_DISK_STALL");
	nosync = getenv("WAYMARK_DISK_NOSYNC");
	if (!path)
		return;
	journal = real.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (journal < 0)
		abort();
}

static void put(const struct iovec *parts, int count)
{
	size_t size = 0;

	for (int i = 0; i < count; i++)
		size += parts[i].iov_len;
	/* Half a journal would be believed; none is noticed. */
	if (syscall(SYS_writev, journal, parts, count) != (ssize_t)size)
		abort();
}

/* One entry; its number in the journal. */
static uint64_t note(enum entry_type type, uint8_t file, uint64_t number, const void *data,
		     size_t size)
{
	union {
		const void *in;
		void *out;
	} bytes = {.in = data};
	struct entry entry = {.type = (uint8_t)type,
			      .file = file,
			      .length = (uint32_t)size,
			      .number = number};
	struct iovec parts[2] = {{&entry, sizeof(entry)}, {bytes.out, size}};
	uint64_t index;

	if (journal < 0)
		return 0;
	(void)pthread_mutex_lock(&lock);
	index = entries++;
	put(parts, size ? 2 : 1);
	(void)pthread_mutex_unlock(&lock);
	return index;
}

static uint8_t file(int fd)
{
	return fd >= 0 && fd < DESCRIPTORS ? file_of[fd] : 0;
}

static void opened(int fd, const char *path, int flags)
{
	static const char name[] = "/data.mdb";
	size_t length = strlen(path);
	struct stat status;
	unsigned i;

	if (fd < 0 || fd >= DESCRIPTORS)
		return;
	file_of[fd] = 0;
	if (length < sizeof(name) || strcmp(path + length - (sizeof(name) - 1), name) != 0)
		return;
	if (fstat(fd, &status))
		abort();
	for (i = 0; i < file_count; i++)
		if (files[i].device == status.st_dev && files[i].inode == status.st_ino)
			break;
	if (i == FILES)
		abort();
	if (i == file_count) {
		files[i].device = status.st_dev;
		files[i].inode = status.st_ino;
		file_count++;
	}
	file_of[fd] = (uint8_t)(i + 1);
	is_dsync[fd] = (flags & O_DSYNC) != 0;
	(void)note(ENTRY_OPEN, file_of[fd], 0, path, length);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;
	int fd;

	va_start(arguments, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	fd = real.open(path, flags, mode);
	opened(fd, path, flags);
	return fd;
}

int close(int fd)
{
	if (file(fd))
		file_of[fd] = 0;
	return real.close(fd);
}

/* The answers to clicks and beacons, which are noted before their first byte can leave. */
static bool is_acknowledgement(const void *data, size_t size)
{
	enum { START_BYTES = sizeof("HTTP/1.1 302") - 1 };

	return size >= START_BYTES && (memcmp(data, "HTTP/1.1 302", START_BYTES) == 0 ||
				       memcmp(data, "HTTP/1.1 204", START_BYTES) == 0);
}

static void note_send(const void *data, size_t size)
{
	if (journal >= 0 && is_acknowledgement(data, size))
		(void)note(ENTRY_SEND, 0, 0, data, size < SEND_BYTES ? size : SEND_BYTES);
}

static void note_written(int fd, uint64_t begun)
{
	if (is_dsync[fd])
		(void)note(ENTRY_WRITTEN, file(fd), begun, NULL, 0);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	uint64_t begun;
	ssize_t done;

	if (!file(fd))
		return real.pwrite(fd, data, size, at);
	begun = note(ENTRY_WRITE, file(fd), (uint64_t)at, data, size);
	done = real.pwrite(fd, data, size, at);
	if (done == (ssize_t)size)
		note_written(fd, begun);
	return done;
}

ssize_t write(int fd, const void *data, size_t size)
{
	uint64_t begun;
	ssize_t done;

	if (!file(fd)) {
		note_send(data, size);
		return real.write(fd, data, size);
	}
	begun = note(ENTRY_WRITE, file(fd), (uint64_t)lseek(fd, 0, SEEK_CUR), data, size);
	done = real.write(fd, data, size);
	if (done == (ssize_t)size)
		note_written(fd, begun);
	return done;
}

/* Several pieces are several entries: a disk does not know what one call wrote. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
	uint64_t at;

	if (!file(fd)) {
		if (count > 0)
			note_send(parts[0].iov_base, parts[0].iov_len);
		return real.writev(fd, parts, count);
	}
	if (is_dsync[fd])
		abort();
	at = (uint64_t)lseek(fd, 0, SEEK_CUR);
	for (int i = 0; i < count; i++) {
		(void)note(ENTRY_WRITE, file(fd), at, parts[i].iov_base, parts[i].iov_len);
		at += parts[i].iov_len;
	}
	return real.writev(fd, parts, count);
}

int ftruncate(int fd, off_t size)
{
	if (file(fd))
		(void)note(ENTRY_TRUNCATE, file(fd), (uint64_t)size, NULL, 0);
	return real.ftruncate(fd, size);
}

static void stall_now(void)
{
	const struct timespec step = {.tv_nsec = STALL_STEP_MS * 1000000L};

	for (int i = 0; stall && i < STALL_MS / STALL_STEP_MS && access(stall, F_OK) == 0; i++)
		(void)nanosleep(&step, NULL);
}

static int sync_with(int (*call)(int), int fd)
{
	uint64_t begun;
	int r;

	if (!file(fd))
		return call(fd);
	stall_now();
	if (nosync && access(nosync, F_OK) == 0)
		return 0;
	begun = note(ENTRY_SYNC, file(fd), 0, NULL, 0);
	r = call(fd);
	if (r == 0)
		(void)note(ENTRY_SYNCED, file(fd), begun, NULL, 0);
	return r;
}

int fdatasync(int fd)
{
	return sync_with(real.fdatasync, fd);
}

int fsync(int fd)
{
	return sync_with(real.fsync, fd);
}

/* A file mapped for writing would escape the journal. */
int msync(void *at, size_t size, int flags)
{
	if (journal >= 0)
		abort();
	return real.msync(at, size, flags);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	note_send(data, size);
	return real.send(fd, data, size, flags);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
	       socklen_t length)
{
	note_send(data, size);
	return real.sendto(fd, data, size, flags, to, length);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (message->msg_iovlen > 0)
		note_send(message->msg_iov[0].iov_base, message->msg_iov[0].iov_len);
	return real.sendmsg(fd, message, flags);
}
