/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page /privacy says what the configuration does: each setting that it speaks of changes it,
 * every element that is opened is closed, no value is left out, and nothing that is configured
 * becomes markup.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../track/world.h"
#include "public/privacy_page.h"

static struct world world;

static void make(const char *keys)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
		       "[\"https://www.example.com\", \"https://shop.example.com\"]}]%s%s}",
		       *keys ? ", " : "", keys);
	world_make_with(&world, text);
}

static void render(enum consent consent, enum consent_reason reason, enum language language,
		   enum privacy_done done, struct buffer *html)
{
	struct identity identity = {.consent = consent, .reason = reason};
	struct privacy_page page = {
		.config = world.config,
		.tracker = world.trackers->primary,
		.identity = &identity,
		.language = language,
		.done = done,
	};

	buffer_clear(html);
	privacy_page_append(&page, html);
	assert_int_equal(html->error, 0);
	assert_non_null(buffer_text(html));
}

static bool shows(struct buffer *html, const char *piece)
{
	return strstr(buffer_text(html), piece) != NULL;
}

static bool shows_text(struct buffer *html, enum text_id id, enum language language)
{
	return shows(html, text_get(id, language));
}

static bool is_void(const char *name, size_t size)
{
	static const char *const names[] = {"!doctype", "meta", "input"};

	for (size_t i = 0; i < 3; i++)
		if (strlen(names[i]) == size && memcmp(name, names[i], size) == 0)
			return true;
	return false;
}

/* Elements nest: each end tag is of the element that was opened last. */
static void check_nesting(const char *html)
{
	struct {
		const char *name;
		size_t size;
	} open[64];
	size_t depth = 0;

	for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
		bool is_end = at[1] == '/';
		const char *name = at + 1 + is_end;
		size_t size = strcspn(name, " >");

		if (is_end) {
			assert_true(depth > 0);
			depth--;
			if (open[depth].size != size || memcmp(open[depth].name, name, size) != 0)
				fail_msg("</%.*s> closes <%.*s>", (int)size, name,
					 (int)open[depth].size, open[depth].name);
		} else if (!is_void(name, size)) {
			assert_true(depth < 64);
			open[depth].name = name;
			open[depth++].size = size;
		}
	}
	assert_int_equal(depth, 0);
}

/* Outside of its style the page holds no brace: every value has been put in. */
static void check_values(const char *html)
{
	const char *body = strstr(html, "</style>");

	assert_non_null(body);
	assert_null(strchr(body, '{'));
}

static void it_is_whole_in_every_state(void **state)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;

	(void)state;
	make("\"consent\": {\"hold_click_minutes\": 5, \"dnt\": true}, \"ip\": \"sealed\", "
	     "\"retention_anonymous_days\": 30, \"privacy\": {\"recipients\": [\"A\", \"B\"], "
	     "\"contact\": \"privacy@example.com\", \"policy\": \"https://www.example.com/p\"}");
	for (int language = 0; language < LANGUAGE_COUNT; language++)
		for (int consent = 0; consent < 4; consent++)
			for (int reason = 0; reason <= CONSENT_BY_COUNTRY; reason++)
				for (int done = 0; done <= PRIVACY_FORGOTTEN; done++) {
					if (reason == CONSENT_BY_PROSPECT)
						continue;
					render((enum consent)consent, (enum consent_reason)reason,
					       (enum language)language, (enum privacy_done)done,
					       &html);
					check_nesting(buffer_text(&html));
					check_values(buffer_text(&html));
				}
	world_finish(&world);
}

static void it_says_who_and_to_whom(void **state)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;

	(void)state;
	make("");
	render(CONSENT_PENDING, CONSENT_BY_DEFAULT, LANGUAGE_EN, PRIVACY_NOTHING, &html);
	assert_true(shows(&html, "go.example.com, which www.example.com is answerable for"));
	assert_true(shows(&html, "https://www.example.com, https://shop.example.com"));
	assert_true(shows(&html, "__Host-Http-wm"));
	assert_false(shows_text(&html, TEXT_who_contact, LANGUAGE_EN));
	assert_false(shows_text(&html, TEXT_who_policy, LANGUAGE_EN));
	assert_false(shows(&html, "<ul>"));
	world_finish(&world);

	make("\"privacy\": {\"operator\": \"Example & Co. <K.K.>\", "
	     "\"contact\": \"privacy@example.com\", \"policy\": \"https://www.example.com/p?a&b\", "
	     "\"recipients\": [\"<script>alert(1)</script>\"]}");
	render(CONSENT_PENDING, CONSENT_BY_DEFAULT, LANGUAGE_JA, PRIVACY_NOTHING, &html);
	assert_true(shows(&html, "Example &amp; Co. &lt;K.K.&gt;"));
	assert_true(shows(&html, "<a href=\"mailto:privacy@example.com\">privacy@example.com</a>"));
	assert_true(shows(&html, "<a href=\"https://www.example.com/p?a&amp;b\">"));
	assert_true(shows(&html, "<li>&lt;script&gt;alert(1)&lt;/script&gt;</li>"));
	assert_false(shows(&html, "<script"));
	world_finish(&world);
}

static void each_setting_changes_it(void **state)
{
	static const struct {
		const char *keys;
		enum text_id there;
		int gone; /* -1: none */
	} rows[] = {
		{"\"ip\": \"none\"", TEXT_item_ip_none, TEXT_item_ip_truncated},
		{"\"ip\": \"truncated\"", TEXT_item_ip_truncated, TEXT_item_ip_none},
		{"\"ip\": \"sealed\"", TEXT_item_ip_sealed, TEXT_item_ip_truncated},
		{"\"page_query\": []", TEXT_item_page, -1},
		{"\"consent\": {\"gpc\": false}", TEXT_privacy_foot, TEXT_signal_title},
		{"", TEXT_signal_title, -1},
	};
	cleanup_buffer struct buffer html = BUFFER_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make(rows[i].keys);
		render(CONSENT_PENDING, CONSENT_BY_DEFAULT, LANGUAGE_EN, PRIVACY_NOTHING, &html);
		assert_true(shows_text(&html, rows[i].there, LANGUAGE_EN));
		if (rows[i].gone >= 0)
			assert_false(shows_text(&html, (enum text_id)rows[i].gone, LANGUAGE_EN));
		world_finish(&world);
	}
}

static void it_tells_of_the_way_to_another_tracker(void **state)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;

	(void)state;
	make("");
	render(CONSENT_PENDING, CONSENT_BY_DEFAULT, LANGUAGE_EN, PRIVACY_NOTHING, &html);
	assert_false(shows(&html, "works once"));
	world_finish(&world);
	world_make_with(&world,
			"{\"trackers\": [{\"url\": \"https://go.example.com\", \"primary\": true, "
			"\"sites\": [\"https://www.example.com\"]}, "
			"{\"url\": \"https://go.example.net\", "
			"\"sites\": [\"https://www.example.net\"]}]}");
	for (int language = 0; language < LANGUAGE_COUNT; language++) {
		render(CONSENT_PENDING, CONSENT_BY_DEFAULT, (enum language)language,
		       PRIVACY_NOTHING, &html);
		check_nesting(buffer_text(&html));
		check_values(buffer_text(&html));
		assert_false(shows(&html, "example.net"));
	}
	render(CONSENT_PENDING, CONSENT_BY_DEFAULT, LANGUAGE_EN, PRIVACY_NOTHING, &html);
	assert_true(shows(&html, "“Recognise me”, chosen or in force here and there"));
	world_finish(&world);
}

static void it_says_for_how_long(void **state)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;

	(void)state;
	make("\"retention_days\": 77, \"retention_anonymous_days\": 33, "
	     "\"consent\": {\"hold_click_minutes\": 11}");
	render(CONSENT_PENDING, CONSENT_BY_DEFAULT, LANGUAGE_EN, PRIVACY_NOTHING, &html);
	assert_true(shows(&html, "removed after 77 days"));
	assert_true(shows(&html, "after 33 days already"));
	assert_true(shows(&html, "at most 395 days"));
	assert_true(shows(&html, "waits for 11 minutes"));
	world_finish(&world);
	make("\"retention_anonymous_days\": 500");
	render(CONSENT_PENDING, CONSENT_BY_DEFAULT, LANGUAGE_EN, PRIVACY_NOTHING, &html);
	assert_true(shows(&html, "removed after 400 days"));
	assert_false(shows(&html, "already."));
	assert_false(shows(&html, "minutes"));
	world_finish(&world);
}

static void only_a_choice_is_marked_as_chosen(void **state)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;

	(void)state;
	make("");
	for (int consent = CONSENT_DENIED; consent <= CONSENT_IDENTIFY; consent++) {
		char option[128];

		(void)snprintf(option, sizeof(option),
			       "value=\"%s\" required "
			       "aria-describedby=\"what-%s\" checked>",
			       consent_text((enum consent)consent),
			       consent_text((enum consent)consent));
		render((enum consent)consent, CONSENT_BY_COOKIE, LANGUAGE_EN, PRIVACY_NOTHING,
		       &html);
		assert_true(shows(&html, option));
		render((enum consent)consent, CONSENT_BY_DEFAULT, LANGUAGE_EN, PRIVACY_NOTHING,
		       &html);
		assert_false(shows(&html, "checked>"));
	}
	world_finish(&world);
}

static void what_was_done_is_a_word_of_the_address(void **state)
{
	(void)state;
	assert_null(privacy_done_text(PRIVACY_NOTHING));
	for (enum privacy_done done = PRIVACY_CHOSEN; done <= PRIVACY_FORGOTTEN; done++)
		assert_int_equal(privacy_done_find(span_text(privacy_done_text(done))), done);
	assert_int_equal(privacy_done_find(SPAN("<script>")), PRIVACY_NOTHING);
	assert_int_equal(privacy_done_find(span_of(NULL, 0)), PRIVACY_NOTHING);
}

static void a_refusal_is_whole(void **state)
{
	(void)state;
	for (int language = 0; language < LANGUAGE_COUNT; language++) {
		cleanup_buffer struct buffer html = BUFFER_INIT;

		privacy_refusal_append(TEXT_refused_origin, (enum language)language, &html);
		check_nesting(buffer_text(&html));
		check_values(buffer_text(&html));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_whole_in_every_state),
		cmocka_unit_test(it_says_who_and_to_whom),
		cmocka_unit_test(each_setting_changes_it),
		cmocka_unit_test(it_tells_of_the_way_to_another_tracker),
		cmocka_unit_test(it_says_for_how_long),
		cmocka_unit_test(only_a_choice_is_marked_as_chosen),
		cmocka_unit_test(what_was_done_is_a_word_of_the_address),
		cmocka_unit_test(a_refusal_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
