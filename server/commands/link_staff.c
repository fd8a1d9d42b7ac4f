/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark link staff`: one link for everybody who works for the site. Whoever opens it and presses
 * its button is kept with the reason "staff" from then on and not counted, in that browser. Minted
 * from the keys alone: nothing is registered, and the same link serves all of the staff.
 */
#include "base/clock.h"
#include "commands/command.h"
#include "commands/tracker_option.h"
#include "track/staff.h"

#include <stdio.h>

enum { KEY_TRACKER = 0x100, KEY_DAYS, DAYS_MAX = 3650, SECONDS_PER_DAY = 86400 };

struct arguments {
	const char *config, *tracker;
	unsigned days;
};

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"tracker", KEY_TRACKER, "URL", 0, "The tracker whose visits are meant (default: the primary)", 0},
	{"days", KEY_DAYS, "DAYS", 0, "How long the link can be used, 1 to 3650 (default: 30)", 0},
	{0},
};
/* clang-format on */

static unsigned parse_days(struct argp_state *state, const char *text)
{
	char *end;
	unsigned long days = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || days < 1 || days > DAYS_MAX)
		argp_error(state, "--days takes a number from 1 to %d, not '%s'", DAYS_MAX, text);
	return (unsigned)days;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	if (key == COMMAND_KEY_CONFIG)
		arguments->config = argument;
	else if (key == KEY_TRACKER)
		arguments->tracker = argument;
	else if (key == KEY_DAYS)
		arguments->days = parse_days(state, argument);
	else if (key == ARGP_KEY_ARG)
		argp_error(state, "there is nothing to name: '%s'", argument);
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

static int print_link(const struct app *app, const struct arguments *arguments, struct error *error)
{
	uint64_t second = clock_wall() / USEC_PER_SEC + (uint64_t)arguments->days * SECONDS_PER_DAY;
	char token[TOKEN_STAFF_CHARS + 1];
	const struct tracker *tracker;
	int code = tracker_option_find(app, arguments->tracker, &tracker, error);

	if (code)
		return code;
	if (second > UINT32_MAX || staff_mint(app->keyring, tracker, (uint32_t)second, token) != 0)
		return error_set(error, COMMAND_FAILED, "the link cannot be signed");
	printf("%s/staff/%s\n", tracker->origin, token);
	return 0;
}

int command_link_staff(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Print a link for your own people: the browser in which one of them opens it "
		       "and presses its button is not counted any more, until they undo it there.",
	};
	struct arguments arguments = {.days = STAFF_LINK_DAYS};
	struct error error = {""};
	struct app *app;
	int code;

	command_parse(&argp, argc, argv, &arguments);
	if (app_open(arguments.config, APP_OFFLINE, &app, &error) != 0)
		return command_fail(&error);
	code = print_link(app, &arguments, &error);
	app_close(app);
	return code ? command_fail(&error) : command_finish();
}
