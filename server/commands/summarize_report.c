/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark summarize report`: what is summarized, for a terminal, a program or a browser. It reads
 * beside a server and a running summarize, and needs no lock; only --reveal asks the owner of the
 * store who the people of the report are, which the log records for each.
 *
 * The store is never opened twice in one process: a command that owns the lock reads through it.
 */
#include "app/operation.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/session.h"
#include "summary/calendar.h"
#include "summary/fold.h"
#include "summary/report_gather.h"
#include "summary/report_html.h"
#include "summary/report_json.h"
#include "summary/report_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum {
	KEY_FROM = 256,
	KEY_TO,
	KEY_LAST,
	KEY_JSON,
	KEY_HTML,
	KEY_LANGUAGE,
	KEY_TOP,
	KEY_REVEAL,
	KEY_WIDTH
};

enum {
	ROWS_TERMINAL = 10,
	ROWS_HTML = 20,
	ROWS_JSON = 1000,
	ROWS_MAX = 100000,
	DAYS_MAX = 36500,
	WIDTH_DEFAULT = 100,
	WIDTH_MAX = 1000
};

struct arguments {
	const char *config, *html;
	enum report_language language;
	bool json, reveal, has_language;
	bool has_from, has_to;
	uint16_t from, to;
	unsigned long last, rows, width;
};

struct sources {
	struct session *session; /* NULL: nothing has to be asked */
	struct app *reader;	 /* NULL: the session's own store is read */
	struct app *app;
	struct summary *summary;
};

/* clang-format off */
static const struct argp_option options_table[] = {
	COMMAND_OPTION_CONFIG,
	{"from", KEY_FROM, "DAY", 0, "The first day, as 2026-11-01 (default: the first that there is)", 0},
	{"to", KEY_TO, "DAY", 0, "The last day (default: the last that there is)", 0},
	{"last", KEY_LAST, "DAYS", 0, "So many days, up to today or to --to", 0},
	{"json", KEY_JSON, NULL, 0, "One JSON object, for programs", 1},
	{"html", KEY_HTML, "FILE", 0, "One page with charts that needs nothing else ('-': to standard output)", 1},
	{"language", KEY_LANGUAGE, "TAG", 0, "en or ja (default: by LC_ALL, LC_MESSAGES or LANG)", 0},
	{"top", KEY_TOP, "ROWS", 0, "Rows of a table (default: 10; 20 with --html, 1000 with --json)", 0},
	{"reveal", KEY_REVEAL, NULL, 0, "Show people's addresses instead of handles; the log records that somebody looked", 0},
	{"width", KEY_WIDTH, "COLUMNS", 0, "Of the terminal (default: as it is; 100 into a file)", 0},
	{0},
};
/* clang-format on */

static unsigned long parse_number(struct argp_state *state, const char *option, const char *value,
				  unsigned long largest)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end || number < 1 || number > largest)
		argp_error(state, "%s is a whole number from 1 to %lu, not '%s'", option, largest,
			   value);
	return number;
}

static uint16_t parse_day(struct argp_state *state, const char *option, const char *value)
{
	uint16_t day = 0;

	if (!calendar_parse(value, &day))
		argp_error(state, "%s is a day such as 2026-11-21, not '%s'", option, value);
	return day;
}

static void check(struct argp_state *state, const struct arguments *arguments)
{
	if (arguments->json && arguments->html)
		argp_error(state, "--json and --html are two forms: ask for one at a time");
	if (arguments->last && arguments->has_from)
		argp_error(state, "--last goes with --to, or alone: it says where to begin");
	if (arguments->has_from && arguments->has_to && arguments->to < arguments->from)
		argp_error(state, "--to is before --from");
	if (arguments->width && (arguments->json || arguments->html))
		argp_error(state, "--width is for the terminal alone");
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case KEY_FROM:
		arguments->from = parse_day(state, "--from", value);
		arguments->has_from = true;
		return 0;
	case KEY_TO:
		arguments->to = parse_day(state, "--to", value);
		arguments->has_to = true;
		return 0;
	case KEY_LAST:
		arguments->last = parse_number(state, "--last", value, DAYS_MAX);
		return 0;
	case KEY_JSON:
		arguments->json = true;
		return 0;
	case KEY_HTML:
		arguments->html = value;
		return 0;
	case KEY_LANGUAGE:
		arguments->language = report_language_find(span_text(value));
		arguments->has_language = true;
		if (arguments->language == REPORT_LANGUAGES)
			argp_error(state, "--language is en or ja, not '%s'", value);
		return 0;
	case KEY_TOP:
		arguments->rows = parse_number(state, "--top", value, ROWS_MAX);
		return 0;
	case KEY_REVEAL:
		arguments->reveal = true;
		return 0;
	case KEY_WIDTH:
		arguments->width = parse_number(state, "--width", value, WIDTH_MAX);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", value);
		return 0;
	case ARGP_KEY_END:
		check(state, arguments);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The first of these that is set, as the C library chooses. */
static const char *locale_of(const char *category)
{
	const char *names[] = {"LC_ALL", category, "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return "";
}

static enum report_language language_of(const struct arguments *arguments)
{
	if (arguments->has_language)
		return arguments->language;
	return strncmp(locale_of("LC_MESSAGES"), "ja", 2) == 0 ? REPORT_JA : REPORT_EN;
}

static void close_sources(struct sources *sources)
{
	summary_close(sources->summary);
	app_close(sources->reader);
	session_close(sources->session);
}

static int open_sources(const struct arguments *arguments, struct sources *sources,
			struct error *error)
{
	int code;

	if (arguments->reveal) {
		code = session_open(arguments->config, &sources->session, error);
		if (code)
			return code;
		sources->app = session_app(sources->session);
	}
	if (!sources->app || !sources->app->store) {
		if (sources->session)
			(void)session_keep_server(sources->session);
		code = app_open(arguments->config, APP_READER, &sources->reader, error);
		if (code)
			return code;
		sources->app = sources->reader;
	}
	return summary_open(sources->app, &sources->summary, error);
}

/* Somebody who was erased since is nobody's: their row keeps the handle. */
static int reveal(void *context, const struct handle *person, json_t **ret_person,
		  struct error *error)
{
	struct sources *sources = context;
	char handle[2 * sizeof(*person) + 1];
	json_t *body;
	int code;

	hex_format(person, sizeof(*person), handle);
	body = json_pack("{s:s, s:b}", "prospect", handle, "fields", 1);
	code = body ? session_call(sources->session, "/api/v1/prospects/find", body, ret_person,
				   error)
		    : error_set(error, -ENOMEM, "out of memory");
	json_decref(body);
	if (code == OPERATION_E_ABSENT)
		return 0;
	return code > 0 ? -EIO : code;
}

/* --last ends today, or where --to says. */
static void set_range(const struct arguments *arguments, const struct sources *sources,
		      struct report_options *options)
{
	const struct calendar *calendar = summary_fold_context(sources->summary)->calendar;

	options->has_from = arguments->has_from;
	options->has_to = arguments->has_to;
	options->from = arguments->from;
	options->to = arguments->to;
	if (arguments->last == 0)
		return;
	if (!options->has_to)
		options->to = calendar_day(calendar, options->now);
	options->has_from = options->has_to = true;
	options->from = options->to >= arguments->last - 1
				? (uint16_t)(options->to - (arguments->last - 1))
				: 0;
}

static size_t width_of(const struct arguments *arguments)
{
	const char *columns = getenv("COLUMNS");
	unsigned long number = columns ? strtoul(columns, NULL, 10) : 0;
	struct winsize size;

	if (arguments->width)
		return arguments->width;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return number > 0 && number <= WIDTH_MAX ? number : WIDTH_DEFAULT;
}

static bool is_plain_terminal(void)
{
	const char *locale = locale_of("LC_CTYPE");

	return isatty(STDOUT_FILENO) && !strcasestr(locale, "utf-8") && !strcasestr(locale, "utf8");
}

static int write_out(const struct buffer *text, struct error *error)
{
	if (text->error)
		return error_set(error, COMMAND_FAILED, "out of memory");
	if (fwrite(buffer_span(text).data, 1, text->size, stdout) != text->size)
		return error_set(error, COMMAND_FAILED, "standard output is closed or full");
	return 0;
}

static int fail_file(const char *path, const char *what, struct error *error)
{
	return error_set(error, COMMAND_FAILED, "%s: %s: %s", path, what, strerror(errno));
}

static int write_all(int descriptor, struct span text)
{
	while (text.size > 0) {
		ssize_t written = write(descriptor, text.data, text.size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		text = span_slice(text, (size_t)written, text.size);
	}
	return fsync(descriptor);
}

/* What the one who calls lets others do with a new file. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(077);

	(void)umask(mask);
	return 0666 & ~mask;
}

/* Whole or not at all: it is written beside its name first. With addresses it is its owner's. */
static int write_file(const char *path, const struct buffer *text, bool revealed,
		      struct error *error)
{
	cleanup_free char *temporary = NULL;
	cleanup_close int descriptor = -1;

	if (text->error)
		return error_set(error, COMMAND_FAILED, "out of memory");
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return error_set(error, COMMAND_FAILED, "out of memory");
	}
	descriptor = mkstemp(temporary);
	if (descriptor < 0)
		return fail_file(path, "cannot make a file there", error);
	if (write_all(descriptor, buffer_span(text)) < 0 ||
	    fchmod(descriptor, revealed ? 0600 : usual_mode()) < 0 || rename(temporary, path) < 0) {
		int code = fail_file(path, "cannot write the file", error);

		(void)unlink(temporary);
		return code;
	}
	return 0;
}

static int print_json(const struct report *report, struct error *error)
{
	json_t *value = report_json(report);
	int code = value ? json_dumpf(value, stdout, JSON_INDENT(2)) : -1;

	json_decref(value);
	if (!value)
		return error_set(error, COMMAND_FAILED, "out of memory");
	if (code != 0 || putchar('\n') == EOF)
		return error_set(error, COMMAND_FAILED, "standard output is closed or full");
	return 0;
}

static int print_html(const struct arguments *arguments, const struct report *report, size_t rows,
		      struct error *error)
{
	struct report_html_options options = {.language = language_of(arguments), .rows = rows};
	cleanup_buffer struct buffer text = BUFFER_INIT;

	report_html_append(&text, report, &options);
	if (strcmp(arguments->html, "-") == 0)
		return write_out(&text, error);
	return write_file(arguments->html, &text, arguments->reveal, error);
}

static int print_terminal(const struct arguments *arguments, const struct report *report,
			  size_t rows, struct error *error)
{
	struct report_terminal_options options = {.language = language_of(arguments),
						  .width = width_of(arguments),
						  .rows = rows,
						  .plain_text = is_plain_terminal()};
	cleanup_buffer struct buffer text = BUFFER_INIT;

	report_terminal_append(&text, report, &options);
	return write_out(&text, error);
}

static size_t rows_of(const struct arguments *arguments)
{
	if (arguments->rows)
		return arguments->rows;
	return arguments->json ? ROWS_JSON : arguments->html ? ROWS_HTML : ROWS_TERMINAL;
}

static int print(const struct arguments *arguments, struct sources *sources, struct error *error)
{
	struct report_options options = {.rows = rows_of(arguments),
					 .now = clock_wall(),
					 .reveal = arguments->reveal ? reveal : NULL,
					 .context = sources};
	struct report report;
	int code;

	set_range(arguments, sources, &options);
	code = report_gather(sources->app, sources->summary, &options, &report, error);
	if (code == 0 && arguments->json)
		code = print_json(&report, error);
	else if (code == 0 && arguments->html)
		code = print_html(arguments, &report, options.rows, error);
	else if (code == 0)
		code = print_terminal(arguments, &report, options.rows, error);
	report_finish(&report);
	return code;
}

int command_summarize_report(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options_table,
		.parser = parse_option,
		.doc = "Print what people did, as far as `waymark summarize` has read the log: views, "
		       "visitors, sessions, clicks by people and by machines, by day, campaign, "
		       "mailing, link, page, form and source; people by score; and where every "
		       "event went. Days are those of summary.time_zone.",
	};
	struct arguments arguments = {.config = NULL};
	struct sources sources = {.session = NULL};
	struct error error = {""};
	int code;

	command_parse(&argp, argc, argv, &arguments);
	code = open_sources(&arguments, &sources, &error);
	if (!code)
		code = print(&arguments, &sources, &error);
	close_sources(&sources);
	return code ? command_fail(&error) : command_finish();
}
