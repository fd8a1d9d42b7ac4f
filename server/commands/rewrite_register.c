/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registering the links of a message: each distinct one once, in batches that an operation takes,
 * beside a server through its socket or else in the store.
 *
 * Registering is idempotent: whoever was interrupted registers again.
 */
#include "commands/rewrite_register.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"

#include <jansson.h>

enum {
	BATCH_LINKS = 500,
	BATCH_BYTES = 512 << 10 /* of destinations: an operation is bounded in bytes, too */
};

static json_t *text_json(struct span text)
{
	return json_stringn((const char *)text.data, text.size);
}

/* What is to be registered: the next call's links, and what was seen before. */
struct registering {
	struct session *session;
	struct span mailing;
	char *campaign; /* a copy: a call may open the session's app again, with its trackers */
	json_t *batch, *seen, *names;
	size_t batch_bytes;
};

/* What /api/v1/links takes for one link; NULL when out of memory. */
static json_t *link_json(const struct rewrite_link *link, const struct registering *registering)
{
	json_t *item = json_object();
	int r = 0;

	if (!item)
		return NULL;
	r |= json_object_set_new(item, "destination", text_json(link->destination));
	r |= json_object_set_new(item, "campaign", json_string(registering->campaign));
	if (registering->mailing.size)
		r |= json_object_set_new(item, "mailing", text_json(registering->mailing));
	if (link->label.size)
		r |= json_object_set_new(item, "label", text_json(link->label));
	if (link->trap)
		r |= json_object_set_new(item, "trap", json_true());
	if (r == 0)
		return item;
	json_decref(item);
	return NULL;
}

/* Such a link is known by where it led first; whoever sends the mail should know where it leads. */
static void warn_of_repointed(const struct registering *registering, const json_t *reply)
{
	const json_t *results = json_object_get(reply, "links"), *result;
	size_t index;

	json_array_foreach(results, index, result)
	{
		const json_t *link = json_array_get(registering->batch, index);
		const char *leads = json_string_value(json_object_get(result, "leads"));

		if (leads)
			command_warn("the link to %s was repointed, and leads to %s",
				     json_string_value(json_object_get(link, "destination")),
				     leads);
	}
}

static int send_batch(struct registering *registering, struct error *error)
{
	json_t *body, *reply = NULL;
	int r;

	if (json_array_size(registering->batch) + json_array_size(registering->names) == 0)
		return 0;
	body = json_pack("{s:O, s:O}", "links", registering->batch, "names", registering->names);
	if (!body)
		return error_set(error, COMMAND_FAILED, "out of memory");
	r = session_call(registering->session, "/api/v1/links", body, &reply, error);
	json_decref(body);
	if (r == 0)
		warn_of_repointed(registering, reply);
	json_decref(reply);
	if (r < 0)
		return error_set(error, COMMAND_FAILED, "the links cannot be registered: %s",
				 strerror(-r));
	if (r > 0)
		error_prefix(error, "the links cannot be registered: ");
	registering->batch_bytes = 0;
	(void)json_array_clear(registering->names);
	return json_array_clear(registering->batch) == 0 ? r : COMMAND_FAILED;
}

static int add_link(struct registering *registering, const struct rewrite_link *link,
		    struct error *error)
{
	char id[2 * sizeof(link->id) + 1];

	hex_format(&link->id, sizeof(link->id), id);
	if (json_object_get(registering->seen, id))
		return 0;
	if (json_object_set_new(registering->seen, id, json_true()) != 0 ||
	    json_array_append_new(registering->batch, link_json(link, registering)) != 0)
		return error_set(error, COMMAND_FAILED, "out of memory");
	registering->batch_bytes += link->destination.size;
	if (json_array_size(registering->batch) < BATCH_LINKS &&
	    registering->batch_bytes < BATCH_BYTES)
		return 0;
	return send_batch(registering, error);
}

/*
 * A self-contained link stays out of the store, and so do the pixel and the page of a list; but
 * their names are recorded.
 */
static int add_name(struct registering *registering, const char *kind, struct span text,
		    struct error *error)
{
	json_t *name;

	if (text.size == 0 || json_object_get(registering->seen, kind))
		return 0;
	name = json_pack("{s:s, s:o}", "kind", kind, "name", text_json(text));
	if (json_object_set_new(registering->seen, kind, json_true()) != 0 ||
	    json_array_append_new(registering->names, name) != 0)
		return error_set(error, COMMAND_FAILED, "out of memory");
	return 0;
}

int rewrite_register(struct session *session, const struct rewrite_link *links, size_t count,
		     const struct rewrite_options *options, struct error *error)
{
	cleanup_free char *campaign =
		options->campaign.size
			? strndup((const char *)options->campaign.data, options->campaign.size)
			: strdup(options->tracker->campaign);
	struct registering registering = {
		.session = session,
		.mailing = options->mailing,
		.campaign = campaign,
		.batch = json_array(),
		.seen = json_object(),
		.names = json_array(),
	};
	int r = 0;

	if (!campaign || !registering.batch || !registering.seen || !registering.names)
		r = error_set(error, COMMAND_FAILED, "out of memory");
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (links[i].outcome == REWRITE_TRACKED)
			r = add_link(&registering, &links[i], error);
		else if (links[i].outcome == REWRITE_TRACKED_SELF_CONTAINED)
			r = add_name(&registering, "campaign", span_text(campaign), error);
	}
	if (r == 0 && options->open_pixel)
		r = add_name(&registering, "mailing", options->mailing, error);
	if (r == 0 && options->unsubscribe)
		r = add_name(&registering, "list", options->list, error);
	if (r == 0)
		r = send_batch(&registering, error);
	json_decref(registering.batch);
	json_decref(registering.seen);
	json_decref(registering.names);
	return r;
}
