/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_FREE_MAIL_H
#define WAYMARK_TEXT_FREE_MAIL_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * Domains whose addresses anybody can have, so that they say nothing of a company: those that the
 * program knows (free_mail_table.h), and those of a file of the operator's, one domain a line, '#'
 * for comments; a line "!example.com" takes a domain out. A domain stands for all below it, too.
 * Immutable once loaded.
 */
struct free_mail;

enum { FREE_MAIL_E_INVALID = 1, FREE_MAIL_FILE_MAX_BYTES = 4 << 20 };

/*
 * @path NULL or "": the program's own list alone. Return: 0; FREE_MAIL_E_INVALID with @error, which
 * names file and line; -ENOMEM.
 */
int free_mail_load(const char *path, struct free_mail **ret_list, struct error *error);
/* The same with the file's text from memory; @path is for messages. */
int free_mail_parse(const char *path, struct span text, struct free_mail **ret_list,
		    struct error *error);
void free_mail_free(struct free_mail *list); /* NULL allowed */

/* Is @domain (ASCII, any case) one of them? @list NULL: by the program's own list. */
bool free_mail_has(const struct free_mail *list, struct span domain);

#endif
