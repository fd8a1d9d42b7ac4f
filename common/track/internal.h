/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_INTERNAL_H
#define WAYMARK_TRACK_INTERNAL_H

#include "config/config.h"
#include "text/address.h"

/*
 * The owner's own traffic: what comes from their networks, from the browsers of their staff
 * (track/staff.h), or is about pages that say nothing of a visitor's interest, such as job offers.
 * Such an event is kept like any other, with the reasons in its field "excluded"; whoever counts
 * leaves it out.
 */
enum internal_reason { INTERNAL_NETWORK = 1, INTERNAL_STAFF = 2, INTERNAL_PAGE = 4 };

/* internal.networks and internal.pages of a configuration, read. Immutable. */
struct internal {
	struct network *networks;
	size_t network_count;
	struct page_pattern *pages;
	size_t page_count;
};

/* Return: 0; CONFIG_E_INVALID with @error naming the key; -ENOMEM. Then internal_finish() too. */
int internal_init(struct internal *internal, const struct config *config, struct error *error);
void internal_finish(struct internal *internal);

bool internal_holds_address(const struct internal *internal, const struct address *address);

/*
 * Is @url one of the pages, or below one? @url: as an event holds it, by the page-URL rule.
 * Escapes are compared by what they stand for, so "/%63areers" is "/careers".
 */
bool internal_holds_page(const struct internal *internal, struct span url);

/* "network,staff,page", those of @reasons (not 0) that are set, for the field; static. */
struct span internal_text(unsigned reasons);

#endif
