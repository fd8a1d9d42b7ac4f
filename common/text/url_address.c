/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that are IP addresses, as browsers read them (URL Standard 3.5) and write them (3.6).
 *
 * IPv4 is generous: one to four numbers, each decimal, octal (leading 0) or hexadecimal (leading
 * 0x), the last one filling the remaining bytes, so that "0x7f.1" is 127.0.0.1. Everything whose
 * last label is a number is an IPv4 address or refused, because resolvers would read it as one.
 * IPv6 is RFC 4291 text, written back compressed.
 */
#include "text/url_pieces.h"

#include <stdio.h>

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

int url_hex_digit(uint8_t byte)
{
	if (is_digit(byte))
		return byte - '0';
	byte |= 32;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* One number of an IPv4 address; what does not fit 33 bits saturates, which every limit refuses. */
static int parse_number(struct span text, uint64_t *ret_number)
{
	uint64_t number = 0;
	unsigned base = 10;

	if (text.size == 0)
		return URL_E_INVALID;
	if (span_starts_nocase(text, SPAN("0x"))) {
		base = 16;
		text = span_slice(text, 2, text.size);
	} else if (text.size > 1 && text.data[0] == '0') {
		base = 8;
		text = span_slice(text, 1, text.size);
	}
	for (size_t i = 0; i < text.size; i++) {
		int digit = url_hex_digit(text.data[i]);

		if (digit < 0 || (unsigned)digit >= base)
			return URL_E_INVALID;
		number = number * base + (unsigned)digit;
		if (number > UINT32_MAX)
			number = (uint64_t)UINT32_MAX + 1;
	}
	*ret_number = number;
	return 0;
}

bool url_ends_in_number(struct span text)
{
	struct span last;
	uint64_t number;
	size_t from;

	if (text.size > 1 && text.data[text.size - 1] == '.')
		text.size--;
	from = text.size;
	while (from > 0 && text.data[from - 1] != '.')
		from--;
	last = span_slice(text, from, text.size);
	for (from = 0; from < last.size && is_digit(last.data[from]);)
		from++;
	return (last.size > 0 && from == last.size) || parse_number(last, &number) == 0;
}

int url_ipv4_parse(struct span text, char ret_host[URL_ADDRESS_BYTES])
{
	uint64_t numbers[4], address;
	size_t count = 0, at = 0;

	if (text.size > 1 && text.data[text.size - 1] == '.')
		text.size--;
	for (;;) {
		size_t dot = span_find(text, '.', at);

		if (count == 4 || parse_number(span_slice(text, at, dot - at), &numbers[count]))
			return URL_E_INVALID;
		count++;
		if (dot == text.size)
			break;
		at = dot + 1;
	}
	address = numbers[count - 1];
	if (address >> (8 * (5 - count)))
		return URL_E_INVALID;
	for (size_t i = 0; i + 1 < count; i++) {
		if (numbers[i] > 255)
			return URL_E_INVALID;
		address |= numbers[i] << (8 * (3 - i));
	}
	(void)snprintf(ret_host, URL_ADDRESS_BYTES, "%u.%u.%u.%u", (unsigned)(address >> 24) & 255,
		       (unsigned)(address >> 16) & 255, (unsigned)(address >> 8) & 255,
		       (unsigned)address & 255);
	return 0;
}

/* The four decimal numbers that may end an IPv6 address, as two of its pieces. */
static int parse_embedded_ipv4(struct span text, uint16_t pieces[2])
{
	unsigned numbers[4];
	size_t at = 0;

	for (size_t i = 0; i < 4; i++) {
		size_t start;

		if (i > 0 && (at >= text.size || text.data[at++] != '.'))
			return URL_E_INVALID;
		start = at;
		numbers[i] = 0;
		while (at < text.size && is_digit(text.data[at]) && numbers[i] <= 255)
			numbers[i] = numbers[i] * 10 + (text.data[at++] - '0');
		if (at == start || numbers[i] > 255 || (at > start + 1 && text.data[start] == '0'))
			return URL_E_INVALID;
	}
	if (at != text.size)
		return URL_E_INVALID;
	pieces[0] = (uint16_t)(numbers[0] << 8 | numbers[1]);
	pieces[1] = (uint16_t)(numbers[2] << 8 | numbers[3]);
	return 0;
}

/*
 * Pieces of @text from @at up to its end or to "::"; the index after the last one taken comes
 * back in @ret_count.
 */
static int parse_groups(struct span text, size_t *at, uint16_t pieces[8], size_t *ret_count)
{
	size_t count = 0;

	while (*at < text.size) {
		size_t start = *at;
		unsigned value = 0;

		while (*at < text.size && *at - start < 4 && url_hex_digit(text.data[*at]) >= 0)
			value = value * 16 + (unsigned)url_hex_digit(text.data[(*at)++]);
		if (*at < text.size && text.data[*at] == '.') {
			if (count > 6 ||
			    parse_embedded_ipv4(span_slice(text, start, text.size), pieces + count))
				return URL_E_INVALID;
			*at = text.size;
			count += 2;
			break;
		}
		if (*at == start || count == 8)
			return URL_E_INVALID;
		pieces[count++] = (uint16_t)value;
		if (*at == text.size)
			break;
		if (text.data[(*at)++] != ':' || *at == text.size)
			return URL_E_INVALID;
		if (text.data[*at] == ':')
			break;
	}
	*ret_count = count;
	return 0;
}

/* The longest run of zero pieces, at least two long, the first one of equals. */
static void find_zero_run(const uint16_t pieces[8], size_t *ret_from, size_t *ret_size)
{
	*ret_from = 8;
	*ret_size = 1;
	for (size_t from = 0; from < 8; from++) {
		size_t size = 0;

		while (from + size < 8 && pieces[from + size] == 0)
			size++;
		if (size > *ret_size) {
			*ret_from = from;
			*ret_size = size;
		}
	}
}

static void format_ipv6(const uint16_t pieces[8], char ret_host[URL_ADDRESS_BYTES])
{
	size_t from, size, at = 0;

	find_zero_run(pieces, &from, &size);
	ret_host[at++] = '[';
	for (size_t i = 0; i < 8; i++) {
		if (i == from) {
			ret_host[at++] = ':';
			if (i == 0)
				ret_host[at++] = ':';
			i += size - 1;
			continue;
		}
		at += (size_t)snprintf(ret_host + at, URL_ADDRESS_BYTES - at, i < 7 ? "%x:" : "%x",
				       pieces[i]);
	}
	ret_host[at++] = ']';
	ret_host[at] = '\0';
}

int url_ipv6_parse(struct span text, char ret_host[URL_ADDRESS_BYTES])
{
	uint16_t head[8], tail[8], pieces[8] = {0};
	size_t head_count = 0, tail_count = 0, at = 0;
	bool compressed;

	if (!span_starts(text, SPAN("::")) && parse_groups(text, &at, head, &head_count))
		return URL_E_INVALID;
	if (head_count == 0)
		at = text.size >= 2 ? 1 : text.size;
	/* After a break at "::" the second colon is at @at. */
	compressed = at < text.size && text.data[at] == ':';
	if (compressed) {
		at++;
		if (parse_groups(text, &at, tail, &tail_count))
			return URL_E_INVALID;
	}
	if (at != text.size || head_count + tail_count > (compressed ? 7 : 8) ||
	    (!compressed && head_count != 8))
		return URL_E_INVALID;
	memcpy(pieces, head, head_count * sizeof(*pieces));
	memcpy(pieces + 8 - tail_count, tail, tail_count * sizeof(*pieces));
	format_ipv6(pieces, ret_host);
	return 0;
}
