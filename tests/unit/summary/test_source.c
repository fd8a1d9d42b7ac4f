/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a referrer says of how somebody came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "summary/source.h"

static void each_referrer_has_its_class(void **state)
{
	static const struct {
		const char *referrer, *tracker;
		enum source_class class;
	} rows[] = {
		{"https://www.google.com", "go.example.com", SOURCE_SEARCH},
		{"https://www.google.co.jp/", "go.example.com", SOURCE_SEARCH},
		{"https://search.yahoo.co.jp", "go.example.com", SOURCE_SEARCH},
		{"https://mail.google.com", "go.example.com", SOURCE_WEBMAIL},
		{"https://mail.yahoo.co.jp", "go.example.com", SOURCE_WEBMAIL},
		{"https://outlook.live.com", "go.example.com", SOURCE_WEBMAIL},
		{"https://webmail.example.org", "go.example.com", SOURCE_WEBMAIL},
		{"https://t.co", "go.example.com", SOURCE_SOCIAL},
		{"https://www.linkedin.com/feed/", "go.example.com", SOURCE_SOCIAL},
		{"https://www.example.com", "go.example.com", SOURCE_INTERNAL},
		{"https://example.com/a", "go.example.com", SOURCE_INTERNAL},
		{"http://localhost:8090", "localhost", SOURCE_INTERNAL},
		{"https://www.example.co.jp", "go.other.co.jp", SOURCE_REFERRAL},
		{"https://notgoogle.example", "go.example.com", SOURCE_REFERRAL},
		{"https://evil.example/?https://www.google.com", "go.example.com", SOURCE_REFERRAL},
		{"https://google.com.evil.example", "go.example.com", SOURCE_REFERRAL},
		{"https://at.co", "go.example.com", SOURCE_REFERRAL},
		{"http://192.0.2.7", "go.example.com", SOURCE_REFERRAL},
		{"https://www.example.com", "", SOURCE_REFERRAL},
		{"android-app://com.google", "go.example.com", SOURCE_DIRECT},
		{"", "go.example.com", SOURCE_DIRECT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum source_class class =
			source_of_referrer(span_text(rows[i].referrer), span_text(rows[i].tracker));

		if (class != rows[i].class)
			fail_msg("%s is %s", rows[i].referrer, source_class_name(class));
	}
	assert_int_equal(source_of_referrer(span_of(NULL, 0), SPAN("localhost")), SOURCE_DIRECT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_referrer_has_its_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
