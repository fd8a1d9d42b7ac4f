/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A form's schema out of JSON: what it says of the form as a whole. Strict, since a key that is
 * misspelt and passed over could be the one that keeps a value secret.
 *
 * A place that a form sends people to is judged by itself here, and against the sites that the form
 * names; against those of the trackers by whoever knows the configuration, when the form is set and
 * again whenever it is used, since sites come and go.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "text/charset_decode.h"
#include "text/url.h"
#include "track/form_internal.h"
#include "track/tracker.h"

#include <errno.h>

enum { PLACE_MAX_BYTES = 2048, LABEL_MAX_BYTES = 1000, MINIMUM_SECONDS_MAX = 3600 };

const char *form_keep(struct form_reading *reading, struct span text)
{
	struct span copy = arena_copy(&reading->form->arena, text.data ? text : SPAN(""));

	reading->failed |= !copy.data;
	return copy.data ? (const char *)copy.data : "";
}

int form_read_text(struct form_reading *reading, const json_t *object, const char *where,
		   const char *key, size_t max_bytes, const char *otherwise, const char **ret_text)
{
	char place[JSON_DOCUMENT_WHERE_BYTES];
	struct span text = span_of(NULL, 0);
	int code = json_document_text(reading->document, object, where, key, &text);

	json_document_join(where, key, place);
	if (!code && text.size > max_bytes)
		code = json_document_refuse(reading->document, place, "is longer than %zu bytes",
					    max_bytes);
	if (!code)
		*ret_text = text.data ? form_keep(reading, text) : otherwise;
	return code;
}

static int read_languages(struct form_reading *reading, const json_t *object, const char *where,
			  const char *otherwise, struct form_text *ret_text)
{
	static const char *const keys[] = {"en", "ja", NULL};
	const struct json_document *document = reading->document;
	struct form_text text = {{NULL}};
	int code = json_document_keys(document, object, where, keys);

	for (int i = 0; !code && i < FORM_LANGUAGE_COUNT; i++)
		code = form_read_text(reading, object, where, keys[i], LABEL_MAX_BYTES, NULL,
				      &text.in[i]);
	if (code)
		return code;
	if (!text.in[FORM_EN])
		text.in[FORM_EN] = text.in[FORM_JA] ? text.in[FORM_JA] : otherwise;
	if (!text.in[FORM_JA])
		text.in[FORM_JA] = text.in[FORM_EN];
	*ret_text = text;
	return 0;
}

int form_read_label(struct form_reading *reading, const json_t *object, const char *where,
		    const char *key, const char *otherwise, struct form_text *ret_text)
{
	const json_t *value = json_object_get(object, key);
	char place[JSON_DOCUMENT_WHERE_BYTES];
	const char *text;
	int code;

	json_document_join(where, key, place);
	if (json_is_object(value))
		return read_languages(reading, value, place, otherwise, ret_text);
	if (value && !json_is_string(value))
		return json_document_refuse(reading->document, place,
					    "must be a text, or one in each language: "
					    "{\"en\": \"…\", \"ja\": \"…\"}");
	code = form_read_text(reading, object, where, key, LABEL_MAX_BYTES, otherwise, &text);
	if (!code)
		*ret_text = (struct form_text){{text, text}};
	return code;
}

int form_read_choice(const struct form_reading *reading, const json_t *object, const char *where,
		     const char *key, const char *const *choices, size_t count, int *ret_index)
{
	cleanup_buffer struct buffer list = BUFFER_INIT;
	char place[JSON_DOCUMENT_WHERE_BYTES];
	struct span text = span_of(NULL, 0);
	int code = json_document_text(reading->document, object, where, key, &text);

	if (code || !text.data)
		return code;
	for (size_t i = 0; i < count; i++) {
		if (span_equal(text, span_text(choices[i]))) {
			*ret_index = (int)i;
			return 0;
		}
		buffer_printf(&list, "%s%s", i == 0 ? "" : ", ", choices[i]);
	}
	json_document_join(where, key, place);
	return json_document_refuse(reading->document, place, "must be one of %s",
				    list.error ? "those in the guide" : buffer_text(&list));
}

bool form_name_is_taken(struct span name)
{
	return span_starts_nocase(name, SPAN("waymark-")) ||
	       span_equal_nocase(name, SPAN("_charset_"));
}

static bool is_name_byte(uint8_t byte, bool first)
{
	uint8_t lower = byte | 0x20;

	return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') ||
	       (!first && (byte == '-' || byte == '_' || byte == '.'));
}

/* Sixteen hex digits are an id, by which a form can be asked for, too. */
static bool looks_like_id(struct span name)
{
	struct form_id id;

	return hex_parse(name, &id, sizeof(id)) == 0;
}

static int read_name(struct form_reading *reading)
{
	const struct json_document *document = reading->document;
	struct form *form = reading->form;
	struct span name;
	bool good;
	int code = form_read_text(reading, document->root, "", "name", FORM_NAME_MAX_BYTES, "",
				  &form->name);

	if (code)
		return code;
	name = span_text(form->name);
	good = name.size > 0;
	for (size_t i = 0; i < name.size; i++)
		good &= is_name_byte(name.data[i], i == 0);
	if (!good)
		return json_document_refuse(document, "name",
					    "is needed: the end of the address /f/…, of letters, "
					    "digits, '-', '_' and '.', beginning with one of the "
					    "first two");
	if (looks_like_id(name))
		return json_document_refuse(document, "name",
					    "looks like the id of a form; choose another name");
	id_of_name(NAME_FORM, name, &form->id);
	return 0;
}

/* The origin of an address that goes out byte for byte. */
static bool origin_of(struct span place, char ret_origin[URL_HOST_MAX_BYTES + 16])
{
	struct url url;
	const char *origin = ret_origin;

	if (url_parse(place, &url) != 0)
		return false;
	url_origin(&url, ret_origin);
	return form_place_is_listed(place, &origin, 1);
}

static int judge_origin(const struct form_reading *reading, const char *where, const char *origin)
{
	if (!reading->trackers || form_site_is_listed(reading->trackers, origin))
		return 0;
	return json_document_refuse(reading->document, where,
				    "%s is not one of the sites in the configuration, and no "
				    "tracker; a form leads nowhere else",
				    origin);
}

static int read_site(struct form_reading *reading, const json_t *list, size_t index,
		     const char **ret_site)
{
	char where[JSON_DOCUMENT_WHERE_BYTES], origin[URL_HOST_MAX_BYTES + 16];
	struct span text;
	struct url url;
	int code = json_document_item_text(reading->document, list, "sites", index, &text);

	if (code)
		return code;
	json_document_item("", "sites", index, where);
	if (url_parse(text, &url) != 0 || url.has_userinfo || url.query.data || url.fragment.data ||
	    url.path.size > 1)
		return json_document_refuse(reading->document, where,
					    "must be a site like https://www.example.com");
	url_origin(&url, origin);
	*ret_site = form_keep(reading, span_text(origin));
	return judge_origin(reading, where, origin);
}

static int read_sites(struct form_reading *reading)
{
	const struct json_document *document = reading->document;
	struct form *form = reading->form;
	const char **sites;
	json_t *list;
	int code = json_document_list(document, document->root, "", "sites", FORM_SITES_MAX, &list);

	if (code || !list)
		return code;
	if (json_array_size(list) == 0)
		return json_document_refuse(document, "sites",
					    "is empty; leave it out to allow all sites of the "
					    "tracker");
	sites = arena_alloc(&form->arena, json_array_size(list) * sizeof(*sites));
	if (!sites)
		return -ENOMEM;
	for (size_t i = 0; !code && i < json_array_size(list); i++)
		code = read_site(reading, list, i, &sites[i]);
	if (code)
		return code;
	form->sites = sites;
	form->site_count = json_array_size(list);
	return 0;
}

static int read_place(struct form_reading *reading, const char *key, const char **ret_place)
{
	const struct json_document *document = reading->document;
	const struct form *form = reading->form;
	char origin[URL_HOST_MAX_BYTES + 16];
	const char *place = "";
	int code = form_read_text(reading, document->root, "", key, PLACE_MAX_BYTES, "", &place);

	*ret_place = place;
	if (code || !place[0])
		return code;
	if (!origin_of(span_text(place), origin))
		return json_document_refuse(document, key,
					    "must be a whole address like "
					    "https://www.example.com/thanks, percent-encoded where "
					    "it is not ASCII, without user or password");
	if (url_holds_address(span_text(place)))
		return json_document_refuse(
			document, key, "holds an e-mail address, which must not enter the log");
	if (form->site_count > 0 &&
	    !form_place_is_listed(span_text(place), form->sites, form->site_count))
		return json_document_refuse(document, key, "%s is not one of the form's sites",
					    origin);
	return judge_origin(reading, key, origin);
}

static int read_campaign(struct form_reading *reading)
{
	const struct json_document *document = reading->document;
	const char **name = &reading->form->campaign;
	int code = form_read_text(reading, document->root, "", "campaign", ID_NAME_MAX_BYTES, "",
				  name);

	if (code || !(*name)[0])
		return code;
	if (id_check_name(span_text(*name)) != 0 || url_holds_address(span_text(*name)))
		return json_document_refuse(document, "campaign",
					    "must be a name of at most %d bytes, and no address",
					    ID_NAME_MAX_BYTES);
	return 0;
}

static int read_charset(struct form_reading *reading)
{
	const struct json_document *document = reading->document;
	const char **charset = &reading->form->charset;
	int code = form_read_text(reading, document->root, "", "charset", FORM_NAME_MAX_BYTES, "",
				  charset);

	if (!code && (*charset)[0] && !charset_find(span_text(*charset)))
		code = json_document_refuse(document, "charset",
					    "is no charset of web pages that can be read, such as "
					    "shift_jis or euc-jp");
	return code;
}

static int read_honeypot(struct form_reading *reading)
{
	const struct json_document *document = reading->document;
	const char **honeypot = &reading->form->honeypot;
	int code = form_read_text(reading, document->root, "", "honeypot", FORM_NAME_MAX_BYTES, "",
				  honeypot);

	if (!code && form_name_is_taken(span_text(*honeypot)))
		code = json_document_refuse(document, "honeypot",
					    "must not begin with \"waymark-\", which is ours");
	if (!code && form_field_find(reading->form, span_text(*honeypot)))
		code = json_document_refuse(document, "honeypot",
					    "is a field of the form; people would fill it");
	return code;
}

static int read_switches(struct form_reading *reading)
{
	static const char *const languages[FORM_LANGUAGE_COUNT] = {"en", "ja"};
	const struct json_document *document = reading->document;
	struct form *form = reading->form;
	const json_t *root = document->root;
	int32_t seconds = 0;
	int code = json_document_number(document, root, "", "minimum_seconds", 0,
					MINIMUM_SECONDS_MAX, &seconds);

	form->minimum_seconds = (uint32_t)seconds;
	form->language = -1;
	if (!code)
		code = json_document_bool(document, root, "", "confirm", &form->confirm);
	if (!code)
		code = json_document_bool(document, root, "", "overwrite", &form->overwrite);
	if (!code)
		code = json_document_bool(document, root, "", "kiosk", &form->kiosk);
	if (!code)
		code = json_document_bool(document, root, "", "closed", &form->closed);
	if (!code)
		code = form_read_choice(reading, root, "", "language", languages,
					FORM_LANGUAGE_COUNT, &form->language);
	if (!code && form->confirm && form->email < 0)
		code = json_document_refuse(document, "confirm",
					    "needs a field of type email: there is no address to "
					    "mail to");
	if (!code && form->confirm && form->kiosk)
		code = json_document_refuse(document, "confirm",
					    "cannot be with kiosk: it proves that a browser is "
					    "somebody's, and this one is everybody's");
	return code;
}

static int read_texts(struct form_reading *reading)
{
	const json_t *root = reading->document->root;
	struct form *form = reading->form;
	int code = form_read_label(reading, root, "", "title", form->name, &form->title);

	if (!code)
		code = form_read_label(reading, root, "", "button", "", &form->button);
	if (!code)
		code = form_read_label(reading, root, "", "thanks", "", &form->thanks);
	return code;
}

static int read_places(struct form_reading *reading)
{
	struct form *form = reading->form;
	int code = read_place(reading, "success", &form->success);

	if (!code)
		code = read_place(reading, "error", &form->error);
	return code ? code : read_place(reading, "css", &form->css);
}

static int read_form(struct form_reading *reading)
{
	static const char *const keys[] = {"button",   "campaign",  "charset",	"closed",
					   "confirm",  "css",	    "error",	"fields",
					   "honeypot", "kiosk",	    "language", "minimum_seconds",
					   "name",     "overwrite", "sites",	"success",
					   "thanks",   "title",	    NULL};
	/* In this order: a later one rests on what the ones before have read. */
	static int (*const steps[])(struct form_reading * reading) = {
		read_name,     read_texts,   form_read_fields, read_sites,    read_places,
		read_campaign, read_charset, read_honeypot,    read_switches,
	};
	int code = json_document_keys(reading->document, reading->document->root, "", keys);

	for (size_t i = 0; !code && i < sizeof(steps) / sizeof(steps[0]); i++)
		code = steps[i](reading);
	return code;
}

static int keep_definition(struct form_reading *reading)
{
	cleanup_free char *text = json_dumps(reading->document->root, JSON_COMPACT);
	size_t size = text ? strlen(text) : 0;

	if (!text)
		return -ENOMEM;
	if (size > FORM_DEFINITION_MAX_BYTES)
		return json_document_refuse(reading->document, "",
					    "the form is too long: %zu bytes without white space, "
					    "and %d is the most",
					    size, FORM_DEFINITION_MAX_BYTES);
	reading->form->definition = form_keep(reading, span_of(text, size));
	return 0;
}

static int compile(const struct json_document *document, const struct tracker_set *trackers,
		   struct form **ret_form)
{
	cleanup(cleanup_form) struct form *form = calloc(1, sizeof(*form));
	struct form_reading reading = {.document = document, .trackers = trackers, .form = form};
	int code;

	if (!form)
		return -ENOMEM;
	form->references = 1;
	code = read_form(&reading);
	if (!code)
		code = keep_definition(&reading);
	if (!code && reading.failed)
		code = -ENOMEM;
	if (code)
		return code;
	*ret_form = take_ptr(form);
	return 0;
}

int form_parse(const char *path, struct span text, const struct tracker_set *trackers,
	       struct form **ret_form, struct error *error)
{
	struct json_document document;
	int code = json_document_parse(&document, path, text, error);

	if (!code)
		code = compile(&document, trackers, ret_form);
	json_document_finish(&document);
	return code > 0 ? FORM_E_INVALID : code;
}

int form_load(const char *path, const struct tracker_set *trackers, struct form **ret_form,
	      struct error *error)
{
	struct json_document document;
	int code = json_document_load(&document, path, error);

	if (!code)
		code = compile(&document, trackers, ret_form);
	json_document_finish(&document);
	return code > 0 ? FORM_E_INVALID : code;
}
