/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The linter: which message makes it say which codes, in order. Each rule has a message that
 * breaks it beside one that does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "track/mail_lint.h"
#include "world.h"

#define LINK(url, text) "<a href=\"" url "\">" text "</a>\n"
#define GOOD		LINK("https://www.example.com/a", "Read more")
#define HEAD		"From: a@example.com\nMIME-Version: 1.0\n"
#define BOTH(text, html)                                                  \
	HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\n"   \
	     "Content-Type: text/plain; charset=utf-8\n\n" text "\n--b\n" \
	     "Content-Type: text/html; charset=utf-8\n\n" html "\n--b--\n"

static struct world world;
static struct prospect_id ann;

static int set_up(void **state)
{
	(void)state;
	world_make(&world);
	assert_int_equal(id_of_address(world.keyring, SPAN("ann@example.com"), &ann), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_finish(&world);
	return 0;
}

static struct mail_lint_options for_anybody(void)
{
	return (struct mail_lint_options){
		.rewrite =
			{
				.trackers = world.trackers,
				.tracker = world.trackers->primary,
				.keyring = world.keyring,
				.mailing = SPAN("2026-11"),
			},
	};
}

static struct mail_lint *lint_with(struct span message, const struct mail_lint_options *options)
{
	struct mail_lint *lint = NULL;
	struct error error = {""};

	if (mail_lint_new(message, options, &lint, &error) != 0)
		fail_msg("%s", error.text);
	return lint;
}

/* The codes of what it found, with spaces between them. */
static void expect_with(const char *message, const struct mail_lint_options *options,
			const char *wanted)
{
	cleanup_buffer struct buffer codes = BUFFER_INIT;
	struct mail_lint *lint = lint_with(span_text(message), options);
	size_t count;
	const struct mail_finding *findings = mail_lint_findings(lint, &count);

	for (size_t i = 0; i < count; i++)
		buffer_printf(&codes, "%s%s", i ? " " : "", mail_lint_name(findings[i].code));
	assert_string_equal(buffer_text(&codes), wanted);
	assert_int_equal(mail_lint_count(lint, MAIL_LINT_ERROR) +
				 mail_lint_count(lint, MAIL_LINT_WARNING),
			 count);
	mail_lint_free(lint);
}

static void expect(const char *message, const char *wanted)
{
	struct mail_lint_options options = for_anybody();

	expect_with(message, &options, wanted);
}

static void test_addresses(void **state)
{
	(void)state;
	expect(GOOD, "");
	expect(LINK("http://www.example.com/", "x"), "http");
	expect(LINK("http://localhost:8090/", "x") LINK("http://192.0.2.1/", "y"), "");
	expect(LINK("www.example.com/", "x"), "no-scheme");
	expect(LINK("//www.example.com/", "x"), "no-scheme");
	expect(LINK("/page", "x"), "no-scheme");
	expect(LINK("", "x"), "empty-link");
	expect(LINK("#", "x") LINK("#top", "y"), "empty-link");
	expect(LINK("https://exa mple.com/", "x"), "invalid-link");
	expect(LINK("mailto:a@example.com", "x") LINK("tel:+81", "y"), "");
	expect(LINK("https://www.example.com/?m=a@example.com", "x"), "address-in-link");
	expect("<a data-notrack href=\"www.example.com\">x</a>", "no-scheme");
	expect("<a data-notrack href=\"https://www.example.com\">x</a>", "");
	expect("<a data-track=\"a@example.com\" href=\"https://www.example.com\">x</a>",
	       "not-tracked");
}

static void test_texts_that_name_a_domain(void **state)
{
	(void)state;
	expect(LINK("https://www.example.com/x", "https://shop.example.com/y"), "");
	expect(LINK("https://partner.example.net/", "https://partner.example.net/"),
	       "text-of-another-domain");
	expect(LINK("https://partner.example.net/", "see <b>www.</b>example.net for more"),
	       "text-of-another-domain");
	expect(LINK("https://www.example.com/", "https://www.example.org/login"), "text-misleads");
	expect(LINK("https://www.example.com/", "(www.example.org)"), "text-misleads");
	expect(LINK("https://www.example.com/", "example.org"), "text-misleads");
	expect(LINK("https://www.example.com/", "Node.js") LINK("https://www.example.com/", "1.5"),
	       "");
	expect(LINK("https://www.example.com/", "about example.org"), "");
	expect(LINK("https://www.example.com/", "a@example.org"), "");
	expect("<a data-notrack href=\"https://example.net/\">https://example.net/</a>", "");
}

static void test_links_of_images(void **state)
{
	(void)state;
	expect(LINK("https://www.example.com/", "<img src=\"a.png\">"), "link-without-text");
	expect(LINK("https://www.example.com/", "<img src=\"a.png\" alt=\"\">"),
	       "link-without-text");
	expect(LINK("https://www.example.com/", "<img src=\"a.png\" alt=\"Shop\">"), "");
	expect(LINK("https://www.example.com/", "<img src=\"a.png\"> Shop"), "");
}

static void test_merge_tags(void **state)
{
	static const char *const names[] = {"id", "name"};
	bool used[2];
	struct merge_columns columns = {.names = names, .used = used, .count = 2};
	struct span values[] = {SPAN("1"), SPAN("Ann")};
	struct mail_recipient recipient = {.values = values};
	struct mail_lint_options field = for_anybody(), merged = for_anybody(),
				 page = for_anybody();

	(void)state;
	field.rewrite.field = SPAN("*|WAYMARK|*");
	merged.rewrite.merge = &columns;
	merged.recipient = &recipient;
	page.rewrite.unsubscribe = true;
	expect(LINK("https://www.example.com/?q={{id}}", "x"), "merge-tag");
	expect(LINK("*|UNSUB|*", "x"), "merge-tag");
	expect_with(LINK("https://www.example.com/?q=*|ID|*", "x"), &field, "not-tracked");
	expect_with(LINK("https://www.example.com/?q={{id}}", "x"), &merged, "");
	expect_with(LINK("*|UNSUB|*", "x") "Dear *|FNAME|*,", &merged,
		    "merge-tag merge-tag-in-text");
	expect_with(LINK("*|UNSUB|*", "x"), &field, "");
	expect("<p>Dear *|FNAME|*,", "merge-tag-in-text");
	expect("<p>Dear {{ .Subscriber.Name }},", "merge-tag-in-text");
	expect("<p>Dear %%First Name%%, 100%% of 5%%", "merge-tag-in-text");
	expect("<p>Dear <b>${name}</b> and [[data:name]]", "merge-tag-in-text merge-tag-in-text");
	expect("<p>{{}} ${1} {name} [name] %% 50%%", "");
	expect("<style>a{{x}}</style><!-- {{x}} -->", "");
	expect_with("<p>Dear *|FNAME|*,", &field, "");
	expect_with("<p>Dear {{name}},", &merged, "");
	expect(LINK("{{unsubscribe}}", "x"), "merge-tag");
	expect_with(LINK("{{unsubscribe}}", "x") "or {{unsubscribe}}", &page, "");
	expect(HEAD "Subject: =?utf-8?B?e3tuYW1lfX0=?=\nContent-Type: text/plain\n\nx\n",
	       "merge-tag-in-text");
	expect(HEAD "Subject: Hello {{name}}\nContent-Type: text/plain\n\nx\n",
	       "merge-tag-in-text");
	expect("Go to https://www.example.com/?q={{id}} now", "merge-tag");
}

static void tracked_for(const struct prospect_id *prospect, const char *url, struct buffer *to)
{
	struct token token = {.prospect = *prospect};
	char text[TOKEN_MAX_CHARS + 1];

	id_of_link(world.keyring, SPAN("2026-11"), SPAN("website"), (struct span){0},
		   span_text(url), &token.link);
	assert_int_equal(token_mint(world.keyring, PURPOSE_CLICK, 0, &token, text), 0);
	buffer_printf(to, "<a href=\"https://go.example.com/c/%s\">x</a>", text);
}

static int find(void *context, const struct link_id *id, struct buffer *to)
{
	(void)id;
	buffer_append_text(to, context ? context : "");
	return context ? 0 : 1;
}

static void test_our_own_links(void **state)
{
	struct mail_lint_options options = for_anybody(), for_ann = for_anybody();
	cleanup_buffer struct buffer mail = BUFFER_INIT;
	static char destination[] = "http://www.example.com/x";

	(void)state;
	for_ann.rewrite.has_prospect = true;
	for_ann.rewrite.prospect = ann;
	tracked_for(&ann, "https://www.example.com/", &mail);
	expect_with(buffer_text(&mail), &options, "link-of-another");
	expect_with(buffer_text(&mail), &for_ann, "");
	for_ann.find = find;
	expect_with(buffer_text(&mail), &for_ann, "not-registered");
	for_ann.context = destination;
	expect_with(buffer_text(&mail), &for_ann, "http");
	expect(LINK("https://go.example.com/c/AAAA", "x"), "not-our-token");
	expect(LINK("https://go.example.com/privacy", "x"), "");
	expect(LINK("https://go.example.com/s/*|WAYMARK_S|*", "x"), "");
}

static void test_lines_and_size(void **state)
{
	cleanup_buffer struct buffer mail = BUFFER_INIT, html = BUFFER_INIT;
	struct mail_lint_options options = for_anybody();
	struct mail_lint *lint;

	(void)state;
	buffer_append_text(&mail, HEAD "Content-Type: text/plain\n\n");
	for (int i = 0; i < 998; i++)
		buffer_append_byte(&mail, 'a');
	buffer_append_text(&mail, "\r\n");
	expect(buffer_text(&mail), "");
	for (int i = 0; i < 999; i++)
		buffer_append_byte(&mail, 'a');
	expect(buffer_text(&mail), "long-line");
	expect(strstr(buffer_text(&mail), "aaa"), "long-line-ahead");
	options.rewrite.field = SPAN("*|WAYMARK|*");
	expect_with(strstr(buffer_text(&mail), "aaa"), &options, "");
	options = for_anybody();
	while (html.size < 100 << 10)
		buffer_append_text(&html, "<p>more words</p>\n");
	buffer_append_text(&html, GOOD);
	expect(buffer_text(&html), "too-large");
	lint = lint_with(buffer_span(&html), &options);
	assert_int_equal(mail_lint_sizes(lint).html_bytes, mail_lint_sizes(lint).message_bytes);
	assert_true(mail_lint_sizes(lint).html_bytes > html.size);
	mail_lint_free(lint);
}

static void test_parts(void **state)
{
	(void)state;
	expect(HEAD "Content-Type: text/html\n\n" GOOD, "no-text-part");
	expect(HEAD "Content-Type: text/plain\n\nhttps://www.example.com/a\n", "");
	expect(HEAD "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n"
		    "PGEgaHJlZj0iaHR0cDovL2EuZXhhbXBsZS8iPng8L2E+\n-- \nfooter\n",
	       "not-tracked");
	expect(BOTH("Read more: https://www.example.com/a", GOOD), "");
	expect(BOTH("Read more: https://www.example.com/b", GOOD), "only-in-html only-in-text");
	expect(BOTH("Read more", GOOD GOOD), "only-in-html");
	expect(BOTH("This program shows no HTML, so please find another one that does it better.",
		    "<p>Autumn is here and our new coats are made of wool from the north"),
	       "parts-differ");
	expect(BOTH("Autumn is here and our new coats are made of wool from the north.",
		    "<p>Autumn is <b>here</b>, and our new coats are made of wool from the north!"),
	       "");
	expect(BOTH("\xE7\xA7\x8B\xE3\x81\xAE\xE6\x96\xB0\xE4\xBD\x9C\xE3\x82\xB3\xE3\x83\xBC\xE3"
		    "\x83\x88\xE3\x82\x92\xE3\x81\x94\xE7\xB4\xB9\xE4\xBB\x8B",
		    "<p>\xE7\xA7\x8B\xE3\x81\xAE\xE6\x96\xB0\xE4\xBD\x9C\xE3\x82\xB3<b>\xE3\x83\xBC"
		    "\xE3\x83\x88</b>\xE3\x82\x92\xE3\x81\x94\xE7\xB4\xB9\xE4\xBB\x8B"),
	       "");
}

static void test_a_report(void **state)
{
	struct mail_lint_options options = for_anybody();
	/* ISO-2022-JP: the anchor's text is two kana, whose bytes are those of ASCII. */
	static const char mail[] =
		HEAD "Content-Type: text/html; charset=iso-2022-jp\n\n\n"
		     "<a href=\"http://a.example/?a&amp;b\">\x1B$B$\"$$\x1B(B</a>\n";
	struct mail_lint *lint = lint_with(span_text(mail), &options);
	const struct mail_finding *findings;
	const struct rewrite_link *links;
	size_t count;

	(void)state;
	links = mail_lint_links(lint, &count);
	assert_int_equal(count, 1);
	assert_int_equal(links[0].outcome, REWRITE_TRACKED);
	assert_true(span_equal(links[0].original, SPAN("http://a.example/?a&amp;b")));
	assert_true(span_equal(links[0].destination, SPAN("http://a.example/?a&b")));
	assert_true(span_starts(links[0].tracked, SPAN("https://go.example.com/c/")));
	assert_true(span_equal(mail_lint_anchor(lint, 0), SPAN("\xE3\x81\x82\xE3\x81\x84")));
	findings = mail_lint_findings(lint, &count);
	assert_int_equal(count, 2);
	assert_int_equal(findings[0].line, 6);
	assert_int_equal(findings[0].link, 0);
	assert_true(span_equal(findings[0].part, SPAN("1")));
	assert_int_equal(mail_lint_level_of(findings[0].code), MAIL_LINT_WARNING);
	mail_lint_free(lint);
}

static void test_names_are_in_order(void **state)
{
	(void)state;
	for (size_t i = 1; i < MAIL_LINT_CODES; i++)
		assert_true(strcmp(mail_lint_name(i - 1), mail_lint_name(i)) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_texts_that_name_a_domain),
		cmocka_unit_test(test_links_of_images),
		cmocka_unit_test(test_merge_tags),
		cmocka_unit_test(test_our_own_links),
		cmocka_unit_test(test_lines_and_size),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_a_report),
		cmocka_unit_test(test_names_are_in_order),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
