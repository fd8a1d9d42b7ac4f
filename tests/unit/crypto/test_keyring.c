/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keyring: what keys.json may say, who may touch it, how it changes, and what leaves it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "crypto/keyring.h"
#include "crypto/keyring_file.h"
#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define MASTER "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""
#define KEY(id, state)                         \
	"{\"id\": " id ", \"state\": \"" state \
	"\", \"created\": \"2026-11-21T12:00:00Z\", \"master\": " MASTER "}"
#define RETIRED(id) \
	"{\"id\": " id ", \"state\": \"retired\", \"created\": \"2026-11-21T12:00:00Z\"}"
#define FILE_OF(keys) "{\"version\": 1, \"identity\": " MASTER ", \"keys\": [" keys "]}"

static const char *const hosts[] = {"go.example.com", "go.example.net"};

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

static void write_file(const struct folder *folder, const char *text)
{
	FILE *file = fopen(folder->keys, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(folder->keys, 0600), 0);
}

static struct keyring *load(const struct folder *folder)
{
	struct keyring *keyring = NULL;
	struct error error = {{0}};

	if (keyring_load(folder->keys, hosts, 2, &keyring, &error))
		fail_msg("%s", error.text);
	return keyring;
}

static void refuse(const struct folder *folder, const char *sentence)
{
	char expected[ERROR_TEXT_BYTES];
	struct keyring *keyring = NULL;
	struct error error = {{0}};

	assert_int_equal(keyring_load(folder->keys, hosts, 2, &keyring, &error), KEYRING_E_FILE);
	assert_null(keyring);
	(void)snprintf(expected, sizeof(expected), "%s%s", folder->keys, sentence);
	assert_string_equal(error.text, expected);
}

static unsigned files_in(const struct folder *folder)
{
	DIR *directory = opendir(folder->path);
	unsigned count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	assert_int_equal(closedir(directory), 0);
	return count - 2;
}

static void a_fresh_keyring_has_one_signing_key(void **state)
{
	struct folder *folder = *state;
	struct keyring *keyring;
	struct error error = {{0}};
	struct stat status;
	mode_t mask = umask(0);

	assert_int_equal(keyring_create(folder->keys, &error), 0);
	(void)umask(mask);
	assert_int_equal(stat(folder->keys, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	keyring = load(folder);
	assert_int_equal(keyring_count(keyring), 1);
	assert_int_equal(keyring_get(keyring, 0).id, 1);
	assert_int_equal(keyring_get(keyring, 0).state, KEY_SIGNING);
	assert_true(keyring_get(keyring, 0).created + 60 * USEC_PER_SEC > clock_wall());
	assert_int_equal(keyring_signing_id(keyring), 1);
	assert_int_equal(keyring_host_count(keyring), 2);
	keyring_free(keyring);
	keyring_free(NULL);
}

static void a_keyring_is_never_overwritten(void **state)
{
	struct folder *folder = *state;
	struct error error = {{0}};

	write_file(folder, "something");
	assert_int_equal(keyring_create(folder->keys, &error), KEYRING_E_EXISTS);
	assert_non_null(strstr(error.text, "never overwritten"));
	refuse(folder, ":1:9: not valid JSON");
}

static void a_keyring_that_cannot_be_made_leaves_nothing(void **state)
{
	struct folder *folder = *state;
	struct error error = {{0}};

	assert_int_equal(keyring_create("/nowhere/keys.json", &error), KEYRING_E_FILE);
	assert_string_equal(error.text, "/nowhere/keys.json: cannot write the keyring: "
					"No such file or directory");
	assert_int_equal(files_in(folder), 0);
}

static void others_must_not_touch_it(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0644, 0666, 0777};
	struct folder *folder = *state;

	write_file(folder, FILE_OF(KEY("1", "signing")));
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		char sentence[600];

		assert_int_equal(chmod(folder->keys, modes[i]), 0);
		(void)snprintf(sentence, sizeof(sentence),
			       ": its mode is %04o, so that others can get at the keys; "
			       "change it: chmod 600 %s",
			       modes[i], folder->keys);
		refuse(folder, sentence);
	}
	assert_int_equal(chmod(folder->keys, 0400), 0);
	keyring_free(load(folder));
}

static void what_is_not_a_file_is_refused_at_once(void **state)
{
	struct folder *folder = *state;
	struct keyring *keyring = NULL;

	assert_int_equal(mkfifo(folder->keys, 0600), 0);
	refuse(folder, ": the keyring is not a regular file");
	assert_int_equal(unlink(folder->keys), 0);
	refuse(folder, ": cannot open the keyring: No such file or directory");
	assert_int_equal(keyring_load(folder->path, NULL, 0, &keyring, NULL), KEYRING_E_FILE);
}

static void a_file_that_says_anything_else_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{"", ":1:1: not valid JSON"},
		{"[]", ": the keyring: must be an object"},
		{"{\"version\": 1, \"version\": 1}",
		 ":1:24: the member before this place is there twice"},
		{"{\"version\": 2}", ": version: must be 1"},
		{"{\"version\": \"1\"}", ": version: must be 1"},
		{"{}", ": version: must be 1"},
		{"{\"version\": 1, \"extra\": 0}",
		 ": the keyring: holds the unknown member \"extra\""},
		{"{\"version\": 1}", ": identity: must be 32 bytes in base64url without padding"},
		{"{\"version\": 1, \"identity\": \"AAAA\"}",
		 ": identity: must be 32 bytes in base64url without padding"},
		{"{\"version\": 1, \"identity\": " MASTER "}",
		 ": keys: must be a list of 1 to 255 keys"},
		{FILE_OF(""), ": keys: must be a list of 1 to 255 keys"},
		{FILE_OF("1"), ": keys[0]: must be an object"},
		{FILE_OF("{}"), ": keys[0]: its id must be an integer from 1 to 255"},
		{FILE_OF(KEY("0", "signing")),
		 ": keys[0]: its id must be an integer from 1 to 255"},
		{FILE_OF(KEY("256", "signing")),
		 ": keys[0]: its id must be an integer from 1 to 255"},
		{FILE_OF(KEY("1.0", "signing")),
		 ": keys[0]: its id must be an integer from 1 to 255"},
		{FILE_OF(KEY("1", "active")),
		 ": keys[0]: its state must be signing, verifying or retired"},
		{FILE_OF(KEY("1", "signing") ", " KEY("2", "retired")),
		 ": keys[1]: a retired key must not keep its master"},
		{FILE_OF(KEY("1", "verifying")), ": keys: exactly one key must be signing, not 0"},
		{FILE_OF(KEY("1", "signing") ", " KEY("2", "signing")),
		 ": keys: exactly one key must be signing, not 2"},
		{FILE_OF(KEY("1", "signing") ", " KEY("1", "verifying")),
		 ": keys: the id 1 is there twice"},
		{FILE_OF("{\"id\": 1, \"state\": \"signing\", \"created\": \"2026-11-21\"}"),
		 ": keys[0]: its creation must be a time such as 2026-11-21T12:00:00Z"},
		{FILE_OF("{\"id\": 1, \"state\": \"signing\", \"created\": "
			 "\"2026-11-21T12:00:00Z\"}"),
		 ": keys[0]: must be 32 bytes in base64url without padding"},
		{FILE_OF("{\"id\": 1, \"note\": \"x\"}"),
		 ": keys[0]: holds the unknown member \"note\""},
	};
	struct folder *folder = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		write_file(folder, rows[i][0]);
		refuse(folder, rows[i][1]);
	}
}

static void an_endless_file_is_refused(void **state)
{
	struct folder *folder = *state;

	write_file(folder, "{");
	assert_int_equal(truncate(folder->keys, 1 << 30), 0);
	refuse(folder, ": 1073741824 bytes are too many for a keyring (at most 65536)");
}

static void no_message_quotes_a_master(void **state)
{
	struct folder *folder = *state;
	struct keyring *keyring = NULL;
	struct error error = {{0}};

	write_file(folder, "{\"version\": 1, \"identity\": " MASTER " \"AAECAwQFBg\"");
	assert_int_equal(keyring_load(folder->keys, NULL, 0, &keyring, &error), KEYRING_E_FILE);
	assert_null(strstr(error.text, "AAEC"));
}

static void rotation_goes_on_until_the_ids_are_used_up(void **state)
{
	struct folder *folder = *state;
	struct keyring *keyring;
	struct error error = {{0}};
	uint8_t id = 0;

	assert_int_equal(keyring_create(folder->keys, NULL), 0);
	for (unsigned next = 2; next <= 255; next++) {
		assert_int_equal(keyring_rotate(folder->keys, &id, &error), 0);
		assert_int_equal(id, next);
	}
	assert_int_equal(keyring_rotate(folder->keys, &id, &error), KEYRING_E_FULL);
	assert_non_null(strstr(error.text, "cannot be rotated any more"));
	assert_int_equal(id, 255);
	keyring = load(folder);
	assert_int_equal(keyring_count(keyring), 255);
	assert_int_equal(keyring_signing_id(keyring), 255);
	for (unsigned key = 1; key <= 255; key++)
		assert_non_null(keyring_subkey(keyring, (uint8_t)key, PURPOSE_LOGIN, 1));
	assert_null(keyring_subkey(keyring, 0, PURPOSE_CLICK, 0));
	keyring_free(keyring);
	assert_int_equal(files_in(folder), 1);
}

static void retirement_destroys_the_master_and_keeps_the_id(void **state)
{
	struct folder *folder = *state;
	struct keyring *keyring;
	struct error error = {{0}};
	uint8_t id = 0;

	write_file(folder, FILE_OF(KEY("7", "verifying") ", " KEY("9", "signing")));
	assert_int_equal(keyring_retire(folder->keys, 8, &error), KEYRING_E_UNKNOWN);
	assert_int_equal(keyring_retire(folder->keys, 9, &error), KEYRING_E_SIGNING);
	assert_int_equal(keyring_retire(folder->keys, 7, &error), 0);
	assert_int_equal(keyring_retire(folder->keys, 7, &error), KEYRING_E_RETIRED);
	keyring = load(folder);
	assert_int_equal(keyring_count(keyring), 2);
	assert_int_equal(keyring_get(keyring, 0).id, 7);
	assert_int_equal(keyring_get(keyring, 0).state, KEY_RETIRED);
	assert_null(keyring_subkey(keyring, 7, PURPOSE_CLICK, 0));
	assert_non_null(keyring_subkey(keyring, 9, PURPOSE_CLICK, 0));
	keyring_free(keyring);
	/* Retiring everything but the last does not bring its id back. */
	write_file(folder, FILE_OF(KEY("1", "signing") ", " RETIRED("254")));
	assert_int_equal(keyring_rotate(folder->keys, &id, &error), 0);
	assert_int_equal(id, 255);
	assert_int_equal(keyring_rotate(folder->keys, &id, &error), KEYRING_E_FULL);
}

static void a_failed_change_leaves_the_file_alone(void **state)
{
	struct folder *folder = *state;
	char beside[320];
	struct error error = {{0}};
	uint8_t id = 0;

	assert_int_equal(keyring_create(folder->keys, NULL), 0);
	(void)snprintf(beside, sizeof(beside), "%s.new", folder->keys);
	/* A folder in the way of the new file: it can be neither removed nor written. */
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_int_equal(keyring_rotate(folder->keys, &id, &error), KEYRING_E_FILE);
	assert_int_equal(rmdir(beside), 0);
	keyring_free(load(folder));
	/* What a crash between writing and renaming leaves is no hindrance. */
	assert_int_equal(symlink("/nowhere", beside), 0);
	assert_int_equal(keyring_rotate(folder->keys, &id, &error), 0);
	assert_int_equal(id, 2);
	assert_int_equal(files_in(folder), 1);
}

static void a_symbolic_link_is_followed(void **state)
{
	struct folder *folder = *state;
	char link[320];
	struct stat status;
	uint8_t id = 0;

	assert_int_equal(keyring_create(folder->keys, NULL), 0);
	(void)snprintf(link, sizeof(link), "%s/link.json", folder->path);
	assert_int_equal(symlink("keys.json", link), 0);
	assert_int_equal(keyring_rotate(link, &id, NULL), 0);
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(unlink(link), 0);
}

static void it_loads_without_locked_memory(void **state)
{
	struct rlimit before, none = {0};
	struct folder *folder = *state;
	struct keyring *keyring;

	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &before), 0);
	none.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	assert_int_equal(keyring_create(folder->keys, NULL), 0);
	keyring = load(folder);
	assert_non_null(keyring_subkey(keyring, 1, PURPOSE_VISITOR, 1));
	keyring_free(keyring);
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &before), 0);
}

static void subkeys_end_where_the_trackers_end(void **state)
{
	struct folder *folder = *state;
	struct keyring *keyring = NULL;

	assert_int_equal(keyring_create(folder->keys, NULL), 0);
	keyring = load(folder);
	assert_non_null(keyring_subkey(keyring, 1, PURPOSE_VISITOR, 1));
	assert_null(keyring_subkey(keyring, 1, PURPOSE_VISITOR, 2));
	assert_ptr_equal(keyring_subkey(keyring, 1, PURPOSE_CLICK, 0),
			 keyring_subkey(keyring, 1, PURPOSE_CLICK, 77));
	assert_memory_not_equal(keyring_subkey(keyring, 1, PURPOSE_VISITOR, 0),
				keyring_subkey(keyring, 1, PURPOSE_VISITOR, 1),
				sizeof(crypto_auth_hmacsha256_state));
	keyring_free(keyring);
	assert_int_equal(keyring_load(folder->keys, NULL, 0, &keyring, NULL), 0);
	assert_null(keyring_subkey(keyring, 1, PURPOSE_VISITOR, 0));
	keyring_free(keyring);
}

static json_t *export(const struct keyring *keyring, bool login)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	json_t *root;

	assert_int_equal(login ? keyring_export_login(keyring, 1, &text)
			       : keyring_export_mailer(keyring, &text),
			 0);
	root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	return root;
}

static void exports_hold_subkeys_and_no_master(void **state)
{
	struct folder *folder = *state;
	struct keyring *keyring;
	json_t *mailer, *login;

	write_file(folder, FILE_OF(KEY("3", "signing")));
	keyring = load(folder);
	mailer = export(keyring, false);
	login = export(keyring, true);
	assert_int_equal(json_integer_value(json_object_get(mailer, "key_id")), 3);
	assert_int_equal(json_object_size(json_object_get(mailer, "subkeys")), 6);
	assert_null(json_object_get(json_object_get(mailer, "subkeys"), "9"));
	assert_int_equal(json_object_size(json_object_get(login, "subkeys")), 1);
	assert_non_null(json_object_get(json_object_get(login, "subkeys"), "9"));
	assert_string_equal(json_string_value(json_object_get(login, "tracker")), hosts[1]);
	json_decref(mailer);
	json_decref(login);
	keyring_free(keyring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_fresh_keyring_has_one_signing_key),
		TEST(a_keyring_is_never_overwritten),
		TEST(a_keyring_that_cannot_be_made_leaves_nothing),
		TEST(others_must_not_touch_it),
		TEST(what_is_not_a_file_is_refused_at_once),
		TEST(a_file_that_says_anything_else_is_refused),
		TEST(an_endless_file_is_refused),
		TEST(no_message_quotes_a_master),
		TEST(rotation_goes_on_until_the_ids_are_used_up),
		TEST(retirement_destroys_the_master_and_keeps_the_id),
		TEST(a_failed_change_leaves_the_file_alone),
		TEST(a_symbolic_link_is_followed),
		TEST(it_loads_without_locked_memory),
		TEST(subkeys_end_where_the_trackers_end),
		TEST(exports_hold_subkeys_and_no_master),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
