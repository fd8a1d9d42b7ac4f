/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_RETURNED_MAIL_H
#define WAYMARK_TRACK_RETURNED_MAIL_H

#include "crypto/token.h"

/*
 * What a mail that comes back says of itself by its own links: whom it was for, and which mailing
 * it was of. Only what verifies under our keys counts, so a mail that is made up says nothing. A
 * header block alone says who by its List-Unsubscribe. Zeros: it does not say.
 */
struct returned_mail {
	struct prospect_id prospect;
	struct mailing_id mailing;   /* of an open pixel or a prospect part */
	struct campaign_id campaign; /* of a link without a row of its own */
	struct link_id link;	     /* whose row has the names of both */
};

/*
 * @mail: the message or its header block, in any encoding, cut off anywhere. Linear. Where GMime is
 * missing or gives up only links that stand unencoded are found. Return: 0; -ENOMEM.
 */
int returned_mail_read(const struct keyring *keyring, struct span mail,
		       struct returned_mail *ret_returned);

#endif
