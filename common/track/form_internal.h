/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_FORM_INTERNAL_H
#define WAYMARK_TRACK_FORM_INTERNAL_H

#include "config/json_document.h"
#include "track/form.h"

/*
 * A form that is being read. What is kept lies in the form's arena; where that has no memory,
 * @failed is set and the reading goes on with empty texts, for its caller to look at once.
 */
struct form_reading {
	const struct json_document *document;
	const struct tracker_set *trackers; /* NULL: sites are not judged */
	struct form *form;
	bool failed;
};

const char *form_keep(struct form_reading *reading, struct span text);
/* @key's text, of at most @max_bytes; @otherwise when it is not there. */
int form_read_text(struct form_reading *reading, const json_t *object, const char *where,
		   const char *key, size_t max_bytes, const char *otherwise, const char **ret_text);
/* The same in both languages: a text for both, or {"en": …, "ja": …}. */
int form_read_label(struct form_reading *reading, const json_t *object, const char *where,
		    const char *key, const char *otherwise, struct form_text *ret_text);
/* The index of @key's text in @choices, @count of them; *ret_index stays when it is not there. */
int form_read_choice(const struct form_reading *reading, const json_t *object, const char *where,
		     const char *key, const char *const *choices, size_t count, int *ret_index);

/* A name as it can be posted, that is not one of our own parameters. */
bool form_name_is_taken(struct span name);

/* form_field_read.c: form->fields, and form->email. */
int form_read_fields(struct form_reading *reading);

#endif
