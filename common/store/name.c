/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state/names: what the ids of names stand for, folded from the events "name". The key is the kind
 * and the id, since ids of different kinds may be equal.
 */
#include "base/arena.h"
#include "store/store_internal.h"

#include <errno.h>

enum { KEY_BYTES_MAX = 9 };

static struct span key_of(enum name_kind kind, const void *id, uint8_t key[KEY_BYTES_MAX])
{
	size_t size = name_kind_id_bytes(kind);

	key[0] = (uint8_t)kind;
	memcpy(key + 1, id, size);
	return span_of(key, 1 + size);
}

void name_fold(struct txn *txn, const struct event *event)
{
	unsigned kind = event_choice(event, EVENT_FIELD_kind);
	struct span id = event->fields[EVENT_FIELD_name_id];
	struct span name = event->fields[EVENT_FIELD_name];
	uint8_t key[KEY_BYTES_MAX];

	/* The choices of the field "kind" are numbered like enum name_kind. */
	if (kind == 0 || kind >= NAME_KIND_COUNT || !name.data)
		return;
	if (id.size != name_kind_id_bytes((enum name_kind)kind))
		return;
	txn_put(txn, STATE_NAMES, key_of((enum name_kind)kind, id.data, key), name);
}

struct search {
	struct span key, name;
	struct arena *arena;
};

static void find(struct txn *txn, void *context)
{
	struct search *search = context;
	struct span found = txn_get(txn, STATE_NAMES, search->key);

	search->name = arena_copy(search->arena, found);
	if (found.data && !search->name.data)
		txn_fail(txn, -ENOMEM);
}

int name_find(struct store *store, enum name_kind kind, const void *id, struct arena *arena,
	      struct span *ret_name)
{
	uint8_t key[KEY_BYTES_MAX];
	struct search search = {.key = key_of(kind, id, key), .arena = arena};
	int r = txn_read(&store->state, find, &search);

	if (r)
		return r;
	if (!search.name.data)
		return STORE_E_NOT_FOUND;
	*ret_name = search.name;
	return 0;
}
