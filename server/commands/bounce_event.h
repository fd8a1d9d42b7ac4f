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

	/* private */
	uint8_t mark[ID_BOUNCE_BYTES];
	struct span date, arrived, reporting, to, mailing, campaign;
};

/*
 * What is the same for all recipients, once: the members above "private" are set. @arena is kept
 * as long as @event is used.
 */
void bounce_event_begin(struct bounce_event *event, struct arena *arena);

/*
 * @recipient is the notification's @number-th. Return: 0; BOUNCE_EVENT_E_FIELD: @error says which
 * field cannot be right; negative errno.
 */
enum { BOUNCE_EVENT_E_FIELD = 1 };
int bounce_event_make(const struct bounce_event *from, const struct delivery_recipient *recipient,
		      size_t number, json_t **ret_event, struct error *error);

#endif
