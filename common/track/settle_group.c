/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of places for each kind of group, twice as large as there are events and cleared only
 * so far: a unit of two events, which most are, costs next to nothing. A view's number is the
 * client's, but of one browser alone, and within SETTLE_MAX_EVENTS.
 */
#include "track/settle_group.h"

_Static_assert((int)SETTLE_MAX_EVENTS < (int)SETTLE_NO_GROUP, "an index is a group");

struct key {
	uint64_t part[3];
};

enum { PLACES_MIN = 16 };

struct places {
	uint16_t index[2 * SETTLE_MAX_EVENTS];
	struct key *keys; /* of all events, by index */
	size_t mask;
};

static size_t hash(const struct key *key)
{
	uint64_t mixed = key->part[0] * UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 32) ^ key->part[1]) * UINT64_C(0xd6e8feb86659fd93);
	mixed = (mixed ^ (mixed >> 32) ^ key->part[2]) * UINT64_C(0xd6e8feb86659fd93);
	return (size_t)(mixed ^ (mixed >> 32));
}

static void clear(struct places *places, size_t count)
{
	size_t size = PLACES_MIN;

	while (size < 2 * count)
		size *= 2;
	places->mask = size - 1;
	memset(places->index, 0xff, size * sizeof(places->index[0]));
}

/* The first event with this key, which is @index itself when there was none. */
static uint16_t find(struct places *places, const struct key *key, size_t index)
{
	for (size_t at = hash(key) & places->mask;; at = (at + 1) & places->mask) {
		uint16_t first = places->index[at];

		if (first == SETTLE_NO_GROUP) {
			places->keys[index] = *key;
			places->index[at] = (uint16_t)index;
			return (uint16_t)index;
		}
		if (memcmp(&places->keys[first], key, sizeof(*key)) == 0)
			return first;
	}
}

static uint64_t number(const void *id, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, id, size);
	return value;
}

static struct key visitor_key(const struct settle_event *event, uint64_t view)
{
	struct key key = {.part = {0, 0, view}};

	memcpy(key.part, &event->visitor, sizeof(event->visitor));
	return key;
}

static struct key mailing_key(const struct settle_event *event, uint64_t what, bool is_link)
{
	return (struct key){
		.part = {number(&event->mailing, sizeof(event->mailing)), what, is_link}};
}

static bool has_visitor(const struct settle_event *event)
{
	return !id_is_zero(&event->visitor, sizeof(event->visitor));
}

static void group_browsers(const struct settle_event *events, size_t count, struct places *places,
			   struct settle_groups *groups)
{
	clear(places, count);
	for (size_t i = 0; i < count; i++) {
		struct key key = visitor_key(&events[i], 0);

		groups->visitor[i] =
			has_visitor(&events[i]) ? find(places, &key, i) : SETTLE_NO_GROUP;
	}
	clear(places, count);
	for (size_t i = 0; i < count; i++) {
		struct key key = visitor_key(&events[i], events[i].view);

		groups->view[i] = has_visitor(&events[i]) && events[i].view ? find(places, &key, i)
									    : SETTLE_NO_GROUP;
	}
}

static void group_mailings(const struct settle_event *events, size_t count, struct places *places,
			   struct settle_groups *groups)
{
	clear(places, count);
	for (size_t i = 0; i < count; i++) {
		struct key key = mailing_key(&events[i], 0, false);

		groups->mailing[i] = find(places, &key, i);
	}
	clear(places, count);
	for (size_t i = 0; i < count; i++) {
		uint64_t link = number(&events[i].link, sizeof(events[i].link));
		struct key key = mailing_key(&events[i], link, true);

		groups->link[i] = link ? find(places, &key, i) : SETTLE_NO_GROUP;
	}
	clear(places, count);
	for (size_t i = 0; i < count; i++) {
		struct key key = mailing_key(&events[i], events[i].network, false);

		groups->address[i] = events[i].network ? find(places, &key, i) : SETTLE_NO_GROUP;
	}
}

void settle_group(const struct settle_event *events, size_t count, struct settle_groups *ret_groups)
{
	struct key keys[SETTLE_MAX_EVENTS];
	struct places places;

	places.keys = keys;
	group_browsers(events, count, &places, ret_groups);
	group_mailings(events, count, &places, ret_groups);
}
