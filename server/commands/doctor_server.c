/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running server, asked through its control socket, the addresses that it listens on, and the
 * resolver that it asks.
 *
 * The public listener belongs behind nginx, which has TLS and HTTP/2 and is stricter than the
 * library, the admin listener nowhere that others can reach.
 */
#include "commands/doctor.h"

#include "base/cleanup.h"
#include "config/config.h"
#include "ship/http.h"
#include "ship/mail_domains.h"

#include <fcntl.h>

enum { TIMEOUT_MS = 5000, ANSWER_MAX_BYTES = 1 << 16 };

static void say_server(struct doctor *doctor, const json_t *reply)
{
	const char *version = json_string_value(json_object_get(reply, "version"));
	json_int_t lost = json_integer_value(json_object_get(reply, "lost"));
	json_int_t late = json_integer_value(json_object_get(reply, "late"));
	json_int_t received = json_integer_value(json_object_get(reply, "received"));

	if (version && strcmp(version, WAYMARK_VERSION) != 0)
		doctor_say(doctor, DOCTOR_NOTE, "server", "restart it to take up the new version",
			   "it runs version %s, this is %s", version, WAYMARK_VERSION);
	if (json_is_true(json_object_get(reply, "degraded")))
		doctor_say(doctor, DOCTOR_FAIL, "server",
			   "see its log and the disk; links redirect meanwhile, events wait",
			   "its store cannot be written");
	if (lost > 0)
		doctor_say(doctor, DOCTOR_NOTE, "server", "see its log; was the disk full?",
			   "%lld of %lld events are lost since it started", (long long)lost,
			   (long long)received);
	if (received > 0 && late * 100 > received)
		doctor_say(doctor, DOCTOR_NOTE, "server",
			   "is the disk slow? raise commit_wait_ms, or give it a faster one",
			   "%lld of %lld events were answered before they were durable",
			   (long long)late, (long long)received);
	doctor_say(doctor, DOCTOR_OK, "server", NULL, "it answers, %lld events since it started",
		   (long long)received);
}

static void take_reply(struct doctor *doctor, long status, struct span text)
{
	json_t *reply = json_loadb((const char *)text.data, text.size, 0, NULL);
	const char *secret = json_string_value(json_object_get(reply, "secret"));

	if (status == 200 && secret) {
		doctor->is_served = true;
		doctor->secret = span_dup(span_text(secret));
		say_server(doctor, reply);
	} else {
		doctor_say(doctor, DOCTOR_FAIL, "server",
			   "run as the user that it runs as; is it of an older version?",
			   "it answers its control socket with status %ld", status);
	}
	json_decref(reply);
}

void doctor_check_server(struct doctor *doctor)
{
	const struct config *config = doctor->app->config;
	cleanup_close int data_fd = open(config->data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *path = app_socket_path(config, data_fd);
	cleanup_buffer struct buffer answer = {.limit = ANSWER_MAX_BYTES};
	struct error error = {""};
	long status;

	if (!path || !http_socket_answers(path, &error)) {
		doctor_say(doctor, DOCTOR_NOTE, "server",
			   "start it (waymark serve), and ask again for the rest",
			   "no server runs on %s", config->data_dir);
		return;
	}
	if (http_post_socket(path, "/api/v1/inspect", SPAN("{}"), TIMEOUT_MS, &status, &answer,
			     &error))
		doctor_say(doctor, DOCTOR_FAIL, "server", "see its log", "%s", error.text);
	else
		take_reply(doctor, status, buffer_span(&answer));
}

/* Can only this machine reach the address? */
static bool is_local(const char *address)
{
	static const uint8_t v6[16] = {[15] = 1};
	struct address parsed;

	if (strncmp(address, "unix:", 5) == 0 || strncmp(address, "localhost:", 10) == 0)
		return true;
	if (address_parse(span_text(address), &parsed) || !parsed.known)
		return false;
	return address_is_v4(&parsed) ? parsed.bytes[12] == 127
				      : memcmp(parsed.bytes, v6, sizeof(v6)) == 0;
}

void doctor_check_listen(struct doctor *doctor)
{
	const struct config *config = doctor->app->config;

	if (is_local(config->listen))
		doctor_say(doctor, DOCTOR_OK, "listen", NULL, "%s is for this machine only",
			   config->listen);
	else
		doctor_say(doctor, DOCTOR_NOTE, "listen",
			   "on the internet put nginx in front (deploy/nginx.conf) and listen on "
			   "127.0.0.1",
			   "%s can be reached from other machines", config->listen);
	if (!is_local(config->admin_listen))
		doctor_say(doctor, DOCTOR_FAIL, "listen",
			   "set admin_listen to 127.0.0.1, or to a network that only operators "
			   "reach",
			   "the admin listener at %s can be reached from other machines",
			   config->admin_listen);
}

/* Any answer will do: the trackers' names take no mail as a rule. */
void doctor_check_resolver(struct doctor *doctor)
{
	const char *text = doctor->app->config->resolver;
	const char *domain = doctor->app->trackers->primary->host;
	struct error error = {""};
	struct dns_resolver resolver;

	if (!*text)
		return;
	if (dns_resolver_find(text, &resolver, &error))
		doctor_say(doctor, DOCTOR_FAIL, "resolver",
			   "mend forms.resolver; serve does not start with it", "%s", error.text);
	else if (dns_mail_of(&resolver, domain,
			     clock_monotonic() + MAIL_DOMAINS_TIMEOUT_MS * USEC_PER_MS) ==
		 DNS_MAIL_UNKNOWN)
		doctor_say(doctor, DOCTOR_NOTE, "resolver",
			   "is forms.resolver right? without an answer every address is taken",
			   "\"%s\" tells nothing of %s", text, domain);
	else
		doctor_say(doctor, DOCTOR_OK, "resolver", NULL, "\"%s\" answers", text);
}
