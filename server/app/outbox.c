/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of mails in the order of when each is due, and the thread that sends the first. What
 * failed goes back with a longer pause, so that a mail server that is down is not asked without
 * end, and a mail that it takes a minute later still arrives while somebody waits for it.
 *
 * All but the thread's own connection is under @lock; while a mail is being sent it is on no list,
 * and the server that it goes by is a copy with a count.
 */
#include "app/outbox.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

enum { FIRST_PAUSE_S = 5, LONGEST_PAUSE_S = 1800 };

struct mail {
	struct mail *next;
	usec_t due, until, pause; /* monotonic */
	char *from, *to, *message;
};

struct server {
	unsigned references;
	struct outbox_server options;
};

struct outbox {
	const struct outbox_sender *sender;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct mail *first; /* by due */
	struct server *server;
	struct outbox_figures figures;
	usec_t stop_at; /* monotonic; 0: it goes on */
};

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void free_server(struct server *server)
{
	if (!server || --server->references > 0)
		return;
	free(server->options.server);
	free(server->options.hello);
	free(server->options.ca_file);
	wipe(server->options.user);
	wipe(server->options.password);
	free(server);
}

static void free_mail(struct mail *mail)
{
	if (!mail)
		return;
	free(mail->from);
	wipe(mail->to);
	wipe(mail->message);
	free(mail);
}

/* With the lock held. */
static void insert(struct outbox *outbox, struct mail *mail)
{
	struct mail **at = &outbox->first;

	while (*at && (*at)->due <= mail->due)
		at = &(*at)->next;
	mail->next = *at;
	*at = mail;
	outbox->figures.waiting++;
}

static void wait_until(struct outbox *outbox, usec_t until)
{
	struct timespec deadline = {.tv_sec = (time_t)(until / USEC_PER_SEC),
				    .tv_nsec = (long)(until % USEC_PER_SEC * 1000)};

	(void)pthread_cond_timedwait(&outbox->wake, &outbox->lock, &deadline);
}

/* With the lock held: the next that is to be sent; NULL: the end has come. At the end each of those
 * that are left gets one more try. */
static struct mail *next_mail(struct outbox *outbox)
{
	for (;;) {
		struct mail *mail = outbox->first;
		usec_t now = clock_monotonic();

		if (outbox->stop_at && (!mail || now >= outbox->stop_at))
			return NULL;
		if (mail && (mail->due <= now || outbox->stop_at)) {
			outbox->first = mail->next;
			outbox->figures.waiting--;
			return mail;
		}
		wait_until(outbox, mail ? mail->due : now + 3600 * USEC_PER_SEC);
	}
}

/* With the lock held. */
static void settle(struct outbox *outbox, struct mail *mail, int code)
{
	usec_t now = clock_monotonic();

	if (code == 0)
		outbox->figures.sent++;
	else if (code == OUTBOX_E_REFUSED)
		outbox->figures.refused++;
	else
		outbox->figures.failures++;
	if (code == 0 || code == OUTBOX_E_REFUSED || now >= mail->until || outbox->stop_at) {
		outbox->figures.lost += code != 0 && code != OUTBOX_E_REFUSED;
		free_mail(mail);
		return;
	}
	mail->pause = mail->pause * 2 < LONGEST_PAUSE_S * USEC_PER_SEC
			      ? mail->pause * 2
			      : LONGEST_PAUSE_S * USEC_PER_SEC;
	mail->due = now + mail->pause;
	insert(outbox, mail);
}

static void *run(void *context)
{
	struct outbox *outbox = context;
	struct server *used = NULL;
	void *connection = NULL;
	struct mail *mail;

	(void)pthread_mutex_lock(&outbox->lock);
	while ((mail = next_mail(outbox)) != NULL) {
		struct server *server = outbox->server;
		struct error error = {""};
		int code = -ENOTCONN;

		if (server)
			server->references++;
		(void)pthread_mutex_unlock(&outbox->lock);
		if (server != used && connection) {
			outbox->sender->close(connection);
			connection = NULL;
		}
		if (server)
			code = outbox->sender->send(&connection, &server->options, mail->from,
						    mail->to, span_text(mail->message), &error);
		if (code)
			log_warning("mail", "result",
				    code == OUTBOX_E_REFUSED ? "refused" : "failed", "reason",
				    error.text[0] ? error.text : "there is no mail server");
		(void)pthread_mutex_lock(&outbox->lock);
		free_server(used);
		used = server;
		settle(outbox, mail, code);
	}
	free_server(used);
	(void)pthread_mutex_unlock(&outbox->lock);
	if (connection)
		outbox->sender->close(connection);
	return NULL;
}

struct outbox *outbox_new(const struct outbox_sender *sender)
{
	struct outbox *outbox = calloc(1, sizeof(*outbox));
	pthread_condattr_t attributes;
	sigset_t all, before;
	int r;

	if (!outbox)
		return NULL;
	outbox->sender = sender;
	(void)pthread_mutex_init(&outbox->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&outbox->wake, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&outbox->thread, NULL, run, outbox);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		return outbox;
	free(outbox);
	return NULL;
}

void outbox_free(struct outbox *outbox)
{
	struct mail *mail;
	unsigned left = 0;

	if (!outbox)
		return;
	(void)pthread_mutex_lock(&outbox->lock);
	outbox->stop_at = clock_monotonic() + OUTBOX_CLOSE_S * USEC_PER_SEC;
	(void)pthread_cond_signal(&outbox->wake);
	(void)pthread_mutex_unlock(&outbox->lock);
	(void)pthread_join(outbox->thread, NULL);
	while ((mail = outbox->first)) {
		outbox->first = mail->next;
		free_mail(mail);
		left++;
	}
	if (left > 0)
		log_warning("mail", "result", "lost", "reason", "the server stops");
	free_server(outbox->server);
	(void)pthread_cond_destroy(&outbox->wake);
	(void)pthread_mutex_destroy(&outbox->lock);
	free(outbox);
}

static bool is_copied(const char *copied, const char *text)
{
	return copied || !text;
}

static struct server *copy_server(const struct outbox_server *options)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->references = 1;
	server->options = (struct outbox_server){
		.server = copy(options->server),
		.hello = copy(options->hello),
		.user = copy(options->user),
		.password = copy(options->password),
		.ca_file = copy(options->ca_file),
		.tls = options->tls,
	};
	if (is_copied(server->options.server, options->server) &&
	    is_copied(server->options.hello, options->hello) &&
	    is_copied(server->options.user, options->user) &&
	    is_copied(server->options.password, options->password) &&
	    is_copied(server->options.ca_file, options->ca_file))
		return server;
	free_server(server);
	return NULL;
}

int outbox_set(struct outbox *outbox, const struct outbox_server *server)
{
	struct server *new = server ? copy_server(server) : NULL;

	if (server && !new)
		return -ENOMEM;
	(void)pthread_mutex_lock(&outbox->lock);
	free_server(outbox->server);
	outbox->server = new;
	(void)pthread_mutex_unlock(&outbox->lock);
	return 0;
}

bool outbox_is_open(struct outbox *outbox)
{
	bool open;

	(void)pthread_mutex_lock(&outbox->lock);
	open = outbox->server && outbox->figures.waiting < OUTBOX_MAX && !outbox->stop_at;
	(void)pthread_mutex_unlock(&outbox->lock);
	return open;
}

bool outbox_put(struct outbox *outbox, const char *from, const char *to, struct span message)
{
	struct mail *mail = calloc(1, sizeof(*mail));
	bool taken = false;

	if (!mail)
		return false;
	mail->from = copy(from);
	mail->to = copy(to);
	mail->message = span_dup(message);
	mail->due = clock_monotonic();
	mail->until = mail->due + OUTBOX_HOURS * 3600 * USEC_PER_SEC;
	mail->pause = FIRST_PAUSE_S * USEC_PER_SEC / 2;
	(void)pthread_mutex_lock(&outbox->lock);
	if (mail->from && mail->to && mail->message && outbox->server &&
	    outbox->figures.waiting < OUTBOX_MAX && !outbox->stop_at) {
		insert(outbox, mail);
		taken = true;
		(void)pthread_cond_signal(&outbox->wake);
	}
	(void)pthread_mutex_unlock(&outbox->lock);
	if (!taken)
		free_mail(mail);
	return taken;
}

void outbox_figures(struct outbox *outbox, struct outbox_figures *ret_figures)
{
	(void)pthread_mutex_lock(&outbox->lock);
	*ret_figures = outbox->figures;
	(void)pthread_mutex_unlock(&outbox->lock);
}
