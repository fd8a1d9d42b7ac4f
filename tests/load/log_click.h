/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TESTS_LOAD_LOG_CLICK_H
#define WAYMARK_TESTS_LOAD_LOG_CLICK_H

#include "store/event.h"

/*
 * Clicks as a log of years holds them, made by the million: some thousand people, a few hundred
 * links, agents of which few are most, languages, referrers mostly absent. From a seed, so that two
 * logs are the same but for the handles' order in time.
 */
struct log_clicks {
	uint64_t state; /* of the random numbers */
	uint64_t people, links;
	struct log_lines {
		char **lines;
		size_t count;
	} agents, urls; /* of files; none: a few of its own */
	char url[128];
};

/* @agents_file, @urls_file: one a line, or NULL. Return: 0; negative errno. */
int log_clicks_init(struct log_clicks *clicks, uint64_t seed, uint64_t people, uint64_t links,
		    const char *agents_file, const char *urls_file);
void log_clicks_finish(struct log_clicks *clicks);

/* The next one, at @time; valid until the one after it. */
void log_clicks_next(struct log_clicks *clicks, usec_t time, struct event *ret_event);

#endif
