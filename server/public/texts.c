/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts in two languages, by id. A brace opens the name of a value; a name that the page gave no
 * value for stays as it is written, so that a mistake shows on the page and in its test instead of
 * leaving a hole in a sentence.
 */
#include "public/texts.h"

#include "text/accept_language.h"
#include "text/html_escape.h"

static const char *const tags[LANGUAGE_COUNT] = {[LANGUAGE_EN] = "en", [LANGUAGE_JA] = "ja"};

static const char *const texts[TEXT_COUNT][LANGUAGE_COUNT] = {
#define TEXT(id, english, japanese) [TEXT_##id] = {english, japanese},
#include "public/texts_table.h"
#undef TEXT
};

const char *language_tag(enum language language)
{
	return tags[language];
}

enum language language_find(struct span tag)
{
	enum language language = LANGUAGE_EN;

	while (language < LANGUAGE_COUNT && !span_equal(tag, span_text(tags[language])))
		language++;
	return language;
}

enum language language_choose(struct span asked, const struct request *request)
{
	enum language language = language_find(asked);

	if (language < LANGUAGE_COUNT)
		return language;
	return (enum language)accept_language_choose(request_value(request, HEADER_ACCEPT_LANGUAGE),
						     tags, LANGUAGE_COUNT);
}

const char *text_get(enum text_id id, enum language language)
{
	return texts[id][language];
}

static const char *find_value(const struct text_value *values, struct span name)
{
	for (; values && values->name; values++)
		if (span_equal(name, span_text(values->name)))
			return values->value;
	return NULL;
}

void text_append(struct buffer *to, enum text_id id, enum language language,
		 const struct text_value *values)
{
	struct span text = span_text(texts[id][language]);

	while (text.size > 0) {
		size_t open = span_find(text, '{', 0), close = span_find(text, '}', open);
		const char *value = NULL;

		html_escape(span_slice(text, 0, open), to);
		if (close < text.size)
			value = find_value(values, span_slice(text, open + 1, close - open - 1));
		if (value)
			html_escape(span_text(value), to);
		else
			html_escape(span_slice(text, open, close + 1 - open), to);
		text = span_slice(text, close + 1, text.size);
	}
}
