/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that may be one person's, and those that are not: by hand, and all rows of the corpus
 * that say how an address is normalised.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/id.h"
#include "track/person_alike.h"

#include "text/corpora.h"

/* The form of @address, after rule v1; NULL when that refuses it. */
static char *form_of(struct span address, unsigned *ret_rules)
{
	struct buffer normalised = BUFFER_INIT, form = BUFFER_INIT;
	char *text = NULL;

	if (id_normalise_address(address, &normalised) == 0) {
		assert_int_equal(person_alike_form(buffer_span(&normalised), &form, ret_rules), 0);
		text = span_dup(buffer_span(&form));
	}
	buffer_finish(&normalised);
	buffer_finish(&form);
	return text;
}

static void addresses_that_may_be_one(void **state)
{
	static const struct {
		const char *address, *form;
		unsigned rules;
	} rows[] = {
		{"a@example.com", "a@example.com", 0},
		{"a.b@example.com", "a.b@example.com", 0},
		{"a.b+news@example.com", "a.b@example.com", PERSON_ALIKE_TAG},
		{"+news@example.com", "+news@example.com", 0},
		{"A.B+news@googlemail.com", "ab@gmail.com",
		 PERSON_ALIKE_TAG | PERSON_ALIKE_DOTS | PERSON_ALIKE_DOMAIN},
		{"a-b@yahoo.com", "a@yahoo.com", PERSON_ALIKE_TAG},
		{"a-b@example.com", "a-b@example.com", 0},
		{"test@ya.ru", "test@yandex.ru", PERSON_ALIKE_DOMAIN},
		{"\xEF\xBD\x81\xEF\xBC\xA2@example.com", "ab@example.com", PERSON_ALIKE_WIDTH},
		{"J\xC3\x9CRGEN@example.com", "j\xC3\xBCrgen@example.com", PERSON_ALIKE_CASE},
		{"a@b\xC3\xBC"
		 "cher.example",
		 "a@xn--bcher-kva.example", PERSON_ALIKE_IDN},
		{"a@xn--bcher-kva.example", "a@xn--bcher-kva.example", 0},
		{"\"a+b\"@gmail.com", "\"a+b\"@gmail.com", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned rules = 0;
		char *form = form_of(span_text(rows[i].address), &rules);

		assert_string_equal(form, rows[i].form);
		assert_int_equal(rules, rows[i].rules);
		free(form);
	}
}

/* What one library says is one address, and rule v1 does not, has one form here. */
static void all_of_the_corpus_is_proposed(void **state)
{
	json_t *rows = corpora_rows("email-norm.jsonl"), *row;
	size_t at, by_rule = 0, proposed = 0, refused = 0;

	(void)state;
	json_array_foreach(rows, at, row)
	{
		struct span input = corpora_text(row, "input");
		struct span expect = corpora_text(row, "expect");
		unsigned rules;
		char *one, *other;

		if (!span_equal(corpora_text(row, "kind"), SPAN("normalise")))
			continue;
		one = form_of(input, &rules);
		other = expect.data ? form_of(expect, &rules) : NULL;
		refused += !one;
		if (!one != !other || (one && strcmp(one, other) != 0))
			fail_msg("%.*s: %s and %s", (int)input.size, input.data, one ? one : "",
				 other ? other : "");
		if (one && span_equal_nocase(input, expect))
			by_rule++;
		else if (one)
			proposed++;
		free(one);
		free(other);
	}
	print_message("%zu one by rule v1, %zu proposed, %zu no address\n", by_rule, proposed,
		      refused);
	if (json_array_size(rows) > 0)
		assert_true(by_rule > 20 && proposed > 20 && refused > 0);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_that_may_be_one),
		cmocka_unit_test(all_of_the_corpus_is_proposed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
