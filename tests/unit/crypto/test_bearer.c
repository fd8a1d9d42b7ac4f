/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of the admin API: whose secret opens what, what tokens.json may say, and how it changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "crypto/bearer.h"
#include "crypto/keyring.h"
#include "folder.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define HASH	   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER_HASH "f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define CREATED	   "\"created\": \"2026-11-21T12:00:00Z\""
#define TOKEN(name, hash)                                                                      \
	"{\"name\": \"" name "\", \"source\": \"s\", \"scopes\": [\"events:write\"], " CREATED \
	", \"hash\": \"" hash "\"}"
#define FILE_OF(tokens) "{\"version\": 1, \"tokens\": [" tokens "]}"

enum { NOW_S = 1800000000 };
static const usec_t now = NOW_S * USEC_PER_SEC;

static int set_up(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	assert_int_equal(crypto_init(), 0);
	folder_make(folder);
	*state = folder;
	return 0;
}

static int tear_down(void **state)
{
	folder_remove(*state);
	free(*state);
	return 0;
}

static struct bearer_set *load(const struct folder *folder)
{
	struct bearer_set *set = NULL;
	struct error error = {{0}};

	if (bearer_set_load(folder->keys, &set, &error))
		fail_msg("%s", error.text);
	assert_string_equal(error.text, ""); /* of what went well there is nothing to say */
	return set;
}

/* A token of that name with one scope; its secret comes out. */
static struct bearer make(const char *name, char ret_secret[BEARER_SECRET_CHARS + 1])
{
	struct bearer bearer = {.scopes = SCOPE_EVENTS_WRITE, .created = now};

	(void)snprintf(bearer.name, sizeof(bearer.name), "%s", name);
	(void)snprintf(bearer.source, sizeof(bearer.source), "shop");
	bearer_mint(ret_secret, bearer.hash);
	return bearer;
}

static void add(const struct folder *folder, const struct bearer *bearer)
{
	struct error error = {{0}};

	if (bearer_add(folder->keys, NULL, bearer, &error))
		fail_msg("%s", error.text);
}

static int find(const struct folder *folder, const char *secret, usec_t time, char ret_name[65])
{
	struct bearer_set *set = load(folder);
	const struct bearer *bearer = NULL;
	int code = bearer_find(set, span_text(secret), time, &bearer);

	if (code == 0)
		(void)snprintf(ret_name, BEARER_NAME_MAX_BYTES + 1, "%s", bearer->name);
	bearer_set_free(set);
	return code;
}

static void no_file_is_no_tokens(void **state)
{
	char secret[BEARER_SECRET_CHARS + 1], name[65];

	(void)make("shop", secret);
	assert_int_equal(find(*state, secret, now, name), BEARER_E_UNKNOWN);
}

static void a_secret_opens_its_own_token_only(void **state)
{
	char first[BEARER_SECRET_CHARS + 1], second[BEARER_SECRET_CHARS + 1], name[65] = "";
	struct bearer shop = make("shop", first), crm = make("crm", second);

	assert_int_equal(strlen(first), BEARER_SECRET_CHARS);
	assert_memory_equal(first, "wmk_", 4);
	assert_string_not_equal(first, second);
	add(*state, &shop);
	add(*state, &crm);
	assert_int_equal(find(*state, first, now, name), 0);
	assert_string_equal(name, "shop");
	assert_int_equal(find(*state, second, now, name), 0);
	assert_string_equal(name, "crm");
	first[20] = (char)(first[20] == 'A' ? 'B' : 'A');
	assert_int_equal(find(*state, first, now, name), BEARER_E_UNKNOWN);
	assert_int_equal(find(*state, "", now, name), BEARER_E_UNKNOWN);
	second[BEARER_SECRET_CHARS - 1] = '\0';
	assert_int_equal(find(*state, second, now, name), BEARER_E_UNKNOWN);
}

static void the_file_is_ours_alone_and_holds_no_secret(void **state)
{
	const struct folder *folder = *state;
	char secret[BEARER_SECRET_CHARS + 1], text[4096] = "";
	struct bearer shop = make("shop", secret);
	struct stat status;
	FILE *file;

	add(folder, &shop);
	assert_int_equal(stat(folder->keys, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	file = fopen(folder->keys, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	(void)fclose(file);
	assert_null(strstr(text, secret));
	assert_null(strstr(text, secret + 4));
	assert_non_null(strstr(text, "\"scopes\": [\"events:write\"]"));
}

static void one_that_is_over_opens_nothing(void **state)
{
	char secret[BEARER_SECRET_CHARS + 1], name[65];
	struct bearer shop = make("shop", secret);

	shop.expires = now + USEC_PER_SEC;
	add(*state, &shop);
	assert_int_equal(find(*state, secret, now, name), 0);
	assert_int_equal(find(*state, secret, shop.expires - 1, name), 0);
	assert_int_equal(find(*state, secret, shop.expires, name), BEARER_E_EXPIRED);
}

static void one_that_is_revoked_is_gone_but_for_its_name(void **state)
{
	const struct folder *folder = *state;
	char secret[BEARER_SECRET_CHARS + 1], other[BEARER_SECRET_CHARS + 1], name[65];
	struct bearer shop = make("shop", secret), again = make("shop", other);
	struct error error = {{0}};

	add(folder, &shop);
	add(folder, &shop); /* whoever asks twice has it once */
	assert_int_equal(bearer_add(folder->keys, NULL, &again, &error), BEARER_E_TAKEN);
	assert_non_null(strstr(error.text, "there is a token 'shop', and a name is given once"));
	assert_int_equal(bearer_revoke(folder->keys, SPAN("shop"), now, &error), 0);
	assert_int_equal(bearer_revoke(folder->keys, SPAN("shop"), now, &error), 0);
	assert_int_equal(find(folder, secret, now, name), BEARER_E_UNKNOWN);
	assert_int_equal(bearer_add(folder->keys, NULL, &shop, &error), BEARER_E_TAKEN);
	assert_non_null(strstr(error.text, "there was a token 'shop'"));
	assert_int_equal(bearer_revoke(folder->keys, SPAN("ship"), now, &error), BEARER_E_UNKNOWN);
	assert_non_null(strstr(error.text, "there is no token 'ship'"));
}

/* The hash of a revoked token is zeros, and no secret is looked up by those. */
static void what_is_written_is_read(void **state)
{
	cleanup_buffer struct buffer first = BUFFER_INIT, second = BUFFER_INIT;
	char secret[BEARER_SECRET_CHARS + 1];
	struct bearer shop = make("shop", secret), crm = make("crm", secret);
	struct bearer_set *set, *again = NULL;
	struct error error = {{0}};

	crm.scopes = SCOPE_EVENTS_IMPORT | SCOPE_EVENTS_WRITE | SCOPE_LINKS_WRITE |
		     SCOPE_PROSPECTS_READ | SCOPE_PROSPECTS_WRITE;
	crm.expires = now + 1;
	add(*state, &shop);
	add(*state, &crm);
	assert_int_equal(bearer_revoke(((struct folder *)*state)->keys, SPAN("shop"), now + 5,
				       &error),
			 0);
	set = load(*state);
	bearer_set_format(set, &first);
	assert_int_equal(bearer_set_parse("t", buffer_span(&first), &again, &error), 0);
	bearer_set_format(again, &second);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.data, second.data, first.size);
	assert_int_equal(again->count, 2);
	assert_int_equal(again->rows[0].revoked, now + 5);
	assert_int_equal(again->rows[1].scopes, crm.scopes);
	assert_int_equal(again->rows[1].expires, now + 1);
	bearer_set_free(set);
	bearer_set_free(again);
}

static void the_list_ends(void **state)
{
	const struct folder *folder = *state;
	char secret[BEARER_SECRET_CHARS + 1], name[65];
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct bearer_set *set = calloc(1, sizeof(*set) + BEARERS_MAX * sizeof(set->rows[0]));
	struct bearer more = make("more", secret);
	struct error error = {{0}};
	FILE *file;

	assert_non_null(set);
	for (set->count = 0; set->count < BEARERS_MAX; set->count++) {
		(void)snprintf(name, sizeof(name), "%064zu", set->count);
		set->rows[set->count] = make(name, secret);
		set->rows[set->count].scopes = 31;
		set->rows[set->count].expires = now;
	}
	bearer_set_format(set, &text);
	assert_in_range(text.size, 1, BEARER_FILE_MAX_BYTES);
	file = fopen(folder->keys, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text.data, 1, text.size, file), text.size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(folder->keys, 0600), 0);
	assert_int_equal(bearer_add(folder->keys, NULL, &more, &error), BEARER_E_FULL);
	bearer_set_free(set);
}

static void files_that_are_refused(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"", "t:1:1: not valid JSON"},
		{"[]", "t: the list: must be an object"},
		{"{\"version\": 2, \"tokens\": []}", "t: version: must be 1"},
		{"{\"version\": 1, \"tokens\": {}}",
		 "t: tokens: must be a list of at most 500 tokens"},
		{"{\"version\": 1, \"tokens\": [], \"x\": 1}",
		 "t: the list: holds the unknown member \"x\""},
		{FILE_OF("1"), "t: tokens[0]: must be an object"},
		{FILE_OF(TOKEN("A", HASH)),
		 "t: tokens[0]: its name must be 1 to 64 of a-z 0-9 . _ -"},
		{FILE_OF(TOKEN("", HASH)),
		 "t: tokens[0]: its name must be 1 to 64 of a-z 0-9 . _ -"},
		{FILE_OF(TOKEN("a", HASH) ", " TOKEN("a", OTHER_HASH)),
		 "t: tokens[1]: the name a is there twice"},
		{FILE_OF(TOKEN("a", HASH) ", " TOKEN("b", HASH)),
		 "t: tokens[1]: its hash is that of a"},
		{FILE_OF(TOKEN("a", "00")), "t: tokens[0]: its hash must be 64 hexadecimal digits"},
		{FILE_OF("{\"name\": \"a\", \"source\": \"a\", \"scopes\": [], " CREATED "}"),
		 "t: tokens[0]: its scopes must be a list of at least one"},
		{FILE_OF("{\"name\": \"a\", \"source\": \"a\", \"scopes\": [\"all\"], " CREATED
			 "}"),
		 "t: tokens[0]: holds the unknown scope \"all\""},
		{FILE_OF("{\"name\": \"a\", \"source\": \"a\", \"scopes\": [\"links:write\"]}"),
		 "t: tokens[0]: its created must be a time such as 2026-11-21T12:00:00Z"},
		{FILE_OF("{\"name\": \"a\", \"source\": \"a\", \"scopes\": [\"links:write\"], " CREATED
			 ", \"revoked\": \"2026-11-22T12:00:00Z\", \"hash\": \"" HASH "\"}"),
		 "t: tokens[0]: a revoked token must not keep its hash"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bearer_set *set = NULL;
		struct error error = {{0}};

		assert_int_equal(bearer_set_parse("t", span_text(rows[i].text), &set, &error),
				 BEARER_E_FILE);
		assert_null(set);
		assert_string_equal(error.text, rows[i].sentence);
	}
}

static void others_must_not_get_at_it(void **state)
{
	const struct folder *folder = *state;
	char secret[BEARER_SECRET_CHARS + 1], expected[ERROR_TEXT_BYTES];
	struct bearer shop = make("shop", secret);
	struct bearer_set *set = NULL;
	struct error error = {{0}};

	add(folder, &shop);
	assert_int_equal(chmod(folder->keys, 0640), 0);
	assert_int_equal(bearer_set_load(folder->keys, &set, &error), BEARER_E_FILE);
	(void)snprintf(expected, sizeof(expected),
		       "%s: its mode is 0640, so that others can get at the tokens; change it: "
		       "chmod 600 %s",
		       folder->keys, folder->keys);
	assert_string_equal(error.text, expected);
}

/* Add @bearer in a process that dies in the middle of writing. */
static void die_adding(const struct folder *folder, const struct bearer *bearer)
{
	const struct rlimit few_bytes = {16, 16}, no_dump = {0, 0};
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)signal(SIGXFSZ, SIG_DFL);
		if (setrlimit(RLIMIT_CORE, &no_dump) || setrlimit(RLIMIT_FSIZE, &few_bytes))
			_exit(2);
		(void)bearer_add(folder->keys, NULL, bearer, NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
}

/* A list that was cut short would keep the server from starting. */
static void a_crash_leaves_the_list_before_or_after(void **state)
{
	char first[BEARER_SECRET_CHARS + 1], second[BEARER_SECRET_CHARS + 1], name[65];
	struct bearer shop = make("shop", first), crm = make("crm", second);

	die_adding(*state, &shop);
	assert_int_equal(find(*state, first, now, name), BEARER_E_UNKNOWN);
	add(*state, &shop);
	die_adding(*state, &crm);
	assert_int_equal(find(*state, first, now, name), 0);
	assert_int_equal(find(*state, second, now, name), BEARER_E_UNKNOWN);
	add(*state, &crm); /* and nothing is left beside it: the folder can be removed */
	assert_int_equal(find(*state, second, now, name), 0);
}

static void scopes_have_names(void **state)
{
	const char *sentence, *name;
	unsigned all = 0;

	(void)state;
	for (unsigned i = 0; (name = bearer_scope_name(i, &sentence)); i++) {
		enum bearer_scope scope = bearer_scope_find(span_text(name));

		assert_true(scope && !(all & scope));
		assert_string_equal(bearer_scope_text(scope), name);
		all |= scope;
	}
	assert_int_equal(bearer_scope_find(SPAN("events")), 0);
	assert_int_equal(bearer_scope_find(SPAN("")), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_file_is_no_tokens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_secret_opens_its_own_token_only, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_file_is_ours_alone_and_holds_no_secret, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_that_is_over_opens_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_is_revoked_is_gone_but_for_its_name,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_written_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_list_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(others_must_not_get_at_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_crash_leaves_the_list_before_or_after, set_up,
						tear_down),
		cmocka_unit_test(files_that_are_refused),
		cmocka_unit_test(scopes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
