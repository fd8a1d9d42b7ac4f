/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_LINK_CHECKS_H
#define WAYMARK_COMMANDS_LINK_CHECKS_H

#include "base/clock.h"
#include "base/error.h"
#include "ship/link_probe.h"
#include "store/store.h"

/*
 * What `waymark link check` has found out of the links' destinations: data/link_checks.ndjson, a
 * line for the whole and one for each link that was followed or registered lately. Nothing rests on
 * it; a file that is gone or cannot be read is begun again. It holds link ids, and no person.
 */
enum { LINK_CHECKS_MAX = 100000 }; /* links; beyond it new ones are left out, and counted */

struct link_check {
	struct link_id id;
	bool used;
	usec_t active;	       /* last followed or registered */
	uint64_t event;	       /* the link event that its destination is of */
	usec_t checked, since; /* 0: never; since when it is in this state */
	unsigned status;       /* of the answer; 0: none */
	enum link_state state;
};

struct link_checks {
	char log[64];	   /* "n1.1": whose events were looked at */
	uint64_t position; /* up to here */
	usec_t ended;	   /* the last pass over all links; 0: none */

	/* private: a hash table of @room places, a power of two */
	struct link_check *rows;
	size_t room, count, left_out;
};

/* Return: 0, and then empty where there is no such file; nonzero with @error. */
int link_checks_read(const char *data_dir, struct link_checks *checks, struct error *error);
int link_checks_write(const char *data_dir, const struct link_checks *checks, struct error *error);
void link_checks_finish(struct link_checks *checks);

/* NULL: it is none of them. */
struct link_check *link_checks_find(const struct link_checks *checks, const struct link_id *id);
/* The same, made if need be; NULL: there are LINK_CHECKS_MAX, or out of memory. */
struct link_check *link_checks_add(struct link_checks *checks, const struct link_id *id);
/* Keep those for which @keep says so. */
void link_checks_keep(struct link_checks *checks,
		      bool (*keep)(void *context, struct link_check *check), void *context);

/* How many are in each state. */
void link_checks_tally(const struct link_checks *checks, size_t ret_counts[LINK_STATES]);

/* What is known of @link as it leads now; NULL: nothing. */
const struct link_check *link_checks_of(const struct link_checks *checks, const struct link *link);

#endif
