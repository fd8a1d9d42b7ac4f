/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amounts: decimal text in, decimal text out, with the decimals of the currency.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "track/money.h"

static void currencies_have_decimals(void **state)
{
	(void)state;
	assert_int_equal(money_decimals(SPAN("EUR")), 2);
	assert_int_equal(money_decimals(SPAN("AED")), 2);
	assert_int_equal(money_decimals(SPAN("ZMW")), 2);
	assert_int_equal(money_decimals(SPAN("JPY")), 0);
	assert_int_equal(money_decimals(SPAN("XPF")), 0);
	assert_int_equal(money_decimals(SPAN("KWD")), 3);
	assert_int_equal(money_decimals(SPAN("CLF")), 4);
}

static void what_is_no_currency(void **state)
{
	static const char *const codes[] = {"",	   "E",	  "EU",	 "EURO", "eur",		"Yen",
					    "XDR", "XAU", "UR ", "D A",	 "\xE2\x82\xAC"};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_int_equal(money_decimals(span_text(codes[i])), -1);
}

static void amounts_are_written_in_one_way(void **state)
{
	static const struct {
		const char *given;
		int decimals;
		const char *written;
	} rows[] = {
		{"0", 0, "0"},
		{"0", 2, "0.00"},
		{"1980", 0, "1980"},
		{"1980.00", 0, "1980"},
		{"1980.0", 2, "1980.00"},
		{"12.5", 2, "12.50"},
		{"012.5", 2, "12.50"},
		{"000", 2, "0.00"},
		{"0.01", 2, "0.01"},
		{"12.500", 2, "12.50"},
		{"1.2345", 4, "1.2345"},
		{"123456789012345", 0, "123456789012345"},
		{"0123456789012345.6789", 4, "123456789012345.6789"},
	};
	char text[MONEY_CHARS];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(money_format(span_text(rows[i].given), rows[i].decimals, text), 0);
		assert_string_equal(text, rows[i].written);
	}
}

static void what_is_no_amount(void **state)
{
	static const char *const amounts[] = {"",      ".",    ".5",   "5.",
					      "-1",    "+1",   "1,5",  "1e3",
					      "1.5.2", " 1",   "1 ",   "0x1f",
					      "NaN",   "1.-5", "1.5x", "1234567890123456"};
	char text[MONEY_CHARS] = "kept";

	(void)state;
	for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++)
		assert_int_equal(money_format(span_text(amounts[i]), 2, text), MONEY_E_FORM);
	assert_int_equal(money_format(SPAN("1.5"), 0, text), MONEY_E_DECIMALS);
	assert_int_equal(money_format(SPAN("1.005"), 2, text), MONEY_E_DECIMALS);
	assert_string_equal(text, "kept");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(currencies_have_decimals),
		cmocka_unit_test(what_is_no_currency),
		cmocka_unit_test(amounts_are_written_in_one_way),
		cmocka_unit_test(what_is_no_amount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
