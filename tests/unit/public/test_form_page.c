/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page of a form: everything that somebody wrote stands for itself, each field is described to
 * who cannot see it, and what is wrong is said in the page's language.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "public/form_page.h"

#define HOSTILE "</textarea><script>alert(1)</script>\"'><b onx=y>&amp;"

#define BOTH(english, japanese)               \
	{                                     \
		{                             \
			(english), (japanese) \
		}                             \
	}

static const struct form_choice sizes[] = {{"1-9", BOTH("1 to 9", "1〜9名")},
					   {"10+", BOTH("10 or more", "10名以上")}};
static const struct form_field fields[] = {
	{.name = "email",
	 .key = "email",
	 .type = FORM_TYPE_BUSINESS_EMAIL,
	 .required = true,
	 .label = BOTH("E-mail", "メールアドレス"),
	 .hint = BOTH("Your address at work", "勤務先のアドレス"),
	 .autocomplete = "email"},
	{.name = "size",
	 .key = "size",
	 .label = BOTH("Employees", "従業員数"),
	 .hint = BOTH("", ""),
	 .autocomplete = "",
	 .choices = sizes,
	 .choice_count = 2},
	{.name = "topics",
	 .key = "topics",
	 .label = BOTH("Topics", "ご関心"),
	 .hint = BOTH("", ""),
	 .autocomplete = "",
	 .multiple = true,
	 .choices = sizes,
	 .choice_count = 2},
	{.name = "seats",
	 .key = "seats",
	 .type = FORM_TYPE_NUMBER,
	 .label = BOTH("Seats", "席数"),
	 .hint = BOTH("", ""),
	 .autocomplete = "",
	 .has_maximum = true,
	 .maximum = 500},
	{.name = "message",
	 .key = "message",
	 .multiline = true,
	 .label = BOTH("Message", "お問い合わせ内容"),
	 .hint = BOTH("", ""),
	 .autocomplete = "",
	 .max_characters = 4000},
	{.name = "secret", .key = "secret", .hidden = true, .label = BOTH("s", "s")},
};

static struct form form = {
	.name = "contact",
	.title = BOTH("Contact us", "お問い合わせ"),
	.button = BOTH("", ""),
	.thanks = BOTH("", ""),
	.fields = fields,
	.field_count = sizeof(fields) / sizeof(fields[0]),
	.honeypot = "website",
	.css = "",
	.language = -1,
};

static char host[] = "go.example.com";
static struct tracker tracker = {.host = host};

static struct form_page page_of(enum language language, enum form_page_state state)
{
	return (struct form_page){.form = &form,
				  .tracker = &tracker,
				  .css = "",
				  .language = language,
				  .state = state,
				  .view = "signed-view"};
}

static const char *html_of(const struct form_page *page)
{
	static struct buffer html;

	buffer_clear(&html);
	form_page_append(page, &html);
	assert_int_equal(html.error, 0);
	return buffer_text(&html);
}

static void expect(const char *html, const char *piece)
{
	if (!strstr(html, piece))
		fail_msg("no %s in\n%s", piece, html);
}

static void expect_no(const char *html, const char *piece)
{
	if (strstr(html, piece))
		fail_msg("%s in\n%s", piece, html);
}

static void an_empty_form_asks(void **state)
{
	struct form_page page = page_of(LANGUAGE_JA, FORM_PAGE_ASKS);
	const char *html = html_of(&page);

	(void)state;
	expect(html, "<html lang=\"ja\">");
	expect(html, "<title>お問い合わせ</title>");
	expect(html, "<form method=\"post\" action=\"/f/contact\" novalidate>");
	expect(html, "name=\"waymark-signed\" value=\"signed-view\"");
	expect(html, "<label for=\"f0\"><span>メールアドレス</span>");
	expect(html, "<input type=\"email\" id=\"f0\" name=\"email\" autocomplete=\"email\" "
		     "required aria-describedby=\"h0\" value=\"\">");
	expect(html, "<option value=\"10+\">10名以上</option>");
	expect(html, "<input type=\"checkbox\" name=\"topics\" value=\"1-9\">1〜9名");
	expect(html, "inputmode=\"decimal\" id=\"f3\"");
	expect(html, "tabindex=\"-1\" autocomplete=\"off\" name=\"website\"");
	expect(html, "href=\"/f/contact?lang=en\" lang=\"en\"");
	expect_no(html, "secret");
	expect_no(html, "aria-invalid=");
	expect_no(html, "role=\"alert\"");
	expect_no(html, "/privacy/forget");
}

static void what_is_known_is_shown_with_a_way_out(void **state)
{
	struct form_page page = page_of(LANGUAGE_EN, FORM_PAGE_ASKS);
	const char *html;

	(void)state;
	page.known = true;
	page.values[0] = SPAN("a@example.com");
	page.values[1] = SPAN("10+");
	page.values[2] = SPAN("10+;1-9");
	html = html_of(&page);
	expect(html, "value=\"a@example.com\"");
	expect(html, "<option value=\"10+\" selected>");
	expect(html, "value=\"1-9\" checked>");
	expect(html, "value=\"10+\" checked>");
	expect(html, "<form method=\"post\" action=\"/privacy/forget\">");
	expect(html, "name=\"form\" value=\"contact\"");
	expect(html, "Not you?");
}

static void what_was_typed_stands_for_itself(void **state)
{
	struct form_page page = page_of(LANGUAGE_EN, FORM_PAGE_REFUSED);
	const char *html;

	(void)state;
	page.values[0] = page.values[1] = page.values[4] = SPAN(HOSTILE);
	page.reasons[0] = FORM_REASON_NOT_AN_EMAIL;
	html = html_of(&page);
	expect_no(html, "<script");
	expect_no(html, "<b onx");
	expect(html, "value=\"&lt;/textarea&gt;&lt;script&gt;");
	expect(html, ">\n&lt;/textarea&gt;&lt;script&gt;");
}

static void what_is_wrong_is_said_twice(void **state)
{
	struct form_page page = page_of(LANGUAGE_EN, FORM_PAGE_REFUSED);
	const char *html;

	(void)state;
	page.reasons[0] = FORM_REASON_FREE_MAIL;
	page.reasons[1] = FORM_REASON_MISSING;
	page.reasons[2] = FORM_REASON_NOT_A_CHOICE;
	page.reasons[3] = FORM_REASON_TOO_LARGE;
	page.reasons[4] = FORM_REASON_TOO_LONG;
	html = html_of(&page);
	expect(html, "<title>Error: Contact us</title>");
	expect(html, "role=\"alert\" tabindex=\"-1\" autofocus");
	expect(html, "<li><a href=\"#f0\">E-mail: please enter the address that you use at work");
	expect(html, "aria-invalid=\"true\" aria-describedby=\"h0 e0\"");
	expect(html, "<p class=\"wrong\" id=\"e0\">E-mail: please");
	expect(html, "<p class=\"wrong\" id=\"e1\">Employees: please choose one.");
	expect(html, "tabindex=\"-1\" aria-invalid=\"true\" aria-describedby=\"e2\">");
	expect(html, "Seats: please enter 500 or less.");
	expect(html, "shorten it to at most 4000 characters.");
	page.state = FORM_PAGE_ASKS;
	expect_no(html_of(&page), "class=\"wrong\"");
	page = page_of(LANGUAGE_EN, FORM_PAGE_REFUSED);
	page.reasons[5] = FORM_REASON_MISSING;
	html = html_of(&page);
	expect(html, "Please send it once more in a moment.");
	expect_no(html, "<ul>");
}

static void who_sent_it_is_thanked(void **state)
{
	struct form_page page = page_of(LANGUAGE_EN, FORM_PAGE_SENT);
	const char *html = html_of(&page);

	(void)state;
	expect(html, "role=\"status\"");
	expect(html, "What you sent has arrived.");
	expect(html, "<a href=\"/f/contact?lang=en\">");
	expect_no(html, "<form");
	form.thanks = (struct form_text)BOTH("Thanks & bye", "ありがとう");
	expect(html_of(&page), "Thanks &amp; bye");
	page.state = FORM_PAGE_CONFIRM;
	expect(html_of(&page), "We have sent you an e-mail.");
	form.thanks = (struct form_text)BOTH("", "");
}

static void a_kiosk_offers_nothing_and_begins_again(void **state)
{
	struct form_page page = page_of(LANGUAGE_JA, FORM_PAGE_ASKS);
	const char *html;

	(void)state;
	expect_no(html_of(&page), "http-equiv");
	form.kiosk = true;
	html = html_of(&page);
	expect(html, "novalidate autocomplete=\"off\">");
	expect(html, "name=\"email\" autocomplete=\"off\"");
	expect_no(html, "autocomplete=\"email\"");
	expect_no(html, "http-equiv");
	page.state = FORM_PAGE_SENT;
	expect(html_of(&page), "content=\"15; url=/f/contact?lang=ja\"");
	form.kiosk = false;
	expect_no(html_of(&page), "http-equiv");
}

static void a_frame_has_the_form_alone(void **state)
{
	struct form_page page = page_of(LANGUAGE_EN, FORM_PAGE_ASKS);
	const char *html;

	(void)state;
	page.framed = true;
	html = html_of(&page);
	expect(html, "<html lang=\"en\" class=\"framed\">");
	expect_no(html, "<header>");
	expect(html, "target=\"_blank\"");
}

static void what_was_done_has_a_word(void **state)
{
	cleanup_buffer struct buffer address = BUFFER_INIT;

	(void)state;
	assert_int_equal(form_page_done(SPAN("sent")), FORM_PAGE_SENT);
	assert_int_equal(form_page_done(SPAN("forgotten")), FORM_PAGE_FORGOTTEN);
	assert_int_equal(form_page_done(SPAN("confirm")), FORM_PAGE_CONFIRM);
	assert_int_equal(form_page_done(SPAN("refused")), FORM_PAGE_ASKS);
	assert_int_equal(form_page_done((struct span){0}), FORM_PAGE_ASKS);
	form_page_address(&form, FORM_PAGE_SENT, LANGUAGE_JA, &address);
	assert_string_equal(buffer_text(&address), "/f/contact?done=sent&lang=ja");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_form_asks),
		cmocka_unit_test(what_is_known_is_shown_with_a_way_out),
		cmocka_unit_test(what_was_typed_stands_for_itself),
		cmocka_unit_test(what_is_wrong_is_said_twice),
		cmocka_unit_test(who_sent_it_is_thanked),
		cmocka_unit_test(a_kiosk_offers_nothing_and_begins_again),
		cmocka_unit_test(a_frame_has_the_form_alone),
		cmocka_unit_test(what_was_done_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
