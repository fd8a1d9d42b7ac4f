/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_APP_H
#define WAYMARK_APP_APP_H

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
	struct listener *public, *admin, *control;
	usec_t started; /* wall */
	bool draining;	/* loop thread: SIGTERM came, nothing new is accepted */
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
void app_close(struct app *app); /* NULL allowed; a store is drained and closed */

/* What serve listens with; tables live in public/ and admin/, which app/ does not know. */
struct app_routes {
	const struct route *public_rows, *admin_rows;
	size_t public_count, admin_count;
	bool (*gate)(struct request *request); /* of the public listener */
	bool (*admin_gate)(struct request *request);
	void (*completed)(struct request *request); /* of all three */
};
int app_listen(struct app *app, const struct app_routes *routes, struct error *error);

/* data/waymark.sock of a configuration. The text is on the heap; NULL when out of memory. */
char *app_socket_path(const struct config *config);

/* Load the keyring file again and put it in place of the old one; loop thread. */
int app_reload_keyring(struct app *app, struct error *error);

#endif
