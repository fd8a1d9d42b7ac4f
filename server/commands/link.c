/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark link`: its subcommands, and two that only read. Reading needs no lock and no server:
 * they open the store read-only beside whoever writes it, and print what is committed at that
 * moment.
 */
#include "commands/link.h"
#include "app/app.h"
#include "commands/command.h"
#include "commands/link_checks.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/link_repoint.h"
#include "store/store.h"
#include "track/link_path.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

/* clang-format off */
static const struct command subcommands[] = {
	{"check",   command_link_check,   "ask whether the pages are there that active links lead to"},
	{"history", command_link_history, "when and by whom a link was led elsewhere"},
	{"import",  command_link_import,  "take over the addresses of a former system of this host"},
	{"list",    command_link_list,    "all links, one per line: id, slug, campaign, mailing, destination"},
	{"new",     command_link_new,     "register a link and print how to use it"},
	{"repoint", command_link_repoint, "lead a link elsewhere"},
	{"show",    command_link_show,    "everything about one link"},
	{"staff",   command_link_staff,   "print a link by which your own people are not counted"},
	{"verify",  command_link_verify,  "say what a signed URL holds, offline"},
	{0},
};
/* clang-format on */

int command_link(int argc, char **argv)
{
	return command_dispatch(subcommands, "Tracked links.", argc, argv);
}

/* The name behind an id, its hex form when the name is not known, "" for none. */
static void append_name(struct store *store, enum name_kind kind, const void *id, struct buffer *to)
{
	size_t size = name_kind_id_bytes(kind);
	struct arena arena = ARENA_INIT(0);
	char text[2 * 8 + 1];
	struct span name;

	assert(size <= sizeof(text) / 2);
	if (id_is_zero(id, size))
		return;
	hex_format(id, size, text);
	if (name_find(store, kind, id, &arena, &name) == 0)
		buffer_append_span(to, name);
	else
		buffer_append_text(to, text);
	arena_finish(&arena);
}

struct listing {
	const char *config;
	bool health;
	struct store *store;
	struct link_checks checks;
};

/* "missing", the status of the answer, and when it was asked for. */
static void append_health(const struct link_checks *checks, const struct link *link,
			  struct buffer *to)
{
	const struct link_check *check = link_checks_of(checks, link);
	char checked[CLOCK_TEXT_BYTES];

	if (!check || check->checked == 0) {
		buffer_append_text(to, "\tunchecked\t\t");
		return;
	}
	clock_format(check->checked, checked);
	buffer_printf(to, "\t%s\t", link_state_text(check->state));
	if (check->status > 0)
		buffer_printf(to, "%u", check->status);
	buffer_printf(to, "\t%s", checked);
}

static int print_line(void *context, const struct link *link)
{
	cleanup_buffer struct buffer line = BUFFER_INIT;
	const struct listing *listing = context;
	char id[2 * sizeof(link->id) + 1];

	hex_format(&link->id, sizeof(link->id), id);
	buffer_printf(&line, "%s\t", id);
	buffer_append_span(&line, link->slug);
	buffer_append_byte(&line, '\t');
	append_name(listing->store, NAME_CAMPAIGN, &link->campaign, &line);
	buffer_append_byte(&line, '\t');
	append_name(listing->store, NAME_MAILING, &link->mailing, &line);
	buffer_append_byte(&line, '\t');
	buffer_append_span(&line, link->destination);
	if (listing->health)
		append_health(&listing->checks, link, &line);
	buffer_append_byte(&line, '\n');
	if (line.error)
		return line.error;
	return fwrite(line.data, 1, line.size, stdout) == line.size ? 0 : -EIO;
}

enum { KEY_HEALTH = 256 };

/* clang-format off */
static const struct argp_option list_options[] = {
	COMMAND_OPTION_CONFIG,
	{"health", KEY_HEALTH, NULL, 0, "Add what `waymark link check` found where it leads: state, status, and when", 0},
	{0},
};
/* clang-format on */

static error_t parse_list(int key, char *argument, struct argp_state *state)
{
	struct listing *listing = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		listing->config = argument;
		return 0;
	case KEY_HEALTH:
		listing->health = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int list_links(struct app *app, struct listing *listing, struct error *error)
{
	int code = 0;

	listing->store = app->store;
	if (listing->health)
		code = link_checks_read(app->config->data_dir, &listing->checks, error);
	if (code)
		return code;
	code = link_each(app->store, print_line, listing);
	link_checks_finish(&listing->checks);
	return code ? error_set(error, 1, "%s: the links cannot be read: %s", app->config->data_dir,
				strerror(-code))
		    : 0;
}

int command_link_list(int argc, char **argv)
{
	static const struct argp argp = {.options = list_options,
					 .parser = parse_list,
					 .doc = "List all links, separated by tabs: id, slug, "
						"campaign, mailing, destination."};
	cleanup(cleanup_app) struct app *app = NULL;
	struct listing listing = {0};
	struct error error = {0};
	int code;

	command_parse(&argp, argc, argv, &listing);
	code = app_open(listing.config, APP_READER, &app, &error);
	if (code == APP_E_ABSENT)
		return COMMAND_OK;
	if (code || list_links(app, &listing, &error) != 0)
		return command_fail(&error);
	return command_finish();
}

int link_find_named(struct app *app, const char *wanted, struct arena *arena, struct link *ret_link,
		    struct error *error)
{
	int code = STORE_E_NOT_FOUND;
	struct link_id id;

	if (strlen(wanted) == 2 * sizeof(id) && hex_parse(span_text(wanted), &id, sizeof(id)) == 0)
		code = link_find(app->store, &id, arena, ret_link);
	if (code == STORE_E_NOT_FOUND)
		code = link_find_slug(app->store, span_text(wanted), arena, ret_link);
	if (code > 0)
		return error_set(error, code, "there is no link with the id or slug '%s'", wanted);
	if (code)
		return error_set(error, code, "%s: the links cannot be read: %s",
				 app->config->data_dir, strerror(-code));
	return 0;
}

static void print_row(struct buffer *to, const char *name, struct span value)
{
	if (value.size == 0)
		return;
	buffer_printf(to, "%-12s ", name);
	buffer_append_span(to, value);
	buffer_append_byte(to, '\n');
}

static void print_name_row(struct buffer *to, struct store *store, enum name_kind kind,
			   const void *id)
{
	cleanup_buffer struct buffer name = BUFFER_INIT;

	append_name(store, kind, id, &name);
	print_row(to, name_kind_text(kind), buffer_span(&name));
}

struct changes {
	unsigned count;
	usec_t last;
};

static int count_change(void *context, const struct link_repoint *change)
{
	struct changes *changes = context;

	changes->count++;
	changes->last = change->time;
	return 0;
}

static int print_changes(const struct app *app, const struct link *link, struct buffer *to)
{
	struct changes changes = {0};
	char last[CLOCK_TEXT_BYTES];
	int code = link_repoint_each(app->store, &link->id, count_change, &changes);

	if (code || changes.count == 0)
		return code;
	clock_format(changes.last, last);
	buffer_printf(to, "%-12s %u time%s, last at %s\n", "repointed", changes.count,
		      changes.count == 1 ? "" : "s", last);
	return 0;
}

static void print_address(const struct app *app, const struct link *link, struct buffer *to)
{
	if (link->slug.size == 0)
		return;
	buffer_printf(to, "%-12s %s", "address", app->trackers->primary->origin);
	link_path_format(link->slug, to);
	buffer_append_byte(to, '\n');
}

/* A file that cannot be read says nothing. */
static void print_health(const struct app *app, const struct link *link, struct buffer *to)
{
	char since[CLOCK_TEXT_BYTES], checked[CLOCK_TEXT_BYTES];
	const struct link_check *check;
	struct link_checks checks;
	struct error ignored;

	if (link_checks_read(app->config->data_dir, &checks, &ignored) != 0)
		return;
	check = link_checks_of(&checks, link);
	if (check && check->checked > 0) {
		clock_format(check->since, since);
		clock_format(check->checked, checked);
		buffer_printf(to, "%-12s %s since %s, checked at %s\n", "health",
			      link_state_text(check->state), since, checked);
	}
	link_checks_finish(&checks);
}

static int print_link(const struct app *app, const struct link *link)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	char id[2 * sizeof(link->id) + 1], created[CLOCK_TEXT_BYTES];
	int code;

	hex_format(&link->id, sizeof(link->id), id);
	clock_format(link->created, created);
	print_row(&text, "id", span_text(id));
	print_row(&text, "destination", link->destination);
	print_row(&text, "slug", link->slug);
	print_address(app, link, &text);
	print_row(&text, "label", link->label);
	print_name_row(&text, app->store, NAME_CAMPAIGN, &link->campaign);
	print_name_row(&text, app->store, NAME_MAILING, &link->mailing);
	print_row(&text, "pass", link->pass);
	print_row(&text, "trap", link->flags & LINK_FLAG_TRAP ? SPAN("yes") : SPAN(""));
	print_row(&text, "created", span_text(created));
	print_health(app, link, &text);
	code = print_changes(app, link, &text);
	if (code || text.error)
		return code ? code : text.error;
	(void)fwrite(text.data, 1, text.size, stdout);
	return 0;
}

int command_link_show(int argc, char **argv)
{
	static const struct argp argp = {.options = command_line_options,
					 .parser = command_line_parse,
					 .args_doc = "ID|SLUG",
					 .doc = "Show one link, by its id or its slug."};
	cleanup(cleanup_app) struct app *app = NULL;
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct command_line line = {.missing = "the id or the slug of a link is missing"};
	struct error error = {0};
	struct link link;
	int code;

	command_parse(&argp, argc, argv, &line);
	if (app_open(line.config, APP_READER, &app, &error) != 0)
		return command_fail(&error);
	if (link_find_named(app, line.argument, &arena, &link, &error) != 0)
		return command_fail(&error);
	code = print_link(app, &link);
	if (code == 0)
		return command_finish();
	(void)error_set(&error, 0, "%s: the links cannot be read: %s", app->config->data_dir,
			strerror(-code));
	return command_fail(&error);
}
