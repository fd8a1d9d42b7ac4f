/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a delivery gets what it needs: summaries and names from the stores, read as any reader
 * does; addresses and fields from the owner of the store, in calls of a page. A call may answer
 * less than was asked, and is then sent again for the rest.
 *
 * The store is never opened twice in one process: a command that owns the lock reads through its
 * own store, and beside a server it never takes the lock (session_keep_server()).
 */
#include "commands/summarize_out.h"

#include "app/operation.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/copies.h"
#include "commands/session.h"
#include "commands/summarize_accounts.h"
#include "store/binding.h"
#include "summary/deliver.h"
#include "summary/fold.h"
#include "summary/summary.h"

#include <errno.h>
#include <stdio.h>

struct output {
	struct session *session;
	struct app *reader; /* NULL: the session's own store is read */
	struct summary *summary;
	struct deliver_mapping *mapping;
	struct summarize_accounts *accounts;
	const struct fold_context *fold;
	usec_t as_of;
	json_t *fields; /* names of those that somebody asks for */
	json_t *people; /* of the page at hand: what deliver_identity points into */
};

static void close_output(struct output *output)
{
	summarize_accounts_free(output->accounts);
	json_decref(output->people);
	json_decref(output->fields);
	summary_close(output->summary);
	app_close(output->reader);
	session_close(output->session);
	deliver_mapping_free(output->mapping);
}

static struct span text_of(void *context, uint32_t id)
{
	const struct output *output = context;

	return summary_text(output->summary, id);
}

static struct span name_of(void *context, enum name_kind kind, const void *id)
{
	const struct output *output = context;

	return summary_name(output->summary, kind, id);
}

static int persons(void *context, const struct handle *after, deliver_person_fn each,
		   void *each_context)
{
	const struct output *output = context;

	return summary_persons(output->summary, after, output->as_of, each, each_context);
}

/* One call for the handles from @from on; what it answers is added to the page. */
static int ask(struct output *output, const struct handle *handles, size_t count,
	       struct error *error)
{
	json_t *names = json_array(), *body, *reply = NULL, *people;
	int code;

	for (size_t i = 0; i < count; i++) {
		char text[2 * sizeof(handles[i]) + 1];

		hex_format(&handles[i], sizeof(handles[i]), text);
		(void)json_array_append_new(names, json_string(text));
	}
	body = json_pack("{s:o, s:O, s:s}", "prospects", names, "fields", output->fields, "reason",
			 "deliver");
	code = body ? session_call(output->session, "/api/v1/prospects/identities", body, &reply,
				   error)
		    : error_set(error, DELIVER_E_FAILED, "out of memory");
	json_decref(body);
	people = json_object_get(reply, "people");
	if (!code && (json_array_size(people) == 0 || json_array_size(people) > count))
		code = error_set(error, DELIVER_E_FAILED,
				 "the server did not answer who people are");
	if (!code && json_array_extend(output->people, people))
		code = error_set(error, DELIVER_E_FAILED, "out of memory");
	json_decref(reply);
	return code;
}

/* Whoever is not in people/ was erased only where state/ says so. */
static int find_erased(const struct output *output, const struct handle *handle, bool *ret_erased)
{
	const struct app *app = output->reader ? output->reader : session_app(output->session);
	struct handle now;
	int code = binding_find_person(app->store, handle, &now);

	if (!code)
		*ret_erased = id_is_zero(&now, sizeof(now));
	return code;
}

static struct span text_in(const json_t *object, const char *key)
{
	const json_t *text = json_object_get(object, key);

	return span_of(json_string_value(text), json_string_length(text));
}

static void read_identity(const json_t *person, struct deliver_identity *ret_identity)
{
	const json_t *crm = json_object_get(person, "crm");
	const json_t *registered = json_object_get(person, "registered");

	*ret_identity = (struct deliver_identity){
		.known = json_is_object(person),
		.address = text_in(person, "email"),
		.fields = json_object_get(person, "fields"),
		.held_back = json_is_false(json_object_get(person, "shared")),
		.opted_out = json_is_true(json_object_get(person, "opted_out")),
		.bounced = json_is_true(json_object_get(person, "bounced")),
		.left = json_object_get(person, "left"),
		.lead = text_in(crm, "salesforce_lead"),
		.contact = text_in(crm, "salesforce_contact"),
		.account = text_in(crm, "salesforce_account"),
		.registered = text_in(registered, "source"),
		.registered_at = (usec_t)json_integer_value(json_object_get(registered, "time")),
	};
	ret_identity->merged = hex_parse(text_in(person, "merged_into"), &ret_identity->into,
					 sizeof(ret_identity->into)) == 0;
}

static int identities(void *context, const struct handle *handles, size_t count,
		      struct deliver_identity *ret_identities, struct error *error)
{
	struct output *output = context;
	size_t done;

	(void)json_array_clear(output->people);
	while ((done = json_array_size(output->people)) < count) {
		int code = ask(output, handles + done, count - done, error);

		if (code)
			return code;
	}
	for (size_t i = 0; i < count; i++) {
		read_identity(json_array_get(output->people, i), &ret_identities[i]);
		if (!ret_identities[i].known) {
			int code = find_erased(output, &handles[i], &ret_identities[i].erased);

			if (code)
				return code < 0 ? code : -EIO;
		}
	}
	return 0;
}

static struct span account(void *context, const struct company *company)
{
	const struct output *output = context;

	return summarize_accounts_find(output->accounts, company);
}

static void want(struct output *output, const char *field)
{
	if (field)
		(void)json_array_append_new(output->fields, json_string(field));
}

/* No more of a person leaves people/ than some column, criterion or rule asks for. */
static void want_fields(struct output *output)
{
	const struct summary_rules *rules = output->fold->rules;

	want(output, "company");
	want(output, output->mapping->crm_id_field);
	want(output, rules->follow_up.done_field);
	for (size_t i = 0; grade_field(rules->grades, i); i++)
		want(output, grade_field(rules->grades, i));
	for (int object = 0; object < DELIVER_OBJECT_COUNT; object++) {
		const struct deliver_columns *columns = &output->mapping->columns[object];

		for (size_t i = 0; i < columns->count; i++)
			want(output, columns->items[i].field);
	}
}

static int open_output(const char *config, const char *mapping, struct output *output,
		       struct error *error)
{
	struct app *app;
	int code = deliver_mapping_load(mapping, &output->mapping, error);

	if (!code)
		code = session_open(config, &output->session, error);
	if (code)
		return code;
	app = session_app(output->session);
	if (session_keep_server(output->session)) {
		code = app_open(config, APP_READER, &output->reader, error);
		app = output->reader;
	}
	if (!code)
		code = summary_open(app, &output->summary, error);
	if (code)
		return code;
	output->fold = summary_fold_context(output->summary);
	output->people = json_array();
	output->fields = json_array();
	want_fields(output);
	code = summarize_accounts_new(output->session, output->fold->rules->companies,
				      &output->accounts, error);
	return code < 0 ? error_set(error, DELIVER_E_FAILED, "%s", strerror(-code)) : code;
}

static void print_result(const char *directory, const struct deliver_result *result)
{
	static const struct {
		enum deliver_file file;
		const char *words;
	} shown[] = {
		{DELIVER_FILE_persons, "people"},
		{DELIVER_FILE_lead, "leads"},
		{DELIVER_FILE_contact, "contacts"},
		{DELIVER_FILE_member_new, "new campaign members"},
		{DELIVER_FILE_member_changed, "changed campaign members"},
		{DELIVER_FILE_summary, "interaction summaries"},
		{DELIVER_FILE_task_lead, "tasks of leads"},
		{DELIVER_FILE_task_contact, "tasks of contacts"},
		{DELIVER_FILE_removed, "removed"},
		{DELIVER_FILE_erased, "erased"},
		{DELIVER_FILE_merged, "merged"},
	};
	char name[24];

	if (result->number == 0) {
		printf("nothing has changed since the last delivery (%llu people)\n",
		       (unsigned long long)result->persons);
		return;
	}
	(void)snprintf(name, sizeof(name), "%06llu", (unsigned long long)result->number);
	printf("%s/%s:", directory, name);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (result->rows[shown[i].file] > 0)
			printf(" %llu %s,", (unsigned long long)result->rows[shown[i].file],
			       shown[i].words);
	printf(" of %llu people\n", (unsigned long long)result->persons);
	if (result->unknown > 0)
		command_warn("%llu people have no known address and are in no file for the CRM",
			     (unsigned long long)result->unknown);
	if (result->held_back > 0)
		command_warn("%llu people take no part by crm.share_field and are left out",
			     (unsigned long long)result->held_back);
	if (result->guarded > 0)
		command_warn("%llu addresses begin like a formula and are left empty in the CSV; "
			     "\"guard_formulas\": false in the mapping puts them in",
			     (unsigned long long)result->guarded);
}

static int deliver_output(struct output *output, const char *directory, uint64_t position,
			  struct error *error)
{
	const struct deliver_source source = {
		.rules = output->fold->rules,
		.calendar = output->fold->calendar,
		.as_of = output->as_of,
		.position = position,
		.names = {.text = text_of, .name = name_of, .context = output},
		.persons = persons,
		.identities = identities,
		.account = account,
		.context = output,
	};
	const struct deliver_options options = {.directory = directory, .mapping = output->mapping};
	struct deliver_result result = {0};
	int code = deliver(&source, &options, &result, error);

	if (code < 0)
		return error_set(error, DELIVER_E_FAILED, "%s: %s", directory, strerror(-code));
	if (!code)
		print_result(directory, &result);
	return code;
}

/* Erasing somebody has to find what is delivered, and waits until it is. */
static int note_copy(const struct output *output, const char *directory, int *ret_lock,
		     struct error *error)
{
	const char *data_dir = session_app(output->session)->config->data_dir;
	int code = copies_lock(data_dir, false, ret_lock, error);

	return code ? code : copies_note(data_dir, COPIES_DELIVERIES, directory, error);
}

int summarize_out(const char *config, const char *directory, const char *mapping, usec_t as_of,
		  struct error *error)
{
	cleanup(close_output) struct output output = {0};
	struct summary_state state = {0};
	cleanup_close int lock = -1;
	int code = open_output(config, mapping, &output, error);

	if (!code)
		code = note_copy(&output, directory, &lock, error);
	if (!code && summary_state(output.summary, &state) != 0)
		code = error_set(error, DELIVER_E_FAILED, "the summaries cannot be read");
	if (code)
		return code;
	output.as_of = as_of ? as_of : state.as_of;
	return deliver_output(&output, directory, state.position, error);
}

int summarize_metadata(const char *directory, const char *mapping, struct error *error)
{
	struct deliver_mapping *read = NULL;
	int code = deliver_mapping_load(mapping, &read, error);

	if (!code)
		code = deliver_metadata(directory, read, error);
	if (code < 0)
		(void)error_set(error, DELIVER_E_FAILED, "%s: %s", directory, strerror(-code));
	deliver_mapping_free(read);
	return code;
}
