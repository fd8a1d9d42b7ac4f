/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v1/links: register links, so that clicks on them redirect.
 *
 *   {"links": [{"destination": "https://…", "mailing": "…", "campaign": "…", "label": "…",
 *               "slug": "…", "pass": ["utm_source"], "trap": false}]}
 *   {"links": [{"id": "<16 hex>", "known": false}]}
 *
 * Beside the links, "names": [{"kind": "campaign", "name": "…"}] records names that no link of the
 * list carries: a self-contained link has its campaign inside and never enters the store.
 *
 * Only the destination is required. Registering is idempotent: a link that is there already with
 * the same properties is known and nothing is written. Ids are derived, so a different thing under
 * the same id is refused, be it a link, a name or a slug; also within one body, where "seen" holds
 * what the items before have claimed.
 *
 * All items are judged before the ticket is handed on: one bad item and nothing is written.
 */
#include "app/link_item.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/store.h"
#include "text/url.h"
#include "track/privacy.h"

#include <errno.h>
#include <stdio.h>

enum { LINKS_MAX = 500, NAMES_MAX = 16, FIND_ARENA_BYTES = 1 << 20 };

struct registration {
	struct operation_call *call;
	struct arena arena;
	json_t *seen; /* "name:<kind>:<id>", "slug:<slug>", "link:<id>" to what claimed it */
	json_t *results;
};

enum claim { CLAIM_NEW, CLAIM_AGAIN, CLAIM_TAKEN, CLAIM_FAILED };

/* Claim @key for @owner within this body: new, claimed before by the same, or by another. */
static enum claim claim(struct registration *registration, const char *key, struct span owner)
{
	const json_t *known = json_object_get(registration->seen, key);
	struct span text = span_of(json_string_value(known), json_string_length(known));

	if (known)
		return span_equal(text, owner) ? CLAIM_AGAIN : CLAIM_TAKEN;
	if (json_object_set_new(registration->seen, key,
				json_stringn((const char *)owner.data, owner.size)) != 0)
		return CLAIM_FAILED;
	return CLAIM_NEW;
}

static int store_failure(const struct link_item *item, int code, struct error *error)
{
	return error_set(error, OPERATION_E_FAILED, "%s: the store cannot be read: %s", item->where,
			 strerror(-code));
}

static int name_conflict(const struct link_item *item, enum name_kind kind, struct error *error)
{
	return error_set(error, OPERATION_E_CONFLICT,
			 "%s.%s: another %s has a name with the same id; choose another name",
			 item->where, name_kind_text(kind), name_kind_text(kind));
}

static int add_name_event(struct registration *registration, enum name_kind kind, struct span name,
			  const uint8_t *id, struct error *error)
{
	struct event event;

	event_init(&event, EVENT_name, clock_wall());
	event_set_choice(&event, EVENT_FIELD_kind, (uint8_t)kind);
	event_set(&event, EVENT_FIELD_name_id, span_of(id, name_kind_id_bytes(kind)));
	event_set(&event, EVENT_FIELD_name, name);
	operation_count(registration->call, METRIC_EVENT_NAME, 1);
	return operation_add_event(registration->call, &event, error);
}

/* Make sure that @name is recorded once, and that no other name has its id. */
static int register_name(struct registration *registration, const struct link_item *item,
			 enum name_kind kind, struct span name, struct error *error)
{
	uint8_t id[8] = {0};
	char text[17], key[48];
	struct span known;
	int code;

	if (name.size == 0)
		return 0;
	id_of_name(kind, name, id);
	hex_format(id, name_kind_id_bytes(kind), text);
	(void)snprintf(key, sizeof(key), "name:%d:%s", (int)kind, text);
	switch (claim(registration, key, name)) {
	case CLAIM_AGAIN:
		return 0;
	case CLAIM_TAKEN:
		return name_conflict(item, kind, error);
	case CLAIM_FAILED:
		return -ENOMEM;
	case CLAIM_NEW:
		break;
	}
	code = name_find(registration->call->app->store, kind, id, &registration->arena, &known);
	if (code == STORE_E_NOT_FOUND)
		return add_name_event(registration, kind, name, id, error);
	if (code)
		return store_failure(item, code, error);
	return span_equal(known, name) ? 0 : name_conflict(item, kind, error);
}

static int slug_conflict(const struct link_item *item, struct error *error)
{
	return error_set(error, OPERATION_E_CONFLICT, "%s.slug: '%.*s' leads to another link",
			 item->where, (int)item->slug.size, (const char *)item->slug.data);
}

/* The slug must be free, or lead to this very link. */
static int check_slug_is_free(struct registration *registration, const struct link_item *item,
			      struct error *error)
{
	char key[LINK_SLUG_MAX_BYTES + 8];
	struct link link;
	int code;

	if (item->slug.size == 0)
		return 0;
	(void)snprintf(key, sizeof(key), "slug:%.*s", (int)item->slug.size,
		       (const char *)item->slug.data);
	switch (claim(registration, key, span_text(item->id_text))) {
	case CLAIM_AGAIN:
		return 0;
	case CLAIM_TAKEN:
		return slug_conflict(item, error);
	case CLAIM_FAILED:
		return -ENOMEM;
	case CLAIM_NEW:
		break;
	}
	code = link_find_slug(registration->call->app->store, item->slug, &registration->arena,
			      &link);
	if (code < 0)
		return store_failure(item, code, error);
	if (code == 0 && memcmp(&link.id, &item->id, sizeof(link.id)) != 0)
		return slug_conflict(item, error);
	return 0;
}

static bool is_same_link(const struct link_item *item, const struct link *link)
{
	struct mailing_id mailing = {0};
	struct campaign_id campaign = {0};

	if (item->mailing.size > 0)
		id_of_name(NAME_MAILING, item->mailing, &mailing);
	if (item->campaign.size > 0)
		id_of_name(NAME_CAMPAIGN, item->campaign, &campaign);
	return span_equal(item->destination, link->destination) &&
	       span_equal(item->label, link->label) &&
	       memcmp(&mailing, &link->mailing, sizeof(mailing)) == 0 &&
	       memcmp(&campaign, &link->campaign, sizeof(campaign)) == 0;
}

/* An item without slug or names says nothing about them: `rewrite` meets a link that has some. */
static bool adds_nothing(const struct link_item *item, const struct link *link)
{
	bool trap = (link->flags & LINK_FLAG_TRAP) != 0;

	return (item->slug.size == 0 || span_equal(item->slug, link->slug)) &&
	       (item->pass.size == 0 || span_equal(buffer_span(&item->pass), link->pass)) &&
	       (!item->trap || trap);
}

static int compare_with_state(struct registration *registration, const struct link_item *item,
			      bool *ret_known, struct error *error)
{
	struct link link;
	int code =
		link_find(registration->call->app->store, &item->id, &registration->arena, &link);

	*ret_known = code == 0;
	if (code == STORE_E_NOT_FOUND)
		return 0;
	if (code)
		return store_failure(item, code, error);
	if (!is_same_link(item, &link))
		return error_set(error, OPERATION_E_CONFLICT,
				 "%s: another link has the id %s; give it another label",
				 item->where, item->id_text);
	if (!adds_nothing(item, &link))
		return error_set(error, OPERATION_E_CONFLICT,
				 "%s: link %s is registered with another slug, pass list or trap "
				 "mark; give it another label",
				 item->where, item->id_text);
	return 0;
}

static void set_name_id(struct event *event, enum event_field field, enum name_kind kind,
			struct span name, uint8_t *id)
{
	if (name.size == 0)
		return;
	id_of_name(kind, name, id);
	event_set(event, field, span_of(id, name_kind_id_bytes(kind)));
}

static void set_if(struct event *event, enum event_field field, struct span value)
{
	if (value.size > 0)
		event_set(event, field, value);
}

static int add_link_event(struct registration *registration, const struct link_item *item,
			  struct error *error)
{
	struct operation_call *call = registration->call;
	cleanup_buffer struct buffer url = BUFFER_INIT;
	uint8_t mailing[8], campaign[8];
	struct event event;

	privacy_page_url(call->app->config, item->destination, &url);
	event_init(&event, EVENT_link, clock_wall());
	event_set(&event, EVENT_FIELD_link, span_of(&item->id, sizeof(item->id)));
	event_set(&event, EVENT_FIELD_destination, item->destination);
	set_name_id(&event, EVENT_FIELD_mailing, NAME_MAILING, item->mailing, mailing);
	set_name_id(&event, EVENT_FIELD_campaign, NAME_CAMPAIGN, item->campaign, campaign);
	set_if(&event, EVENT_FIELD_url, buffer_span(&url));
	set_if(&event, EVENT_FIELD_label, item->label);
	set_if(&event, EVENT_FIELD_slug, item->slug);
	set_if(&event, EVENT_FIELD_pass, buffer_span(&item->pass));
	if (item->trap)
		event_set_choice(&event, EVENT_FIELD_signals, SIGNAL_TRAP);
	set_if(&event, EVENT_FIELD_actor, span_text(call->actor));
	operation_count(call, METRIC_EVENT_LINK, 1);
	return operation_add_event(registration->call, &event, error);
}

static int add_result(struct registration *registration, const struct link_item *item, bool known)
{
	json_t *result = json_pack("{s:s, s:b}", "id", item->id_text, "known", known);

	return result && json_array_append_new(registration->results, result) == 0 ? 0 : -ENOMEM;
}

/* The link itself: known to the store or to this list, or new and then written. */
static int place_link(struct registration *registration, const struct link_item *item,
		      struct error *error)
{
	char key[32];
	bool known;
	int code = compare_with_state(registration, item, &known, error);

	if (code)
		return code;
	(void)snprintf(key, sizeof(key), "link:%s", item->id_text);
	switch (claim(registration, key, item->slug.data ? item->slug : SPAN(""))) {
	case CLAIM_NEW:
		break;
	case CLAIM_AGAIN:
		return add_result(registration, item, true);
	case CLAIM_TAKEN:
		return error_set(error, OPERATION_E_CONFLICT,
				 "%s: the same link stands in this list with another slug",
				 item->where);
	case CLAIM_FAILED:
		return -ENOMEM;
	}
	if (!known)
		code = add_link_event(registration, item, error);
	return code ? code : add_result(registration, item, known);
}

static int place_item(struct registration *registration, const struct link_item *item,
		      struct error *error)
{
	int code = register_name(registration, item, NAME_MAILING, item->mailing, error);

	if (!code)
		code = register_name(registration, item, NAME_CAMPAIGN, item->campaign, error);
	if (!code)
		code = check_slug_is_free(registration, item, error);
	if (!code)
		code = place_link(registration, item, error);
	return code;
}

static int register_all(struct registration *registration, const json_t *list, struct error *error)
{
	const json_t *object;
	size_t index;

	json_array_foreach(list, index, object)
	{
		struct link_item item = {0};
		int code;

		(void)snprintf(item.where, sizeof(item.where), "links[%zu]", index);
		code = link_item_read(&item, registration->call->app->keyring, object, error);
		if (!code)
			code = place_item(registration, &item, error);
		link_item_finish(&item);
		arena_reset(&registration->arena);
		if (code)
			return code;
	}
	return 0;
}

static int read_kind(const struct link_item *item, struct span text, enum name_kind *ret_kind,
		     struct error *error)
{
	for (unsigned kind = NAME_CAMPAIGN; kind < NAME_KIND_COUNT; kind++)
		if (span_equal(text, span_text(name_kind_text((enum name_kind)kind)))) {
			*ret_kind = (enum name_kind)kind;
			return 0;
		}
	return error_set(error, OPERATION_E_REFUSED,
			 "%s.kind: must be one of campaign, mailing, list, form", item->where);
}

static int place_name(struct registration *registration, const struct link_item *item,
		      const json_t *object, struct error *error)
{
	static const char *const keys[] = {"kind", "name", NULL};
	struct span kind_text, name;
	enum name_kind kind = NAME_CAMPAIGN;
	int code = operation_check_keys(object, item->where, keys, error);

	if (!code)
		code = operation_text(object, item->where, "kind", true, 16, &kind_text, error);
	if (!code)
		code = read_kind(item, kind_text, &kind, error);
	if (!code)
		code = operation_text(object, item->where, "name", true, ID_NAME_MAX_BYTES, &name,
				      error);
	if (!code && id_check_name(name) != 0)
		code = error_set(error, OPERATION_E_REFUSED,
				 "%s.name: must be 1 to %d bytes of text without controls",
				 item->where, ID_NAME_MAX_BYTES);
	if (!code && url_holds_address(name))
		code = error_set(error, OPERATION_E_REFUSED,
				 "%s.name: holds an e-mail address, which must not enter the store",
				 item->where);
	return code ? code : register_name(registration, item, kind, name, error);
}

static int register_names(struct registration *registration, struct error *error)
{
	const json_t *list, *object;
	size_t index;
	int code;

	if (!json_object_get(registration->call->body, "names"))
		return 0;
	code = operation_list(registration->call->body, "names", NAMES_MAX, &list, error);
	if (code)
		return code;
	json_array_foreach(list, index, object)
	{
		struct link_item item = {0};

		(void)snprintf(item.where, sizeof(item.where), "names[%zu]", index);
		code = place_name(registration, &item, object, error);
		arena_reset(&registration->arena);
		if (code)
			return code;
	}
	return 0;
}

int operation_links_register(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"links", "names", NULL};
	struct registration registration = {
		.call = call,
		.arena = ARENA_INIT(FIND_ARENA_BYTES),
		.seen = json_object(),
		.results = json_array(),
	};
	const json_t *list;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_list(call->body, "links", LINKS_MAX, &list, error);
	if (!code)
		code = register_all(&registration, list, error);
	if (!code)
		code = register_names(&registration, error);
	if (!code) {
		call->reply = json_pack("{s:O}", "links", registration.results);
		code = call->reply ? 0 : -ENOMEM;
	}
	arena_finish(&registration.arena);
	json_decref(registration.seen);
	json_decref(registration.results);
	return code;
}
