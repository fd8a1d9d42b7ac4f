/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_APP_H
#define WAYMARK_APP_APP_H

#include "app/admission.h"
#include "app/commit_wait.h"
#include "app/inspection.h"
#include "app/metrics.h"
#include "crypto/keyring.h"
#include "http/listener.h"
#include "store/event_writer.h"
#include "track/tracker.h"

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

struct app {
	enum app_role role;
	struct config *config;
	struct tracker_set *trackers;
	struct keyring *keyring;
	struct store *store;
	struct event_writer *writer; /* borrowed from the store; NULL for readers */
	struct metrics metrics;
	struct admission admission;		/* of the public listener */
	struct commit_queue clicks, operations; /* requests that wait, by how long they may */
	struct listener *public, *admin, *control;
	int data_fd;	/* of data/, for the path of the control socket; -1: none */
	usec_t now;	/* monotonic, of this turn of the loop */
	usec_t started; /* wall */
	bool draining;	/* SIGTERM came, nothing new is accepted */
	struct inspection inspection;
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
void app_close(struct app *app);    /* NULL allowed; a store is drained and closed */
void cleanup_app(struct app **app); /* for cleanup() */

/* What serve listens with; tables live in public/ and admin/, which app/ does not know. */
struct app_routes {
	const struct route *public_rows, *admin_rows, *control_rows;
	size_t public_count, admin_count, control_count;
	bool (*gate)(struct request *request); /* of the public listener */
};
int app_listen(struct app *app, const struct app_routes *routes, struct error *error);

/* The public address without path, as "http://127.0.0.1:8080" or "unix:/path", of a listener. */
void app_format_address(const struct listener *listener, const char *configured, struct buffer *to);

/*
 * data/waymark.sock as the kernel takes it: by way of @data_fd where the path itself is too long
 * for a socket address. The text is on the heap; NULL when out of memory.
 */
char *app_socket_path(const struct config *config, int data_fd);

/* Figures that others keep (store, writer, listeners), copied into app->metrics. */
void app_sample(struct app *app);

/*
 * Load the keyring file again and put it in place of the old one; loop thread. A file with another
 * identity key is refused, since every id rests on that key.
 */
int app_reload_keyring(struct app *app, struct error *error);

#endif
