/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_APP_H
#define WAYMARK_APP_APP_H

#include "app/admission.h"
#include "app/commit_wait.h"
#include "app/forms.h"
#include "app/handovers.h"
#include "app/header_cache.h"
#include "app/inspection.h"
#include "app/metrics.h"
#include "app/outbox.h"
#include "app/people_backup.h"
#include "app/posts.h"
#include "app/recent_claims.h"
#include "app/recent_tags.h"
#include "app/service.h"
#include "app/settings.h"
#include "http/listener.h"
#include "store/event_writer.h"

/*
 * Everything that the parts of the program share: the only such struct. It opens in the order of
 * its members and closes in reverse. What a role does not need stays NULL.
 */
enum app_role {
	APP_OFFLINE, /* configuration, trackers and keyring: no store */
	APP_READER,  /* also the store, read-only, beside whoever owns it */
	APP_COMMAND, /* owns data/lock; no listeners */
	APP_SERVE    /* owns data/lock; app_listen() follows */
};

/* Of store_health.h: what was said of each environment. */
struct store_health {
	int said[STORE_ENVS];	 /* the error; 0: works */
	bool damage[STORE_ENVS]; /* its damaged page was told */
	usec_t next[STORE_ENVS]; /* monotonic: not again before */
	usec_t due;		 /* monotonic: look again then; 0: nothing is due */
};

struct mail_domains;

struct app {
	enum app_role role;
	struct service service; /* of APP_SERVE: who started it, and what for */
	unsigned lock_wait_ms;
	bool has_waited;	   /* for data/lock */
	struct settings *settings; /* in force; what follows is what it holds, for short */
	const struct config *config;
	const struct tracker_set *trackers;
	const struct keyring *keyring;
	unsigned settings_alive; /* with those that only requests in flight still hold */
	struct store *store;
	struct event_writer *writer; /* borrowed from the store; NULL for readers */
	struct metrics metrics;
	struct admission admission;   /* of the public listener */
	struct header_cache *headers; /* APP_SERVE */
	struct buffer event_text;     /* of the event that is being made; kept for the next */
	struct buffer event_scratch;  /* for one text at a time */
	struct commit_queue clicks, operations; /* requests that wait, by how long they may */
	struct listener *public, *admin, *control;
	int data_fd;		      /* of data/, for the path of the control socket; -1: none */
	usec_t now;		      /* monotonic, of this turn of the loop */
	usec_t started;		      /* wall */
	enum disk_level disk;	      /* as of this turn: what is left out of the log */
	uint64_t readers_passed_over; /* and what the log lines have told of retention */
	bool retention_held;
	bool draining; /* SIGTERM came, nothing new is accepted */
	struct inspection inspection;
	struct recent_claims recent_claims;
	struct recent_tags recent_tags;
	struct handovers handovers;
	struct posts posts;
	struct outbox *outbox; /* APP_SERVE, after app_open_outbox() */
	struct forms forms;
	struct mail_domains *mail_domains; /* of ship/, whoever serves owns it; NULL: none asked */
	int answers_fd; /* readable when a handler that waits for it can go on; 0: there is none */
	struct people_backup *people_backup; /* of the owner of data/lock */
	struct store_health health;	     /* what the log lines have told of the store */
	usec_t script_due;		     /* monotonic: a script that is gone is told of then */
	const struct app_routes *routes;     /* of app_listen(), for a control socket made later */
};

enum {
	APP_E_FAILED = 1, /* @error says what */
	APP_E_LOCKED = 2, /* another process owns the store: @error says so */
	APP_E_ABSENT = 3  /* APP_READER: there is no store yet */
};

/*
 * Open as far as @role needs, from the configuration at @option (--config; NULL: where
 * config_find() looks).
 */
int app_open(const char *option, enum app_role role, struct app **ret_app, struct error *error);
/*
 * As APP_SERVE, waiting so long for whoever has the data directory: a server that stops, or a
 * command. APP_E_LOCKED also when a signal to stop came meanwhile.
 */
int app_open_server(const char *option, unsigned lock_wait_ms, struct app **ret_app,
		    struct error *error);
/* Did SIGTERM or SIGINT come that nobody has taken yet? They are blocked (loop_block_signals()). */
bool app_is_told_to_stop(void);
void app_close(struct app *app);    /* NULL allowed; a store is drained and closed */
void cleanup_app(struct app **app); /* for cleanup() */

/* What serve listens with; tables live in public/ and admin/, which app/ does not know. */
struct app_routes {
	const struct route *public_rows, *admin_rows, *control_rows;
	const struct route *public_otherwise; /* what no row of the public listener has */
	size_t public_count, admin_count, control_count;
	bool (*gate)(struct request *request);	     /* of the public listener */
	bool (*admin_gate)(struct request *request); /* of the admin listener, not the socket */
};
/* @routes must outlive the app. A control socket that cannot be made is no failure: app->control
 * stays NULL, and app_listen_control() tries again. */
int app_listen(struct app *app, const struct app_routes *routes, struct error *error);
int app_listen_control(struct app *app, struct error *error);

/*
 * data/waymark.sock as the kernel takes it: by way of @data_fd where the path itself is too long
 * for a socket address. The text is on the heap; NULL when out of memory.
 */
char *app_socket_path(const struct config *config, int data_fd);

/* Send mails by @sender, which must outlive the app, as the settings in force say. */
int app_open_outbox(struct app *app, const struct outbox_sender *sender, struct error *error);
int app_set_mail(struct app *app); /* settings have changed. Return: 0; -ENOMEM */

/* Figures that others keep (store, writer, listeners), copied into app->metrics. */
void app_sample(struct app *app);

/* Tell the store how long to keep what, as the configuration in force says; APP_SERVE. */
void app_set_retention(struct app *app);

/*
 * Take the configuration's file, the keyring's and that of the tokens into use (loop thread); with
 * app_reload_keyring() only the latter two. A file that a start would refuse, another node and
 * another identity key are refused: then all is as it was, and @error says where. What is replaced
 * lives on until the requests that began under it are over. @ret_kept: the changed keys that wait
 * for a restart, joined by ", ".
 */
int app_reload(struct app *app, struct buffer *ret_kept, struct error *error);
int app_reload_keyring(struct app *app, struct error *error);
int app_renew_keyring(struct app *app, struct error *error); /* the same, not counted */

#endif
