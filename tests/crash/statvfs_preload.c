/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LD_PRELOAD: a disk with as much free space as a file says.
 *
 * While the file that $WAYMARK_DISK_FREE names holds a number, statvfs() says that so many
 * thousandths of the disk are free; "error" makes it fail. Without the file it says what is true.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#ifdef _FILE_OFFSET_BITS
#define REAL_NAME "statvfs64"
#else
#define REAL_NAME "statvfs"
#endif

int statvfs(const char *restrict path, struct statvfs *restrict disk)
{
	int (*real)(const char *, struct statvfs *) = dlsym(RTLD_NEXT, REAL_NAME);
	const char *name = getenv("WAYMARK_DISK_FREE");
	char text[32] = "";
	int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	int code = real(path, disk);

	if (fd >= 0) {
		(void)!read(fd, text, sizeof(text) - 1);
		(void)close(fd);
	}
	if (strncmp(text, "error", 5) == 0) {
		errno = EIO;
		return -1;
	}
	if (code == 0 && text[0])
		disk->f_bavail = disk->f_bfree = disk->f_blocks * strtoul(text, NULL, 10) / 1000;
	return code;
}
