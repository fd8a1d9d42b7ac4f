/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's SMTP, held to what the program needs. One handle keeps its connection, its TLS session
 * and its login, so that many messages in a row cost one of each.
 *
 * The library tells most refusals as a failure to send; what decides whether the same message may
 * be sent again is the server's last code: 5xx is for good, all else may pass. Which command it
 * answers is seen in what the library says that it sends and gets.
 *
 * A server takes a message with the line behind its last one. The library writes that line when it
 * was given all bytes of the message, so that whoever must know beforehand is called before the
 * last of them are handed out.
 */
#include "ship/smtp.h"

#include "base/cleanup.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

/* One message on its way. */
struct sending {
	struct span rest;
	int (*before_end)(void *context);
	void *context;
	int broken; /* what before_end() returned */
	bool over;  /* what the server says is about goodbye */
	struct smtp_told told;
};

struct smtp {
	CURL *curl;
	char *server;	     /* for messages */
	struct sending idle; /* where what is said between two messages goes */
};

static void cleanup_list(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

/* What is sent from here on has not been answered. */
static void begin_step(struct sending *sending, enum delivery_step step)
{
	sending->told.step = step;
	sending->told.status = (struct delivery_status){0};
	sending->told.text[0] = '\0';
}

static size_t give(char *to, size_t unit, size_t count, void *context)
{
	struct sending *sending = context;
	size_t size = unit * count;

	if (size >= sending->rest.size) {
		size = sending->rest.size;
		if (size > 0 && sending->before_end)
			sending->broken = sending->before_end(sending->context);
		if (sending->broken)
			return CURL_READFUNC_ABORT;
		begin_step(sending, DELIVERY_END);
	}
	if (size > 0)
		memcpy(to, sending->rest.data, size);
	sending->rest = span_slice(sending->rest, size, sending->rest.size - size);
	return size;
}

static void copy_printable(struct span line, char ret_text[SMTP_TEXT_BYTES])
{
	size_t size = 0;

	for (size_t i = 0; i < line.size && size < SMTP_TEXT_BYTES - 1; i++)
		if (line.data[i] >= ' ' && line.data[i] < 0x7F)
			ret_text[size++] = (char)line.data[i];
	ret_text[size] = '\0';
}

/* A line of a reply; the first one tells. */
static size_t take_reply(char *data, size_t unit, size_t count, void *context)
{
	struct sending *sending = context;
	struct span line = span_of(data, unit * count);

	if (!sending->over && !sending->told.status.code &&
	    delivery_status_parse_reply(line, &sending->told.status))
		copy_printable(line, sending->told.text);
	return unit * count;
}

/* A command that is sent. Others than these are of the connection's beginning. */
static int watch(CURL *curl, curl_infotype type, char *data, size_t size, void *context)
{
	static const struct {
		struct span verb;
		enum delivery_step step;
	} steps[] = {
		{SPAN("MAIL "), DELIVERY_MAIL},
		{SPAN("RCPT "), DELIVERY_RCPT},
		{SPAN("DATA"), DELIVERY_DATA},
	};
	struct sending *sending = context;
	enum delivery_step step = DELIVERY_CONNECT;

	(void)curl;
	if (type != CURLINFO_HEADER_OUT)
		return 0;
	sending->over |= span_starts(span_of(data, size), SPAN("QUIT"));
	/* Behind the message only its end is sent. */
	if (sending->over || sending->told.step == DELIVERY_END)
		return 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (span_starts(span_of(data, size), steps[i].verb))
			step = steps[i].step;
	begin_step(sending, step);
	return 0;
}

static size_t ignore(char *data, size_t unit, size_t count, void *context)
{
	(void)data;
	(void)context;
	return unit * count;
}

static bool set_options(struct smtp *smtp, const struct smtp_options *options, const char *url)
{
	CURL *curl = smtp->curl;
	CURLcode code = CURLE_OK;

#define SET(option, value) (code = code ? code : curl_easy_setopt(curl, option, value))
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, give);
	SET(CURLOPT_HEADERFUNCTION, take_reply);
	SET(CURLOPT_DEBUGFUNCTION, watch);
	SET(CURLOPT_HEADERDATA, &smtp->idle);
	SET(CURLOPT_DEBUGDATA, &smtp->idle);
	SET(CURLOPT_VERBOSE, 1L);
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
	if (url && smtp->server && smtp->curl && set_options(smtp, options, url))
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

/* No message can be sent before the operator has mended it. */
static bool is_operators(CURLcode code)
{
	return code == CURLE_LOGIN_DENIED || code == CURLE_USE_SSL_FAILED ||
	       code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
	       code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT;
}

static int judge(const struct smtp *smtp, CURLcode code, const char *detail, struct smtp_told *told,
		 struct error *error)
{
	long said = 0;

	if (code == CURLE_OK)
		return 0;
	/* Also of "yes" it may be that no more than the beginning came. */
	told->doubt = told->step == DELIVERY_END && told->status.code < 400;
	if (code == CURLE_OUT_OF_MEMORY && !told->doubt)
		return -ENOMEM;
	told->fault = is_operators(code) ? DELIVERY_SENDER : DELIVERY_PASSES;
	(void)curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &said);
	/* A login that is refused is the operator's to mend, and not the message's fault. */
	if (said >= 500 && said < 600 && code != CURLE_LOGIN_DENIED && !told->doubt) {
		told->fault = told->status.code >= 500
				      ? delivery_fault_of_reply(&told->status, told->step)
				      : DELIVERY_MESSAGE;
		return error_set(error, SMTP_E_REFUSED, "%s: the server says %ld", smtp->server,
				 said);
	}
	return error_set(error, SMTP_E_LATER, "%s: %s", smtp->server,
			 detail[0] ? detail : curl_easy_strerror(code));
}

/* The addresses are good and the list of recipients is made. */
static CURLcode perform(struct smtp *smtp, const char *from, struct curl_slist *recipients,
			struct sending *sending, char *detail)
{
	CURLcode code = CURLE_OK;

#define SET(option, value) (code = code ? code : curl_easy_setopt(smtp->curl, option, value))
	SET(CURLOPT_MAIL_FROM, from);
	SET(CURLOPT_MAIL_RCPT, recipients);
	SET(CURLOPT_READDATA, sending);
	SET(CURLOPT_HEADERDATA, sending);
	SET(CURLOPT_DEBUGDATA, sending);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)sending->rest.size);
	SET(CURLOPT_ERRORBUFFER, detail);
#undef SET
	if (code == CURLE_OK)
		code = curl_easy_perform(smtp->curl);
	/* What it points to ends here; it may still say what it does with the connection. */
	(void)curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, NULL);
	(void)curl_easy_setopt(smtp->curl, CURLOPT_ERRORBUFFER, NULL);
	(void)curl_easy_setopt(smtp->curl, CURLOPT_HEADERDATA, &smtp->idle);
	(void)curl_easy_setopt(smtp->curl, CURLOPT_DEBUGDATA, &smtp->idle);
	return code;
}

int smtp_deliver(struct smtp *smtp, const char *from, const char *to, struct span message,
		 int (*before_end)(void *context), void *context, struct smtp_told *ret_told,
		 struct error *error)
{
	cleanup(cleanup_list) struct curl_slist *recipients = NULL;
	struct sending sending = {
		.rest = message,
		.before_end = before_end,
		.context = context,
	};
	char detail[CURL_ERROR_SIZE] = "";
	int code;

	*ret_told = (struct smtp_told){.fault = DELIVERY_MESSAGE};
	if (!is_bare(from) || !is_bare(to))
		return error_set(error, SMTP_E_REFUSED, "%s: not an address that can be mailed",
				 smtp->server);
	recipients = curl_slist_append(NULL, to);
	if (!recipients)
		return -ENOMEM;
	code = judge(smtp, perform(smtp, from, recipients, &sending, detail), detail, &sending.told,
		     error);
	*ret_told = sending.told;
	return sending.broken ? sending.broken : code;
}

int smtp_send(struct smtp *smtp, const char *from, const char *to, struct span message,
	      struct error *error)
{
	struct smtp_told told;

	return smtp_deliver(smtp, from, to, message, NULL, NULL, &told, error);
}
