/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a link that was read to its events. First everything is judged, and claimed within the call;
 * then the events are added, so that a refusal in the middle takes only its claims back.
 *
 * A link's id is made of the destination that it was first registered with. One that was repointed
 * since is still known by that: the mail that has it can be rewritten, or the list imported, again,
 * and nothing is undone by it.
 */
#include "app/link_registration.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/link_repoint.h"
#include "track/privacy.h"

#include <errno.h>
#include <stdio.h>

enum { FIND_ARENA_BYTES = 1 << 20 };
enum claim { CLAIM_NEW, CLAIM_AGAIN, CLAIM_TAKEN, CLAIM_FAILED };

/* What of an item is new, once it is judged. */
struct plan {
	bool mailing, campaign, link;
};

int link_registration_begin(struct link_registration *registration, struct operation_call *call)
{
	*registration = (struct link_registration){
		.call = call,
		.arena = ARENA_INIT(FIND_ARENA_BYTES),
		.seen = json_object(),
	};
	return registration->seen ? 0 : -ENOMEM;
}

void link_registration_finish(struct link_registration *registration)
{
	arena_finish(&registration->arena);
	json_decref(registration->seen);
}

/* Claim @key for @owner within this call: new, claimed before by the same, or by another. */
static enum claim claim(struct link_registration *registration, const char *key, struct span owner)
{
	const json_t *known = json_object_get(registration->seen, key);
	struct span text = span_of(json_string_value(known), json_string_length(known));

	if (known)
		return span_equal(text, owner) ? CLAIM_AGAIN : CLAIM_TAKEN;
	if (json_object_set_new(registration->seen, key,
				json_stringn((const char *)owner.data, owner.size)) != 0)
		return CLAIM_FAILED;
	(void)snprintf(registration->claims[registration->claim_count++],
		       sizeof(registration->claims[0]), "%s", key);
	return CLAIM_NEW;
}

static void take_claims_back(struct link_registration *registration)
{
	for (unsigned i = 0; i < registration->claim_count; i++)
		(void)json_object_del(registration->seen, registration->claims[i]);
}

static int store_failure(const char *where, int code, struct error *error)
{
	return error_set(error, OPERATION_E_FAILED, "%s: the store cannot be read: %s", where,
			 strerror(-code));
}

static int name_conflict(const char *where, enum name_kind kind, struct error *error)
{
	return error_set(error, OPERATION_E_CONFLICT,
			 "%s.%s: another %s has a name with the same id; choose another name",
			 where, name_kind_text(kind), name_kind_text(kind));
}

/* Is @name recorded? No other name may have its id. */
static int judge_name(struct link_registration *registration, const char *where,
		      enum name_kind kind, struct span name, bool *ret_new, struct error *error)
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
		return name_conflict(where, kind, error);
	case CLAIM_FAILED:
		return -ENOMEM;
	case CLAIM_NEW:
		break;
	}
	code = name_find(registration->call->app->store, kind, id, &registration->arena, &known);
	*ret_new = code == STORE_E_NOT_FOUND;
	if (code && !*ret_new)
		return store_failure(where, code, error);
	return *ret_new || span_equal(known, name) ? 0 : name_conflict(where, kind, error);
}

static int slug_conflict(const struct link_item *item, struct error *error)
{
	return error_set(error, OPERATION_E_CONFLICT,
			 "%s.slug: '%.*s' leads to another link; `waymark link repoint` changes "
			 "where it leads",
			 item->where, (int)item->slug.size, (const char *)item->slug.data);
}

/* The slug must be free, or lead to this very link. */
static int judge_slug(struct link_registration *registration, const struct link_item *item,
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
		return store_failure(item->where, code, error);
	if (code == 0 && memcmp(&link.id, &item->id, sizeof(link.id)) != 0)
		return slug_conflict(item, error);
	return 0;
}

/* @destination: the one that the link's id was made of. */
static bool is_same_link(const struct link_item *item, const struct link *link,
			 struct span destination)
{
	struct mailing_id mailing = {0};
	struct campaign_id campaign = {0};

	if (item->mailing.size > 0)
		id_of_name(NAME_MAILING, item->mailing, &mailing);
	if (item->campaign.size > 0)
		id_of_name(NAME_CAMPAIGN, item->campaign, &campaign);
	return span_equal(item->destination, destination) && span_equal(item->label, link->label) &&
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

static int judge_known(struct link_registration *registration, const struct link_item *item,
		       const struct link *link, struct span *ret_now, struct error *error)
{
	struct span first = link->destination;
	int code = 0;

	if (!span_equal(item->destination, link->destination))
		code = link_repoint_first(registration->call->app->store, &item->id,
					  &registration->arena, &first);
	if (code < 0)
		return store_failure(item->where, code, error);
	if (!is_same_link(item, link, first))
		return error_set(error, OPERATION_E_CONFLICT,
				 "%s: another link has the id %s; give it another label",
				 item->where, item->id_text);
	if (!adds_nothing(item, link))
		return error_set(error, OPERATION_E_CONFLICT,
				 "%s: link %s is registered with another slug, pass list or trap "
				 "mark; give it another label",
				 item->where, item->id_text);
	if (!span_equal(item->destination, link->destination))
		*ret_now = link->destination;
	return 0;
}

/* The link itself: known to the store or to this call, or new. */
static int judge_link(struct link_registration *registration, const struct link_item *item,
		      bool *ret_known, struct span *ret_now, struct error *error)
{
	struct link link;
	char key[32];
	int code =
		link_find(registration->call->app->store, &item->id, &registration->arena, &link);

	*ret_known = code == 0;
	if (code && code != STORE_E_NOT_FOUND)
		return store_failure(item->where, code, error);
	if (code == 0)
		code = judge_known(registration, item, &link, ret_now, error);
	else
		code = 0;
	if (code)
		return code;
	(void)snprintf(key, sizeof(key), "link:%s", item->id_text);
	switch (claim(registration, key, item->slug.data ? item->slug : SPAN(""))) {
	case CLAIM_NEW:
		break;
	case CLAIM_AGAIN:
		*ret_known = true;
		break;
	case CLAIM_TAKEN:
		return error_set(error, OPERATION_E_CONFLICT,
				 "%s: the same link stands in this list with another slug",
				 item->where);
	case CLAIM_FAILED:
		return -ENOMEM;
	}
	return 0;
}

static int add_name_event(struct operation_call *call, enum name_kind kind, struct span name,
			  struct error *error)
{
	struct event event;
	uint8_t id[8] = {0};

	id_of_name(kind, name, id);
	event_init(&event, EVENT_name, clock_wall());
	event_set_choice(&event, EVENT_FIELD_kind, (uint8_t)kind);
	event_set(&event, EVENT_FIELD_name_id, span_of(id, name_kind_id_bytes(kind)));
	event_set(&event, EVENT_FIELD_name, name);
	operation_count(call, METRIC_EVENT_NAME, 1);
	return operation_add_event(call, &event, error);
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

static int add_link_event(struct operation_call *call, const struct link_item *item,
			  struct error *error)
{
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
	return operation_add_event(call, &event, error);
}

static int carry_out(struct operation_call *call, const struct link_item *item,
		     const struct plan *plan, struct error *error)
{
	int code = 0;

	if (plan->mailing)
		code = add_name_event(call, NAME_MAILING, item->mailing, error);
	if (!code && plan->campaign)
		code = add_name_event(call, NAME_CAMPAIGN, item->campaign, error);
	if (!code && plan->link)
		code = add_link_event(call, item, error);
	return code;
}

int link_registration_add(struct link_registration *registration, const struct link_item *item,
			  bool *ret_known, struct span *ret_now, struct error *error)
{
	struct plan plan = {0};
	struct span now = {0};
	bool known = false;
	int code;

	arena_reset(&registration->arena);
	registration->claim_count = 0;
	code = judge_name(registration, item->where, NAME_MAILING, item->mailing, &plan.mailing,
			  error);
	if (!code)
		code = judge_name(registration, item->where, NAME_CAMPAIGN, item->campaign,
				  &plan.campaign, error);
	if (!code)
		code = judge_slug(registration, item, error);
	if (!code)
		code = judge_link(registration, item, &known, &now, error);
	plan.link = !known;
	if (!code)
		code = carry_out(registration->call, item, &plan, error);
	if (code) {
		take_claims_back(registration);
		return code;
	}
	*ret_known = known;
	*ret_now = now;
	return 0;
}

int link_registration_add_name(struct link_registration *registration, const char *where,
			       enum name_kind kind, struct span name, struct error *error)
{
	bool is_new = false;
	int code;

	arena_reset(&registration->arena);
	registration->claim_count = 0;
	code = judge_name(registration, where, kind, name, &is_new, error);
	if (!code && is_new)
		code = add_name_event(registration->call, kind, name, error);
	return code;
}

int link_registration_repoint(struct operation_call *call, const struct link *link,
			      struct span destination, struct span reason, struct error *error)
{
	cleanup_buffer struct buffer url = BUFFER_INIT;
	struct event event;

	privacy_page_url(call->app->config, destination, &url);
	event_init(&event, EVENT_link, clock_wall());
	event_set(&event, EVENT_FIELD_link, span_of(&link->id, sizeof(link->id)));
	event_set(&event, EVENT_FIELD_destination, destination);
	if (!id_is_zero(&link->mailing, sizeof(link->mailing)))
		event_set(&event, EVENT_FIELD_mailing,
			  span_of(&link->mailing, sizeof(link->mailing)));
	if (!id_is_zero(&link->campaign, sizeof(link->campaign)))
		event_set(&event, EVENT_FIELD_campaign,
			  span_of(&link->campaign, sizeof(link->campaign)));
	set_if(&event, EVENT_FIELD_url, buffer_span(&url));
	set_if(&event, EVENT_FIELD_label, link->label);
	set_if(&event, EVENT_FIELD_slug, link->slug);
	set_if(&event, EVENT_FIELD_pass, link->pass);
	if (link->flags & LINK_FLAG_TRAP)
		event_set_choice(&event, EVENT_FIELD_signals, SIGNAL_TRAP);
	set_if(&event, EVENT_FIELD_reason, reason);
	set_if(&event, EVENT_FIELD_actor, span_text(call->actor));
	operation_count(call, METRIC_EVENT_LINK, 1);
	return operation_add_event(call, &event, error);
}
