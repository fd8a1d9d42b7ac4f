/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events hold signals as they came, so what is asked of a request can be asked of its record for as
 * long as it is kept. What came from another system, or was told by the site's server, had no
 * request of the visitor's: that its headers are missing says nothing.
 */
#include "track/settle_record.h"

#include <jansson.h>
#include <stdlib.h>

#define TYPE(name) (UINT64_C(1) << EVENT_##name)
#define CONCERNED                                                                             \
	(TYPE(click) | TYPE(open) | TYPE(probe) | TYPE(view) | TYPE(leave) | TYPE(event) |    \
	 TYPE(search) | TYPE(download) | TYPE(purchase) | TYPE(submit) | TYPE(submit_error) | \
	 TYPE(confirm) | TYPE(login) | TYPE(sent))

enum { METHOD_CHOICE_HEAD = 2 };

static uint32_t read_bits(const struct event *event, bool https)
{
	const struct span *fields = event->fields;
	uint8_t signals = event_choice(event, EVENT_FIELD_signals);
	bool elsewhere = fields[EVENT_FIELD_source].data || fields[EVENT_FIELD_actor].data;
	uint32_t bits = 0;

	bits |= fields[EVENT_FIELD_language].size > 0 ? SETTLE_LANGUAGE : 0;
	bits |= fields[EVENT_FIELD_sec_fetch].size > 0 ? SETTLE_SEC_FETCH : 0;
	bits |= https ? SETTLE_HTTPS : 0;
	bits |= event_choice(event, EVENT_FIELD_method) == METHOD_CHOICE_HEAD ? SETTLE_HEAD : 0;
	bits |= verdict_is_prefetch(fields[EVENT_FIELD_purpose]) ? SETTLE_PREFETCH : 0;
	bits |= signals & SIGNAL_TRAP ? SETTLE_TRAP : 0;
	bits |= elsewhere ? SETTLE_NO_HEADERS : 0;
	return bits;
}

/* What the page says of itself: only a view and its leave are asked. */
static void read_props(struct span props, struct settle_event *to)
{
	json_t *object = json_loadb((const char *)props.data, props.size, 0, NULL);
	const char *view = json_string_value(json_object_get(object, "view"));
	json_int_t visible = json_integer_value(json_object_get(object, "visible_ms"));

	to->view = view ? strtoull(view, NULL, 16) : 0;
	if (visible > 0)
		to->visible_ms = visible > UINT32_MAX ? UINT32_MAX : (uint32_t)visible;
	if (json_is_true(json_object_get(object, "input")))
		to->bits |= SETTLE_INPUT;
	json_decref(object);
}

static void read_id(const struct event *event, enum event_field field, void *to, size_t size)
{
	struct span value = event->fields[field];

	if (value.size == size)
		memcpy(to, value.data, size);
}

void settle_record_address(const struct event *event, struct address *ret_address)
{
	struct span ip = event->fields[EVENT_FIELD_ip];

	*ret_address = (struct address){.known = ip.size == 4 || ip.size == 16};
	if (ip.size == 4)
		ret_address->bytes[10] = ret_address->bytes[11] = 0xff;
	if (ret_address->known)
		memcpy(ret_address->bytes + 16 - ip.size, ip.data, ip.size);
}

bool settle_record(const struct event *event, bool https, struct settle_event *ret_event)
{
	struct settle_event settled = {
		.time = event->time,
		.sequence = event->sequence,
		.type = event->type,
		.evidence = event_choice(event, EVENT_FIELD_evidence),
	};
	struct address address;

	if (!(CONCERNED >> event->type & 1))
		return false;
	settled.bits = read_bits(event, https);
	settle_record_address(event, &address);
	settled.network = address.known ? address_name(&address) : 0;
	read_id(event, EVENT_FIELD_link, &settled.link, sizeof(settled.link));
	read_id(event, EVENT_FIELD_mailing, &settled.mailing, sizeof(settled.mailing));
	read_id(event, EVENT_FIELD_visitor, &settled.visitor, sizeof(settled.visitor));
	if (event->type == EVENT_view || event->type == EVENT_leave)
		read_props(event->fields[EVENT_FIELD_props], &settled);
	*ret_event = settled;
	return true;
}
