/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * Makes one call of the server fail (LD_PRELOAD), or all that would change the disk. By environment:
 *
 *   WAYMARK_FAULT_KIND=write|sync|size|map|memory   which calls are counted
 *   WAYMARK_FAULT_AT=N        the one that fails, from 1
 *   WAYMARK_FAULT_ERRNO=E     how; 0: half of what was to be written is (write only)
 *   WAYMARK_FAULT_FIRED=PATH  made when it has failed
 *   WAYMARK_FAULT_FULL=PATH   while that file exists, regular files cannot grow: ENOSPC
 *   WAYMARK_FAULT_FROZEN=PATH while it exists, nothing in a file system can be written or made: EROFS
 *   WAYMARK_FAULT_CLOCK=PATH  seconds that the wall clock is ahead of the real one, or with @ before
 *                             them the time of 1970 at which it stands; may change
 *
 * The log (standard error) is on another disk than the full or frozen one. Writes and syncs count on regular files only: a socket or an eventfd is no disk. Memory is what
 * malloc, calloc, realloc and the aligned ones give. Nothing here allocates.
 */
/* clang-format on */
/* Both names of a call that has two are defined below. */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum kind { KIND_NONE, KIND_WRITE, KIND_SYNC, KIND_SIZE, KIND_MAP, KIND_MEMORY };

static enum kind kind;
static long at;
static int fault_errno;
static const char *fired, *full, *frozen, *clock_file;
static atomic_long count;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static long number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	static const char *const names[] = {"none", "write", "sync", "size", "map", "memory"};
	const char *name = getenv("WAYMARK_FAULT_KIND");

	at = number_of("WAYMARK_FAULT_AT");
	fault_errno = (int)number_of("WAYMARK_FAULT_ERRNO");
	fired = getenv("WAYMARK_FAULT_FIRED");
	full = getenv("WAYMARK_FAULT_FULL");
	frozen = getenv("WAYMARK_FAULT_FROZEN");
	clock_file = getenv("WAYMARK_FAULT_CLOCK");
	for (unsigned i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			kind = (enum kind)i;
}

static bool exists(const char *path)
{
	int before = errno;
	bool there = path && syscall(SYS_access, path, F_OK) == 0;

	errno = before;
	return there;
}

/* Is this the call that fails? */
static bool fires(enum kind of)
{
	int before = errno;
	long fd;

	if (of != kind || atomic_fetch_add(&count, 1) + 1 != at)
		return false;
	fd = fired ? syscall(SYS_openat, AT_FDCWD, fired, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)
		   : -1;
	if (fd >= 0)
		(void)syscall(SYS_close, fd);
	errno = before;
	return true;
}

static bool is_file(int fd)
{
	struct stat status;
	int before = errno;
	bool file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);

	errno = before;
	return file;
}

static bool grows(int fd, off_t end)
{
	struct stat status;

	return fstat(fd, &status) == 0 && end > status.st_size;
}

/* Return: how much may be written; -1 with errno. The page that LMDB writes anew needs no room. */
static ssize_t allowed(int fd, size_t size, off_t end)
{
	if (!is_file(fd))
		return (ssize_t)size;
	if (fd != STDERR_FILENO && exists(frozen)) {
		errno = EROFS;
		return -1;
	}
	if (fd != STDERR_FILENO && exists(full) && grows(fd, end)) {
		errno = ENOSPC;
		return -1;
	}
	if (!fires(KIND_WRITE))
		return (ssize_t)size;
	errno = fault_errno;
	return fault_errno ? -1 : (ssize_t)(size / 2);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	ssize_t may = allowed(fd, size, offset + (off_t)size);

	return may < 0 ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, data, (size_t)may, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
	return pwrite(fd, data, size, offset);
}

ssize_t write(int fd, const void *data, size_t size)
{
	ssize_t may = allowed(fd, size, lseek(fd, 0, SEEK_CUR) + (off_t)size);

	return may < 0 ? -1 : (ssize_t)syscall(SYS_write, fd, data, (size_t)may);
}

static size_t size_of(const struct iovec *parts, int number)
{
	size_t size = 0;

	for (int i = 0; i < number; i++)
		size += parts[i].iov_len;
	return size;
}

ssize_t writev(int fd, const struct iovec *parts, int number)
{
	size_t size = size_of(parts, number);
	ssize_t may = allowed(fd, size, lseek(fd, 0, SEEK_CUR) + (off_t)size);

	if (may < 0)
		return -1;
	if ((size_t)may < size)
		return (ssize_t)syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2);
	return (ssize_t)syscall(SYS_writev, fd, parts, number);
}

ssize_t pwritev(int fd, const struct iovec *parts, int number, off_t offset)
{
	size_t size = size_of(parts, number);
	ssize_t may = allowed(fd, size, offset + (off_t)size);

	if (may < 0)
		return -1;
	if ((size_t)may < size)
		number = 1;
	return (ssize_t)syscall(SYS_pwritev, fd, parts, number, offset, 0);
}

/* For calls that only succeed or fail. */
static bool refused(enum kind of, int fd)
{
	if (fd >= 0 && !is_file(fd) && of == KIND_SYNC)
		return false;
	if (exists(frozen) && of != KIND_MAP) {
		errno = EROFS;
		return true;
	}
	if (!fires(of))
		return false;
	errno = fault_errno ? fault_errno : EIO;
	return true;
}

int fdatasync(int fd)
{
	return refused(KIND_SYNC, fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	return refused(KIND_SYNC, fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int msync(void *address, size_t size, int flags)
{
	return refused(KIND_SYNC, -1) ? -1 : (int)syscall(SYS_msync, address, size, flags);
}

static int resize(int fd, off_t size)
{
	if (exists(full) && grows(fd, size)) {
		errno = ENOSPC;
		return -1;
	}
	return refused(KIND_SIZE, fd) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size)
{
	return resize(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return resize(fd, size);
}

static int reserve(int fd, int mode, off_t from, off_t size)
{
	struct stat status;

	if (exists(full) && fstat(fd, &status) == 0 && status.st_blocks * 512 < from + size) {
		errno = ENOSPC;
		return -1;
	}
	return refused(KIND_SIZE, fd) ? -1 : (int)syscall(SYS_fallocate, fd, mode, from, size);
}

int fallocate(int fd, int mode, off_t from, off_t size)
{
	return reserve(fd, mode, from, size);
}

int fallocate64(int fd, int mode, off64_t from, off64_t size)
{
	return reserve(fd, mode, from, size);
}

static void *map(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	union {
		long number;
		void *address;
	} result;

	if (refused(KIND_MAP, fd)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	result.number = syscall(SYS_mmap, address, size, protection, flags, fd, offset);
	return result.address;
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	return map(address, size, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
	return map(address, size, protection, flags, fd, offset);
}

static bool is_frozen(void)
{
	if (!exists(frozen))
		return false;
	errno = EROFS;
	return true;
}

static int open_with(int folder, const char *path, int flags, mode_t mode)
{
	struct stat status;
	bool device = fstatat(folder, path, &status, 0) == 0 && !S_ISREG(status.st_mode) &&
		      !S_ISDIR(status.st_mode);

	errno = 0;
	if ((flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) && !(flags & O_PATH) && !device &&
	    is_frozen())
		return -1;
	return (int)syscall(SYS_openat, folder, path, flags, mode);
}

static mode_t mode_of(int flags, va_list arguments)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_with(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_with(AT_FDCWD, path, flags, mode);
}

int mkdir(const char *path, mode_t mode)
{
	/* What is there is found before the file system is asked to write. */
	if (exists(path)) {
		errno = EEXIST;
		return -1;
	}
	return is_frozen() ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int rename(const char *from, const char *to)
{
	return is_frozen() ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
	return is_frozen() ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	if (address->sa_family == AF_UNIX && length > sizeof(sa_family_t) &&
	    address->sa_data[0] != '\0' && is_frozen())
		return -1;
	return (int)syscall(SYS_bind, fd, address, length);
}

static bool no_memory(void)
{
	if (!fires(KIND_MEMORY))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return no_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
	return no_memory() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return no_memory() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
	void *memory = no_memory() ? NULL : __libc_memalign(alignment, size);

	if (!memory)
		return ENOMEM;
	*ret_memory = memory;
	return 0;
}

/* A wall clock that somebody sets while the server runs, by a file. */
static void set_by_file(struct timespec *time)
{
	char text[32] = "";
	long fd = syscall(SYS_openat, AT_FDCWD, clock_file, O_RDONLY | O_CLOEXEC, 0), size = 0;

	if (fd >= 0) {
		size = syscall(SYS_read, fd, text, sizeof(text) - 1);
		(void)syscall(SYS_close, fd);
	}
	if (text[0] == '@')
		*time = (struct timespec){.tv_sec = strtol(text + 1, NULL, 10)};
	else if (size > 0)
		time->tv_sec += strtol(text, NULL, 10);
	if (time->tv_sec < 0)
		time->tv_sec = 0;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	static int (*real)(clockid_t, struct timespec *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	if (real(clock, time))
		return -1;
	if (clock == CLOCK_REALTIME && clock_file)
		set_by_file(time);
	return 0;
}

time_t time(time_t *ret_time)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret_time)
		*ret_time = now.tv_sec;
	return now.tv_sec;
}
