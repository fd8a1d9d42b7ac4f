/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_LARGE_H
#define WAYMARK_SUMMARY_LARGE_H

#include "summary/fact.h"

/*
 * Units of so many facts that folding one of them for each batch would take all of the time: a
 * program that keeps its cookie, a person whose link is in every browser of an exhibition. Each is
 * folded again at most so often that it takes about a thousandth of a processor, and its new facts
 * wait so long in between. In memory only: whether facts wait is on disk (due.h).
 */
enum { LARGE_FACTS = 16384, LARGE_UNITS_MAX = 1024 };

struct large {
	struct large_unit {
		struct subject unit;
		usec_t next;	  /* as of then it may be folded again */
	} units[LARGE_UNITS_MAX]; /* in order of subjects */
	unsigned count;
};

/* @unit was folded as of @as_of and has @facts; a small one is forgotten. Return: its next time,
 * or 0. */
usec_t large_note(struct large *large, const struct subject *unit, uint64_t facts, usec_t as_of);
/* When it may be folded again; 0: at any time. */
usec_t large_next(const struct large *large, const struct subject *unit);

#endif
