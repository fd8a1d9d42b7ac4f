/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_PROSPECT_SHAPE_H
#define WAYMARK_COMMANDS_PROSPECT_SHAPE_H

#include <jansson.h>
#include <stdbool.h>

/*
 * A row of `waymark prospect import` as the operation takes it (app/prospect_row.h). Columns with a
 * meaning of their own move to their places, all others become fields:
 *
 *   salesforce_lead, salesforce_contact, salesforce_account   ids of the CRM
 *   salesforce_id                    00Q… of a lead, 003… of a contact; a field as well
 *   opted_out, bounced               true or false, yes or no, 1 or 0
 *   unsubscribed, subscribed         names of lists, with ';' between them
 *   opens                            denied, measure or identify
 */
enum { PROSPECT_SHAPE_ROOM = 160 };

/*
 * A new reference; NULL: *ret_refusal says what is wrong, in @room or for ever, or is NULL when
 * memory is out.
 */
json_t *prospect_shape(json_t *row, char room[PROSPECT_SHAPE_ROOM], const char **ret_refusal);

/* The name by which a column goes here: "HasOptedOutOfEmail" is opted_out. */
const char *prospect_shape_column(const char *column);
/* Is it the e-mail address, however the heading is written ("Email Address")? */
bool prospect_shape_is_address(const char *column);

#endif
