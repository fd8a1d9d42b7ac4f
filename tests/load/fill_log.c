/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill_log DATA_DIR EVENTS [--days N [--until N | --span SECONDS]] [--anonymous] [--people N]
 * [--links N] [--agents FILE] [--urls FILE] [--seed N]: append that many clicks to a log, of which
 * the first is N days old (default 0) and the last --until days (default 0: now) or SECONDS younger
 * than the first, by the event writer itself, so that nothing about the log is made up but what the
 * clicks say. About a million a second. No row of people/ is made: the handles are of nobody, and
 * with --anonymous every second click has none.
 */
#include "crypto/keyring.h"
#include "log_click.h"
#include "store/event_writer.h"
#include "store/store.h"

#include <argp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICKET_EVENTS = 512, TICKETS_ON_THE_WAY = 16 };

struct arguments {
	const char *data_dir, *agents, *urls;
	uint64_t events, days, until, span, people, links, seed;
	bool anonymous;
};

/* clang-format off */
static const struct argp_option options[] = {
	{"days", 'd', "N", 0, "How old the first one is", 0},
	{"until", 'u', "N", 0, "How old the last one is", 0},
	{"span", 't', "SECONDS", 0, "How much younger than the first the last one is", 0},
	{"anonymous", 'n', NULL, 0, "Every second one is of no known person", 0},
	{"people", 'p', "N", 0, "How many people they are of (default 10000)", 0},
	{"links", 'l', "N", 0, "How many links they are on (default 300)", 0},
	{"agents", 'a', "FILE", 0, "Their User-Agents, one a line", 0},
	{"urls", 'w', "FILE", 0, "Their destinations, one a line; as many links as that", 0},
	{"seed", 's', "N", 0, "Other clicks than without", 0},
	{0},
};
/* clang-format on */

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	uint64_t number = text ? strtoull(text, NULL, 10) : 0;

	switch (key) {
	case 'd':
		arguments->days = number;
		return 0;
	case 'u':
		arguments->until = number;
		return 0;
	case 'n':
		arguments->anonymous = true;
		return 0;
	case 'p':
		arguments->people = number;
		return 0;
	case 'l':
		arguments->links = number;
		return 0;
	case 'a':
		arguments->agents = text;
		return 0;
	case 't':
		arguments->span = number;
		return 0;
	case 'w':
		arguments->urls = text;
		return 0;
	case 's':
		arguments->seed = number;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			arguments->data_dir = text;
		else if (state->arg_num == 1)
			arguments->events = number;
		else
			argp_usage(state);
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num != 2 || !arguments->people || !arguments->links ||
		    arguments->until > arguments->days)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Take back what is done. Return: how many tickets; -1 when one of them was lost. */
static int take_done(struct event_writer *writer)
{
	struct pollfd wait = {.fd = event_writer_fd(writer), .events = POLLIN};
	struct event_ticket *ticket;
	int count = 0;

	(void)poll(&wait, 1, -1);
	ticket = event_writer_take_done(writer);
	while (ticket) {
		struct event_ticket *next = ticket->next;

		if (ticket->outcome != EVENT_STORED)
			return -1;
		event_ticket_free(ticket);
		ticket = next;
		count++;
	}
	return count;
}

static struct event_ticket *make_ticket(const struct arguments *arguments,
					struct log_clicks *clicks, uint64_t from, usec_t begin)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_CLICK);
	usec_t span = arguments->span ? arguments->span * USEC_PER_SEC
				      : (arguments->days - arguments->until) * USEC_PER_DAY;
	struct event event;

	for (uint64_t at = from; ticket && at < arguments->events && ticket->count < TICKET_EVENTS;
	     at++) {
		double part = (double)at / (double)arguments->events;

		log_clicks_next(clicks, begin + (usec_t)((double)span * part), &event);
		if (arguments->anonymous && at % 2)
			event.fields[EVENT_FIELD_prospect] = span_of(NULL, 0);
		if (event_ticket_add(ticket, &event))
			return NULL;
	}
	return ticket;
}

static int fill(const struct arguments *arguments, struct log_clicks *clicks,
		struct event_writer *writer)
{
	usec_t begin = clock_wall() - arguments->days * USEC_PER_DAY;
	int on_the_way = 0, done;

	for (uint64_t at = 0; at < arguments->events;) {
		struct event_ticket *ticket = make_ticket(arguments, clicks, at, begin);

		if (!ticket)
			return 1;
		at += ticket->count;
		if (event_writer_append(writer, ticket))
			return 1;
		event_writer_kick(writer);
		on_the_way++;
		while (on_the_way == TICKETS_ON_THE_WAY ||
		       (at == arguments->events && on_the_way > 0)) {
			done = take_done(writer);
			if (done < 0)
				return 1;
			on_the_way -= done;
		}
	}
	return 0;
}

int main(int count, char **texts)
{
	static const struct argp argp = {
		options, parse, "DATA_DIR EVENTS", "Append clicks to a log.", NULL, NULL, NULL};
	struct arguments arguments = {.people = 10000, .links = 300};
	struct store_options store_options = {.node = "n1",
					      .queue_clicks = 65536,
					      .queue_bulk = 64};
	struct error error = {""};
	struct log_clicks clicks;
	struct store *store = NULL;
	int r;

	(void)argp_parse(&argp, count, texts, 0, NULL, &arguments);
	store_options.data_dir = arguments.data_dir;
	r = log_clicks_init(&clicks, arguments.seed, arguments.people, arguments.links,
			    arguments.agents, arguments.urls);
	if (r || crypto_init() || store_open(&store_options, &store, &error)) {
		(void)fprintf(stderr, "fill_log: %s\n", r ? strerror(-r) : error.text);
		return EXIT_FAILURE;
	}
	r = fill(&arguments, &clicks, store_writer(store));
	if (r)
		(void)fprintf(stderr, "fill_log: not everything could be stored\n");
	store_close(store);
	log_clicks_finish(&clicks);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
