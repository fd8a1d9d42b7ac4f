/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark prospect tokens`: for each address the prospect part of two-part links, to be loaded
 * into a mailer as a field of its own. The mailer's merge field then stands in every link that
 * `rewrite --field` or `link new --field` made.
 *
 * Parts are derived from addresses by key, so nobody is added here and no store is opened, but for
 * the name of a list, which the subscription page shows. Memory is that of one row.
 */
#include "base/cleanup.h"
#include "commands/import_options.h"
#include "commands/import_report.h"
#include "commands/prospect_shape.h"
#include "commands/session.h"
#include "crypto/token.h"

#include <errno.h>
#include <stdio.h>

enum { KEY_MAILING = 300, KEY_UNSUBSCRIBE, KEY_COLUMN, KEY_KEEP, KEY_ATTRIBUTES, KEY_JSON };

enum { ADDRESSES_MAX = 1000, COLUMN_MAX_BYTES = 100 };

static const char subscription_suffix[] = "_S";

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"mailing", KEY_MAILING, "NAME", 0, "Parts that are good for links of this mailing alone (default: of any)", 0},
	{"unsubscribe", KEY_UNSUBSCRIBE, "LIST", OPTION_ARG_OPTIONAL, "A second column, NAME_S: what follows /s/ in the address of the person's subscription page", 0},
	{"column", KEY_COLUMN, "NAME", 0, "The name of the column (default: WAYMARK)", 0},
	{"keep", KEY_KEEP, "COLUMN", 0, "Hand this column of the file on, too; may be repeated", 0},
	{"attributes", KEY_ATTRIBUTES, "COLUMN", 0, "Put the part into the JSON object of this column, which the file may have, instead of a column of its own", 0},
	{"json", KEY_JSON, NULL, 0, "One JSON object a line instead of CSV", 0},
	IMPORT_OPTIONS_ROWS,
	{0},
};
/* clang-format on */

struct tokens {
	struct import_options options;
	const char *mailing, *list, *column, *attributes;
	bool subscription, as_json, begun;
	const char *addresses[ADDRESSES_MAX];
	size_t address_count;

	const struct keyring *keyring;
	struct token token; /* mailing and list stay as they are */
	char subscription_column[COLUMN_MAX_BYTES + sizeof(subscription_suffix)];
	struct import_rows *rows;
	struct import_report report;
	bool stopped;
	struct error error;
};

static void keep_column(struct tokens *tokens, const char *column, struct argp_state *state)
{
	cleanup_buffer struct buffer pair = BUFFER_INIT;

	buffer_printf(&pair, "%s=%s", column, column);
	if (pair.error || strchr(column, '=') ||
	    import_map_add(&tokens->options.map, buffer_text(&pair)) != 0)
		argp_error(state, "'%s' is no column that can be kept, or is named twice", column);
}

/* A file, or addresses: an address has an '@' and no '/'. */
static error_t parse_argument(struct tokens *tokens, char *argument, struct argp_state *state)
{
	bool address = strchr(argument, '@') && !strchr(argument, '/');

	if (address && tokens->options.rows.path)
		argp_error(state, "a file or addresses, not both");
	if (!address && tokens->address_count > 0)
		argp_error(state, "'%s' is not an e-mail address", argument);
	if (!address)
		return import_options_parse(ARGP_KEY_ARG, argument, state);
	if (tokens->address_count == ADDRESSES_MAX)
		argp_error(state, "that many addresses are for a file");
	tokens->addresses[tokens->address_count++] = argument;
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct tokens *tokens = state->input;

	switch (key) {
	case KEY_MAILING:
		tokens->mailing = argument;
		return 0;
	case KEY_UNSUBSCRIBE:
		tokens->subscription = true;
		tokens->list = argument;
		return 0;
	case KEY_COLUMN:
		tokens->column = argument;
		return 0;
	case KEY_KEEP:
		keep_column(tokens, argument, state);
		return 0;
	case KEY_ATTRIBUTES:
		tokens->attributes = tokens->options.map.optional = argument;
		return 0;
	case KEY_JSON:
		tokens->as_json = true;
		return 0;
	case ARGP_KEY_ARG:
		return parse_argument(tokens, argument, state);
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "the file is missing ('-' is standard input), or addresses");
		return 0;
	default:
		return import_options_parse(key, argument, state);
	}
}

/* Of the file's columns the address counts, and those that are kept; all else is passed over. */
static const char *field_of_column(const char *column)
{
	return prospect_shape_is_address(column) ? "email" : "";
}

static const char *what_is_known(void)
{
	return "email";
}

static int check_name(const char *option, const char *name, struct error *error)
{
	if (!name || id_check_name(span_text(name)) == 0)
		return 0;
	return error_set(error, COMMAND_FAILED,
			 "%s is not a name: 1 to %d bytes of UTF-8 without controls", option,
			 ID_NAME_MAX_BYTES);
}

static int check_names(struct tokens *tokens, struct error *error)
{
	int code = check_name("--mailing", tokens->mailing, error);

	if (!code)
		code = check_name("--unsubscribe", tokens->list, error);
	if (!code)
		code = check_name("--column", tokens->column, error);
	if (!code)
		code = check_name("--attributes", tokens->attributes, error);
	if (!code && strlen(tokens->column) > COLUMN_MAX_BYTES)
		code = error_set(error, COMMAND_FAILED, "--column takes at most %d bytes",
				 COLUMN_MAX_BYTES);
	if (!code && strcmp(tokens->column, "email") == 0 && !tokens->attributes)
		code = error_set(error, COMMAND_FAILED,
				 "--column: 'email' is the column of the addresses");
	if (code)
		return code;
	(void)snprintf(tokens->subscription_column, sizeof(tokens->subscription_column), "%s%s",
		       tokens->column, subscription_suffix);
	if (tokens->mailing)
		id_of_name(NAME_MAILING, span_text(tokens->mailing), &tokens->token.mailing);
	if (tokens->list)
		id_of_name(NAME_LIST, span_text(tokens->list), &tokens->token.list);
	return 0;
}

/* The page of a list shows its name, which an id does not tell. */
static int register_list(struct session *session, const char *list, struct error *error)
{
	json_t *reply = NULL;
	json_t *body =
		json_pack("{s:[], s:[{s:s, s:s}]}", "links", "names", "kind", "list", "name", list);
	int code = body ? session_call(session, "/api/v1/links", body, &reply, error)
			: error_set(error, COMMAND_FAILED, "out of memory");

	json_decref(body);
	json_decref(reply);
	return code;
}

static bool is_kept(const char *field)
{
	return *field && strcmp(field, "email") != 0;
}

static int set_span(json_t *object, const char *name, struct span text)
{
	return json_object_set_new(object, name,
				   json_stringn_nocheck((const char *)text.data, text.size));
}

static int add_kept(const struct tokens *tokens, const json_t *row, json_t *made)
{
	const struct import_map *map = &tokens->options.map;
	int r = 0;

	for (size_t i = 0; i < map->count; i++) {
		json_t *value = json_object_get(row, map->rows[i].field);

		if (is_kept(map->rows[i].field) && value)
			r |= json_object_set(made, map->rows[i].field, value);
	}
	return r;
}

/* The object of --attributes as the row has it; NULL when what it has is none. */
static json_t *find_attributes(const struct tokens *tokens, const json_t *row)
{
	json_t *given = json_object_get(row, tokens->attributes), *object;

	if (!given)
		return json_object();
	if (json_is_object(given))
		return json_copy(given);
	object = json_is_string(given)
			 ? json_loads(json_string_value(given), JSON_REJECT_DUPLICATES, NULL)
			 : NULL;
	if (json_is_object(object))
		return object;
	json_decref(object);
	return NULL;
}

static int add_parts(struct tokens *tokens, json_t *to)
{
	char part[TOKEN_PROSPECT_PART_CHARS + 1], page[TOKEN_PROSPECT_PART_CHARS + 1];
	int r = token_mint(tokens->keyring, PURPOSE_PROSPECT_PART, 0, &tokens->token, part);

	if (r == 0)
		r = token_mint(tokens->keyring, PURPOSE_SUBSCRIPTION, 0, &tokens->token, page);
	if (r == 0)
		r = set_span(to, tokens->column, span_text(part));
	if (r == 0 && tokens->subscription)
		r = set_span(to, tokens->subscription_column, span_text(page));
	return r;
}

/* NULL: *ret_trouble says what is wrong with @row, or is NULL when memory is out. */
static json_t *make_row(struct tokens *tokens, const json_t *row, const char **ret_trouble)
{
	struct span email = span_trim(span_text(json_string_value(json_object_get(row, "email"))));
	json_t *made = NULL, *target;
	int r;

	*ret_trouble = "its e-mail address is missing or is none";
	if (id_of_address(tokens->keyring, email, &tokens->token.prospect) != 0)
		return NULL;
	*ret_trouble = "what it has in the column of --attributes is not a JSON object";
	target = tokens->attributes ? find_attributes(tokens, row) : NULL;
	if (tokens->attributes && !target)
		return NULL;
	*ret_trouble = NULL;
	made = json_object();
	r = set_span(made, "email", email);
	r |= add_kept(tokens, row, made);
	if (target)
		r |= json_object_set_new(made, tokens->attributes, target);
	r |= add_parts(tokens, target ? target : made);
	if (r == 0)
		return made;
	json_decref(made);
	return NULL;
}

/* Quotes where RFC 4180 wants them, and where spreadsheets split at a semicolon. */
static void append_quoted(struct buffer *to, struct span text)
{
	bool plain = true;

	for (size_t i = 0; i < text.size && plain; i++)
		plain = text.data[i] >= ' ' && !strchr("\",;", text.data[i]);
	if (plain) {
		buffer_append_span(to, text);
		return;
	}
	buffer_append_byte(to, '"');
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"')
			buffer_append_byte(to, '"');
		buffer_append_byte(to, text.data[i]);
	}
	buffer_append_byte(to, '"');
}

static int append_value(struct buffer *to, const json_t *value)
{
	char *text;

	if (json_is_string(value) || !value) {
		append_quoted(to, span_of(json_string_value(value), json_string_length(value)));
		return to->error;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!text)
		return -ENOMEM;
	append_quoted(to, span_text(text));
	free(text);
	return to->error;
}

/* The cells of @made, or without it the names of the columns. */
static int append_columns(const struct tokens *tokens, const json_t *made, struct buffer *to)
{
	const struct import_map *map = &tokens->options.map;
	const char *names[IMPORT_MAP_MAX + 4];
	size_t count = 0;
	int r = 0;

	names[count++] = "email";
	for (size_t i = 0; i < map->count; i++)
		if (is_kept(map->rows[i].field))
			names[count++] = map->rows[i].field;
	names[count++] = tokens->attributes ? tokens->attributes : tokens->column;
	if (tokens->subscription && !tokens->attributes)
		names[count++] = tokens->subscription_column;
	for (size_t i = 0; i < count && r == 0; i++) {
		if (i > 0)
			buffer_append_byte(to, ',');
		if (made)
			r = append_value(to, json_object_get(made, names[i]));
		else
			append_quoted(to, span_text(names[i]));
	}
	buffer_append_byte(to, '\n');
	return r == 0 ? to->error : r;
}

static int print_line(const struct tokens *tokens, const json_t *made)
{
	cleanup_buffer struct buffer line = BUFFER_INIT;
	int r = append_columns(tokens, made, &line);

	if (r == 0)
		(void)fwrite(line.data, 1, line.size, stdout);
	return r;
}

/* The names of the columns, once; not before the file has turned out to be one. */
static int print_header(struct tokens *tokens)
{
	bool due = !tokens->begun && !tokens->as_json;

	tokens->begun = true;
	return due ? print_line(tokens, NULL) : 0;
}

static int print_row(struct tokens *tokens, const json_t *made)
{
	int r = print_header(tokens);

	if (r != 0 || !tokens->as_json)
		return r != 0 ? r : print_line(tokens, made);
	if (json_dumpf(made, stdout, JSON_COMPACT) != 0)
		return -EIO;
	putchar('\n');
	return 0;
}

static int refuse(struct tokens *tokens, size_t line, const char *trouble)
{
	import_report_bad(&tokens->report, line, trouble);
	tokens->stopped = tokens->options.strict;
	return tokens->stopped ? IMPORT_ROWS_E_FILE : 0;
}

static int take_row(void *context, size_t line, json_t *row, const char *trouble)
{
	struct tokens *tokens = context;
	json_t *made;
	int code;

	if (tokens->rows)
		import_report_row(&tokens->report, import_rows_offset(tokens->rows),
				  import_rows_total(tokens->rows));
	if (!row)
		return refuse(tokens, line, trouble);
	made = make_row(tokens, row, &trouble);
	json_decref(row);
	if (!made)
		return trouble ? refuse(tokens, line, trouble) : -ENOMEM;
	code = print_row(tokens, made);
	json_decref(made);
	return code;
}

static int take_addresses(struct tokens *tokens)
{
	for (size_t i = 0; i < tokens->address_count; i++) {
		json_t *row = json_pack("{s:s}", "email", tokens->addresses[i]);
		int code;

		if (!row)
			return error_set(&tokens->error, COMMAND_FAILED, "'%s' is not valid UTF-8",
					 tokens->addresses[i]);
		code = take_row(tokens, i + 1, row, NULL);
		if (code)
			return code;
	}
	return 0;
}

static int take_all(struct tokens *tokens)
{
	int code = 0;

	if (tokens->address_count > 0) {
		code = take_addresses(tokens);
	} else {
		code = import_rows_open(&tokens->options.rows, &tokens->rows, &tokens->error);
		if (!code)
			code = import_rows_each(tokens->rows, take_row, tokens, &tokens->error);
	}
	return code ? code : print_header(tokens);
}

static int run(struct tokens *tokens)
{
	cleanup(cleanup_session) struct session *session = NULL;
	cleanup(cleanup_app) struct app *app = NULL;
	int code = check_names(tokens, &tokens->error);

	if (!code && tokens->list) {
		code = session_open(tokens->options.config, &session, &tokens->error);
		if (!code)
			code = register_list(session, tokens->list, &tokens->error);
	} else if (!code) {
		code = app_open(tokens->options.config, APP_OFFLINE, &app, &tokens->error);
	}
	if (code)
		return code;
	tokens->keyring = session ? session_app(session)->keyring : app->keyring;
	return take_all(tokens);
}

int command_prospect_tokens(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "FILE|ADDRESS...",
		.doc = "Print for each address of FILE ('-' is standard input: CSV with a header "
		       "row and a column \"email\", or one JSON object per line) the part that a "
		       "mailer's merge field puts into the links of rewrite --field and link new "
		       "--field. It names the person: treat it like the address. Nobody is added."
		       "\vExit status: 0, or 2 when it is done but for bad rows, 1 when it failed.",
	};
	struct tokens tokens = {.column = "WAYMARK"};
	int code;

	command_parse(&argp, argc, argv, &tokens);
	import_report_begin(&tokens.report,
			    tokens.address_count ? "address" : tokens.options.rows.path);
	tokens.options.rows.required = "email";
	tokens.options.map.field = field_of_column;
	tokens.options.map.what_is_known = what_is_known;
	code = run(&tokens);
	import_report_end(&tokens.report);
	import_rows_close(tokens.rows);
	import_options_finish(&tokens.options);
	if (tokens.stopped)
		(void)error_set(&tokens.error, 0, "%s: stopped at a bad row (--strict)",
				tokens.report.path);
	else if (code < 0 && !tokens.error.text[0])
		(void)error_set(&tokens.error, 0, "%s", strerror(-code));
	if (code)
		return command_fail(&tokens.error);
	code = command_finish();
	return code == COMMAND_OK && tokens.report.bad > 0 ? IMPORT_STATUS_BAD_ROWS : code;
}
