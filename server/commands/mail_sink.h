/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_MAIL_SINK_H
#define WAYMARK_COMMANDS_MAIL_SINK_H

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/id.h"
#include "track/rewrite.h"

/*
 * Where the messages of a list go, one after the other: a file, a folder, a program, a mail server.
 * One thread. A sink is the first member of its own struct, made by a function of its file that
 * does nothing yet but remember what it was told.
 */

/* What is the same for every message of a run, for events and file names. Borrowed for the run. */
struct mail_facts {
	struct span campaign, mailing; /* names; empty: none */
	struct span list;	       /* of --unsubscribe; empty: none, or all that is sent */
	const char *tracker;	       /* host of the tracker whose address the links have */
	struct span digest;	       /* 32 bytes: the same for the same message and options */
	enum rewrite_form form;	       /* REWRITE_MIME, REWRITE_HTML or REWRITE_TEXT */
	bool test;		       /* --test: one message to somebody who is not on the list */
};

/* One recipient's message. Everything is borrowed until the call returns. */
struct mail_item {
	size_t line;	     /* of the list, where the recipient's row begins; from 1 */
	uint64_t number;     /* of those that were given to the sink in this run, from 1 */
	const char *address; /* envelope: printable ASCII without white space, '<' and '>' */
	struct prospect_id prospect;
	struct span message; /* line ends as the template has them */
	const struct mail_facts *facts;
};

enum mail_outcome {
	MAIL_SENT,	      /* the sink has it for good */
	MAIL_REFUSED_FOREVER, /* this message or address is not taken; the next one may be */
	MAIL_REFUSED_NOW,     /* not taken although the sink tried again as it does; likewise */
	MAIL_PUT_OFF,  /* the sink keeps a copy, and tries again until close() at the latest */
	MAIL_DOUBTFUL, /* nobody knows whether it was taken */
	MAIL_FAILED    /* nothing more can be sent: the run ends */
};

struct mail_sink {
	const struct mail_sink_type *type;
	/* Of those that were put off; what is left is none of these. */
	uint64_t late_sent, late_refused, late_doubtful;
};

struct mail_sink_type {
	const char *name; /* "mbox" */
	/*
	 * Before the links are registered and before the first message: connect, create the file.
	 * Return: 0; COMMAND_FAILED with @error. Not called when the list or the message is wrong.
	 */
	int (*open)(struct mail_sink *sink, const struct mail_facts *facts, struct error *error);
	/* @error says why for every outcome but MAIL_SENT, without the line of the list. */
	enum mail_outcome (*send)(struct mail_sink *sink, const struct mail_item *item,
				  struct error *error);
	/*
	 * After the last message, also one that failed, once for each open() that returned 0: what
	 * was sent is safe when this has returned 0. Return: 0; COMMAND_FAILED with @error.
	 */
	int (*close)(struct mail_sink *sink, struct error *error);
	/* Memory, opened or not. */
	void (*free)(struct mail_sink *sink);
};

/*
 * The sinks that need no network (mail_sink_*.c). @path is borrowed, "-" is standard output; a file
 * or folder that has something in it already is refused. NULL: out of memory.
 */
struct mail_sink *mail_sink_mbox(const char *path);
struct mail_sink *mail_sink_ndjson(const char *path);
struct mail_sink *mail_sink_folder(const char *path);
/* Each message on standard input of a shell's @command, the recipient in $WAYMARK_RECIPIENT. */
struct mail_sink *mail_sink_command(const char *command);

static inline void mail_sink_free(struct mail_sink *sink) /* NULL allowed */
{
	if (sink)
		sink->type->free(sink);
}

#endif
