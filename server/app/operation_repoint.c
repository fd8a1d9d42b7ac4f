/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v1/links/repoint: lead a registered link elsewhere.
 *
 *   {"link": "<16 hex, or slug>", "destination": "https://…", "reason": "…", "from": "https://…"}
 *   {"id": "<16 hex>", "from": "https://…", "destination": "https://…", "changed": true}
 *
 * Every mail, print and post that has the link leads there from the next click on, so that a token
 * which may register links may not do this: the owner alone may. What a destination may be is asked
 * as when a link is registered. "from", where it is given, is where the asker believes that the
 * link leads now: if it does not, somebody else was faster, and nothing is changed.
 */
#include "app/link_item.h"
#include "app/link_registration.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/url.h"

#include <errno.h>

enum { REASON_MAX_BYTES = 255 };

struct wish {
	struct span link, destination, reason, from;
};

static int read_wish(const struct operation_call *call, struct wish *wish, struct error *error)
{
	static const char *const keys[] = {"link", "destination", "reason", "from", NULL};
	const json_t *body = call->body;
	int code = operation_check_keys(body, "", keys, error);

	if (!code)
		code = operation_text(body, "", "link", true, LINK_SLUG_MAX_BYTES, &wish->link,
				      error);
	if (!code)
		code = operation_text(body, "", "destination", true, URL_MAX_BYTES,
				      &wish->destination, error);
	if (!code)
		code = operation_text(body, "", "reason", false, REASON_MAX_BYTES, &wish->reason,
				      error);
	if (!code)
		code = operation_text(body, "", "from", false, URL_MAX_BYTES, &wish->from, error);
	if (!code && wish->reason.size > 0 && id_check_name(wish->reason) != 0)
		code = error_set(error, OPERATION_E_REFUSED,
				 "reason: must be text without controls");
	if (!code && url_holds_address(wish->reason))
		code = error_set(error, OPERATION_E_REFUSED,
				 "reason: holds an e-mail address, which must not enter the store");
	return code;
}

/* By its id, or else by its slug. */
static int find(const struct operation_call *call, struct span name, struct arena *arena,
		struct link *ret_link, struct error *error)
{
	struct store *store = call->app->store;
	int code = STORE_E_NOT_FOUND;
	struct link_id id;

	if (name.size == 2 * sizeof(id) && hex_parse(name, &id, sizeof(id)) == 0)
		code = link_find(store, &id, arena, ret_link);
	if (code == STORE_E_NOT_FOUND)
		code = link_find_slug(store, name, arena, ret_link);
	if (code < 0)
		return error_set(error, OPERATION_E_FAILED, "the store cannot be read: %s",
				 strerror(-code));
	if (code)
		return error_set(error, OPERATION_E_ABSENT,
				 "link: there is none with the id or slug '%.*s'", (int)name.size,
				 (const char *)name.data);
	return 0;
}

static int judge(const struct operation_call *call, const struct wish *wish,
		 const struct link *link, struct error *error)
{
	int code = link_item_check_destination("link", wish->destination, error);

	if (!code)
		code = link_item_check_circle("link", call->app, wish->destination, error);
	if (code || wish->from.size == 0 || span_equal(wish->from, link->destination))
		return code;
	return error_set(error, OPERATION_E_CONFLICT, "from: the link leads to '%.*s' by now",
			 (int)link->destination.size, (const char *)link->destination.data);
}

static json_t *text_of(struct span text)
{
	return json_stringn((const char *)text.data, text.size);
}

int operation_links_repoint(struct operation_call *call, struct error *error)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct wish wish = {0};
	struct link link;
	char id[2 * sizeof(link.id) + 1];
	bool changes = false;
	int code = read_wish(call, &wish, error);

	if (!code)
		code = find(call, wish.link, &arena, &link, error);
	if (!code)
		code = judge(call, &wish, &link, error);
	if (code)
		return code;
	changes = !span_equal(wish.destination, link.destination);
	if (changes)
		code = link_registration_repoint(call, &link, wish.destination, wish.reason, error);
	if (code)
		return code;
	hex_format(&link.id, sizeof(link.id), id);
	call->reply = json_pack("{s:s, s:o, s:o, s:b}", "id", id, "from", text_of(link.destination),
				"destination", text_of(wish.destination), "changed", changes);
	return call->reply ? 0 : -ENOMEM;
}
