/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is inside a URL: percent escapes, query pairs, merge tags of mailers, e-mail addresses.
 *
 * Merge tags and addresses are both guesses, and each errs to its safe side. A merge tag that is
 * missed would send every recipient to the literal tag, so all documented forms count; but array
 * names in queries (a[b]=c) and IPv6 hosts look like one form and are none. An address that is
 * missed would be stored in the clear, so anything shaped like one counts, also inside an encoded
 * URL inside the query.
 */
#include "text/url_pieces.h"

enum {
	/* An address may sit in a URL in the query of a URL. */
	DECODE_DEPTH = 3
};

static bool is_alpha(uint8_t byte)
{
	return (byte | 32) >= 'a' && (byte | 32) <= 'z';
}

static bool is_alnum(uint8_t byte)
{
	return is_alpha(byte) || (byte >= '0' && byte <= '9');
}

static bool is_one_of(uint8_t byte, const char *set)
{
	return byte && strchr(set, byte);
}

void url_percent_decode(struct span text, struct buffer *to)
{
	for (size_t at = 0; at < text.size; at++) {
		int high = -1, low = -1;

		if (text.data[at] == '%' && text.size - at > 2) {
			high = url_hex_digit(text.data[at + 1]);
			low = url_hex_digit(text.data[at + 2]);
		}
		if (high >= 0 && low >= 0) {
			buffer_append_byte(to, (uint8_t)(high << 4 | low));
			at += 2;
		} else {
			buffer_append_byte(to, text.data[at]);
		}
	}
}

bool url_query_next(struct span query, size_t *at, struct span *ret_name, struct span *ret_value)
{
	while (*at < query.size) {
		size_t end = span_find(query, '&', *at);
		struct span pair = span_slice(query, *at, end - *at);
		size_t equals = span_find(pair, '=', 0);

		*at = end < query.size ? end + 1 : end;
		if (pair.size == 0)
			continue;
		*ret_name = span_slice(pair, 0, equals);
		*ret_value = equals < pair.size ? span_slice(pair, equals + 1, pair.size)
						: span_of(NULL, 0);
		return true;
	}
	return false;
}

/* The size of the run of letters and @extra at @at. */
static size_t name_size(struct span url, size_t at, const char *extra)
{
	size_t end = at;

	while (end < url.size && (is_alpha(url.data[end]) || is_one_of(url.data[end], extra)))
		end++;
	return end - at;
}

static bool is_hex_and_colons(struct span text)
{
	size_t colons = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == ':')
			colons++;
		else if (url_hex_digit(text.data[i]) < 0)
			return false;
	}
	return colons >= 2;
}

/*
 * "[unsubscribe]", "[subscriber:email]"; not the key of "a[b]=c" and "a[b][c]=d", not "[::a]", and
 * not the end of a path "/a[b]", which people write.
 */
static bool is_bracket_tag(struct span url, size_t at)
{
	size_t size = name_size(url, at + 1, "_:"), end = at + 1 + size;
	struct span rest = span_slice(url, end, 2);
	bool after_name =
		at > 0 && (is_alnum(url.data[at - 1]) || is_one_of(url.data[at - 1], "_]-."));

	if (size == 0 || !span_starts(rest, SPAN("]")))
		return false;
	if (after_name && rest.size == 2 && (rest.data[1] == '=' || rest.data[1] == '['))
		return false;
	if (after_name && rest.size == 1 && span_find(url, '?', 0) == url.size &&
	    span_find(span_slice(url, at, size), ':', 0) == size)
		return false;
	return !is_hex_and_colons(span_slice(url, at + 1, size));
}

/* "{email}", "{$name}", "{contact.email}". */
static bool is_brace_tag(struct span url, size_t at)
{
	size_t size = name_size(url, at + 1, "_.$=:|"), end = at + 1 + size;

	return size > 0 && end < url.size && url.data[end] == '}';
}

/* "%%name%%": from the first pair to the next '%', which must be a pair again. */
static bool is_percent_tag(struct span url, size_t at)
{
	size_t end = span_find(url, '%', at + 2);

	return end > at + 2 && span_starts(span_slice(url, end, 2), SPAN("%%"));
}

bool url_has_merge_tag(struct span url)
{
	for (size_t at = 0; at + 1 < url.size; at++) {
		struct span pair = span_slice(url, at, 2);

		switch (pair.data[0]) {
		case '{':
			if (pair.data[1] == '{' || is_brace_tag(url, at))
				return true;
			break;
		case '*':
			if (pair.data[1] == '|')
				return true;
			break;
		case '<':
			if (pair.data[1] == '%')
				return true;
			break;
		case '%':
			if (pair.data[1] == '>' || (pair.data[1] == '%' && is_percent_tag(url, at)))
				return true;
			break;
		case '$':
		case '#':
			if (pair.data[1] == '{')
				return true;
			break;
		case '[':
			if (pair.data[1] == '[' || is_bracket_tag(url, at))
				return true;
			break;
		default:
			break;
		}
	}
	return false;
}

static bool is_local_end(uint8_t byte)
{
	return is_alnum(byte) || byte >= 0x80 || is_one_of(byte, "!$'*+-_~.\"|}`^");
}

/* "logo@2x.png": a picture for dense screens, in a shape that no address has. */
static bool is_density(struct span domain)
{
	static const char *const kinds[] = {"png", "jpg", "jpeg", "gif", "webp", "svg", "avif"};
	struct span kind = span_slice(domain, 3, domain.size);

	if (domain.size < 4 || domain.data[1] != 'x' || domain.data[2] != '.')
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (span_equal_nocase(kind, span_text(kinds[i])))
			return true;
	return false;
}

/* At @at: labels with a dot between them, the last one of two letters or more, or an IDN. */
static bool is_mail_domain(struct span text, size_t at)
{
	size_t end = at, label = at, dots = 0;

	while (end < text.size) {
		uint8_t byte = text.data[end];

		if (byte == '.' && end > label && end + 1 < text.size &&
		    (is_alnum(text.data[end + 1]) || text.data[end + 1] >= 0x80)) {
			dots++;
			label = end + 1;
		} else if (!is_alnum(byte) && byte != '-' && byte < 0x80) {
			break;
		}
		end++;
	}
	if (dots == 0 || end - label < 2 || is_density(span_slice(text, at, end - at)))
		return false;
	return is_alpha(text.data[label]) || text.data[label] >= 0x80;
}

static bool holds_plain_address(struct span text)
{
	for (size_t at = span_find(text, '@', 0); at < text.size; at = span_find(text, '@', at + 1))
		if (at > 0 && is_local_end(text.data[at - 1]) && is_mail_domain(text, at + 1))
			return true;
	return false;
}

bool url_holds_address(struct span url)
{
	struct buffer decoded[2] = {BUFFER_INIT, BUFFER_INIT};
	struct span text = url;
	bool found = holds_plain_address(url);

	for (size_t depth = 0; !found && depth < DECODE_DEPTH; depth++) {
		struct buffer *to = &decoded[depth % 2];

		if (span_find(text, '%', 0) == text.size)
			break;
		buffer_clear(to);
		url_percent_decode(text, to);
		/* Without memory to look, say yes: the safe side. */
		found = to->error || holds_plain_address(buffer_span(to));
		text = buffer_span(to);
	}
	buffer_finish(&decoded[0]);
	buffer_finish(&decoded[1]);
	return found;
}
