/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl, held to what the program needs: commands that talk to the running server. A command asks
 * a handful of questions, so that nothing is pooled.
 *
 * Whether a failed call may be sent again is the caller's business; all that is decided here is
 * whether the other side can have seen it.
 */
#include "ship/http.h"

#include "base/cleanup.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void initialise(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void cleanup_curl(CURL **curl)
{
	curl_easy_cleanup(*curl);
}

static void cleanup_headers(struct curl_slist **headers)
{
	curl_slist_free_all(*headers);
}

static size_t receive(char *data, size_t unit, size_t count, void *to)
{
	struct buffer *answer = to;

	buffer_append(answer, data, unit * count);
	return answer->error ? 0 : unit * count;
}

static size_t receive_header(char *data, size_t unit, size_t count, void *to)
{
	struct http_facts *facts = to;
	size_t size = unit * count;
	char date[64];

	if (size > facts->longest_header_bytes)
		facts->longest_header_bytes = size;
	if (size > 5 && size < sizeof(date) && strncasecmp(data, "Date:", 5) == 0) {
		time_t seconds;

		memcpy(date, data + 5, size - 5);
		date[size - 5] = '\0';
		seconds = curl_getdate(date, NULL);
		facts->date = seconds > 0 ? (usec_t)seconds * USEC_PER_SEC : 0;
	}
	return size;
}

/* False: out of memory. */
static bool add_header(struct curl_slist **headers, const char *line)
{
	struct curl_slist *more = curl_slist_append(*headers, line);

	if (more)
		*headers = more;
	return more != NULL;
}

/* No Expect: the wait for "100 Continue" costs more than any body of ours. */
static bool make_headers(const struct http_call *call, struct curl_slist **headers)
{
	bool ok = add_header(headers, "Expect:");
	char text[160];

	if (ok && call->content_type) {
		(void)snprintf(text, sizeof(text), "Content-Type: %s", call->content_type);
		ok = add_header(headers, text);
	}
	for (size_t i = 0; ok && call->headers && call->headers[i]; i++)
		ok = add_header(headers, call->headers[i]);
	return ok;
}

/* Where to go instead, in the form that the library takes: any host, any port, to these. */
static bool make_route(const struct http_call *call, char **ret_text, struct curl_slist **route)
{
	if (!call->connect_to)
		return true;
	if (asprintf(ret_text, "::%s", call->connect_to) < 0) {
		*ret_text = NULL;
		return false;
	}
	return add_header(route, *ret_text);
}

static CURLcode prepare_facts(CURL *curl, const struct http_call *call)
{
	CURLcode code = curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);

	*call->facts = (struct http_facts){0};
	if (!code)
		code = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive_header);
	return code ? code : curl_easy_setopt(curl, CURLOPT_HEADERDATA, call->facts);
}

static bool prepare(CURL *curl, const struct http_call *call, struct curl_slist *headers,
		    struct curl_slist *route, struct buffer *answer)
{
	CURLcode code = CURLE_OK;

#define SET(option, value) (code = code ? code : curl_easy_setopt(curl, option, value))
	SET(CURLOPT_URL, call->url);
	SET(CURLOPT_CUSTOMREQUEST, call->method);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USERAGENT, "waymark/" WAYMARK_VERSION);
	SET(CURLOPT_TIMEOUT_MS, (long)(call->timeout_ms ? call->timeout_ms : 1));
	SET(CURLOPT_WRITEFUNCTION, receive);
	SET(CURLOPT_WRITEDATA, answer);
	if (call->socket_path)
		SET(CURLOPT_UNIX_SOCKET_PATH, call->socket_path);
	if (route)
		SET(CURLOPT_CONNECT_TO, route);
	if (call->ca_file)
		SET(CURLOPT_CAINFO, call->ca_file);
	if (call->facts && !code)
		code = prepare_facts(curl, call);
	if (call->body.data) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.size);
		SET(CURLOPT_POSTFIELDS, call->body.data);
	}
#undef SET
	return code == CURLE_OK;
}

/* @detail: what the library says of this one call, or "". */
static int judge(CURLcode code, const struct http_call *call, const struct buffer *answer,
		 const char *detail, struct error *error)
{
	const char *where = call->socket_path ? call->socket_path : call->url;
	int size = (int)strcspn(where, call->socket_path ? "" : "?"); /* a query can be a secret */
	const char *why = detail[0] ? detail : curl_easy_strerror(code);

	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return error_set(error, HTTP_E_UNREACHABLE, "%.*s: nobody answers (%s)", size,
				 where, why);
	case CURLE_OPERATION_TIMEDOUT:
		return error_set(error, HTTP_E_TIMEOUT, "%.*s: no answer within %u ms", size, where,
				 call->timeout_ms);
	case CURLE_WRITE_ERROR:
		if (answer->error == -ENOMEM)
			return -ENOMEM;
		return error_set(error, HTTP_E_LONG, "%.*s: the answer is longer than %zu bytes",
				 size, where, answer->limit);
	default:
		return error_set(error, HTTP_E_LOST, "%.*s: the connection failed (%s)", size,
				 where, why);
	}
}

/* The first certificate is the server's own. */
static void read_certificate(CURL *curl, struct http_facts *facts)
{
	static const char name[] = "Expire date:";
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) || !info || info->num_of_certs < 1)
		return;
	for (struct curl_slist *row = info->certinfo[0]; row; row = row->next) {
		time_t seconds = 0;

		if (strncmp(row->data, name, sizeof(name) - 1) == 0)
			seconds = curl_getdate(row->data + sizeof(name) - 1, NULL);
		if (seconds > 0)
			facts->certificate_until = (usec_t)seconds * USEC_PER_SEC;
	}
}

int http_send(const struct http_call *call, long *ret_status, struct buffer *answer,
	      struct error *error)
{
	cleanup(cleanup_headers) struct curl_slist *headers = NULL;
	cleanup(cleanup_headers) struct curl_slist *route = NULL;
	cleanup_free char *route_text = NULL;
	cleanup(cleanup_curl) CURL *curl = NULL;
	char detail[CURL_ERROR_SIZE] = "";
	long status = 0;
	int r;

	(void)pthread_once(&once, initialise);
	curl = curl_easy_init();
	if (!curl || !make_headers(call, &headers) || !make_route(call, &route_text, &route) ||
	    !prepare(curl, call, headers, route, answer) ||
	    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail))
		return -ENOMEM;
	r = judge(curl_easy_perform(curl), call, answer, detail, error);
	if (r)
		return r;
	if (call->facts)
		read_certificate(curl, call->facts);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	*ret_status = status;
	return 0;
}

int http_post_socket(const char *socket_path, const char *path, struct span body,
		     unsigned timeout_ms, long *ret_status, struct buffer *answer,
		     struct error *error)
{
	cleanup_free char *url = NULL;
	struct http_call call = {
		.method = "POST",
		.socket_path = socket_path,
		.body = body,
		.content_type = "application/json",
		.timeout_ms = timeout_ms,
	};

	if (asprintf(&url, "http://localhost%s", path) < 0) {
		url = NULL;
		return -ENOMEM;
	}
	call.url = url;
	return http_send(&call, ret_status, answer, error);
}

bool http_socket_answers(const char *socket_path, struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_close int fd = -1;

	if (strlen(socket_path) >= sizeof(address.sun_path)) {
		(void)error_set(error, 0, "%s: too long for a socket's path", socket_path);
		return false;
	}
	strcpy(address.sun_path, socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		/* A full backlog is a busy server, not an absent one. */
		if (fd >= 0 && errno == EAGAIN)
			return true;
		(void)error_set(error, 0, "%s: %s", socket_path, strerror(errno));
		return false;
	}
	return true;
}
