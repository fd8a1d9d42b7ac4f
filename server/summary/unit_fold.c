/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What binds the pure fold to the disk. Agents are few and judging one costs a microsecond, so each
 * is read once and kept by its text id. A fold borrows what it was given while it judges one
 * stretch, which has fewer events than half of those that are kept: when a half is full all are
 * forgotten, and the other half, which is older than any stretch, is written over. So a unit of any
 * number of agents folds the same each time.
 */
#include "summary/unit_fold.h"

#include "base/encode.h"
#include "summary/calendar.h"
#include "summary/person.h"
#include "summary/rules.h"
#include "summary/text_ids.h"
#include "track/settle.h"
#include "track/verdict.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	AGENTS_BLOCK = 256,
	AGENTS_HALF = 32768,
	AGENTS_MAX = 2 * AGENTS_HALF,
	AGENT_SLOTS = 2 * AGENTS_MAX,
	FOLD_VERSION = 1
};
static_assert((int)AGENTS_HALF > (int)SETTLE_MAX_EVENTS, "no stretch needs more");

struct agents {
	struct verdict_agent *blocks[AGENTS_MAX / AGENTS_BLOCK];
	uint32_t ids[AGENT_SLOTS];
	uint32_t numbers[AGENT_SLOTS];
	uint32_t first, count; /* of the half that is in use */
};

struct unit_fold {
	struct calendar *calendar;
	struct summary_rules *rules;
	struct verdict_rules *verdicts;
	struct fold_context context;
	struct fold_sink sink;
	struct fold *fold;
	struct fact_stream stream;
	struct agents *agents;
	struct txn *txn;
	char text[UNIT_FOLD_RULES_BYTES];
};

static void forget_agents(struct agents *agents)
{
	memset(agents->ids, 0, sizeof(agents->ids));
	agents->first = AGENTS_HALF - agents->first;
	agents->count = 0;
}

static struct verdict_agent *agent_at(struct agents *agents, uint32_t number)
{
	struct verdict_agent **block = &agents->blocks[number / AGENTS_BLOCK];

	if (!*block)
		*block = reallocarray(NULL, AGENTS_BLOCK, sizeof(**block));
	return *block ? &(*block)[number % AGENTS_BLOCK] : NULL;
}

/* NULL for 0, and when it is not there. */
static const struct verdict_agent *find_agent(void *context, uint32_t id)
{
	struct unit_fold *fold = context;
	struct agents *agents = fold->agents;
	struct verdict_agent *agent;
	size_t slot = id * UINT32_C(0x9E3779B1) % AGENT_SLOTS;
	uint32_t number;
	struct span text;

	if (id == 0)
		return NULL;
	while (agents->ids[slot] && agents->ids[slot] != id)
		slot = (slot + 1) % AGENT_SLOTS;
	if (agents->ids[slot])
		return agent_at(agents, agents->numbers[slot]);
	if (agents->count == AGENTS_HALF) {
		forget_agents(agents);
		slot = id * UINT32_C(0x9E3779B1) % AGENT_SLOTS;
	}
	number = agents->first + agents->count;
	text = text_ids_read(fold->txn, id);
	agent = text.data ? agent_at(agents, number) : NULL;
	if (!agent)
		return NULL;
	verdict_read_agent(fold->verdicts, text, agent);
	agents->ids[slot] = id;
	agents->numbers[slot] = number;
	agents->count++;
	return agent;
}

static struct span find_text(void *context, uint32_t id)
{
	const struct unit_fold *fold = context;

	return text_ids_read(fold->txn, id);
}

static int load(struct unit_fold *fold, const struct config *config, struct error *error)
{
	int r = calendar_open(config->summary_time_zone, &fold->calendar, error);

	if (r) {
		error_prefix(error, "%s: summary.time_zone: ", config->path);
		return r < 0 ? r : UNIT_FOLD_E_INVALID;
	}
	r = rules_load(config->summary_rules_file, &fold->rules, error);
	if (!r)
		r = verdict_rules_new(config, &fold->verdicts, error);
	return r > 0 ? UNIT_FOLD_E_INVALID : r;
}

static void describe(struct unit_fold *fold, const struct config *config)
{
	char digest[2 * VERDICT_RULES_DIGEST_BYTES + 1];

	hex_format(verdict_rules_digest(fold->verdicts), VERDICT_RULES_DIGEST_BYTES, digest);
	(void)snprintf(fold->text, sizeof(fold->text), "%d %s %s %s", FOLD_VERSION,
		       config->summary_time_zone, digest, fold->rules->groups_digest);
}

int unit_fold_new(const struct config *config, const struct fold_sink *sink,
		  struct unit_fold **ret_fold, struct error *error)
{
	struct unit_fold *fold = calloc(1, sizeof(*fold));
	int r = -ENOMEM;

	if (fold)
		fold->agents = calloc(1, sizeof(*fold->agents));
	if (fold && fold->agents)
		r = load(fold, config, error);
	if (!r) {
		describe(fold, config);
		fold->sink = *sink;
		fold->context = (struct fold_context){
			.rules = fold->rules,
			.verdicts = fold->verdicts,
			.calendar = fold->calendar,
			.agent = find_agent,
			.text = find_text,
			.context = fold,
		};
		r = fold_new(&fold->context, &fold->sink, &fold->fold);
	}
	if (r) {
		unit_fold_free(fold);
		return r == -ENOMEM ? error_set(error, r, "out of memory") : r;
	}
	*ret_fold = fold;
	return 0;
}

void unit_fold_free(struct unit_fold *fold)
{
	if (!fold)
		return;
	fold_free(fold->fold);
	fact_stream_finish(&fold->stream);
	verdict_rules_free(fold->verdicts);
	rules_free(fold->rules);
	calendar_close(fold->calendar);
	for (size_t i = 0; fold->agents && i < AGENTS_MAX / AGENTS_BLOCK; i++)
		free(fold->agents->blocks[i]);
	free(fold->agents);
	free(fold);
}

const char *unit_fold_rules(const struct unit_fold *fold)
{
	return fold->text;
}

struct fold_context *unit_fold_context(struct unit_fold *fold)
{
	return &fold->context;
}

void unit_fold_use(struct unit_fold *fold, struct txn *txn)
{
	fold->txn = txn;
	unit_fold_limit(fold, NULL);
}

void unit_fold_limit(struct unit_fold *fold, const struct fact_range *range)
{
	fold->stream.range = range ? *range : (struct fact_range){0};
}

static void begin(struct unit_fold *fold, const struct subject *unit, usec_t as_of, bool summarise)
{
	struct handle person;

	memcpy(&person, unit->bytes + 1, sizeof(person));
	fold->context.as_of = as_of;
	fold_begin(fold->fold, subject_kind(unit) == SUBJECT_PERSON ? &person : NULL, summarise);
}

int unit_fold_run(struct unit_fold *fold, const struct subject *unit, usec_t as_of,
		  struct person_summary *ret_person, usec_t *ret_due, uint64_t *ret_facts)
{
	struct fact fact;
	uint64_t facts = 0;
	int r = fact_stream_begin(&fold->stream, fold->txn, unit), end;

	begin(fold, unit, as_of, ret_person != NULL);
	for (; !r && fact_stream_next(&fold->stream, &fact); facts++)
		r = fold_add(fold->fold, &fact);
	end = fold_end(fold->fold, ret_person, ret_due);
	if (ret_facts)
		*ret_facts = facts;
	return r ? r : fold->stream.error ? fold->stream.error : end;
}

void unit_fold_begin(struct unit_fold *fold, const struct subject *unit, usec_t as_of)
{
	begin(fold, unit, as_of, false);
}

int unit_fold_row(struct unit_fold *fold, const struct subject *unit, struct span row)
{
	struct fact fact;
	size_t at = 0;
	int r;

	fact_origin(unit, &fact);
	while (!(r = fact_read(row, &at, &fact))) {
		r = fold_add(fold->fold, &fact);
		if (r)
			return r;
	}
	return r == FACT_E_END ? 0 : -EBADMSG;
}

int unit_fold_add(struct unit_fold *fold, const struct fact *fact)
{
	return fold_add(fold->fold, fact);
}

int unit_fold_end(struct unit_fold *fold, usec_t *ret_due)
{
	return fold_end(fold->fold, NULL, ret_due);
}
