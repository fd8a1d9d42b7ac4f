/* SPDX-License-Identifier: Apache-2.0 */
#include "log_click.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const common_agents[] = {
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
	"Chrome/131.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
	"Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
	"Version/18.1 Safari/605.1.15",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
	"Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
	"Chrome/131.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
};
static const char *const languages[] = {"ja,en-US;q=0.9,en;q=0.8", "ja", "en-US,en;q=0.9",
					"ja-JP,ja;q=0.9", "de-DE,de;q=0.9,en;q=0.8"};
static const char *const referrers[] = {"https://mail.google.com/", "https://outlook.live.com/",
					"https://mail.yahoo.co.jp/"};

/* splitmix64 */
static uint64_t random_of(struct log_clicks *clicks)
{
	uint64_t z = clicks->state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static uint64_t below(struct log_clicks *clicks, uint64_t count)
{
	return random_of(clicks) % count;
}

/* Low numbers far more often than high ones, as of agents and links. */
static uint64_t few_below(struct log_clicks *clicks, uint64_t count)
{
	double part = (double)(random_of(clicks) >> 11) * 0x1p-53;

	return (uint64_t)((double)count * part * part * part);
}

static int read_lines(struct log_lines *lines, const char *path)
{
	cleanup_fclose FILE *file = fopen(path, "re");
	size_t capacity = 0, room = 0;
	char *line = NULL;

	if (!file)
		return -errno;
	while (getline(&line, &capacity, file) > 0) {
		if (lines->count == room) {
			char **more = realloc(lines->lines, (room + 256) * sizeof(*more));

			if (!more)
				break;
			lines->lines = more;
			room += 256;
		}
		line[strcspn(line, "\n")] = '\0';
		lines->lines[lines->count++] = line;
		line = NULL;
		capacity = 0;
	}
	free(line);
	return lines->count > 0 ? 0 : -EINVAL;
}

int log_clicks_init(struct log_clicks *clicks, uint64_t seed, uint64_t people, uint64_t links,
		    const char *agents_file, const char *urls_file)
{
	int r = 0;

	*clicks = (struct log_clicks){.state = seed, .people = people, .links = links};
	if (agents_file)
		r = read_lines(&clicks->agents, agents_file);
	if (!r && urls_file)
		r = read_lines(&clicks->urls, urls_file);
	if (clicks->urls.count > 0)
		clicks->links = clicks->urls.count;
	return r;
}

static void free_lines(struct log_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->lines[i]);
	free(lines->lines);
}

void log_clicks_finish(struct log_clicks *clicks)
{
	free_lines(&clicks->agents);
	free_lines(&clicks->urls);
	*clicks = (struct log_clicks){0};
}

/* An id that is always the same for a number, and looks like no other's. */
static void set_id(struct event *event, enum event_field field, uint8_t *room, uint64_t number,
		   size_t size)
{
	struct log_clicks ids = {.state = number * 1000003 + field};

	put_u64(room, random_of(&ids));
	put_u64(room + 8, random_of(&ids));
	event_set(event, field, span_of(room, size));
}

static void set_person(struct log_clicks *clicks, struct event *event)
{
	static uint8_t visitor[16], prospect[16];
	uint64_t person = below(clicks, clicks->people);

	set_id(event, EVENT_FIELD_visitor, visitor, person * 2 + below(clicks, 2), 16);
	set_id(event, EVENT_FIELD_prospect, prospect, person, 12);
	event_set_choice(event, EVENT_FIELD_evidence, 1);
	event_set_choice(event, EVENT_FIELD_consent, 3);
	event_set_choice(event, EVENT_FIELD_consent_reason, (uint8_t)below(clicks, 2));
}

static void set_link(struct log_clicks *clicks, struct event *event)
{
	static uint8_t link[16], mailing[16], campaign[16];
	uint64_t number = few_below(clicks, clicks->links);

	set_id(event, EVENT_FIELD_link, link, number, 8);
	set_id(event, EVENT_FIELD_mailing, mailing, number / 8, 8);
	set_id(event, EVENT_FIELD_campaign, campaign, number / 32, 4);
	(void)snprintf(clicks->url, sizeof(clicks->url),
		       "https://www.example.com/%s/item-%u/%u.html",
		       number % 2 ? "products" : "events/2026", (unsigned)(number * 7919 % 100000),
		       (unsigned)number);
	event_set(event, EVENT_FIELD_url,
		  span_text(clicks->urls.count ? clicks->urls.lines[number] : clicks->url));
}

static void set_browser(struct log_clicks *clicks, struct event *event)
{
	static uint8_t ip[4];
	const struct log_lines *agents = &clicks->agents;
	size_t count =
		agents->count ? agents->count : sizeof(common_agents) / sizeof(*common_agents);
	uint64_t agent = few_below(clicks, count);

	put_u32(ip, (uint32_t)random_of(clicks) & 0xFFFFFF00);
	event_set(event, EVENT_FIELD_ip, span_of(ip, sizeof(ip)));
	event_set(event, EVENT_FIELD_agent,
		  span_text(agents->count ? agents->lines[agent] : common_agents[agent]));
	event_set(event, EVENT_FIELD_language,
		  span_text(languages[few_below(clicks, sizeof(languages) / sizeof(*languages))]));
	if (below(clicks, 4) == 0)
		event_set(event, EVENT_FIELD_referrer, span_text(referrers[below(clicks, 3)]));
	if (below(clicks, 8) > 0)
		event_set(event, EVENT_FIELD_sec_fetch, SPAN("cross-site,navigate,document"));
}

void log_clicks_next(struct log_clicks *clicks, usec_t time, struct event *ret_event)
{
	event_init(ret_event, EVENT_click, time);
	event_set(ret_event, EVENT_FIELD_tracker, SPAN("go.example.com"));
	set_person(clicks, ret_event);
	set_link(clicks, ret_event);
	set_browser(clicks, ret_event);
	event_set_choice(ret_event, EVENT_FIELD_method, 1);
	event_set_choice(ret_event, EVENT_FIELD_signals, SIGNAL_PROXY);
	event_set_choice(ret_event, EVENT_FIELD_verdict, 1);
}
