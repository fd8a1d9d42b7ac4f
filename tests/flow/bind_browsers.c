/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind_browsers DATA_DIR < ROWS: record what ties browsers to people in a log that nobody has open,
 * with times of its own, as a server that ran then would have. A row is
 *
 *   VISITOR HANDLE claim|declaration|proof MICROSECONDS [LINK]     a binding
 *   VISITOR forget MICROSECONDS                                    its end
 *   merge HANDLE OTHER MICROSECONDS                                OTHER is HANDLE
 *   unmerge HANDLE OTHER SEQUENCE MICROSECONDS                     it is not, as that event said
 *   erase HANDLE MICROSECONDS
 *   leak VISITOR HANDLE LINK MICROSECONDS                          the link is everybody's now
 */
#include "base/encode.h"
#include "store/binding.h"
#include "store/event_reader.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS_A_TICKET = 256 };

struct row {
	char visitor[40], person[32], evidence[16], link[24];
	unsigned long long time;
};

static int parse_id(const char *text, void *id, size_t size)
{
	return hex_parse(span_text(text), id, size);
}

static int add_row(struct store *store, struct event_ticket *ticket, const struct row *row)
{
	static const char *const names[] = {"none", "claim", "declaration", "proof"};
	struct binding_evidence evidence = {.time = row->time};

	if (parse_id(row->visitor, &evidence.visitor, sizeof(evidence.visitor)) != 0)
		return -1;
	if (strcmp(row->person, "forget") == 0)
		return binding_add_forget(store, ticket, &evidence.visitor, SPAN("localhost"),
					  "forget", row->time);
	for (int i = EVIDENCE_CLAIM; i <= EVIDENCE_PROOF; i++)
		if (strcmp(row->evidence, names[i]) == 0)
			evidence.evidence = (enum evidence)i;
	if (evidence.evidence == EVIDENCE_NONE ||
	    parse_id(row->person, &evidence.person, sizeof(evidence.person)) != 0 ||
	    (row->link[0] && parse_id(row->link, &evidence.link, sizeof(evidence.link)) != 0))
		return -1;
	return binding_add_bind(store, ticket, &evidence);
}

/* What is said of people. */
struct change {
	struct handle person, other;
	unsigned long long refers, time; /* 0: it refers to nothing */
	enum event_type type;
};

static int add_change(struct store *store, struct event_ticket *ticket, const struct change *change)
{
	struct buffer refers = BUFFER_INIT;
	struct event event;
	int r = event_reader_identity(store, &refers);

	buffer_printf(&refers, "-%llu", change->refers);
	event_init(&event, change->type, change->time);
	event_set(&event, EVENT_FIELD_prospect, span_of(&change->person, sizeof(change->person)));
	if (change->type == EVENT_merge)
		event_set(&event, EVENT_FIELD_other,
			  span_of(&change->other, sizeof(change->other)));
	if (change->refers)
		event_set(&event, EVENT_FIELD_refers, buffer_span(&refers));
	if (!r)
		r = event_ticket_add(ticket, &event);
	buffer_finish(&refers);
	return r;
}

/* False: the line is about a browser. */
static bool parse_change(const char *line, struct change *change)
{
	char person[32] = "", other[32] = "";

	*change = (struct change){.type = EVENT_merge};
	if (sscanf(line, "erase %31s %llu", person, &change->time) == 2)
		change->type = EVENT_erase;
	else if (sscanf(line, "merge %31s %31s %llu", person, other, &change->time) != 3 &&
		 sscanf(line, "unmerge %31s %31s %llu %llu", person, other, &change->refers,
			&change->time) != 4)
		return false;
	return parse_id(person, &change->person, sizeof(change->person)) == 0 &&
	       (change->type == EVENT_erase ||
		parse_id(other, &change->other, sizeof(change->other)) == 0);
}

/* False: the line is about something else. */
static bool parse_leak(const char *line, struct binding_evidence *evidence)
{
	char visitor[40], person[32], link[24];
	unsigned long long time;

	*evidence = (struct binding_evidence){.evidence = EVIDENCE_CLAIM};
	if (sscanf(line, "leak %39s %31s %23s %llu", visitor, person, link, &time) != 4)
		return false;
	evidence->time = time;
	return parse_id(visitor, &evidence->visitor, sizeof(evidence->visitor)) == 0 &&
	       parse_id(person, &evidence->person, sizeof(evidence->person)) == 0 &&
	       parse_id(link, &evidence->link, sizeof(evidence->link)) == 0;
}

static int add_leak(struct store *store, struct event_ticket *ticket,
		    const struct binding_evidence *evidence)
{
	struct binding_claims claims;
	int r = binding_find_claims(store, evidence, &claims);

	return r ? r : binding_add_leak(store, ticket, evidence, &claims);
}

static bool parse_row(const char *line, struct row *row)
{
	*row = (struct row){.time = 0};
	if (sscanf(line, "%39s forget %llu", row->visitor, &row->time) == 2) {
		memcpy(row->person, "forget", 7);
		return true;
	}
	return sscanf(line, "%39s %31s %15s %llu %23s", row->visitor, row->person, row->evidence,
		      &row->time, row->link) >= 4;
}

static int record(struct store *store)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_CLICK);
	struct binding_evidence leak;
	struct change change;
	struct row row;
	char line[256];
	int r = 0;

	while (ticket && !r && fgets(line, sizeof(line), stdin)) {
		if (parse_change(line, &change))
			r = add_change(store, ticket, &change);
		else if (parse_leak(line, &leak))
			r = add_leak(store, ticket, &leak);
		else
			r = parse_row(line, &row) ? add_row(store, ticket, &row) : -1;
		if (r || ticket->count < ROWS_A_TICKET)
			continue;
		r = event_writer_append_and_wait(store_writer(store), ticket);
		event_ticket_free(ticket);
		ticket = event_ticket_new(EVENT_CLASS_CLICK);
	}
	if (ticket && !r && ticket->count > 0)
		r = event_writer_append_and_wait(store_writer(store), ticket);
	event_ticket_free(ticket);
	return ticket ? r : -1;
}

int main(int count, char **arguments)
{
	struct store_options options = {.node = "n1", .queue_clicks = 65536, .queue_bulk = 64};
	struct error error = {""};
	struct store *store = NULL;
	int r;

	if (count != 2)
		return 2;
	options.data_dir = arguments[1];
	if (crypto_init() || store_open(&options, &store, &error)) {
		(void)fprintf(stderr, "bind_browsers: %s\n", error.text);
		return EXIT_FAILURE;
	}
	r = record(store);
	if (r)
		(void)fprintf(stderr, "bind_browsers: a row could not be recorded (%d)\n", r);
	store_close(store);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
