/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tracking for the filter: one session beside the server that runs, and one mail at a time in it.
 *
 * Two locks. "work" is held while a mail is rewritten and its links are registered: the session
 * belongs to whoever has it. "rules" is held for a moment, to read the rules or to put others in
 * their place, so that mails that are not tracked never wait for one that is. Whoever takes both
 * takes work first.
 *
 * A mail must get through whatever happens here. So there is no waiting for a server that is gone:
 * it is asked a second time at once, since it may have been started anew or have refused one
 * connection, and then nobody asks again for a while, and each mail in that time passes untouched.
 */
#include "commands/milter_tracking.h"

#include "app/operation.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "commands/command.h"
#include "commands/rewrite_register.h"
#include "commands/rewrite_utm.h"
#include "commands/session.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

/* A server that is gone says so at once; one that hangs takes the time of all who wait. */
enum { ABSENT_PAUSE_MS = 500, HANGING_MS = 1000, HANGING_PAUSE_MS = 10000 };

/* By what a file shows that it is another one. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct milter_tracking {
	pthread_mutex_t work, rules_lock;
	char *path;		    /* of the configuration */
	char *socket;		    /* as of the start */
	struct config *config;	    /* work */
	struct milter_rules *rules; /* rules_lock; made of config */
	struct session *session;    /* work; NULL: none yet, or not any more */
	struct stamp stamps[2];	    /* work: the configuration's, and that of the keys */
	usec_t retry;		    /* work: monotonic; no server is asked before */
};

static struct stamp stamp_of(const char *path)
{
	struct stamp stamp;
	struct stat info;

	memset(&stamp, 0, sizeof(stamp));
	if (stat(path, &info) != 0)
		return stamp;
	stamp.device = info.st_dev;
	stamp.inode = info.st_ino;
	stamp.size = info.st_size;
	stamp.changed = info.st_ctim;
	return stamp;
}

static bool is_same(const struct stamp *a, const struct stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* The configuration that is there now, with its rules. */
static int load(struct milter_tracking *tracking, struct error *error)
{
	struct milter_rules *rules = NULL, *old_rules;
	struct config *config = NULL, *old_config = tracking->config;
	int r = config_load(tracking->path, &config, error);

	if (r == 0)
		r = milter_rules_new(config, &rules, error);
	if (r != 0) {
		config_free(config);
		return r;
	}
	(void)pthread_mutex_lock(&tracking->rules_lock);
	old_rules = tracking->rules;
	tracking->rules = rules;
	(void)pthread_mutex_unlock(&tracking->rules_lock);
	tracking->config = config;
	milter_rules_free(old_rules);
	config_free(old_config);
	return 0;
}

int milter_tracking_new(const char *option, struct milter_tracking **ret_tracking,
			struct error *error)
{
	struct milter_tracking *tracking = calloc(1, sizeof(*tracking));
	int r;

	if (!tracking)
		return -ENOMEM;
	(void)pthread_mutex_init(&tracking->work, NULL);
	(void)pthread_mutex_init(&tracking->rules_lock, NULL);
	r = config_find(option, &tracking->path, error);
	if (r == 0) {
		tracking->stamps[0] = stamp_of(tracking->path);
		r = load(tracking, error);
	}
	if (r == 0) {
		tracking->stamps[1] = stamp_of(tracking->config->keys_file);
		tracking->socket = strdup(tracking->config->milter_socket);
		r = tracking->socket ? 0 : -ENOMEM;
	}
	if (r == 0)
		*ret_tracking = take_ptr(tracking);
	milter_tracking_free(tracking);
	return r;
}

void milter_tracking_free(struct milter_tracking *tracking)
{
	if (!tracking)
		return;
	session_close(tracking->session);
	milter_rules_free(tracking->rules);
	config_free(tracking->config);
	(void)pthread_mutex_destroy(&tracking->work);
	(void)pthread_mutex_destroy(&tracking->rules_lock);
	free(tracking->socket);
	free(tracking->path);
	free(tracking);
}

const char *milter_tracking_socket(const struct milter_tracking *tracking)
{
	return tracking->socket;
}

/*
 * Take what has changed on disk into use. What a file was is noted before it is read, so that a
 * change meanwhile is found the next time. A configuration with a mistake in it changes nothing,
 * but changed keys end the session all the same.
 */
static void refresh(struct milter_tracking *tracking)
{
	struct stamp now = stamp_of(tracking->path), keys;
	struct error error = {""};
	bool changed = false;

	if (!is_same(&now, &tracking->stamps[0])) {
		tracking->stamps[0] = now;
		changed = load(tracking, &error) == 0;
		if (!changed)
			log_warning("configuration", "result", "refused", "reason", error.text);
	}
	keys = stamp_of(tracking->config->keys_file);
	if (!changed && is_same(&keys, &tracking->stamps[1]))
		return;
	tracking->stamps[1] = keys;
	session_close(tracking->session);
	tracking->session = NULL;
	tracking->retry = 0;
}

bool milter_tracking_trust(struct milter_tracking *tracking, const struct address *client,
			   bool has_logged_in)
{
	bool trusted;

	/* Whoever works on a mail has looked already. */
	if (pthread_mutex_trylock(&tracking->work) == 0) {
		refresh(tracking);
		(void)pthread_mutex_unlock(&tracking->work);
	}
	(void)pthread_mutex_lock(&tracking->rules_lock);
	trusted = milter_rules_trust(tracking->rules, client, has_logged_in);
	(void)pthread_mutex_unlock(&tracking->rules_lock);
	return trusted;
}

int milter_tracking_choose(struct milter_tracking *tracking, const struct milter_mail *mail,
			   struct milter_choice *ret_choice, struct error *error)
{
	int r;

	(void)pthread_mutex_lock(&tracking->rules_lock);
	r = milter_rules_choose(tracking->rules, mail, ret_choice, error);
	(void)pthread_mutex_unlock(&tracking->rules_lock);
	return r;
}

static int leave(struct error *error, const char *why)
{
	return error_set(error, MILTER_TRACKING_E_UNTOUCHED, "%s", why);
}

static void pause_for(struct milter_tracking *tracking, unsigned pause_ms)
{
	session_close(tracking->session);
	tracking->session = NULL;
	tracking->retry = clock_monotonic() + pause_ms * USEC_PER_MS;
}

static int find_session(struct milter_tracking *tracking, struct error *error)
{
	if (tracking->session)
		return 0;
	if (clock_monotonic() < tracking->retry)
		return leave(error, "the server did not answer a moment ago");
	if (session_open_beside(tracking->path, &tracking->session, error) == 0)
		return 0;
	pause_for(tracking, ABSENT_PAUSE_MS);
	return MILTER_TRACKING_E_UNTOUCHED;
}

static int fill_options(struct milter_tracking *tracking, const struct milter_mail *mail,
			const struct milter_choice *choice, struct rewrite_options *ret_options,
			struct error *error)
{
	const struct app *app = session_app(tracking->session);
	struct rewrite_options options = {
		.trackers = app->trackers,
		.tracker = app->trackers->primary,
		.keyring = app->keyring,
		.form = REWRITE_MIME,
		.campaign = buffer_span(&choice->campaign),
		.mailing = buffer_span(&choice->mailing),
		.has_prospect = true,
		.open_pixel = choice->open_pixel,
		.trap = choice->trap,
		.unsubscribe = choice->unsubscribe,
		.list = buffer_span(&choice->list),
	};

	if (id_of_address(app->keyring, buffer_span(&mail->recipient), &options.prospect) != 0)
		return leave(error, "the recipient is no e-mail address");
	*ret_options = options;
	return 0;
}

static int register_links(struct milter_tracking *tracking, const struct rewrite_result *result,
			  const struct rewrite_options *options, struct error *error)
{
	size_t count;
	const struct rewrite_link *links = rewrite_links(result, &count);
	usec_t began = clock_monotonic();
	int r = rewrite_register(tracking->session, links, count, options, error);
	bool hung = clock_monotonic() - began > HANGING_MS * USEC_PER_MS;

	if (r == OPERATION_E_FAILED)
		pause_for(tracking, hung ? HANGING_PAUSE_MS : ABSENT_PAUSE_MS);
	return r == 0 ? 0 : MILTER_TRACKING_E_UNTOUCHED;
}

static json_t *name_json(const struct buffer *name)
{
	return name->size ? json_stringn((const char *)name->data, name->size) : NULL;
}

/*
 * The log is told that a mail of a mailing went out: by when it did, clicks of mail scanners that
 * follow at once are known. A mail that cannot be told of has been tracked all the same.
 */
static void record_sent(struct milter_tracking *tracking, const struct milter_mail *mail,
			const struct milter_choice *choice, const char *queue_id)
{
	char time[CLOCK_TEXT_BYTES], id[128];
	struct error error = {""};
	json_t *body, *reply = NULL;
	const char *refusal;
	int r;

	clock_format(clock_wall(), time);
	(void)snprintf(id, sizeof(id), "%.60s %s", queue_id, time);
	body = json_pack("{s:s, s:[{s:s, s:s, s:s, s:s%, s:o*, s:o*}]}", "source", "milter",
			 "events", "id", id, "time", time, "type", "sent", "email",
			 (const char *)mail->recipient.data, mail->recipient.size, "mailing",
			 name_json(&choice->mailing), "campaign", name_json(&choice->campaign));
	r = body ? session_call(tracking->session, "/api/v1/events/import", body, &reply, &error)
		 : -ENOMEM;
	refusal = json_string_value(
		json_object_get(json_array_get(json_object_get(reply, "results"), 0), "error"));
	if (r < 0)
		(void)error_set(&error, r, "%s", strerror(-r));
	if (r != 0 || refusal)
		log_warning("not_recorded", "id", queue_id, "type", "sent", "reason",
			    r ? error.text : refusal);
	json_decref(body);
	json_decref(reply);
}

static int rewrite(struct milter_tracking *tracking, const struct milter_mail *mail,
		   const struct milter_choice *choice, const char *queue_id,
		   struct rewrite_result **ret_result, struct milter_difference *ret_difference,
		   struct error *error)
{
	cleanup_buffer struct buffer utm = BUFFER_INIT;
	struct rewrite_options options;
	struct rewrite_result *result = NULL;
	int r = fill_options(tracking, mail, choice, &options, error);

	if (r != 0)
		return r;
	if (choice->utm) {
		rewrite_utm_standard(&options, &utm);
		options.utm = buffer_span(&utm);
	}
	if (utm.error)
		return leave(error, "out of memory");
	r = rewrite_message(buffer_span(&mail->message), &options, &result, error);
	if (r < 0)
		return leave(error, strerror(-r));
	if (r == 0 && !milter_mail_compare(mail, rewrite_output(result), ret_difference))
		r = leave(error, "its header is not one that can be added to");
	if (r == 0)
		r = register_links(tracking, result, &options, error);
	if (r == 0 && choice->mailing.size > 0 &&
	    (ret_difference->body_changed || ret_difference->fields.size > 0))
		record_sent(tracking, mail, choice, queue_id);
	if (r == 0)
		*ret_result = take_ptr(result);
	rewrite_result_free(result);
	return r == 0 ? 0 : MILTER_TRACKING_E_UNTOUCHED;
}

static int apply(struct milter_tracking *tracking, const struct milter_mail *mail,
		 const struct milter_choice *choice, const char *queue_id,
		 struct rewrite_result **ret_result, struct milter_difference *ret_difference,
		 struct error *error)
{
	int r = find_session(tracking, error);

	if (r == 0)
		r = rewrite(tracking, mail, choice, queue_id, ret_result, ret_difference, error);
	return r;
}

int milter_tracking_apply(struct milter_tracking *tracking, const struct milter_mail *mail,
			  const struct milter_choice *choice, const char *queue_id,
			  struct rewrite_result **ret_result,
			  struct milter_difference *ret_difference, struct error *error)
{
	struct timespec until;
	usec_t began;
	bool asks;
	int r;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += MILTER_WAIT_S;
	if (pthread_mutex_timedlock(&tracking->work, &until) != 0)
		return leave(error, "others took too long");
	refresh(tracking);
	began = clock_monotonic();
	asks = tracking->session || began >= tracking->retry;
	r = apply(tracking, mail, choice, queue_id, ret_result, ret_difference, error);
	if (r != 0 && asks && !tracking->session &&
	    clock_monotonic() - began <= HANGING_MS * USEC_PER_MS) {
		tracking->retry = 0;
		r = apply(tracking, mail, choice, queue_id, ret_result, ret_difference, error);
	}
	(void)pthread_mutex_unlock(&tracking->work);
	return r;
}
