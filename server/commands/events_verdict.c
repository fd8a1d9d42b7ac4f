/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict rests on what the same person did within half an hour, and the log is in another order:
 * imports bring old events late, and people come at once. So the log is read once, and what
 * settle() needs of each event is sorted by its unit and time, in bounded memory however much of
 * the log is of one unit; then it is settled stretch by stretch. What remains is a few bits for
 * each sequence.
 *
 * An event that is about a person by a link of theirs is in their unit; and once more, as a witness
 * whose verdict is not kept, in that of the browser when it belongs to somebody else.
 */
#include "commands/events_verdict.h"

#include "base/cleanup.h"
#include "commands/row_sort.h"
#include "crypto/short_hash.h"
#include "store/binding.h"
#include "store/event_reader.h"
#include "track/settle_record.h"

#include <errno.h>
#include <stdio.h>

enum { UNIT_BYTES = 16, TABLE_MIN = 1024 };

/* What settle() is told, and whose it is. Agent and net stand for what the tables hold. */
struct row {
	uint8_t unit[UNIT_BYTES];
	struct settle_event event;
	uint32_t nets[EVENTS_VERDICT_RULES_MAX];
	bool witness;
};

struct agent {
	uint64_t hash; /* 0: a free place */
	struct verdict_agent by_rules[EVENTS_VERDICT_RULES_MAX];
};

struct events_verdict {
	struct app *app;
	const struct verdict_rules *const *rules;
	size_t rule_count;
	struct short_hash_key key;
	struct agent *agents; /* the number of one is its index and 1 */
	size_t agent_count, agent_room;
	uint32_t *places; /* by hash: number of an agent; 0: free */
	size_t place_mask;
	struct row_sort *sort;
	struct row *rows; /* of the stretch at hand, at most SETTLE_MAX_EVENTS */
	size_t row_count;
	uint64_t first, count; /* sequences first .. first + count - 1 */
	size_t room;
	uint32_t *reasons[EVENTS_VERDICT_RULES_MAX];
	uint8_t *states[EVENTS_VERDICT_RULES_MAX]; /* class, open, settled; 0: nothing */
};

enum { STATE_KNOWN = 1, STATE_SETTLED = 2, STATE_CLASS = 2, STATE_OPEN = 4 };
_Static_assert(VERDICT_RULE_COUNT <= 32, "the reasons of a verdict fit into four bytes");

void events_verdict_free(struct events_verdict *verdicts)
{
	if (!verdicts)
		return;
	for (size_t i = 0; i < EVENTS_VERDICT_RULES_MAX; i++) {
		free(verdicts->reasons[i]);
		free(verdicts->states[i]);
	}
	free(verdicts->rows);
	row_sort_free(verdicts->sort);
	free(verdicts->agents);
	free(verdicts->places);
	free(verdicts);
}

static void cleanup_verdicts(struct events_verdict **verdicts)
{
	events_verdict_free(*verdicts);
}

/* The place of @hash in the table: what holds it, or a free one. */
static size_t find_place(const struct events_verdict *verdicts, uint64_t hash)
{
	size_t at = hash & verdicts->place_mask;

	while (verdicts->places[at] && verdicts->agents[verdicts->places[at] - 1].hash != hash)
		at = (at + 1) & verdicts->place_mask;
	return at;
}

static int grow_agents(struct events_verdict *verdicts)
{
	size_t room = verdicts->agent_room ? 2 * verdicts->agent_room : TABLE_MIN;
	struct agent *agents = reallocarray(verdicts->agents, room, sizeof(*agents));

	if (!agents)
		return -ENOMEM;
	verdicts->agents = agents;
	free(verdicts->places);
	verdicts->places = calloc(2 * room, sizeof(*verdicts->places));
	if (!verdicts->places)
		return -ENOMEM;
	verdicts->agent_room = room;
	verdicts->place_mask = 2 * room - 1;
	for (size_t i = 0; i < verdicts->agent_count; i++)
		verdicts->places[find_place(verdicts, agents[i].hash)] = (uint32_t)i + 1;
	return 0;
}

/* Number of the agent, which is read when it is new; 0: none was sent. */
static int take_agent(struct events_verdict *verdicts, struct span text, uint32_t *ret_number)
{
	struct agent *agent;
	size_t at;

	*ret_number = 0;
	if (text.size == 0)
		return 0;
	if (verdicts->agent_count == verdicts->agent_room && grow_agents(verdicts) != 0)
		return -ENOMEM;
	at = find_place(verdicts, short_hash(&verdicts->key, text));
	if (!verdicts->places[at]) {
		agent = &verdicts->agents[verdicts->agent_count++];
		agent->hash = short_hash(&verdicts->key, text);
		for (size_t i = 0; i < verdicts->rule_count; i++)
			verdict_read_agent(verdicts->rules[i], text, &agent->by_rules[i]);
		verdicts->places[at] = (uint32_t)verdicts->agent_count;
	}
	*ret_number = verdicts->places[at];
	return 0;
}

/* Kinds of units are told apart by a first byte that is hashed along. */
static void name_unit(const struct events_verdict *verdicts, uint8_t kind, struct span id,
		      uint8_t ret_unit[UNIT_BYTES])
{
	uint8_t text[64] = {kind};
	uint64_t hash;

	memcpy(text + 1, id.data, id.size < sizeof(text) - 2 ? id.size : sizeof(text) - 2);
	for (uint8_t half = 0; half < 2; half++) {
		text[sizeof(text) - 1] = half;
		hash = short_hash(&verdicts->key, span_of(text, sizeof(text)));
		memcpy(ret_unit + half * sizeof(hash), &hash, sizeof(hash));
	}
}

enum { UNIT_ANONYMOUS, UNIT_VISITOR, UNIT_PERSON };

/* The browser's unit: of the person whose it is now, or its own. False: there is no browser. */
static int name_browser(struct events_verdict *verdicts, const struct settle_event *event,
			uint8_t ret_unit[UNIT_BYTES], bool *ret_named)
{
	struct binding binding;
	int code;

	*ret_named = !id_is_zero(&event->visitor, sizeof(event->visitor));
	if (!*ret_named)
		return 0;
	code = binding_find(verdicts->app->store, &event->visitor, &binding);
	if (code < 0)
		return code;
	if (code == 0 && binding.evidence != EVIDENCE_NONE && !binding.undone)
		name_unit(verdicts, UNIT_PERSON, span_of(&binding.person, sizeof(binding.person)),
			  ret_unit);
	else
		name_unit(verdicts, UNIT_VISITOR, span_of(&event->visitor, sizeof(event->visitor)),
			  ret_unit);
	return 0;
}

/* About a person by itself, not by whose browser it was (track/attachment.h). */
static bool is_persons(const struct event *event)
{
	return event->fields[EVENT_FIELD_prospect].size > 0 &&
	       (event->type == EVENT_click || event->type == EVENT_probe ||
		event->type == EVENT_open || event->type == EVENT_sent ||
		event->type == EVENT_login || event->type == EVENT_confirm ||
		event->type == EVENT_submit || !event->fields[EVENT_FIELD_visitor].data);
}

/* Whoever they were merged into. */
static int name_person(struct events_verdict *verdicts, struct span handle,
		       uint8_t ret_unit[UNIT_BYTES])
{
	struct handle person, now;
	int code = 0;

	if (handle.size == sizeof(person)) {
		memcpy(&person, handle.data, sizeof(person));
		code = binding_find_person(verdicts->app->store, &person, &now);
		if (!code && !id_is_zero(&now, sizeof(now)))
			handle = span_of(&now, sizeof(now));
	}
	name_unit(verdicts, UNIT_PERSON, handle, ret_unit);
	return code;
}

/* Nothing ties such an event to others but mail, network, agent and day. */
static void name_nobody(const struct events_verdict *verdicts, const struct settle_event *event,
			uint8_t ret_unit[UNIT_BYTES])
{
	struct {
		struct mailing_id mailing;
		uint64_t network, agent, day;
	} what = {event->mailing, event->network, event->agent_id, event->time / USEC_PER_DAY};

	name_unit(verdicts, UNIT_ANONYMOUS, span_of(&what, sizeof(what)), ret_unit);
}

static int add_rows(struct events_verdict *verdicts, const struct event *event, struct row *row)
{
	uint8_t person[UNIT_BYTES];
	bool has_browser;
	int code = name_browser(verdicts, &row->event, row->unit, &has_browser);

	if (code)
		return code;
	if (is_persons(event)) {
		code = name_person(verdicts, event->fields[EVENT_FIELD_prospect], person);
		if (code)
			return code;
		if (has_browser && memcmp(person, row->unit, sizeof(person)) != 0) {
			row->witness = true;
			code = row_sort_add(verdicts->sort, row);
			if (code)
				return code;
		}
		memcpy(row->unit, person, sizeof(person));
		row->witness = false;
	} else if (!has_browser) {
		name_nobody(verdicts, &row->event, row->unit);
	}
	return row_sort_add(verdicts->sort, row);
}

static int make_room(struct events_verdict *verdicts, uint64_t sequence)
{
	size_t need, room = verdicts->room ? verdicts->room : 65536;

	if (verdicts->first == 0)
		verdicts->first = sequence;
	need = (size_t)(sequence - verdicts->first + 1);
	verdicts->count = need;
	if (need <= verdicts->room)
		return 0;
	while (room < need)
		room += room / 2;
	for (size_t i = 0; i < verdicts->rule_count; i++) {
		uint32_t *reasons = reallocarray(verdicts->reasons[i], room, sizeof(*reasons));
		uint8_t *states;

		if (!reasons)
			return -ENOMEM;
		verdicts->reasons[i] = reasons;
		states = realloc(verdicts->states[i], room);
		if (!states)
			return -ENOMEM;
		memset(states + verdicts->room, 0, room - verdicts->room);
		verdicts->states[i] = states;
	}
	verdicts->room = room;
	return 0;
}

static int take_event(void *context, const struct event *event, struct span record)
{
	struct events_verdict *verdicts = context;
	const struct tracker *tracker =
		tracker_find(verdicts->app->trackers, event->fields[EVENT_FIELD_tracker]);
	struct row row = {0};
	struct address address;
	int code = make_room(verdicts, event->sequence);

	(void)record;
	if (code || !settle_record(event, tracker && tracker->https, &row.event))
		return code;
	code = take_agent(verdicts, event->fields[EVENT_FIELD_agent], &row.event.agent_id);
	if (code)
		return code;
	settle_record_address(event, &address);
	for (size_t i = 0; i < verdicts->rule_count; i++)
		row.nets[i] = verdict_rules_recorded_net(verdicts->rules[i],
							 event->fields[EVENT_FIELD_net], &address);
	return add_rows(verdicts, event, &row);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *one = a, *other = b;
	int order = memcmp(one->unit, other->unit, sizeof(one->unit));

	if (order)
		return order;
	if (one->event.time != other->event.time)
		return one->event.time < other->event.time ? -1 : 1;
	return (one->event.sequence > other->event.sequence) -
	       (one->event.sequence < other->event.sequence);
}

/* Rows that lie within each other's reach, all of one unit. */
static int settle_rows(struct events_verdict *verdicts, const struct row *rows, size_t count,
		       usec_t as_of)
{
	cleanup_free struct settle_event *events = calloc(count, sizeof(*events));
	cleanup_free struct settle_verdict *found = calloc(count, sizeof(*found));

	if (!events || !found)
		return -ENOMEM;
	for (size_t set = 0; set < verdicts->rule_count; set++) {
		for (size_t i = 0; i < count; i++) {
			events[i] = rows[i].event;
			events[i].net = rows[i].nets[set];
			if (events[i].agent_id)
				events[i].agent =
					&verdicts->agents[events[i].agent_id - 1].by_rules[set];
		}
		if (settle(verdicts->rules[set], events, count, as_of, found) != 0)
			return -ENOMEM;
		for (size_t i = 0; i < count; i++) {
			size_t at = (size_t)(events[i].sequence - verdicts->first);

			if (rows[i].witness)
				continue;
			verdicts->reasons[set][at] = (uint32_t)found[i].reasons;
			verdicts->states[set][at] =
				(uint8_t)(STATE_KNOWN | (found[i].settled ? STATE_SETTLED : 0) |
					  found[i].class << STATE_CLASS |
					  found[i].open << STATE_OPEN);
		}
	}
	return 0;
}

static int settle_stretch(struct events_verdict *verdicts, usec_t as_of)
{
	size_t count = verdicts->row_count;

	verdicts->row_count = 0;
	return count > 0 ? settle_rows(verdicts, verdicts->rows, count, as_of) : 0;
}

static bool goes_on(const struct events_verdict *verdicts, const struct row *row)
{
	const struct row *last = &verdicts->rows[verdicts->row_count - 1];

	return verdicts->row_count < SETTLE_MAX_EVENTS &&
	       memcmp(row->unit, last->unit, sizeof(row->unit)) == 0 &&
	       row->event.time - last->event.time <= SETTLE_WINDOW;
}

static int settle_all(struct events_verdict *verdicts, usec_t as_of)
{
	const void *row;
	int code = row_sort_next(verdicts->sort, &row);

	while (!code && row) {
		if (verdicts->row_count > 0 && !goes_on(verdicts, row))
			code = settle_stretch(verdicts, as_of);
		memcpy(&verdicts->rows[verdicts->row_count++], row, sizeof(struct row));
		if (!code)
			code = row_sort_next(verdicts->sort, &row);
	}
	return code ? code : settle_stretch(verdicts, as_of);
}

static int fail(int code, struct error *error)
{
	if (code == 0)
		return 0;
	if (code < 0)
		return error_set(error, EVENTS_VERDICT_E_FAILED, "the log cannot be judged: %s",
				 strerror(-code));
	return error_set(error, EVENTS_VERDICT_E_FAILED,
			 "the log cannot be judged: an event in it is damaged, or of a newer "
			 "version of waymark");
}

static int read_log(struct events_verdict *verdicts)
{
	uint64_t last = 0;

	return event_reader_each(verdicts->app->store, 0, take_event, verdicts, &last);
}

int events_verdict_new(struct app *app, const struct verdict_rules *const *rules, size_t count,
		       usec_t as_of, struct events_verdict **ret_verdicts, struct error *error)
{
	cleanup(cleanup_verdicts) struct events_verdict *verdicts = calloc(1, sizeof(*verdicts));
	int code;

	if (!verdicts)
		return fail(-ENOMEM, error);
	verdicts->app = app;
	verdicts->rules = rules;
	verdicts->rule_count = count;
	short_hash_key_make(&verdicts->key);
	verdicts->rows = calloc(SETTLE_MAX_EVENTS, sizeof(*verdicts->rows));
	code = verdicts->rows
		       ? row_sort_new(sizeof(struct row), compare_rows, &verdicts->sort, error)
		       : -ENOMEM;
	if (code == ROW_SORT_E_SCRATCH)
		return EVENTS_VERDICT_E_FAILED;
	if (!code)
		code = read_log(verdicts);
	if (!code)
		code = settle_all(verdicts, as_of);
	if (code)
		return fail(code, error);
	*ret_verdicts = take_ptr(verdicts);
	return 0;
}

bool events_verdict_find(const struct events_verdict *verdicts, size_t rules, uint64_t sequence,
			 struct settle_verdict *ret_verdict)
{
	uint64_t at = sequence - verdicts->first;
	uint8_t state;

	if (verdicts->first == 0 || sequence < verdicts->first || at >= verdicts->count)
		return false;
	state = verdicts->states[rules][at];
	if (!(state & STATE_KNOWN))
		return false;
	*ret_verdict = (struct settle_verdict){
		.class = state >> STATE_CLASS & 3,
		.open = state >> STATE_OPEN & 3,
		.settled = state & STATE_SETTLED,
		.reasons = verdicts->reasons[rules][at],
	};
	return true;
}
