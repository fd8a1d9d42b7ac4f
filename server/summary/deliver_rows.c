/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row is known by person, kind and sub, and judged by a mark of its bytes. Rows are made in the
 * order of kind and sub, so what was delivered before is walked beside them.
 *
 * A member is inserted once and updated then, since the CRM lets nobody change whose and of which
 * campaign it is. A task is delivered once: what becomes of it is for whoever has it. What was
 * delivered and is no more, such as a member whose click turned out to be a machine's, is named in
 * removed.csv.
 */
#include "summary/deliver_rows.h"

#include "base/encode.h"
#include "summary/deliver.h"
#include "summary/deliver_ranking.h"

#include <errno.h>

#define CAMPAIGN_ID "Waymark_Campaign__c"

enum { MARK_CHARS = 16 };

int deliver_rows_init(struct deliver_rows *rows, const struct deliver_mapping *mapping,
		      struct deliver_files *files)
{
	*rows = (struct deliver_rows){.mapping = mapping, .files = files};
	rows->digest = digest_new();
	return rows->digest ? 0 : -ENOMEM;
}

void deliver_rows_finish(struct deliver_rows *rows)
{
	digest_free(rows->digest);
	buffer_finish(&rows->row);
	free(rows->before);
	free(rows->after);
	*rows = (struct deliver_rows){0};
}

static void append(struct deliver_rows *rows, struct deliver_entry **entries, size_t *count,
		   size_t *room, const struct deliver_entry *entry)
{
	if (*count == *room) {
		size_t more = *room ? *room * 2 : 16;
		struct deliver_entry *grown = realloc(*entries, more * sizeof(*grown));

		if (!grown) {
			rows->error = -ENOMEM;
			return;
		}
		*entries = grown;
		*room = more;
	}
	(*entries)[(*count)++] = *entry;
}

void deliver_rows_put_before(struct deliver_rows *rows, const struct deliver_entry *entry)
{
	append(rows, &rows->before, &rows->before_count, &rows->before_room, entry);
}

void deliver_rows_clear(struct deliver_rows *rows)
{
	rows->before_count = 0;
	rows->after_count = 0;
}

static uint64_t mark_of(struct deliver_rows *rows, struct span row)
{
	char text[DIGEST_TEXT_BYTES];
	uint8_t mark[8] = {0};

	digest_add(rows->digest, row);
	digest_finish(rows->digest, text);
	(void)hex_parse(span_of(text, MARK_CHARS), mark, sizeof(mark));
	return get_u64(mark);
}

static const struct deliver_entry *find_before(const struct deliver_rows *rows,
					       const struct deliver_entry *entry)
{
	for (size_t i = 0; i < rows->before_count; i++)
		if (deliver_entry_compare(&rows->before[i], entry) == 0)
			return &rows->before[i];
	return NULL;
}

static void begin_row(struct deliver_rows *rows, struct csv_row *row)
{
	buffer_clear(&rows->row);
	*row = (struct csv_row){.to = &rows->row};
}

/* Keep the row's mark. Return: whether it differs from what was delivered. */
static bool judge_row(struct deliver_rows *rows, const struct deliver_item *item, uint8_t kind,
		      uint64_t sub, bool *ret_known)
{
	struct deliver_entry entry = {.person = item->person, .kind = kind, .sub = sub};
	const struct deliver_entry *before = find_before(rows, &entry);

	if (rows->row.error) {
		rows->error = rows->row.error;
		return false;
	}
	entry.mark = mark_of(rows, buffer_span(&rows->row));
	append(rows, &rows->after, &rows->after_count, &rows->after_room, &entry);
	*ret_known = before != NULL;
	return !before || before->mark != entry.mark;
}

static void add_row(struct deliver_rows *rows, enum deliver_file file)
{
	deliver_files_add(rows->files, file, buffer_span(&rows->row));
}

static void write_person(struct deliver_rows *rows, const struct deliver_item *item)
{
	json_t *json = deliver_person_json(item);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	bool known;

	json_decref(json);
	buffer_clear(&rows->row);
	if (text) {
		buffer_append_text(&rows->row, text);
		buffer_append_byte(&rows->row, '\n');
	} else {
		rows->error = -ENOMEM;
	}
	free(text);
	if (!rows->error && judge_row(rows, item, DELIVER_KIND_PERSON, 0, &known))
		add_row(rows, DELIVER_FILE_persons);
}

/* Handle in hexadecimal where @is_it, else an empty cell: one of two columns leads to them. */
static void add_reference(struct csv_row *row, const struct deliver_item *item, bool is_it)
{
	char text[2 * sizeof(item->person) + 1];

	hex_format(&item->person, sizeof(item->person), text);
	csv_row_plain(row, is_it ? span_text(text) : SPAN(""));
}

static void write_record(struct deliver_rows *rows, const struct deliver_item *item,
			 enum deliver_object object)
{
	struct csv_row row;
	bool known;

	begin_row(rows, &row);
	deliver_columns_write(&rows->mapping->columns[object], item, true, &row);
	csv_row_end(&row);
	if (judge_row(rows, item, DELIVER_KIND_RECORD, object, &known))
		add_row(rows, object == DELIVER_LEAD ? DELIVER_FILE_lead : DELIVER_FILE_contact);
}

static void write_summary(struct deliver_rows *rows, const struct deliver_item *item,
			  enum deliver_object object)
{
	struct csv_row row;
	bool known;

	begin_row(rows, &row);
	add_reference(&row, item, object == DELIVER_LEAD);
	add_reference(&row, item, object == DELIVER_CONTACT);
	deliver_columns_write(&rows->mapping->columns[DELIVER_INTERACTIONS], item, true, &row);
	csv_row_end(&row);
	if (judge_row(rows, item, DELIVER_KIND_SUMMARY, 0, &known))
		add_row(rows, DELIVER_FILE_summary);
}

static uint64_t sub_of_campaign(const struct campaign_id *campaign)
{
	return (uint64_t)get_u32(campaign->bytes) << 32;
}

static void write_member(struct deliver_rows *rows, const struct deliver_item *item,
			 enum deliver_object object)
{
	const struct deliver_columns *columns = &rows->mapping->columns[DELIVER_CAMPAIGN_MEMBER];
	const struct campaign_id *campaign = &item->response->campaign;
	struct csv_row row;
	struct span name;
	bool known;

	begin_row(rows, &row);
	deliver_columns_write(columns, item, true, &row);
	csv_row_end(&row);
	if (!judge_row(rows, item, DELIVER_KIND_MEMBER, sub_of_campaign(campaign), &known))
		return;
	if (known) {
		add_row(rows, DELIVER_FILE_member_changed);
		return;
	}
	begin_row(rows, &row);
	add_reference(&row, item, object == DELIVER_LEAD);
	add_reference(&row, item, object == DELIVER_CONTACT);
	name = item->names->name(item->names->context, NAME_CAMPAIGN, campaign);
	csv_row_text(&row, name, 0, false);
	deliver_columns_write(columns, item, false, &row);
	csv_row_end(&row);
	add_row(rows, DELIVER_FILE_member_new);
}

static int compare_responses(const void *a, const void *b)
{
	const struct person_response *const *left = a, *const *right = b;

	return memcmp(&(*left)->campaign, &(*right)->campaign, sizeof((*left)->campaign));
}

/* In the order of campaign ids, which is that of the state. */
static void write_members(struct deliver_rows *rows, struct deliver_item *item,
			  enum deliver_object object)
{
	const struct person_response *sorted[PERSON_RESPONSES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < item->summary->responses.count && count < PERSON_RESPONSES_MAX;
	     i++) {
		const struct person_response *response = &item->summary->responses.rows[i];

		if (!id_is_zero(&response->campaign, sizeof(response->campaign)) &&
		    deliver_stage_of(response) != DELIVER_STAGE_NONE)
			sorted[count++] = response;
	}
	qsort(sorted, count, sizeof(sorted[0]), compare_responses);
	for (size_t i = 0; i < count; i++) {
		item->response = sorted[i];
		if (item->names->name(item->names->context, NAME_CAMPAIGN, &sorted[i]->campaign)
			    .size > 0)
			write_member(rows, item, object);
	}
	item->response = NULL;
}

static void write_task(struct deliver_rows *rows, const struct deliver_item *item,
		       enum deliver_object object)
{
	struct csv_row row;

	begin_row(rows, &row);
	add_reference(&row, item, true);
	deliver_columns_write(&rows->mapping->columns[DELIVER_TASK_OBJECT], item, false, &row);
	csv_row_end(&row);
	if (rows->row.error)
		rows->error = rows->row.error;
	else
		add_row(rows, object == DELIVER_LEAD ? DELIVER_FILE_task_lead
						     : DELIVER_FILE_task_contact);
}

static int compare_entries(const void *a, const void *b)
{
	return deliver_entry_compare(a, b);
}

/* Those of before stay known, so that none is delivered twice. */
static void write_tasks(struct deliver_rows *rows, const struct deliver_item *item,
			enum deliver_object object)
{
	struct deliver_entry entry = {.person = item->person,
				      .kind = DELIVER_KIND_TASK,
				      .sub = item->follow_up.sequence};
	size_t first = rows->after_count;

	for (size_t i = 0; i < rows->before_count; i++)
		if (rows->before[i].kind == DELIVER_KIND_TASK)
			append(rows, &rows->after, &rows->after_count, &rows->after_room,
			       &rows->before[i]);
	if (!item->follow_up.overdue || find_before(rows, &entry))
		return;
	append(rows, &rows->after, &rows->after_count, &rows->after_room, &entry);
	if (rows->error)
		return;
	qsort(rows->after + first, rows->after_count - first, sizeof(*rows->after),
	      compare_entries);
	write_task(rows, item, object);
}

static bool is_after(const struct deliver_rows *rows, const struct deliver_entry *entry)
{
	for (size_t i = 0; i < rows->after_count; i++)
		if (deliver_entry_compare(&rows->after[i], entry) == 0)
			return true;
	return false;
}

static void write_removed(struct deliver_rows *rows, const struct deliver_item *item)
{
	for (size_t i = 0; i < rows->before_count; i++) {
		const struct deliver_entry *entry = &rows->before[i];
		char person[2 * sizeof(item->person) + 1];
		cleanup_buffer struct buffer id = BUFFER_INIT;
		struct csv_row row;

		if (entry->kind != DELIVER_KIND_MEMBER || is_after(rows, entry))
			continue;
		hex_format(&item->person, sizeof(item->person), person);
		buffer_printf(&id, "%s-%08x", person, (unsigned)(entry->sub >> 32));
		begin_row(rows, &row);
		csv_row_plain(&row, SPAN("CampaignMember"));
		csv_row_plain(&row, SPAN("Waymark_Member_Id__c"));
		csv_row_plain(&row, buffer_span(&id));
		csv_row_end(&row);
		add_row(rows, DELIVER_FILE_removed);
	}
}

void deliver_rows_person(struct deliver_rows *rows, const struct deliver_item *item)
{
	enum deliver_object object = deliver_mapping_object(rows->mapping, item);
	struct deliver_item one = *item;

	write_person(rows, item);
	if (item->identity->address.size > 0) {
		write_record(rows, item, object);
		write_summary(rows, item, object);
		write_members(rows, &one, object);
		write_tasks(rows, item, object);
		write_removed(rows, item);
	}
}

void deliver_rows_erased(struct deliver_rows *rows, const struct handle *person)
{
	struct deliver_item item = {.person = *person};
	struct csv_row row;

	begin_row(rows, &row);
	add_reference(&row, &item, true);
	csv_row_end(&row);
	add_row(rows, DELIVER_FILE_erased);
}

void deliver_rows_merged(struct deliver_rows *rows, const struct handle *person,
			 const struct handle *into)
{
	struct deliver_item item = {.person = *person}, kept = {.person = *into};
	struct csv_row row;

	begin_row(rows, &row);
	add_reference(&row, &item, true);
	add_reference(&row, &kept, true);
	csv_row_end(&row);
	add_row(rows, DELIVER_FILE_merged);
}

/* What the id of a person is called there. */
static const char *id_column(const struct deliver_mapping *mapping, enum deliver_object object)
{
	const struct deliver_columns *columns = &mapping->columns[object];

	for (size_t i = 0; i < columns->count; i++)
		if (columns->items[i].value && strcmp(columns->items[i].value->name, "id") == 0)
			return columns->items[i].name;
	return "Waymark_Id__c";
}

static void add_reference_names(const struct deliver_mapping *mapping, const char *lead,
				const char *contact, struct csv_row *row)
{
	cleanup_buffer struct buffer name = BUFFER_INIT;

	buffer_printf(&name, "%s.%s", lead, id_column(mapping, DELIVER_LEAD));
	csv_row_plain(row, buffer_span(&name));
	buffer_clear(&name);
	buffer_printf(&name, "%s.%s", contact, id_column(mapping, DELIVER_CONTACT));
	csv_row_plain(row, buffer_span(&name));
}

static void add_task_reference(const struct deliver_mapping *mapping, enum deliver_object object,
			       struct csv_row *row)
{
	cleanup_buffer struct buffer name = BUFFER_INIT;

	buffer_printf(&name, "%s:Who.%s", deliver_object_name(object), id_column(mapping, object));
	csv_row_plain(row, buffer_span(&name));
}

static void add_object_header(const struct deliver_mapping *mapping, enum deliver_file file,
			      struct csv_row *row)
{
	enum deliver_object object = DELIVER_LEAD;

	if (file == DELIVER_FILE_contact) {
		object = DELIVER_CONTACT;
	} else if (file == DELIVER_FILE_summary) {
		object = DELIVER_INTERACTIONS;
		add_reference_names(mapping, "Waymark_Lead__r", "Waymark_Contact__r", row);
	} else if (file == DELIVER_FILE_member_new || file == DELIVER_FILE_member_changed) {
		object = DELIVER_CAMPAIGN_MEMBER;
	} else if (file == DELIVER_FILE_task_lead || file == DELIVER_FILE_task_contact) {
		object = DELIVER_TASK_OBJECT;
		add_task_reference(mapping,
				   file == DELIVER_FILE_task_lead ? DELIVER_LEAD : DELIVER_CONTACT,
				   row);
	}
	if (file == DELIVER_FILE_member_new) {
		add_reference_names(mapping, "Lead", "Contact", row);
		csv_row_plain(row, SPAN("Campaign." CAMPAIGN_ID));
	}
	deliver_columns_header(&mapping->columns[object], row);
	csv_row_end(row);
}

void deliver_rows_header(void *context, enum deliver_file file, struct buffer *to)
{
	const struct deliver_mapping *mapping = context;
	struct csv_row row = {.to = to};

	switch (file) {
	case DELIVER_FILE_persons:
	case DELIVER_FILE_companies:
	case DELIVER_FILE_COUNT:
		break;
	case DELIVER_FILE_ranking:
		deliver_ranking_header(to);
		break;
	case DELIVER_FILE_removed:
		csv_row_plain(&row, SPAN("Object"));
		csv_row_plain(&row, SPAN("ExternalIdField"));
		csv_row_plain(&row, SPAN("ExternalId"));
		csv_row_end(&row);
		break;
	case DELIVER_FILE_erased:
		csv_row_plain(&row, span_text(id_column(mapping, DELIVER_LEAD)));
		csv_row_end(&row);
		break;
	case DELIVER_FILE_merged:
		csv_row_plain(&row, span_text(id_column(mapping, DELIVER_LEAD)));
		csv_row_plain(&row, SPAN("Merged_Into"));
		csv_row_end(&row);
		break;
	case DELIVER_FILE_lead:
	case DELIVER_FILE_contact:
	case DELIVER_FILE_summary:
	case DELIVER_FILE_member_new:
	case DELIVER_FILE_member_changed:
	case DELIVER_FILE_task_lead:
	case DELIVER_FILE_task_contact:
		add_object_header(mapping, file, &row);
		break;
	}
}
