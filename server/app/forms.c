/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiling a form takes longer than answering with it, and state/ counts its writes; so a form
 * that was found under the same count is given as it is, without a look into the store. Under
 * another count its row is read, and compiled only if another event has set it.
 *
 * The count is read before the row: a write in between makes the next who asks look again.
 * Ids are the output of a hash, so their bytes serve as one.
 */
#include "app/forms.h"

#include "app/app.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "base/log.h"
#include "store/form_row.h"

#include <errno.h>

struct forms_entry {
	struct form_id id;
	uint64_t writes;   /* of state/, when the row was read */
	uint64_t event;	   /* which has set it */
	struct form *form; /* NULL: it cannot be compiled */
};

static void free_entry(struct forms_entry *entry)
{
	if (entry)
		form_release(entry->form);
	free(entry);
}

void forms_finish(struct forms *forms)
{
	for (size_t i = 0; forms->sets && i < FORMS_SETS; i++)
		for (size_t way = 0; way < FORMS_WAYS; way++)
			free_entry(forms->sets[i].ways[way]);
	free(take_ptr(forms->sets));
}

static struct forms_set *set_of(struct forms *forms, const struct form_id *id)
{
	if (!forms->sets)
		forms->sets = calloc(FORMS_SETS, sizeof(*forms->sets));
	return forms->sets ? &forms->sets[get_u64(id->bytes) % FORMS_SETS] : NULL;
}

/* The entry of @id, which stands first from now on; NULL: there is none. */
static struct forms_entry *find(struct forms_set *set, const struct form_id *id)
{
	for (size_t way = 0; way < FORMS_WAYS && set->ways[way]; way++) {
		struct forms_entry *entry = set->ways[way];

		if (memcmp(entry->id.bytes, id->bytes, sizeof(id->bytes)) != 0)
			continue;
		memmove(set->ways + 1, set->ways, way * sizeof(set->ways[0]));
		set->ways[0] = entry;
		return entry;
	}
	return NULL;
}

/* @entry stands first from now on, in the place of another of its id, or of the last. */
static void put(struct forms_set *set, struct forms_entry *entry)
{
	if (find(set, &entry->id)) {
		free_entry(set->ways[0]);
	} else {
		free_entry(set->ways[FORMS_WAYS - 1]);
		memmove(set->ways + 1, set->ways, (FORMS_WAYS - 1) * sizeof(set->ways[0]));
	}
	set->ways[0] = entry;
}

static void forget(struct forms_set *set, const struct form_id *id)
{
	if (!find(set, id))
		return;
	free_entry(set->ways[0]);
	memmove(set->ways, set->ways + 1, (FORMS_WAYS - 1) * sizeof(set->ways[0]));
	set->ways[FORMS_WAYS - 1] = NULL;
}

static int give(const struct forms_entry *entry, struct form **ret_form)
{
	if (!entry->form)
		return FORMS_E_UNUSABLE;
	*ret_form = form_hold(entry->form);
	return 0;
}

static int compile(const struct form_row *row, uint64_t writes, struct forms_entry **ret_entry)
{
	struct forms_entry *entry = calloc(1, sizeof(*entry));
	char id[2 * sizeof(row->id) + 1];
	struct error error = {0};
	int code;

	if (!entry)
		return -ENOMEM;
	*entry = (struct forms_entry){.id = row->id, .writes = writes, .event = row->event};
	hex_format(row->id.bytes, sizeof(row->id.bytes), id);
	code = form_parse(id, row->definition, NULL, &entry->form, &error);
	if (code < 0) {
		free(entry);
		return code;
	}
	if (code)
		log_warning("form_unusable", "form", id, "error", error.text);
	*ret_entry = entry;
	return 0;
}

/* Look at state/ under the count @writes. */
static int renew(struct app *app, struct forms_set *set, struct forms_entry *known,
		 const struct form_id *id, uint64_t writes, struct form **ret_form)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct forms_entry *entry;
	struct form_row row;
	int r = form_row_find(app->store, id, &arena, &row);

	if (r < 0 && known)
		return give(known, ret_form);
	if (r == STORE_E_NOT_FOUND)
		forget(set, id);
	if (r)
		return r == STORE_E_NOT_FOUND ? FORMS_E_ABSENT : r;
	if (known && known->event == row.event) {
		known->writes = writes;
		return give(known, ret_form);
	}
	r = compile(&row, writes, &entry);
	if (r)
		return r;
	put(set, entry);
	return give(entry, ret_form);
}

int forms_find_id(struct app *app, const struct form_id *id, struct form **ret_form)
{
	uint64_t writes = store_state_writes(app->store);
	struct forms_set *set = set_of(&app->forms, id);
	struct forms_entry *known;

	if (!set)
		return -ENOMEM;
	known = find(set, id);
	if (known && known->writes == writes)
		return give(known, ret_form);
	return renew(app, set, known, id, writes, ret_form);
}

int forms_find(struct app *app, struct span name, struct form **ret_form)
{
	struct form_id id;

	if (hex_parse(name, &id, sizeof(id)) != 0)
		id_of_name(NAME_FORM, name, &id);
	return forms_find_id(app, &id, ret_form);
}
