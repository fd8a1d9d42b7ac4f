/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ids of totals stand for, by the layouts of totals.h.
 *
 * A name that is gone (an erased list, a pruned link, a text that
 * a rebuild did not meet again) leaves the row with its id, and its figures as they are.
 */
#include "summary/report_gather.h"

#include "base/encode.h"
#include "summary/fold.h"
#include "summary/report_text.h"
#include "summary/rules.h"
#include "summary/source.h"
#include "track/money.h"
#include "track/verdict_rules.h"

#include <inttypes.h>

enum { LINK_ARENA_BYTES = 1 << 16 };

static struct span text_of(struct gather *gather, const uint8_t *id)
{
	return gather_plain(gather, summary_text(gather->summary, get_u32(id)));
}

static struct span name_of(struct gather *gather, enum name_kind kind, const void *id)
{
	if (id_is_zero(id, name_kind_id_bytes(kind)))
		return (struct span){0};
	return gather_plain(gather, summary_name(gather->summary, kind, id));
}

/* Its label if the mail has one, else where it leads. */
static void name_link(struct gather *gather, const uint8_t *id, struct report_row *row)
{
	struct arena arena = ARENA_INIT(LINK_ARENA_BYTES);
	struct link_id link_id;
	struct link link;

	memcpy(&link_id, id, sizeof(link_id));
	if (link_find(gather->app->store, &link_id, &arena, &link) == 0) {
		struct span label = link.label.size > 0 ? link.label : link.slug;
		struct span url = link.url.size > 0 ? link.url : link.destination;

		row->name = gather_plain(gather, label.size > 0 ? label : url);
		if (label.size > 0)
			row->detail = gather_plain(gather, url);
	}
	arena_finish(&arena);
}

static void name_group(struct gather *gather, const uint8_t *id, struct report_row *row)
{
	const struct summary_rules *rules = summary_fold_context(gather->summary)->rules;
	uint16_t number = get_u16(id);

	if (rules && number < rules->group_count)
		row->name = gather_plain(gather, span_text(rules->groups[number].name));
}

/* summary/totals.h: class 1, what it names 4, utm_medium 4. */
static void name_source(struct gather *gather, const uint8_t *id, struct report_row *row)
{
	enum source_class class = id[0];

	if (class >= SOURCE_CLASS_COUNT)
		return;
	row->id = span_text(source_class_name(class));
	row->name = class == SOURCE_MAIL || class == SOURCE_LINK
			    ? name_of(gather, NAME_CAMPAIGN, id + 1)
			    : text_of(gather, id + 1);
	row->detail = text_of(gather, id + 5);
}

static void name_reason(const uint8_t *id, struct report_row *row)
{
	const struct verdict_rule_row *rule =
		id[0] < VERDICT_RULE_COUNT ? verdict_rule_row((enum verdict_rule)id[0]) : NULL;

	if (rule && rule->name) {
		row->name = span_text(rule->name);
		row->detail = span_text(rule->why);
	}
}

static void name_by_id(struct gather *gather, enum name_kind kind, struct span id,
		       struct report_row *row)
{
	row->id = gather_hex(gather, id.data, id.size);
	row->name = name_of(gather, kind, id.data);
}

void gather_names(struct gather *gather, enum total_kind kind, struct span id,
		  struct report_row *row)
{
	switch (kind) {
	case TOTAL_KIND_campaign:
		name_by_id(gather, NAME_CAMPAIGN, id, row);
		return;
	case TOTAL_KIND_mailing:
		name_by_id(gather, NAME_MAILING, id, row);
		return;
	case TOTAL_KIND_form:
		name_by_id(gather, NAME_FORM, id, row);
		return;
	case TOTAL_KIND_list:
		name_by_id(gather, NAME_LIST, id, row);
		return;
	case TOTAL_KIND_link:
		row->id = gather_hex(gather, id.data, id.size);
		name_link(gather, id.data, row);
		return;
	case TOTAL_KIND_group:
		name_group(gather, id.data, row);
		return;
	case TOTAL_KIND_source:
		name_source(gather, id.data, row);
		return;
	case TOTAL_KIND_reason:
		name_reason(id.data, row);
		return;
	case TOTAL_KIND_product:
		row->name = text_of(gather, id.data);
		gather_amount(gather, &row->amount, row->counts[TOTAL_amount],
			      summary_text(gather->summary, get_u32(id.data + 4)));
		return;
	case TOTAL_KIND_tracker:
	case TOTAL_KIND_page:
	case TOTAL_KIND_currency:
	case TOTAL_KIND_term:
	case TOTAL_KIND_name:
		row->name = text_of(gather, id.data);
		return;
	case TOTAL_KIND_all:
	case TOTAL_KIND_campaign_sale:
	case TOTAL_KIND_gap:
	case TOTAL_KIND_COUNT:
		return;
	}
}

static void append_money(struct buffer *to, int64_t amount, int decimals)
{
	int64_t unit = 1;

	for (int i = 0; i < decimals; i++)
		unit *= 10;
	if (amount < 0 && amount / unit == 0)
		buffer_append_byte(to, '-');
	report_count_append(to, amount / unit);
	if (decimals > 0)
		buffer_printf(to, ".%0*" PRId64, decimals,
			      amount < 0 ? -(amount % unit) : amount % unit);
}

void gather_amount(struct gather *gather, struct span *amount, int64_t number, struct span currency)
{
	struct buffer text = BUFFER_INIT;
	int decimals = money_decimals(currency);

	if (number == 0)
		return;
	if (amount->size > 0) {
		buffer_append_span(&text, *amount);
		buffer_append_text(&text, ", ");
	}
	append_money(&text, number, decimals < 0 ? 0 : decimals);
	if (currency.size > 0) {
		buffer_append_byte(&text, ' ');
		buffer_append_span(&text, currency);
	}
	if (!text.error)
		*amount = gather_plain(gather, buffer_span(&text));
	buffer_finish(&text);
}
