/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses what is added; the rest is a mail, which is given to the filter field by
 * field and in pieces, as a mail server does. What it is asked to change makes of the mail what
 * tracking made of it, byte for byte; a header that is a header can always be added to.
 */
#include "base/cleanup.h"
#include "commands/milter_mail.h"
#include "text/mime.h"
#include "track/rewrite.h"
#include "world.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECE_BYTES = 61 };

/* The field at the beginning of @rest with what goes on with it; none: the body begins. */
static bool give_field(struct milter_mail *mail, struct span *rest)
{
	size_t end = span_find(*rest, '\n', 0), colon = span_find(*rest, ':', 0);
	cleanup_free char *name = NULL, *value = NULL;

	if (colon == 0 || colon >= end)
		return false;
	for (size_t i = 0; i < colon; i++)
		if (rest->data[i] <= ' ' || rest->data[i] >= 0x7F)
			return false;
	while (end + 1 < rest->size && (rest->data[end + 1] == ' ' || rest->data[end + 1] == '\t'))
		end = span_find(*rest, '\n', end + 1);
	name = span_dup(span_slice(*rest, 0, colon));
	value = span_dup(span_slice(*rest, colon + 1, end - colon - 1));
	assert(name && value);
	milter_mail_add_field(mail, name, value);
	*rest = span_slice(*rest, end + 1, rest->size);
	return true;
}

static void give(struct milter_mail *mail, struct span rest)
{
	while (give_field(mail, &rest))
		;
	if (rest.size > 0 && rest.data[0] == '\n')
		rest = span_slice(rest, 1, rest.size);
	milter_mail_end_header(mail);
	for (size_t at = 0; at < rest.size; at += PIECE_BYTES)
		milter_mail_add_body(mail, span_slice(rest, at, PIECE_BYTES));
}

/* What a mail server makes of it is what tracking made of it. */
static void check_changes(const struct milter_mail *mail, struct span tracked,
			  const struct milter_difference *difference)
{
	cleanup_buffer struct buffer name = BUFFER_INIT, value = BUFFER_INIT;
	struct span before = buffer_span(&mail->message), fields = difference->fields;
	struct span body = span_slice(before, mail->header_bytes + 2, before.size);
	struct milter_mail after = MILTER_MAIL_INIT;

	buffer_append_span(&after.message, span_slice(before, 0, mail->header_bytes));
	while (milter_mail_next_field(&fields, &name, &value))
		milter_mail_add_field(&after, buffer_text(&name), buffer_text(&value));
	assert(fields.size == 0);
	milter_mail_end_header(&after);
	milter_mail_add_body(&after, difference->body_changed ? difference->body : body);
	assert(span_equal(buffer_span(&after.message), tracked));
	milter_mail_clear(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rewrite_options options = {
		.form = REWRITE_MIME,
		.has_prospect = true,
		.prospect = {.bytes = {1}},
	};
	struct milter_mail mail = MILTER_MAIL_INIT;
	struct milter_difference difference;
	struct rewrite_result *result = NULL;
	struct span message;

	if (!keyring)
		make_world();
	if (size == 0)
		return 0;
	options.trackers = trackers;
	options.tracker = trackers->primary;
	options.keyring = keyring;
	options.open_pixel = data[0] & 1;
	options.trap = data[0] & 2;
	options.unsubscribe = data[0] & 4;
	give(&mail, span_of(data + 1, size - 1));
	assert(mail.unfit == MILTER_FIT);
	message = buffer_span(&mail.message);
	assert(rewrite_message(message, &options, &result, NULL) == 0);
	if (milter_mail_compare(&mail, rewrite_output(result), &difference))
		check_changes(&mail, rewrite_output(result), &difference);
	else
		assert(mime_header_bytes(message) != mail.header_bytes);
	rewrite_result_free(result);
	milter_mail_clear(&mail);
	return 0;
}
