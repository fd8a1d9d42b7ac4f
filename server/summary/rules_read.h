/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_RULES_READ_H
#define WAYMARK_SUMMARY_RULES_READ_H

#include "config/json_document.h"
#include "summary/rules.h"

/* For the files that read parts of the rules. Each returns 0, RULES_E_INVALID or -ENOMEM. */

/* "points": {"view": 5} of the object at @where. */
int rules_read_points(const struct json_document *document, const json_t *object, const char *where,
		      const char *key, struct rules_points *ret_points);
/* "name" of the object at @where, which must be there; on the heap. */
int rules_read_name(const struct json_document *document, const json_t *object, const char *where,
		    char **ret_name);
/* "category" of the object at @where, made known to the rules when it is new. */
int rules_read_category(const struct json_document *document, const json_t *object,
			const char *where, struct summary_rules *rules, int *ret_category);

int rules_read_groups(const struct json_document *document, struct summary_rules *rules);
int rules_read_named(const struct json_document *document, const char *key,
		     struct rules_named_list *list, struct summary_rules *rules);

#endif
