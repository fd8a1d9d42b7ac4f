/* SPDX-License-Identifier: Apache-2.0 */
/* Which hrefs are found, and what is said about each. Values in one string, with '|' between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/html_links.h"

enum { LINKS_MAX = 64 };

struct found {
	struct span document;
	struct html_link links[LINKS_MAX];
	size_t count;
	int answer; /* of the callback */
};

static int keep(void *context, const struct html_link *link)
{
	struct found *found = context;

	assert_true(found->count < LINKS_MAX);
	found->links[found->count++] = *link;
	return found->answer;
}

static void find(struct found *found, struct span document)
{
	*found = (struct found){.document = document};
	assert_int_equal(html_links_find(document, keep, found), 0);
}

static void expect(const char *document, const char *values)
{
	struct buffer joined = BUFFER_INIT;
	struct found found;

	find(&found, span_text(document));
	for (size_t i = 0; i < found.count; i++) {
		if (i > 0)
			buffer_append_byte(&joined, '|');
		buffer_append_span(&joined, found.links[i].value);
	}
	if (strcmp(buffer_text(&joined), values) != 0)
		fail_msg("%s: %s, not %s", document, buffer_text(&joined), values);
	buffer_finish(&joined);
}

struct document {
	const char *document, *values;
};

static void expect_all(const struct document *documents, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(documents[i].document, documents[i].values);
}

#define EXPECT_ALL(documents) expect_all(documents, sizeof(documents) / sizeof((documents)[0]))

static void attributes(void **state)
{
	static const struct document documents[] = {
		{"<a href=\"u\">", "u"},
		{"<a href='u'>", "u"},
		{"<a href=u>", "u"},
		{"<A HREF=u>", "u"},
		{"<a\n\thref\n=\f'u\nv'\n>", "u\nv"},
		{"<a href=u/>", "u/"},
		{"<a href=\"u\"/>", "u"},
		{"<a/href=u>", "u"},
		{"<a href=u href=v>", "u"},
		{"<a href href=v>", ""},
		{"<a href>", ""},
		{"<a href=>", ""},
		{"<a href=\"u\"class=x>", "u"},
		{"<a class=\"x\"href=u>", "u"},
		{"<a =href=u>", ""},
		{"<a = href=u>", "u"},
		{"<a title='>' href=u>", "u"},
		{"<a href=u'\"<=`>", "u'\"<=`"},
		{"<a data-href=u>", ""},
		{"<a xlink:href=u>", ""},
		{"<a href=\"u", ""},
		{"<a href=u", ""},
		{"<a href=u\"v>", "u\"v"},
		{"<area href=u>", "u"},
		{"<link href=u><base href=v><abbr href=w>", ""},
		{"\xEF\xBB\xBF<a href=u>", "u"},
		{"", ""},
	};

	(void)state;
	EXPECT_ALL(documents);
	expect("<a =href=u><a href=v>", "v");
}

static void markup_that_is_none(void **state)
{
	static const struct document documents[] = {
		{"< a href=u><a href=v>", "v"},
		{"<<a href=u>", "u"},
		{"</ <a href=u>><a href=v>", "v"},
		{"</><a href=u>", "u"},
		{"<?a <a href=u>><a href=v>", "v"},
		{"<!a <a href=u>><a href=v>", "v"},
		{"<!--<a href=u>--><a href=v>", "v"},
		{"<!--><a href=u>-->", "u"},
		{"<!---><a href=u>-->", "u"},
		{"<!----><a href=u>", "u"},
		{"<!--x--!><a href=u>", "u"},
		{"<!--x--!-><a href=u>--><a href=v>", "v"},
		{"<!--x- -><a href=u>--><a href=v>", "v"},
		{"<!--x<!--><a href=u>", "u"},
		{"<!-- <a href=u>", ""},
		{"<!doctype html \"<a href=u>\"><a href=v>", "v"},
		{"<![CDATA[<a href=u>]]><a href=v>", "v"},
		{"</a href=u><a href=v>", "v"},
	};

	(void)state;
	EXPECT_ALL(documents);
}

static void raw_text(void **state)
{
	static const struct document documents[] = {
		{"<title><a href=u></title><a href=v>", "v"},
		{"<title></titles><a href=u></TITLE\n><a href=v>", "v"},
		{"<textarea><!--</textarea><a href=v>", "v"},
		{"<style><a href=u></style/><a href=v>", "v"},
		{"<xmp><a href=u></xmp><a href=v>", "v"},
		{"<iframe><a href=u></iframe><a href=v>", "v"},
		{"<noembed><a href=u></noembed><a href=v>", "v"},
		{"<noframes><a href=u></noframes><a href=v>", "v"},
		{"<noscript><a href=u></noscript><a href=v>", "u|v"},
		{"<plaintext><a href=u></plaintext><a href=v>", ""},
		{"<script><a href=u></script><a href=v>", "v"},
		{"<script><!--<script></script><a href=u>--></script><a href=v>", "v"},
		{"<script><!--<script></script></script><a href=v>", "v"},
		{"<script><!--</script><a href=v>", "v"},
		{"<script><!--><script></script><a href=v>", "v"},
		{"<script><!--<scripts></script><a href=v>", "v"},
		{"<title><a href=u>", ""},
	};

	(void)state;
	EXPECT_ALL(documents);
}

static void foreign_content(void **state)
{
	static const struct document documents[] = {
		{"<svg><a href=u></a></svg>", "u"},
		{"<svg><style><a href=u></style>", "u"},
		{"<svg><title><style><a href=u></style><a href=v>", "v"},
		{"<svg><title><title></title><iframe><a href=u>", ""},
		{"<svg><p><style><a href=u></style><a href=v>", "v"},
		{"<svg></p><style><a href=u></style><a href=v>", "v"},
		{"<svg/><style><a href=u></style><a href=v>", "v"},
		{"<div><svg></div><style><a href=u></style><a href=v>", "v"},
		{"<b><svg></b><style><a href=u></style><a href=v>", "v"},
		{"<svg><font><style><a href=u></style>", "u"},
		{"<svg><font size=1><style><a href=u></style><a href=v>", "v"},
		{"<svg><![CDATA[<a href=u>]]><a href=v>", "v"},
		{"<svg><![CDATA[x]]]><a href=v>", "v"},
		{"<math><mi><style><a href=u></style><a href=v>", "v"},
		{"<math><mglyph><style><a href=u></style>", "u"},
		{"<math><annotation-xml><style><a href=u></style>", "u"},
		{"<math><annotation-xml encoding=Text/HTML><style><a href=u></style><a href=v>",
		 "v"},
	};

	(void)state;
	EXPECT_ALL(documents);
}

static void dropped_elements(void **state)
{
	static const struct document documents[] = {
		{"<select><a href=u></select><a href=v>", "v"},
		{"<select><input><a href=v>", "v"},
		{"<select><title><a href=u></select><a href=v>", "v"},
		{"<table><td><select><tr><a href=v>", "v"},
		{"<table><a href=u><tr><a href=v><td><a href=w>", "u|v|w"},
		{"<template><a href=u></template><a href=v>", "u|v"},
		{"<template><col><a href=u></template><a href=v>", "v"},
		{"<table><colgroup><a href=v>", "v"},
		{"<frameset><a href=u></frameset><a href=v>", ""},
		{"<p><a href=u><frameset>", ""},
		{"<p><a href=u>x<frameset>", "u"},
		{"<body><a href=u><frameset>", "u"},
		{"</body></html><a href=v>", "v"},
		{"<head><template><a href=u></template><p><frameset>", "u"},
		{"<a href=u><a href=v><p></a><a href=w>", "u|v|w"},
	};

	(void)state;
	EXPECT_ALL(documents);
}

static void places(void **state)
{
	struct found found;

	(void)state;
	find(&found, SPAN("<a href=u><!--[if mso]><v:rect href=v><a href=w><b href=x><![endif]-->"
			  "<v:rect href=y><!-- [IF !mso]> <a href=z>--><!--if><a href=1>-->"
			  "<!--[if mso]><!-- <a href=2> --><a href=3>"));
	assert_int_equal(found.count, 5);
	assert_int_equal(found.links[0].place, HTML_BODY);
	assert_int_equal(found.links[1].place, HTML_VML);
	assert_true(span_equal(found.links[1].value, SPAN("v")));
	assert_int_equal(found.links[2].place, HTML_CONDITIONAL_COMMENT);
	assert_true(span_equal(found.links[3].value, SPAN("z")));
	assert_true(span_equal(found.links[4].value, SPAN("3")));
	assert_int_equal(found.links[4].place, HTML_BODY);
	expect("<!--[if mso]><title><a href=u></title><a href=v>", "v");
	expect("<!--[if !mso]><!--><a href=u><!--<![endif]-->", "u");
	expect("<![if !mso]><a href=u><![endif]>", "u");
}

/* "1" for each link under data-notrack, "0" for the others. */
static void expect_notrack(const char *document, const char *expected)
{
	char flags[LINKS_MAX + 1] = "";
	struct found found;

	find(&found, span_text(document));
	for (size_t i = 0; i < found.count; i++)
		flags[i] = found.links[i].notrack ? '1' : '0';
	assert_string_equal(flags, expected);
}

static void notrack(void **state)
{
	(void)state;
	expect_notrack("<a href=u data-notrack><a href=v DATA-NOTRACK=''><a href=w>", "110");
	expect_notrack("<div data-notrack><p><a href=u></div><a href=v>", "10");
	expect_notrack("<div data-notrack><div></div><a href=u></div><a href=v>", "10");
	expect_notrack("<p data-notrack><a href=u><p><a href=v>", "10");
	expect_notrack("<br data-notrack><a href=u>", "0");
	expect_notrack("<table data-notrack><tr><td><a href=u></table><a href=v>", "10");
	expect_notrack("<b data-notrack><p><a href=u></b><a href=v></p><a href=w>", "100");
	expect_notrack("<body><a href=u><body data-notrack><a href=v>", "01");
	expect_notrack("<div data-notrack><!--[if mso]><a href=u><![endif]--></div>"
		       "<!--[if mso]><p data-notrack><a href=v><![endif]--><a href=w>",
		       "110");
	expect_notrack("<svg><g data-notrack><a href=u></g><a href=v>", "10");
}

static struct span content_of(const struct found *found, size_t index)
{
	const struct html_link *link = &found->links[index];

	return span_slice(found->document, link->text_start, link->text_end - link->text_start);
}

static void details(void **state)
{
	struct found found;

	(void)state;
	find(&found, SPAN("x\r\n\n<p><a data-track='one' href=\"u\">ab<b>c</b></a>\n"
			  "<a\nhref='&amp;'>d<area href=v><!--[if mso]><a href=w>e</a><![endif]-->"
			  "<a href=x>f</a><a href=y>open"));
	assert_int_equal(found.count, 6);
	assert_int_equal(found.links[0].line, 3);
	assert_int_equal(found.links[1].line, 5);
	assert_int_equal(found.links[0].tag_start, 7);
	assert_int_equal(found.links[0].quote, '"');
	assert_int_equal(found.links[1].quote, '\'');
	assert_int_equal(found.links[2].quote, 0);
	assert_true(span_equal(found.links[0].label, SPAN("one")));
	assert_int_equal(found.links[0].label_quote, '\'');
	assert_null(found.links[1].label.data);
	assert_false(found.links[0].has_reference);
	assert_true(found.links[1].has_reference);
	assert_true(span_equal(content_of(&found, 0), SPAN("ab<b>c</b>")));
	assert_true(span_starts(content_of(&found, 1), SPAN("d<area")));
	assert_int_equal(content_of(&found, 2).size, 0);
	assert_true(span_equal(content_of(&found, 3), SPAN("e")));
	assert_true(span_equal(content_of(&found, 4), SPAN("f")));
	assert_int_equal(content_of(&found, 5).size, 0);
}

static void many_links_in_one_anchor(void **state)
{
	struct buffer document = BUFFER_INIT;
	struct found found;

	(void)state;
	buffer_append_text(&document, "<a href=u>");
	for (int i = 0; i < 40; i++)
		buffer_append_text(&document, "<area href=v>");
	buffer_append_text(&document, "</a>");
	find(&found, buffer_span(&document));
	assert_int_equal(found.count, 41);
	assert_true(span_equal(found.links[0].value, SPAN("u")));
	assert_int_equal(content_of(&found, 0).size, 0);
	buffer_finish(&document);
}

static void callback_ends_the_walk(void **state)
{
	struct found found = {.answer = -7};

	(void)state;
	assert_int_equal(html_links_find(SPAN("<a href=u><a href=v>"), keep, &found), -7);
	assert_int_equal(found.count, 1);
	found = (struct found){.answer = 1};
	assert_int_equal(html_links_find(SPAN("<a href=u><a href=v>"), keep, &found), 0);
	assert_int_equal(found.count, 2);
}

/* Past the depth that is kept, links are still found and end tags still match. */
static void deep_nesting(void **state)
{
	struct buffer document = BUFFER_INIT;
	struct found found;

	(void)state;
	for (int i = 0; i < 5000; i++)
		buffer_append_text(&document, i % 2 ? "<div>" : "<b><table><td><template>");
	buffer_append_text(&document, "<a href=u>");
	find(&found, buffer_span(&document));
	assert_int_equal(found.count, 1);
	buffer_finish(&document);
}

static void expect_charset(const char *document, const char *label)
{
	struct span found = html_meta_charset(span_text(document));

	if (!label)
		assert_null(found.data);
	else
		assert_true(span_equal(found, span_text(label)));
}

static void meta_charset(void **state)
{
	struct buffer late = BUFFER_INIT;

	(void)state;
	expect_charset("<meta charset=Shift_JIS>", "Shift_JIS");
	expect_charset("<META CHARSET = ' utf-8 '>", "utf-8");
	expect_charset("<meta content='text/html; charset=euc-jp' http-equiv=Content-Type>",
		       "euc-jp");
	expect_charset("<meta http-equiv=content-type content='text/html;charset = \"big5\"'>",
		       "big5");
	expect_charset("<meta content='text/html; charset=euc-jp'>", NULL);
	expect_charset("<!-- <meta charset=a> --><meta charset=b>", "b");
	expect_charset("<meta charset=utf-16le>", "utf-8");
	expect_charset("<p charset=x>", NULL);
	expect_charset("", NULL);
	for (int i = 0; i < 1024; i++)
		buffer_append_byte(&late, ' ');
	buffer_append_text(&late, "<meta charset=x>");
	assert_null(html_meta_charset(buffer_span(&late)).data);
	buffer_finish(&late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes),
		cmocka_unit_test(markup_that_is_none),
		cmocka_unit_test(raw_text),
		cmocka_unit_test(foreign_content),
		cmocka_unit_test(dropped_elements),
		cmocka_unit_test(places),
		cmocka_unit_test(notrack),
		cmocka_unit_test(details),
		cmocka_unit_test(many_links_in_one_anchor),
		cmocka_unit_test(callback_ends_the_walk),
		cmocka_unit_test(deep_nesting),
		cmocka_unit_test(meta_charset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
