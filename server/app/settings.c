/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings are made whole or not at all: everything that a start would judge is judged before
 * anything is replaced, so a file with a mistake in it changes nothing.
 *
 * A change of keys or tokens alone reads the configuration's text that is in force, not its file:
 * an edit that nobody has asked to load yet stays out.
 */
#include "app/settings.h"

#include "app/mail_login.h"
#include "base/cleanup.h"
#include "track/disclosure.h"
#include "track/person_type.h"

#include <string.h>

static void settings_free(struct settings *settings)
{
	free_mail_free(settings->free_mail);
	mail_login_free(settings->mail_login);
	verdict_rules_free(settings->rules);
	country_table_free(settings->countries);
	bearer_set_free(settings->bearers);
	keyring_free(settings->keyring);
	tracker_set_free(settings->trackers);
	config_free(settings->config);
	free(settings);
}

static void cleanup_settings(struct settings **settings)
{
	if (*settings)
		settings_free(*settings);
}

/* One sentence for whatever the modules below return. */
static int fail(int code, struct error *error)
{
	if (code < 0 && !error->text[0])
		(void)error_set(error, 0, "the settings cannot be loaded: %s", strerror(-code));
	return SETTINGS_E_INVALID;
}

/* Trackers, keyring and tokens, from the configuration that is there. */
static int complete(struct settings *settings, struct error *error)
{
	const struct config *config = settings->config;
	int code = tracker_set_new(config, &settings->trackers, error);

	if (!code)
		code = disclosure_check(config, error);
	if (!code)
		code = person_types_check(config, error);
	if (!code)
		code = country_table_new(config, &settings->countries, error);
	if (!code)
		code = verdict_rules_new(config, &settings->rules, error);
	if (!code)
		code = free_mail_load(config->free_mail_file, &settings->free_mail, error);
	if (!code)
		code = keyring_load(config->keys_file, settings->trackers->hosts,
				    settings->trackers->count, &settings->keyring, error);
	if (!code)
		code = bearer_set_load(config->tokens_file, &settings->bearers, error);
	return code;
}

int settings_load(const char *path, struct settings **ret_settings, struct error *error)
{
	cleanup(cleanup_settings) struct settings *settings = calloc(1, sizeof(*settings));
	int code;

	if (!settings)
		return error_set(error, SETTINGS_E_INVALID, "out of memory");
	settings->references = 1;
	code = config_load(path, &settings->config, error);
	if (!code)
		code = complete(settings, error);
	if (code)
		return fail(code, error);
	*ret_settings = take_ptr(settings);
	return 0;
}

static int check_node(const struct config *config, const struct config *running,
		      struct error *error)
{
	if (strcmp(config->node, running->node) == 0)
		return 0;
	return config_error(config, error, "node",
			    "is \"%s\", but the log belongs to node \"%s\"; set it back",
			    config->node, running->node);
}

static int check_identity(const struct settings *settings, const struct settings *running,
			  struct error *error)
{
	if (keyring_same_identity(settings->keyring, running->keyring))
		return 0;
	return error_set(error, SETTINGS_E_INVALID,
			 "%s: its identity key is another one, which would change the id of every "
			 "person and every link; put the file of this instance back",
			 settings->config->keys_file);
}

int settings_serve(struct settings *settings, struct error *error)
{
	int code = country_table_open(settings->countries, settings->config, error);

	if (!code)
		code = mail_login_load(settings->config, &settings->mail_login, error);
	if (code)
		return fail(code, error);
	settings->serves = true;
	return 0;
}

int settings_renew(const struct settings *running, bool keys_only, struct settings **ret_settings,
		   struct buffer *ret_kept, struct error *error)
{
	cleanup(cleanup_settings) struct settings *settings = calloc(1, sizeof(*settings));
	const struct config *old = running->config;
	int code;

	if (!settings)
		return error_set(error, SETTINGS_E_INVALID, "out of memory");
	settings->references = 1;
	code = keys_only ? config_parse(old->path, span_text(old->text), &settings->config, error)
			 : config_load(old->path, &settings->config, error);
	if (!code)
		code = check_node(settings->config, old, error);
	if (!code)
		code = config_keep_fixed(settings->config, old, ret_kept);
	if (!code)
		code = complete(settings, error);
	if (!code)
		code = check_identity(settings, running, error);
	if (!code && running->serves)
		code = settings_serve(settings, error);
	if (code)
		return fail(code, error);
	*ret_settings = take_ptr(settings);
	return 0;
}

struct settings *settings_hold(struct settings *settings)
{
	settings->references++;
	return settings;
}

bool settings_release(struct settings *settings)
{
	if (!settings || --settings->references > 0)
		return false;
	settings_free(settings);
	return true;
}
