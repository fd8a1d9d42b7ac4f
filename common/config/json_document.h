/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CONFIG_JSON_DOCUMENT_H
#define WAYMARK_CONFIG_JSON_DOCUMENT_H

#include "base/bytes.h"
#include "base/error.h"

#include <jansson.h>

/*
 * A file of rules that an operator writes: strict JSON, no key twice, and whatever is wrong is told
 * with the file, line, column and key of it. Whoever reads one walks @root with the functions below
 * and names the value at hand by its path, such as "groups[2].points.view".
 */
struct json_document {
	char *path; /* for messages */
	char *text;
	json_t *root; /* an object */
	struct error *error;
};

enum {
	JSON_DOCUMENT_E_INVALID = 1, /* @error says where and what */
	JSON_DOCUMENT_MAX_BYTES = 1 << 20,
	JSON_DOCUMENT_TEXT_MAX_BYTES = 4096, /* of any text in it */
	JSON_DOCUMENT_WHERE_BYTES = 256	     /* of a path */
};

/*
 * @error is kept and must outlive the document. Return: 0; JSON_DOCUMENT_E_INVALID, also when the
 * file cannot be read; -ENOMEM. json_document_finish() in any case.
 */
int json_document_load(struct json_document *document, const char *path, struct error *error);
/* The same from memory; @path is for messages. */
int json_document_parse(struct json_document *document, const char *path, struct span text,
			struct error *error);
void json_document_finish(struct json_document *document);

/* Set the error to "path:line:column: where: sentence". Return: JSON_DOCUMENT_E_INVALID. */
int json_document_refuse(const struct json_document *document, const char *where,
			 const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Values of @object, the one at @where ("" at the top). Each returns 0 or JSON_DOCUMENT_E_INVALID.
 * A key that is not there leaves the output as it is. @keys ends with NULL.
 */
int json_document_keys(const struct json_document *document, const json_t *object,
		       const char *where, const char *const *keys);
/* Without controls; borrowed from the document. */
int json_document_text(const struct json_document *document, const json_t *object,
		       const char *where, const char *key, struct span *ret_text);
int json_document_number(const struct json_document *document, const json_t *object,
			 const char *where, const char *key, int32_t minimum, int32_t maximum,
			 int32_t *ret_number);
int json_document_bool(const struct json_document *document, const json_t *object,
		       const char *where, const char *key, bool *ret_value);
/* A list of at most @max_items, any values; NULL when it is not there. */
int json_document_list(const struct json_document *document, const json_t *object,
		       const char *where, const char *key, size_t max_items, json_t **ret_list);
/* A list of texts; each is judged by json_document_item_text(). */
int json_document_item_text(const struct json_document *document, const json_t *list,
			    const char *where, size_t index, struct span *ret_text);

/* "where.key", or the key alone at the top; "where.key[index]" with json_document_item(). */
void json_document_join(const char *where, const char *key,
			char ret_where[JSON_DOCUMENT_WHERE_BYTES]);
void json_document_item(const char *where, const char *key, size_t index,
			char ret_where[JSON_DOCUMENT_WHERE_BYTES]);

#endif
