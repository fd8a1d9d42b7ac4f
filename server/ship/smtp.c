/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's SMTP, held to what the program needs. One handle keeps its connection, its TLS session
 * and its login, so that many messages in a row cost one of each.
 *
 * The library tells most refusals as a failure to send; what decides whether the same message may
 * be sent again is the server's last code: 5xx is for good, all else may pass.
 */
#include "ship/smtp.h"

#include "base/cleanup.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

struct smtp {
	CURL *curl;
	char *server; /* for messages */
};

struct reading {
	struct span rest;
};

static void cleanup_list(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

static size_t give(char *to, size_t unit, size_t count, void *context)
{
	struct reading *reading = context;
	size_t size = unit * count;

	if (size > reading->rest.size)
		size = reading->rest.size;
	if (size > 0)
		memcpy(to, reading->rest.data, size);
	reading->rest = span_slice(reading->rest, size, reading->rest.size - size);
	return size;
}

static size_t ignore(char *data, size_t unit, size_t count, void *context)
{
	(void)data;
	(void)context;
	return unit * count;
}

static bool set_options(CURL *curl, const struct smtp_options *options, const char *url)
{
	CURLcode code = CURLE_OK;

#define SET(option, value) (code = code ? code : curl_easy_setopt(curl, option, value))
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, give);
	SET(CURLOPT_WRITEFUNCTION, ignore);
	SET(CURLOPT_TIMEOUT_MS, (long)(options->timeout_ms ? options->timeout_ms : 1));
	if (options->tls != SMTP_PLAIN)
		SET(CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	if (options->user && options->password) {
		SET(CURLOPT_USERNAME, options->user);
		SET(CURLOPT_PASSWORD, options->password);
	}
	if (options->ca_file)
		SET(CURLOPT_CAINFO, options->ca_file);
#undef SET
	return code == CURLE_OK;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void initialise(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct smtp *smtp_new(const struct smtp_options *options)
{
	struct smtp *smtp = calloc(1, sizeof(*smtp));
	cleanup_free char *url = NULL;

	if (!smtp)
		return NULL;
	(void)pthread_once(&once, initialise);
	if (asprintf(&url, "%s://%s/%s", options->tls == SMTP_TLS ? "smtps" : "smtp",
		     options->server, options->hello) < 0)
		url = NULL;
	smtp->server = span_dup(span_text(options->server));
	smtp->curl = curl_easy_init();
	if (url && smtp->server && smtp->curl && set_options(smtp->curl, options, url))
		return smtp;
	smtp_free(smtp);
	return NULL;
}

void smtp_free(struct smtp *smtp)
{
	if (!smtp)
		return;
	curl_easy_cleanup(smtp->curl);
	free(smtp->server);
	free(smtp);
}

/* Could it end the command that it stands in, or begin another? */
static bool is_bare(const char *address)
{
	for (const char *at = address; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7F || *at == '<' || *at == '>')
			return false;
	return *address != '\0';
}

static int judge(const struct smtp *smtp, CURLcode code, const char *detail, struct error *error)
{
	long said = 0;

	if (code == CURLE_OK)
		return 0;
	if (code == CURLE_OUT_OF_MEMORY)
		return -ENOMEM;
	(void)curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &said);
	/* A login that is refused is the operator's to mend, and not the message's fault. */
	if (said >= 500 && said < 600 && code != CURLE_LOGIN_DENIED)
		return error_set(error, SMTP_E_REFUSED, "%s: the server says %ld", smtp->server,
				 said);
	return error_set(error, SMTP_E_LATER, "%s: %s", smtp->server,
			 detail[0] ? detail : curl_easy_strerror(code));
}

int smtp_send(struct smtp *smtp, const char *from, const char *to, struct span message,
	      struct error *error)
{
	cleanup(cleanup_list) struct curl_slist *recipients = NULL;
	struct reading reading = {.rest = message};
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode code = CURLE_OK;

	if (!is_bare(from) || !is_bare(to))
		return error_set(error, SMTP_E_REFUSED, "%s: not an address that can be mailed",
				 smtp->server);
	recipients = curl_slist_append(NULL, to);
	if (!recipients)
		return -ENOMEM;
#define SET(option, value) (code = code ? code : curl_easy_setopt(smtp->curl, option, value))
	SET(CURLOPT_MAIL_FROM, from);
	SET(CURLOPT_MAIL_RCPT, recipients);
	SET(CURLOPT_READDATA, &reading);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)message.size);
	SET(CURLOPT_ERRORBUFFER, detail);
#undef SET
	if (code == CURLE_OK)
		code = curl_easy_perform(smtp->curl);
	/* What it points to ends here. */
	(void)curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, NULL);
	(void)curl_easy_setopt(smtp->curl, CURLOPT_ERRORBUFFER, NULL);
	return judge(smtp, code, detail, error);
}
