/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every text is there in both languages and names the same values in both; what is put into them is
 * escaped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "public/texts.h"

static const char *const ids[] = {
#define TEXT(id, ...) #id,
#include "public/texts_table.h"
#undef TEXT
};

/* The next "{name}" of @text from @at on. */
static bool next_name(struct span text, size_t *at, struct span *ret_name)
{
	size_t open = span_find(text, '{', *at), close = span_find(text, '}', open);

	if (close == text.size)
		return false;
	*ret_name = span_slice(text, open, close + 1 - open);
	*at = close + 1;
	return true;
}

static bool holds(struct span text, struct span piece)
{
	return memmem(text.data, text.size, piece.data, piece.size) != NULL;
}

static void every_text_is_there_in_both_languages(void **state)
{
	(void)state;
	for (int id = 0; id < TEXT_COUNT; id++)
		for (int language = 0; language < LANGUAGE_COUNT; language++) {
			const char *text = text_get((enum text_id)id, (enum language)language);
			struct span span = span_text(text);

			if (!text || !*text || !utf8_valid(span))
				fail_msg("%s lacks its text in language %d", ids[id], language);
			/* Only mails have lines of their own. */
			if (strchr(text, '<') ||
			    (strchr(text, '\n') && strncmp(ids[id], "mail_", 5) != 0))
				fail_msg("%s holds what is no text", ids[id]);
		}
}

static void both_languages_name_the_same_values(void **state)
{
	(void)state;
	for (int id = 0; id < TEXT_COUNT; id++)
		for (int language = 0; language < LANGUAGE_COUNT; language++) {
			struct span text, other, name;
			size_t at = 0;

			text = span_text(text_get((enum text_id)id, (enum language)language));
			other = span_text(text_get((enum text_id)id, (enum language) !language));
			while (next_name(text, &at, &name))
				if (!holds(other, name))
					fail_msg("%s: %.*s is in one language only", ids[id],
						 (int)name.size, (const char *)name.data);
		}
}

static void the_japanese_is_japanese(void **state)
{
	(void)state;
	for (int id = 0; id < TEXT_COUNT; id++) {
		const char *english = text_get((enum text_id)id, LANGUAGE_EN);
		const char *japanese = text_get((enum text_id)id, LANGUAGE_JA);
		bool has_kana_or_kanji = false;

		for (const char *at = japanese; *at; at++)
			has_kana_or_kanji |= (uint8_t)*at >= 0xE3 && (uint8_t)*at <= 0xE9;
		assert_string_not_equal(english, japanese);
		if (!has_kana_or_kanji && id != TEXT_language_other)
			fail_msg("%s is not Japanese", ids[id]);
	}
}

static void values_are_put_in_and_escaped(void **state)
{
	static const struct text_value values[] = {{"state", "<b>"},
						   {"host", "a&b"},
						   {"operator", "\"Q\""},
						   {NULL, NULL}};
	cleanup_buffer struct buffer text = BUFFER_INIT;

	(void)state;
	text_append(&text, TEXT_choice_now, LANGUAGE_EN, values);
	assert_string_equal(buffer_text(&text), "In force for this browser: &lt;b&gt;.");
	buffer_clear(&text);
	text_append(&text, TEXT_who_operator, LANGUAGE_EN, values);
	assert_string_equal(buffer_text(&text), "All of it is sent to a&amp;b, which &quot;Q&quot; "
						"is answerable for.");
	buffer_clear(&text);
	text_append(&text, TEXT_choice_now, LANGUAGE_EN, NULL);
	assert_string_equal(buffer_text(&text), "In force for this browser: {state}.");
}

static void a_language_is_found_by_its_tag(void **state)
{
	(void)state;
	assert_int_equal(language_find(SPAN("en")), LANGUAGE_EN);
	assert_int_equal(language_find(SPAN("ja")), LANGUAGE_JA);
	assert_int_equal(language_find(SPAN("de")), LANGUAGE_COUNT);
	assert_int_equal(language_find(span_of(NULL, 0)), LANGUAGE_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_text_is_there_in_both_languages),
		cmocka_unit_test(both_languages_name_the_same_values),
		cmocka_unit_test(the_japanese_is_japanese),
		cmocka_unit_test(values_are_put_in_and_escaped),
		cmocka_unit_test(a_language_is_found_by_its_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
