/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_BOUNCE_EVENT_H
#define WAYMARK_COMMANDS_BOUNCE_EVENT_H

#include "store/store.h"
#include "text/delivery_report.h"
#include "track/returned_mail.h"

#include <jansson.h>

/*
 * The event "bounce" of what a notification says of one recipient, in the form that 'waymark events
 * import' takes. Its id is the same whenever the same notification is read.
 */
struct bounce_event {
	const struct keyring *keyring;
	struct store *store; /* where links and names are looked up; NULL: nowhere */
	const struct delivery_report *report;
	struct returned_mail returned; /* zeros: there is none */
};

/*
 * @recipient is the notification's @number-th. Return: 0; BOUNCE_EVENT_E_FIELD: @error says which
 * field cannot be right; negative errno.
 */
enum { BOUNCE_EVENT_E_FIELD = 1 };
int bounce_event_make(const struct bounce_event *from, const struct delivery_recipient *recipient,
		      size_t number, struct arena *arena, json_t **ret_event, struct error *error);

#endif
