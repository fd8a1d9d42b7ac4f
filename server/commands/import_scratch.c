/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scratch files. /var/tmp is the default and not /tmp, which is memory on many machines: what goes
 * here grows with the imported file. Where the file system knows no unnamed files, a named one is
 * removed as soon as it is open.
 */
#include "commands/import_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_named(const char *folder)
{
	char path[1024];
	int fd;

	if (snprintf(path, sizeof(path), "%s/waymark-import-XXXXXX", folder) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

int import_scratch_open(struct error *error)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	if (!folder || !*folder)
		folder = "/var/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (fd < 0)
		fd = open_named(folder);
	if (fd < 0)
		(void)error_set(error, 0,
				"%s: no temporary file can be made there: %s; TMPDIR names "
				"another folder",
				folder, strerror(errno));
	return fd;
}
