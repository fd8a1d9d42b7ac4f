/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trackers of a configuration, judged as a whole. The parser of the configuration sees one
 * value at a time; here hosts, origins and networks are read and held against each other, because a
 * tracker whose sites lie under another registrable domain would set a third-party cookie that
 * browsers drop without a word.
 *
 * Invariant: a set that tracker_set_new() returned has at least one tracker, exactly one primary,
 * distinct hosts, and every string in it is normalised: hosts are lower-case A-labels (IPv6 in
 * brackets), origins carry a port only where it is not the scheme's own. The set is immutable, so
 * any number of threads may read it.
 */
#include "track/tracker.h"

#include "base/cleanup.h"
#include "crypto/id.h"
#include "track/network_list.h"

#include <errno.h>
#include <stdio.h>

enum { KEY_TEXT_BYTES = 64, ORIGIN_BYTES = URL_HOST_MAX_BYTES + 16 };

static void tracker_set_free_pointer(struct tracker_set **set)
{
	tracker_set_free(*set);
}

void tracker_set_free(struct tracker_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; set->trackers && i < set->count; i++) {
		struct tracker *tracker = &set->trackers[i];

		for (size_t j = 0; tracker->sites && j < tracker->site_count; j++)
			free(tracker->sites[j]);
		free(tracker->sites);
		free(tracker->host);
		free(tracker->origin);
		free(tracker->campaign);
		free(tracker->fallback);
	}
	free(set->trackers);
	free(set->hosts);
	free(set->proxies);
	internal_finish(&set->internal);
	free(set);
}

/* localhost, a name below it, or an address: no registrable domain, so the host itself counts. */
static bool host_is_local(const struct url *url)
{
	size_t length = strlen(url->host);
	static const char suffix[] = ".localhost";

	return url->host_is_address || strcmp(url->host, "localhost") == 0 ||
	       (length >= sizeof(suffix) &&
		strcmp(url->host + length - strlen(suffix), suffix) == 0);
}

static bool path_is_empty(struct span path)
{
	return path.size == 0 || (path.size == 1 && path.data[0] == '/');
}

/* Scheme, host and port and nothing else: what "url", "sites" and "full_referrers" hold. */
static int origin_parse(const struct config *config, const char *key, const char *text,
			struct url *ret_url, struct error *error)
{
	if (url_parse(span_text(text), ret_url) != 0)
		return config_error(config, error, key,
				    "\"%s\" is not an http or https address; write it like "
				    "https://go.example.com",
				    text);
	if (ret_url->has_userinfo || !path_is_empty(ret_url->path) || ret_url->query.data ||
	    ret_url->fragment.data)
		return config_error(
			config, error, key,
			"\"%s\" has more than scheme, host and port; leave out path, query, "
			"fragment and user",
			text);
	return 0;
}

static int tracker_load_url(const struct config *config, const char *key, const char *text,
			    struct tracker *tracker, struct url *ret_url, struct error *error)
{
	char origin[ORIGIN_BYTES];
	int r = origin_parse(config, key, text, ret_url, error);

	if (r != 0)
		return r;
	if (!ret_url->https && !host_is_local(ret_url))
		return config_error(
			config, error, key,
			"http is for localhost and addresses; a tracker that browsers reach "
			"by name needs https://%s",
			ret_url->host);
	if (!host_is_local(ret_url) && !url_registrable_domain(ret_url->host, false))
		return config_error(
			config, error, key,
			"\"%s\" has no registrable domain (it is a public suffix or a single "
			"name), so no cookie can be kept for it; use a subdomain of the site",
			ret_url->host);
	url_origin(ret_url, origin);
	tracker->https = ret_url->https;
	tracker->cookie_name = ret_url->https ? "__Host-Http-wm" : "wm";
	tracker->staff_name = ret_url->https ? "__Host-Http-wm-staff" : "wm-staff";
	tracker->held_name = ret_url->https ? "__Host-Http-wm-held" : "wm-held";
	tracker->host = strdup(ret_url->host);
	tracker->origin = strdup(origin);
	return tracker->host && tracker->origin ? 0 : -ENOMEM;
}

static int site_check_domain(const struct config *config, const char *key, const char *text,
			     const struct url *tracker, const struct url *site, struct error *error)
{
	const char *ours, *theirs;

	if (host_is_local(tracker) || host_is_local(site)) {
		if (strcmp(tracker->host, site->host) == 0)
			return 0;
		return config_error(
			config, error, key,
			"\"%s\" is not on the tracker's host %s; localhost and addresses "
			"have no registrable domain, so site and tracker must share the "
			"host (the port may differ)",
			text, tracker->host);
	}
	ours = url_registrable_domain(tracker->host, false);
	theirs = url_registrable_domain(site->host, false);
	if (ours && theirs && strcmp(ours, theirs) == 0)
		return 0;
	return config_error(
		config, error, key,
		"\"%s\" is not under the tracker's registrable domain %s: its cookie would "
		"be third-party and browsers would drop it; host the tracker on a subdomain "
		"of the site",
		text, ours ? ours : tracker->host);
}

static int tracker_load_sites(const struct config *config, const char *prefix,
			      const struct config_texts *texts, const struct url *tracker_url,
			      struct tracker *tracker, struct error *error)
{
	char key[KEY_TEXT_BYTES];

	(void)snprintf(key, sizeof(key), "%s.sites", prefix);
	if (texts->count == 0)
		return config_error(config, error, key, "a tracker needs at least one site");
	tracker->sites = calloc(texts->count, sizeof(*tracker->sites));
	if (!tracker->sites)
		return -ENOMEM;
	for (size_t i = 0; i < texts->count; i++) {
		const char *text = texts->items[i];
		char origin[ORIGIN_BYTES];
		struct url site;
		int r;

		(void)snprintf(key, sizeof(key), "%s.sites[%zu]", prefix, i);
		r = origin_parse(config, key, text, &site, error);
		if (r != 0)
			return r;
		if (site.https != tracker_url->https)
			return config_error(
				config, error, key,
				"\"%s\" and its tracker %s must share one scheme, else the "
				"cookie would be third-party",
				text, tracker->origin);
		r = site_check_domain(config, key, text, tracker_url, &site, error);
		if (r != 0)
			return r;
		url_origin(&site, origin);
		tracker->sites[i] = strdup(origin);
		if (!tracker->sites[i])
			return -ENOMEM;
		tracker->site_count++;
	}
	return 0;
}

/* Where an unknown link leads: as configured in the form that Location may hold, or the site. */
static int tracker_load_fallback(const struct config *config, const char *prefix, const char *text,
				 struct tracker *tracker, struct error *error)
{
	cleanup_buffer struct buffer location = BUFFER_INIT;
	char key[KEY_TEXT_BYTES];
	enum url_refusal refusal;

	if (!text || !*text) {
		buffer_printf(&location, "%s/", tracker->sites[0]);
	} else {
		enum url_class class = url_classify(span_text(text), true, &location, &refusal);

		if (class == URL_NONE) {
			(void)snprintf(key, sizeof(key), "%s.fallback", prefix);
			return config_error(config, error, key,
					    "\"%s\" cannot be redirected to: %s; write an absolute "
					    "http or https address",
					    text, url_refusal_text(refusal));
		}
		if (class == URL_EXACT)
			buffer_append_text(&location, text);
	}
	if (location.error)
		return location.error;
	tracker->fallback = span_dup(buffer_span(&location));
	return tracker->fallback ? 0 : -ENOMEM;
}

static int tracker_load(const struct config *config, unsigned index, struct tracker *tracker,
			struct error *error)
{
	const struct config_tracker *row = &config->trackers[index];
	char prefix[KEY_TEXT_BYTES / 2], key[KEY_TEXT_BYTES];
	struct url url;
	int r;

	tracker->index = index;
	(void)snprintf(prefix, sizeof(prefix), "trackers[%u]", index);
	(void)snprintf(key, sizeof(key), "%s.url", prefix);
	r = tracker_load_url(config, key, row->url, tracker, &url, error);
	if (r == 0)
		r = tracker_load_sites(config, prefix, &row->sites, &url, tracker, error);
	if (r == 0)
		r = tracker_load_fallback(config, prefix, row->fallback, tracker, error);
	if (r != 0)
		return r;
	(void)snprintf(key, sizeof(key), "%s.campaign", prefix);
	if (id_check_name(span_text(row->campaign)) != 0)
		return config_error(config, error, key,
				    "a campaign's name is 1 to %d bytes of UTF-8 without controls",
				    ID_NAME_MAX_BYTES);
	if (url_holds_address(span_text(row->campaign)))
		return config_error(config, error, key,
				    "a campaign's name must not hold an e-mail address: it enters "
				    "the store");
	tracker->campaign = strdup(row->campaign);
	return tracker->campaign ? 0 : -ENOMEM;
}

static int set_check_hosts(const struct config *config, const struct tracker_set *set,
			   struct error *error)
{
	char key[KEY_TEXT_BYTES];

	for (size_t i = 0; i < set->count; i++)
		for (size_t j = 0; j < i; j++) {
			if (strcmp(set->trackers[i].host, set->trackers[j].host) != 0)
				continue;
			(void)snprintf(key, sizeof(key), "trackers[%zu].url", i);
			return config_error(
				config, error, key,
				"trackers[%zu] has the host %s already; requests are told "
				"apart by their host alone",
				j, set->trackers[i].host);
		}
	return 0;
}

static int set_choose_primary(const struct config *config, struct tracker_set *set,
			      struct error *error)
{
	char key[KEY_TEXT_BYTES];

	if (set->count == 1)
		set->primary = &set->trackers[0];
	for (size_t i = 0; set->count > 1 && i < set->count; i++) {
		if (!config->trackers[i].primary)
			continue;
		if (set->primary) {
			(void)snprintf(key, sizeof(key), "trackers[%zu].primary", i);
			return config_error(
				config, error, key,
				"trackers[%u] is primary already; exactly one tracker is",
				set->primary->index);
		}
		set->primary = &set->trackers[i];
	}
	if (!set->primary)
		return config_error(config, error, "trackers",
				    "of several trackers exactly one must have \"primary\": true");
	return 0;
}

static int set_check_referrers(const struct config *config, struct error *error)
{
	const struct config_texts *texts = &config->full_referrers;
	char key[KEY_TEXT_BYTES];

	for (size_t i = 0; i < texts->count; i++) {
		struct url url;
		int r;

		(void)snprintf(key, sizeof(key), "full_referrers[%zu]", i);
		r = origin_parse(config, key, texts->items[i], &url, error);
		if (r != 0)
			return r;
	}
	return 0;
}

int tracker_set_new(const struct config *config, struct tracker_set **ret_set, struct error *error)
{
	cleanup(tracker_set_free_pointer) struct tracker_set *set = calloc(1, sizeof(*set));
	int r = 0;

	if (!set)
		return -ENOMEM;
	if (config->tracker_count == 0)
		return config_error(config, error, "trackers", "at least one tracker is needed");
	set->config = config;
	set->trackers = calloc(config->tracker_count, sizeof(*set->trackers));
	set->hosts = calloc(config->tracker_count, sizeof(*set->hosts));
	if (!set->trackers || !set->hosts)
		return -ENOMEM;
	set->count = config->tracker_count;
	for (unsigned i = 0; r == 0 && i < set->count; i++) {
		r = tracker_load(config, i, &set->trackers[i], error);
		set->hosts[i] = set->trackers[i].host;
	}
	if (r == 0)
		r = set_check_hosts(config, set, error);
	if (r == 0)
		r = set_choose_primary(config, set, error);
	if (r == 0)
		r = network_list_load(config, "trusted_proxies", &config->trusted_proxies,
				      &set->proxies, &set->proxy_count, error);
	if (r == 0)
		r = internal_init(&set->internal, config, error);
	if (r == 0)
		r = set_check_referrers(config, error);
	if (r != 0)
		return r;
	*ret_set = take_ptr(set);
	return 0;
}

/* The host of a Host header: without its port, without the dot of a fully qualified name. */
static struct span host_without_port(struct span header)
{
	size_t end = header.size;

	while (end > 0 && header.data[end - 1] >= '0' && header.data[end - 1] <= '9')
		end--;
	if (end > 0 && header.data[end - 1] == ':')
		header = span_slice(header, 0, end - 1);
	if (header.size > 1 && header.data[header.size - 1] == '.')
		header = span_slice(header, 0, header.size - 1);
	return header;
}

const struct tracker *tracker_find(const struct tracker_set *set, struct span host_header)
{
	struct span host = host_without_port(host_header);

	for (size_t i = 0; i < set->count; i++)
		if (span_equal_nocase(host, span_text(set->trackers[i].host)))
			return &set->trackers[i];
	return NULL;
}

/*
 * The scheme is not compared where both ports are their schemes' own: a link to our host written
 * with http is still ours, and tracking it would be tracking a tracked link.
 */
const struct tracker *tracker_of_url(const struct tracker_set *set, struct span text)
{
	struct url url;

	if (url_parse(text, &url) != 0)
		return NULL;
	for (size_t i = 0; i < set->count; i++) {
		const struct tracker *tracker = &set->trackers[i];
		struct url own;

		if (!span_equal(span_text(url.host), span_text(tracker->host)) ||
		    url_parse(span_text(tracker->origin), &own) != 0)
			continue;
		if (url.port == own.port ||
		    (url.port == (url.https ? 443 : 80) && own.port == (own.https ? 443 : 80)))
			return tracker;
	}
	return NULL;
}
