/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark init`: a directory from which `waymark serve` starts. The configuration that it is going
 * to write is judged first, by the parser and the rules that serve uses, so that nothing is made
 * when a tracker and its sites do not go together.
 *
 * What a browser gets before its visitor has said anything is a legal decision, so it has no
 * default, except on localhost, where nobody is tracked but the one who tries it out.
 */
#include "app/app.h"
#include "commands/command.h"
#include "commands/instance.h"
#include "text/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEY_DIR = 'd',
	KEY_TRACKER = 't',
	KEY_SITE = 's',
	KEY_CONSENT = 0x100,
	KEY_LISTEN,
	KEY_ADMIN_LISTEN
};

enum { SITES_MAX = 100 };

struct arguments {
	const char *directory, *tracker, *consent, *listen, *admin_listen;
	char *sites[SITES_MAX];
	size_t site_count;
};

/* clang-format off */
static const struct argp_option options_table[] = {
	{"dir", KEY_DIR, "DIR", 0, "Where to make it (default: the current directory)", 0},
	{"tracker", KEY_TRACKER, "URL", 0, "The tracker as browsers see it, as in https://go.example.com", 0},
	{"site", KEY_SITE, "URL", 0, "A site that it serves, as in https://www.example.com; once for each", 0},
	{"consent", KEY_CONSENT, "STATE", 0, "What holds until a visitor has said something: pending (nothing is kept of the person), measure (a visitor, no person) or identify (default on localhost)", 0},
	{"listen", KEY_LISTEN, "ADDRESS", 0, "The public listener (default: 127.0.0.1:8080; on localhost the tracker's port)", 0},
	{"admin-listen", KEY_ADMIN_LISTEN, "ADDRESS", 0, "The admin listener (default: 127.0.0.1:8081)", 0},
	{0},
};
/* clang-format on */

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case KEY_DIR:
		arguments->directory = value;
		return 0;
	case KEY_TRACKER:
		if (arguments->tracker)
			argp_error(state, "one --tracker: add others to waymark.json afterwards");
		arguments->tracker = value;
		return 0;
	case KEY_SITE:
		if (arguments->site_count == SITES_MAX)
			argp_error(state, "at most %d sites", SITES_MAX);
		arguments->sites[arguments->site_count++] = value;
		return 0;
	case KEY_CONSENT:
		arguments->consent = value;
		return 0;
	case KEY_LISTEN:
		arguments->listen = value;
		return 0;
	case KEY_ADMIN_LISTEN:
		arguments->admin_listen = value;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'? Use --dir, --tracker and --site", value);
		return 0;
	case ARGP_KEY_END:
		if (!arguments->tracker)
			argp_error(state, "--tracker URL is missing");
		if (arguments->site_count == 0)
			argp_error(state, "--site URL is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Only this machine reaches it, so nobody is tracked who did not ask for it. */
static bool is_local(const struct url *url)
{
	static const char suffix[] = ".localhost";
	size_t length = strlen(url->host);

	if (url->host_is_address)
		return strncmp(url->host, "127.", 4) == 0 || strcmp(url->host, "[::1]") == 0;
	return strcmp(url->host, "localhost") == 0 ||
	       (length > strlen(suffix) &&
		strcmp(url->host + length - strlen(suffix), suffix) == 0);
}

static int read_consent(const struct arguments *arguments, bool local, enum consent *ret_consent,
			struct error *error)
{
	static const enum consent states[] = {CONSENT_PENDING, CONSENT_MEASURE, CONSENT_IDENTIFY};

	if (!arguments->consent && local) {
		*ret_consent = CONSENT_IDENTIFY;
		return 0;
	}
	if (!arguments->consent)
		return error_set(error, COMMAND_USAGE,
				 "--consent is missing: what holds until a visitor has said "
				 "something? pending (nothing is kept of the person), measure (a "
				 "visitor, no person) or identify");
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(arguments->consent, consent_text(states[i])) == 0) {
			*ret_consent = states[i];
			return 0;
		}
	return error_set(error, COMMAND_USAGE,
			 "--consent must be pending, measure or identify, not \"%s\"",
			 arguments->consent);
}

/* Where to listen: beside a proxy at fixed ports, on localhost where the tracker's URL says. */
struct places {
	char listen[URL_HOST_MAX_BYTES + 8], admin_listen[32];
};

static void choose_places(const struct arguments *arguments, const struct url *url, bool local,
			  struct places *ret_places)
{
	const char *host = local && url->host_is_address ? url->host : "127.0.0.1";
	unsigned port = local ? url->port : 8080;

	(void)snprintf(ret_places->listen, sizeof(ret_places->listen), "%s:%u", host, port);
	(void)snprintf(ret_places->admin_listen, sizeof(ret_places->admin_listen), "127.0.0.1:%d",
		       port == 8081 ? 8082 : 8081);
	if (arguments->listen)
		(void)snprintf(ret_places->listen, sizeof(ret_places->listen), "%s",
			       arguments->listen);
	if (arguments->admin_listen)
		(void)snprintf(ret_places->admin_listen, sizeof(ret_places->admin_listen), "%s",
			       arguments->admin_listen);
}

/*
 * A sentence about the file that is not there yet, "DIR/waymark.json:5:17: trackers[0].sites[1]:
 * …", becomes one about the option that the value came from.
 */
static void name_option(const char *path, struct error *error)
{
	static const char site[] = "trackers[0].sites", tracker[] = "trackers[0].url:";
	const char *text = error->text;
	size_t length = strlen(path);

	if (strncmp(text, path, length) != 0 || text[length] != ':')
		return;
	text += length + strspn(text + length, ":0123456789");
	text += *text == ' ';
	if (strncmp(text, site, strlen(site)) == 0 && strchr(text, ':'))
		(void)error_set(error, 0, "--site%s", strchr(text, ':'));
	else if (strncmp(text, tracker, strlen(tracker)) == 0)
		(void)error_set(error, 0, "--tracker%s", strchr(text, ':'));
	else
		(void)error_set(error, 0, "%s", text);
}

/* Would serve start with this text? */
static int judge(const char *path, struct span text, struct error *error)
{
	struct tracker_set *trackers = NULL;
	struct config *config = NULL;
	int code;

	code = config_parse(path, text, &config, error);
	if (!code)
		code = tracker_set_new(config, &trackers, error);
	tracker_set_free(trackers);
	config_free(config);
	if (code)
		name_option(path, error);
	return code;
}

/* The text of the configuration, judged. Return: 0, or the exit status with @error. */
static int prepare(struct arguments *arguments, const char *path, struct buffer *text,
		   struct error *error)
{
	struct config_texts sites = {.items = arguments->sites, .count = arguments->site_count};
	struct places places;
	enum consent consent = CONSENT_PENDING;
	struct url url;
	bool local;
	int code;

	if (url_parse(span_text(arguments->tracker), &url))
		return error_set(error, COMMAND_USAGE,
				 "--tracker %s: not an address such as https://go.example.com",
				 arguments->tracker);
	local = is_local(&url);
	code = read_consent(arguments, local, &consent, error);
	if (code)
		return code;
	choose_places(arguments, &url, local, &places);
	if (config_print_initial(text, arguments->tracker, &sites, consent, places.listen,
				 places.admin_listen))
		return error_set(error, COMMAND_USAGE, "an address is not valid UTF-8");
	if (judge(path, buffer_span(text), error))
		return COMMAND_USAGE;
	return 0;
}

static int init(struct arguments *arguments, const char *path, struct error *error)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	int code;

	code = prepare(arguments, path, &text, error);
	if (code) {
		(void)command_fail(error);
		return code < 0 ? COMMAND_FAILED : code;
	}
	code = instance_make(arguments->directory, buffer_span(&text), error);
	if (code < 0)
		(void)error_set(error, code, "%s", strerror(-code));
	if (code)
		return command_fail(error);
	printf("%s is made. It starts with: waymark serve --config %s\n", path, path);
	return command_finish();
}

int command_init(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options_table,
		.parser = parse_option,
		.doc = "Make a directory to serve from: waymark.json, keys.json (only its owner "
		       "may read it) and data/. Nothing that is there is overwritten."
		       "\vA tracker and its sites share one scheme and one registrable domain, or "
		       "the host localhost.",
	};
	struct arguments arguments = {.directory = "."};
	struct error error = {""};
	char *path;
	int status;

	command_parse(&argp, argc, argv, &arguments);
	if (crypto_init() < 0) {
		(void)error_set(&error, -1,
				"libsodium does not start: no source of random numbers");
		return command_fail(&error);
	}
	if (asprintf(&path, "%s/waymark.json", arguments.directory) < 0)
		return command_fail(&error);
	status = init(&arguments, path, &error);
	free(path);
	return status;
}
