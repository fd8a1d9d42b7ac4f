/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark link new`: registers one link and prints the addresses that lead to it, one per line: by
 * slug, for one person, or with a mailer's merge field in the person's place.
 *
 * Somebody who types a URL by hand may write it as people do, with umlauts or a space; what
 * browsers would make of it is registered, and said. The prospect id that --to needs is derived
 * from the address by key, so no person is made here.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/link.h"
#include "commands/session.h"
#include "commands/tracker_option.h"
#include "crypto/token.h"
#include "track/link_path.h"
#include "track/rewrite.h"

#include <errno.h>
#include <stdio.h>

struct arguments {
	const char *config, *url, *campaign, *mailing, *label, *slug, *to, *field, *tracker;
	json_t *pass;
	bool trap;
};

enum {
	KEY_LABEL = 256,
	KEY_MAILING,
	KEY_SLUG,
	KEY_TO,
	KEY_FIELD,
	KEY_PASS,
	KEY_TRAP,
	KEY_TRACKER,
	KEY_CAMPAIGN
};

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"campaign", KEY_CAMPAIGN, "NAME", 0, "The campaign that clicks count for", 0},
	{"mailing", KEY_MAILING, "NAME", 0, "The send that the link goes out with", 0},
	{"label", KEY_LABEL, "TEXT", 0, "Tells two links to one page apart (default: the slug)", 0},
	{"slug", KEY_SLUG, "PATH", 0, "Answer at /l/PATH, or with a slash in front at PATH itself: for ads, social posts and printed codes", 0},
	{"pass", KEY_PASS, "NAME", 0, "With --slug: hand this query parameter on to the page (may be repeated)", 0},
	{"to", KEY_TO, "EMAIL", 0, "Print the link for this person", 0},
	{"field", KEY_FIELD, "TEXT", 0, "Print the link with a mailer's merge field for the person", 0},
	{"tracker", KEY_TRACKER, "URL", 0, "The tracker whose address the link gets (default: the primary)", 0},
	{"trap", KEY_TRAP, NULL, 0, "A link that people do not see: whoever follows it is a machine", 0},
	{0},
};
/* clang-format on */

static error_t parse_end(struct argp_state *state, const struct arguments *arguments)
{
	if (!arguments->url)
		argp_error(state, "the URL of the page is missing");
	if (!arguments->slug && !arguments->to && !arguments->field)
		argp_error(state, "say how the link will be used: --slug, --to or --field");
	if (json_array_size(arguments->pass) > 0 && !arguments->slug)
		argp_error(state, "--pass goes with --slug");
	return 0;
}

static error_t parse_argument(struct argp_state *state, struct arguments *arguments, char *argument)
{
	if (arguments->url)
		argp_error(state, "'%s' is one argument too many", argument);
	arguments->url = argument;
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	const char **texts[] = {
		[KEY_LABEL - KEY_LABEL] = &arguments->label,
		[KEY_MAILING - KEY_LABEL] = &arguments->mailing,
		[KEY_SLUG - KEY_LABEL] = &arguments->slug,
		[KEY_TO - KEY_LABEL] = &arguments->to,
		[KEY_FIELD - KEY_LABEL] = &arguments->field,
		[KEY_TRACKER - KEY_LABEL] = &arguments->tracker,
		[KEY_CAMPAIGN - KEY_LABEL] = &arguments->campaign,
	};

	if (key == COMMAND_KEY_CONFIG)
		arguments->config = argument;
	else if (key == KEY_TRAP)
		arguments->trap = true;
	else if (key == KEY_PASS)
		return json_array_append_new(arguments->pass, json_string(argument)) ? EINVAL : 0;
	else if (key >= KEY_LABEL && key <= KEY_CAMPAIGN)
		*texts[key - KEY_LABEL] = argument;
	else if (key == ARGP_KEY_ARG)
		return parse_argument(state, arguments, argument);
	else if (key == ARGP_KEY_END)
		return parse_end(state, arguments);
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

int link_find_location(const char *url, struct buffer *location, struct error *error)
{
	enum url_refusal refusal;

	if (url_has_merge_tag(span_text(url)))
		return error_set(error, COMMAND_FAILED,
				 "'%.200s' holds a merge tag of a mailer, which nobody fills in "
				 "behind a redirect",
				 url);
	switch (url_classify(span_text(url), true, location, &refusal)) {
	case URL_EXACT:
		buffer_append_text(location, url);
		return location->error;
	case URL_SERIALISED:
		if (!location->error)
			command_warn("the link will lead to %s", buffer_text(location));
		return location->error;
	case URL_NONE:
		break;
	}
	return error_set(error, COMMAND_FAILED, "'%.200s' %s", url, url_refusal_text(refusal));
}

static json_t *make_body(const struct arguments *arguments, const char *location)
{
	return json_pack("{s:[{s:s, s:s*, s:s*, s:s*, s:s*, s:O, s:b}]}", "links", "destination",
			 location, "campaign", arguments->campaign, "mailing", arguments->mailing,
			 "label", arguments->label, "slug", arguments->slug, "pass",
			 arguments->pass, "trap", arguments->trap);
}

static int print_click(const struct app *app, const struct tracker *tracker,
		       const struct token *token, struct error *error)
{
	char text[TOKEN_CLICK_CHARS + 1];

	if (token_mint(app->keyring, PURPOSE_CLICK, 0, token, text) != 0)
		return error_set(error, COMMAND_FAILED, "the link cannot be signed");
	printf("%s/c/%s\n", tracker->origin, text);
	return 0;
}

static int print_two_parts(const struct app *app, const struct tracker *tracker,
			   const struct token *token, const char *field, struct error *error)
{
	char text[TOKEN_LINK_PART_CHARS + 1];

	if (token_mint(app->keyring, PURPOSE_LINK_PART, 0, token, text) != 0)
		return error_set(error, COMMAND_FAILED, "the link cannot be signed");
	printf("%s/c/%s/%s\n", tracker->origin, text, field);
	return 0;
}

static void print_slug(const struct tracker *tracker, const char *slug)
{
	cleanup_buffer struct buffer address = BUFFER_INIT;

	link_path_format(span_text(slug), &address);
	printf("%s%s\n", tracker->origin, buffer_text(&address));
}

/* @app is the session's as it is now: a call may have opened it again, with its trackers. */
static int print_addresses(const struct arguments *arguments, const struct app *app,
			   const json_t *reply, struct error *error)
{
	const json_t *link = json_array_get(json_object_get(reply, "links"), 0);
	const char *id = json_string_value(json_object_get(link, "id"));
	const char *leads = json_string_value(json_object_get(link, "leads"));
	const struct tracker *tracker;
	struct token token = {0};
	int code = tracker_option_find(app, arguments->tracker, &tracker, error);

	if (code)
		return code;
	if (!id || hex_parse(span_text(id), &token.link, sizeof(token.link)) != 0)
		return error_set(error, COMMAND_FAILED, "the server's answer names no link");
	if (leads)
		command_warn("link %s was repointed since, and still leads to %s", id, leads);
	if (arguments->slug)
		print_slug(tracker, arguments->slug);
	if (arguments->to) {
		if (id_of_address(app->keyring, span_text(arguments->to), &token.prospect) != 0)
			return error_set(error, COMMAND_FAILED,
					 "--to: '%s' is not an e-mail address", arguments->to);
		code = print_click(app, tracker, &token, error);
	}
	if (!code && arguments->field)
		code = print_two_parts(app, tracker, &token, arguments->field, error);
	return code;
}

static int register_link(const struct arguments *arguments, struct error *error)
{
	cleanup(cleanup_session) struct session *session = NULL;
	cleanup_buffer struct buffer location = BUFFER_INIT;
	const struct tracker *tracker;
	json_t *body, *reply = NULL;
	int code = link_find_location(arguments->url, &location, error);

	if (!code)
		code = rewrite_check_field(span_text(arguments->field), error);
	if (!code)
		code = session_open(arguments->config, &session, error);
	if (!code)
		code = tracker_option_find(session_app(session), arguments->tracker, &tracker,
					   error);
	if (code)
		return code;
	body = make_body(arguments, buffer_text(&location));
	code = body ? session_call(session, "/api/v1/links", body, &reply, error)
		    : error_set(error, COMMAND_FAILED, "a name is not valid UTF-8");
	json_decref(body);
	if (!code)
		code = print_addresses(arguments, session_app(session), reply, error);
	json_decref(reply);
	return code;
}

int command_link_new(int argc, char **argv)
{
	static const struct argp argp = {.options = options,
					 .parser = parse,
					 .args_doc = "URL",
					 .doc = "Register a link to URL and print how to use it."};
	struct arguments arguments = {.pass = json_array()};
	struct error error = {0};
	int code;

	command_parse(&argp, argc, argv, &arguments);
	code = register_link(&arguments, &error);
	json_decref(arguments.pass);
	return code ? command_fail(&error) : command_finish();
}
