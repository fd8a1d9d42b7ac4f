/* SPDX-License-Identifier: Apache-2.0 */
/* What browsers send, and what they should not: each header leads to the language it asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/accept_language.h"

static const char *const languages[] = {"en", "ja"};

static const struct {
	const char *header;
	size_t language;
} rows[] = {
	{NULL, 0},
	{"", 0},
	{"ja", 1},
	{"JA-jp", 1},
	{"en", 0},
	{"ja,en;q=0.8", 1},
	{"en-US,en;q=0.9,ja;q=0.8", 0},
	{"ja;q=0.8,en;q=0.9", 0},
	{"de-DE,de;q=0.9,ja;q=0.5", 1},
	{"de,fr;q=0.5", 0},
	{"ja ; q=0.7 , en ; q=0.3", 1},
	{"ja,en", 1},
	{"en,ja", 0},
	{"*", 0},
	{"en;q=0,*", 1},
	{"*;q=0.5,ja;q=0.4", 0},
	{"de,*;q=0.1,ja;q=0.5", 1},
	{"ja;q=0", 0},
	{"ja;q=1.000,en;q=0.999", 1},
	{"ja;q=1.001,en;q=0.1", 0},
	{"ja;q=x,de", 0},
	{"ja;q=0.1234,de", 0},
	{"ja;level=1", 0},
	{"jav", 0},
	{"ja_JP", 0},
	{",,,;;,ja", 1},
	{"ja;q=0.1,ja;q=1,en;q=0.5", 0},
};

static void each_header_leads_to_its_language(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (accept_language_choose(span_text(rows[i].header), languages, 2) !=
		    rows[i].language)
			fail_msg("\"%s\" does not lead to %s", rows[i].header,
				 languages[rows[i].language]);
}

static void a_header_of_any_length_is_read_in_part(void **state)
{
	static char text[65536];

	(void)state;
	memset(text, ',', sizeof(text) - 1);
	memcpy(text + sizeof(text) - 3, "ja", 2);
	assert_int_equal(accept_language_choose(span_text(text), languages, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_header_leads_to_its_language),
		cmocka_unit_test(a_header_of_any_length_is_read_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
