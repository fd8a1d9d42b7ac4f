/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_BULK_H
#define WAYMARK_COMMANDS_BULK_H

#include "app/app.h"
#include "commands/import_map.h"
#include "commands/mail_sink.h"
#include "commands/rewrite_report.h"

/*
 * One message for everybody on a list: compiled once, written for each row, given to a sink. In
 * memory there are the message, a batch of rows and one recipient's message, whatever the list's
 * length. Rows that cannot be sent to are told by line and left out; of several rows of one person
 * the first counts. Nothing else is left out.
 */
enum { BULK_BATCH_MAX = 200, BULK_FRESH_S = 5 };

enum bulk_fate {
	BULK_SEND,
	BULK_DROPPED, /* gets no mail: told, and counted apart */
	BULK_BEFORE   /* an earlier run has sent it: counted, not told */
};

struct bulk_recipient {
	size_t line; /* of the list; from 1 */
	const char *address;
	struct prospect_id prospect;
	enum bulk_fate fate; /* BULK_SEND until screen() says otherwise */
	const char *why;     /* of BULK_DROPPED: a constant sentence */
};

/*
 * Who else has a say in a run; what is NULL is not asked. Each returns 0, or COMMAND_FAILED with
 * @error, which ends the run. None is asked with --test.
 */
struct bulk_watch {
	void *context;
	/* The message is compiled, the list has a header; before the sink is opened. */
	int (*begin)(void *context, const struct mail_facts *facts, struct error *error);
	/*
	 * The next rows, at most BULK_BATCH_MAX, nobody twice in a run: who of them gets a mail?
	 * Asked again, of those whose turn has not come, when the answer is BULK_FRESH_S old.
	 */
	int (*screen)(void *context, struct bulk_recipient *recipients, size_t count,
		      struct error *error);
	/* A message is about to be given to the sink. */
	int (*before)(void *context, const struct mail_item *item, struct error *error);
	/* What became of a message; @why is the sink's sentence unless it was sent. */
	int (*told)(void *context, const struct mail_item *item, enum mail_outcome outcome,
		    const struct error *why, struct error *error);
	/* The run ends, @complete when the list was read to its end. Asked if begin() returned 0.
	 */
	int (*end)(void *context, bool complete, struct error *error);
};

struct bulk {
	const char *config;	  /* --config, or NULL */
	const char *path;	  /* of the list; "-" is standard input */
	const char *list_charset; /* NULL: UTF-8 */
	char separator;		  /* 0: as the header has it */
	struct import_map map;	  /* --map, and what it is told of columns */
	bool merge, strict;
	const char *test; /* --test: the address */
	enum rewrite_report report;
	struct mail_sink *sink; /* NULL: an mbox on standard output; freed by bulk_finish() */
	struct bulk_watch watch;
};

/*
 * Run it. @app is of APP_OFFLINE, so that the stores are free meanwhile; @options are filled for a
 * prospect of zeros. What was done is told on standard error.
 *
 * Return: the exit status. 0: everybody got a message who is to; 2: likewise, but for rows that
 * were bad or refused; COMMAND_FAILED: it ended before, as the sentence says.
 */
int bulk_serve(struct bulk *bulk, const struct app *app, struct span message,
	       const struct rewrite_options *options);
void bulk_finish(struct bulk *bulk);

#endif
