/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill_views DATA_DIR EVENTS VISITORS PEOPLE: append what a site's pages tell to a log, by the
 * event writer itself: views, a leave behind half of them, every eleventh a click of a mail by one
 * of the people. Visitors come again by chance, with pauses from seconds to days; the log covers a
 * year.
 */
#include "base/encode.h"
#include "crypto/keyring.h"
#include "store/event_writer.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICKET_EVENTS = 512, TICKETS_ON_THE_WAY = 16, PAGES = 300, AGENTS = 200, DAYS = 365 };

struct filling {
	uint64_t state, events, visitors, people;
	usec_t begin;
	char url[64], agent[128], props[96];
	struct visitor_id visitor;
	struct handle person;
	struct link_id link;
	struct mailing_id mailing;
	struct campaign_id campaign;
	uint8_t network[4], evidence;
};

static uint64_t draw(struct filling *filling)
{
	filling->state = filling->state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return filling->state >> 16;
}

static void make_id(uint64_t number, uint8_t *id, size_t size)
{
	uint64_t mixed = (number + 1) * UINT64_C(0x9E3779B97F4A7C15);

	for (size_t i = 0; i < size; i++) {
		id[i] = (uint8_t)(mixed >> 56);
		mixed = mixed * UINT64_C(0xC2B2AE3D27D4EB4F) + 1;
	}
}

/* Few pages are most of what is seen. */
static void make_page(struct filling *filling, struct event *event)
{
	uint64_t page = draw(filling) % PAGES * (draw(filling) % PAGES) / PAGES;

	(void)snprintf(filling->url, sizeof(filling->url), "https://www.example.com/page/%u",
		       (unsigned)page);
	event_set(event, EVENT_FIELD_url, span_text(filling->url));
}

static void make_request(struct filling *filling, uint64_t visitor, struct event *event)
{
	(void)snprintf(filling->agent, sizeof(filling->agent),
		       "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
		       "Chrome/%u.0.0.0 Safari/537.36",
		       (unsigned)(visitor % AGENTS + 40));
	make_id(visitor, filling->visitor.bytes, sizeof(filling->visitor));
	put_u32(filling->network, (uint32_t)(visitor * 2654435761U) & ~255U);
	event_set(event, EVENT_FIELD_tracker, SPAN("go.example.com"));
	event_set(event, EVENT_FIELD_visitor, span_of(&filling->visitor, sizeof(filling->visitor)));
	event_set(event, EVENT_FIELD_ip, span_of(filling->network, sizeof(filling->network)));
	event_set(event, EVENT_FIELD_agent, span_text(filling->agent));
	event_set(event, EVENT_FIELD_language, SPAN("en-US,en;q=0.9"));
	event_set_choice(event, EVENT_FIELD_method, 3);
}

static void make_click(struct filling *filling, struct event *event)
{
	uint64_t person = draw(filling) % filling->people;

	make_id(~person, filling->person.bytes, sizeof(filling->person));
	make_id(person % 64 + 1000, filling->link.bytes, sizeof(filling->link));
	make_id(person % 8 + 2000, filling->mailing.bytes, sizeof(filling->mailing));
	make_id(person % 4 + 3000, filling->campaign.bytes, sizeof(filling->campaign));
	event_set(event, EVENT_FIELD_prospect, span_of(&filling->person, sizeof(filling->person)));
	event_set(event, EVENT_FIELD_link, span_of(&filling->link, sizeof(filling->link)));
	event_set(event, EVENT_FIELD_mailing, span_of(&filling->mailing, sizeof(filling->mailing)));
	event_set(event, EVENT_FIELD_campaign,
		  span_of(&filling->campaign, sizeof(filling->campaign)));
	event_set(event, EVENT_FIELD_sec_fetch, SPAN("cross-site,navigate,document"));
	event_set_choice(event, EVENT_FIELD_evidence, EVIDENCE_CLAIM);
}

static void make(struct filling *filling, uint64_t at, struct event *event)
{
	static const enum event_type types[] = {EVENT_view, EVENT_leave, EVENT_view};
	enum event_type type = at % 11 == 0 ? EVENT_click : types[at % 3];
	usec_t time = filling->begin +
		      (usec_t)((double)DAYS * USEC_PER_DAY * (double)at / (double)filling->events);
	/* A leave follows its view, by the same browser. */
	uint64_t visitor = draw(filling) % 16 == 0 || at % 11 == 0
				   ? draw(filling) % filling->visitors
				   : at / 6 % filling->visitors;

	event_init(event, type, time);
	make_request(filling, visitor, event);
	make_page(filling, event);
	if (type == EVENT_click)
		make_click(filling, event);
	else
		(void)snprintf(filling->props, sizeof(filling->props),
			       type == EVENT_leave
				       ? "{\"view\":\"%016llx\",\"visible_ms\":%u,\"depth\":80,"
					 "\"input\":true}"
				       : "{\"view\":\"%016llx\",\"kind\":\"load\"}",
			       (unsigned long long)(at - (type == EVENT_leave) + 1),
			       (unsigned)(draw(filling) % 60000));
	if (type != EVENT_click)
		event_set(event, EVENT_FIELD_props, span_text(filling->props));
}

/* Return: how many tickets; -1 when one of them was lost. */
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

static int fill(struct filling *filling, struct event_writer *writer)
{
	int on_the_way = 0, done;
	struct event event;

	for (uint64_t at = 0; at < filling->events;) {
		struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_CLICK);

		for (; at < filling->events && ticket && ticket->count < TICKET_EVENTS; at++) {
			make(filling, at, &event);
			if (event_ticket_add(ticket, &event))
				return 1;
		}
		if (!ticket || event_writer_append(writer, ticket))
			return 1;
		event_writer_kick(writer);
		on_the_way++;
		while (on_the_way == TICKETS_ON_THE_WAY ||
		       (at == filling->events && on_the_way > 0)) {
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
	struct store_options options = {.node = "n1", .queue_clicks = 65536, .queue_bulk = 64};
	struct filling filling = {.state = 1};
	struct error error = {""};
	struct store *store;
	int r;

	if (count != 5) {
		(void)fprintf(stderr, "fill_views DATA_DIR EVENTS VISITORS PEOPLE\n");
		return EXIT_FAILURE;
	}
	options.data_dir = texts[1];
	filling.events = strtoull(texts[2], NULL, 10);
	filling.visitors = strtoull(texts[3], NULL, 10);
	filling.people = strtoull(texts[4], NULL, 10);
	filling.begin = clock_wall() - (usec_t)(DAYS + 1) * USEC_PER_DAY;
	if (crypto_init() || store_open(&options, &store, &error)) {
		(void)fprintf(stderr, "fill_views: %s\n", error.text);
		return EXIT_FAILURE;
	}
	r = fill(&filling, store_writer(store));
	store_close(store);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
