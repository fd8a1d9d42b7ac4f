/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_SOURCE_H
#define WAYMARK_SUMMARY_SOURCE_H

#include "base/bytes.h"

/*
 * How somebody came to a page, as far as it tells: by a link of ours, by what its address says
 * (utm_*, click ids of ad networks), or by the site before. Pure.
 */
enum source_class {
	SOURCE_DIRECT,	 /* nothing tells */
	SOURCE_MAIL,	 /* a tracked link of a mailing */
	SOURCE_LINK,	 /* another tracked link */
	SOURCE_UTM,	 /* utm_source */
	SOURCE_AD,	 /* a click id without utm_source */
	SOURCE_SEARCH,	 /* a search engine */
	SOURCE_SOCIAL,	 /* a social network */
	SOURCE_WEBMAIL,	 /* a mail reader in the browser */
	SOURCE_REFERRAL, /* another site */
	SOURCE_INTERNAL, /* a page of the same site, or of the tracker: no arrival */
	SOURCE_CLASS_COUNT
};

const char *source_class_name(enum source_class class); /* "search" */

/*
 * The class of a referrer (an origin or URL) on a page of the site that @tracker belongs to:
 * DIRECT when absent or no URL, INTERNAL, SEARCH, SOCIAL, WEBMAIL or REFERRAL. Costs a walk
 * through the public suffix list: whoever asks often keeps the answer.
 */
enum source_class source_of_referrer(struct span referrer, struct span tracker);

#endif
