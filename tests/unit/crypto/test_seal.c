/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sealed value opens under its own key and context, whole, and in no other way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/keyring.h"
#include "crypto/seal.h"

static const char clear_text[] = "+81 3 1234 5678";

static int set_up(void **state)
{
	(void)state;
	return crypto_init();
}

static void a_sealed_value_opens_again(void **state)
{
	cleanup_buffer struct buffer sealed = BUFFER_INIT, clear = BUFFER_INIT;
	struct person_key key;

	(void)state;
	person_key_random(&key);
	for (size_t size = 0; size < sizeof(clear_text); size++) {
		buffer_clear(&sealed);
		buffer_clear(&clear);
		buffer_append_text(&sealed, "before");
		seal_append(&key, SPAN("submit/3"), span_of(clear_text, size), &sealed);
		assert_int_equal(sealed.error, 0);
		assert_int_equal(sealed.size, 6 + size + SEAL_OVERHEAD_BYTES);
		assert_int_equal(seal_open(&key, SPAN("submit/3"),
					   span_slice(buffer_span(&sealed), 6, sealed.size),
					   &clear),
				 0);
		assert_true(span_equal(buffer_span(&clear), span_of(clear_text, size)));
	}
}

static void no_changed_bit_length_key_or_context_opens(void **state)
{
	cleanup_buffer struct buffer sealed = BUFFER_INIT, clear = BUFFER_INIT;
	struct person_key key, other;
	struct span whole;

	(void)state;
	person_key_random(&key);
	person_key_random(&other);
	assert_memory_not_equal(&key, &other, sizeof(key));
	seal_append(&key, SPAN("submit/3"), span_text(clear_text), &sealed);
	whole = buffer_span(&sealed);
	for (size_t bit = 0; bit < sealed.size * 8; bit++) {
		sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(seal_open(&key, SPAN("submit/3"), whole, &clear), SEAL_E_FORGED);
		sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t size = 0; size < sealed.size; size++)
		assert_int_equal(seal_open(&key, SPAN("submit/3"), span_slice(whole, 0, size),
					   &clear),
				 SEAL_E_FORGED);
	assert_int_equal(seal_open(&other, SPAN("submit/3"), whole, &clear), SEAL_E_FORGED);
	assert_int_equal(seal_open(&key, SPAN("submit/4"), whole, &clear), SEAL_E_FORGED);
	assert_int_equal(seal_open(&key, span_of(NULL, 0), whole, &clear), SEAL_E_FORGED);
	assert_int_equal(clear.size, 0);
	assert_int_equal(seal_open(&key, SPAN("submit/3"), whole, &clear), 0);
}

static void no_two_sealings_are_the_same(void **state)
{
	cleanup_buffer struct buffer first = BUFFER_INIT, second = BUFFER_INIT;
	struct person_key key;

	(void)state;
	person_key_random(&key);
	seal_append(&key, SPAN("x"), span_text(clear_text), &first);
	seal_append(&key, SPAN("x"), span_text(clear_text), &second);
	assert_int_equal(first.size, second.size);
	assert_memory_not_equal(first.data, second.data, first.size);
}

static void a_full_buffer_stays_as_it_was(void **state)
{
	cleanup_buffer struct buffer sealed = {.limit = SEAL_OVERHEAD_BYTES + 2};
	struct person_key key;

	(void)state;
	person_key_random(&key);
	seal_append(&key, SPAN("x"), SPAN("abc"), &sealed);
	assert_int_not_equal(sealed.error, 0);
	assert_int_equal(sealed.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sealed_value_opens_again),
		cmocka_unit_test(no_changed_bit_length_key_or_context_opens),
		cmocka_unit_test(no_two_sealings_are_the_same),
		cmocka_unit_test(a_full_buffer_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
