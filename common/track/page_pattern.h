/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_PAGE_PATTERN_H
#define WAYMARK_TRACK_PAGE_PATTERN_H

#include "base/bytes.h"

/*
 * A page with all below it, as an operator writes it: a path such as /careers, of any site, or an
 * address such as https://jobs.example.com/ of that site alone. It is compared segment by segment:
 * "/jobs" holds "/jobs", "/jobs/" and "/jobs/42", and not "/jobs-in-berlin". Escapes are compared
 * by what they stand for, so "/%63areers" is "/careers".
 */
struct page_pattern {
	char *origin;	    /* NULL: of any site */
	struct buffer path; /* decoded, without a slash at its end: empty for all of an origin */
	bool has_stars;	    /* a '*' in @path is any run of bytes but '/' */
};

/*
 * @stars: '*' is a wildcard, else a byte like any other.
 *
 * Return: 0; PAGE_PATTERN_E_FORM when @text is neither, or has a query, fragment or user; -ENOMEM.
 * Then page_pattern_finish() too.
 */
enum { PAGE_PATTERN_E_FORM = 1 };
int page_pattern_init(struct page_pattern *pattern, const char *text, bool stars);
void page_pattern_finish(struct page_pattern *pattern);

/* A page's address as an event holds it, by the page-URL rule. */
struct page_address {
	struct span origin, path;
};
struct page_address page_address_of(struct span url);

bool page_pattern_holds(const struct page_pattern *pattern, const struct page_address *page);

#endif
