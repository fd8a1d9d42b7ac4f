/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CONFIG_CONFIG_H
#define WAYMARK_CONFIG_CONFIG_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * The configuration: strict JSON (RFC 8259); an unknown, doubled, missing or mistyped key is an
 * error that names file, line, column and key. Keys, bounds, defaults and sentences:
 * config_table.h. What needs more than the value itself (hosts, sites, networks) is judged by
 * track/tracker.h.
 */
struct config_texts {
	char **items;
	size_t count;
};

struct config_tracker {
#define TRACKER_TEXT(member, ...)  char *member;
#define TRACKER_TEXTS(member, ...) struct config_texts member;
#define TRACKER_BOOL(member, ...)  bool member;
#include "config/config_table.h"
};

enum consent { CONSENT_PENDING, CONSENT_DENIED, CONSENT_MEASURE, CONSENT_IDENTIFY };
enum ip_mode { IP_NONE, IP_TRUNCATED, IP_SEALED };

struct config {
	char *path;	 /* of the file; messages name it */
	char *directory; /* its folder; data_dir and the files are already joined to it */
	char *text;	 /* the file's bytes, for config_place() */
	struct config_tracker *trackers;
	size_t tracker_count;
#define CONFIG_TEXT(member, ...)   char *member;
#define CONFIG_NUMBER(member, ...) uint32_t member;
#define CONFIG_BOOL(member, ...)   bool member;
#define CONFIG_CHOICE(member, ...) int member;
#define CONFIG_TEXTS(member, ...)  struct config_texts member;
#include "config/config_table.h"
};

enum { CONFIG_E_INVALID = 1, CONFIG_E_ABSENT = 2, CONFIG_FILE_MAX_BYTES = 1 << 20 };

/*
 * Where the configuration is: @option (--config), else $WAYMARK_CONFIG, else ./waymark.json, else
 * /etc/waymark/waymark.json. The returned path is on the heap. CONFIG_E_ABSENT with @error set.
 */
int config_find(const char *option, char **ret_path, struct error *error);

/* Load and validate. Return: 0; CONFIG_E_INVALID or CONFIG_E_ABSENT with @error; negative errno. */
int config_load(const char *path, struct config **ret_config, struct error *error);
/* The same from memory; @path is for messages and relative paths. For tests and fuzzers. */
int config_parse(const char *path, struct span text, struct config **ret_config,
		 struct error *error);
void config_free(struct config *config); /* NULL allowed */

/*
 * Line and column (from 1, in bytes) of the value at a path such as "trackers[0].sites[1]". When
 * there is none, the nearest enclosing value. For messages of later checks:
 * "<path>:<line>:<column>: trackers[0].sites[1]: …" is config_error().
 */
void config_place(const struct config *config, const char *key, unsigned *ret_line,
		  unsigned *ret_column);
/* Set @error to "path:line:column: key: sentence". Return: CONFIG_E_INVALID. */
int config_error(const struct config *config, struct error *error, const char *key,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * The next key from @at on (0 to begin with) that is set and, beside the others, has no effect;
 * @ret_why says why. NULL when there is none left.
 */
const char *config_next_without_effect(const struct config *config, size_t *at,
				       const char **ret_why);

/*
 * For a server that runs: put the values of @running into @config for the keys that only a restart
 * changes, and append the names of those that differed to @ret_changed, joined by ", ".
 *
 * Return: 0; -ENOMEM, and then @config is good for config_free() alone.
 */
int config_keep_fixed(struct config *config, const struct config *running,
		      struct buffer *ret_changed);

const char *consent_text(enum consent consent); /* "pending" … */

/* The whole reference as text for a terminal, and a complete example as JSON. */
void config_print_reference(struct buffer *to);
void config_print_example(struct buffer *to);
/* What `init` writes: the example's main keys for one tracker. JSON. */
int config_print_initial(struct buffer *to, const char *tracker_url,
			 const struct config_texts *sites, enum consent consent, const char *listen,
			 const char *admin_listen);

#endif
