/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark config check`: everything that a start judges before it touches the store: the text of
 * the configuration, its trackers and networks, and the keyring that it names; and what only
 * `waymark summarize` and `waymark milter` ask for, which would otherwise fail in the night: rules
 * and time zone, who is tracked.
 */
#include "app/app.h"
#include "commands/command.h"
#include "commands/milter_rules.h"
#include "config/config.h"
#include "ship/dns.h"
#include "summary/unit_fold.h"

#include <stdio.h>

static void print_summary(const struct app *app)
{
	printf("%s is in order.\n", app->config->path);
	for (size_t i = 0; i < app->trackers->count; i++) {
		const struct tracker *tracker = &app->trackers->trackers[i];

		printf("%-10s%s%s, for", "tracker", tracker->origin,
		       tracker == app->trackers->primary ? " (primary)" : "");
		for (size_t site = 0; site < tracker->site_count; site++)
			printf(" %s", tracker->sites[site]);
		putchar('\n');
	}
	printf("%-10s%s\n", "data", app->config->data_dir);
	printf("%-10s%s, %zu in all, key %u signs\n", "keys", app->config->keys_file,
	       keyring_count(app->keyring), keyring_signing_id(app->keyring));
	printf("%-10s%s\n", "consent", consent_text((enum consent)app->config->consent_default));
}

static void warn_of_no_effect(const struct config *config)
{
	const char *why;
	size_t at = 0;

	for (const char *key; (key = config_next_without_effect(config, &at, &why)) != NULL;) {
		struct error error = {""};

		(void)config_error(config, &error, key, "has no effect: %s", why);
		command_warn("%s", error.text);
	}
}

static int check_summaries(const struct config *config, struct error *error)
{
	const struct fold_sink sink = {.count = NULL};
	struct unit_fold *fold;
	int r = unit_fold_new(config, &sink, &fold, error);

	if (!r)
		unit_fold_free(fold);
	return r;
}

/* Could it be asked? Whether it answers is for the server to see. */
static int check_resolver(const struct config *config, struct error *error)
{
	struct error reason = {""};
	struct dns_resolver resolver;

	if (!config->resolver[0] || !dns_resolver_find(config->resolver, &resolver, &reason))
		return 0;
	return config_error(config, error, "forms.resolver", "%s", reason.text);
}

/* Would `waymark milter` start? */
static int check_milter(const struct config *config, struct error *error)
{
	struct milter_rules *rules = NULL;
	int r = milter_rules_new(config, &rules, error);

	milter_rules_free(rules);
	return r < 0 ? error_set(error, r, "%s", strerror(-r)) : r;
}

int command_config_check(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.doc = "Would serve start with this configuration, and summarize? Reads it, and "
		       "the keyring and rules that it names; changes nothing and needs no running "
		       "server."
		       "\vExit status: 0 when it is in order, else 1 with the place and the reason.",
	};
	struct command_line line = {0};
	struct error error = {""};
	struct app *app;

	command_parse(&argp, argc, argv, &line);
	if (app_open(line.config, APP_OFFLINE, &app, &error))
		return command_fail(&error);
	if (settings_serve(app->settings, &error) || check_summaries(app->config, &error) ||
	    check_resolver(app->config, &error) || check_milter(app->config, &error)) {
		app_close(app);
		return command_fail(&error);
	}
	print_summary(app);
	warn_of_no_effect(app->config);
	app_close(app);
	return command_finish();
}
