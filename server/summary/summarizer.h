/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_SUMMARIZER_H
#define WAYMARK_SUMMARY_SUMMARIZER_H

#include "app/app.h"

/*
 * The one writer of data/summary/. It brings the summaries up to where state/ is, a batch at a
 * time; each batch is there as a whole or not at all.
 */
struct summarizer;

struct summarizer_options {
	struct app *app;    /* APP_READER, outlives it */
	usec_t as_of;	    /* 0: the wall clock, each time that it is asked */
	bool rebuild;	    /* begin with nothing but the log */
	bool follow;	    /* it goes on for long: then as_of is noted once a minute */
	bool (*stop)(void); /* asked now and then while it works; NULL: never */
	/*
	 * Said before anything is read behind @position of the log, so that whoever prunes it can
	 * be told to wait; NULL: nobody does.
	 */
	void (*hold)(void *context, uint64_t position);
	void *hold_context;
};

enum {
	SUMMARIZER_E_FAILED = 1, /* @error says what */
	SUMMARIZER_E_STOPPED = 2,
	SUMMARIZER_E_RULES = 3, /* @error says where */
	SUMMARIZER_E_LOCKED = 4 /* another process summarizes */
};

/*
 * Take the lock, and make ready: a first run, --rebuild and a log that is another one read the
 * whole log; changed rules fold all facts again.
 */
int summarizer_open(const struct summarizer_options *options, struct summarizer **ret_summarizer,
		    struct error *error);
void summarizer_close(struct summarizer *summarizer); /* NULL allowed */

/* One batch. *ret_more: another one would find something to do right now. */
int summarizer_step(struct summarizer *summarizer, bool *ret_more, struct error *error);

/*
 * From now on by the rules that @config and its files say, of which those that totals depend on are
 * taken: where they are others all is folded again, and status.refolded says so. Return: 0;
 * SUMMARIZER_E_RULES, and all is as it was; SUMMARIZER_E_FAILED, and it is good for
 * summarizer_close() alone.
 */
int summarizer_take_rules(struct summarizer *summarizer, const struct config *config,
			  struct error *error);

struct summarizer_status {
	uint64_t position; /* all events up to here are in the summaries */
	uint64_t events;   /* read by this process */
	usec_t as_of;
	bool whole_log, refolded; /* how it began; the latter also of summarizer_take_rules() */
	usec_t next_due;	  /* when a verdict settles next; 0: none waits */
	uint64_t emptied;	  /* events that retention had emptied before they were read */
};
void summarizer_status(const struct summarizer *summarizer, struct summarizer_status *ret_status);

#endif
