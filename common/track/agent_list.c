/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three tables of states, walked side by side with the bytes of an agent: for patterns that hold at
 * its start alone, for those that loop, and for all others, which are words. The build makes them
 * (static/agents/make_agent_list.mjs) and proves them on the agents that the lists bring.
 *
 * Many states lead to the same places, so each names one of a few rows, by class of byte, and only
 * what differs from that. State 0 has found something and leads to itself alone.
 */
#include "track/agent_list.h"

#include "agent_list_table.h"

enum { FOUND = 0 };

struct automaton {
	const uint16_t (*bases)[AGENT_LIST_CLASSES];
	const uint8_t *base; /* by state: which of these holds for what the next say nothing of */
	const uint32_t
		*first; /* by state: its part of the next two, which ends at the next one's */
	const uint8_t *class;
	const uint16_t *next;
	const uint8_t *ends; /* by state: what was found when nothing follows */
};

#define AUTOMATON(name)                                                                         \
	{                                                                                       \
		name##_bases, name##_base, name##_first, name##_class, name##_next, name##_ends \
	}
static const struct automaton automata[] = {AUTOMATON(begins), AUTOMATON(runs), AUTOMATON(holds)};
static const uint16_t starts[] = {BEGINS_START, RUNS_START, HOLDS_START};
enum { AUTOMATA = sizeof(automata) / sizeof(automata[0]) };

static unsigned lead(const struct automaton *automaton, unsigned state, uint8_t class)
{
	uint32_t at = automaton->first[state], end = automaton->first[state + 1];

	for (; at < end && automaton->class[at] <= class; at++)
		if (automaton->class[at] == class)
			return automaton->next[at];
	return automaton->bases[automaton->base[state]][class];
}

bool agent_list_holds(struct span agent)
{
	for (size_t i = 0; i < AUTOMATA; i++) {
		const struct automaton *automaton = &automata[i];
		unsigned state = starts[i];

		for (size_t at = 0; at < agent.size && state != FOUND; at++)
			state = lead(automaton, state, agent_list_classes[agent.data[at]]);
		if (automaton->ends[state])
			return true;
	}
	return false;
}

const char *agent_list_sources(void)
{
	return AGENT_LIST_SOURCES;
}
