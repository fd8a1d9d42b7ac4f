/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses are normalised by rule v1 and nothing else; ids hang on every byte of their input.
 * (That they are the documented bytes is held by the golden vectors.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/id.h"
#include "folder.h"

#include <jansson.h>
#include <pthread.h>

static const char *const hosts[] = {"go.example.com", "go.example.net"};

struct fixture {
	struct folder folder;
	struct keyring *keyring;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_int_equal(crypto_init(), 0);
	folder_make(&fixture->folder);
	assert_int_equal(keyring_create(fixture->folder.keys, NULL), 0);
	assert_int_equal(keyring_load(fixture->folder.keys, hosts, 2, &fixture->keyring, NULL), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	keyring_free(fixture->keyring);
	folder_remove(&fixture->folder);
	free(fixture);
	return 0;
}

static void accept(struct span address, struct span expected)
{
	cleanup_buffer struct buffer normal = BUFFER_INIT;

	assert_int_equal(id_normalise_address(address, &normal), 0);
	assert_true(span_equal(buffer_span(&normal), expected));
}

static void refuse(struct span address)
{
	cleanup_buffer struct buffer normal = BUFFER_INIT;

	assert_int_equal(id_normalise_address(address, &normal), ID_E_ADDRESS);
	assert_int_equal(normal.size, 0);
}

static void addresses_are_stripped_and_lowered_and_nothing_else(void **state)
{
	(void)state;
	accept(SPAN("a@b"), SPAN("a@b"));
	accept(SPAN(" \t\r\n\fKarl.Gustav+x@Example.COM \n"), SPAN("karl.gustav+x@example.com"));
	accept(SPAN("a@b@c"), SPAN("a@b@c"));
	accept(SPAN("\"A\"@[IPv6::1]"), SPAN("\"a\"@[ipv6::1]"));
	accept(SPAN("\xC3\x84@\xC3\x96.example"), SPAN("\xC3\x84@\xC3\x96.example"));
	accept(SPAN("[AZaz]`{@x"), SPAN("[azaz]`{@x"));
	refuse(SPAN(""));
	refuse(SPAN("  "));
	refuse(SPAN("a"));
	refuse(SPAN("@"));
	refuse(SPAN("@b"));
	refuse(SPAN("a@"));
	refuse(SPAN("a@b@"));
	refuse(SPAN("a b@c"));
	refuse(SPAN("a@b\0"));
	refuse(SPAN("a@b\nc"));
	refuse(SPAN("\va@b"));
	refuse(SPAN("a\x7F@b"));
	refuse(SPAN("\xFF@b"));
	refuse(SPAN("\xED\xA0\x80@b"));
	refuse(span_of(NULL, 0));
}

static void the_longest_address_is_320_bytes(void **state)
{
	uint8_t text[ID_ADDRESS_MAX_BYTES + 3];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[1] = '@';
	accept(span_of(text, ID_ADDRESS_MAX_BYTES), span_of(text, ID_ADDRESS_MAX_BYTES));
	refuse(span_of(text, ID_ADDRESS_MAX_BYTES + 1));
	/* White space that is stripped does not count. */
	text[ID_ADDRESS_MAX_BYTES] = text[ID_ADDRESS_MAX_BYTES + 1] = ' ';
	accept(span_of(text, ID_ADDRESS_MAX_BYTES + 2), span_of(text, ID_ADDRESS_MAX_BYTES));
}

/* The rule once more, as the documentation says it. */
static void expect_rule_v1(struct span input)
{
	cleanup_buffer struct buffer lowered = BUFFER_INIT;
	struct span stripped = span_trim(input);

	for (size_t i = 0; i < stripped.size; i++) {
		uint8_t byte = stripped.data[i];

		buffer_append_byte(&lowered, byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
	}
	accept(input, buffer_span(&lowered));
}

static void judge_row(json_t *row)
{
	json_t *input = json_object_get(row, "input"),
	       *valid = json_object_get(row, "expect_valid");
	struct span address = span_of(json_string_value(input), json_string_length(input));
	const char *diagnosis = json_string_value(json_object_get(row, "diagnosis"));

	assert_non_null(address.data);
	if (!valid && json_is_null(json_object_get(row, "expect")))
		refuse(address);
	else if (!valid || json_is_true(valid))
		expect_rule_v1(address);
	else if (strcmp(diagnosis, "ISEMAIL_ERR_NODOMAIN") == 0 ||
		 strcmp(diagnosis, "ISEMAIL_ERR_NOLOCALPART") == 0 ||
		 span_find(address, 0, 0) < address.size)
		refuse(address);
}

static void collected_addresses_follow_the_rule(void **state)
{
	const char *source = getenv("WAYMARK_SOURCE"), *corpora = getenv("WAYMARK_CORPORA");
	char path[1024], line[8192];
	unsigned rows = 0;
	FILE *file;

	(void)state;
	if (corpora)
		(void)snprintf(path, sizeof(path), "%s/email-norm.jsonl", corpora);
	else
		(void)snprintf(path, sizeof(path), "%s/../shared/corpora/email-norm.jsonl",
			       source ? source : ".");
	file = fopen(path, "r");
	if (!file) {
		const char *required = getenv("WAYMARK_CORPORA_REQUIRED");

		assert_false(required && strcmp(required, "1") == 0);
		print_message("left out: email-norm.jsonl is not there\n");
		return;
	}
	for (; fgets(line, sizeof(line), file); rows++) {
		json_t *row = json_loads(line, JSON_ALLOW_NUL, NULL);

		assert_non_null(row);
		judge_row(row);
		json_decref(row);
	}
	assert_int_equal(fclose(file), 0);
	assert_true(rows > 100);
}

static void one_address_is_one_prospect(void **state)
{
	struct fixture *fixture = *state;
	struct prospect_id first, second, other;

	assert_int_equal(id_of_address(fixture->keyring, SPAN("A@Example.com "), &first), 0);
	assert_int_equal(id_of_address(fixture->keyring, SPAN("a@example.com"), &second), 0);
	assert_int_equal(id_of_address(fixture->keyring, SPAN("b@example.com"), &other), 0);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_memory_not_equal(&first, &other, sizeof(first));
	assert_int_equal(id_of_address(fixture->keyring, SPAN("no address"), &other), ID_E_ADDRESS);
}

static void the_parts_of_a_link_never_run_together(void **state)
{
	struct fixture *fixture = *state;
	struct span parts[][4] = {
		{SPAN("a"), SPAN("b"), SPAN("c"), SPAN("d")},
		{SPAN("ab"), SPAN(""), SPAN("c"), SPAN("d")},
		{SPAN(""), SPAN("ab"), SPAN("c"), SPAN("d")},
		{SPAN("a"), SPAN("bc"), SPAN(""), SPAN("d")},
		{SPAN("a"), SPAN("b"), SPAN(""), SPAN("cd")},
		{SPAN("a"), SPAN("b"), SPAN("c"), SPAN("d ")},
	};
	enum { COUNT = sizeof(parts) / sizeof(*parts) };
	struct link_id ids[COUNT], absent, empty;

	for (size_t i = 0; i < COUNT; i++)
		id_of_link(fixture->keyring, parts[i][0], parts[i][1], parts[i][2], parts[i][3],
			   &ids[i]);
	for (size_t i = 0; i < COUNT; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(&ids[i], &ids[j], sizeof(ids[i]));
	id_of_link(fixture->keyring, SPAN("a"), SPAN("b"), span_of(NULL, 0), SPAN("d"), &absent);
	id_of_link(fixture->keyring, SPAN("a"), SPAN("b"), SPAN(""), SPAN("d"), &empty);
	assert_memory_equal(&absent, &empty, sizeof(empty));
}

static void names_have_bounds_and_kinds(void **state)
{
	char longest[ID_NAME_MAX_BYTES + 1];
	uint8_t mailing[8], form[8], campaign[4], list[4];

	(void)state;
	memset(longest, 'n', sizeof(longest));
	assert_int_equal(id_check_name(SPAN("autumn 2026 \xE6\x97\xA5")), 0);
	assert_int_equal(id_check_name(span_of(longest, ID_NAME_MAX_BYTES)), 0);
	assert_int_equal(id_check_name(span_of(longest, ID_NAME_MAX_BYTES + 1)), ID_E_NAME);
	assert_int_equal(id_check_name(SPAN("")), ID_E_NAME);
	assert_int_equal(id_check_name(SPAN("a\nb")), ID_E_NAME);
	assert_int_equal(id_check_name(SPAN("a\0b")), ID_E_NAME);
	assert_int_equal(id_check_name(SPAN("a\xC2\x9B"
					    "b")),
			 ID_E_NAME);
	assert_int_equal(id_check_name(SPAN("a\xC2\xA0"
					    "b")),
			 0);
	assert_int_equal(id_check_name(SPAN("\xC3")), ID_E_NAME);
	assert_int_equal(name_kind_id_bytes(NAME_CAMPAIGN), 4);
	assert_int_equal(name_kind_id_bytes(NAME_MAILING), 8);
	assert_string_equal(name_kind_text(NAME_LIST), "list");
	id_of_name(NAME_MAILING, SPAN("x"), mailing);
	id_of_name(NAME_FORM, SPAN("x"), form);
	id_of_name(NAME_CAMPAIGN, SPAN("x"), campaign);
	id_of_name(NAME_LIST, SPAN("x"), list);
	assert_memory_not_equal(mailing, form, sizeof(form));
	assert_memory_not_equal(campaign, list, sizeof(list));
}

static void tags_belong_to_one_visitor_at_one_tracker(void **state)
{
	static const struct visitor_id none = {{0}}, one = {{1}}, two = {{2}};
	struct fixture *fixture = *state;
	struct visitor_tag tag, other;

	id_tag_of_visitor(fixture->keyring, 0, &none, &tag);
	assert_true(id_is_zero(tag.bytes, sizeof(tag.bytes)));
	id_tag_of_visitor(fixture->keyring, 0, &one, &tag);
	assert_false(id_is_zero(tag.bytes, sizeof(tag.bytes)));
	id_tag_of_visitor(fixture->keyring, 0, &two, &other);
	assert_memory_not_equal(&tag, &other, sizeof(tag));
	id_tag_of_visitor(fixture->keyring, 1, &one, &other);
	assert_memory_not_equal(&tag, &other, sizeof(tag));
	id_tag_of_visitor(fixture->keyring, 0, &one, &other);
	assert_memory_equal(&tag, &other, sizeof(tag));
}

static void an_erased_mark_is_not_the_id(void **state)
{
	static const struct prospect_id one = {{1}}, two = {{2}};
	struct fixture *fixture = *state;
	uint8_t first[32], second[32];

	id_of_erased(fixture->keyring, &one, first);
	id_of_erased(fixture->keyring, &two, second);
	assert_memory_not_equal(first, second, sizeof(first));
	assert_memory_not_equal(first, one.bytes, sizeof(one.bytes));
}

enum { THREADS = 4, IDS_EACH = 3000 };

static void *draw(void *memory)
{
	struct visitor_id *ids = memory;

	for (size_t i = 0; i < IDS_EACH; i++) {
		struct handle handle;

		id_random_visitor(&ids[i]);
		/* Another size in between, so that a block never ends on an id's edge. */
		id_random_handle(&handle);
		if (memcmp(handle.bytes, ids[i].bytes, sizeof(handle.bytes)) == 0)
			return NULL;
	}
	return memory;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct visitor_id));
}

static void random_ids_differ_across_threads(void **state)
{
	struct visitor_id *ids = calloc((size_t)THREADS * IDS_EACH, sizeof(*ids));
	pthread_t threads[THREADS];

	(void)state;
	assert_non_null(ids);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, draw, ids + i * IDS_EACH), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *result = NULL;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_non_null(result);
	}
	qsort(ids, (size_t)THREADS * IDS_EACH, sizeof(*ids), compare);
	for (size_t i = 1; i < (size_t)THREADS * IDS_EACH; i++)
		assert_int_not_equal(compare(&ids[i - 1], &ids[i]), 0);
	free(ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_stripped_and_lowered_and_nothing_else),
		cmocka_unit_test(the_longest_address_is_320_bytes),
		cmocka_unit_test(collected_addresses_follow_the_rule),
		cmocka_unit_test(one_address_is_one_prospect),
		cmocka_unit_test(the_parts_of_a_link_never_run_together),
		cmocka_unit_test(names_have_bounds_and_kinds),
		cmocka_unit_test(tags_belong_to_one_visitor_at_one_tracker),
		cmocka_unit_test(an_erased_mark_is_not_the_id),
		cmocka_unit_test(random_ids_differ_across_threads),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
