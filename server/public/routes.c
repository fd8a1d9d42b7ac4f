/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public API on one page. A path that ends with '*' is a prefix; the handler sees the rest as
 * request->tail. HEAD reaches the GET handler; 404, 405 with Allow and OPTIONS follow from the
 * table. Over a limit only what is ACCESS_ALWAYS is asked: a tracked link redirects or, where the
 * store cannot be read, says so, and a mail's picture is shown; a damaged link is 429 like
 * everything else.
 */
#include "public/public.h"

#include "text/form_body.h"
#include "track/beacon.h"

/* clang-format off */
const struct route public_routes[] = {
	{"/banner.js",   public_banner,         NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_ASSET},
	{"/c/*",         public_click,          NULL, 0, ACCESS_ALWAYS, METRIC_REQUEST_CLICK},
	{"/consent",     NULL,        public_consent, 4096, ACCESS_PUBLIC, METRIC_REQUEST_CONSENT},
	{"/e",           NULL,         public_beacon, BEACON_MAX_BYTES, ACCESS_PUBLIC, METRIC_REQUEST_BEACON},
	{"/e.gif",       public_pixel,          NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_PIXEL},
	{"/f/*",         public_form, public_form_post, FORM_BODY_MAX_BYTES, ACCESS_PUBLIC, METRIC_REQUEST_FORM},
	{"/favicon.ico", public_favicon,        NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_ASSET},
	{"/h",           NULL,   public_handover_ask, 8192, ACCESS_PUBLIC, METRIC_REQUEST_HANDOVER_ASK},
	{"/h/*",         public_handover,       NULL, 0, ACCESS_ALWAYS, METRIC_REQUEST_HANDOVER},
	{"/healthz",     public_healthz,        NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_HEALTH},
	{"/l/*",         public_slug,           NULL, 0, ACCESS_ALWAYS, METRIC_REQUEST_SLUG},
	{"/o/*",         public_open,           NULL, 0, ACCESS_ALWAYS, METRIC_REQUEST_OPEN},
	{"/p/*",         public_prefill,        NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_PREFILL},
	{"/privacy",     public_privacy,        NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_PRIVACY},
	{"/privacy/forget", NULL,      public_forget, 4096, ACCESS_PUBLIC, METRIC_REQUEST_FORGET},
	{"/robots.txt",  public_robots,         NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_ASSET},
	{"/s/*",         public_subscription, public_subscription_post, 4096, ACCESS_ALWAYS, METRIC_REQUEST_SUBSCRIPTION},
	{"/staff/*",     public_staff, public_staff_post, 4096, ACCESS_PUBLIC, METRIC_REQUEST_STAFF},
	{"/t.js",        public_snippet,        NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_ASSET},
	{"/t/*",         public_pinned,         NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_ASSET},
	{"/tag",         public_tag,            NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_TAG},
	{"/u/*",         public_self_contained, NULL, 0, ACCESS_ALWAYS, METRIC_REQUEST_SELF},
	{"/v/*",         public_confirm, public_confirm_post, 4096, ACCESS_PUBLIC, METRIC_REQUEST_CONFIRM},
};
/* clang-format on */

/* The paths of a former system of this host, where they were imported; else 404. */
const struct route public_otherwise = {"*", public_path,   NULL,
				       0,   ACCESS_ALWAYS, METRIC_REQUEST_PATH};

const size_t public_route_count = sizeof(public_routes) / sizeof(public_routes[0]);

const struct tracker *public_tracker(const struct request *request)
{
	return tracker_find(public_settings(request)->trackers, request->host);
}

bool public_gate(struct request *request)
{
	struct app *app = request->context;
	const struct tracker *tracker = public_tracker(request);

	if (span_equal(request->path, SPAN("/healthz")))
		return false;
	request->limited = admission_judge(&app->admission, public_settings(request)->trackers,
					   request, tracker, app->now);
	if (tracker)
		return false;
	if (request->limited)
		return reply_limited(request, METRIC_REQUEST_LIMITED) == HANDLED;
	(void)reply_page(request, METRIC_REQUEST_HOST, 421, "Misdirected request",
			 "This server does not answer for that host.", NULL);
	return true;
}

enum handled public_not_found(struct request *request, unsigned counter)
{
	if (request->limited)
		return reply_limited(request, METRIC_REQUEST_LIMITED);
	return reply_page(request, counter, 404, "Link not found",
			  "This link is damaged or not one of ours.",
			  public_tracker(request)->sites[0]);
}

enum handled public_prefetched(struct request *request, unsigned counter)
{
	return reply_body(request, counter, 503, "text/plain; charset=utf-8", "no-store",
			  SPAN("What is not shown yet is not answered.\n"));
}

enum handled public_picture(struct request *request, unsigned counter)
{
	static const uint8_t picture[43] = "GIF89a\1\0\1\0\200\0\0\0\0\0\0\0\0!\371\4\1\0\0\0\0,"
					   "\0\0\0\0\1\0\1\0\0\2\2D\1\0;";

	return reply_body(request, counter, 200, "image/gif", "no-store",
			  span_of(picture, sizeof(picture)));
}

enum handled public_unreadable(struct request *request, unsigned counter)
{
	enum handled handled = reply_page(request, counter, 503, "Try again in a moment",
					  "This link cannot be looked up right now.",
					  public_tracker(request)->sites[0]);

	reply_header(request, "Retry-After", "5");
	return handled;
}
