/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of each link of a message, and that nothing else of it changes. The expected output
 * is written with marks: {T:url} stands for the tracked form of that destination, {U:url} for its
 * self-contained form.
 *
 * long because each rule about a link is a case of its own, and all of them share the marks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "track/rewrite.h"
#include "world.h"

static struct world world;
static struct prospect_id ann, bob;

static int set_up(void **state)
{
	(void)state;
	world_make(&world);
	assert_int_equal(id_of_address(world.keyring, SPAN("ann@example.com"), &ann), 0);
	assert_int_equal(id_of_address(world.keyring, SPAN("bob@example.com"), &bob), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_finish(&world);
	return 0;
}

static struct rewrite_options for_ann(void)
{
	return (struct rewrite_options){
		.trackers = world.trackers,
		.tracker = world.trackers->primary,
		.keyring = world.keyring,
		.campaign = SPAN("autumn"),
		.mailing = SPAN("2026-11"),
		.has_prospect = true,
		.prospect = ann,
	};
}

static struct rewrite_options for_field(const char *field)
{
	struct rewrite_options options = for_ann();

	options.has_prospect = false;
	memset(&options.prospect, 0, sizeof(options.prospect));
	options.field = span_text(field);
	return options;
}

static void append_token(struct buffer *to, const struct rewrite_options *options, bool contained,
			 struct span url)
{
	struct token token = {.prospect = options->prospect, .url = url};
	char text[TOKEN_MAX_CHARS + 1];
	enum purpose purpose = contained	       ? PURPOSE_SELF_CONTAINED
			       : options->has_prospect ? PURPOSE_CLICK
						       : PURPOSE_LINK_PART;

	id_of_link(world.keyring, options->mailing, options->campaign, (struct span){0}, url,
		   &token.link);
	id_of_name(NAME_CAMPAIGN, options->campaign, &token.campaign);
	assert_int_equal(token_mint(world.keyring, purpose, 0, &token, text), 0);
	buffer_printf(to, "https://go.example.com/%c/%s", contained ? 'u' : 'c', text);
	if (purpose == PURPOSE_LINK_PART)
		buffer_printf(to, "/%.*s", (int)options->field.size,
			      (const char *)options->field.data);
}

/* Replace the marks in @pattern. */
static void expand(struct buffer *to, const struct rewrite_options *options, struct span pattern)
{
	for (size_t i = 0; i < pattern.size; i++) {
		struct span rest = span_slice(pattern, i, pattern.size);
		size_t end;

		if (!span_starts(rest, SPAN("{T:")) && !span_starts(rest, SPAN("{U:"))) {
			buffer_append_byte(to, pattern.data[i]);
			continue;
		}
		end = span_find(rest, '}', 0);
		append_token(to, options, rest.data[1] == 'U', span_slice(rest, 3, end - 3));
		i += end;
	}
}

static struct rewrite_result *rewrite(struct span message, const struct rewrite_options *options)
{
	struct rewrite_result *result = NULL;
	struct error error = {""};

	if (rewrite_message(message, options, &result, &error) != 0)
		fail_msg("'%.*s': %s", (int)message.size, (const char *)message.data, error.text);
	return result;
}

static void expect_bytes(struct span got, struct span want)
{
	if (!span_equal(got, want))
		fail_msg("got '%.*s'\nwant '%.*s'", (int)got.size, (const char *)got.data,
			 (int)want.size, (const char *)want.data);
}

/* @in becomes @pattern expanded, and rewriting that again changes nothing. */
static void check_bytes(const struct rewrite_options *options, struct span in, struct span pattern)
{
	cleanup_buffer struct buffer want = BUFFER_INIT;
	struct rewrite_result *once, *twice;

	expand(&want, options, pattern);
	once = rewrite(in, options);
	expect_bytes(rewrite_output(once), buffer_span(&want));
	twice = rewrite(rewrite_output(once), options);
	expect_bytes(rewrite_output(twice), rewrite_output(once));
	rewrite_result_free(once);
	rewrite_result_free(twice);
}

static void check(const struct rewrite_options *options, const char *in, const char *pattern)
{
	check_bytes(options, span_text(in), span_text(pattern));
}

static void only_link_values_change(void **state)
{
	static const char *const rows[][2] = {
		{"<a href=\"https://a.example/\">x</a>",
		 "<a href=\"{T:https://a.example/}\">x</a>"},
		{"<A\n HREF = 'https://a.example/?b=1&amp;c=2' class=x>",
		 "<A\n HREF = '{T:https://a.example/?b=1&c=2}' class=x>"},
		{"<a href=https://a.example/>x</a>", "<a href={T:https://a.example/}>x</a>"},
		{"<a href=https://a.example/x?y=1&copy=2 id=q>",
		 "<a href={T:https://a.example/x?y=1&copy=2} id=q>"},
		{"<area href=\"http://a.example\">", "<area href=\"{T:http://a.example}\">"},
		{"<a href=\"https://a.example/\" href=\"https://b.example/\">",
		 "<a href=\"{T:https://a.example/}\" href=\"https://b.example/\">"},
		{"<a>none</a><a href>empty</a><a href=\"\">empty</a>",
		 "<a>none</a><a href>empty</a><a href=\"\">empty</a>"},
		{"<!-- <a href=\"https://a.example/\"> --><p>https://a.example/</p>",
		 "<!-- <a href=\"https://a.example/\"> --><p>https://a.example/</p>"},
		{"<script>'<a href=\"https://a.example/\">'</script><a href=\"https://b.example\">",
		 "<script>'<a href=\"https://a.example/\">'</script><a "
		 "href=\"{T:https://b.example}\">"},
		{"<a href=\" https://a.example/b c \">",
		 "<a href=\"{T:https://a.example/b%20c}\">"},
		{"<a href=\"https://a.example/a\nb\">", "<a href=\"{T:https://a.example/ab}\">"},
		{"<a href=\"https://\xE6\x97\xA5.example/\xE6\x9C\xAC\">",
		 "<a href=\"{T:https://xn--wgv.example/%E6%9C%AC}\">"},
	};
	struct rewrite_options options = for_ann();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&options, rows[i][0], rows[i][1]);
}

static void what_is_no_web_link_is_left(void **state)
{
	static const char *const values[] = {"mailto:a@example.com",
					     "tel:+81",
					     "#top",
					     "",
					     "/a",
					     "a.html",
					     "//a.example/",
					     "javascript:x()",
					     "cid:1",
					     "data:text/html,x",
					     "fb://p/1",
					     "https://",
					     "http://a b/",
					     "https://a.example:99999/",
					     "{{link}}",
					     "*|LINK|*",
					     "https://a.example/{{ name }}",
					     "https://a.example/?x=*|EMAIL|*",
					     "https://a.example/%%x%%",
					     "https://[% x %]/",
					     "https://go.example.com/",
					     "https://go.example.com/l/x",
					     "https://go.example.com/c/forged",
					     "https://go.example.com/privacy"};
	struct rewrite_options options = for_ann();

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[256];
		struct rewrite_result *result;
		const struct rewrite_link *links;
		size_t count;

		(void)snprintf(text, sizeof(text), "<p><a href=\"%s\">x</a>", values[i]);
		check(&options, text, text);
		result = rewrite(span_text(text), &options);
		links = rewrite_links(result, &count);
		assert_int_equal(count, 1);
		assert_int_equal(links[0].outcome, REWRITE_LEFT);
		assert_non_null(links[0].reason);
		assert_null(links[0].destination.data);
		expect_bytes(links[0].original, span_text(values[i]));
		rewrite_result_free(result);
	}
}

static void notrack_covers_what_is_inside(void **state)
{
	struct rewrite_options options = for_ann();

	(void)state;
	check(&options,
	      "<a data-notrack href=\"https://a.example/\">x</a>"
	      "<div data-notrack><a href=\"https://b.example/\">x</a></div>"
	      "<a href=\"https://c.example/\">x</a>",
	      "<a data-notrack href=\"https://a.example/\">x</a>"
	      "<div data-notrack><a href=\"https://b.example/\">x</a></div>"
	      "<a href=\"{T:https://c.example/}\">x</a>");
}

static void one_destination_is_one_link_everywhere(void **state)
{
	static const char html[] =
		"<a href=\"https://a.example/?b=1&amp;c=2\">x</a>"
		"<!--[if mso]><v:roundrect xmlns:v=\"urn:schemas-microsoft-com:vml\" "
		"href=\"https://a.example/?b=1&amp;c=2\"></v:roundrect><a "
		"href='https://a.example/?b=1&c=2'>y</a><![endif]-->";
	struct rewrite_options options = for_ann();
	struct rewrite_result *from_html, *from_text;
	const struct rewrite_link *links, *text_link;
	size_t count, text_count;

	(void)state;
	from_html = rewrite(span_text(html), &options);
	from_text = rewrite(SPAN("See https://a.example/?b=1&c=2."), &options);
	links = rewrite_links(from_html, &count);
	text_link = rewrite_links(from_text, &text_count);
	assert_int_equal(count, 3);
	assert_int_equal(text_count, 1);
	assert_string_equal(links[0].place, "html");
	assert_string_equal(links[1].place, "vml");
	assert_string_equal(links[2].place, "comment");
	assert_string_equal(text_link->place, "text");
	for (size_t i = 0; i < count; i++) {
		assert_memory_equal(&links[i].id, &text_link->id, sizeof(text_link->id));
		expect_bytes(links[i].tracked, text_link->tracked);
	}
	rewrite_result_free(from_html);
	rewrite_result_free(from_text);
}

static void a_label_makes_another_link(void **state)
{
	static const char html[] = "<a data-track=\"top &amp; first\" href=\"https://a.example/\">"
				   "<a data-track href=\"https://a.example/\">"
				   "<a data-track=\"a\tb\" href=\"https://a.example/\">";
	struct rewrite_options options = for_ann();
	struct rewrite_result *result = rewrite(span_text(html), &options);
	const struct rewrite_link *links;
	struct link_id want;
	size_t count;

	(void)state;
	links = rewrite_links(result, &count);
	assert_int_equal(count, 3);
	expect_bytes(links[0].label, SPAN("top & first"));
	id_of_link(world.keyring, SPAN("2026-11"), SPAN("autumn"), SPAN("top & first"),
		   SPAN("https://a.example/"), &want);
	assert_memory_equal(&links[0].id, &want, sizeof(want));
	id_of_link(world.keyring, SPAN("2026-11"), SPAN("autumn"), SPAN(""),
		   SPAN("https://a.example/"), &want);
	assert_memory_equal(&links[1].id, &want, sizeof(want));
	assert_int_equal(links[2].outcome, REWRITE_LEFT);
	assert_true(links[2].notable);
	rewrite_result_free(result);
}

static void a_label_with_an_address_is_left(void **state)
{
	static const char html[] = "<a data-track=\"bob@b.example\" href=\"https://a.example/\">"
				   "<a data-track=\"bob%40b.example\" href=\"https://a.example/\">";
	struct rewrite_options options = for_ann();
	struct rewrite_result *result = rewrite(span_text(html), &options);
	const struct rewrite_link *links;
	size_t count;

	(void)state;
	links = rewrite_links(result, &count);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(links[i].outcome, REWRITE_LEFT);
		assert_true(links[i].notable);
	}
	rewrite_result_free(result);
}

static void plain_text_keeps_its_punctuation(void **state)
{
	static const char *const rows[][2] = {
		{"See https://a.example/x, or (https://a.example/y).",
		 "See {T:https://a.example/x}, or ({T:https://a.example/y})."},
		{"<https://a.example/x>\r\n> https://a.example/y\r\n",
		 "<{T:https://a.example/x}>\r\n> {T:https://a.example/y}\r\n"},
		{"mailto:a@example.com www.a.example a.example/x",
		 "mailto:a@example.com www.a.example a.example/x"},
		{"https://a.example/{{x}} https://b.example/", "https://a.example/{{x}} "
							       "{T:https://b.example/}"},
	};
	struct rewrite_options options = for_ann();

	(void)state;
	options.form = REWRITE_TEXT;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&options, rows[i][0], rows[i][1]);
}

/* Tokens end in every letter of the alphabet, '-' and '_' included. */
static void rewriting_text_twice_changes_nothing_for_any_token(void **state)
{
	struct rewrite_options options = for_ann();

	(void)state;
	options.form = REWRITE_TEXT;
	for (unsigned i = 0; i < 500; i++) {
		char in[128], pattern[128];

		(void)snprintf(in, sizeof(in), "(https://a.example/%u), then https://b.example/%u.",
			       i, i);
		(void)snprintf(pattern, sizeof(pattern),
			       "({T:https://a.example/%u}), then {T:https://b.example/%u}.", i, i);
		check(&options, in, pattern);
	}
}

static void a_destination_with_an_address_travels_in_the_link(void **state)
{
	static const char in[] = "<a href=\"https://a.example/?m=ann%40example.com\">";
	struct rewrite_options options = for_ann(), mailer = for_field("*|W|*");
	struct rewrite_result *result;
	const struct rewrite_link *links;
	size_t count;

	(void)state;
	check(&options, in, "<a href=\"{U:https://a.example/?m=ann%40example.com}\">");
	result = rewrite(span_text(in), &options);
	links = rewrite_links(result, &count);
	assert_int_equal(links[0].outcome, REWRITE_TRACKED_SELF_CONTAINED);
	assert_true(id_is_zero(&links[0].id, sizeof(links[0].id)));
	rewrite_result_free(result);
	check(&mailer, in, in);
	options.self_contained = true;
	check(&options, "<a href=https://a.example/x>", "<a href={U:https://a.example/x}>");
}

static void an_address_in_a_long_destination_is_left(void **state)
{
	cleanup_buffer struct buffer in = BUFFER_INIT;
	struct rewrite_options options = for_ann();
	struct rewrite_result *result;
	const struct rewrite_link *links;
	size_t count;

	(void)state;
	buffer_append_text(&in, "<a href=\"https://a.example/?m=ann@example.com&x=");
	for (int i = 0; i < 2048; i++)
		buffer_append_byte(&in, 'x');
	buffer_append_text(&in, "\">");
	result = rewrite(buffer_span(&in), &options);
	expect_bytes(rewrite_output(result), buffer_span(&in));
	links = rewrite_links(result, &count);
	assert_true(links[0].outcome == REWRITE_LEFT && links[0].notable);
	rewrite_result_free(result);
}

static void a_merge_field_makes_two_part_links(void **state)
{
	static const char *const fields[] = {"*|WAYMARK|*",    "{{ waymark }}", "%%waymark%%",
					     "<%= waymark %>", "[waymark]",	"${waymark}"};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct rewrite_options options = for_field(fields[i]);
		bool spaced = strpbrk(fields[i], " <=>") != NULL;

		check(&options, "<a href=\"https://a.example/\">",
		      "<a "
		      "href=\"{T:https://a.example/}\">");
		check(&options, "<a href=https://a.example/ id=x>",
		      spaced ? "<a href=\"{T:https://a.example/}\" id=x>"
			     : "<a href={T:https://a.example/} id=x>");
		options.form = REWRITE_TEXT;
		check(&options, "Go to https://a.example/ or https://b.example/.",
		      "Go to {T:https://a.example/} or {T:https://b.example/}.");
	}
}

static void expect_failure(struct span message, const struct rewrite_options *options, int code,
			   const char *what)
{
	struct rewrite_result *result = NULL;
	struct error error = {""};

	assert_int_equal(rewrite_message(message, options, &result, &error), code);
	assert_null(result);
	if (!strstr(error.text, what))
		fail_msg("'%s' does not say '%s'", error.text, what);
}

static void options_that_contradict_are_refused(void **state)
{
	static const char *const fields[] = {"a\"b", "a'b", "a&b", "a\nb", "a\xC3\xA4"};
	struct rewrite_options options = for_ann();

	(void)state;
	options.field = SPAN("x");
	expect_failure(SPAN(""), &options, REWRITE_E_OPTIONS, "exclude");
	options = for_field(NULL);
	expect_failure(SPAN(""), &options, REWRITE_E_OPTIONS, "--to");
	options = for_field("*|W|*");
	options.self_contained = true;
	expect_failure(SPAN(""), &options, REWRITE_E_OPTIONS, "--self-contained");
	options = for_ann();
	options.campaign = SPAN("a\nb");
	expect_failure(SPAN(""), &options, REWRITE_E_OPTIONS, "campaign");
	options = for_ann();
	options.mailing = SPAN("for bob@b.example");
	expect_failure(SPAN(""), &options, REWRITE_E_OPTIONS, "mailing's name holds");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		options = for_field(fields[i]);
		expect_failure(SPAN(""), &options, REWRITE_E_OPTIONS, "--field");
	}
}

static void somebody_elses_token_is_an_error(void **state)
{
	struct rewrite_options options = for_ann(), other = for_ann(), mailer = for_field("*|W|*");
	struct rewrite_result *result;

	(void)state;
	other.prospect = bob;
	result = rewrite(SPAN("<p>\n\n<a href=\"https://a.example/\">"), &other);
	expect_failure(rewrite_output(result), &options, REWRITE_E_FOREIGN_TOKEN, "line 3");
	expect_failure(rewrite_output(result), &mailer, REWRITE_E_FOREIGN_TOKEN, "line 3");
	rewrite_result_free(result);
	other.self_contained = true;
	result = rewrite(SPAN("<a data-notrack href=\"https://a.example/\"><a "
			      "href=https://a.example>"),
			 &other);
	expect_failure(rewrite_output(result), &options, REWRITE_E_FOREIGN_TOKEN, "line 1");
	rewrite_result_free(result);
}

static void prospect_part(struct buffer *to, const struct prospect_id *person)
{
	struct token token = {.prospect = *person};
	char text[TOKEN_MAX_CHARS + 1];

	assert_int_equal(token_mint(world.keyring, PURPOSE_LINK_PART, 0, &token, text), 0);
	buffer_printf(to, "<a href=\"https://go.example.com/c/%s/", text);
	assert_int_equal(token_mint(world.keyring, PURPOSE_PROSPECT_PART, 0, &token, text), 0);
	buffer_printf(to, "%s\">", text);
}

static void filled_two_part_links_belong_to_their_person(void **state)
{
	cleanup_buffer struct buffer ours = BUFFER_INIT, theirs = BUFFER_INIT;
	struct rewrite_options options = for_ann();
	struct rewrite_result *result;
	const struct rewrite_link *links;
	size_t count;

	(void)state;
	prospect_part(&ours, &ann);
	prospect_part(&theirs, &bob);
	result = rewrite(buffer_span(&ours), &options);
	links = rewrite_links(result, &count);
	assert_int_equal(links[0].outcome, REWRITE_OURS);
	expect_bytes(rewrite_output(result), buffer_span(&ours));
	rewrite_result_free(result);
	expect_failure(buffer_span(&theirs), &options, REWRITE_E_FOREIGN_TOKEN, "line 1");
}

static void japanese_mail_is_spliced_around_its_escapes(void **state)
{
	static const char in[] = "<meta charset=iso-2022-jp><p>\x1B$B%!%\"%\"\x1B(B"
				 "<a href=\"https://a.example/\">\x1B$B$\"<a href=\"$$\x1B(B</a>"
				 "<a href=\"https://a.example/\x1B$B$\"\x1B(B\">";
	static const char pattern[] =
		"<meta charset=iso-2022-jp><p>\x1B$B%!%\"%\"\x1B(B"
		"<a href=\"{T:https://a.example/}\">\x1B$B$\"<a href=\"$$\x1B(B"
		"</a><a href=\"https://a.example/\x1B$B$\"\x1B(B\">";
	struct rewrite_options options = for_ann();

	(void)state;
	check(&options, in, pattern);
}

static void charsets_without_ascii_are_refused(void **state)
{
	static const char *const labels[] = {"utf-16le", "UTF-7", "hz-gb-2312", "utf-32"};
	struct rewrite_options options = for_ann();

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		options.charset = span_text(labels[i]);
		expect_failure(SPAN("<a href=\"https://a.example/\">"), &options, REWRITE_E_CHARSET,
			       labels[i]);
	}
}

static void legacy_bytes_in_a_query_are_left(void **state)
{
	static const char in[] =
		"<meta charset=shift_jis><a href=\"https://a.example/?q=\x93\xFA\">"
		"<a href=\"https://a.example/\">\x93\xFA</a>";
	static const char pattern[] =
		"<meta charset=shift_jis><a href=\"https://a.example/?q=\x93\xFA\">"
		"<a href=\"{T:https://a.example/}\">\x93\xFA</a>";
	struct rewrite_options options = for_ann();

	(void)state;
	check(&options, in, pattern);
}

static void a_form_is_told_by_its_beginning(void **state)
{
	struct rewrite_options options = for_ann();

	(void)state;
	check(&options, "\xEF\xBB\xBF \n<p>https://a.example/</p>",
	      "\xEF\xBB\xBF \n<p>https://a.example/</p>");
	check(&options, "Hi <A HREF=\"https://a.example/\">",
	      "Hi <A HREF=\"{T:https://a.example/}\">");
	check(&options, "a < b: https://a.example/", "a < b: {T:https://a.example/}");
	check(&options, "<https://a.example/>", "<{T:https://a.example/}>");
	check(&options, "", "");
}

static void a_text_that_shows_another_domain_is_warned_about(void **state)
{
	static const struct {
		const char *html;
		bool warned;
	} rows[] = {
		{"<a href=\"https://a.example/\"> https://a.example/ </a>", true},
		{"<a href=\"https://www.example.com/\">https://www.example.com/</a>", false},
		{"<a href=\"https://a.example/\">Read on</a>", false},
		{"<a href=\"mailto:a@a.example\">https://a.example</a>", false},
	};
	struct rewrite_options options = for_ann();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rewrite_result *result = rewrite(span_text(rows[i].html), &options);
		const struct rewrite_link *links;
		size_t count;

		links = rewrite_links(result, &count);
		assert_int_equal(links[0].warning != NULL, rows[i].warned);
		rewrite_result_free(result);
	}
}

/* A store of the links of one result. */
static int find_link(void *context, const struct link_id *id, struct buffer *to)
{
	size_t count;
	const struct rewrite_link *links = rewrite_links(context, &count);

	for (size_t i = 0; i < count; i++)
		if (memcmp(&links[i].id, id, sizeof(*id)) == 0) {
			buffer_append_span(to, links[i].destination);
			return 0;
		}
	return 1;
}

static void check_strip(const struct rewrite_options *options, const char *in, const char *want)
{
	struct rewrite_result *tracked = rewrite(span_text(in), options), *stripped = NULL;
	struct error error = {""};

	assert_int_equal(rewrite_strip(rewrite_output(tracked), options, find_link, tracked,
				       &stripped, &error),
			 0);
	expect_bytes(rewrite_output(stripped), span_text(want));
	rewrite_result_free(tracked);
	rewrite_result_free(stripped);
}

static void stripping_gives_the_original_back(void **state)
{
	static const char *const exact[] = {
		"<a href=\"https://a.example/\">x</a> <a href='https://a.example/?b=1&amp;c=2'>",
		"<a href=https://a.example/b>x</a><a href=\"mailto:a@example.com\">",
		"<a href=\"https://a.example/?q='x'\"><a href=\"https://a.example/?m=a@b.example\">",
		"<a href=\"https://a.example/?q=&quot;\"><a href='https://a.example/?q=&#39;'>",
		"See (https://a.example/?b=1&c=2), https://b.example/.\n",
	};
	struct rewrite_options options = for_ann();
	const struct rewrite_options mailer = for_field("{{ waymark }}");

	(void)state;
	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++)
		check_strip(&options, exact[i], exact[i]);
	check_strip(&options, "<a href=\"https://a.example/?b=1&c=2\">",
		    "<a href=\"https://a.example/?b=1&amp;c=2\">");
	check_strip(&options, "<a href=\"https://a.example/b c\">",
		    "<a href=\"https://a.example/b%20c\">");
	check_strip(&mailer, exact[0], exact[0]);
	check_strip(&mailer, exact[4], exact[4]);
	check_strip(&mailer, "<a href=https://a.example/>", "<a href=\"https://a.example/\">");
}

static int find_nothing(void *context, const struct link_id *id, struct buffer *to)
{
	(void)context;
	(void)id;
	(void)to;
	return 1;
}

static void stripping_leaves_what_it_does_not_know(void **state)
{
	struct rewrite_options options = for_ann();
	struct rewrite_result *tracked, *stripped = NULL;
	const struct rewrite_link *links;
	size_t count;

	(void)state;
	tracked = rewrite(SPAN("<a href=\"https://a.example/\"><a href=\"#x\">"), &options);
	assert_int_equal(rewrite_strip(rewrite_output(tracked), &options, find_nothing, NULL,
				       &stripped, NULL),
			 0);
	expect_bytes(rewrite_output(stripped), rewrite_output(tracked));
	links = rewrite_links(stripped, &count);
	assert_int_equal(count, 2);
	assert_true(links[0].outcome == REWRITE_LEFT && links[0].notable);
	assert_true(links[1].outcome == REWRITE_LEFT && !links[1].notable);
	rewrite_result_free(tracked);
	rewrite_result_free(stripped);
}

static void lines_and_originals_name_the_place(void **state)
{
	struct rewrite_options options = for_ann();
	struct rewrite_result *result =
		rewrite(SPAN("<p>\r\n<a\n href=\"https://a.example/?a&amp;b\">\n<a href=#x>"),
			&options);
	const struct rewrite_link *links;
	size_t count;

	(void)state;
	links = rewrite_links(result, &count);
	assert_int_equal(count, 2);
	assert_int_equal(links[0].line, 3);
	assert_int_equal(links[1].line, 4);
	expect_bytes(links[0].original, SPAN("https://a.example/?a&amp;b"));
	expect_bytes(links[0].destination, SPAN("https://a.example/?a&b"));
	rewrite_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_link_values_change),
		cmocka_unit_test(what_is_no_web_link_is_left),
		cmocka_unit_test(notrack_covers_what_is_inside),
		cmocka_unit_test(one_destination_is_one_link_everywhere),
		cmocka_unit_test(a_label_makes_another_link),
		cmocka_unit_test(a_label_with_an_address_is_left),
		cmocka_unit_test(plain_text_keeps_its_punctuation),
		cmocka_unit_test(rewriting_text_twice_changes_nothing_for_any_token),
		cmocka_unit_test(a_destination_with_an_address_travels_in_the_link),
		cmocka_unit_test(an_address_in_a_long_destination_is_left),
		cmocka_unit_test(a_merge_field_makes_two_part_links),
		cmocka_unit_test(options_that_contradict_are_refused),
		cmocka_unit_test(somebody_elses_token_is_an_error),
		cmocka_unit_test(filled_two_part_links_belong_to_their_person),
		cmocka_unit_test(japanese_mail_is_spliced_around_its_escapes),
		cmocka_unit_test(charsets_without_ascii_are_refused),
		cmocka_unit_test(legacy_bytes_in_a_query_are_left),
		cmocka_unit_test(a_form_is_told_by_its_beginning),
		cmocka_unit_test(a_text_that_shows_another_domain_is_warned_about),
		cmocka_unit_test(stripping_gives_the_original_back),
		cmocka_unit_test(stripping_leaves_what_it_does_not_know),
		cmocka_unit_test(lines_and_originals_name_the_place),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
