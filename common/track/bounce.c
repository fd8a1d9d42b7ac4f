/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every mailer has its own words for the two kinds of bounces, and most give the code of the server
 * that refused. A reason that is one word of a kind decides; then the code where it is about the
 * address; then words in a longer reason, of which a soft one wins, since a mail too many does less
 * harm than a reader who gets none.
 */
#include "track/bounce.h"

#include <jansson.h>
#include <stdlib.h>

static const char *const soft_kinds[] = {"soft", "blocked", "transient", "temporary",
					 "undetermined"};
static const char *const soft_words[] = {
	"soft", "transient", "tempora", "block", "undetermined", "policy", "spam",
	"full", "quota",     "defer",	"delay", "content",	 "size",   "timeout",
};
static const char *const hard_words[] = {"hard", "permanent", "invalid", "unknown", "not exist"};

static bool holds(struct span text, const char *word)
{
	struct span wanted = span_text(word);

	for (size_t i = 0; i + wanted.size <= text.size; i++)
		if (span_starts_nocase(span_slice(text, i, wanted.size), wanted))
			return true;
	return false;
}

static bool is_any(struct span text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal_nocase(text, span_text(words[i])))
			return true;
	return false;
}

static bool holds_any(struct span text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (holds(text, words[i]))
			return true;
	return false;
}

static void read_props(struct span props, struct delivery_status *ret_status)
{
	json_t *root =
		props.size ? json_loadb((const char *)props.data, props.size, 0, NULL) : NULL;
	const json_t *code = json_object_get(root, "code");
	const json_t *status = json_object_get(root, "status");

	*ret_status = (struct delivery_status){0};
	if (json_is_string(status))
		(void)delivery_status_parse(span_of(json_string_value(status),
						    json_string_length(status)),
					    ret_status);
	if (json_is_integer(code) && json_integer_value(code) >= 200 &&
	    json_integer_value(code) < 600)
		ret_status->code = (unsigned)json_integer_value(code);
	else if (json_is_string(code))
		ret_status->code = (unsigned)strtoul(json_string_value(code), NULL, 10) % 1000;
	json_decref(root);
}

/* Of the props, or else of a reason that is what the server said. */
static void read_status(struct span reason, struct span props, struct delivery_status *ret_status)
{
	read_props(props, ret_status);
	if (!ret_status->kind && !ret_status->code &&
	    !delivery_status_parse_reply(span_trim(reason), ret_status))
		(void)delivery_status_parse(reason, ret_status);
}

static bool passes(const struct delivery_status *status)
{
	return status->kind ? status->kind != 5 : status->code != 0 && status->code < 500;
}

/* "5.0.0": it is for good, and nobody says why. */
static bool says_nothing(const struct delivery_status *status)
{
	if (status->kind)
		return status->kind == 5 && status->subject == 0;
	return status->code == 0;
}

bool bounce_is_final(struct span reason, struct span props)
{
	struct delivery_status status;

	if (is_any(reason, soft_kinds, sizeof(soft_kinds) / sizeof(soft_kinds[0])))
		return false;
	read_status(reason, props, &status);
	if (passes(&status))
		return false;
	if (delivery_fault_of_bounce(&status) == DELIVERY_ADDRESS)
		return true;
	if (holds_any(reason, soft_words, sizeof(soft_words) / sizeof(soft_words[0])))
		return false;
	if (says_nothing(&status))
		return true;
	return holds_any(reason, hard_words, sizeof(hard_words) / sizeof(hard_words[0]));
}

void bounce_append_props(struct buffer *to, const struct delivery_status *status)
{
	char text[DELIVERY_STATUS_TEXT_BYTES];
	const char *comma = "";

	delivery_status_format(status, text);
	buffer_append_text(to, "{");
	if (status->code) {
		buffer_printf(to, "\"code\":%u", status->code);
		comma = ",";
	}
	if (text[0])
		buffer_printf(to, "%s\"status\":\"%s\"", comma, text);
	buffer_append_text(to, "}");
}
