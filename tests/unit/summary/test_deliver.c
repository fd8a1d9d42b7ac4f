/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries of people that are made up here. The reader of the deliveries is a CRM in memory that
 * takes each row as it comes: at the end it must know what is true, and have been told nothing
 * twice, also when deliveries are killed at any moment. Long because each kind of file has a case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "summary/deliver.h"
#include "summary/deliver_folder.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PEOPLE_MAX = 700, DAY = 20000, KILLS = 60 };

struct somebody {
	bool there; /* in people/ */
	bool lost;  /* if not, then without having been erased */
	bool has_summary;
	uint64_t views; /* grows with each change */
	const char *address;
	struct person_moment submit;
	struct person_response response;
};

struct world {
	struct somebody people[PEOPLE_MAX];
	size_t count;
	struct summary_rules *rules;
	struct calendar *calendar;
	struct deliver_mapping *mapping;
	char directory[64];
	char addresses[PEOPLE_MAX][32];
	json_t *fields;
	usec_t as_of;
	unsigned looked_up;
};

/* Steps that the disk may see of a delivery; at this one of them the process is killed, before it.
 * These take the place of the C library's. */
static unsigned kill_at;

static void step(void)
{
	if (kill_at > 0 && --kill_at == 0)
		(void)raise(SIGKILL);
}

int fsync(int descriptor)
{
	step();
	return (int)syscall(SYS_fsync, descriptor);
}

int renameat(int from, const char *old, int to, const char *new)
{
	step();
	return (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
	step();
	return (int)syscall(SYS_mkdirat, folder, name, mode);
}

static struct handle handle_of(size_t index)
{
	struct handle handle = {0};

	/* In the order of the index, with room between. */
	put_u32(handle.bytes, (uint32_t)(index * 3 + 1));
	handle.bytes[11] = 7;
	return handle;
}

static size_t index_of(const struct handle *handle)
{
	return (get_u32(handle->bytes) - 1) / 3;
}

static struct span text_of(void *context, uint32_t id)
{
	(void)context;
	return id == 1 ? SPAN("https://www.example.com/prices") : SPAN("=cmd|' /C calc'!A0");
}

static struct span name_of(void *context, enum name_kind kind, const void *id)
{
	(void)context;
	(void)kind;
	(void)id;
	return SPAN("autumn");
}

static int persons(void *context, const struct handle *after, deliver_person_fn each,
		   void *each_context)
{
	struct world *world = context;

	for (size_t i = after ? index_of(after) + 1 : 0; i < world->count; i++) {
		const struct somebody *one = &world->people[i];
		struct handle handle = handle_of(i);
		struct score score;
		struct person_summary summary = {.is_person = true, .person = handle};
		int code;

		if (!one->has_summary)
			continue;
		score_init(&score, world->rules, DAY);
		score_add(&score, &(struct score_item){.kind = SCORE_submit,
						       .day = DAY,
						       .sequence = 7,
						       .group = RULES_NONE,
						       .text = 2});
		score_finish(&score);
		summary.score = &score;
		summary.windows[PERSON_WINDOW_ALL].views = one->views;
		summary.last = (struct person_moment){.time = world->as_of,
						      .sequence = 9,
						      .type = EVENT_view,
						      .page = 1};
		summary.submits.rows = &one->submit;
		summary.submits.count = one->submit.time != 0;
		summary.searches.rows = &(struct person_moment){.time = world->as_of,
								.sequence = 3,
								.type = EVENT_search,
								.name = 2};
		summary.searches.count = 1;
		summary.responses.rows = &one->response;
		summary.responses.count = one->response.sent > 0;
		code = each(each_context, &handle, &summary);
		if (code)
			return code;
	}
	return 0;
}

static int identities(void *context, const struct handle *handles, size_t count,
		      struct deliver_identity *ret_identities, struct error *error)
{
	struct world *world = context;

	(void)error;
	world->looked_up += (unsigned)count;
	for (size_t i = 0; i < count; i++) {
		const struct somebody *one = &world->people[index_of(&handles[i])];

		ret_identities[i] = (struct deliver_identity){
			.known = one->there,
			.erased = !one->there && !one->lost,
			.address = span_text(one->address),
			.fields = world->fields,
		};
	}
	return 0;
}

static void make_people(struct world *world, size_t count)
{
	world->count = count;
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(world->addresses[i], sizeof(world->addresses[i]),
			       "p%zu@example%zu.com", i, i % 5);
		world->people[i] = (struct somebody){.there = true,
						     .has_summary = true,
						     .views = 1,
						     .address = world->addresses[i]};
	}
}

static int set_up(void **state)
{
	static const char rules[] =
		"{\"follow_up\": {\"due_days\": 2}, \"excluded_companies\": [\"example4.com\"]}";
	struct world *world = calloc(1, sizeof(*world));
	struct error error = {0};

	assert_non_null(world);
	*state = world;
	world->as_of = ((usec_t)DAY * 86400 + 3600) * USEC_PER_SEC;
	if (rules_parse("rules", span_text(rules), &world->rules, &error) != 0 ||
	    calendar_open("UTC", &world->calendar, &error) != 0 ||
	    deliver_mapping_load(NULL, &world->mapping, &error) != 0)
		fail_msg("%s", error.text);
	world->fields = json_pack("{s:s}", "company", "Example Inc.");
	(void)snprintf(world->directory, sizeof(world->directory), "deliver-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf -- '%s'", world->directory);
	assert_int_equal(system(command), 0);
	json_decref(world->fields);
	deliver_mapping_free(world->mapping);
	calendar_close(world->calendar);
	rules_free(world->rules);
	free(world);
	return 0;
}

static int run(struct world *world, struct deliver_result *ret_result, struct error *error)
{
	const struct deliver_source source = {
		.rules = world->rules,
		.calendar = world->calendar,
		.as_of = world->as_of,
		.position = 42,
		.names = {.text = text_of, .name = name_of, .context = world},
		.persons = persons,
		.identities = identities,
		.context = world,
	};
	const struct deliver_options options = {.directory = world->directory,
						.mapping = world->mapping};

	return deliver(&source, &options, ret_result, error);
}

static struct deliver_result must_run(struct world *world)
{
	struct deliver_result result = {0};
	struct error error = {0};

	if (run(world, &result, &error) != 0)
		fail_msg("%s", error.text);
	return result;
}

/* A file of a delivery as text; NULL: it is not there. */
static char *slurp(struct world *world, uint64_t number, const char *name)
{
	char path[128];
	cleanup_buffer struct buffer text = BUFFER_INIT;
	FILE *file;
	int c;

	(void)snprintf(path, sizeof(path), "%s/%06llu/%s", world->directory,
		       (unsigned long long)number, name);
	file = fopen(path, "r");
	if (!file)
		return NULL;
	while ((c = fgetc(file)) != EOF)
		buffer_append_byte(&text, (uint8_t)c);
	(void)fclose(file);
	return span_dup(buffer_span(&text));
}

static size_t lines_of(const char *text)
{
	size_t lines = 0;

	for (; text && *text; text++)
		lines += *text == '\n';
	return lines;
}

static void only_what_changed_is_delivered(void **state)
{
	struct world *world = *state;
	struct deliver_result result;
	char *text;

	make_people(world, 600);
	result = must_run(world);
	assert_int_equal(result.number, 1);
	assert_int_equal(result.persons, 600);
	assert_int_equal(result.rows[DELIVER_FILE_persons], 600);
	assert_int_equal(result.rows[DELIVER_FILE_lead], 600);
	assert_int_equal(result.rows[DELIVER_FILE_companies], 5);
	assert_int_equal(result.rows[DELIVER_FILE_ranking], 480);
	result = must_run(world);
	assert_int_equal(result.number, 0);
	world->people[299].views++;
	world->people[1].address = "new@example1.com";
	result = must_run(world);
	assert_int_equal(result.number, 2);
	assert_int_equal(result.rows[DELIVER_FILE_persons], 2);
	assert_int_equal(result.rows[DELIVER_FILE_lead], 2);
	text = slurp(world, 2, "Lead.csv");
	assert_int_equal(lines_of(text), 3);
	assert_non_null(strstr(text, "\"new@example1.com\""));
	free(text);
}

static void rows_are_as_the_crm_takes_them(void **state)
{
	struct world *world = *state;
	struct deliver_result result;
	char *lead, *contact, *summary, *ranking, *manifest;

	make_people(world, 2);
	/* A full-width sign begins a formula, too. */
	world->people[1].address = "＝1@example.com";
	result = must_run(world);
	assert_int_equal(result.guarded, 1);
	lead = slurp(world, 1, "Lead.csv");
	assert_memory_equal(lead, "Waymark_Id__c,Email,Waymark_Score__c,Waymark_Grade__c,", 54);
	assert_non_null(
		strstr(lead, "\n\"000000010000000000000007\",\"p0@example0.com\",50,#N/A,33"));
	assert_non_null(strstr(lead, "\n\"000000040000000000000007\",,50,#N/A,33"));
	assert_non_null(strstr(lead, ",2024-10-04T01:00:00.000Z,\"view\","
				     "\"https://www.example.com/prices\",#N/A,"));
	summary = slurp(world, 1, "Web_Interaction_Summary__c.csv");
	assert_memory_equal(summary,
			    "Waymark_Lead__r.Waymark_Id__c,Waymark_Contact__r.Waymark_Id__c,"
			    "Waymark_Id__c,",
			    77);
	assert_non_null(strstr(summary, "\"2024-10-04: =cmd|' /C calc'!A0\""));
	assert_non_null(strstr(summary, "\"'+50 points: submit, 2024-10-04, event 7: =cmd"));
	ranking = slurp(world, 1, "ranking.csv");
	assert_memory_equal(ranking, "rank,likelihood,email,", 22);
	assert_null(strstr(ranking, "＝1@"));
	manifest = slurp(world, 1, "manifest.json");
	assert_non_null(strstr(manifest, "\"name\": \"Lead.csv\""));
	contact = slurp(world, 1, "Contact.csv");
	assert_null(contact);
	free(lead);
	free(summary);
	free(ranking);
	free(manifest);
}

static void a_crm_id_says_which_object(void **state)
{
	struct world *world = *state;
	struct deliver_result result;

	make_people(world, 1);
	(void)json_object_set_new(world->fields, "salesforce_id", json_string("003000000000001"));
	result = must_run(world);
	assert_int_equal(result.rows[DELIVER_FILE_contact], 1);
	assert_int_equal(result.rows[DELIVER_FILE_lead], 0);
}

static void members_are_made_once_and_change_then(void **state)
{
	struct world *world = *state;
	struct deliver_result result;
	char *text;

	make_people(world, 1);
	world->people[0].response = (struct person_response){.campaign = {{1, 2, 3, 4}},
							     .sent = 1,
							     .first_sent = world->as_of};
	result = must_run(world);
	assert_int_equal(result.rows[DELIVER_FILE_member_new], 1);
	text = slurp(world, 1, "CampaignMember_new.csv");
	assert_memory_equal(text,
			    "Lead.Waymark_Id__c,Contact.Waymark_Id__c,"
			    "Campaign.Waymark_Campaign__c,Waymark_Member_Id__c,Status,",
			    91);
	assert_non_null(strstr(text, "\n000000010000000000000007,,\"autumn\","
				     "\"000000010000000000000007-01020304\",\"Sent\",\"sent\","));
	free(text);
	world->people[0].response.submits = 1;
	result = must_run(world);
	assert_int_equal(result.rows[DELIVER_FILE_member_new], 0);
	text = slurp(world, 2, "CampaignMember_changed.csv");
	assert_memory_equal(text, "Waymark_Member_Id__c,Status,", 28);
	assert_non_null(strstr(text, "\"Responded\",\"responded\""));
	free(text);
	world->people[0].response = (struct person_response){0};
	result = must_run(world);
	assert_int_equal(result.rows[DELIVER_FILE_removed], 1);
	text = slurp(world, 3, "removed.csv");
	assert_string_equal(text, "Object,ExternalIdField,ExternalId\n"
				  "CampaignMember,Waymark_Member_Id__c,"
				  "000000010000000000000007-01020304\n");
	free(text);
}

static void a_late_follow_up_is_a_task_once(void **state)
{
	struct world *world = *state;
	struct deliver_result result;
	char *text;

	make_people(world, 1);
	world->people[0].submit =
		(struct person_moment){.time = world->as_of, .sequence = 5, .type = EVENT_submit};
	result = must_run(world);
	assert_int_equal(result.rows[DELIVER_FILE_task_lead], 0);
	world->as_of += 2 * USEC_PER_DAY;
	result = must_run(world);
	assert_int_equal(result.rows[DELIVER_FILE_task_lead], 0);
	world->as_of += USEC_PER_DAY;
	result = must_run(world);
	assert_int_equal(result.rows[DELIVER_FILE_task_lead], 1);
	text = slurp(world, result.number, "Task_Lead.csv");
	assert_non_null(
		strstr(text, "Lead:Who.Waymark_Id__c,Waymark_Task_Id__c,Subject,ActivityDate,"));
	assert_non_null(strstr(text, "\"Follow up: submit on 2024-10-04\",2024-10-06,"));
	free(text);
	world->people[0].views++;
	world->as_of += USEC_PER_DAY;
	result = must_run(world);
	assert_int_equal(result.rows[DELIVER_FILE_lead], 1);
	assert_int_equal(result.rows[DELIVER_FILE_task_lead], 0);
	/* Another form asks again, and is answered before it is late. */
	world->people[0].submit.sequence = 6;
	world->people[0].submit.time = world->as_of;
	(void)json_object_set_new(world->fields, "last_contact", json_string("2024-10-08"));
	world->as_of += 9 * USEC_PER_DAY;
	result = must_run(world);
	assert_int_equal(result.rows[DELIVER_FILE_task_lead], 0);
}

static void whoever_is_erased_is_named_once(void **state)
{
	struct world *world = *state;
	struct deliver_result result;
	char *text;

	make_people(world, 400);
	(void)must_run(world);
	world->people[0].there = false;
	world->people[399].there = world->people[399].has_summary = false;
	world->people[200].has_summary = false;
	result = must_run(world);
	assert_int_equal(result.rows[DELIVER_FILE_erased], 2);
	assert_int_equal(result.rows[DELIVER_FILE_lead], 0);
	text = slurp(world, 2, "erased.csv");
	assert_string_equal(text, "Waymark_Id__c\n000000010000000000000007\n"
				  "000004ae0000000000000007\n");
	free(text);
	assert_int_equal(must_run(world).number, 0);
	world->people[200].has_summary = true;
	assert_int_equal(must_run(world).number, 0);
}

/* As after a restore without people/: nobody asks the CRM to delete them, nor tells them anew. */
static void whom_people_lost_stays_as_delivered(void **state)
{
	struct world *world = *state;

	make_people(world, 400);
	(void)must_run(world);
	for (size_t i = 0; i < 400; i++) {
		world->people[i].there = false;
		world->people[i].lost = true;
	}
	assert_int_equal(must_run(world).number, 0);
	for (size_t i = 0; i < 400; i++)
		world->people[i].there = true;
	assert_int_equal(must_run(world).number, 0);
}

static void two_at_once_are_refused(void **state)
{
	struct world *world = *state;
	struct deliver_folder folder;
	struct deliver_result result;
	struct error error = {0};

	make_people(world, 1);
	assert_int_equal(deliver_folder_open(&folder, world->directory, &error), 0);
	assert_int_equal(run(world, &result, &error), DELIVER_E_LOCKED);
	assert_non_null(strstr(error.text, "another delivery into this folder is under way"));
	deliver_folder_close(&folder);
	assert_int_equal(must_run(world).number, 1);
}

static void a_damaged_state_is_not_believed(void **state)
{
	struct world *world = *state;
	struct deliver_result result;
	struct error error = {0};
	char path[96];
	FILE *file;

	make_people(world, 3);
	(void)must_run(world);
	(void)snprintf(path, sizeof(path), "%s/.state", world->directory);
	file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 30, SEEK_SET), 0);
	(void)fputc('x', file);
	(void)fclose(file);
	assert_int_equal(run(world, &result, &error), DELIVER_E_FAILED);
	assert_non_null(strstr(error.text, ".state is damaged"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(must_run(world).number, 2);
}

/* What somebody who takes each delivery in turn knows in the end; doubles are counted. */
static unsigned read_deliveries(struct world *world, uint64_t *known, uint64_t *ret_last)
{
	unsigned doubled = 0;
	uint64_t number = 1;

	for (;; number++) {
		char *text = slurp(world, number, "persons.ndjson"), *at = text;

		if (!text)
			break;
		while (*at) {
			char *end = strchr(at, '\n');
			json_t *line = json_loadb(at, (size_t)(end - at), 0, NULL);
			struct handle handle;
			uint64_t views;
			size_t index;

			assert_non_null(line);
			assert_int_equal(hex_parse(span_text(json_string_value(
							   json_object_get(line, "prospect"))),
						   &handle, sizeof(handle)),
					 0);
			index = index_of(&handle);
			views = (uint64_t)json_integer_value(
				json_object_get(json_object_get(line, "all"), "views"));
			doubled += known[index] == views;
			known[index] = views;
			json_decref(line);
			at = end + 1;
		}
		free(text);
	}
	*ret_last = number - 1;
	return doubled;
}

static void kill_one(struct world *world, unsigned wait_us)
{
	const struct timespec pause = {.tv_sec = wait_us / 1000000,
				       .tv_nsec = wait_us % 1000000 * 1000L};
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct deliver_result result;
		struct error error;

		_exit(run(world, &result, &error) ? 1 : 0);
	}
	(void)nanosleep(&pause, NULL);
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
}

static void a_kill_neither_loses_nor_doubles(void **state)
{
	struct world *world = *state;
	uint64_t known[PEOPLE_MAX] = {0}, last;
	struct timespec begin, end;
	unsigned whole_us;

	make_people(world, 500);
	srandom(5);
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	(void)must_run(world);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	whole_us = (unsigned)((end.tv_sec - begin.tv_sec) * 1000000 +
			      (end.tv_nsec - begin.tv_nsec) / 1000);
	for (int round = 0; round < KILLS; round++) {
		for (int i = 0; i < 20; i++)
			world->people[(size_t)random() % world->count].views++;
		kill_one(world, (unsigned)random() % (whole_us + whole_us / 4 + 1));
	}
	(void)must_run(world);
	assert_int_equal(read_deliveries(world, known, &last), 0);
	assert_true(last >= 1);
	for (size_t i = 0; i < world->count; i++)
		assert_int_equal(known[i], world->people[i].views);
}

static bool is_killed_at(struct world *world, unsigned at)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct deliver_result result;
		struct error error;

		kill_at = at;
		_exit(run(world, &result, &error) ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

/* One more person changes before each, so a step that loses or doubles is seen. */
static void a_kill_at_each_step_neither_loses_nor_doubles(void **state)
{
	struct world *world = *state;
	uint64_t known[PEOPLE_MAX] = {0}, last;
	unsigned at = 1;

	make_people(world, 100);
	(void)must_run(world);
	while (world->people[at % world->count].views++, is_killed_at(world, at))
		at++;
	assert_true(at > 10);
	(void)must_run(world);
	assert_int_equal(read_deliveries(world, known, &last), 0);
	assert_true(last > 2);
	for (size_t i = 0; i < world->count; i++)
		assert_int_equal(known[i], world->people[i].views);
}

static void metadata_has_a_field_for_each_column(void **state)
{
	struct world *world = *state;
	struct error error = {0};
	char path[256], directory[96];
	struct stat status;

	(void)snprintf(directory, sizeof(directory), "%s/crm", world->directory);
	if (deliver_metadata(directory, world->mapping, &error) != 0)
		fail_msg("%s", error.text);
	for (size_t i = 0; i < world->mapping->columns[DELIVER_INTERACTIONS].count; i++) {
		(void)snprintf(
			path, sizeof(path),
			"%s/force-app/main/default/objects/Web_Interaction_Summary__c/fields/"
			"%s.field-meta.xml",
			directory, world->mapping->columns[DELIVER_INTERACTIONS].items[i].name);
		if (stat(path, &status) != 0)
			fail_msg("%s is not there", path);
	}
	(void)snprintf(path, sizeof(path),
		       "%s/force-app/main/default/objects/Activity/fields/"
		       "Waymark_Task_Id__c.field-meta.xml",
		       directory);
	assert_int_equal(stat(path, &status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_changed_is_delivered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rows_are_as_the_crm_takes_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_crm_id_says_which_object, set_up, tear_down),
		cmocka_unit_test_setup_teardown(members_are_made_once_and_change_then, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_late_follow_up_is_a_task_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whoever_is_erased_is_named_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whom_people_lost_stays_as_delivered, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(two_at_once_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_state_is_not_believed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_kill_neither_loses_nor_doubles, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_kill_at_each_step_neither_loses_nor_doubles,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(metadata_has_a_field_for_each_column, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
