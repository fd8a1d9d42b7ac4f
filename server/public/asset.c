/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /t.js, /t/adapters.js, /banner.js and /t/<hash>.js: the scripts that a site loads.
 *
 * /t.js is whatever is in force for who asks: one variant for each consent default, which may
 * depend on the country, so that nothing has to be configured in the page. It is asked for again
 * after an hour, and then mostly answered 304. /t/<hash>.js never changes, which is what a page
 * with an integrity attribute needs, and is kept for a year; what this version does not hold is
 * 404: no other bytes would do. It is counted by itself and told to the log now and then, since a
 * site that pinned it is not measured, and its pages work without.
 *
 * Tags carry crossorigin=anonymous, so that loading a script sends no cookie; for that, and for
 * integrity, each answer is readable from any origin. There is nothing in it that is not public.
 */
#include "public/asset.h"

#include "base/log.h"
#include "http/etag.h"
#include "public/public.h"
#include "track/identity.h"

static const char cache_short[] = "public, max-age=3600";
static const char cache_private[] = "private, max-age=3600"; /* it depends on who asks */
static const char cache_immutable[] = "public, max-age=31536000, immutable";

enum { TOLD_EVERY_S = 3600 };

const struct asset *asset_find(struct span name)
{
	for (size_t i = 0; i < asset_count; i++)
		if (span_equal(name, span_text(asset_table[i].name)))
			return &asset_table[i];
	return NULL;
}

const struct asset *asset_find_hash(struct span hash)
{
	for (size_t i = 0; i < asset_count; i++)
		if (span_equal(hash, span_text(asset_table[i].hash)))
			return &asset_table[i];
	return NULL;
}

const struct asset *asset_snippet(unsigned consent_default)
{
	static const char *const names[] = {"t.pending", "t.denied", "t.measure", "t.identify"};

	if (consent_default >= sizeof(names) / sizeof(names[0]))
		consent_default = 0;
	return asset_find(span_text(names[consent_default]));
}

static enum handled reply_asset(struct request *request, const struct asset *asset,
				const char *cache)
{
	const enum coding coding = coding_choose(request_header(request, "Accept-Encoding"));
	const struct asset_body *body = &asset->bodies[coding];
	const bool known = etag_is_in(request_value(request, HEADER_IF_NONE_MATCH), body->etag);

	(void)reply_body(request, METRIC_REQUEST_ASSET, known ? 304 : 200,
			 "text/javascript; charset=utf-8", cache, known ? SPAN("") : body->bytes);
	if (!known && coding != CODING_PLAIN)
		reply_header(request, "Content-Encoding", coding_name(coding));
	reply_header(request, "ETag", body->etag);
	reply_header(request, "Vary", "Accept-Encoding");
	reply_header(request, "Access-Control-Allow-Origin", "*");
	return HANDLED;
}

enum handled public_snippet(struct request *request)
{
	const struct settings *settings = public_settings(request);
	const struct identity_request asked = {
		.config = settings->config,
		.countries = settings->countries,
		.client = request->client,
	};
	enum consent_reason reason;

	return reply_asset(request, asset_snippet(identity_default(&asked, &reason)),
			   settings->countries ? cache_private : cache_short);
}

enum handled public_banner(struct request *request)
{
	return reply_asset(request, asset_find(SPAN("banner")), cache_short);
}

/* A line of text instead of a page, for browsers that ask again with each of a site's. */
static enum handled reply_unknown(struct request *request)
{
	struct app *app = request->context;

	if (app->now >= app->script_due) {
		app->script_due = app->now + TOLD_EVERY_S * USEC_PER_SEC;
		log_warning("script_unknown", "reason",
			    "a page asks for a script that this version does not hold: "
			    "'waymark config snippet --pin' prints the tags to pin");
	}
	(void)reply_body(request, METRIC_REQUEST_ASSET_UNKNOWN, 404, "text/plain; charset=utf-8",
			 "no-store", SPAN("This version has no such script.\n"));
	reply_header(request, "Access-Control-Allow-Origin", "*");
	return HANDLED;
}

enum handled public_pinned(struct request *request)
{
	const struct span suffix = SPAN(".js");
	const size_t size = request->tail.size > suffix.size ? request->tail.size - suffix.size : 0;
	const struct span stem = span_slice(request->tail, 0, size);
	const struct asset *asset = NULL;

	if (span_equal(request->tail, SPAN("adapters.js")))
		return reply_asset(request, asset_find(stem), cache_short);
	if (span_equal(span_slice(request->tail, size, suffix.size), suffix))
		asset = asset_find_hash(stem);
	if (!asset)
		return reply_unknown(request);
	return reply_asset(request, asset, cache_immutable);
}
