/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a custom redirect may answer, how an old address becomes its slug, and that no address of
 * this program's own can be taken.
 */
#include "base/cleanup.h"
#include "public/public.h"
#include "track/link_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void allows(const char *slug)
{
	const char *refusal = link_path_refusal(span_text(slug));

	if (refusal)
		fail_msg("'%s' %s", slug, refusal);
}

static void refuses(const char *slug)
{
	if (!link_path_refusal(span_text(slug)))
		fail_msg("'%s' is allowed", slug);
}

static void test_what_may_be_a_slug(void **state)
{
	(void)state;
	allows("spring");
	allows("1234/2020-01-01/abc");
	allows("1234/2020-01-01/*");
	allows("/spring-offer");
	allows("/e/1234/www-example-com-x/abc");
	allows("/e/1234/www-example-com-x/abc/*");
	allows("/e/*");
	allows("/track;v=1/a,b(c)!$&'+=:@");
	refuses("*");
	refuses("/*");
	refuses("//*");
	refuses("a*");
	refuses("/e/1*");
	refuses("/e/*/x");
	refuses("a b");
	refuses("/a b");
	refuses("a+b");
	refuses("/a%20b");
	refuses("/a?b");
	refuses("/\xC3\xA9");
	refuses("/");
	refuses("//a");
	refuses("/a/../b");
	refuses("/./b");
	refuses("..");
	refuses("../x/*");
}

/* Each route's own path, and one below it. */
static void test_no_route_can_be_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < public_route_count; i++) {
		struct span path = span_text(public_routes[i].path);
		bool below = path.data[path.size - 1] == '*';
		cleanup_buffer struct buffer text = BUFFER_INIT;

		buffer_append_span(&text, span_slice(path, 0, path.size - below));
		refuses(buffer_text(&text));
		if (!below)
			continue;
		buffer_append_text(&text, "x/y");
		refuses(buffer_text(&text));
		buffer_append_text(&text, "/*");
		refuses(buffer_text(&text));
	}
	refuses("/e");
	refuses("/e/");
	refuses("/.well-known/x");
}

static void reads(const char *path, const char *slug)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	assert_int_equal(link_path_read(span_text(path), &text), 0);
	assert_string_equal(buffer_text(&text), slug);
}

static void formats(const char *slug, const char *path)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	link_path_format(span_text(slug), &text);
	assert_string_equal(buffer_text(&text), path);
}

static void test_old_addresses_as_slugs(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	(void)state;
	reads("/e/1/x/2?h=abc", "/e/1/x/2");
	reads("/l/1/2020-01-01/x#top", "1/2020-01-01/x");
	reads("/a%2Db", "/a-b");
	reads("/l", "/l");
	reads("/", "/");
	assert_int_equal(link_path_read(SPAN("e/1"), &text), LINK_PATH_E_FORM);
	assert_int_equal(link_path_read(SPAN("?x"), &text), LINK_PATH_E_FORM);
	formats("spring", "/l/spring");
	formats("/e/1/x", "/e/1/x");
}

static void test_what_leads_in_circles(void **state)
{
	static const char *const redirects[] = {"/c/x", "/u/x", "/l/x", "/e/1/x", "/spring", "/c"};
	static const char *const pages[] = {"/", "", "/f/contact", "/privacy", "/e", "/s/x"};

	(void)state;
	for (size_t i = 0; i < sizeof(redirects) / sizeof(redirects[0]); i++)
		assert_true(link_path_is_redirect(span_text(redirects[i])));
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		assert_false(link_path_is_redirect(span_text(pages[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_may_be_a_slug),
		cmocka_unit_test(test_no_route_can_be_taken),
		cmocka_unit_test(test_old_addresses_as_slugs),
		cmocka_unit_test(test_what_leads_in_circles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
