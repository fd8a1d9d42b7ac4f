/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token opens as what it was minted for, and as nothing else: each bit flipped, each other
 * purpose, tracker and key state, each other length and each other spelling is refused. The file is
 * long because every one of these ways to be wrong is tried on every purpose.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "crypto/token.h"
#include "folder.h"

static const char *const hosts[] = {"go.example.com", "go.example.net"};
static const char url[] = "https://www.example.com/autumn?a=b&c=%E6%97%A5#top";

struct fixture {
	struct folder folder;
	struct keyring *keyring;
};

static struct keyring *load(const struct folder *folder)
{
	struct keyring *keyring = NULL;
	struct error error = {{0}};

	if (keyring_load(folder->keys, hosts, 2, &keyring, &error))
		fail_msg("%s", error.text);
	return keyring;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_int_equal(crypto_init(), 0);
	folder_make(&fixture->folder);
	assert_int_equal(keyring_create(fixture->folder.keys, NULL), 0);
	fixture->keyring = load(&fixture->folder);
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

static void fill(struct token *token)
{
	memset(token, 0, sizeof(*token));
	memset(token->link.bytes, 0x11, sizeof(token->link.bytes));
	memset(token->prospect.bytes, 0x22, sizeof(token->prospect.bytes));
	memset(token->mailing.bytes, 0x33, sizeof(token->mailing.bytes));
	memset(token->campaign.bytes, 0x44, sizeof(token->campaign.bytes));
	memset(token->list.bytes, 0x55, sizeof(token->list.bytes));
	memset(token->form.bytes, 0x66, sizeof(token->form.bytes));
	memset(token->visitor.bytes, 0x77, sizeof(token->visitor.bytes));
	memset(token->tag.bytes, 0x88, sizeof(token->tag.bytes));
	memset(token->nonce.bytes, 0x99, sizeof(token->nonce.bytes));
	token->day = 0x1234;
	token->flags = VISITOR_CONSENT_IDENTIFY | VISITOR_BY_NAVIGATION;
	token->second = 0x89ABCDEF;
	token->url = span_text(url);
}

static void mint(const struct keyring *keyring, enum purpose purpose, char *ret_text)
{
	struct token token;

	fill(&token);
	assert_int_equal(token_mint(keyring, purpose, 0, &token, ret_text), 0);
}

static int open_text(const struct keyring *keyring, enum purpose purpose, unsigned tracker,
		     const char *text)
{
	struct token token;

	return token_open(keyring, purpose, tracker, span_text(text), &token);
}

/* clang-format off */
#define for_each_purpose(each)                                                                     \
	for (enum purpose each = PURPOSE_FIRST; (int)each < (int)PURPOSE_COUNT;                    \
	     each = (enum purpose)(each + 1))                                                      \
		if (token_payload_bytes(each) > 0)
/* clang-format on */

static bool has_url(enum purpose purpose)
{
	return purpose == PURPOSE_SELF_CONTAINED || purpose == PURPOSE_HANDOVER;
}

static const size_t chars[PURPOSE_COUNT] = {
	[PURPOSE_CLICK] = 44,	   [PURPOSE_LINK_PART] = 28,	[PURPOSE_PROSPECT_PART] = 44,
	[PURPOSE_OPEN] = 44,	   [PURPOSE_SUBSCRIPTION] = 39, [PURPOSE_VISITOR] = 43,
	[PURPOSE_FORM_VIEW] = 44,  [PURPOSE_LOGIN] = 50,	[PURPOSE_STAFF] = 23,
	[PURPOSE_HELD_CLICK] = 66, [PURPOSE_CONFIRM] = 50,
};

static void tokens_have_the_documented_length(void **state)
{
	struct fixture *fixture = *state;
	char text[TOKEN_MAX_CHARS + 1];

	for_each_purpose(purpose)
	{
		mint(fixture->keyring, purpose, text);
		if (has_url(purpose))
			assert_int_equal(strlen(text), (29 + strlen(url)) * 4 / 3 + 1);
		else
			assert_int_equal(strlen(text), chars[purpose]);
	}
	assert_int_equal(TOKEN_CLICK_CHARS, chars[PURPOSE_CLICK]);
	assert_int_equal(TOKEN_LINK_PART_CHARS, chars[PURPOSE_LINK_PART]);
	assert_int_equal(TOKEN_PROSPECT_PART_CHARS, chars[PURPOSE_PROSPECT_PART]);
	assert_int_equal(TOKEN_VISITOR_CHARS, chars[PURPOSE_VISITOR]);
	assert_int_equal(TOKEN_STAFF_CHARS, chars[PURPOSE_STAFF]);
	assert_int_equal(TOKEN_HELD_CLICK_CHARS, chars[PURPOSE_HELD_CLICK]);
	assert_int_equal(TOKEN_CONFIRM_CHARS, chars[PURPOSE_CONFIRM]);
}

static void a_token_opens_as_what_was_minted(void **state)
{
	static const struct {
		enum purpose purpose;
		unsigned fields; /* nonce link prospect mailing campaign list form visitor tag */
	} rows[] = {
		{PURPOSE_CLICK, 0xC0},	       {PURPOSE_LINK_PART, 0x80},
		{PURPOSE_PROSPECT_PART, 0x60}, {PURPOSE_SELF_CONTAINED, 0x50},
		{PURPOSE_OPEN, 0x60},	       {PURPOSE_SUBSCRIPTION, 0x48},
		{PURPOSE_VISITOR, 0x02},       {PURPOSE_FORM_VIEW, 0x05},
		{PURPOSE_LOGIN, 0x41},	       {PURPOSE_STAFF, 0x00},
		{PURPOSE_HELD_CLICK, 0xF0},    {PURPOSE_HANDOVER, 0x100},
		{PURPOSE_CONFIRM, 0x41},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum purpose purpose = rows[i].purpose;
		char text[TOKEN_MAX_CHARS + 1];
		struct token token;

		mint(fixture->keyring, purpose, text);
		memset(&token, 0xFF, sizeof(token));
		assert_int_equal(token_open(fixture->keyring, purpose, 0, span_text(text), &token),
				 0);
		assert_int_equal(token.key_id, 1);
		assert_int_equal(token.nonce.bytes[11], rows[i].fields & 0x100 ? 0x99 : 0);
		assert_int_equal(token.link.bytes[7], rows[i].fields & 0x80 ? 0x11 : 0);
		assert_int_equal(token.prospect.bytes[11], rows[i].fields & 0x40 ? 0x22 : 0);
		assert_int_equal(token.mailing.bytes[7], rows[i].fields & 0x20 ? 0x33 : 0);
		assert_int_equal(token.campaign.bytes[3], rows[i].fields & 0x10 ? 0x44 : 0);
		assert_int_equal(token.list.bytes[3], rows[i].fields & 0x08 ? 0x55 : 0);
		assert_int_equal(token.form.bytes[7], rows[i].fields & 0x04 ? 0x66 : 0);
		assert_int_equal(token.visitor.bytes[15], rows[i].fields & 0x02 ? 0x77 : 0);
		assert_int_equal(token.tag.bytes[7], rows[i].fields & 0x01 ? 0x88 : 0);
		assert_int_equal(token.day, purpose == PURPOSE_VISITOR ? 0x1234 : 0);
		assert_int_equal(token.flags, purpose == PURPOSE_VISITOR ? 7 : 0);
		assert_int_equal(token.second, rows[i].fields & 0x01 || purpose >= PURPOSE_HANDOVER
						       ? 0x89ABCDEF
						       : 0);
		assert_true(span_equal(token.url,
				       has_url(purpose) ? span_text(url) : span_of(NULL, 0)));
	}
}

static void no_flipped_bit_is_accepted(void **state)
{
	struct fixture *fixture = *state;

	for_each_purpose(purpose)
	{
		char text[TOKEN_MAX_CHARS + 1], changed[TOKEN_MAX_CHARS + 1];
		uint8_t bytes[TOKEN_MAX_BYTES];
		size_t size;

		mint(fixture->keyring, purpose, text);
		assert_int_equal(base64url_parse(span_text(text), bytes, sizeof(bytes), &size), 0);
		for (size_t bit = 0; bit < size * 8; bit++) {
			int expected = bit < 8 ? TOKEN_E_KEY : TOKEN_E_MAC;

			bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			base64url_format(bytes, size, changed);
			assert_int_equal(open_text(fixture->keyring, purpose, 0, changed),
					 expected);
			bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		assert_int_equal(open_text(fixture->keyring, purpose, 0, text), 0);
	}
}

static void no_flipped_bit_of_the_text_is_accepted(void **state)
{
	struct fixture *fixture = *state;

	for_each_purpose(purpose)
	{
		char text[TOKEN_MAX_CHARS + 1];
		struct token token;

		mint(fixture->keyring, purpose, text);
		for (size_t bit = 0; bit < strlen(text) * 8; bit++) {
			struct span span = span_text(text);

			text[bit / 8] = (char)(text[bit / 8] ^ (char)(1U << bit % 8));
			assert_int_not_equal(token_open(fixture->keyring, purpose, 0, span, &token),
					     0);
			text[bit / 8] = (char)(text[bit / 8] ^ (char)(1U << bit % 8));
		}
	}
}

static void a_mac_equal_in_all_but_its_last_byte_is_refused(void **state)
{
	struct fixture *fixture = *state;

	for_each_purpose(purpose)
	{
		char text[TOKEN_MAX_CHARS + 1];
		uint8_t bytes[TOKEN_MAX_BYTES];
		size_t size;

		mint(fixture->keyring, purpose, text);
		assert_int_equal(base64url_parse(span_text(text), bytes, sizeof(bytes), &size), 0);
		for (unsigned step = 1; step < 256; step++) {
			bytes[size - 1]++;
			base64url_format(bytes, size, text);
			assert_int_equal(open_text(fixture->keyring, purpose, 0, text),
					 TOKEN_E_MAC);
		}
		bytes[size - 1]++;
		base64url_format(bytes, size, text);
		assert_int_equal(open_text(fixture->keyring, purpose, 0, text), 0);
	}
}

static void no_other_purpose_opens_it(void **state)
{
	struct fixture *fixture = *state;

	for_each_purpose(minted)
	{
		char text[TOKEN_MAX_CHARS + 1];

		mint(fixture->keyring, minted, text);
		for_each_purpose(opened)
		{
			int code = open_text(fixture->keyring, opened, 0, text);

			if (opened == minted)
				assert_int_equal(code, 0);
			else
				assert_true(code == TOKEN_E_MAC || code == TOKEN_E_FORM);
		}
	}
}

static void only_purposes_up_to_six_open_at_another_tracker(void **state)
{
	struct fixture *fixture = *state;

	for_each_purpose(purpose)
	{
		bool hosted = (int)purpose > (int)PURPOSE_LAST_WITHOUT_HOST;
		char text[TOKEN_MAX_CHARS + 1];

		mint(fixture->keyring, purpose, text);
		assert_int_equal(open_text(fixture->keyring, purpose, 0, text), 0);
		assert_int_equal(open_text(fixture->keyring, purpose, 1, text),
				 hosted ? TOKEN_E_MAC : 0);
		assert_int_equal(open_text(fixture->keyring, purpose, 2, text),
				 hosted ? TOKEN_E_KEY : 0);
	}
}

static void rotation_keeps_a_token_and_retirement_ends_it(void **state)
{
	struct fixture *fixture = *state;
	char text[PURPOSE_COUNT][TOKEN_MAX_CHARS + 1], fresh[TOKEN_MAX_CHARS + 1];
	struct keyring *rotated, *retired, *other;
	uint8_t id = 0;

	for_each_purpose(purpose) mint(fixture->keyring, purpose, text[purpose]);
	assert_int_equal(keyring_rotate(fixture->folder.keys, &id, NULL), 0);
	assert_int_equal(id, 2);
	rotated = load(&fixture->folder);
	assert_int_equal(keyring_retire(fixture->folder.keys, 1, NULL), 0);
	retired = load(&fixture->folder);
	assert_int_equal(unlink(fixture->folder.keys), 0);
	assert_int_equal(keyring_create(fixture->folder.keys, NULL), 0);
	other = load(&fixture->folder);
	for_each_purpose(purpose)
	{
		assert_int_equal(open_text(rotated, purpose, 0, text[purpose]), 0);
		assert_int_equal(open_text(retired, purpose, 0, text[purpose]), TOKEN_E_KEY);
		assert_int_equal(open_text(other, purpose, 0, text[purpose]), TOKEN_E_MAC);
		mint(rotated, purpose, fresh);
		assert_string_not_equal(fresh, text[purpose]);
		assert_int_equal(open_text(retired, purpose, 0, fresh), 0);
		/* The node that has not reloaded yet does not know the new key. */
		assert_int_equal(open_text(fixture->keyring, purpose, 0, fresh), TOKEN_E_KEY);
	}
	keyring_free(rotated);
	keyring_free(retired);
	keyring_free(other);
}

static void truncations_and_extensions_are_refused(void **state)
{
	struct fixture *fixture = *state;

	for_each_purpose(purpose)
	{
		char text[TOKEN_MAX_CHARS + 8];
		struct token token;
		size_t size;

		mint(fixture->keyring, purpose, text);
		size = strlen(text);
		for (size_t cut = 0; cut < size; cut++)
			assert_int_not_equal(token_open(fixture->keyring, purpose, 0,
							span_of(text, cut), &token),
					     0);
		for (size_t extra = 1; extra <= 4; extra++) {
			memset(text + size, 'A', extra);
			assert_int_not_equal(token_open(fixture->keyring, purpose, 0,
							span_of(text, size + extra), &token),
					     0);
			assert_int_not_equal(token_open(fixture->keyring, purpose, 0,
							span_of(text + extra, size), &token),
					     0);
		}
		assert_int_not_equal(token_open(fixture->keyring, purpose, 0, span_of(NULL, 0),
						&token),
				     0);
	}
}

static void refuse_text(const struct fixture *fixture, enum purpose purpose, const char *text)
{
	assert_int_equal(open_text(fixture->keyring, purpose, 0, text), TOKEN_E_FORM);
}

/* The unused bits of the last digit: 2 when the bytes leave 2, 4 when they leave 1. */
static void refuse_unused_bits(const struct fixture *fixture, enum purpose purpose,
			       const char *text)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t size = strlen(text), unused = size % 4 == 2 ? 4 : size % 4 == 3 ? 2 : 0;
	char changed[TOKEN_MAX_CHARS + 1];
	size_t digit = (size_t)(strchr(alphabet, text[size - 1]) - alphabet);

	strcpy(changed, text);
	for (size_t bits = 1; bits < (size_t)1 << unused; bits++) {
		changed[size - 1] = alphabet[digit | bits];
		refuse_text(fixture, purpose, changed);
	}
}

static void other_spellings_are_refused(void **state)
{
	static const char foreign[] = "+/=. \t\r\n%~\x80\xFF";
	struct fixture *fixture = *state;

	for_each_purpose(purpose)
	{
		char text[TOKEN_MAX_CHARS + 1], changed[TOKEN_MAX_CHARS + 8];
		size_t size;

		mint(fixture->keyring, purpose, text);
		size = strlen(text);
		for (size_t i = 0; i < strlen(foreign); i++) {
			strcpy(changed, text);
			changed[size / 2] = foreign[i];
			refuse_text(fixture, purpose, changed);
			(void)snprintf(changed, sizeof(changed), "%s%c", text, foreign[i]);
			refuse_text(fixture, purpose, changed);
			(void)snprintf(changed, sizeof(changed), "%c%s", foreign[i], text);
			refuse_text(fixture, purpose, changed);
		}
		(void)snprintf(changed, sizeof(changed), "%s==", text);
		refuse_text(fixture, purpose, changed);
		refuse_unused_bits(fixture, purpose, text);
	}
}

/* What an exported subkey could sign and we would never mint. */
static void forge_value(const struct keyring *keyring, enum purpose purpose, struct span payload,
			char *ret_text)
{
	uint8_t bytes[TOKEN_MAX_BYTES] = {1}, mac[MAC_BYTES];

	memcpy(bytes + 1, payload.data, payload.size);
	mac_compute(keyring_subkey(keyring, 1, purpose, 0), span_of(bytes, 1 + payload.size), mac);
	memcpy(bytes + 1 + payload.size, mac, TOKEN_MAC_BYTES);
	base64url_format(bytes, TOKEN_OVERHEAD_BYTES + payload.size, ret_text);
}

static void authentic_but_unknown_flags_are_refused(void **state)
{
	struct fixture *fixture = *state;
	char text[TOKEN_MAX_CHARS + 1];
	uint8_t payload[19] = {0};
	struct token token;

	for (unsigned flags = 0; flags < 256; flags++) {
		bool allowed = flags < 8;

		payload[18] = (uint8_t)flags;
		forge_value(fixture->keyring, PURPOSE_VISITOR, span_of(payload, 19), text);
		assert_int_equal(open_text(fixture->keyring, PURPOSE_VISITOR, 0, text),
				 allowed ? 0 : TOKEN_E_VALUE);
		fill(&token);
		token.flags = (uint8_t)flags;
		assert_int_equal(token_mint(fixture->keyring, PURPOSE_VISITOR, 0, &token, text),
				 allowed ? 0 : TOKEN_E_VALUE);
	}
}

static void judge_url(const struct keyring *keyring, enum purpose purpose, struct span address,
		      int expected)
{
	char text[TOKEN_MAX_CHARS + 1];
	uint8_t payload[16 + TOKEN_URL_MAX_BYTES] = {0};
	struct token token;

	fill(&token);
	token.url = address;
	assert_int_equal(token_mint(keyring, purpose, 0, &token, text), expected);
	if (address.size > TOKEN_URL_MAX_BYTES)
		return;
	if (address.size > 0)
		memcpy(payload + 16, address.data, address.size);
	forge_value(keyring, purpose, span_of(payload, 16 + address.size), text);
	assert_int_equal(open_text(keyring, purpose, 0, text), expected);
}

static void an_address_never_breaks_a_location(void **state)
{
	static const struct {
		struct span url;
		int expected;
	} rows[] = {
		{SPAN("https://a/"), 0},
		{SPAN("HTTP://a"), 0},
		{SPAN(""), TOKEN_E_VALUE},
		{SPAN("https://"), TOKEN_E_VALUE},
		{SPAN("javascript:alert(1)"), TOKEN_E_VALUE},
		{SPAN("//evil.example/"), TOKEN_E_VALUE},
		{SPAN("/relative"), TOKEN_E_VALUE},
		{SPAN("https://a/\r\nSet-Cookie: x=y"), TOKEN_E_VALUE},
		{SPAN("https://a/\0b"), TOKEN_E_VALUE},
		{SPAN("https://a/ b"), TOKEN_E_VALUE},
		{SPAN("https://a/\x7F"), TOKEN_E_VALUE},
		{SPAN("https://a/\xC3\xA4"), TOKEN_E_VALUE},
	};
	struct fixture *fixture = *state;
	char longest[TOKEN_URL_MAX_BYTES + 1] = "https://a/";

	memset(longest + 10, 'x', sizeof(longest) - 10);
	for_each_purpose(purpose)
	{
		if (!has_url(purpose))
			continue;
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
			judge_url(fixture->keyring, purpose, rows[i].url, rows[i].expected);
		judge_url(fixture->keyring, purpose, span_of(longest, TOKEN_URL_MAX_BYTES), 0);
		judge_url(fixture->keyring, purpose, span_of(longest, TOKEN_URL_MAX_BYTES + 1),
			  TOKEN_E_VALUE);
	}
}

static void a_refused_token_leaves_the_output_untouched(void **state)
{
	struct fixture *fixture = *state;
	char text[TOKEN_MAX_CHARS + 1];
	struct token token, before;

	mint(fixture->keyring, PURPOSE_CLICK, text);
	text[20] = text[20] == 'A' ? 'B' : 'A';
	memset(&token, 0xA5, sizeof(token));
	before = token;
	assert_int_equal(token_open(fixture->keyring, PURPOSE_CLICK, 0, span_text(text), &token),
			 TOKEN_E_MAC);
	assert_memory_equal(&token, &before, sizeof(token));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(tokens_have_the_documented_length),
		TEST(a_token_opens_as_what_was_minted),
		TEST(no_flipped_bit_is_accepted),
		TEST(no_flipped_bit_of_the_text_is_accepted),
		TEST(a_mac_equal_in_all_but_its_last_byte_is_refused),
		TEST(no_other_purpose_opens_it),
		TEST(only_purposes_up_to_six_open_at_another_tracker),
		TEST(rotation_keeps_a_token_and_retirement_ends_it),
		TEST(truncations_and_extensions_are_refused),
		TEST(other_spellings_are_refused),
		TEST(authentic_but_unknown_flags_are_refused),
		TEST(an_address_never_breaks_a_location),
		TEST(a_refused_token_leaves_the_output_untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
