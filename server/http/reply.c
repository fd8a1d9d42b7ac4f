/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers are made of the library's responses. Bodies live in the request's arena, which outlives
 * the sending, so that the library copies nothing. Every header is checked before the library sees
 * it (it takes control bytes) and the library's own refusal is checked too: an answer that lacks a
 * header that was asked for is replaced by a 500 page, so that no half answer ever leaves.
 */
#include "http/exchange.h"
#include "http/incident.h"
#include "text/html_escape.h"

#include <jansson.h>
#include <stdio.h>

struct reply {
	struct MHD_Response *response;
	unsigned status;
	struct span body;
	size_t head_bytes; /* of the headers added */
	bool is_kept;	   /* @response belongs to exchange->redirect */
	bool broken;
};

enum { AUTOMATIC_HEAD_BYTES = 256 /* status line, Date, Connection, Content-Length */ };

static bool is_header_value(struct span value)
{
	for (size_t i = 0; i < value.size; i++)
		if (value.data[i] < 0x20 || value.data[i] == 0x7f)
			return false;
	return value.size > 0;
}

/* Printable ASCII, and nothing at the ends that a reader would trim. */
static bool is_location(struct span location)
{
	for (size_t i = 0; i < location.size; i++)
		if (location.data[i] < 0x20 || location.data[i] > 0x7e)
			return false;
	return location.size > 0 && location.data[0] != ' ' &&
	       location.data[location.size - 1] != ' ';
}

static void count(struct request *request, unsigned counter)
{
	if (request->counted)
		return;
	request->counter = counter;
	request->counted = true;
}

void reply_header(struct request *request, const char *name, const char *value)
{
	struct reply *reply = request->reply;

	if (!reply)
		return;
	if (reply->is_kept) {
		(void)redirect_take(&request->inner->redirect);
		reply->is_kept = false;
	}
	if (!value || !is_header_value(span_text(value)) ||
	    MHD_add_response_header(reply->response, name, value) != MHD_YES) {
		reply->broken = true;
		return;
	}
	reply->head_bytes += strlen(name) + strlen(value) + sizeof(": \r\n") - 1;
}

void reply_close(struct request *request)
{
	request->inner->is_last = true;
	reply_header(request, MHD_HTTP_HEADER_CONNECTION, "close");
}

void reply_release(struct request *request)
{
	if (!request->reply)
		return;
	if (request->reply->is_kept)
		redirect_trim(&request->inner->redirect);
	else
		MHD_destroy_response(request->reply->response);
	request->reply = NULL;
}

/* The @body must live as long as the request. */
static void set(struct request *request, unsigned counter, unsigned status, struct span body)
{
	struct reply *reply = arena_alloc(&request->arena, sizeof(*reply));

	reply_release(request);
	count(request, counter);
	if (!reply)
		return;
	*reply = (struct reply){
		.status = status,
		.body = body,
		.response = MHD_create_response_from_buffer(body.size, (void *)(uintptr_t)body.data,
							    MHD_RESPMEM_PERSISTENT),
	};
	if (!reply->response)
		return;
	request->reply = reply;
	reply_header(request, "X-Content-Type-Options", "nosniff");
}

/* The page of an answer that could not be made; it must not fail into itself. */
static struct span failure_page(struct request *request)
{
	static const char format[] =
		"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
		"<title>Something went wrong</title>\n<h1>Something went wrong</h1>\n"
		"<p>The answer could not be made. Please try again.</p>\n<p>Request %s</p>\n";
	enum { PAGE_BYTES = sizeof(format) + 64 };
	char *page = arena_alloc(&request->arena, PAGE_BYTES);

	if (!page)
		return SPAN("Something went wrong. Please try again.\n");
	(void)snprintf(page, PAGE_BYTES, format, incident_id(request));
	return span_text(page);
}

static enum handled fail(struct request *request)
{
	incident_report(request, LOG_LEVEL_ERROR, "request_failed", 500,
			"the answer could not be made");
	request->counter = request->listener->options.counter_error;
	request->counted = true;
	set(request, request->counter, 500, failure_page(request));
	reply_header(request, MHD_HTTP_HEADER_CONTENT_TYPE, "text/html; charset=utf-8");
	reply_header(request, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	reply_header(request, "Referrer-Policy", "same-origin");
	reply_header(request, "Content-Security-Policy", "default-src 'none'");
	return HANDLED;
}

/* The kept response with this Location and cookie. */
static bool prepare(struct request *request, struct span location, const char *cookie)
{
	struct redirect *kept = &request->inner->redirect;
	struct span text = {0};

	if (cookie && !is_header_value(span_text(cookie)))
		return false;
	if (!redirect_leads_to(kept, location)) {
		text = arena_copy(&request->arena, location);
		if (!text.data || !is_location(text))
			return false;
	}
	return redirect_prepare(kept, (const char *)text.data, cookie);
}

/* Answer with the kept response, which has been prepared. */
static enum handled set_kept(struct request *request, unsigned counter, unsigned status)
{
	const struct redirect *kept = &request->inner->redirect;
	struct reply *reply = arena_alloc(&request->arena, sizeof(*reply));

	if (!reply)
		return fail(request);
	count(request, counter);
	*reply = (struct reply){
		.status = status,
		.body = SPAN(""),
		.response = kept->response,
		.head_bytes = kept->head_bytes,
		.is_kept = true,
	};
	request->reply = reply;
	return HANDLED;
}

enum handled reply_redirect(struct request *request, unsigned counter, struct span location,
			    const char *cookie)
{
	reply_release(request);
	if (!prepare(request, location, cookie))
		return fail(request);
	return set_kept(request, counter, 302);
}

enum handled reply_done(struct request *request, unsigned counter, const char *cookie)
{
	reply_release(request);
	if ((cookie && !is_header_value(span_text(cookie))) ||
	    !redirect_prepare_nowhere(&request->inner->redirect, cookie))
		return fail(request);
	return set_kept(request, counter, 204);
}

enum handled reply_body(struct request *request, unsigned counter, unsigned status,
			const char *content_type, const char *cache, struct span body)
{
	const struct span copy = body.size > 0 ? arena_copy(&request->arena, body) : span_of("", 0);

	if (!copy.data)
		return fail(request);
	set(request, counter, status, copy);
	if (content_type)
		reply_header(request, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
	reply_header(request, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
	return HANDLED;
}

static void append_page(struct buffer *page, const char *title, const char *sentence,
			const char *home, const char *id)
{
	buffer_append_text(page, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
				 "<meta name=\"viewport\" content=\"width=device-width\">\n"
				 "<meta name=\"robots\" content=\"noindex\">\n<title>");
	html_escape(span_text(title), page);
	buffer_append_text(page, "</title>\n<style>body{font:1rem/1.5 system-ui,sans-serif;"
				 "max-width:32rem;margin:15vh auto;padding:0 1rem}</style>\n<h1>");
	html_escape(span_text(title), page);
	buffer_append_text(page, "</h1>\n<p>");
	html_escape(span_text(sentence), page);
	buffer_append_text(page, "</p>\n");
	if (id)
		buffer_printf(page, "<p>Request %s</p>\n", id);
	if (!home)
		return;
	buffer_append_text(page, "<p><a href=\"");
	html_escape(span_text(home), page);
	buffer_append_text(page, "\">");
	html_escape(span_text(home), page);
	buffer_append_text(page, "</a></p>\n");
}

/* Ours to look at; 501 and 505 say that a client asked for what nobody here knows. */
static bool is_incident(unsigned status)
{
	return status == 500 || status == 503;
}

enum handled reply_page(struct request *request, unsigned counter, unsigned status,
			const char *title, const char *sentence, const char *home)
{
	cleanup_buffer struct buffer page = BUFFER_INIT;
	const char *id = is_incident(status) ? incident_id(request) : NULL;

	if (id)
		incident_report(request, LOG_LEVEL_ERROR, "request_failed", status, sentence);
	append_page(&page, title, sentence, home, id);
	(void)reply_body(request, counter, status, "text/html; charset=utf-8", "no-store",
			 page.error ? SPAN("") : buffer_span(&page));
	reply_header(request, "Referrer-Policy", "same-origin");
	reply_header(request, "Content-Security-Policy",
		     "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
	return HANDLED;
}

enum handled reply_limited(struct request *request, unsigned counter)
{
	set(request, counter, 429, SPAN("Too many requests.\n"));
	reply_header(request, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
	reply_header(request, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	/* A token comes back at least once a second. */
	reply_header(request, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	return HANDLED;
}

enum handled reply_json_error(struct request *request, unsigned counter, unsigned status,
			      const char *sentence)
{
	const bool failed = is_incident(status);
	json_t *root = json_pack("{s:s, s:s}", "error", sentence, "request", incident_id(request));
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;

	/* What a refusal says may quote what was asked for. */
	incident_report(request, failed ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
			failed ? "request_failed" : "request_refused", status,
			failed ? sentence : NULL);
	(void)reply_body(request, counter, status, "application/json", "no-store",
			 text ? span_text(text) : SPAN("{}"));
	free(text);
	json_decref(root);
	return HANDLED;
}

enum MHD_Result reply_send(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct reply *reply = request->reply;

	if (!reply || reply->broken) {
		(void)fail(request);
		reply = request->reply;
	}
	if (request->id)
		reply_header(request, "X-Request-Id", request->id);
	if (!reply || reply->broken)
		return MHD_NO;
	if (exchange->pool_used_bytes + reply->head_bytes + AUTOMATIC_HEAD_BYTES >
	    request->listener->options.memory_pool_bytes) {
		if (overlong_build(exchange, reply->response, reply->status, reply->body))
			return MHD_NO;
		return overlong_write(exchange);
	}
	exchange->queued = true;
	return MHD_queue_response(request->connection, reply->status, reply->response);
}
