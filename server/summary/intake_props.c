/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a page or a site's server says of an event beside its fields: which view it belongs to, how
 * long and how far the page was seen, what was searched for or bought. Nothing of it is trusted: a
 * number out of its range is cut, a text that is none is left out.
 */
#include "summary/intake_internal.h"

#include "base/encode.h"
#include "summary/props.h"
#include "track/money.h"

enum { VIEW_CHARS = 16, AMOUNT_MAX_BYTES = 32 };

/* "12.50" with the decimals of its currency; what does not fit is no amount. */
static int64_t minor_units(struct span amount, struct span currency)
{
	char text[MONEY_CHARS];
	int decimals = money_decimals(currency);
	int64_t units = 0;

	if (decimals < 0 || money_format(amount, decimals, text) != 0)
		return 0;
	for (const char *at = text; *at; at++) {
		if (units > (INT64_MAX - 9) / 10)
			return 0;
		if (*at != '.')
			units = units * 10 + (*at - '0');
	}
	return units;
}

struct sale {
	uint8_t amount[AMOUNT_MAX_BYTES], currency[3];
	size_t amount_bytes, currency_bytes;
};

static void keep(struct span text, uint8_t *to, size_t capacity, size_t *ret_size)
{
	*ret_size = text.size <= capacity ? text.size : 0;
	if (*ret_size > 0)
		memcpy(to, text.data, *ret_size);
}

static void take_view(const struct props_member *member, struct fact *fact)
{
	uint8_t view[sizeof(fact->view)];

	if (member->value.size == VIEW_CHARS && hex_parse(member->value, view, sizeof(view)) == 0)
		fact->view = get_u64(view);
}

/* Of a purchase. */
static int take_sale(struct intake *intake, const struct props_member *member, struct fact *fact,
		     struct sale *sale)
{
	struct span name = member->name, text = props_text(member, &intake->scratch);
	uint64_t number;

	if (span_equal(name, SPAN("product")))
		return text_ids_intern(intake->texts, text, &fact->product);
	if (span_equal(name, SPAN("order")))
		return text_ids_intern(intake->texts, text, &fact->order);
	if (span_equal(name, SPAN("currency"))) {
		keep(text, sale->currency, sizeof(sale->currency), &sale->currency_bytes);
		return text_ids_intern(intake->texts, text, &fact->currency);
	}
	if (span_equal(name, SPAN("amount"))) {
		keep(member->value, sale->amount, sizeof(sale->amount), &sale->amount_bytes);
	} else if (span_equal(name, SPAN("count"))) {
		number = props_number(member);
		fact->count = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
	}
	return 0;
}

static int take_member(struct intake *intake, const struct props_member *member, struct fact *fact,
		       struct sale *sale)
{
	struct span name = member->name;
	uint64_t number;

	if (span_equal(name, SPAN("view"))) {
		take_view(member, fact);
	} else if (span_equal(name, SPAN("visible_ms"))) {
		number = props_number(member);
		fact->visible_ms = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
	} else if (span_equal(name, SPAN("depth"))) {
		number = props_number(member);
		fact->depth = number < 100 ? (uint32_t)number : 100;
	} else if (span_equal(name, SPAN("input"))) {
		fact->bits |= props_is_true(member) ? FACT_INPUT : 0;
	} else if (fact->type == EVENT_purchase) {
		return take_sale(intake, member, fact, sale);
	} else if (fact->type == EVENT_search && span_equal(name, SPAN("term"))) {
		return text_ids_intern(intake->texts, props_text(member, &intake->scratch),
				       &fact->name);
	}
	return 0;
}

/* What the snippet writes begins with the view; behind it, or 0 where something else does. */
static size_t take_first_view(struct span props, struct fact *fact)
{
	static const struct span begin = {(const uint8_t *)"{\"view\":\"", 9};
	uint8_t view[sizeof(fact->view)];
	size_t end = begin.size + VIEW_CHARS;

	if (props.size <= end || !span_starts(props, begin) || props.data[end] != '"' ||
	    hex_parse(span_of(props.data + begin.size, VIEW_CHARS), view, sizeof(view)) != 0)
		return 0;
	fact->view = get_u64(view);
	return end + 1;
}

int intake_props(struct intake *intake, const struct event *event, struct fact *fact)
{
	struct span props = event->fields[EVENT_FIELD_props];
	struct sale sale = {.amount_bytes = 0};
	struct props_member member;
	size_t at = take_first_view(props, fact);
	int r = 0;

	while (!r && props_next(props, &at, &member))
		r = take_member(intake, &member, fact, &sale);
	if (sale.amount_bytes && sale.currency_bytes)
		fact->amount = minor_units(span_of(sale.amount, sale.amount_bytes),
					   span_of(sale.currency, sale.currency_bytes));
	return r;
}
