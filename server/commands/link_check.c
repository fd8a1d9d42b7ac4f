/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark link check`: are the pages still there that active links lead to?
 *
 * A process of its own, which reads the log and state/ beside the server as any reader does, so
 * that nothing that a page's server does can hold up a click. Active is what was followed or
 * registered within link_check.active_days: the log tells, from where the last check had read it.
 * Links of one destination are asked for once. Nothing about a link is changed by what comes of it;
 * `link list --health`, `doctor` and the server's metrics say it.
 */
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/link_checks.h"
#include "commands/session.h"
#include "store/event_reader.h"
#include "track/network_list.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>

enum { KEY_FOLLOW = 256, POLL_MS = 500, SAVE_S = 60 };

struct arguments {
	const char *config;
	bool follow;
};

/* A link to be asked for; those of one destination stand together. */
struct candidate {
	struct link_check *check;
	char *url;
};

struct pass {
	struct app *app;
	struct link_checks checks;
	struct network *networks;
	size_t network_count;
	struct candidate *candidates;
	size_t count, at, room;
	usec_t oldest;	  /* what was not active since then is left out */
	usec_t next_save; /* monotonic */
	struct error *error;
};

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"follow", KEY_FOLLOW, NULL, 0, "Stay, and check every link_check.hours until interrupted", 0},
	{0},
};
/* clang-format on */

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static bool is_interrupted(void)
{
	return interrupted;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = argument;
		return 0;
	case KEY_FOLLOW:
		arguments->follow = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Who was followed or registered, and when. */
static int take_event(void *context, const struct event *event, struct span record)
{
	struct span id = event->fields[EVENT_FIELD_link];
	struct pass *pass = context;
	struct link_check *check;
	struct link_id link;

	(void)record;
	if ((event->type != EVENT_click && event->type != EVENT_link) || id.size != sizeof(link) ||
	    event->time < pass->oldest)
		return interrupted ? -EINTR : 0;
	memcpy(link.bytes, id.data, sizeof(link.bytes));
	check = link_checks_add(&pass->checks, &link);
	if (check && check->active < event->time)
		check->active = event->time;
	return interrupted ? -EINTR : 0;
}

/* What the log says since the last check; all of it where that was of another log. */
static int read_log(struct pass *pass)
{
	cleanup_buffer struct buffer log = BUFFER_INIT;
	struct link_checks *checks = &pass->checks;
	uint64_t last = 0;
	int r = event_reader_identity(pass->app->store, &log);

	if (!r && strcmp(buffer_text(&log), checks->log) != 0) {
		checks->position = 0;
		(void)snprintf(checks->log, sizeof(checks->log), "%s", buffer_text(&log));
	}
	last = checks->position;
	/* A record that cannot be read is passed over; others report it. */
	while (!r && !interrupted) {
		r = event_reader_each(pass->app->store, checks->position, take_event, pass, &last);
		checks->position = last;
		if (r != EVENT_E_FORM && r != EVENT_E_VERSION)
			break;
		checks->position++;
		r = 0;
	}
	if (r < 0 && r != -EINTR)
		return error_set(pass->error, 1, "%s: the log cannot be read: %s",
				 pass->app->config->data_dir, strerror(-r));
	return 0;
}

static int add_candidate(struct pass *pass, struct link_check *check, struct span destination)
{
	struct span page = span_slice(destination, 0, span_find(destination, '#', 0));

	if (pass->count == pass->room) {
		size_t room = pass->room ? 2 * pass->room : 64;
		struct candidate *more = realloc(pass->candidates, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		pass->candidates = more;
		pass->room = room;
	}
	pass->candidates[pass->count].check = check;
	pass->candidates[pass->count].url = span_dup(page);
	return pass->candidates[pass->count++].url ? 0 : -ENOMEM;
}

/* A link that is gone or not active any more is forgotten; one that was repointed begins anew. */
static bool look_up(void *context, struct link_check *check)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct pass *pass = context;
	struct link link;

	if (check->active < pass->oldest ||
	    link_find(pass->app->store, &check->id, &arena, &link) != 0 ||
	    link.flags & LINK_FLAG_TRAP)
		return false;
	if (check->event != link.event)
		*check = (struct link_check){.id = check->id,
					     .used = true,
					     .active = check->active,
					     .event = link.event};
	return true;
}

static int collect(struct pass *pass)
{
	int r = 0;

	link_checks_keep(&pass->checks, look_up, pass);
	for (size_t i = 0; i < pass->checks.room && !r; i++) {
		cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
		struct link_check *check = &pass->checks.rows[i];
		struct link link;

		if (check->used && link_find(pass->app->store, &check->id, &arena, &link) == 0)
			r = add_candidate(pass, check, link.destination);
	}
	return r;
}

static int compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	return strcmp(a->url, b->url);
}

static size_t end_of_group(const struct pass *pass, size_t first)
{
	size_t end = first + 1;

	while (end < pass->count &&
	       strcmp(pass->candidates[end].url, pass->candidates[first].url) == 0)
		end++;
	return end;
}

static const char *next_page(void *context, void **ret_item)
{
	struct pass *pass = context;
	struct candidate *candidate = pass->candidates + pass->at;

	if (pass->at >= pass->count)
		return NULL;
	pass->at = end_of_group(pass, pass->at);
	*ret_item = candidate;
	return candidate->url;
}

static void take_answer(void *context, void *item, enum link_state state, unsigned status)
{
	struct pass *pass = context;
	size_t first = (size_t)((struct candidate *)item - pass->candidates);
	usec_t now = clock_wall();
	struct error ignored;

	for (size_t i = first; i < end_of_group(pass, first); i++) {
		struct link_check *check = pass->candidates[i].check;

		if (check->state != state || check->since == 0)
			check->since = now;
		check->state = state;
		check->status = status;
		check->checked = now;
	}
	if (clock_monotonic() < pass->next_save)
		return;
	pass->next_save = clock_monotonic() + SAVE_S * USEC_PER_SEC;
	(void)link_checks_write(pass->app->config->data_dir, &pass->checks, &ignored);
}

static int ask(struct pass *pass)
{
	const struct link_probe_options probe = {
		.per_second = pass->app->config->link_check_rate,
		.allowed = pass->networks,
		.allowed_count = pass->network_count,
		.stopped = is_interrupted,
		.next = next_page,
		.done = take_answer,
		.context = pass,
	};

	if (pass->count > 0)
		qsort(pass->candidates, pass->count, sizeof(*pass->candidates), compare);
	pass->next_save = clock_monotonic() + SAVE_S * USEC_PER_SEC;
	return link_probe_run(&probe);
}

/* Where a server runs, its metrics have it; one that is not there is no failure. */
static void tell_server(const char *config, const struct link_checks *checks)
{
	cleanup(cleanup_session) struct session *session = NULL;
	json_t *body = json_object(), *reply = NULL;
	size_t counts[LINK_STATES];
	struct error error;

	link_checks_tally(checks, counts);
	for (unsigned state = LINK_OK; state < LINK_STATES; state++)
		(void)json_object_set_new(body, link_state_text(state),
					  json_integer((json_int_t)counts[state]));
	if (session_open_beside(config, &session, &error) == 0)
		(void)session_call(session, "/api/v1/links/checked", body, &reply, &error);
	json_decref(body);
	json_decref(reply);
}

static void print_pass(const struct pass *pass)
{
	size_t counts[LINK_STATES];

	link_checks_tally(&pass->checks, counts);
	for (size_t i = 0; i < pass->count; i = end_of_group(pass, i)) {
		const struct link_check *check = pass->candidates[i].check;

		if (link_state_is_bad(check->state))
			printf("%s\t%u\t%s\n", link_state_text(check->state), check->status,
			       pass->candidates[i].url);
	}
	printf("%zu links", pass->checks.count);
	for (unsigned state = LINK_UNCHECKED; state < LINK_STATES; state++)
		if (counts[state] > 0)
			printf(", %zu %s", counts[state], link_state_text(state));
	putchar('\n');
	(void)fflush(stdout);
	if (pass->checks.left_out > 0)
		command_warn("more than %d links are active; the rest is not checked",
			     LINK_CHECKS_MAX);
}

static int run_pass(struct pass *pass, const char *config)
{
	const char *data_dir = pass->app->config->data_dir;
	int r = read_log(pass);

	if (!r)
		r = collect(pass);
	if (!r)
		r = ask(pass);
	if (r < 0)
		return error_set(pass->error, 1, "%s", strerror(-r));
	if (r)
		return r;
	if (!interrupted)
		pass->checks.ended = clock_wall();
	r = link_checks_write(data_dir, &pass->checks, pass->error);
	if (!r && !interrupted) {
		tell_server(config, &pass->checks);
		print_pass(pass);
	}
	return r;
}

static void finish(struct pass *pass)
{
	for (size_t i = 0; i < pass->count; i++)
		free(pass->candidates[i].url);
	free(pass->candidates);
	free(pass->networks);
	link_checks_finish(&pass->checks);
	app_close(pass->app);
}

static int lock(const char *data_dir, int *ret_fd, struct error *error)
{
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/link_checks.lock", data_dir) < 0)
		return error_set(error, 1, "out of memory");
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return error_set(error, 1, "%s: %s", path, strerror(errno));
	if (flock(*ret_fd, LOCK_EX | LOCK_NB))
		return error_set(error, 1, "%s: another check is at work", path);
	return 0;
}

/* Open, ask, close: a long wait holds nothing, and changed settings are taken. */
static int check_once(const struct arguments *arguments, bool only_when_due, usec_t *ret_due,
		      struct error *error)
{
	cleanup(finish) struct pass pass = {.error = error};
	cleanup_close int fd = -1;
	const struct config *config;
	int code = app_open(arguments->config, APP_READER, &pass.app, error);

	if (code)
		return code;
	config = pass.app->config;
	if (config->link_check_hours == 0)
		return error_set(error, 1,
				 "%s: link_check.hours is 0, so nobody is asked; set it to check "
				 "where links lead",
				 config->path);
	code = network_list_load(config, "link_check.networks", &config->link_check_networks,
				 &pass.networks, &pass.network_count, error);
	if (!code)
		code = lock(config->data_dir, &fd, error);
	if (!code)
		code = link_checks_read(config->data_dir, &pass.checks, error);
	if (code)
		return code;
	*ret_due = pass.checks.ended + config->link_check_hours * 60ULL * 60 * USEC_PER_SEC;
	if (only_when_due && clock_wall() < *ret_due)
		return 0;
	pass.oldest = clock_wall() - config->link_check_active_days * USEC_PER_DAY;
	code = run_pass(&pass, arguments->config);
	*ret_due = clock_wall() + config->link_check_hours * 60ULL * 60 * USEC_PER_SEC;
	return code;
}

static int follow(const struct arguments *arguments, struct error *error)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
	usec_t due = 0;
	int code = 0;

	while (!code && !interrupted) {
		if (clock_wall() >= due)
			code = check_once(arguments, true, &due, error);
		else
			(void)nanosleep(&pause, NULL);
	}
	return code;
}

int command_link_check(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Ask for the pages that active links lead to, and print those that are not "
		       "there. Nothing is asked unless link_check.hours is set."
		       "\vNo redirect is followed and no link is changed. Pages at addresses that "
		       "are not public are not asked for, unless link_check.networks lists them."};
	const struct sigaction action = {.sa_handler = interrupt};
	struct arguments arguments = {0};
	struct error error = {0};
	usec_t due;
	int code;

	command_parse(&argp, argc, argv, &arguments);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	code = arguments.follow ? follow(&arguments, &error)
				: check_once(&arguments, false, &due, &error);
	return code ? command_fail(&error) : command_finish();
}
