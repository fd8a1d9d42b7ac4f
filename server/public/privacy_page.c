/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTML from the top down: each function writes one part, each sentence comes from texts_table.h.
 * What differs with the configuration is chosen here: which rows there are, and the values in
 * braces. The table of effects asks consent_policy() cell by cell.
 *
 * The page works without script, so its forms post to /consent and /privacy/forget and come back by
 * 303. Whatever an operator may have written into the configuration is escaped; an address is a
 * link only if it is one that a link may hold (track/disclosure.h has judged it).
 */
#include "public/privacy_page.h"

#include "public/page_style.h"
#include "text/html_escape.h"
#include "track/disclosure.h"

#include <stdio.h>

enum { NUMBER_BYTES = 12 };

/* Values of texts, in the order of names[]. */
enum value {
	VALUE_HOST,
	VALUE_OPERATOR,
	VALUE_SITES,
	VALUE_COOKIE,
	VALUE_QUERY,
	VALUE_STATE,
	VALUE_DAYS,
	VALUE_MINUTES,
	VALUE_COUNT
};

struct writer {
	const struct privacy_page *page;
	const struct config *config;
	struct buffer *to;
	struct text_value values[VALUE_COUNT + 1];
	char days[NUMBER_BYTES], minutes[NUMBER_BYTES];
};

static const enum text_id states[] = {
	[CONSENT_PENDING] = TEXT_state_pending,
	[CONSENT_DENIED] = TEXT_state_denied,
	[CONSENT_MEASURE] = TEXT_state_measure,
	[CONSENT_IDENTIFY] = TEXT_state_identify,
};

static const char *const done_words[] = {
	[PRIVACY_CHOSEN] = "choice",
	[PRIVACY_SIGNAL] = "signal",
	[PRIVACY_FORGOTTEN] = "forgotten",
};

const char *privacy_done_text(enum privacy_done done)
{
	return done_words[done];
}

enum privacy_done privacy_done_find(struct span text)
{
	for (enum privacy_done done = PRIVACY_CHOSEN; done <= PRIVACY_FORGOTTEN; done++)
		if (span_equal(text, span_text(done_words[done])))
			return done;
	return PRIVACY_NOTHING;
}

static void put(struct writer *writer, const char *html)
{
	buffer_append_text(writer->to, html);
}

static void say(struct writer *writer, enum text_id id)
{
	text_append(writer->to, id, writer->page->language, writer->values);
}

/* <element>text</element>, where @element may have attributes. */
static void element(struct writer *writer, const char *element, enum text_id id)
{
	size_t name = strcspn(element, " ");

	buffer_printf(writer->to, "<%s>", element);
	say(writer, id);
	buffer_printf(writer->to, "</%.*s>\n", (int)name, element);
}

static void set_state(struct writer *writer, enum consent state)
{
	writer->values[VALUE_STATE].value = text_get(states[state], writer->page->language);
}

static void set_days(struct writer *writer, unsigned days)
{
	(void)snprintf(writer->days, sizeof(writer->days), "%u", days);
}

/* A section with its heading, which names it for who cannot see it. */
static void begin_section(struct writer *writer, const char *id, enum text_id title)
{
	char heading[32];

	buffer_printf(writer->to, "<section aria-labelledby=\"%s\">\n", id);
	(void)snprintf(heading, sizeof(heading), "h2 id=\"%s\"", id);
	element(writer, heading, title);
}

static void append_language(struct buffer *to, enum language language)
{
	buffer_printf(to, "<input type=\"hidden\" name=\"lang\" value=\"%s\">\n",
		      language_tag(language));
}

void privacy_head_append(struct buffer *to, enum text_id title, enum language language)
{
	buffer_printf(to,
		      "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
		      language_tag(language));
	text_append(to, title, language, NULL);
	buffer_append_text(to, "</title>\n<style>" PAGE_STYLE "</style>\n</head>\n<body>\n");
}

static void append_top(struct writer *writer)
{
	enum language other = writer->page->language == LANGUAGE_EN ? LANGUAGE_JA : LANGUAGE_EN;
	const char *tag = language_tag(other);

	buffer_printf(writer->to,
		      "<header><p>%s</p><nav><a href=\"/privacy?lang=%s\" lang=\"%s\" "
		      "hreflang=\"%s\">%s</a></nav></header>\n<main>\n",
		      writer->page->tracker->host, tag, tag, tag,
		      text_get(TEXT_language_name, other));
	element(writer, "h1", TEXT_privacy_title);
	element(writer, "p class=\"lead\"", TEXT_privacy_lead);
}

static void append_done(struct writer *writer)
{
	static const enum text_id texts[] = {
		[PRIVACY_CHOSEN] = TEXT_done_choice,
		[PRIVACY_SIGNAL] = TEXT_done_signal,
		[PRIVACY_FORGOTTEN] = TEXT_done_forget,
	};

	if (writer->page->done != PRIVACY_NOTHING)
		element(writer, "p class=\"done\" role=\"status\"", texts[writer->page->done]);
}

static void append_option(struct writer *writer, enum consent state, enum text_id what)
{
	const struct identity *identity = writer->page->identity;
	bool chosen = identity->reason == CONSENT_BY_COOKIE && identity->consent == state;
	const char *name = consent_text(state);

	buffer_printf(writer->to,
		      "<label><input type=\"radio\" name=\"state\" value=\"%s\" required "
		      "aria-describedby=\"what-%s\"%s><span>",
		      name, name, chosen ? " checked" : "");
	say(writer, states[state]);
	buffer_printf(writer->to, "</span><small id=\"what-%s\">", name);
	say(writer, what);
	put(writer, "</small></label>\n");
}

static void append_choice(struct writer *writer)
{
	static const enum text_id reasons[] = {
		[CONSENT_BY_DEFAULT] = TEXT_reason_default,
		[CONSENT_BY_COOKIE] = TEXT_reason_cookie,
		[CONSENT_BY_GPC] = TEXT_reason_gpc,
		[CONSENT_BY_DNT] = TEXT_reason_dnt,
		[CONSENT_BY_COUNTRY] = TEXT_reason_country,
	};

	begin_section(writer, "choice", TEXT_choice_title);
	set_state(writer, writer->page->identity->consent);
	put(writer, "<p><strong>");
	say(writer, TEXT_choice_now);
	put(writer, "</strong> ");
	say(writer, reasons[writer->page->identity->reason]);
	put(writer, "</p>\n<form method=\"post\" action=\"/consent\">\n");
	append_language(writer->to, writer->page->language);
	put(writer, "<fieldset>\n");
	element(writer, "legend", TEXT_choice_legend);
	append_option(writer, CONSENT_DENIED, TEXT_what_denied);
	append_option(writer, CONSENT_MEASURE, TEXT_what_measure);
	append_option(writer, CONSENT_IDENTIFY, TEXT_what_identify);
	append_option(writer, CONSENT_PENDING, TEXT_what_pending);
	put(writer, "</fieldset>\n");
	element(writer, "button type=\"submit\"", TEXT_choice_save);
	put(writer, "</form>\n</section>\n");
}

static void append_forget(struct writer *writer)
{
	begin_section(writer, "forget", TEXT_forget_title);
	element(writer, "p", TEXT_forget_what);
	put(writer, "<form method=\"post\" action=\"/privacy/forget\">\n");
	append_language(writer->to, writer->page->language);
	element(writer, "button type=\"submit\" class=\"quiet\"", TEXT_forget_button);
	put(writer, "</form>\n</section>\n");
}

static enum text_id text_of_policy(const struct consent_policy *policy)
{
	if (!policy->stored)
		return TEXT_cell_nothing;
	if (policy->visitor)
		return policy->person ? TEXT_cell_bound : TEXT_cell_browser;
	return policy->person ? TEXT_cell_person : TEXT_cell_counted;
}

/* Consent x event, from the table that the server itself goes by. */
static void append_effects(struct writer *writer)
{
	static const struct {
		enum event_type type;
		enum text_id text;
	} rows[] = {
		{EVENT_click, TEXT_event_click},     {EVENT_view, TEXT_event_view},
		{EVENT_event, TEXT_event_event},     {EVENT_submit, TEXT_event_submit},
		{EVENT_consent, TEXT_event_consent},
	};

	begin_section(writer, "effect", TEXT_effect_title);
	put(writer, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
		    "aria-labelledby=\"effect\">\n<table>\n<thead><tr>\n");
	element(writer, "th scope=\"col\"", TEXT_effect_event);
	for (int state = CONSENT_PENDING; state <= CONSENT_IDENTIFY; state++)
		element(writer, "th scope=\"col\"", states[state]);
	put(writer, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(writer, "<tr>");
		element(writer, "th scope=\"row\"", rows[i].text);
		for (int state = CONSENT_PENDING; state <= CONSENT_IDENTIFY; state++)
			element(writer, "td",
				text_of_policy(consent_policy((enum consent)state, rows[i].type)));
		put(writer, "</tr>\n");
	}
	put(writer, "</tbody>\n</table>\n</div>\n");
	if (writer->config->hold_click_minutes > 0)
		element(writer, "p", TEXT_held_note);
	put(writer, "</section>\n");
}

static void append_item(struct writer *writer, enum text_id item, enum text_id why)
{
	put(writer, "<tr>");
	element(writer, "th scope=\"row\"", item);
	element(writer, "td", why);
	put(writer, "</tr>\n");
}

static void append_items(struct writer *writer)
{
	static const enum text_id addresses[] = {
		[IP_NONE] = TEXT_item_ip_none,
		[IP_TRUNCATED] = TEXT_item_ip_truncated,
		[IP_SEALED] = TEXT_item_ip_sealed,
	};
	bool has_query = writer->config->page_query.count > 0;

	begin_section(writer, "items", TEXT_items_title);
	put(writer, "<table class=\"items\">\n<thead><tr>\n");
	element(writer, "th scope=\"col\"", TEXT_items_what);
	element(writer, "th scope=\"col\"", TEXT_items_why);
	put(writer, "</tr></thead>\n<tbody>\n");
	append_item(writer, TEXT_item_link, TEXT_why_link);
	append_item(writer, TEXT_item_open, TEXT_why_link);
	append_item(writer, has_query ? TEXT_item_page_query : TEXT_item_page, TEXT_why_page);
	append_item(writer, TEXT_item_referrer, TEXT_why_page);
	append_item(writer, TEXT_item_reading, TEXT_why_reading);
	append_item(writer, TEXT_item_use, TEXT_why_use);
	set_state(writer, CONSENT_IDENTIFY);
	append_item(writer, TEXT_item_form, TEXT_why_form);
	append_item(writer, TEXT_item_browser, TEXT_why_browser);
	append_item(writer, addresses[writer->config->ip], TEXT_why_browser);
	set_days(writer, COOKIE_MAX_AGE_DAYS);
	append_item(writer, TEXT_item_cookie, TEXT_why_cookie);
	set_state(writer, CONSENT_IDENTIFY);
	append_item(writer, TEXT_item_person, TEXT_why_person);
	put(writer, "</tbody>\n</table>\n");
	if (writer->config->tracker_count > 1)
		element(writer, "p", TEXT_handover_note);
	put(writer, "</section>\n");
}

static void append_link(struct writer *writer, const char *scheme, const char *address)
{
	buffer_printf(writer->to, "<a href=\"%s", scheme);
	html_escape(span_text(address), writer->to);
	put(writer, "\">");
	html_escape(span_text(address), writer->to);
	put(writer, "</a>");
}

static void append_contact(struct writer *writer)
{
	const char *contact = writer->config->privacy_contact;
	const char *policy = writer->config->privacy_policy;

	if (*contact) {
		put(writer, "<p>");
		say(writer, TEXT_who_contact);
		put(writer, " ");
		append_link(writer, disclosure_is_web(contact) ? "" : "mailto:", contact);
		put(writer, "</p>\n");
	}
	if (*policy) {
		put(writer, "<p><a href=\"");
		html_escape(span_text(policy), writer->to);
		put(writer, "\">");
		say(writer, TEXT_who_policy);
		put(writer, "</a></p>\n");
	}
}

static void append_recipients(struct writer *writer)
{
	const struct config_texts *recipients = &writer->config->privacy_recipients;

	begin_section(writer, "who", TEXT_who_title);
	element(writer, "p", TEXT_who_operator);
	if (recipients->count > 0) {
		element(writer, "p", TEXT_who_recipients);
		put(writer, "<ul>\n");
		for (size_t i = 0; i < recipients->count; i++) {
			put(writer, "<li>");
			html_escape(span_text(recipients->items[i]), writer->to);
			put(writer, "</li>\n");
		}
		put(writer, "</ul>\n");
	}
	append_contact(writer);
	put(writer, "</section>\n");
}

static void append_times(struct writer *writer)
{
	const struct config *config = writer->config;

	begin_section(writer, "time", TEXT_time_title);
	set_days(writer, config->retention_days);
	element(writer, "p", TEXT_time_records);
	if (config->retention_anonymous_days > 0 &&
	    config->retention_anonymous_days < config->retention_days) {
		set_days(writer, config->retention_anonymous_days);
		element(writer, "p", TEXT_time_anonymous);
	}
	put(writer, "</section>\n");
}

static void append_signals(struct writer *writer)
{
	if (!writer->config->consent_gpc && !writer->config->consent_dnt)
		return;
	begin_section(writer, "signal", TEXT_signal_title);
	set_state(writer, CONSENT_DENIED);
	if (writer->config->consent_gpc)
		element(writer, "p", TEXT_signal_gpc);
	if (writer->config->consent_dnt)
		element(writer, "p", TEXT_signal_dnt);
	put(writer, "</section>\n");
}

static const char *join_texts(char *const *texts, size_t count, struct buffer *to)
{
	for (size_t i = 0; i < count; i++)
		buffer_printf(to, "%s%s", i > 0 ? ", " : "", texts[i]);
	return to->error ? "" : buffer_text(to);
}

static void set_values(struct writer *writer, struct buffer *sites, struct buffer *query)
{
	static const char *const names[VALUE_COUNT] = {
		[VALUE_HOST] = "host",	   [VALUE_OPERATOR] = "operator", [VALUE_SITES] = "sites",
		[VALUE_COOKIE] = "cookie", [VALUE_QUERY] = "query",	  [VALUE_STATE] = "state",
		[VALUE_DAYS] = "days",	   [VALUE_MINUTES] = "minutes",
	};
	const struct config *config = writer->config;
	const struct tracker *tracker = writer->page->tracker;
	struct text_value *values = writer->values;

	for (size_t i = 0; i < VALUE_COUNT; i++)
		values[i].name = names[i];
	values[VALUE_HOST].value = tracker->host;
	values[VALUE_OPERATOR].value = disclosure_operator(config, tracker);
	values[VALUE_SITES].value = join_texts(tracker->sites, tracker->site_count, sites);
	values[VALUE_COOKIE].value = tracker->cookie_name;
	values[VALUE_QUERY].value =
		join_texts(config->page_query.items, config->page_query.count, query);
	values[VALUE_DAYS].value = writer->days;
	values[VALUE_MINUTES].value = writer->minutes;
	(void)snprintf(writer->minutes, sizeof(writer->minutes), "%u", config->hold_click_minutes);
}

void privacy_page_append(const struct privacy_page *page, struct buffer *to)
{
	cleanup_buffer struct buffer sites = BUFFER_INIT, query = BUFFER_INIT;
	struct writer writer = {.page = page, .config = page->config, .to = to};

	set_values(&writer, &sites, &query);
	privacy_head_append(to, TEXT_privacy_title, page->language);
	append_top(&writer);
	append_done(&writer);
	append_choice(&writer);
	append_forget(&writer);
	append_effects(&writer);
	append_items(&writer);
	append_recipients(&writer);
	append_times(&writer);
	append_signals(&writer);
	element(&writer, "p class=\"soft\"", TEXT_privacy_foot);
	put(&writer, "</main>\n</body>\n</html>\n");
}

void privacy_refusal_append(enum text_id why, enum language language, struct buffer *to)
{
	privacy_head_append(to, TEXT_refused_title, language);
	buffer_append_text(to, "<main>\n<h1>");
	text_append(to, TEXT_refused_title, language, NULL);
	buffer_append_text(to, "</h1>\n<p>");
	text_append(to, why, language, NULL);
	buffer_printf(to, "</p>\n<p><a href=\"/privacy?lang=%s\">", language_tag(language));
	text_append(to, TEXT_refused_back, language, NULL);
	buffer_append_text(to, "</a></p>\n</main>\n</body>\n</html>\n");
}
