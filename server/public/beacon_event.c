/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of what a page told: a line of a beacon, or the query of the pixel that pages without
 * scripts show. What the page says goes by the rules of track/privacy.h, as what a browser says
 * does; the rest is what any request's event has.
 *
 * Of the page's query the record keeps what is listed. What the site puts there beside it may be
 * the person's own, so all of it is kept for that person alone, where the browser is known as
 * theirs.
 *
 * The Referer of a beacon is the page itself, so the page before is what the page says it was, or
 * nothing.
 */
#include "public/beacon_event.h"

#include "public/public.h"
#include "track/privacy.h"

static bool needs_address(enum event_type type)
{
	return type == EVENT_view || type == EVENT_leave || type == EVENT_download;
}

/* Behind '?' and before '#'; empty where there is nothing. */
static struct span query_of(struct span url)
{
	size_t end = span_find(url, '#', 0), start = span_find(url, '?', 0) + 1;

	return start < end ? span_slice(url, start, end - start) : SPAN("");
}

static void set_page_query(struct visit_event *builder, struct span url, struct span kept)
{
	struct span query = query_of(url);

	if (builder->event.type == EVENT_view && !span_equal(query, query_of(kept)))
		visit_event_page_query(builder, query);
}

static int set_address(struct visit_event *builder, const struct beacon_line *line,
		       struct error *error)
{
	const struct visit *visit = builder->visit;
	const struct header_reading *page =
		header_cache_page(visit->app->headers, visit->settings->config,
				  line->values[BEACON_URL]);

	if (page->text.size == 0)
		return needs_address(line->type)
			       ? error_set(error, BEACON_E_LINE,
					   "u is not an address that a browser would ask for")
			       : 0;
	event_set(&builder->event, EVENT_FIELD_url, page->text);
	set_page_query(builder, line->values[BEACON_URL], page->text);
	return 0;
}

static void set_name(struct visit_event *builder, const struct beacon_line *line)
{
	if (line->type != EVENT_event)
		return;
	privacy_text(line->values[BEACON_NAME], builder->scratch);
	visit_event_scratch(builder, EVENT_FIELD_name);
}

int beacon_event_add(struct visit_event *builder, const struct beacon_line *line,
		     struct error *error)
{
	const struct visit *visit = builder->visit;
	int code;

	if (visit_is_left_out(visit, line->type) || visit_gives_way(visit))
		return BEACON_EVENT_E_LEFT_OUT;
	code = visit_event_begin(builder, line->type);
	if (code)
		return code < 0 ? code : BEACON_EVENT_E_LEFT_OUT;
	builder->referrer = line->values[BEACON_REFERRER];
	code = set_address(builder, line, error);
	if (code)
		return code;
	set_name(builder, line);
	beacon_props(line, builder->scratch);
	visit_event_scratch(builder, EVENT_FIELD_props);
	return visit_event_add(builder);
}
