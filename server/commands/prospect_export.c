/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark prospect export`: everything that this instance holds of one person, as one JSON object
 * that is written member by member, since their events may be many.
 *
 * Who they are, what their browsers typed and the keys of what is sealed come from the owner of the
 * store, who notes that somebody looked; the log, the bindings and the summary are read as any
 * reader does. The store is never opened twice in one process: a command that owns the lock reads
 * through it.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/copies.h"
#include "commands/events_prospect.h"
#include "commands/session.h"
#include "store/event_reader.h"
#include "summary/deliver.h"
#include "summary/deliver_scrub.h"
#include "summary/fold.h"
#include "summary/summary.h"
#include "track/event_json.h"

#include <errno.h>
#include <stdio.h>

struct exporting {
	struct session *session;
	struct app *reader; /* NULL: the session's own store is read */
	struct app *app;    /* whichever of the two */
	json_t *held;	    /* what the owner of people/ says */
	struct handle handle;
	struct events_prospect prospect;
	struct event_json_options json;
	struct summary *summary;
	const char *path; /* of the deliveries at hand */
	bool begun;	  /* a list has a row */
	struct error *error;
};

static void finish(struct exporting *exporting)
{
	json_decref(exporting->held);
	events_prospect_finish(&exporting->prospect);
	summary_close(exporting->summary);
	app_close(exporting->reader);
	session_close(exporting->session);
}

static int ask(struct exporting *exporting, const char *who)
{
	json_t *body = json_pack("{s:s}", strchr(who, '@') ? "email" : "prospect", who);
	const char *handle;
	int code = body ? session_call(exporting->session, "/api/v1/prospects/export", body,
				       &exporting->held, exporting->error)
			: error_set(exporting->error, COMMAND_FAILED,
				    "the address is not valid UTF-8");

	json_decref(body);
	if (code)
		return code;
	handle = json_string_value(
		json_object_get(json_object_get(exporting->held, "person"), "prospect"));
	if (!handle ||
	    hex_parse(span_text(handle), &exporting->handle, sizeof(exporting->handle)) != 0)
		return error_set(exporting->error, COMMAND_FAILED,
				 "the server did not answer who that is");
	return 0;
}

static int open_stores(struct exporting *exporting, const char *config)
{
	exporting->app = session_app(exporting->session);
	if (!session_keep_server(exporting->session))
		return 0;
	exporting->app = NULL;
	if (app_open(config, APP_READER, &exporting->reader, exporting->error))
		return COMMAND_FAILED;
	exporting->app = exporting->reader;
	return 0;
}

/* Whoever is asked for by a handle that was merged into another one is that other person. */
static int find_now(struct exporting *exporting)
{
	struct handle now;
	int code = binding_find_person(exporting->app->store, &exporting->handle, &now);

	if (!code && !id_is_zero(&now, sizeof(now)))
		exporting->handle = now;
	return code;
}

/* A member of the object; takes @value. */
static void put_member(const char *name, json_t *value)
{
	printf(",\n  \"%s\": ", name);
	if (!value || json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY) != 0)
		fputs("null", stdout);
	json_decref(value);
}

static void begin_list(struct exporting *exporting, const char *name)
{
	printf(",\n  \"%s\": [", name);
	exporting->begun = false;
}

/* A row of a list; takes @value. Return: 0; negative errno. */
static int put_row(struct exporting *exporting, json_t *value)
{
	int code = value ? 0 : -ENOMEM;

	fputs(exporting->begun ? ",\n    " : "\n    ", stdout);
	exporting->begun = true;
	if (!code && json_dumpf(value, stdout, JSON_COMPACT) != 0)
		code = -EPIPE;
	json_decref(value);
	return code;
}

static void end_list(void)
{
	fputs("\n  ]", stdout);
}

static json_t *hex_text(const void *id, size_t size)
{
	char text[2 * sizeof(struct visitor_id) + 1];

	hex_format(id, size, text);
	return json_string(text);
}

static int put_binding(void *context, const struct binding *binding)
{
	struct exporting *exporting = context;
	char time[CLOCK_TEXT_BYTES];

	if (binding->damaged ||
	    memcmp(&binding->person, &exporting->handle, sizeof(exporting->handle)) != 0)
		return 0;
	clock_format(binding->time, time);
	return put_row(exporting,
		       json_pack("{s:I, s:s, s:o, s:s, s:b, s:s*}", "binding",
				 (json_int_t)binding->event, "time", time, "visitor",
				 hex_text(&binding->visitor, sizeof(binding->visitor)), "evidence",
				 event_field_row(EVENT_FIELD_evidence)->choices[binding->evidence],
				 "holds", !binding->undone, "ended",
				 binding->undone ? binding->reason : NULL));
}

static int find_name(void *context, enum name_kind kind, const void *id, struct arena *arena,
		     struct span *ret_name)
{
	const struct exporting *exporting = context;

	return name_find(exporting->app->store, kind, id, arena, ret_name);
}

static int find_key(void *context, const struct handle *handle, struct person_key *ret_key)
{
	const struct exporting *exporting = context;
	char name[2 * sizeof(*handle) + 1];
	struct span text;
	size_t size = 0;

	hex_format(handle, sizeof(*handle), name);
	text = span_text(
		json_string_value(json_object_get(json_object_get(exporting->held, "keys"), name)));
	return text.data && base64url_parse(text, ret_key, sizeof(*ret_key), &size) == 0 &&
			       size == sizeof(*ret_key)
		       ? 0
		       : 1;
}

static int put_event(void *context, const struct event *event, struct span record)
{
	struct exporting *exporting = context;
	enum attachment attachment;
	json_t *value;
	int code = events_prospect_note(&exporting->prospect, exporting->app->store, event);

	(void)record;
	if (code)
		return code;
	attachment = events_prospect_judge(&exporting->prospect, event);
	if (attachment == ATTACHMENT_NONE)
		return 0;
	value = event_json(event, &exporting->json);
	if (value && attachment == ATTACHMENT_LATER)
		(void)json_object_set_new(value, "attached", json_true());
	return put_row(exporting, value);
}

static int put_events(struct exporting *exporting)
{
	struct store *store = exporting->app->store;
	uint64_t last = 0;
	int code;

	exporting->prospect.asked = exporting->handle;
	exporting->json = (struct event_json_options){.name = find_name,
						      .reveal = find_key,
						      .context = exporting,
						      .node = store_node(store)};
	begin_list(exporting, "events");
	code = events_prospect_refresh(&exporting->prospect, store);
	if (!code)
		code = event_reader_each(store, 0, put_event, exporting, &last);
	end_list();
	return code;
}

static struct span text_of(void *context, uint32_t id)
{
	const struct exporting *exporting = context;

	return summary_text(exporting->summary, id);
}

static struct span name_of(void *context, enum name_kind kind, const void *id)
{
	const struct exporting *exporting = context;

	return summary_name(exporting->summary, kind, id);
}

static int put_person_summary(void *context, const struct handle *person,
			      const struct person_summary *summary)
{
	struct exporting *exporting = context;
	const struct fold_context *fold = summary_fold_context(exporting->summary);
	const json_t *held = json_object_get(exporting->held, "person");
	const char *email = json_string_value(json_object_get(held, "email"));
	const struct deliver_identity identity = {.known = true,
						  .address = span_text(email),
						  .fields = json_object_get(held, "fields")};
	const struct deliver_names names = {.text = text_of, .name = name_of, .context = exporting};
	struct deliver_item item = {.person = *person,
				    .summary = summary,
				    .identity = &identity,
				    .names = &names,
				    .rules = fold->rules,
				    .calendar = fold->calendar};
	struct summary_state state = {0};
	int code = summary_state(exporting->summary, &state);

	if (code)
		return code;
	deliver_item_judge(&item, calendar_day(fold->calendar, state.as_of));
	put_member("summary", deliver_person_json(&item));
	return 0;
}

/* As it was made last; what came since is in the events. */
static int put_summary(struct exporting *exporting)
{
	struct error quiet;
	int code = summary_open(exporting->app, &exporting->summary, &quiet);

	if (!code)
		code = summary_person(exporting->summary, &exporting->handle, 0, put_person_summary,
				      exporting);
	if (code == SUMMARY_E_ABSENT || code == SUMMARY_E_FAILED) {
		put_member("summary", json_null());
		return 0;
	}
	return code;
}

static int put_delivered(void *context, const char *delivery, const char *file, struct span row)
{
	struct exporting *exporting = context;
	struct span text = row;

	while (text.size > 0 &&
	       (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
		text.size--;
	return put_row(exporting,
		       json_pack("{s:s, s:s, s:s, s:s%}", "path", exporting->path, "delivery",
				 delivery, "file", file, "row", text.data, text.size));
}

static int put_deliveries(struct exporting *exporting, const json_t *copies)
{
	json_t *list = json_object_get(copies, COPIES_DELIVERIES), *path;
	json_t *handles = json_object_get(exporting->held, "prospects");
	size_t count = json_array_size(handles), index;
	cleanup_free struct span *spans = calloc(count + 1, sizeof(*spans));
	int code = spans ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !code; i++)
		spans[i] = span_text(json_string_value(json_array_get(handles, i)));
	begin_list(exporting, "deliveries");
	json_array_foreach(list, index, path)
	{
		exporting->path = json_string_value(path);
		if (!code && exporting->path)
			code = deliver_find_rows(exporting->path, spans, count, put_delivered,
						 exporting, exporting->error);
	}
	end_list();
	return code;
}

static int put_copies(struct exporting *exporting)
{
	const char *data_dir = exporting->app->config->data_dir;
	cleanup_close int lock = -1;
	json_t *copies = NULL;
	int code = copies_lock(data_dir, false, &lock, exporting->error);

	if (!code)
		code = copies_read(data_dir, &copies, exporting->error);
	if (!code)
		code = put_deliveries(exporting, copies);
	if (!code)
		put_member("people_copies", json_incref(json_object_get(copies, COPIES_PEOPLE)));
	json_decref(copies);
	return code;
}

static int put_all(struct exporting *exporting)
{
	char time[CLOCK_TEXT_BYTES];
	int code;

	clock_format(clock_wall(), time);
	printf("{\n  \"version\": 1,\n  \"exported\": \"%s\"", time);
	put_member("person", json_incref(json_object_get(exporting->held, "person")));
	put_member("typed", json_incref(json_object_get(exporting->held, "typed")));
	begin_list(exporting, "bindings");
	code = binding_each(exporting->app->store, 0, put_binding, exporting);
	end_list();
	if (!code)
		code = put_summary(exporting);
	if (!code)
		code = put_copies(exporting);
	if (!code)
		code = put_events(exporting);
	fputs("\n}\n", stdout);
	return code;
}

static int run(struct exporting *exporting, const struct command_line *line)
{
	int code = session_open(line->config, &exporting->session, exporting->error);

	if (!code)
		code = ask(exporting, line->argument);
	if (!code)
		code = open_stores(exporting, line->config);
	if (!code)
		code = find_now(exporting);
	if (code > 0)
		return code;
	if (!code)
		code = put_all(exporting);
	if (code && !exporting->error->text[0])
		(void)error_set(exporting->error, COMMAND_FAILED, "not all could be read: %s",
				code < 0 ? strerror(-code) : "a record is damaged");
	return code;
}

int command_prospect_export(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.args_doc = "EMAIL|HANDLE",
		.doc = "Print everything that is held of one person as JSON: the record with its "
		       "sources, what their browsers typed, bindings, the summary, rows in "
		       "deliveries, and all events, opened. The log records that somebody looked."};
	struct command_line line = {.missing = "the person is missing: an address or a handle"};
	struct error error = {""};
	cleanup(finish) struct exporting exporting = {.error = &error};

	command_parse(&argp, argc, argv, &line);
	if (run(&exporting, &line) != 0)
		return command_fail(&error);
	return command_finish();
}
