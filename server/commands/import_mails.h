/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_IMPORT_MAILS_H
#define WAYMARK_COMMANDS_IMPORT_MAILS_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * Mails as they are kept: a file of one mail, an mbox (it begins with "From "), a folder of such
 * files, or a maildir (a folder with "cur" and "new"). Line ends become LF, so that a mail is the
 * same wherever it was kept.
 *
 * Memory is bounded by one mail, of which the first IMPORT_MAIL_MAX_BYTES are given, without lines
 * of more than 64 KiB; time is linear in the size of the files. Folders are read as they come, one
 * level deep.
 */
enum { IMPORT_MAIL_MAX_BYTES = 1 << 20 };

struct import_mail {
	const char *path;
	size_t line;	     /* of the file, where the mail begins */
	size_t number;	     /* of the file's mails, from 1 */
	uint64_t read_bytes; /* of all files up to here */
	struct span text;    /* valid during the call */
	const char *trouble; /* NULL; or why the file cannot be read, and there is no mail */
};

/* A return that is not zero ends all. */
typedef int (*import_mail_fn)(void *context, const struct import_mail *mail);

/*
 * @path "-" is standard input. *read_bytes goes on counting. Return: 0; what @each returned;
 * IMPORT_MAILS_E_FILE with @error: there is nothing at @path; negative errno.
 */
enum { IMPORT_MAILS_E_FILE = 1 };
int import_mails_each(const char *path, uint64_t *read_bytes, import_mail_fn each, void *context,
		      struct error *error);

#endif
