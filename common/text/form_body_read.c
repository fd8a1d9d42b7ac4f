/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A form's body of any kind as one list of pairs.
 *
 * What its bytes say depends on a charset that may be named in four places, of which the one that
 * the browser itself has written decides: a hidden field "_charset_" is filled with the charset of
 * the post. What a page only declares is asked last, and only about bytes that are no UTF-8: the
 * same form may also be posted by a script, which posts UTF-8. An unknown name is passed over.
 */
#include "base/encode.h"
#include "text/charset_decode.h"
#include "text/form_body_internal.h"
#include "text/media_type.h"
#include "text/multipart.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

enum { REAL_DIGITS = 15, ESCAPE = 0x1B };

struct reading {
	struct span type, body;
	struct arena *arena;
	const struct charset *page; /* NULL: unknown */
	struct form_body form;	    /* bytes */
	struct span *types;	    /* of a multipart's pairs; or NULL */
	struct buffer text, scratch;
};

/* The charset that a type names; NULL: it names none that is known. */
static int charset_of_type(struct reading *reading, struct span type,
			   const struct charset **ret_charset)
{
	struct span label;
	int code = media_type_parameter(type, SPAN("charset"), reading->arena, &label);

	if (!code)
		*ret_charset = charset_find(label);
	return code;
}

/* Is it UTF-8, and not only because the page's charset consists of ASCII bytes? */
static bool looks_like_utf8(const struct reading *reading, struct span text)
{
	bool shifted = reading->page && charset_is_seven_bit(reading->page) &&
		       span_find(text, ESCAPE, 0) < text.size;

	return utf8_valid(text) && !shifted;
}

/* What the whole body is in; NULL: UTF-8. */
static int find_charset(struct reading *reading, const struct charset **ret_charset)
{
	const struct charset *charset =
		charset_find(form_body_get(&reading->form, SPAN("_charset_")));
	bool utf8 = true;
	int code = 0;

	if (!charset)
		code = charset_of_type(reading, reading->type, &charset);
	for (size_t i = 0; !charset && i < reading->form.count; i++)
		utf8 &= looks_like_utf8(reading, reading->form.pairs[i].name) &&
			looks_like_utf8(reading, reading->form.pairs[i].value);
	*ret_charset = charset || utf8 ? charset : reading->page;
	return code;
}

static int decode(struct reading *reading, const struct charset *charset, struct span *text)
{
	struct span copy;

	if (!charset || charset_is_utf8(charset)) {
		if (utf8_valid(*text))
			return 0;
		charset = charset_find(SPAN("utf-8"));
	}
	buffer_clear(&reading->text);
	buffer_clear(&reading->scratch);
	charset_decode(charset, *text, &reading->scratch);
	charset_unescape(charset, buffer_span(&reading->scratch), &reading->text);
	copy = arena_copy(reading->arena, buffer_span(&reading->text));
	if (reading->text.error || reading->scratch.error || !copy.data)
		return -ENOMEM;
	*text = copy;
	return 0;
}

static int decode_pairs(struct reading *reading)
{
	const struct charset *charset = NULL;
	int code = find_charset(reading, &charset);

	for (size_t i = 0; !code && i < reading->form.count; i++) {
		struct form_pair *pair = &reading->form.pairs[i];
		const struct charset *own = NULL;

		if (reading->types)
			code = charset_of_type(reading, reading->types[i], &own);
		if (!code)
			code = decode(reading, charset, &pair->name);
		if (!code)
			code = decode(reading, own ? own : charset, &pair->value);
	}
	return code;
}

static int read_multipart(struct reading *reading)
{
	struct form_body *form = &reading->form;
	struct multipart multipart;
	int code = multipart_parse(reading->type, reading->body, reading->arena, &multipart);

	if (code)
		return code == MULTIPART_E_FORM	   ? FORM_BODY_E_FORM
		       : code == MULTIPART_E_PARTS ? FORM_BODY_E_PAIRS
						   : code;
	form->pairs = arena_alloc(reading->arena, (multipart.count + 1) * sizeof(*form->pairs));
	reading->types =
		arena_alloc(reading->arena, (multipart.count + 1) * sizeof(*reading->types));
	if (!form->pairs || !reading->types)
		return -ENOMEM;
	for (size_t i = 0; i < multipart.count; i++) {
		const struct multipart_part *part = &multipart.parts[i];

		if (part->is_file)
			continue;
		reading->types[form->count] = part->type;
		form->pairs[form->count++] = (struct form_pair){part->name, part->data};
	}
	return decode_pairs(reading);
}

/* A text, number or boolean as text in the arena; absent for what is none of these. */
static int scalar_text(struct reading *reading, const json_t *value, struct span *ret_text)
{
	char *text;

	*ret_text = span_of(NULL, 0);
	if (json_is_string(value)) {
		*ret_text = span_of(json_string_value(value), json_string_length(value));
	} else if (json_is_boolean(value)) {
		*ret_text = json_is_true(value) ? SPAN("true") : SPAN("false");
	} else if (json_is_number(value)) {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS));
		if (!text)
			return -ENOMEM;
		*ret_text = arena_copy(reading->arena, span_text(text));
		free(text);
		return ret_text->data ? 0 : -ENOMEM;
	}
	if (!ret_text->data)
		return FORM_BODY_E_FORM;
	*ret_text = arena_copy(reading->arena, *ret_text);
	return ret_text->data ? 0 : -ENOMEM;
}

static int add_pair(struct reading *reading, const char *name, const json_t *value)
{
	struct form_body *form = &reading->form;
	struct form_pair pair = {.name = arena_copy(reading->arena, span_text(name))};
	int code;

	if (json_is_null(value))
		return 0;
	if (!pair.name.data)
		return -ENOMEM;
	if (form->count == FORM_BODY_PAIRS_MAX)
		return FORM_BODY_E_PAIRS;
	code = scalar_text(reading, value, &pair.value);
	if (!code)
		form->pairs[form->count++] = pair;
	return code;
}

static int add_members(struct reading *reading, json_t *object)
{
	const char *name;
	json_t *value;
	int code = 0;

	json_object_foreach(object, name, value)
	{
		if (!json_is_array(value))
			code = add_pair(reading, name, value);
		for (size_t i = 0; !code && i < json_array_size(value); i++)
			code = add_pair(reading, name, json_array_get(value, i));
		if (code)
			return code;
	}
	return 0;
}

static int read_json(struct reading *reading)
{
	const struct charset *charset = NULL;
	struct span text = reading->body;
	json_error_t ignored;
	json_t *root;
	int code = charset_of_type(reading, reading->type, &charset);

	if (!code && !charset && !looks_like_utf8(reading, text))
		charset = reading->page;
	if (!code)
		code = decode(reading, charset, &text);
	reading->form.pairs =
		arena_alloc(reading->arena, FORM_BODY_PAIRS_MAX * sizeof(*reading->form.pairs));
	if (!code && !reading->form.pairs)
		code = -ENOMEM;
	if (code)
		return code;
	root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &ignored);
	code = json_is_object(root) ? add_members(reading, root) : FORM_BODY_E_FORM;
	json_decref(root);
	return code;
}

static int read_urlencoded(struct reading *reading)
{
	int code = form_body_split(reading->body, reading->arena, &reading->form);

	return code ? code : decode_pairs(reading);
}

static int read_as(struct reading *reading)
{
	struct span type = reading->type;

	if (span_trim(type).size == 0 ||
	    media_type_is(type, SPAN("application/x-www-form-urlencoded")))
		return read_urlencoded(reading);
	if (media_type_is(type, SPAN("multipart/form-data")))
		return read_multipart(reading);
	if (media_type_is(type, SPAN("application/json")))
		return read_json(reading);
	return FORM_BODY_E_TYPE;
}

int form_body_read(struct span type, struct span body, struct span charset, struct arena *arena,
		   struct form_body *ret_form)
{
	struct reading reading = {
		.type = type,
		.body = body.data ? body : SPAN(""),
		.arena = arena,
		.page = charset_find(charset),
	};
	int code;

	if (body.size > FORM_BODY_MAX_BYTES)
		return FORM_BODY_E_SIZE;
	code = read_as(&reading);
	buffer_finish(&reading.text);
	buffer_finish(&reading.scratch);
	if (!code)
		*ret_form = reading.form;
	return code;
}
