/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change of rules is looked at before it is made: which events it would judge otherwise, and how
 * many there are of each kind of change. Nothing is written; the summaries take other rules over by
 * themselves, when they are in force.
 */
#include "commands/events_reclassify.h"

#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/events_verdict.h"
#include "store/event_reader.h"
#include "track/event_json.h"
#include "track/settle_record.h"

#include <errno.h>
#include <stdio.h>

static const char *const class_texts[] = {"unknown", "human", "machine"};
static const char *const open_texts[] = {"direct", "proxy", "prefetch"};
enum { CLASSES = sizeof(class_texts) / sizeof(class_texts[0]) };

struct judged {
	bool is_open;
	enum verdict_class class;
	enum verdict_open open;
	char reasons[VERDICT_REASONS_BYTES];
};

struct comparison {
	struct app *app;
	const struct verdict_rules *rules[EVENTS_VERDICT_RULES_MAX];
	struct events_verdict *settled; /* NULL: requests are compared with their records */
	uint64_t events, changed, by_class[CLASSES][CLASSES];
	bool closed; /* standard output is */
};

json_t *events_settled_json(const struct settle_verdict *verdict, bool is_open)
{
	char text[VERDICT_REASONS_BYTES];
	json_t *reasons = json_array(),
	       *value = json_pack("{s:s, s:b}", "class", class_texts[verdict->class], "settled",
				  verdict->settled);
	struct span names;

	verdict_reasons_text(verdict->reasons, text);
	names = span_text(text);
	for (size_t at = 0; at < names.size;) {
		size_t end = span_find(names, ',', at);

		(void)json_array_append_new(reasons,
					    json_stringn((const char *)names.data + at, end - at));
		at = end + 1;
	}
	(void)json_object_set_new(value, "reasons", reasons);
	if (is_open)
		(void)json_object_set_new(value, "open", json_string(open_texts[verdict->open]));
	return value;
}

static void take(const struct settle_verdict *verdict, bool is_open, struct judged *ret_judged)
{
	ret_judged->is_open = is_open;
	ret_judged->class = verdict->class;
	ret_judged->open = verdict->open;
	verdict_reasons_text(verdict->reasons, ret_judged->reasons);
}

static void take_recorded(const struct event *event, struct judged *ret_judged)
{
	struct span reasons = event->fields[EVENT_FIELD_reasons];
	uint8_t class = event_choice(event, EVENT_FIELD_verdict);
	size_t size = reasons.size < sizeof(ret_judged->reasons) - 1
			      ? reasons.size
			      : sizeof(ret_judged->reasons) - 1;

	*ret_judged = (struct judged){.class = class < CLASSES ? class : VERDICT_UNKNOWN};
	if (size > 0)
		memcpy(ret_judged->reasons, reasons.data, size);
	ret_judged->reasons[size] = '\0';
}

/* The request as it would be judged if it came now. */
static bool judge_request(const struct comparison *comparison, const struct event *event,
			  struct judged *ret_judged)
{
	const struct verdict_rules *rules = comparison->rules[0];
	const struct tracker *tracker =
		tracker_find(comparison->app->trackers, event->fields[EVENT_FIELD_tracker]);
	struct settle_event signals;
	struct verdict_agent agent;
	struct address address;
	uint64_t reasons;

	if (!settle_record(event, tracker && tracker->https, &signals) ||
	    signals.bits & SETTLE_NO_HEADERS)
		return false;
	verdict_read_agent(rules, event->fields[EVENT_FIELD_agent], &agent);
	settle_record_address(event, &address);
	signals.agent = &agent;
	signals.net = verdict_rules_recorded_net(rules, event->fields[EVENT_FIELD_net], &address);
	reasons = settle_request_reasons(rules, &signals);
	*ret_judged = (struct judged){.class = verdict_rules_class(rules, reasons, 0)};
	verdict_reasons_text(reasons, ret_judged->reasons);
	return true;
}

static bool judge_both(const struct comparison *comparison, const struct event *event,
		       struct judged *before, struct judged *after)
{
	struct settle_verdict verdict;
	bool is_open = event->type == EVENT_open;

	if (!comparison->settled) {
		take_recorded(event, before);
		return event->fields[EVENT_FIELD_verdict].data &&
		       judge_request(comparison, event, after);
	}
	if (!events_verdict_find(comparison->settled, 0, event->sequence, &verdict))
		return false;
	take(&verdict, is_open, before);
	if (!events_verdict_find(comparison->settled, 1, event->sequence, &verdict))
		return false;
	take(&verdict, is_open, after);
	return true;
}

static void print_judged(char sign, const struct judged *judged)
{
	(void)printf("%c%s%s%s%s%s\n", sign, class_texts[judged->class], judged->is_open ? " " : "",
		     judged->is_open ? open_texts[judged->open] : "", judged->reasons[0] ? " " : "",
		     judged->reasons);
}

/* What came from outside is printed as JSON, which leaves a terminal alone. */
static void print_place(const struct comparison *comparison, const struct event *event)
{
	struct span agent = event->fields[EVENT_FIELD_agent];
	json_t *text = json_stringn(agent.size ? (const char *)agent.data : "", agent.size);
	char time[CLOCK_TEXT_BYTES];

	clock_format(event->time, time);
	(void)printf("@@ %s.%u-%llu %s %s ", store_node(comparison->app->store), event->incarnation,
		     (unsigned long long)event->sequence, time, event_type_row(event->type)->name);
	(void)json_dumpf(text, stdout, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	(void)printf(" @@\n");
	json_decref(text);
}

static int compare(void *context, const struct event *event, struct span record)
{
	struct comparison *comparison = context;
	struct judged before, after;

	(void)record;
	if (!judge_both(comparison, event, &before, &after))
		return 0;
	comparison->events++;
	if (before.class == after.class && before.open == after.open &&
	    strcmp(before.reasons, after.reasons) == 0)
		return 0;
	comparison->changed++;
	comparison->by_class[before.class][after.class]++;
	print_place(comparison, event);
	print_judged('-', &before);
	print_judged('+', &after);
	comparison->closed = ferror(stdout) != 0;
	return comparison->closed ? 1 : 0;
}

static void print_totals(const struct comparison *comparison)
{
	(void)printf("# %llu of %llu events change\n", (unsigned long long)comparison->changed,
		     (unsigned long long)comparison->events);
	for (size_t from = 0; from < CLASSES; from++)
		for (size_t to = 0; to < CLASSES; to++)
			if (comparison->by_class[from][to] > 0)
				(void)printf("# %s -> %s: %llu\n", class_texts[from],
					     class_texts[to],
					     (unsigned long long)comparison->by_class[from][to]);
}

static void cleanup_rules(struct verdict_rules **rules)
{
	verdict_rules_free(*rules);
}

static void cleanup_comparison(struct comparison *comparison)
{
	events_verdict_free(comparison->settled);
	app_close(comparison->app);
}

static int run(struct comparison *comparison, struct error *error)
{
	uint64_t last = 0;
	int code = event_reader_each(comparison->app->store, 0, compare, comparison, &last);

	if (comparison->closed)
		return error_set(error, COMMAND_FAILED, "standard output is closed or full");
	if (code)
		return error_set(error, COMMAND_FAILED, "event %llu cannot be read",
				 (unsigned long long)last + 1);
	print_totals(comparison);
	return 0;
}

int events_reclassify(const char *config, const char *rules_file, const char *networks_file)
{
	cleanup(cleanup_comparison) struct comparison comparison = {0};
	cleanup(cleanup_rules) struct verdict_rules *others = NULL;
	bool settles = rules_file || networks_file;
	struct error error = {0};
	int code = app_open(config, APP_READER, &comparison.app, &error);

	if (code == APP_E_ABSENT)
		return COMMAND_OK;
	if (code)
		return command_fail(&error);
	comparison.rules[0] = comparison.app->settings->rules;
	if (settles) {
		const struct config *ours = comparison.app->config;

		code = verdict_rules_load(rules_file ? rules_file : ours->verdict_rules_file,
					  networks_file ? networks_file
							: ours->verdict_networks_file,
					  &others, &error);
		comparison.rules[1] = others;
		if (!code)
			code = events_verdict_new(comparison.app, comparison.rules,
						  EVENTS_VERDICT_RULES_MAX, clock_wall(),
						  &comparison.settled, &error);
	}
	if (!code) {
		(void)printf("--- %s\n+++ %s\n", settles ? "rules in force" : "recorded",
			     settles ? rules_file ? rules_file : networks_file : "rules in force");
		code = run(&comparison, &error);
	}
	return code ? command_fail(&error) : command_finish();
}
