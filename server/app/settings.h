/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_SETTINGS_H
#define WAYMARK_APP_SETTINGS_H

#include "config/config.h"
#include "crypto/bearer.h"
#include "crypto/keyring.h"
#include "text/free_mail.h"
#include "track/country.h"
#include "track/tracker.h"
#include "track/verdict_rules.h"

/*
 * The settings in force: a configuration, the trackers that it describes, the keyring with the
 * subkeys of those trackers, and the tokens of the admin API. They belong together (a tracker's
 * index is an index of the first three) and are immutable; a reload makes new ones and puts them in
 * the place of the old.
 *
 * Whoever may outlive a reload counts itself: a request holds the settings under which its head was
 * judged until it is over. Loop thread only.
 */
struct mail_login;
struct settings {
	unsigned references;
	struct config *config;
	struct tracker_set *trackers;
	struct keyring *keyring;
	struct bearer_set *bearers;
	struct country_table *countries; /* NULL: none is listed */
	struct free_mail *free_mail;	 /* what is no business address */
	struct verdict_rules *rules;	 /* who is a machine */
	struct mail_login *mail_login;	 /* NULL: there is none, or nothing is served */
	bool serves;			 /* settings_serve() was called */
};

enum { SETTINGS_E_INVALID = 1 };

/*
 * From the file at @path, with one reference. Return: 0, or SETTINGS_E_INVALID with @error, which
 * names file, line and key.
 */
int settings_load(const char *path, struct settings **ret_settings, struct error *error);

/* Open what only a server asks for. What takes the place of these settings is opened likewise. */
int settings_serve(struct settings *settings, struct error *error);

/*
 * What takes the place of @running: from its file as it is now, or with @keys_only from the text
 * that is in force, and from the files of keys and tokens as they are now. Keys that only a restart
 * changes keep their values; those that differ are named in @ret_kept, joined by ", ". Another node
 * and another identity key are refused, since the stores rest on them.
 */
int settings_renew(const struct settings *running, bool keys_only, struct settings **ret_settings,
		   struct buffer *ret_kept, struct error *error);

struct settings *settings_hold(struct settings *settings);
/* True when that was the last reference, and @settings is gone. NULL is allowed, and false. */
bool settings_release(struct settings *settings);

#endif
