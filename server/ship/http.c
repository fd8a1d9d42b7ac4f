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

/* No Expect: the wait for "100 Continue" costs more than any body of ours. */
static struct curl_slist *make_headers(const struct http_call *call)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
	struct curl_slist *more;
	char text[160];

	if (!headers || !call->content_type)
		return headers;
	(void)snprintf(text, sizeof(text), "Content-Type: %s", call->content_type);
	more = curl_slist_append(headers, text);
	if (!more)
		curl_slist_free_all(headers);
	return more;
}

static bool prepare(CURL *curl, const struct http_call *call, struct curl_slist *headers,
		    struct buffer *answer)
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
	if (call->body.data) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.size);
		SET(CURLOPT_POSTFIELDS, call->body.data);
	}
#undef SET
	return code == CURLE_OK;
}

static int judge(CURLcode code, const struct http_call *call, const struct buffer *answer,
		 struct error *error)
{
	const char *where = call->socket_path ? call->socket_path : call->url;

	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return error_set(error, HTTP_E_UNREACHABLE, "%s: nobody answers (%s)", where,
				 curl_easy_strerror(code));
	case CURLE_OPERATION_TIMEDOUT:
		return error_set(error, HTTP_E_TIMEOUT, "%s: no answer within %u ms", where,
				 call->timeout_ms);
	case CURLE_WRITE_ERROR:
		if (answer->error == -ENOMEM)
			return -ENOMEM;
		return error_set(error, HTTP_E_LONG, "%s: the answer is longer than %zu bytes",
				 where, answer->limit);
	default:
		return error_set(error, HTTP_E_LOST, "%s: the connection failed (%s)", where,
				 curl_easy_strerror(code));
	}
}

int http_send(const struct http_call *call, long *ret_status, struct buffer *answer,
	      struct error *error)
{
	cleanup(cleanup_headers) struct curl_slist *headers = NULL;
	cleanup(cleanup_curl) CURL *curl = NULL;
	long status = 0;
	int r;

	(void)pthread_once(&once, initialise);
	curl = curl_easy_init();
	headers = make_headers(call);
	if (!curl || !headers || !prepare(curl, call, headers, answer))
		return -ENOMEM;
	r = judge(curl_easy_perform(curl), call, answer, error);
	if (r)
		return r;
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
