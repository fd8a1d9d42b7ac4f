/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_PERSON_SHARE_H
#define WAYMARK_TRACK_PERSON_SHARE_H

#include "config/config.h"
#include "track/person_record.h"

/*
 * Which records of the CRM take part (crm.share_field, crm.share_value): those that say so in a
 * field of theirs. Without such a field in the configuration all do.
 */
bool person_share_is_on(const struct config *config);

/* Does @value of that field say so? Letters of either case. */
bool person_share_says(const struct config *config, struct span value);

/* Does the record say so? */
bool person_is_shared(const struct config *config, const struct person_record *record);

/*
 * May the CRM be told of the person? Also of whom it does not know yet: somebody without an id of
 * the CRM, and without that field.
 */
bool person_may_be_delivered(const struct config *config, const struct person_record *record);

#endif
