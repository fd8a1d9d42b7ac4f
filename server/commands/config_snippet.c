/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark config snippet`: what to put into the pages of the sites, for each tracker, ready to
 * paste, with the directives that a Content-Security-Policy needs for it.
 *
 * The first line keeps commands until the script is there; it is fixed, so that a policy can allow
 * it by its hash. Everything else about it is in deploy/guides/site.md.
 */
#include "app/app.h"
#include "commands/command.h"
#include "public/asset.h"

#include <stdio.h>

enum { KEY_PIN = 0x100 };

/* The hash of what stands between its tags; tests/flow/test_config.py computes it. */
#define STUB	  "window.waymark=window.waymark||function(){(waymark.q=waymark.q||[]).push(arguments)}"
#define STUB_HASH "sha256-6urnuNulg1mKea4j43tTfy0MSAt4lE6UURQdqNaphPM="

struct arguments {
	const char *config;
	bool pin;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case KEY_PIN:
		arguments->pin = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "there is nothing to name: '%s'", value);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_tag(const char *origin, const struct asset *asset, const char *path, bool pin,
		      const char *attributes)
{
	printf("<script async crossorigin=\"anonymous\" ");
	if (pin)
		printf("integrity=\"%s\" src=\"%s/t/%s.js\"", asset->integrity, origin,
		       asset->hash);
	else
		printf("src=\"%s%s\"", origin, path);
	printf("%s></script>\n", attributes);
}

static void print_tracker(const struct tracker *tracker, const struct config *config, bool pin)
{
	printf("<!-- %s, for", tracker->origin);
	for (size_t i = 0; i < tracker->site_count; i++)
		printf(" %s", tracker->sites[i]);
	printf(" -->\n<script>" STUB "</script>\n");
	print_tag(tracker->origin, asset_snippet(config->consent_default), "/t.js", pin,
		  config->consent_gpc ? "" : " data-gpc=\"off\"");
	printf("<noscript><img src=\"%s/e.gif\" width=\"1\" height=\"1\" alt=\"\" "
	       "referrerpolicy=\"no-referrer-when-downgrade\"></noscript>\n",
	       tracker->origin);
	printf("<!-- Where the site wants them, the banner, and the adapters of consent tools:\n");
	print_tag(tracker->origin, asset_find(SPAN("banner")), "/banner.js", pin,
		  config->consent_gpc ? "" : " data-gpc=\"off\"");
	print_tag(tracker->origin, asset_find(SPAN("adapters")), "/t/adapters.js", pin,
		  " data-tcf data-gcm data-debug");
	printf("Content-Security-Policy: script-src %s '" STUB_HASH "'; connect-src %s; "
	       "img-src %s -->\n",
	       tracker->origin, tracker->origin, tracker->origin);
}

int command_config_snippet(int argc, char **argv)
{
	static const struct argp_option options[] = {
		COMMAND_OPTION_CONFIG,
		{"pin", KEY_PIN, NULL, 0,
		 "Pin the scripts of this version by their hashes (Subresource Integrity); to be "
		 "put in anew after an update.",
		 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Print the lines to put into the pages of the sites, for each tracker.",
	};
	struct arguments arguments = {0};
	struct error error = {""};
	struct app *app;

	command_parse(&argp, argc, argv, &arguments);
	if (app_open(arguments.config, APP_OFFLINE, &app, &error))
		return command_fail(&error);
	for (size_t i = 0; i < app->trackers->count; i++)
		print_tracker(&app->trackers->trackers[i], app->config, arguments.pin);
	app_close(app);
	return command_finish();
}
