/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's multi interface, on one thread. The library resolves and connects; the socket for each
 * address is made by a function of ours, which is where an address that is not public is refused:
 * behind any name, and whatever the name resolved to a moment before.
 *
 * Destinations are what the operator registered, but their servers are anybody's: an answer is read
 * up to the end of its head and not beyond HEAD_MAX_BYTES.
 *
 * That a host is asked for one page at a time is seen to here: the library would let the others
 * wait, too, but within their own time, so that a slow host's pages seemed to be unreachable.
 */
#include "ship/link_probe.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "text/url.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_MAX_BYTES = 65536, POLL_MS = 100 };

static const char *const state_texts[LINK_STATES] = {
	[LINK_UNCHECKED] = "unchecked",	    [LINK_OK] = "ok",		[LINK_MOVED] = "moved",
	[LINK_MISSING] = "missing",	    [LINK_FAILING] = "failing", [LINK_UNCLEAR] = "unclear",
	[LINK_UNREACHABLE] = "unreachable", [LINK_REFUSED] = "refused",
};

const char *link_state_text(enum link_state state)
{
	return state_texts[state];
}

enum link_state link_state_find(const char *text)
{
	for (unsigned state = 0; state < LINK_STATES; state++)
		if (strcmp(state_texts[state], text) == 0)
			return (enum link_state)state;
	return LINK_UNCHECKED;
}

bool link_state_is_bad(enum link_state state)
{
	return state == LINK_MISSING || state == LINK_FAILING || state == LINK_UNREACHABLE;
}

/* What IANA's special-purpose registries say is not globally reachable, and multicast. */
static const char *const special_networks[] = {
	"0.0.0.0/8",	 "10.0.0.0/8",	    "100.64.0.0/10",  "127.0.0.0/8",	"169.254.0.0/16",
	"172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",	"240.0.0.0/4",
	"::/96",	 "64:ff9b::/96",    "64:ff9b:1::/48", "100::/64",	"2001::/23",
	"2001:db8::/32", "2002::/16",	    "3fff::/20",      "5f00::/16",	"fc00::/7",
	"fe80::/10",	 "fec0::/10",	    "ff00::/8",
};

bool link_probe_is_public(const struct address *address)
{
	for (size_t i = 0; i < sizeof(special_networks) / sizeof(special_networks[0]); i++) {
		struct network network;

		if (network_parse(span_text(special_networks[i]), &network) != 0 ||
		    network_holds(&network, address))
			return false;
	}
	return address->known;
}

struct probe {
	CURL *curl;
	void *item;
	size_t head_bytes;
	bool refused; /* an address was */
	bool used, again;
	char host[URL_HOST_MAX_BYTES + 1]; /* "": a URL without one, which the library refuses */
};

struct run {
	const struct link_probe_options *options;
	CURLM *multi;
	struct probe probes[LINK_PROBE_AT_ONCE];
	unsigned under_way;
	const char *url; /* the next one, with its item and host; NULL: not asked for yet */
	void *item;
	char host[URL_HOST_MAX_BYTES + 1];
	bool at_end;
	usec_t next; /* monotonic: not before */
};

static struct address address_of(const struct sockaddr *socket_address)
{
	struct address address = {.known = true};

	if (socket_address->sa_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, socket_address, sizeof(v4));
		address.bytes[10] = address.bytes[11] = 0xFF;
		memcpy(address.bytes + 12, &v4.sin_addr, 4);
	} else if (socket_address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;

		memcpy(&v6, socket_address, sizeof(v6));
		memcpy(address.bytes, &v6.sin6_addr, 16);
	} else {
		address.known = false;
	}
	return address;
}

static bool may_connect(const struct run *run, const struct address *address)
{
	for (size_t i = 0; i < run->options->allowed_count; i++)
		if (network_holds(&run->options->allowed[i], address))
			return true;
	return link_probe_is_public(address);
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct probe *probe = context;
	struct run *run = NULL;
	struct address address = address_of(&to->addr);

	(void)purpose;
	(void)curl_easy_getinfo(probe->curl, CURLINFO_PRIVATE, (char **)&run);
	if (!run || !may_connect(run, &address)) {
		probe->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t take_header(char *data, size_t unit, size_t count, void *context)
{
	struct probe *probe = context;

	(void)data;
	probe->head_bytes += unit * count;
	return probe->head_bytes > HEAD_MAX_BYTES ? 0 : unit * count;
}

/* The body is not wanted: the head has said all. */
static size_t take_body(char *data, size_t unit, size_t count, void *context)
{
	(void)data;
	(void)unit;
	(void)count;
	(void)context;
	return 0;
}

static bool prepare(struct run *run, struct probe *probe, const char *url)
{
	const struct link_probe_options *options = run->options;
	CURL *curl = probe->curl;
	CURLcode code = CURLE_OK;
	long timeout =
		options->timeout_ms ? (long)options->timeout_ms : (long)LINK_PROBE_TIMEOUT_MS;

#define SET(option, value) (code = code ? code : curl_easy_setopt(curl, option, value))
	SET(CURLOPT_URL, url);
	SET(CURLOPT_NOBODY, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USERAGENT, "waymark/" WAYMARK_VERSION " (link check)");
	SET(CURLOPT_TIMEOUT_MS, timeout);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, probe);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, probe);
	SET(CURLOPT_PRIVATE, run);
#undef SET
	return code == CURLE_OK;
}

/* Each request, also a second one for the same page, takes its turn. */
static void note_request(struct run *run)
{
	usec_t now = clock_monotonic();

	run->next = (run->next > now ? run->next : now) + USEC_PER_SEC / run->options->per_second;
}

/* False: there is no more. */
static bool look_ahead(struct run *run)
{
	struct url url;

	if (!run->url && !run->at_end) {
		run->url = run->options->next(run->options->context, &run->item);
		run->at_end = !run->url;
		run->host[0] = '\0';
		if (run->url && url_parse(span_text(run->url), &url) == 0)
			strcpy(run->host, url.host);
	}
	return run->url;
}

static bool host_is_asked(const struct run *run)
{
	for (size_t i = 0; i < LINK_PROBE_AT_ONCE; i++)
		if (run->probes[i].used && strcmp(run->probes[i].host, run->host) == 0)
			return true;
	return false;
}

/* Return: 0; -ENOMEM. */
static int begin(struct run *run, struct probe *probe)
{
	const char *url = take_ptr(run->url);

	probe->curl = curl_easy_init();
	probe->item = run->item;
	probe->head_bytes = 0;
	probe->refused = probe->again = false;
	strcpy(probe->host, run->host);
	if (!probe->curl || !prepare(run, probe, url) ||
	    curl_multi_add_handle(run->multi, probe->curl)) {
		curl_easy_cleanup(take_ptr(probe->curl));
		return -ENOMEM;
	}
	probe->used = true;
	run->under_way++;
	note_request(run);
	return 0;
}

static int begin_more(struct run *run)
{
	for (size_t i = 0; i < LINK_PROBE_AT_ONCE; i++) {
		int r;

		if (run->probes[i].used)
			continue;
		if (clock_monotonic() < run->next || !look_ahead(run) || host_is_asked(run))
			break;
		r = begin(run, &run->probes[i]);
		if (r)
			return r;
	}
	return 0;
}

static enum link_state judge(const struct probe *probe, CURLcode code, long status)
{
	if (status == 0 || (code && code != CURLE_WRITE_ERROR))
		return probe->refused ? LINK_REFUSED : LINK_UNREACHABLE;
	if (status < 300)
		return LINK_OK;
	if (status < 400)
		return LINK_MOVED;
	if (status == 404 || status == 410)
		return LINK_MISSING;
	return status < 500 ? LINK_UNCLEAR : LINK_FAILING;
}

/* Many servers know HEAD badly: what it says against a page is asked again by GET. */
static bool ask_again(struct run *run, struct probe *probe, CURLcode code, long status)
{
	bool strange = code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
		       code == CURLE_WEIRD_SERVER_REPLY;

	if (probe->again || (status < 400 && !strange))
		return false;
	probe->again = true;
	probe->head_bytes = 0;
	if (curl_multi_remove_handle(run->multi, probe->curl) ||
	    curl_easy_setopt(probe->curl, CURLOPT_NOBODY, 0L) ||
	    curl_easy_setopt(probe->curl, CURLOPT_HTTPGET, 1L) ||
	    curl_multi_add_handle(run->multi, probe->curl))
		return false;
	note_request(run);
	return true;
}

static void finish(struct run *run, struct probe *probe)
{
	(void)curl_multi_remove_handle(run->multi, probe->curl);
	curl_easy_cleanup(take_ptr(probe->curl));
	probe->used = false;
	run->under_way--;
}

static void settle(struct run *run, CURL *curl, CURLcode code)
{
	struct probe *probe = run->probes;
	enum link_state state;
	long status = 0;

	while (probe->curl != curl)
		probe++;
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (ask_again(run, probe, code, status))
		return;
	state = judge(probe, code, status);
	run->options->done(run->options->context, probe->item, state, (unsigned)status);
	finish(run, probe);
}

static int wait_ms(const struct run *run)
{
	usec_t now = clock_monotonic();
	usec_t left = run->next > now ? (run->next - now) / USEC_PER_MS + 1 : 0;

	/* Until something has ended, where only that lets the next one begin. */
	if (run->at_end || run->under_way == LINK_PROBE_AT_ONCE ||
	    (run->url && left == 0 && host_is_asked(run)))
		return POLL_MS;
	return left > POLL_MS ? POLL_MS : (int)left;
}

static int work(struct run *run)
{
	while (!run->options->stopped()) {
		int r = begin_more(run), running, left;
		CURLMsg *message;

		if (r)
			return r;
		if (run->at_end && run->under_way == 0)
			return 0;
		if (curl_multi_perform(run->multi, &running))
			return -ENOMEM;
		while ((message = curl_multi_info_read(run->multi, &left)) != NULL)
			if (message->msg == CURLMSG_DONE)
				settle(run, message->easy_handle, message->data.result);
		if (curl_multi_poll(run->multi, NULL, 0, wait_ms(run), NULL))
			return -ENOMEM;
	}
	return 0;
}

int link_probe_run(const struct link_probe_options *options)
{
	struct run run = {.options = options};
	int r;

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return -ENOMEM;
	run.multi = curl_multi_init();
	r = run.multi ? work(&run) : -ENOMEM;
	for (size_t i = 0; i < LINK_PROBE_AT_ONCE; i++)
		if (run.probes[i].used)
			finish(&run, &run.probes[i]);
	if (run.multi)
		(void)curl_multi_cleanup(run.multi);
	return r;
}
