/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule of the HTML Standard for <input type=email>, so that whatever a browser lets through is
 * taken and whatever it stops is refused, with and without a script in the page. Written out rather
 * than as a regular expression: it looks at each byte once.
 */
#include "text/email_address.h"

#include "base/encode.h"
#include "text/url.h"

enum { LABEL_MAX_BYTES = 63, FULL_WIDTH_FIRST = 0xFF01, FULL_WIDTH_LAST = 0xFF5E };

static bool is_alphanumeric(uint8_t byte)
{
	uint8_t lower = byte | 0x20;

	return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9');
}

static bool is_local_byte(uint8_t byte)
{
	return byte != 0 && (is_alphanumeric(byte) || strchr(".!#$%&'*+/=?^_`{|}~-", byte) != NULL);
}

/* Letters, digits and hyphens, the latter not at the ends. */
static bool is_label(struct span label)
{
	if (label.size == 0 || label.size > LABEL_MAX_BYTES)
		return false;
	for (size_t i = 0; i < label.size; i++) {
		bool at_end = i == 0 || i + 1 == label.size;

		if (!is_alphanumeric(label.data[i]) && (at_end || label.data[i] != '-'))
			return false;
	}
	return true;
}

static bool is_domain(struct span domain)
{
	for (size_t at = 0; at <= domain.size;) {
		size_t end = span_find(domain, '.', at);

		if (!is_label(span_slice(domain, at, end - at)))
			return false;
		at = end + 1;
	}
	return true;
}

bool email_address_is_valid(struct span address)
{
	size_t at = span_find(address, '@', 0);

	if (at == 0 || at == address.size)
		return false;
	for (size_t i = 0; i < at; i++)
		if (!is_local_byte(address.data[i]))
			return false;
	return is_domain(span_slice(address, at + 1, address.size));
}

struct span email_address_domain(struct span address)
{
	for (size_t at = address.size; at > 0; at--)
		if (address.data[at - 1] == '@')
			return span_slice(address, at, address.size);
	return span_of(NULL, 0);
}

static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] > 0x7F)
			return false;
	return true;
}

/* What ends or escapes a host in a URL would be read as something else there. */
static bool could_be_host(struct span domain)
{
	for (size_t i = 0; i < domain.size; i++)
		if (domain.data[i] < 0x80 && !is_alphanumeric(domain.data[i]) &&
		    domain.data[i] != '-' && domain.data[i] != '.')
			return false;
	return domain.size > 0;
}

void email_address_append_ascii(struct buffer *to, struct span address)
{
	struct span domain = email_address_domain(address);
	struct buffer text = BUFFER_INIT;
	struct url url;
	bool known = false;

	if (!is_ascii(domain) && could_be_host(domain)) {
		buffer_append_text(&text, "http://");
		buffer_append_span(&text, domain);
		known = !text.error && url_parse(buffer_span(&text), &url) == 0 &&
			!url.host_is_address;
		if (text.error)
			to->error = text.error;
	}
	buffer_finish(&text);
	buffer_append_span(to, span_slice(address, 0, address.size - (known ? domain.size : 0)));
	if (known)
		buffer_append_text(to, url.host);
}

void email_address_append_narrow(struct buffer *to, struct span text)
{
	enum { IDEOGRAPHIC_SPACE = 0x3000 };

	for (size_t at = 0; at < text.size;) {
		size_t from = at;
		uint32_t point = utf8_next(text, &at);

		if (point >= FULL_WIDTH_FIRST && point <= FULL_WIDTH_LAST)
			buffer_append_byte(to, (uint8_t)(point - FULL_WIDTH_FIRST + '!'));
		else if (point == IDEOGRAPHIC_SPACE)
			buffer_append_byte(to, ' ');
		else
			buffer_append_span(to, span_slice(text, from, at - from));
	}
}

/* The first letter of @text, whole, and what stands for the rest. */
static void append_first(struct buffer *to, struct span text)
{
	size_t end = 0;

	if (text.size > 0)
		(void)utf8_next(text, &end);
	/* A name of one letter would stand there whole. */
	if (end < text.size)
		buffer_append_span(to, span_slice(text, 0, end));
	buffer_append_text(to, "•••");
}

void email_address_append_masked(struct buffer *to, struct span address)
{
	struct span domain = email_address_domain(address);
	size_t dot = domain.size;

	while (dot > 0 && domain.data[dot - 1] != '.')
		dot--;
	append_first(to,
		     span_slice(address, 0, address.size - domain.size - (domain.data ? 1 : 0)));
	if (!domain.data)
		return;
	buffer_append_byte(to, '@');
	append_first(to, span_slice(domain, 0, dot > 0 ? dot - 1 : domain.size));
	if (dot > 0)
		buffer_append_span(to, span_slice(domain, dot - 1, domain.size - dot + 1));
}
