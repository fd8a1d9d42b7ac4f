/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The callbacks of libmilter, in the order in which the mail server calls them.
 *
 * A mail is left as soon as it is clear that it is none of ours: by who sends it before its
 * recipients come, by its header before its body. Changes can be asked for only at the end of a
 * mail, and there the fields that were meant for us go first, the body last and in one run: nothing
 * may come between two pieces of it.
 *
 * The answer is "accept" in every case. The mail server asks the next filter (who signs) with what
 * this one has changed.
 */
#include "commands/milter_filter.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "ship/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libgen.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

enum { IDLE_TIMEOUT_S = 1800, SOCKET_TEXT_BYTES = 160 };

/* What a mail server has to offer, and what it need not send. */
static const unsigned long needed_actions = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY;
static const unsigned long unused_steps = SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NODATA;

struct connection {
	struct address client;
	struct milter_mail mail;
	struct milter_choice choice;
	bool is_chosen;
	struct error refused; /* why what a mail says of itself cannot be followed; empty: it can */
};

static struct milter_tracking *shared_tracking;
static char *socket_file; /* to remove when it ends; NULL: none */

static sfsistat on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
			     unsigned long reserved2, unsigned long reserved3,
			     unsigned long *ret_actions, unsigned long *ret_steps,
			     unsigned long *ret_reserved2, unsigned long *ret_reserved3)
{
	(void)context;
	(void)reserved2;
	(void)reserved3;
	if ((actions & needed_actions) != needed_actions || !(steps & SMFIP_HDR_LEADSPC)) {
		log_error("mail_server", "reason", "it does not let headers and bodies be changed",
			  "meaning", "nothing is tracked");
		return SMFIS_REJECT;
	}
	*ret_actions = needed_actions;
	*ret_steps = (steps & (unused_steps | SMFIP_SKIP)) | SMFIP_HDR_LEADSPC;
	*ret_reserved2 = *ret_reserved3 = 0;
	return SMFIS_CONTINUE;
}

static void take_address(const struct sockaddr *from, struct address *ret_address)
{
	union {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} any;
	char text[INET6_ADDRSTRLEN] = "";

	memset(ret_address, 0, sizeof(*ret_address));
	if (!from)
		return;
	if (from->sa_family == AF_INET) {
		memcpy(&any.v4, from, sizeof(any.v4));
		(void)inet_ntop(AF_INET, &any.v4.sin_addr, text, sizeof(text));
	} else if (from->sa_family == AF_INET6) {
		memcpy(&any.v6, from, sizeof(any.v6));
		(void)inet_ntop(AF_INET6, &any.v6.sin6_addr, text, sizeof(text));
	}
	if (text[0])
		(void)address_parse(span_text(text), ret_address);
}

static sfsistat on_connect(SMFICTX *context, char *host, _SOCK_ADDR *from)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	(void)host;
	if (!connection || smfi_setpriv(context, connection) != MI_SUCCESS) {
		free(connection);
		log_error("untouched", "reason", "out of memory");
		return SMFIS_ACCEPT;
	}
	connection->mail = MILTER_MAIL_INIT;
	take_address(from, &connection->client);
	return SMFIS_CONTINUE;
}

static void forget_mail(struct connection *connection)
{
	milter_mail_clear(&connection->mail);
	milter_choice_finish(&connection->choice);
	memset(&connection->choice, 0, sizeof(connection->choice));
	connection->is_chosen = false;
	connection->refused.text[0] = '\0';
}

static sfsistat on_sender(SMFICTX *context, char **arguments)
{
	static char login_name[] = "{auth_authen}";
	struct connection *connection = smfi_getpriv(context);
	const char *login = smfi_getsymval(context, login_name);

	if (!connection)
		return SMFIS_ACCEPT;
	forget_mail(connection);
	if (!milter_tracking_trust(shared_tracking, &connection->client, login && *login))
		return SMFIS_ACCEPT;
	milter_mail_set_sender(&connection->mail, arguments[0]);
	return SMFIS_CONTINUE;
}

static sfsistat on_recipient(SMFICTX *context, char **arguments)
{
	struct connection *connection = smfi_getpriv(context);

	milter_mail_add_recipient(&connection->mail, arguments[0]);
	return SMFIS_CONTINUE;
}

static sfsistat on_field(SMFICTX *context, char *name, char *value)
{
	struct connection *connection = smfi_getpriv(context);

	milter_mail_add_field(&connection->mail, name, value);
	return SMFIS_CONTINUE;
}

static sfsistat on_end_of_header(SMFICTX *context)
{
	struct connection *connection = smfi_getpriv(context);
	struct milter_mail *mail = &connection->mail;
	int r = milter_tracking_choose(shared_tracking, mail, &connection->choice,
				       &connection->refused);

	milter_mail_end_header(mail);
	connection->is_chosen = r != MILTER_RULES_E_NONE;
	if (r < 0)
		(void)error_set(&connection->refused, 0, "%s", strerror(-r));
	return connection->is_chosen || milter_mail_says(mail) ? SMFIS_CONTINUE : SMFIS_ACCEPT;
}

/* Whether nothing that is still to come is looked at. */
static bool is_decided(const struct connection *connection)
{
	const struct milter_mail *mail = &connection->mail;

	return !connection->is_chosen || connection->refused.text[0] || mail->recipients != 1 ||
	       mail->is_signed || mail->unfit != MILTER_FIT;
}

static sfsistat on_body(SMFICTX *context, unsigned char *data, size_t size)
{
	struct connection *connection = smfi_getpriv(context);

	if (!is_decided(connection))
		milter_mail_add_body(&connection->mail, span_of(data, size));
	return SMFIS_CONTINUE;
}

/* Why the mail passes as it is, before its links are looked at. NULL: there is no reason. */
static const char *why_untouched(const struct connection *connection)
{
	const struct milter_mail *mail = &connection->mail;

	if (connection->refused.text[0])
		return connection->refused.text;
	if (mail->recipients != 1)
		return "it has more than one recipient";
	if (mail->is_signed)
		return "it is signed by DKIM already; the filter has to come before the one that "
		       "signs";
	switch (mail->unfit) {
	case MILTER_LONG:
		return "it is longer than 16 MiB";
	case MILTER_FULL:
		return "too many mails are under way";
	case MILTER_MEMORY:
		return "out of memory";
	case MILTER_FIT:
		break;
	}
	return NULL;
}

/* The last first, so that the ones before keep their numbers. */
static bool remove_said(SMFICTX *context, const struct milter_mail *mail)
{
	for (enum milter_field field = 0; field < MILTER_FIELDS; field++)
		for (unsigned i = mail->said_count[field]; i > 0; i--)
			if (smfi_chgheader(context, milter_field_names[field], (int)i, NULL) !=
			    MI_SUCCESS)
				return false;
	return true;
}

static bool add_fields(SMFICTX *context, struct span fields)
{
	cleanup_buffer struct buffer name = BUFFER_INIT, value = BUFFER_INIT;

	while (milter_mail_next_field(&fields, &name, &value))
		if (smfi_addheader(context, (char *)name.data, (char *)value.data) != MI_SUCCESS)
			return false;
	return fields.size == 0;
}

static bool send_changes(SMFICTX *context, const struct milter_difference *difference)
{
	static const unsigned char nothing[1];
	struct span body = difference->body;

	if (!add_fields(context, difference->fields))
		return false;
	if (!difference->body_changed)
		return true;
	return smfi_replacebody(context,
				(unsigned char *)(uintptr_t)(body.data ? body.data : nothing),
				(int)body.size) == MI_SUCCESS;
}

/* By which the mail server's log has the mail. */
static const char *queue_id_of(SMFICTX *context)
{
	static char name[] = "i";
	const char *id = smfi_getsymval(context, name);

	return id ? id : "-";
}

static void log_tracked(SMFICTX *context, const struct rewrite_result *result)
{
	size_t count, tracked = 0, left = 0;
	const struct rewrite_link *links = rewrite_links(result, &count);
	char tracked_text[24], left_text[24];

	for (size_t i = 0; i < count; i++) {
		tracked += links[i].outcome == REWRITE_TRACKED ||
			   links[i].outcome == REWRITE_TRACKED_SELF_CONTAINED;
		left += links[i].notable;
	}
	(void)snprintf(tracked_text, sizeof(tracked_text), "%zu", tracked);
	(void)snprintf(left_text, sizeof(left_text), "%zu", left);
	log_info("tracked", "id", queue_id_of(context), "links", tracked_text, "left", left_text);
}

static void log_untouched(SMFICTX *context, const char *reason)
{
	log_warning("untouched", "id", queue_id_of(context), "reason", reason);
}

static void track(SMFICTX *context, struct connection *connection)
{
	const char *why = why_untouched(connection);
	struct rewrite_result *result = NULL;
	struct milter_difference difference;
	struct error error = {""};

	if (!why && milter_tracking_apply(shared_tracking, &connection->mail, &connection->choice,
					  queue_id_of(context), &result, &difference, &error) != 0)
		why = error.text;
	if (!why && !send_changes(context, &difference))
		why = "the mail server did not take the changes";
	if (why)
		log_untouched(context, why);
	else
		log_tracked(context, result);
	rewrite_result_free(result);
}

static sfsistat on_end_of_mail(SMFICTX *context)
{
	struct connection *connection = smfi_getpriv(context);

	if (!remove_said(context, &connection->mail))
		log_untouched(context, "the mail server did not take the changes");
	else if (connection->is_chosen)
		track(context, connection);
	forget_mail(connection);
	return SMFIS_ACCEPT;
}

static sfsistat on_abort(SMFICTX *context)
{
	struct connection *connection = smfi_getpriv(context);

	if (connection)
		forget_mail(connection);
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *context)
{
	struct connection *connection = smfi_getpriv(context);

	if (!connection)
		return SMFIS_CONTINUE;
	forget_mail(connection);
	free(connection);
	(void)smfi_setpriv(context, NULL);
	return SMFIS_CONTINUE;
}

/* "inet:port@host" of a socket of this machine; @text is "host:port". */
static int read_tcp(const char *text, char *to, size_t size, struct error *error)
{
	const char *colon = strrchr(text, ':');
	struct network loops[2];
	struct address address;

	(void)network_parse(SPAN("127.0.0.0/8"), &loops[0]);
	(void)network_parse(SPAN("::1"), &loops[1]);
	if (!colon || address_parse(span_text(text), &address) != 0)
		return error_set(error, MILTER_FILTER_E_SOCKET,
				 "milter.socket: '%s' is neither unix:/path nor host:port", text);
	if (!network_holds(&loops[0], &address) && !network_holds(&loops[1], &address))
		return error_set(error, MILTER_FILTER_E_SOCKET,
				 "milter.socket: '%s' is no address of this machine alone; whoever "
				 "reaches the filter gets any link signed",
				 text);
	(void)snprintf(to, size, "inet%s:%s@%.*s", address_is_v4(&address) ? "" : "6", colon + 1,
		       (int)(colon - text) - 2 * (text[0] == '['), text + (text[0] == '['));
	return 0;
}

static int read_local(const char *text, char *to, size_t size, struct error *error)
{
	const char *path = text + strlen("unix:");
	cleanup_free char *copy = strdup(path);
	struct error quiet;
	struct stat info;

	if (!copy || strlen(text) >= size)
		return error_set(error, MILTER_FILTER_E_SOCKET, "milter.socket: '%s' is too long",
				 text);
	if (stat(dirname(copy), &info) != 0 || !S_ISDIR(info.st_mode))
		return error_set(error, MILTER_FILTER_E_SOCKET,
				 "milter.socket: there is no folder for %s; make it, for this user "
				 "and the mail server's group",
				 path);
	if (http_socket_answers(path, &quiet))
		return error_set(error, MILTER_FILTER_E_SOCKET,
				 "milter.socket: somebody answers at %s already", path);
	(void)snprintf(to, size, "%s", text);
	return 0;
}

static int register_filter(void)
{
	static char name[] = "waymark";

	return smfi_register((struct smfiDesc){
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY,
		.xxfi_connect = on_connect,
		.xxfi_envfrom = on_sender,
		.xxfi_envrcpt = on_recipient,
		.xxfi_header = on_field,
		.xxfi_eoh = on_end_of_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end_of_mail,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	});
}

int milter_filter_listen(struct milter_tracking *tracking, const char *socket, struct error *error)
{
	char name[SOCKET_TEXT_BYTES];
	sigset_t stop;
	int r;

	shared_tracking = tracking;
	if (strncmp(socket, "unix:/", 6) == 0)
		r = read_local(socket, name, sizeof(name), error);
	else
		r = read_tcp(socket, name, sizeof(name), error);
	if (r != 0)
		return r;
	if (strncmp(socket, "unix:", 5) == 0)
		socket_file = strdup(socket + 5);
	/* Who tells us to stop before libmilter listens to that is heard when it does. */
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGHUP);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
	/* The socket is for this user and for the group of its folder. */
	(void)umask(0117);
	errno = 0;
	if (smfi_setconn(name) != MI_SUCCESS || register_filter() != MI_SUCCESS ||
	    smfi_settimeout(IDLE_TIMEOUT_S) != MI_SUCCESS || smfi_opensocket(true) != MI_SUCCESS)
		return error_set(error, MILTER_FILTER_E_SOCKET,
				 "milter.socket: nothing can listen at %s: %s", socket,
				 errno ? strerror(errno) : "is it a path that can be used?");
	return 0;
}

int milter_filter_run(struct error *error)
{
	int r = smfi_main();

	if (socket_file)
		(void)unlink(socket_file);
	free(socket_file);
	socket_file = NULL;
	return r == MI_SUCCESS ? 0 : error_set(error, MILTER_FILTER_E_SOCKET, "libmilter gave up");
}
