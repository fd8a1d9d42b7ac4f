/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mail servers and bounces say, as any bytes: a status that is read is written the same, and a
 * bounce is judged. The same bytes are a message on its way to a server: no line end is left that
 * is not one of the protocol's, nothing else is lost, and sending it again changes nothing.
 */
#include "commands/mail_wire.h"
#include "track/bounce.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_status(const struct delivery_status *status)
{
	char text[DELIVERY_STATUS_TEXT_BYTES];
	struct delivery_status again;

	assert(status->code == 0 || (status->code >= 200 && status->code < 600));
	delivery_status_format(status, text);
	assert((text[0] != '\0') == (status->kind != 0));
	if (!text[0])
		return;
	assert(delivery_status_parse(span_text(text), &again));
	assert(again.kind == status->kind && again.subject == status->subject &&
	       again.detail == status->detail);
}

static void check_bounce(struct span input)
{
	size_t half = span_find(input, '\0', 0);
	struct span reason = span_slice(input, 0, half);
	struct span props = span_slice(input, half + (half < input.size), input.size);
	struct delivery_status status = {0};
	struct buffer text = BUFFER_INIT;

	(void)bounce_is_final(reason, props);
	if (delivery_status_parse_reply(input, &status) || delivery_status_parse(input, &status))
		check_status(&status);
	bounce_append_props(&text, &status);
	/* What has a status is judged by it. */
	if (status.code || status.kind)
		assert(bounce_is_final(SPAN(""), buffer_span(&text)) ==
			       (delivery_fault_of_bounce(&status) == DELIVERY_ADDRESS) ||
		       (status.kind == 5 && status.subject == 0));
	buffer_finish(&text);
}

static size_t count_others(struct span text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.size; i++)
		count += text.data[i] != '\r' && text.data[i] != '\n';
	return count;
}

static void check_wire(struct span message)
{
	struct buffer wire = BUFFER_INIT, again = BUFFER_INIT;
	const usec_t now = 1795262400 * USEC_PER_SEC;
	size_t added;

	assert(mail_wire_append(&wire, message, now) == 0);
	for (size_t i = 0; i < wire.size; i++) {
		assert(wire.data[i] != '\r' || (i + 1 < wire.size && wire.data[i + 1] == '\n'));
		assert(wire.data[i] != '\n' || (i > 0 && wire.data[i - 1] == '\r'));
	}
	added = count_others(buffer_span(&wire)) - count_others(message);
	assert(added == 0 || added == sizeof("Date: Sat, 21 Nov 2026 12:00:00 +0000") - 1);
	if (added == 0) {
		assert(mail_wire_append(&again, buffer_span(&wire), now) == 0);
		assert(span_equal(buffer_span(&again), buffer_span(&wire)));
	}
	buffer_finish(&wire);
	buffer_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_bounce(span_of(data, size));
	check_wire(span_of(data, size));
	return 0;
}
