/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_LINK_ITEM_H
#define WAYMARK_APP_LINK_ITEM_H

#include "app/operation.h"

/*
 * One item of POST /api/v1/links, read and judged by itself: types, bounds, a destination that may
 * be sent as Location, names and slug of allowed characters. Spans point into the JSON object.
 */
struct link_item {
	char where[32]; /* "links[3]", for messages; set before reading */
	struct span destination, mailing, campaign, label, slug;
	struct buffer pass; /* names joined by ',' */
	bool trap;
	struct link_id id;
	char id_text[2 * sizeof(struct link_id) + 1];
};

/* Return: 0; OPERATION_E_REFUSED with @error; negative errno. link_item_finish() in any case. */
int link_item_read(struct link_item *item, const struct app *app, const json_t *object,
		   struct error *error);
void link_item_finish(struct link_item *item);

/* May @destination be what the Location of a redirect is? Return: likewise. */
int link_item_check_destination(const char *where, struct span destination, struct error *error);
/* And is it no redirect of this tracker itself, which would lead in circles? Return: likewise. */
int link_item_check_circle(const char *where, const struct app *app, struct span destination,
			   struct error *error);

#endif
