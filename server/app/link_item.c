/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one link that is to be registered. What a Location may be is decided here, once, when the
 * link is made: the redirect later sends the bytes as they are.
 *
 * A destination that browsers would ask for in another spelling is refused with that spelling, so
 * that whoever registers it sees what will be requested. One that holds an e-mail address never
 * enters the store, which outlives the person's wish to be forgotten.
 */
#include "app/link_item.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/url.h"
#include "track/link_path.h"
#include "track/pass_query.h"

enum { PASS_MAX_NAMES = 16 };

static int refuse(const char *where, const char *key, const char *what, struct error *error)
{
	return error_set(error, OPERATION_E_REFUSED, "%s.%s: %s", where, key, what);
}

int link_item_check_destination(const char *where, struct span destination, struct error *error)
{
	cleanup_buffer struct buffer location = BUFFER_INIT;
	enum url_refusal refusal;

	switch (url_classify(destination, true, &location, &refusal)) {
	case URL_EXACT:
		break;
	case URL_SERIALISED:
		return error_set(error, OPERATION_E_REFUSED,
				 "%s.destination: browsers would ask for '%.512s'; register that",
				 where, buffer_text(&location));
	case URL_NONE:
		return refuse(where, "destination", url_refusal_text(refusal), error);
	}
	if (url_holds_address(destination))
		return refuse(where, "destination",
			      "holds an e-mail address, which must not enter the store; `rewrite` "
			      "makes such a link self-contained",
			      error);
	return 0;
}

int link_item_check_circle(const char *where, const struct app *app, struct span destination,
			   struct error *error)
{
	struct url url;

	if (!tracker_of_url(app->trackers, destination) || url_parse(destination, &url) != 0 ||
	    !link_path_is_redirect(url.path))
		return 0;
	return refuse(where, "destination",
		      "is a link of this tracker; say the page that it leads to", error);
}

static int check_slug(const struct link_item *item, struct error *error)
{
	const char *refusal = item->slug.size > 0 ? link_path_refusal(item->slug) : NULL;

	if (refusal)
		return refuse(item->where, "slug", refusal, error);
	if (url_holds_address(item->slug))
		return refuse(item->where, "slug",
			      "holds an e-mail address, which must not enter the store", error);
	return 0;
}

static int read_pass(const json_t *object, struct link_item *item, struct error *error)
{
	const json_t *names = json_object_get(object, "pass"), *name;
	size_t index;

	if (!names)
		return 0;
	if (!json_is_array(names) || json_array_size(names) > PASS_MAX_NAMES)
		return refuse(item->where, "pass", "must be a list of at most 16 query names",
			      error);
	json_array_foreach(names, index, name)
	{
		struct span text = span_of(json_string_value(name), json_string_length(name));

		if (!text.data || !pass_query_name_is_valid(text))
			return refuse(item->where, "pass",
				      "holds a name that is not 1 to 64 of A-Z a-z 0-9 . _ ~ -",
				      error);
		if (item->pass.size > 0)
			buffer_append_byte(&item->pass, ',');
		buffer_append_span(&item->pass, text);
	}
	return item->pass.error;
}

static int read_name(const json_t *object, const struct link_item *item, const char *key,
		     struct span *ret_name, struct error *error)
{
	int code =
		operation_text(object, item->where, key, false, ID_NAME_MAX_BYTES, ret_name, error);

	if (code == 0 && ret_name->size > 0 && id_check_name(*ret_name) != 0)
		return refuse(item->where, key, "must be text without controls", error);
	if (code == 0 && url_holds_address(*ret_name))
		return refuse(item->where, key,
			      "holds an e-mail address, which must not enter the store", error);
	return code;
}

static int read_texts(const json_t *object, struct link_item *item, struct error *error)
{
	int code = operation_text(object, item->where, "destination", true, URL_MAX_BYTES,
				  &item->destination, error);

	if (!code)
		code = read_name(object, item, "mailing", &item->mailing, error);
	if (!code)
		code = read_name(object, item, "campaign", &item->campaign, error);
	if (!code)
		code = read_name(object, item, "label", &item->label, error);
	if (!code)
		code = operation_text(object, item->where, "slug", false, LINK_SLUG_MAX_BYTES,
				      &item->slug, error);
	if (!code)
		code = operation_bool(object, item->where, "trap", &item->trap, error);
	return code;
}

int link_item_read(struct link_item *item, const struct app *app, const json_t *object,
		   struct error *error)
{
	static const char *const keys[] = {"destination", "mailing", "campaign", "label",
					   "slug",	  "pass",    "trap",	 NULL};
	int code = operation_check_keys(object, item->where, keys, error);

	if (!code)
		code = read_texts(object, item, error);
	if (!code)
		code = read_pass(object, item, error);
	if (!code)
		code = link_item_check_destination(item->where, item->destination, error);
	if (!code)
		code = check_slug(item, error);
	if (!code && item->slug.size > 0)
		code = link_item_check_circle(item->where, app, item->destination, error);
	if (code)
		return code;
	if (item->label.size == 0)
		item->label = item->slug;
	id_of_link(app->keyring, item->mailing, item->campaign, item->label, item->destination,
		   &item->id);
	hex_format(&item->id, sizeof(item->id), item->id_text);
	return 0;
}

void link_item_finish(struct link_item *item)
{
	buffer_finish(&item->pass);
}
