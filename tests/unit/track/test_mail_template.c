/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole mails: what of them changes and what stays, in each encoding, and what options add. The
 * expected output is written with marks: {T:url} stands for the tracked form of that destination,
 * {P} for the open pixel, {S} for the address of the subscription page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "track/mail_template.h"
#include "world.h"

#define HTML_HEAD	"Content-Type: text/html\n"
#define QUOTED		"Content-Transfer-Encoding: quoted-printable\n"
#define BASE64		"Content-Transfer-Encoding: base64\n"
#define MULTIPART(type) "Content-Type: multipart/" type "; boundary=b\n\n"
#define URL		"https://a.example/"
#define LINK(url)	"<a href=\"" url "\">x</a>\n"
#define PIXEL		"<img src=\"{P}\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block\">"

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
		.form = REWRITE_MIME,
		.campaign = SPAN("autumn"),
		.mailing = SPAN("2026-11"),
		.has_prospect = true,
		.prospect = ann,
	};
}

static void append_token(struct buffer *to, const struct rewrite_options *options, char mark,
			 struct span url)
{
	struct token token = {.prospect = options->prospect};
	char text[TOKEN_MAX_CHARS + 1];
	enum purpose purpose = mark == 'T'   ? PURPOSE_CLICK
			       : mark == 'P' ? PURPOSE_OPEN
					     : PURPOSE_SUBSCRIPTION;

	id_of_link(world.keyring, options->mailing, options->campaign, (struct span){0}, url,
		   &token.link);
	id_of_name(NAME_MAILING, options->mailing, &token.mailing);
	if (options->list.size > 0)
		id_of_name(NAME_LIST, options->list, &token.list);
	assert_int_equal(token_mint(world.keyring, purpose, 0, &token, text), 0);
	buffer_printf(to, "https://go.example.com/%c/%s%s",
		      mark == 'T'   ? 'c'
		      : mark == 'P' ? 'o'
				    : 's',
		      text, mark == 'P' ? ".gif" : "");
}

/* Replace the marks in @pattern. */
static void expand(struct buffer *to, const struct rewrite_options *options, struct span pattern)
{
	for (size_t i = 0; i < pattern.size; i++) {
		struct span rest = span_slice(pattern, i, pattern.size);
		size_t end = span_find(rest, '}', 0);

		if (rest.size < 3 || rest.data[0] != '{' || !strchr("TPS", rest.data[1])) {
			buffer_append_byte(to, pattern.data[i]);
			continue;
		}
		append_token(to, options, (char)rest.data[1], span_slice(rest, 3, end - 3));
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
static void check(const struct rewrite_options *options, const char *in, const char *pattern)
{
	cleanup_buffer struct buffer want = BUFFER_INIT;
	struct rewrite_result *once, *twice;

	expand(&want, options, span_text(pattern));
	once = rewrite(span_text(in), options);
	expect_bytes(rewrite_output(once), buffer_span(&want));
	twice = rewrite(rewrite_output(once), options);
	expect_bytes(rewrite_output(twice), rewrite_output(once));
	rewrite_result_free(once);
	rewrite_result_free(twice);
}

static void only_link_values_of_own_texts_change(void **state)
{
	static const char *const rows[][2] = {
		{"Subject: " URL "\n\nsee " URL "\n", "Subject: " URL "\n\nsee {T:" URL "}\n"},
		{HTML_HEAD "\r\n" LINK(URL), HTML_HEAD "\r\n" LINK("{T:" URL "}")},
		{MULTIPART("alternative") URL "\n--b\n\n" URL "\n--b\n" HTML_HEAD
					      "\n" LINK(URL) "--b--\n" URL,
		 MULTIPART("alternative") URL "\n--b\n\n{T:" URL "}\n--b\n" HTML_HEAD
					      "\n" LINK("{T:" URL "}") "--b--\n" URL},
		{MULTIPART("mixed") "--b\nContent-Disposition: attachment\n\n" URL
				    "\n--b\nContent-Type: message/rfc822\n\nA: 1\n\n" URL
				    "\n--b\nContent-Type: text/csv\n\n" URL "\n--b--\n",
		 MULTIPART("mixed") "--b\nContent-Disposition: attachment\n\n" URL
				    "\n--b\nContent-Type: message/rfc822\n\nA: 1\n\n" URL
				    "\n--b\nContent-Type: text/csv\n\n" URL "\n--b--\n"},
		{MULTIPART("signed") "--b\n\n" URL "\n--b\n\nx\n--b--\n",
		 MULTIPART("signed") "--b\n\n" URL "\n--b\n\nx\n--b--\n"},
		{"Content-Transfer-Encoding: x-own\n\n" URL,
		 "Content-Transfer-Encoding: x-own\n\n" URL},
		{"Content-Type: text/plain; charset=utf-16\n\n" URL,
		 "Content-Type: text/plain; charset=utf-16\n\n" URL},
	};
	struct rewrite_options options = for_ann();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&options, rows[i][0], rows[i][1]);
}

static void quoted_printable_keeps_its_lines(void **state)
{
	static const char *const rows[][2] = {
		{QUOTED "\nbefore =\n" URL "?a=3D1 a=20=\nafter\n",
		 QUOTED "\nbefore =\n{T:" URL "?a=1} a=20=\nafter\n"},
		{QUOTED "\nhttps://a.=\nexample/ x\n", QUOTED "\n{T:" URL "} x\n"},
		{QUOTED "\nthe quick brown fox jumps over " URL " again=3D=\nx\n",
		 QUOTED "\nthe quick brown fox jumps over https://go.example.com/c/=\n"
			"{T:" URL "} again=3D=\nx\n"},
	};
	struct rewrite_options options = for_ann();
	cleanup_buffer struct buffer want = BUFFER_INIT;
	struct rewrite_result *result;
	struct span output;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		check(&options, rows[i][0], rows[i][1]);
	expand(&want, &options, span_text(rows[2][1]));
	result = rewrite(span_text(rows[2][0]), &options);
	output = rewrite_output(result);
	/* The line breaks between the path and the token, which is whole on the next. */
	assert_true(span_equal(span_slice(output, 0, strlen(QUOTED) + 58),
			       span_slice(buffer_span(&want), 0, strlen(QUOTED) + 58)));
	for (size_t at = 0; at < output.size; at = span_find(output, '\n', at) + 1)
		assert_true(span_find(output, '\n', at) - at <= 76);
	rewrite_result_free(result);
}

static void base64_is_the_same_before_the_first_link(void **state)
{
	/* "0123456789012345678901234567890123456789 https://a.example/ end\n" in lines of 20. */
	static const char in[] = BASE64 "\nMDEyMzQ1Njc4OTAxMjM0\nNTY3ODkwMTIzNDU2Nzg5\n"
					"MDEyMzQ1Njc4OSBodHRw\nczovL2EuZXhhbXBsZS8g\nZW5kCg==\n";
	struct rewrite_options options = for_ann();
	struct rewrite_result *once = rewrite(span_text(in), &options), *stripped = NULL, *twice;
	struct span output = rewrite_output(once);
	size_t count;

	(void)state;
	(void)rewrite_links(once, &count);
	assert_int_equal(count, 1);
	assert_int_equal(rewrite_links(once, &count)->line, 5);
	expect_bytes(span_slice(output, 0, strlen(BASE64) + 43),
		     span_slice(span_text(in), 0, strlen(BASE64) + 43));
	for (size_t at = strlen(BASE64) + 1; at < output.size; at = span_find(output, '\n', at) + 1)
		assert_true(span_find(output, '\n', at) - at <= 20);
	twice = rewrite(output, &options);
	expect_bytes(rewrite_output(twice), output);
	rewrite_result_free(once);
	rewrite_result_free(twice);
	rewrite_result_free(stripped);
}

static void flowed_breaks_inside_a_url_are_taken_out(void **state)
{
	struct rewrite_options options = for_ann();

	(void)state;
	check(&options,
	      "Content-Type: text/plain; format=flowed; delsp=yes\n\n> to https://a.exam \n> ple/ and \n"
	      "> on\nlast",
	      "Content-Type: text/plain; format=flowed; delsp=yes\n\n> to {T:" URL "} and \n"
	      "> on\nlast");
	check(&options, "Content-Type: text/plain; format=flowed\n\n" URL " \nnext",
	      "Content-Type: text/plain; format=flowed\n\n{T:" URL "} \nnext");
}

static void a_line_stays_within_what_mail_may_carry(void **state)
{
	struct rewrite_options options = for_ann();
	cleanup_buffer struct buffer message = BUFFER_INIT;
	struct rewrite_result *result;
	const struct rewrite_link *links;
	size_t count;

	(void)state;
	buffer_append_text(&message,
			   "A: 1\n\n" URL " short\n" URL "long/enough/to/become/shorter/by/"
			   "tracking/it/because/it/is/so/long/as/no/other ");
	while (message.size < 950)
		buffer_append_byte(&message, 'x');
	buffer_append_text(&message, " " URL " " URL "\n");
	result = rewrite(buffer_span(&message), &options);
	links = rewrite_links(result, &count);
	assert_int_equal(count, 4);
	assert_int_equal(links[0].outcome, REWRITE_TRACKED);
	assert_int_equal(links[1].outcome, REWRITE_TRACKED);
	assert_int_equal(links[2].outcome, REWRITE_TRACKED);
	assert_int_equal(links[3].outcome, REWRITE_LEFT);
	assert_true(links[3].notable);
	assert_null(links[3].tracked.data);
	rewrite_result_free(result);
}

static void what_options_add_is_added_once(void **state)
{
	struct rewrite_options options = for_ann();

	(void)state;
	options.open_pixel = true;
	check(&options, HTML_HEAD "\n<html><body>\n" LINK(URL) "</body>",
	      HTML_HEAD "\n<html><body>\n" PIXEL "\n\n" LINK("{T:" URL "}") "</body>");
	options.open_pixel = false;
	options.unsubscribe = true;
	options.list = SPAN("news");
	check(&options, "A: 1\n\nleave: {{unsubscribe}}.\n",
	      "A: 1\nList-Unsubscribe: <{S}>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n\n"
	      "leave: {S}.\n");
	check(&options, HTML_HEAD "\r\n<a href='{{unsubscribe}}'>x</a>",
	      HTML_HEAD
	      "List-Unsubscribe: <{S}>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
	      "\r\n<a href='{S}'>x</a>");
	check(&options, HTML_HEAD "\n<a href='https:/{{unsubscribe}}./'>{{unsubscribe}}</a>",
	      HTML_HEAD
	      "List-Unsubscribe: <{S}>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
	      "\n<a href='https:/{{unsubscribe}}./'>{S}</a>");
	check(&options, "List-Unsubscribe: <mailto:x@a.example>\n\nx",
	      "List-Unsubscribe: <mailto:x@a.example>\n\nx");
}

static int find_nothing(void *context, const struct link_id *id, struct buffer *to)
{
	(void)context;
	(void)id;
	buffer_append_text(to, URL);
	return 0;
}

static void what_was_added_is_stripped_again(void **state)
{
	static const char *const rows[] = {
		HTML_HEAD "\n<html><body>\n" LINK(URL) "{{unsubscribe}}</body>",
		HTML_HEAD "\r\n<html><body>\r\n" LINK(URL) "\r\n</body>",
		MULTIPART("alternative") "--b\n\n{{unsubscribe}}\n--b\n" HTML_HEAD
					 "\n<body>" LINK(URL) "<a href={{unsubscribe}}>\n--b--\n",
		"A: 1",
		"A: 1\n\n",
	};
	struct rewrite_options options = for_ann();

	(void)state;
	options.open_pixel = options.trap = options.unsubscribe = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rewrite_result *result = rewrite(span_text(rows[i]), &options), *stripped;

		assert_false(span_equal(rewrite_output(result), span_text(rows[i])));
		assert_int_equal(rewrite_strip(rewrite_output(result), &options, find_nothing, NULL,
					       &stripped, NULL),
				 0);
		/* The header's last line was given an end. */
		expect_bytes(span_trim(rewrite_output(stripped)), span_trim(span_text(rows[i])));
		rewrite_result_free(result);
		rewrite_result_free(stripped);
	}
}

static void one_template_is_for_everybody(void **state)
{
	static const char message[] =
		MULTIPART("alternative") "--b\n" BASE64
					 "\naHR0cHM6Ly9hLmV4YW1wbGUvCg==\n--b\n" HTML_HEAD QUOTED
					 "\n<a href=3D\"" URL "\">x</a>\n--b--\n";
	struct rewrite_options options = for_ann(), everybody = for_ann();
	const struct prospect_id *people[] = {&ann, &bob};
	struct mail_template *template = NULL;

	(void)state;
	memset(&everybody.prospect, 0, sizeof(everybody.prospect));
	everybody.open_pixel = options.open_pixel = true;
	everybody.unsubscribe = options.unsubscribe = true;
	assert_int_equal(mail_template_compile(SPAN(message), &everybody, &template, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		cleanup_buffer struct buffer written = BUFFER_INIT;
		struct rewrite_result *result;

		options.prospect = *people[i];
		result = rewrite(SPAN(message), &options);
		assert_int_equal(mail_template_emit(template, people[i], &written), 0);
		expect_bytes(buffer_span(&written), rewrite_output(result));
		rewrite_result_free(result);
	}
	mail_template_free(template);
}

static void a_personal_address_in_a_template_is_an_error(void **state)
{
	static const char *const rows[] = {
		"A: 1\n\n" URL "\n",
		"A: 1\n\nleave: {{unsubscribe}}\n",
		HTML_HEAD "\n<body>x",
	};
	struct rewrite_options everybody = for_ann();

	(void)state;
	memset(&everybody.prospect, 0, sizeof(everybody.prospect));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rewrite_options options = for_ann();
		struct mail_template *template = NULL;
		struct error error = {""};
		struct rewrite_result *result;

		options.unsubscribe = everybody.unsubscribe = i == 1;
		options.open_pixel = everybody.open_pixel = i == 2;
		result = rewrite(span_text(rows[i]), &options);
		assert_int_equal(mail_template_compile(rewrite_output(result), &everybody,
						       &template, &error),
				 REWRITE_E_FOREIGN_TOKEN);
		assert_true(strstr(error.text, "another person") != NULL);
		rewrite_result_free(result);
	}
}

static void what_is_left_alone_is_listed(void **state)
{
	static const char *const rows[][2] = {
		{MULTIPART("signed") "--b\n\nx\n--b\n\nx\n--b--\n", "signed"},
		{MULTIPART("mixed") "--b\nContent-Disposition: attachment\n\nx\n--b--\n",
		 "attachment"},
		{"Content-Type: message/rfc822\n\nA: 1\n\nx", "inside this message"},
		{"Content-Type: application/pkcs7-mime\n\nMII", "encrypted"},
		{BASE64 "\n%%%%", "damaged"},
		{"Content-Type: text/x-amp-html\n\n" URL, "AMP for Email"},
		{"DKIM-Signature: v=1\n\n" URL, "sign after"},
	};
	struct rewrite_options options = for_ann();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rewrite_result *result = rewrite(span_text(rows[i][0]), &options);
		const struct rewrite_link *link;
		size_t count;

		link = rewrite_links(result, &count) + count - 1;
		assert_true(count > 0 && link->notable && link->outcome == REWRITE_LEFT);
		assert_true(strstr(link->reason, rows[i][1]) != NULL);
		rewrite_result_free(result);
	}
}

static void a_field_inside_base64_is_said(void **state)
{
	struct rewrite_options options = for_ann();
	struct rewrite_result *result;
	const struct rewrite_link *links;
	size_t count;

	(void)state;
	options.has_prospect = false;
	memset(&options.prospect, 0, sizeof(options.prospect));
	options.field = SPAN("*|WAYMARK|*");
	result = rewrite(SPAN(BASE64 "\naHR0cHM6Ly9hLmV4YW1wbGUvCg==\n"), &options);
	links = rewrite_links(result, &count);
	assert_int_equal(count, 2);
	assert_int_equal(links[0].outcome, REWRITE_TRACKED);
	assert_true(strstr(links[1].reason, "base64") != NULL);
	rewrite_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_link_values_of_own_texts_change),
		cmocka_unit_test(quoted_printable_keeps_its_lines),
		cmocka_unit_test(base64_is_the_same_before_the_first_link),
		cmocka_unit_test(flowed_breaks_inside_a_url_are_taken_out),
		cmocka_unit_test(a_line_stays_within_what_mail_may_carry),
		cmocka_unit_test(what_options_add_is_added_once),
		cmocka_unit_test(what_was_added_is_stripped_again),
		cmocka_unit_test(one_template_is_for_everybody),
		cmocka_unit_test(a_personal_address_in_a_template_is_an_error),
		cmocka_unit_test(what_is_left_alone_is_listed),
		cmocka_unit_test(a_field_inside_base64_is_said),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
