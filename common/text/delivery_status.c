/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The enhanced code decides where there is one, since it tells more: "550 5.7.1" is a policy and
 * "550 5.1.1" an address that is not there. What is listed says that an address takes no mail; all
 * other permanent codes are about the mail, so that a code which nobody has thought of costs one
 * mail and not a reader.
 *
 * Without an enhanced code the step decides: servers that say no to RCPT with 550 mean the address.
 */
#include "text/delivery_status.h"

#include <stdio.h>

enum { SUBJECT_MAX = 999 };

/* RFC 3463 3, RFC 7505, RFC 7372; details of others are about the mail. */
static const struct {
	unsigned subject, detail;
	enum delivery_fault fault;
} faults[] = {
	{1, 0, DELIVERY_ADDRESS},  /* the address, without saying what */
	{1, 1, DELIVERY_ADDRESS},  /* no such mailbox */
	{1, 2, DELIVERY_ADDRESS},  /* no such domain */
	{1, 3, DELIVERY_ADDRESS},  /* no address by its form */
	{1, 6, DELIVERY_ADDRESS},  /* moved, nobody knows where to */
	{1, 7, DELIVERY_SENDER},   /* the sender's address by its form */
	{1, 8, DELIVERY_SENDER},   /* the sender's domain */
	{1, 9, DELIVERY_ADDRESS},  /* relayed to where no mail is taken */
	{1, 10, DELIVERY_ADDRESS}, /* the domain says that it takes no mail */
	{2, 1, DELIVERY_ADDRESS},  /* the mailbox is closed */
	{4, 4, DELIVERY_ADDRESS},  /* no way to the domain */
};

static bool read_number(struct span text, size_t *at, unsigned max, unsigned *ret_number)
{
	size_t start = *at;
	unsigned number = 0;

	while (*at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9' && number <= max)
		number = number * 10 + (unsigned)(text.data[(*at)++] - '0');
	if (*at == start || number > max)
		return false;
	*ret_number = number;
	return true;
}

static bool is_dot(struct span text, size_t *at)
{
	if (*at >= text.size || text.data[*at] != '.')
		return false;
	(*at)++;
	return true;
}

/* At *at, which moves behind it. */
static bool read_enhanced(struct span text, size_t *at, struct delivery_status *status)
{
	unsigned kind, subject, detail;

	if (!read_number(text, at, 5, &kind) || (kind != 2 && kind != 4 && kind != 5) ||
	    !is_dot(text, at) || !read_number(text, at, SUBJECT_MAX, &subject) ||
	    !is_dot(text, at) || !read_number(text, at, SUBJECT_MAX, &detail))
		return false;
	status->kind = kind;
	status->subject = subject;
	status->detail = detail;
	return true;
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void skip_space(struct span text, size_t *at)
{
	while (*at < text.size && is_space(text.data[*at]))
		(*at)++;
}

bool delivery_status_parse(struct span text, struct delivery_status *ret_status)
{
	struct delivery_status status = {0};
	size_t at = 0;

	skip_space(text, &at);
	if (!read_enhanced(text, &at, &status))
		return false;
	skip_space(text, &at);
	if (at != text.size)
		return false;
	*ret_status = status;
	return true;
}

bool delivery_status_parse_reply(struct span line, struct delivery_status *ret_status)
{
	struct delivery_status status = {0};
	size_t at = 0;

	if (!read_number(line, &at, 599, &status.code) || at != 3 || status.code < 200)
		return false;
	if (at < line.size && (line.data[at] == ' ' || line.data[at] == '-')) {
		at++;
		/* A text may begin with figures that are none, and then has no enhanced code. */
		if (!read_enhanced(line, &at, &status) ||
		    (at < line.size && !is_space(line.data[at])) ||
		    status.kind != status.code / 100)
			status.kind = status.subject = status.detail = 0;
	}
	*ret_status = status;
	return true;
}

void delivery_status_format(const struct delivery_status *status,
			    char ret_text[DELIVERY_STATUS_TEXT_BYTES])
{
	ret_text[0] = '\0';
	if (status->kind)
		(void)snprintf(ret_text, DELIVERY_STATUS_TEXT_BYTES, "%u.%u.%u", status->kind % 10,
			       status->subject % 1000, status->detail % 1000);
}

static enum delivery_fault fault_of_enhanced(const struct delivery_status *status)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].subject == status->subject && faults[i].detail == status->detail)
			return faults[i].fault;
	return DELIVERY_MESSAGE;
}

/* RFC 5321 4.2.3 and RFC 7504. */
static bool is_about_address(unsigned code)
{
	return code == 521 || code == 550 || code == 551 || code == 553 || code == 556;
}

enum delivery_fault delivery_fault_of_reply(const struct delivery_status *status,
					    enum delivery_step step)
{
	enum delivery_fault fault = DELIVERY_MESSAGE;

	if (status->code < 500)
		return DELIVERY_PASSES;
	if (step == DELIVERY_CONNECT)
		return DELIVERY_SENDER;
	/* A size that is announced with the sender and too much is that mail's. */
	if (step == DELIVERY_MAIL)
		return status->code == 552 ? DELIVERY_MESSAGE : DELIVERY_SENDER;
	if (status->kind)
		fault = fault_of_enhanced(status);
	else if (step == DELIVERY_RCPT && is_about_address(status->code))
		fault = DELIVERY_ADDRESS;
	/* Some say 5.5.0 to an address that is not there, with the code that means it. */
	if (step == DELIVERY_RCPT && status->code == 550 && status->kind && status->subject == 5 &&
	    status->detail == 0)
		fault = DELIVERY_ADDRESS;
	return fault;
}

enum delivery_fault delivery_fault_of_bounce(const struct delivery_status *status)
{
	enum delivery_fault fault;

	if (status->kind != 5 && (status->kind || status->code < 500))
		return DELIVERY_PASSES;
	if (!status->kind)
		return is_about_address(status->code) ? DELIVERY_ADDRESS : DELIVERY_MESSAGE;
	fault = fault_of_enhanced(status);
	return fault == DELIVERY_SENDER ? DELIVERY_MESSAGE : fault;
}
