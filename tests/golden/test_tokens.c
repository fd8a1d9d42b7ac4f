/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server derives, mints, opens and exports exactly what tokens.json says, which another program
 * wrote from the description of the format (make_tokens.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "crypto/token.h"

#include <jansson.h>
#include <sys/stat.h>

enum { TRACKERS = 2, SIGNING_ID = 3 };

struct fixture {
	json_t *vectors;
	struct keyring *keyring;
};

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	if (!text)
		fail_msg("a vector has no %s", key);
	return text;
}

static struct span span_at(const json_t *row, const char *key)
{
	return span_text(text_of(row, key));
}

static void expect_hex(const json_t *row, const char *key, const void *data, size_t size)
{
	char text[2 * 32 + 1];

	assert_true(size <= 32);
	hex_format(data, size, text);
	assert_string_equal(text, text_of(row, key));
}

/* The keyring of the vectors, loaded by way of a file as any other. */
static struct keyring *load(const json_t *vectors)
{
	const json_t *trackers = json_object_get(vectors, "trackers");
	char folder[] = "/tmp/waymark-XXXXXX", path[64];
	const char *hosts[TRACKERS];
	struct keyring *keyring = NULL;
	struct error error = {{0}};

	assert_int_equal(json_array_size(trackers), TRACKERS);
	for (size_t i = 0; i < TRACKERS; i++)
		hosts[i] = json_string_value(json_array_get(trackers, i));
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/keys.json", folder);
	assert_int_equal(json_dump_file(json_object_get(vectors, "keyring"), path, 0), 0);
	assert_int_equal(chmod(path, 0600), 0);
	if (keyring_load(path, hosts, TRACKERS, &keyring, &error))
		fail_msg("%s", error.text);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	return keyring;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const char *source = getenv("WAYMARK_SOURCE");
	char path[1024];

	assert_int_equal(crypto_init(), 0);
	(void)snprintf(path, sizeof(path), "%s/tests/golden/tokens.json", source ? source : ".");
	fixture->vectors = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	if (!fixture->vectors)
		fail_msg("cannot read %s", path);
	fixture->keyring = load(fixture->vectors);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	keyring_free(fixture->keyring);
	json_decref(fixture->vectors);
	free(fixture);
	return 0;
}

static const json_t *ids_of(const struct fixture *fixture, const char *kind)
{
	const json_t *rows = json_object_get(json_object_get(fixture->vectors, "ids"), kind);

	assert_true(json_array_size(rows) > 0);
	return rows;
}

static void prospects(void **state)
{
	struct fixture *fixture = *state;
	size_t i;
	json_t *row;

	json_array_foreach(ids_of(fixture, "prospects"), i, row)
	{
		cleanup_buffer struct buffer normal = BUFFER_INIT;
		struct prospect_id id;

		assert_int_equal(id_normalise_address(span_at(row, "address"), &normal), 0);
		assert_string_equal(buffer_text(&normal), text_of(row, "normal"));
		assert_int_equal(id_of_address(fixture->keyring, span_at(row, "address"), &id), 0);
		expect_hex(row, "id", id.bytes, sizeof(id.bytes));
	}
}

static void links(void **state)
{
	struct fixture *fixture = *state;
	size_t i;
	json_t *row;

	json_array_foreach(ids_of(fixture, "links"), i, row)
	{
		struct link_id id;

		id_of_link(fixture->keyring, span_at(row, "mailing"), span_at(row, "campaign"),
			   span_at(row, "label"), span_at(row, "url"), &id);
		expect_hex(row, "id", id.bytes, sizeof(id.bytes));
	}
}

static enum name_kind kind_of(const char *text)
{
	for (int kind = NAME_CAMPAIGN; kind <= NAME_FORM; kind++)
		if (strcmp(name_kind_text((enum name_kind)kind), text) == 0)
			return (enum name_kind)kind;
	fail_msg("no kind of name is called %s", text);
	return NAME_CAMPAIGN;
}

static void names(void **state)
{
	size_t i;
	json_t *row;

	json_array_foreach(ids_of(*state, "names"), i, row)
	{
		enum name_kind kind = kind_of(text_of(row, "kind"));
		uint8_t id[8];

		id_of_name(kind, span_at(row, "name"), id);
		expect_hex(row, "id", id, name_kind_id_bytes(kind));
	}
}

static void marks_of_the_erased(void **state)
{
	struct fixture *fixture = *state;
	size_t i;
	json_t *row;

	json_array_foreach(ids_of(fixture, "erased"), i, row)
	{
		struct prospect_id id;
		uint8_t mark[32];

		assert_int_equal(hex_parse(span_at(row, "prospect"), id.bytes, sizeof(id.bytes)),
				 0);
		id_of_erased(fixture->keyring, &id, mark);
		expect_hex(row, "mark", mark, sizeof(mark));
	}
}

static void tags(void **state)
{
	struct fixture *fixture = *state;
	size_t i;
	json_t *row;

	json_array_foreach(ids_of(fixture, "tags"), i, row)
	{
		unsigned tracker = (unsigned)json_integer_value(json_object_get(row, "tracker"));
		struct visitor_id visitor;
		struct visitor_tag tag;

		assert_int_equal(hex_parse(span_at(row, "visitor"), visitor.bytes,
					   sizeof(visitor.bytes)),
				 0);
		id_tag_of_visitor(fixture->keyring, tracker, &visitor, &tag);
		expect_hex(row, "tag", tag.bytes, sizeof(tag.bytes));
	}
}

/* The fields of a vector and where they lie in struct token. */
static const struct {
	const char *key;
	size_t offset, size;
} fields[] = {
#define ID(member)                                                                           \
	{                                                                                    \
#member, offsetof(struct token, member), sizeof(((struct token *)0)->member) \
	}
	ID(link), ID(prospect), ID(mailing), ID(campaign), ID(list),
	ID(form), ID(visitor),	ID(tag),     ID(nonce),
};

static void read_token(const json_t *row, struct token *ret_token)
{
	const json_t *url = json_object_get(row, "url");

	memset(ret_token, 0, sizeof(*ret_token));
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (json_object_get(row, fields[i].key))
			assert_int_equal(hex_parse(span_at(row, fields[i].key),
						   (uint8_t *)ret_token + fields[i].offset,
						   fields[i].size),
					 0);
	ret_token->key_id = (uint8_t)json_integer_value(json_object_get(row, "key_id"));
	ret_token->day = (uint16_t)json_integer_value(json_object_get(row, "day"));
	ret_token->flags = (uint8_t)json_integer_value(json_object_get(row, "flags"));
	ret_token->second = (uint32_t)json_integer_value(json_object_get(row, "second"));
	if (url)
		ret_token->url = span_text(json_string_value(url));
}

static void expect_token(const struct token *token, const struct token *expected)
{
	assert_int_equal(token->key_id, expected->key_id);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		assert_memory_equal((const uint8_t *)token + fields[i].offset,
				    (const uint8_t *)expected + fields[i].offset, fields[i].size);
	assert_int_equal(token->day, expected->day);
	assert_int_equal(token->flags, expected->flags);
	assert_int_equal(token->second, expected->second);
	assert_true(span_equal(token->url, expected->url));
}

static void tokens(void **state)
{
	struct fixture *fixture = *state;
	unsigned minted[PURPOSE_COUNT] = {0}, older[PURPOSE_COUNT] = {0};
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(fixture->vectors, "tokens"), i, row)
	{
		enum purpose purpose =
			(enum purpose)json_integer_value(json_object_get(row, "purpose"));
		unsigned tracker = (unsigned)json_integer_value(json_object_get(row, "tracker"));
		char text[TOKEN_MAX_CHARS + 1];
		struct token expected, token;

		read_token(row, &expected);
		assert_int_equal(token_open(fixture->keyring, purpose, tracker,
					    span_at(row, "token"), &token),
				 0);
		expect_token(&token, &expected);
		if (expected.key_id != SIGNING_ID) {
			older[purpose]++;
			continue;
		}
		assert_int_equal(token_mint(fixture->keyring, purpose, tracker, &expected, text),
				 0);
		assert_string_equal(text, text_of(row, "token"));
		minted[purpose]++;
	}
	for (int purpose = PURPOSE_FIRST; purpose < PURPOSE_COUNT; purpose++)
		if (token_payload_bytes((enum purpose)purpose) > 0)
			assert_true(minted[purpose] > 0 && older[purpose] > 0);
}

static void expect_export(struct buffer *text, const json_t *expected)
{
	json_t *root =
		json_loadb((const char *)text->data, text->size, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	assert_true(json_equal(root, expected));
	json_decref(root);
	buffer_clear(text);
}

static void exports(void **state)
{
	struct fixture *fixture = *state;
	const json_t *all = json_object_get(fixture->vectors, "exports");
	cleanup_buffer struct buffer text = BUFFER_INIT;

	assert_int_equal(keyring_export_mailer(fixture->keyring, &text), 0);
	expect_export(&text, json_object_get(all, "mailer"));
	for (unsigned tracker = 0; tracker < TRACKERS; tracker++) {
		assert_int_equal(keyring_export_login(fixture->keyring, tracker, &text), 0);
		expect_export(&text, json_array_get(json_object_get(all, "login"), tracker));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prospects), cmocka_unit_test(links),
		cmocka_unit_test(names),     cmocka_unit_test(marks_of_the_erased),
		cmocka_unit_test(tags),	     cmocka_unit_test(tokens),
		cmocka_unit_test(exports),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
