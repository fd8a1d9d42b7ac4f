/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One tag: its name and its attributes (HTML Standard 13.2.5.6 to 13.2.5.40). Attributes are not
 * listed; a few are remembered, the first of each name, and all go into one hash that does not
 * depend on their order, by which tree construction tells equal formatting elements. So a tag with
 * many attributes costs no more than its bytes.
 */
#include "text/html_tokenizer_internal.h"

enum { NAME_BYTES = 16 }; /* longer than any name in the tables */

#define HASH_START 14695981039346656037u
#define HASH_STEP  1099511628211u

/* A name in lower case as far as a table can hold it, and the hash of all of it. */
struct name {
	uint8_t text[NAME_BYTES];
	size_t size; /* also counts what did not fit */
	uint64_t hash;
};

static struct span name_span(const struct name *name)
{
	return name->size <= NAME_BYTES ? span_of(name->text, name->size) : span_of("", 0);
}

static void name_add(struct name *name, uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		byte |= 0x20;
	if (name->size < NAME_BYTES)
		name->text[name->size] = byte;
	name->size++;
	name->hash = (name->hash ^ byte) * HASH_STEP;
}

static uint64_t hash_of(struct span bytes)
{
	uint64_t hash = HASH_START;

	for (size_t i = 0; i < bytes.size; i++)
		hash = (hash ^ bytes.data[i]) * HASH_STEP;
	return hash;
}

static size_t skip_space(struct span document, size_t at)
{
	while (at < document.size && html_space(document.data[at]))
		at++;
	return at;
}

/* The name at @at up to a byte that ends it; "=" may be an attribute's first character. */
static size_t attribute_name(struct span document, size_t at, struct name *ret_name)
{
	*ret_name = (struct name){.hash = HASH_START};
	if (at < document.size && document.data[at] == '=')
		name_add(ret_name, document.data[at++]);
	while (at < document.size && !html_ends_name(document.data[at]) && document.data[at] != '=')
		name_add(ret_name, document.data[at++]);
	return at;
}

/* The value at @at, after the '='; returns where it ends, quote included. */
static size_t attribute_value(struct span document, size_t at, struct html_attribute *ret_value)
{
	uint8_t first = at < document.size ? document.data[at] : 0;
	size_t end = at;

	if (first == '"' || first == '\'') {
		end = span_find(document, first, at + 1);
		ret_value->value = span_slice(document, at + 1, end - at - 1);
		ret_value->quote = first;
		return end < document.size ? end + 1 : end;
	}
	while (end < document.size && !html_space(document.data[end]) && document.data[end] != '>')
		end++;
	ret_value->value = span_slice(document, at, end - at);
	ret_value->quote = 0;
	return end;
}

/* The attributes that are kept; the first of each name counts. */
static struct html_attribute *slot_of(struct html_token *token, struct span name)
{
	static const struct {
		struct span name;
		size_t slot;
	} kept[] = {
		{SPAN("alt"), offsetof(struct html_token, alt)},
		{SPAN("charset"), offsetof(struct html_token, charset)},
		{SPAN("content"), offsetof(struct html_token, content)},
		{SPAN("data-track"), offsetof(struct html_token, track)},
		{SPAN("encoding"), offsetof(struct html_token, encoding)},
		{SPAN("href"), offsetof(struct html_token, href)},
		{SPAN("http-equiv"), offsetof(struct html_token, http_equiv)},
		{SPAN("type"), offsetof(struct html_token, type_attribute)},
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (span_equal(name, kept[i].name))
			return (struct html_attribute *)((char *)token + kept[i].slot);
	return NULL;
}

static void note_attribute(struct html_token *token, const struct name *name,
			   const struct html_attribute *found)
{
	struct span text = name_span(name);
	struct html_attribute *slot = slot_of(token, text);

	token->attributes += (name->hash ^ (hash_of(found->value) << 1)) * HASH_STEP;
	if (slot && !slot->value.data)
		*slot = *found;
	else if (span_equal(text, SPAN("data-notrack")))
		token->notrack = true;
	else if (span_equal(text, SPAN("color")) || span_equal(text, SPAN("face")) ||
		 span_equal(text, SPAN("size")))
		token->font_attributes = true;
}

/* One attribute from its name on; returns where the next thing starts. */
static size_t attribute(struct span document, size_t at, struct html_token *token)
{
	struct html_attribute found;
	struct name name;
	size_t after;

	at = attribute_name(document, at, &name);
	found = (struct html_attribute){.value = span_slice(document, at, 0)};
	after = skip_space(document, at);
	if (after < document.size && document.data[after] == '=') {
		after = skip_space(document, after + 1);
		found.value = span_slice(document, after, 0);
		if (after < document.size && document.data[after] != '>')
			after = attribute_value(document, after, &found);
	}
	note_attribute(token, &name, &found);
	return after;
}

/* All attributes up to the '>' that ends the tag; false when the document ends first. */
static bool attributes(struct html_tokenizer *tokenizer, struct html_token *token, size_t at)
{
	struct span document = tokenizer->document;

	while ((at = skip_space(document, at)) < document.size) {
		if (document.data[at] == '>') {
			tokenizer->at = at + 1;
			return true;
		}
		if (document.data[at] != '/')
			at = attribute(document, at, token);
		else if (++at < document.size && document.data[at] == '>')
			token->self_closing = true;
	}
	tokenizer->at = document.size;
	return false;
}

static void tag(struct html_tokenizer *tokenizer, struct html_token *token, size_t at)
{
	struct span document = tokenizer->document;
	struct name name = {.hash = HASH_START};

	while (at < document.size && !html_ends_name(document.data[at]))
		name_add(&name, document.data[at++]);
	token->kind = html_element_find(name_span(&name));
	token->name = name.hash;
	token->vml = name.size > 2 && name.text[0] == 'v' && name.text[1] == ':';
	if (!attributes(tokenizer, token, at)) {
		token->type = HTML_TOKEN_NOTHING;
		return;
	}
	token->hidden = span_equal_nocase(token->type_attribute.value, SPAN("hidden"));
	token->integration_encoding =
		span_equal_nocase(token->encoding.value, SPAN("text/html")) ||
		span_equal_nocase(token->encoding.value, SPAN("application/xhtml+xml"));
	if (token->type == HTML_TOKEN_START) {
		tokenizer->last_at = token->start + 1;
		tokenizer->last_size = name.size;
	}
}

void html_tag_start(struct html_tokenizer *tokenizer, struct html_token *token)
{
	token->type = HTML_TOKEN_START;
	tag(tokenizer, token, tokenizer->at + 1);
}

void html_tag_end(struct html_tokenizer *tokenizer, struct html_token *token)
{
	token->type = HTML_TOKEN_END;
	tag(tokenizer, token, tokenizer->at + 2);
}
