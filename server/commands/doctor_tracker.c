/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each tracker as a browser meets it: its name, its certificate, what stands in front, and whether
 * its cookie will last.
 *
 * Safari keeps a cookie that a subresource's answer sets for seven days only when the answer's
 * address is unlike the site's in its first 16 bits (IPv4) or 64 bits (IPv6), or when the tracker's
 * name is an alias of another owner's. The cookie of a click is set by a navigation and is exempt;
 * the one of a first page view is not.
 *
 * The request sends an X-Forwarded-For of its own. A proxy that hands it on unchanged would let
 * every visitor choose the address that limits and rules see.
 */
#include "commands/doctor.h"

#include "base/cleanup.h"
#include "config/config.h"
#include "ship/http.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>

enum {
	TIMEOUT_MS = 10000,
	ANSWER_MAX_BYTES = 1 << 16,
	LOCATION_MAX_BYTES = 8192,
	CERTIFICATE_DAYS = 14,
	SKEW_S = 60,
	V4_PREFIX_BYTES = 2,
	V6_PREFIX_BYTES = 8
};

#define FORGED_CLIENT "192.0.2.1" /* RFC 5737: nobody's */

static void cleanup_addresses(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static int resolve(const char *host, struct addrinfo **ret_list)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME};

	return getaddrinfo(host, NULL, &hints, ret_list);
}

/* The first bytes of an address that Safari compares. */
static struct span prefix_of(const struct addrinfo *info)
{
	const struct sockaddr *address = info->ai_addr;

	if (address->sa_family == AF_INET)
		return span_of(&((const struct sockaddr_in *)(const void *)address)->sin_addr,
			       V4_PREFIX_BYTES);
	if (address->sa_family == AF_INET6)
		return span_of(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
			       V6_PREFIX_BYTES);
	return span_of(NULL, 0);
}

static bool is_near(const struct addrinfo *one, const struct addrinfo *other)
{
	for (; one; one = one->ai_next)
		for (const struct addrinfo *o = other; o; o = o->ai_next)
			if (one->ai_family == o->ai_family &&
			    span_equal(prefix_of(one), prefix_of(o)))
				return true;
	return false;
}

static void check_site(struct doctor *doctor, const struct tracker *tracker,
		       const struct addrinfo *own, const char *site)
{
	cleanup(cleanup_addresses) struct addrinfo *list = NULL;
	struct url url;
	int r;

	if (url_parse(span_text(site), &url) || strcmp(url.host, tracker->host) == 0)
		return;
	r = resolve(url.host, &list);
	if (r)
		doctor_say(doctor, DOCTOR_NOTE, "dns", "is the site's name right in \"sites\"?",
			   "%s has no address: %s", url.host, gai_strerror(r));
	else if (own && !is_near(own, list))
		doctor_say(doctor, DOCTOR_NOTE, "cookie",
			   "serve both from one network (one proxy) if visitors on Safari who did "
			   "not come by a click should be known for longer",
			   "%s and %s have unlike addresses: Safari keeps a cookie that a page "
			   "view sets for 7 days only",
			   tracker->host, url.host);
}

/* Is the tracker's name an alias of somebody else's? */
static void check_alias(struct doctor *doctor, const struct tracker *tracker, const char *name)
{
	const char *own = url_registrable_domain(tracker->host, false);
	const char *other = name ? url_registrable_domain(name, false) : NULL;

	if (own && other && strcasecmp(own, other) != 0)
		doctor_say(doctor, DOCTOR_NOTE, "cookie",
			   "give the tracker's name an A or AAAA record instead of a CNAME",
			   "%s is an alias of %s: Safari keeps a cookie that a page view sets for "
			   "7 days only",
			   tracker->host, name);
}

static void check_names(struct doctor *doctor, const struct tracker *tracker)
{
	cleanup(cleanup_addresses) struct addrinfo *own = NULL;
	int r = resolve(tracker->host, &own);

	if (r) {
		doctor_say(doctor, doctor->connect_to ? DOCTOR_NOTE : DOCTOR_FAIL, "dns",
			   "give it an A or AAAA record that leads to this server's proxy",
			   "%s has no address: %s", tracker->host, gai_strerror(r));
		own = NULL;
	} else {
		doctor_say(doctor, DOCTOR_OK, "dns", NULL, "%s has an address", tracker->host);
		check_alias(doctor, tracker, own->ai_canonname);
	}
	for (size_t i = 0; i < tracker->site_count; i++)
		check_site(doctor, tracker, own, tracker->sites[i]);
}

static void say_certificate(struct doctor *doctor, const struct tracker *tracker,
			    const struct http_facts *facts)
{
	usec_t now = clock_wall();
	long long days =
		((long long)facts->certificate_until - (long long)now) / (long long)USEC_PER_DAY;

	if (facts->date && (facts->date > now + SKEW_S * USEC_PER_SEC ||
			    facts->date + SKEW_S * USEC_PER_SEC < now))
		doctor_say(doctor, DOCTOR_NOTE, "clock", "set both clocks right",
			   "the clock of what answers for %s is more than %d s off ours",
			   tracker->host, SKEW_S);
	if (!tracker->https || !facts->certificate_until)
		return;
	if (days < CERTIFICATE_DAYS)
		doctor_say(doctor, DOCTOR_NOTE, "tls",
			   "see to its renewal: every link of every mail ends with it",
			   "the certificate of %s ends in %lld days", tracker->host, days);
	else
		doctor_say(doctor, DOCTOR_OK, "tls", NULL,
			   "the certificate of %s is good for %lld days", tracker->host, days);
}

static void check_client(struct doctor *doctor, const struct tracker *tracker, const json_t *seen)
{
	const char *hop = json_string_value(json_object_get(seen, "hop"));
	bool forged = hop && strcmp(hop, FORGED_CLIENT) == 0;

	if (!tracker->https)
		doctor_say(doctor, DOCTOR_OK, "proxy", NULL, "%s is answered by this server",
			   tracker->origin);
	else if (!json_is_true(json_object_get(seen, "proxy")))
		doctor_say(doctor, DOCTOR_FAIL, "proxy",
			   "send X-Forwarded-For as deploy/nginx.conf does, and list the proxy's "
			   "address in trusted_proxies",
			   "every visitor of %s seems to come from the proxy", tracker->origin);
	else if (forged)
		doctor_say(doctor, DOCTOR_FAIL, "proxy",
			   "append the visitor's address ($proxy_add_x_forwarded_for), as "
			   "deploy/nginx.conf does",
			   "the proxy of %s hands on the X-Forwarded-For that a visitor wrote",
			   tracker->origin);
	else
		doctor_say(doctor, DOCTOR_OK, "proxy", NULL,
			   "%s reaches this server, and visitors keep their address",
			   tracker->origin);
}

static void judge_answer(struct doctor *doctor, const struct tracker *tracker, const json_t *seen,
			 const struct http_facts *facts)
{
	if (!json_is_true(json_object_get(seen, "tracker")))
		doctor_say(doctor, DOCTOR_FAIL, "proxy",
			   "hand the Host on (proxy_set_header Host $host)",
			   "the Host of %s does not come through: every click would be 421",
			   tracker->origin);
	check_client(doctor, tracker, seen);
	if (facts->longest_header_bytes < LOCATION_MAX_BYTES)
		doctor_say(doctor, DOCTOR_FAIL, "proxy", "set proxy_buffer_size 16k",
			   "a header of 8 KiB does not come through %s: long links would break",
			   tracker->origin);
	if (json_is_true(json_object_get(seen, "cookie")))
		doctor_say(doctor, DOCTOR_OK, "cookie", NULL, "%s comes through",
			   tracker->cookie_name);
	else
		doctor_say(doctor, DOCTOR_FAIL, "cookie", "hand the Cookie header on unchanged",
			   "%s does not come through %s: nobody would be known again",
			   tracker->cookie_name, tracker->origin);
}

static void judge_status(struct doctor *doctor, const struct tracker *tracker, long status,
			 struct span text, const struct http_facts *facts)
{
	json_t *seen = json_loadb((const char *)text.data, text.size, 0, NULL);

	if (status == 502)
		doctor_say(doctor, DOCTOR_FAIL, "proxy",
			   "set proxy_buffer_size 16k; does it reach this server's \"listen\"?",
			   "the proxy of %s answers 502", tracker->origin);
	else if (status != 200)
		doctor_say(doctor, DOCTOR_FAIL, "proxy", "hand every path on to this server",
			   "%s/healthz answers %ld", tracker->origin, status);
	else if (doctor->secret && !json_object_get(seen, "tracker"))
		doctor_say(doctor, DOCTOR_FAIL, "proxy",
			   "let the proxy, and the name, lead to this server",
			   "%s/healthz is answered by somebody else", tracker->origin);
	else if (doctor->secret)
		judge_answer(doctor, tracker, seen, facts);
	else
		doctor_say(doctor, DOCTOR_OK, "proxy", NULL, "%s/healthz answers", tracker->origin);
	json_decref(seen);
}

static void check_outside(struct doctor *doctor, const struct tracker *tracker)
{
	cleanup_buffer struct buffer answer = {.limit = ANSWER_MAX_BYTES};
	cleanup_buffer struct buffer cookie = BUFFER_INIT;
	cleanup_buffer struct buffer url = BUFFER_INIT;
	struct http_facts facts = {0};
	struct error error = {""};
	long status;

	buffer_printf(&url, "%s/healthz%s%s", tracker->origin, doctor->secret ? "?inspect=" : "",
		      doctor->secret ? doctor->secret : "");
	buffer_printf(&cookie, "Cookie: %s=doctor", tracker->cookie_name);
	if (!buffer_text(&url) || !buffer_text(&cookie))
		return;
	const char *const headers[] = {buffer_text(&cookie), "X-Forwarded-For: " FORGED_CLIENT,
				       NULL};
	const struct http_call call = {
		.method = "GET",
		.url = buffer_text(&url),
		.timeout_ms = TIMEOUT_MS,
		.headers = headers,
		.connect_to = doctor->connect_to,
		.ca_file = doctor->ca_file,
		.facts = &facts,
	};

	if (http_send(&call, &status, &answer, &error)) {
		doctor_say(doctor, DOCTOR_FAIL, tracker->https ? "tls" : "proxy",
			   "start what answers there; with TLS, mind the certificate", "%s",
			   error.text);
		return;
	}
	say_certificate(doctor, tracker, &facts);
	judge_status(doctor, tracker, status, buffer_span(&answer), &facts);
}

void doctor_check_trackers(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->app->trackers->count; i++) {
		const struct tracker *tracker = &doctor->app->trackers->trackers[i];

		if (url_registrable_domain(tracker->host, false))
			check_names(doctor, tracker);
		check_outside(doctor, tracker);
	}
}
