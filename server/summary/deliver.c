/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A delivery goes through everybody once, in pages: in the order of handles, those of whom there is
 * a summary and those who were delivered before. Of a page is asked first who they are, in one
 * call, since nobody may hold people/ open meanwhile; then each is judged, and their rows are
 * compared with what was delivered before. So a page of people is all that is in memory, beside the
 * rows of the call list and of companies.
 *
 * A page is walked twice, once for its handles and once for its summaries. Somebody who comes in
 * between is left for the next delivery.
 *
 * Whoever was delivered and was erased since, or merged into somebody else, is named once more.
 * Whoever has no summary any more (their events are past their keeping) stays as delivered, and so
 * does whom people/ lost, as after a restore without it: that must not have the CRM delete them.
 */
#include "summary/deliver.h"

#include "base/cleanup.h"
#include "summary/deliver_folder.h"
#include "summary/deliver_ranking.h"
#include "summary/deliver_rows.h"

#include <errno.h>

struct delivery {
	const struct deliver_source *source;
	const struct deliver_options *options;
	struct deliver_result *result;
	struct error *error;
	uint16_t today;
	struct deliver_folder folder;
	struct deliver_state *before;
	struct deliver_state_writer *after;
	struct deliver_files *files;
	struct deliver_rows rows;
	struct deliver_ranking *ranking;

	struct handle page[DELIVER_PAGE];
	struct deliver_identity identities[DELIVER_PAGE];
	size_t count, at; /* of @page; the next one of it */
	int code;
};

static int fail(struct delivery *delivery, int code, const char *what)
{
	if (code >= 0)
		return code;
	return error_set(delivery->error, DELIVER_E_FAILED, "%s: %s: %s",
			 delivery->options->directory, what, strerror(-code));
}

static int compare(const struct handle *a, const struct handle *b)
{
	return memcmp(a, b, sizeof(*a));
}

static int collect(void *context, const struct handle *person, const struct person_summary *summary)
{
	struct delivery *delivery = context;

	(void)summary;
	delivery->page[delivery->count++] = *person;
	return delivery->count == DELIVER_PAGE;
}

/* Past all entries of @person. */
static bool skip_person(struct deliver_state *state, const struct handle *person,
			struct deliver_entry *ret_entry)
{
	while (deliver_state_peek(state, ret_entry)) {
		if (compare(&ret_entry->person, person) != 0)
			return true;
		deliver_state_skip(state);
	}
	return false;
}

/* Put the handles that were delivered before among those of the page, which stays the first. */
static void merge_before(struct delivery *delivery)
{
	struct deliver_state *state = delivery->before;
	struct handle merged[DELIVER_PAGE];
	size_t count = 0, at = 0, place;
	struct deliver_entry entry;
	bool more;

	if (!state)
		return;
	place = deliver_state_tell(state);
	more = deliver_state_peek(state, &entry);
	while (count < DELIVER_PAGE && (more || at < delivery->count)) {
		int order = at == delivery->count ? -1
			    : !more		  ? 1
						  : compare(&entry.person, &delivery->page[at]);

		merged[count] = order < 0 ? entry.person : delivery->page[at];
		at += order >= 0;
		if (order <= 0)
			more = skip_person(state, &merged[count], &entry);
		count++;
	}
	deliver_state_seek(state, place);
	memcpy(delivery->page, merged, count * sizeof(merged[0]));
	delivery->count = count;
}

/* The entries of the person who comes next in the state, if it is @person. */
static void take_entries(struct delivery *delivery, const struct handle *person)
{
	struct deliver_entry entry;

	deliver_rows_clear(&delivery->rows);
	while (deliver_state_peek(delivery->before, &entry) &&
	       compare(&entry.person, person) == 0) {
		deliver_rows_put_before(&delivery->rows, &entry);
		deliver_state_skip(delivery->before);
	}
}

static void put_entries(struct delivery *delivery, const struct deliver_entry *entries,
			size_t count)
{
	for (size_t i = 0; i < count; i++)
		deliver_state_put(delivery->after, &entries[i]);
}

/* One of the page without a summary, or without an identity. */
static void pass_over(struct delivery *delivery, size_t index)
{
	const struct handle *person = &delivery->page[index];
	struct deliver_rows *rows = &delivery->rows;

	take_entries(delivery, person);
	if (rows->before_count == 0)
		return;
	if (delivery->identities[index].erased)
		deliver_rows_erased(rows, person);
	else if (delivery->identities[index].merged)
		deliver_rows_merged(rows, person, &delivery->identities[index].into);
	else
		put_entries(delivery, rows->before, rows->before_count);
}

/* Somebody new of a company that the CRM has is a contact there. */
static void find_account(const struct delivery *delivery, struct deliver_item *item)
{
	const struct deliver_source *source = delivery->source;
	enum deliver_object object;

	if (!source->account || item->identity->registered.size == 0 ||
	    deliver_mapping_known(delivery->options->mapping, item->identity, &object))
		return;
	item->account = item->identity->account;
	if (item->account.size == 0 && item->company.key[0])
		item->account = source->account(source->context, &item->company);
}

static int deliver_one(struct delivery *delivery, size_t index,
		       const struct person_summary *summary)
{
	const struct deliver_mapping *mapping = delivery->options->mapping;
	struct deliver_item item = {
		.person = delivery->page[index],
		.summary = summary,
		.identity = &delivery->identities[index],
		.names = &delivery->source->names,
		.rules = delivery->source->rules,
		.calendar = delivery->source->calendar,
		.statuses = (const char *const *)mapping->statuses,
		.guard = mapping->guard,
	};
	struct deliver_rows *rows = &delivery->rows;

	delivery->result->persons++;
	if (!item.identity->known || item.identity->address.size == 0)
		delivery->result->unknown++;
	delivery->result->held_back += item.identity->held_back;
	if (!item.identity->known || item.identity->held_back) {
		pass_over(delivery, index);
		return 0;
	}
	delivery->result->guarded += mapping->guard && csv_is_formula(item.identity->address);
	deliver_item_judge(&item, delivery->today);
	find_account(delivery, &item);
	take_entries(delivery, &item.person);
	deliver_rows_person(rows, &item);
	put_entries(delivery, rows->after, rows->after_count);
	return rows->error ? rows->error : deliver_ranking_add(delivery->ranking, &item);
}

static int visit(void *context, const struct handle *person, const struct person_summary *summary)
{
	struct delivery *delivery = context;

	while (delivery->at < delivery->count && compare(&delivery->page[delivery->at], person) < 0)
		pass_over(delivery, delivery->at++);
	if (delivery->at == delivery->count)
		return 1;
	if (compare(&delivery->page[delivery->at], person) > 0)
		return 0;
	delivery->code = deliver_one(delivery, delivery->at++, summary);
	return delivery->code != 0 || delivery->at == delivery->count;
}

static int walk(struct delivery *delivery, const struct handle *after, deliver_person_fn each)
{
	const struct deliver_source *source = delivery->source;
	int code = source->persons(source->context, after, each, delivery);

	return code < 0 ? fail(delivery, code, "the summaries cannot be read") : 0;
}

static int deliver_page(struct delivery *delivery, const struct handle *after)
{
	const struct deliver_source *source = delivery->source;
	int code;

	delivery->count = delivery->at = 0;
	code = walk(delivery, after, collect);
	if (code)
		return code;
	merge_before(delivery);
	if (delivery->count == 0)
		return 0;
	code = source->identities(source->context, delivery->page, delivery->count,
				  delivery->identities, delivery->error);
	if (code)
		return code < 0 ? fail(delivery, code, "nobody can say who they are")
				: DELIVER_E_FAILED;
	code = walk(delivery, after, visit);
	while (!code && !delivery->code && delivery->at < delivery->count)
		pass_over(delivery, delivery->at++);
	return code ? code : fail(delivery, delivery->code, "the rows cannot be made");
}

static int deliver_everybody(struct delivery *delivery)
{
	struct handle after;
	int code = deliver_page(delivery, NULL);

	while (!code && delivery->count > 0) {
		after = delivery->page[delivery->count - 1];
		code = deliver_page(delivery, &after);
	}
	if (!code && delivery->rows.error)
		code = fail(delivery, delivery->rows.error, "the rows cannot be made");
	return code;
}

static int write_manifest(struct delivery *delivery)
{
	char made[CLOCK_TEXT_BYTES], *text;
	json_t *files = deliver_files_manifest(delivery->files), *manifest;
	int code;

	clock_format(delivery->source->as_of, made);
	manifest = files ? json_pack("{s:i, s:I, s:s, s:I, s:o}", "version", 1, "number",
				     (json_int_t)delivery->folder.number, "as_of", made,
				     "log_position", (json_int_t)delivery->source->position,
				     "files", files)
			 : NULL;
	text = manifest ? json_dumps(manifest, JSON_INDENT(1)) : NULL;
	json_decref(manifest);
	code = text ? deliver_file_put(delivery->folder.draft, "manifest.json", span_text(text))
		    : -ENOMEM;
	free(text);
	return fail(delivery, code, "manifest.json cannot be written");
}

static bool has_rows(const struct delivery *delivery)
{
	for (int file = 0; file < DELIVER_FILE_COUNT; file++)
		if (deliver_files_rows(delivery->files, (enum deliver_file)file) > 0)
			return true;
	return false;
}

static int finish_files(struct delivery *delivery)
{
	int code = deliver_ranking_write(delivery->ranking, delivery->files);

	if (!code)
		code = deliver_files_finish(delivery->files);
	if (code)
		return fail(delivery, code, "the files cannot be written");
	code = deliver_state_finish(take_ptr(delivery->after));
	if (code)
		return fail(delivery, code, ".state cannot be written");
	return write_manifest(delivery);
}

static int commit(struct delivery *delivery)
{
	bool changed = has_rows(delivery);
	int code;

	if (!changed)
		return deliver_folder_discard(&delivery->folder, delivery->error) ? DELIVER_E_FAILED
										  : 0;
	code = finish_files(delivery);
	if (code)
		return code;
	for (int file = 0; file < DELIVER_FILE_COUNT; file++)
		delivery->result->rows[file] =
			deliver_files_rows(delivery->files, (enum deliver_file)file);
	if (deliver_folder_commit(&delivery->folder, delivery->error))
		return DELIVER_E_FAILED;
	delivery->result->number = delivery->folder.number;
	return 0;
}

static int open_folder(struct delivery *delivery)
{
	struct deliver_folder *folder = &delivery->folder;
	int code = deliver_folder_open(folder, delivery->options->directory, delivery->error);

	if (code)
		return code == DELIVER_FOLDER_E_LOCKED ? DELIVER_E_LOCKED
						       : fail(delivery, code, "cannot be opened");
	code = deliver_state_open(folder->folder, &delivery->before, delivery->error);
	if (code == DELIVER_STATE_E_DAMAGED) {
		error_prefix(delivery->error, "%s: ", delivery->options->directory);
		return DELIVER_E_FAILED;
	}
	if (code && code != DELIVER_STATE_E_ABSENT)
		return fail(delivery, code, ".state cannot be read");
	return deliver_folder_begin(folder, deliver_state_number(delivery->before), delivery->error)
		       ? DELIVER_E_FAILED
		       : 0;
}

static int open_delivery(struct delivery *delivery)
{
	const struct deliver_options *options = delivery->options;
	void *mapping = (void *)(uintptr_t)options->mapping;
	int code = open_folder(delivery);

	if (code)
		return code;
	code = deliver_state_create(delivery->folder.draft, delivery->folder.number,
				    &delivery->after);
	if (!code)
		code = deliver_files_new(delivery->folder.draft,
					 options->max_bytes ? options->max_bytes
							    : DELIVER_FILE_MAX_BYTES,
					 deliver_rows_header, mapping, &delivery->files);
	if (!code)
		code = deliver_rows_init(&delivery->rows, options->mapping, delivery->files);
	delivery->ranking = code ? NULL : deliver_ranking_new(DELIVER_RANKING_MAX);
	if (!code && !delivery->ranking)
		code = -ENOMEM;
	return fail(delivery, code, "the delivery cannot be begun");
}

static void close_delivery(struct delivery *delivery)
{
	struct error ignored;

	deliver_ranking_free(delivery->ranking);
	deliver_rows_finish(&delivery->rows);
	deliver_files_free(delivery->files);
	deliver_state_discard(delivery->after);
	deliver_state_close(delivery->before);
	if (delivery->folder.draft >= 0)
		(void)deliver_folder_discard(&delivery->folder, &ignored);
	deliver_folder_close(&delivery->folder);
	free(delivery);
}

int deliver(const struct deliver_source *source, const struct deliver_options *options,
	    struct deliver_result *ret_result, struct error *error)
{
	struct deliver_result result = {0};
	struct delivery *delivery = calloc(1, sizeof(*delivery));
	int code;

	if (!delivery)
		return -ENOMEM;
	delivery->source = source;
	delivery->options = options;
	delivery->result = &result;
	delivery->error = error;
	delivery->today = calendar_day(source->calendar, source->as_of);
	delivery->folder = (struct deliver_folder){.folder = -1, .lock = -1, .draft = -1};
	code = open_delivery(delivery);
	if (!code)
		code = deliver_everybody(delivery);
	if (!code)
		code = commit(delivery);
	close_delivery(delivery);
	if (!code)
		*ret_result = result;
	return code;
}
