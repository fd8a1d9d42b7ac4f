/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state/links and state/slugs, folded from the events "link" and looked up for each click.
 *
 * An event "link" says all there is to say about its link, so the newest replaces the row; only the
 * time of the first stays, and where the link led before (link_repoint.c). A slug belongs to the
 * link that named it last; a link that changes its slug gives the old one up, unless another link
 * has taken it meanwhile. Folding the same event twice gives the same rows, which resuming after a
 * crash relies on; so does it that an event older than the row changes nothing.
 *
 * The row of a link that was looked up lately is kept (link_cache.c) until the next write to
 * state/: that write is counted before whoever asked for it hears that it is done.
 */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/link_cache.h"
#include "store/link_repoint.h"
#include "store/store_internal.h"

#include <errno.h>

enum { EACH_SLICE_LINKS = 256 };

enum link_field {
#define LINK(id, name, ...) LINK_##name = (id),
	LINK_FIELDS(LINK)
#undef LINK
		LINK_FIELD_COUNT
};

static const uint32_t field_max_bytes[LINK_FIELD_COUNT] = {
#define LINK(id, name, max, ...) [id] = (max),
	LINK_FIELDS(LINK)
#undef LINK
};

/* Return: 0; -EBADMSG for a row that is not one. */
static int parse(struct span row, struct span fields[LINK_FIELD_COUNT])
{
	return record_read_row(row, field_max_bytes, LINK_FIELD_COUNT, fields);
}

static uint64_t number(struct span value)
{
	return value.size == 8 ? get_u64(value.data) : 0;
}

static void append(struct buffer *row, enum link_field field, struct span value)
{
	if (value.data)
		record_append(row, (uint8_t)field, value);
}

static void encode(const struct event *event, usec_t created, struct buffer *row)
{
	uint8_t trap = event_choice(event, EVENT_FIELD_signals) & SIGNAL_TRAP ? LINK_FLAG_TRAP : 0;
	const struct span *fields = event->fields;
	uint8_t created_text[8], event_text[8];

	put_u64(created_text, created);
	put_u64(event_text, event->sequence);
	buffer_append_byte(row, RECORD_VERSION);
	append(row, LINK_destination, fields[EVENT_FIELD_destination]);
	append(row, LINK_url, fields[EVENT_FIELD_url]);
	append(row, LINK_mailing, fields[EVENT_FIELD_mailing]);
	append(row, LINK_campaign, fields[EVENT_FIELD_campaign]);
	append(row, LINK_label, fields[EVENT_FIELD_label]);
	append(row, LINK_slug, fields[EVENT_FIELD_slug]);
	append(row, LINK_pass, fields[EVENT_FIELD_pass]);
	append(row, LINK_created, span_of(created_text, sizeof(created_text)));
	append(row, LINK_event, span_of(event_text, sizeof(event_text)));
	if (trap)
		append(row, LINK_flags, span_of(&trap, 1));
}

static void give_up_slug(struct txn *txn, struct span slug, struct span id)
{
	struct span owner = slug.size > 0 ? txn_get(txn, STATE_SLUGS, slug) : slug;

	if (owner.size > 0 && span_equal(owner, id))
		txn_delete(txn, STATE_SLUGS, slug);
}

void link_fold(struct txn *txn, const struct event *event)
{
	struct span id = event->fields[EVENT_FIELD_link], slug = event->fields[EVENT_FIELD_slug];
	struct span old[LINK_FIELD_COUNT] = {0}, row;
	cleanup_buffer struct buffer new = BUFFER_INIT;
	uint8_t old_slug[LINK_SLUG_MAX_BYTES];
	size_t old_size;
	usec_t created = event->time;

	if (id.size != sizeof(struct link_id) || !event->fields[EVENT_FIELD_destination].data)
		return;
	row = txn_get(txn, STATE_LINKS, id);
	if (row.data && parse(row, old) == 0 && number(old[LINK_created]) > 0)
		created = number(old[LINK_created]);
	if (number(old[LINK_event]) > event->sequence)
		return;
	encode(event, created, &new);
	txn_fail(txn, new.error);
	/* The old row moves with the next write, so its slug is copied before. */
	old_size = span_equal(old[LINK_slug], slug) ? 0 : old[LINK_slug].size;
	if (old_size > 0)
		memcpy(old_slug, old[LINK_slug].data, old_size);
	if (old[LINK_destination].data)
		link_repoint_fold(txn, event, old[LINK_destination]);
	give_up_slug(txn, span_of(old_slug, old_size), id);
	txn_put(txn, STATE_LINKS, id, buffer_span(&new));
	if (slug.size > 0)
		txn_put(txn, STATE_SLUGS, slug, id);
}

/* A link whose spans are copies in @arena. */
static int make(struct span id, struct span row, struct arena *arena, struct span *ret_copy,
		struct link *ret_link)
{
	struct span fields[LINK_FIELD_COUNT], copy = arena_copy(arena, row);
	struct link link = {0};
	int r;

	*ret_copy = copy;
	if (!copy.data)
		return -ENOMEM;
	r = parse(copy, fields);
	if (r)
		return r;
	memcpy(link.id.bytes, id.data, sizeof(link.id.bytes));
	link.destination = fields[LINK_destination];
	link.url = fields[LINK_url];
	link.label = fields[LINK_label];
	link.slug = fields[LINK_slug];
	link.pass = fields[LINK_pass];
	if (fields[LINK_mailing].size == sizeof(link.mailing.bytes))
		memcpy(link.mailing.bytes, fields[LINK_mailing].data, sizeof(link.mailing.bytes));
	if (fields[LINK_campaign].size == sizeof(link.campaign.bytes))
		memcpy(link.campaign.bytes, fields[LINK_campaign].data,
		       sizeof(link.campaign.bytes));
	link.created = number(fields[LINK_created]);
	link.event = number(fields[LINK_event]);
	link.flags = fields[LINK_flags].size == 1 ? fields[LINK_flags].data[0] : 0;
	*ret_link = link;
	return 0;
}

struct search {
	struct span id, slug; /* one of them */
	bool below;	      /* the slug, or a pattern that it is below */
	struct arena *arena;
	struct link *ret_link;
	struct span row; /* in the arena */
	bool found;
};

/*
 * The id that the nearest pattern above @slug leads to: a slash and a star in the place of its last
 * part, of its last two, and so on. So many lookups at most, whatever is asked for.
 */
static struct span find_pattern(struct txn *txn, struct span slug)
{
	uint8_t pattern[LINK_SLUG_MAX_BYTES];
	struct span id = {0};
	size_t size = slug.size;

	for (unsigned level = 0; level < LINK_PATTERN_LEVELS && !id.data; level++) {
		while (size > 0 && slug.data[size - 1] != '/')
			size--;
		if (size < 2)
			break;
		if (size < sizeof(pattern)) {
			memcpy(pattern, slug.data, size);
			pattern[size] = '*';
			id = txn_get(txn, STATE_SLUGS, span_of(pattern, size + 1));
		}
		size--;
	}
	return id;
}

static void find(struct txn *txn, void *context)
{
	struct search *search = context;
	struct span id = search->id, row;

	if (search->slug.size > 0)
		id = txn_get(txn, STATE_SLUGS, search->slug);
	if (search->below && !id.data)
		id = find_pattern(txn, search->slug);
	if (id.size != sizeof(struct link_id))
		return;
	row = txn_get(txn, STATE_LINKS, id);
	if (!row.data)
		return;
	txn_fail(txn, make(id, row, search->arena, &search->row, search->ret_link));
	search->found = true;
}

static int run(struct store *store, struct search *search)
{
	int r = txn_read(&store->state, find, search);

	return r ? r : search->found ? 0 : STORE_E_NOT_FOUND;
}

int link_find(struct store *store, const struct link_id *id, struct arena *arena,
	      struct link *ret_link)
{
	struct search search = {.id = span_of(id->bytes, sizeof(id->bytes)),
				.arena = arena,
				.ret_link = ret_link};
	uint64_t writes = atomic_load(&store->state.writes);
	struct span kept = span_of(NULL, 0);
	int r;

	if (store->links && !atomic_load(&store->state.unjudged))
		kept = link_cache_find(store->links, writes, id);
	if (kept.data)
		return make(search.id, kept, arena, &search.row, ret_link);
	r = run(store, &search);
	if (!r && store->links)
		link_cache_keep(store->links, writes, id, search.row);
	return r;
}

int link_find_slug(struct store *store, struct span slug, struct arena *arena,
		   struct link *ret_link)
{
	struct search search = {.slug = slug, .arena = arena, .ret_link = ret_link};

	return run(store, &search);
}

int link_find_asked(struct store *store, struct span asked, struct arena *arena,
		    struct link *ret_link)
{
	struct search search = {.slug = asked, .below = true, .arena = arena, .ret_link = ret_link};

	return run(store, &search);
}

struct links {
	const struct link_id *from;
	struct arena *arena;
	struct link *links; /* EACH_SLICE_LINKS */
	int count;
};

/* Up to EACH_SLICE_LINKS links from @from on, copied. */
static void read_slice(struct txn *txn, void *context)
{
	struct links *slice = context;
	struct span key, row;
	struct txn_walk walk;

	txn_walk_begin(txn, STATE_LINKS, span_of(slice->from->bytes, sizeof(slice->from->bytes)),
		       &walk);
	while (slice->count < EACH_SLICE_LINKS && txn_walk_next(&walk, &key, &row)) {
		struct link *link = &slice->links[slice->count];

		if (key.size != sizeof(struct link_id) ||
		    (slice->count > 0 && memcmp(key.data, link[-1].id.bytes, key.size) <= 0)) {
			txn_fail(txn, -EBADMSG);
			break;
		}
		txn_fail(txn, make(key, row, slice->arena, &row, link));
		slice->count++;
	}
	txn_walk_end(&walk);
}

static bool step(struct link_id *id)
{
	for (size_t i = sizeof(id->bytes); i > 0; i--)
		if (++id->bytes[i - 1] != 0)
			return true;
	return false;
}

int link_each(struct store *store, int (*each)(void *context, const struct link *link),
	      void *context)
{
	struct link_id from = {{0}};
	struct arena arena = ARENA_INIT(0);
	struct links slice = {&from, &arena, calloc(EACH_SLICE_LINKS, sizeof(struct link)), 0};
	int r = slice.links ? 0 : -ENOMEM;

	while (!r) {
		slice.count = 0;
		r = txn_read(&store->state, read_slice, &slice);
		for (int i = 0; i < slice.count && !r; i++)
			r = each(context, &slice.links[i]);
		if (r || slice.count < EACH_SLICE_LINKS)
			break;
		from = slice.links[slice.count - 1].id;
		arena_reset(&arena);
		if (!step(&from))
			break;
	}
	arena_finish(&arena);
	free(slice.links);
	return r;
}
