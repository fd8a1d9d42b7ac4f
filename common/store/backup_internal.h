/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_BACKUP_INTERNAL_H
#define WAYMARK_STORE_BACKUP_INTERNAL_H

#include "crypto/digest.h"
#include "store/backup.h"
#include "store/reader.h"
#include "store/store_internal.h"

/* What the files of backup and restore share. */
struct backup_file {
	char name[80]; /* relative to the backup */
	uint64_t first, last, bytes;
	char digest[DIGEST_TEXT_BYTES];
};

struct manifest {
	char node[17];
	uint16_t incarnation;
	uint64_t pruned_through, tombstoned_through, last, queue_limit, retention_clock;
	uint64_t last_stored; /* of the last record, to tell another history from this one */
	uint16_t last_incarnation;
	struct backup_file state; /* first, last: its position */
	struct reader readers[READERS_MAX];
	size_t reader_count;
	struct backup_file *segments; /* owned */
	size_t segment_count;
};

/* backup_manifest.c. Reading: 0; BACKUP_E_ABSENT; BACKUP_E_FAILED with @error. */
enum { BACKUP_E_ABSENT = 2 };
int manifest_read(const char *directory, struct manifest *ret_manifest, struct error *error);
int manifest_write(const char *directory, const struct manifest *manifest, struct error *error);
int manifest_add(struct manifest *manifest, const struct backup_file *segment);
void manifest_finish(struct manifest *manifest);

/* backup_file.c. */
int backup_path(struct buffer *to, const char *directory, const char *name); /* 0; -ENOMEM */
/* One backup or restore at a time works with @directory; the lock goes with the descriptor. */
int backup_lock(const char *directory, int *ret_fd, struct error *error);
/* Sync the directory that holds @path, or @path itself if it is one. */
int backup_sync_directory(const char *path, struct error *error);
/* Fails as "PATH: WHAT: errno". Return: BACKUP_E_FAILED. */
int backup_fail(const char *path, const char *what, struct error *error);

/* A file being written: buffered by the kernel, synced at its end. */
struct backup_output {
	int fd;
	struct digest *digest;
	struct backup_file *file;
};
int backup_output_open(struct backup_output *output, const char *directory,
		       struct backup_file *file, struct error *error);
int backup_output_write(struct backup_output *output, struct span bytes, struct error *error);
/* Sync and close; the digest is in the file's row. Also after a failure. */
int backup_output_close(struct backup_output *output, struct error *error);
/* Read it again from the disk's side: is it what was written? */
int backup_file_verify(const char *directory, const struct backup_file *file, struct error *error);
/* Size and digest of the file at @path. */
int backup_file_digest(const char *path, struct backup_file *ret_file, struct error *error);
/* Copy @from to @to_path (mode 0600, synced); @file NULL: nothing is known of it. */
int backup_file_copy(const char *from, const char *to_path, const struct backup_file *file,
		     struct error *error);

/* Segments are this and slices (event_slice.c) behind each other. */
#define SEGMENT_MAGIC "waymark log 1\n"
enum { SEGMENT_MAGIC_BYTES = sizeof(SEGMENT_MAGIC) - 1 };

/* Give @each slices of the segment, checked to be whole and without gaps. */
int segment_read(const char *directory, const struct backup_file *file,
		 int (*each)(void *context, struct event_slice *slice, struct error *error),
		 void *context, struct error *error);

#endif
