/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of a summary as they are shown: what is most seen first and the rest left out, what is
 * in the order of time from its end. Visits are gathered as they end, browser by browser, and are
 * put into the order in which they began. Where two are alike, their numbers decide, so that the
 * same facts give the same lists.
 */
#include "summary/fold_internal.h"

#include <stdlib.h>

static int compare_pages(const void *a, const void *b)
{
	const struct person_page *one = a, *other = b;

	if (one->views != other->views)
		return one->views > other->views ? -1 : 1;
	if (one->visible_ms != other->visible_ms)
		return one->visible_ms > other->visible_ms ? -1 : 1;
	return one->page < other->page ? -1 : one->page > other->page;
}

static int compare_groups(const void *a, const void *b)
{
	const struct person_group *one = a, *other = b;

	if (one->views != other->views)
		return one->views > other->views ? -1 : 1;
	return one->group < other->group ? -1 : one->group > other->group;
}

static int compare_sessions(const void *a, const void *b)
{
	const struct person_session *one = a, *other = b;

	if (one->first != other->first)
		return one->first < other->first ? -1 : 1;
	return one->sequence < other->sequence ? -1 : one->sequence > other->sequence;
}

/* Of a list: @rows, @count and @left_out. Of what is in the order of time, the last are shown. */
#define SHOW_RING(list, ring)                                     \
	do {                                                      \
		(list)->count = ring_unroll(ring);                \
		(list)->rows = (ring)->rows;                      \
		(list)->left_out = (ring)->total - (list)->count; \
	} while (0)
#define SHOW_LAST(list, from, max)                                                         \
	do {                                                                               \
		SHOW_FIRST(list, from, max);                                               \
		(list)->rows = (from)->count > 0 ? (list)->rows + (list)->left_out : NULL; \
	} while (0)
#define SHOW_FIRST(list, from, max)                                            \
	do {                                                                   \
		(list)->count = (from)->count < (max) ? (from)->count : (max); \
		(list)->rows = (from)->rows;                                   \
		(list)->left_out = (from)->count - (list)->count;              \
	} while (0)

void fold_person_end(struct fold *fold, struct person_summary *ret_person)
{
	struct fold_person *person = fold->summary;
	struct person_summary *summary = &person->summary;

	SHOW_RING(&summary->touches, &person->touches);
	SHOW_RING(&summary->sessions, &person->sessions);
	SHOW_RING(&summary->downloads, &person->downloads);
	SHOW_RING(&summary->searches, &person->searches);
	SHOW_RING(&summary->submits, &person->submits);
	if (summary->sessions.count > 0)
		qsort(person->sessions.rows, summary->sessions.count, sizeof(struct person_session),
		      compare_sessions);
	if (person->pages.count > 0)
		qsort(person->pages.rows, person->pages.count, sizeof(struct person_page),
		      compare_pages);
	if (person->groups.count > 0)
		qsort(person->groups.rows, person->groups.count, sizeof(struct person_group),
		      compare_groups);
	SHOW_FIRST(&summary->pages, &person->pages, PERSON_PAGES_MAX);
	SHOW_FIRST(&summary->groups, &person->groups, PERSON_GROUPS_MAX);
	SHOW_LAST(&summary->responses, &person->responses, PERSON_RESPONSES_MAX);
	SHOW_LAST(&summary->purchases, &person->purchases, PERSON_PURCHASES_MAX);
	summary->browsers = (uint32_t)fold->browsers.count;
	if (!fold->is_person && fold->browsers.count > 0)
		summary->visitor = ((const struct fold_browser *)fold->browsers.rows)->visitor;
	summary->settled = fold->due == 0;
	if (fold->context->rules) {
		score_finish(&person->score);
		summary->score = &person->score;
	}
	*ret_person = *summary;
}
