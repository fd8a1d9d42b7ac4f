/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of all events for one kind of group, and a table of places over them, twice as large as
 * there are events. Few events, which most units have, are compared with each other instead: the
 * one right before is mostly of the same group. A view's number is the client's, but of one browser
 * alone, and within SETTLE_MAX_EVENTS.
 */
#include "track/settle_group.h"

#include "base/cleanup.h"

#include <errno.h>

_Static_assert((int)SETTLE_MAX_EVENTS < (int)SETTLE_NO_GROUP, "an index is a group");

struct key {
	uint64_t part[3];
};

enum { FEW = 12, PLACES_MIN = 32, STACK_EVENTS = 128, STACK_PLACES = 4 * STACK_EVENTS };

enum kind { BY_VISITOR, BY_VIEW, BY_MAILING, BY_LINK, BY_ADDRESS };

struct grouping {
	const struct settle_event *events;
	size_t count;
	struct key *keys;
	uint16_t *places; /* index of an event, or SETTLE_NO_GROUP */
	size_t mask;	  /* one less than there are places */
};

static size_t hash(const struct key *key)
{
	uint64_t mixed = key->part[0] * UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 32) ^ key->part[1]) * UINT64_C(0xd6e8feb86659fd93);
	mixed = (mixed ^ (mixed >> 32) ^ key->part[2]) * UINT64_C(0xd6e8feb86659fd93);
	return (size_t)(mixed ^ (mixed >> 32));
}

static bool is_equal(const struct key *a, const struct key *b)
{
	return a->part[0] == b->part[0] && a->part[1] == b->part[1] && a->part[2] == b->part[2];
}

/* The first event with the key of that at @index, which is @index itself when there was none. */
static uint16_t find(const struct grouping *grouping, size_t index)
{
	const struct key *key = &grouping->keys[index];

	for (size_t at = hash(key) & grouping->mask;; at = (at + 1) & grouping->mask) {
		uint16_t first = grouping->places[at];

		if (first == SETTLE_NO_GROUP) {
			grouping->places[at] = (uint16_t)index;
			return (uint16_t)index;
		}
		if (is_equal(&grouping->keys[first], key))
			return first;
	}
}

static bool has_visitor(const struct settle_event *event)
{
	return !id_is_zero(&event->visitor, sizeof(event->visitor));
}

static uint64_t number(const void *id, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, id, size);
	return value;
}

/* False: it is of no group of this kind. */
static bool make_key(enum kind kind, const struct settle_event *event, struct key *ret_key)
{
	uint64_t what = 0;

	if (kind == BY_VISITOR || kind == BY_VIEW) {
		memcpy(ret_key->part, &event->visitor, sizeof(event->visitor));
		ret_key->part[2] = kind == BY_VIEW ? event->view : 0;
		return has_visitor(event) && (kind == BY_VISITOR || event->view);
	}
	if (kind == BY_LINK)
		what = number(&event->link, sizeof(event->link));
	else if (kind == BY_ADDRESS)
		what = event->network;
	ret_key->part[0] = number(&event->mailing, sizeof(event->mailing));
	ret_key->part[1] = what;
	ret_key->part[2] = kind;
	return kind == BY_MAILING || what;
}

static uint16_t *member(struct settle_group *group, enum kind kind)
{
	switch (kind) {
	case BY_VISITOR:
		return &group->visitor;
	case BY_VIEW:
		return &group->view;
	case BY_MAILING:
		return &group->mailing;
	case BY_LINK:
		return &group->link;
	default:
		return &group->address;
	}
}

static void group_few(const struct grouping *grouping, enum kind kind, struct settle_group *groups)
{
	uint16_t found[FEW];

	for (size_t i = 0; i < grouping->count; i++) {
		found[i] = SETTLE_NO_GROUP;
		if (make_key(kind, &grouping->events[i], &grouping->keys[i])) {
			size_t before = i;

			while (before > 0 &&
			       (found[before - 1] == SETTLE_NO_GROUP ||
				!is_equal(&grouping->keys[before - 1], &grouping->keys[i])))
				before--;
			found[i] = before > 0 ? found[before - 1] : (uint16_t)i;
		}
		*member(&groups[i], kind) = found[i];
	}
}

static void group_many(const struct grouping *grouping, enum kind kind, struct settle_group *groups)
{
	memset(grouping->places, 0xff, (grouping->mask + 1) * sizeof(*grouping->places));
	for (size_t i = 0; i < grouping->count; i++) {
		bool some = make_key(kind, &grouping->events[i], &grouping->keys[i]);

		*member(&groups[i], kind) = some ? find(grouping, i) : SETTLE_NO_GROUP;
	}
}

static void group_all(const struct grouping *grouping, bool mails, struct settle_group *groups)
{
	for (unsigned kind = BY_VISITOR; kind <= BY_ADDRESS; kind++) {
		if (kind >= BY_MAILING && !mails)
			for (size_t i = 0; i < grouping->count; i++)
				*member(&groups[i], kind) = SETTLE_NO_GROUP;
		else if (grouping->count <= FEW)
			group_few(grouping, kind, groups);
		else
			group_many(grouping, kind, groups);
	}
}

int settle_group(const struct settle_event *events, size_t count, bool mails,
		 struct settle_group *ret_groups)
{
	struct key some_keys[STACK_EVENTS];
	uint16_t some_places[STACK_PLACES];
	struct grouping grouping = {events, count, some_keys, some_places, PLACES_MIN - 1};
	cleanup_free struct key *keys = NULL;
	cleanup_free uint16_t *places = NULL;

	while (grouping.mask + 1 < 2 * count)
		grouping.mask = 2 * grouping.mask + 1;
	if (count > STACK_EVENTS) {
		grouping.keys = keys = reallocarray(NULL, count, sizeof(*keys));
		grouping.places = places = reallocarray(NULL, grouping.mask + 1, sizeof(*places));
		if (!keys || !places)
			return -ENOMEM;
	}
	group_all(&grouping, mails, ret_groups);
	return 0;
}
