/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts as browsers read them: percent-decoding, UTS 46 (non-transitional, no STD3 rules, hyphens
 * and DNS lengths unchecked), then the forbidden code points, then IPv4 (URL Standard 3.5).
 *
 * libidn2 judges single labels, because for whole domains it knows neither empty labels nor long
 * ones, which browsers allow. It follows IDNA 2008 where browsers follow UTS 46 alone: symbols such
 * as emoji are valid in browsers. Only its transitional mode lets these pass, and that mode differs
 * otherwise in the four deviation characters and in leaving the rules for joiners and for
 * right-to-left text unchecked; so it judges what the strict mode refuses, provided that none of
 * those characters is there. What both refuse is refused: such a link is left alone, never bent.
 * A label of ASCII that is no A-label needs no library.
 */
#include "text/url_pieces.h"

#include "base/encode.h"

#include <errno.h>
#include <idn2.h>

enum {
	LABEL_MAX_BYTES = 1024, /* of UTF-8 before mapping; more is refused */
	STRICT_FLAGS = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL | IDN2_NO_ALABEL_ROUNDTRIP,
	LENIENT_FLAGS = IDN2_NFC_INPUT | IDN2_TRANSITIONAL | IDN2_NO_ALABEL_ROUNDTRIP
};

/* A host while it is built. Bytes that do not fit are counted, so that the end can tell. */
struct host {
	char *text;
	size_t size, capacity;
	bool right_to_left;
};

static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] >= 0x80)
			return false;
	return true;
}

static bool is_forbidden(uint8_t byte)
{
	return byte <= ' ' || byte == 0x7F || strchr("#/:<>?@[\\]^|%", byte);
}

static bool is_right_to_left(uint32_t code)
{
	return (code >= 0x590 && code <= 0x8FF) || code == 0x200F ||
	       (code >= 0xFB1D && code <= 0xFDFF) || (code >= 0xFE70 && code <= 0xFEFE) ||
	       (code >= 0x10800 && code <= 0x10FFF) || (code >= 0x1E800 && code <= 0x1EFFF);
}

static bool is_deviation(uint32_t code)
{
	return code == 0xDF || code == 0x1E9E || code == 0x3C2 || code == 0x200C || code == 0x200D;
}

/* Which of the characters that the lenient mode misjudges are in @label, in its Unicode form. */
static void look_at(struct span label, bool *ret_right_to_left, bool *ret_deviation)
{
	*ret_right_to_left = *ret_deviation = false;
	for (size_t at = 0; at < label.size;) {
		uint32_t code = utf8_next(label, &at);

		*ret_right_to_left |= is_right_to_left(code);
		*ret_deviation |= is_deviation(code);
	}
}

static void append_label(struct host *host, struct span label)
{
	for (size_t i = 0; i < label.size; i++, host->size++) {
		uint8_t byte = label.data[i];

		if (host->size < host->capacity)
			host->text[host->size] =
				(char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
	}
}

/*
 * UTS 46 for one label: 0 with its ASCII form in @ret_ascii, for idn2_free(). The library's own
 * round trip through Unicode is off, because it applies the STD3 rules.
 */
static int ascii_of_label(struct span label, uint8_t **ret_ascii, bool *ret_right_to_left)
{
	char *unicode = NULL;
	uint8_t text[LABEL_MAX_BYTES + 1];
	bool deviation;
	int rc;

	if (label.size > LABEL_MAX_BYTES)
		return URL_E_INVALID;
	memcpy(text, label.data, label.size);
	text[label.size] = '\0';
	if (is_ascii(label) && idn2_to_unicode_8z8z((const char *)text, &unicode, 0) == IDN2_OK) {
		look_at(span_text(unicode), ret_right_to_left, &deviation);
		idn2_free(unicode);
	} else {
		look_at(label, ret_right_to_left, &deviation);
	}
	rc = idn2_lookup_u8(text, ret_ascii, STRICT_FLAGS);
	if ((rc == IDN2_DISALLOWED || rc == IDN2_UNASSIGNED) && !*ret_right_to_left && !deviation)
		rc = idn2_lookup_u8(text, ret_ascii, LENIENT_FLAGS);
	return rc == IDN2_OK ? 0 : rc == IDN2_MALLOC ? -ENOMEM : URL_E_INVALID;
}

/*
 * What a label becomes must be what it stays: libidn2 writes A-labels that it does not read, such
 * as that of "\u00E9!", and these are refused.
 */
static int append_by_idn(struct host *host, struct span label)
{
	uint8_t *ascii = NULL, *again = NULL;
	bool right_to_left = false, ignored;
	int error = ascii_of_label(label, &ascii, &right_to_left);
	struct span written = span_text((const char *)ascii);

	if (!error && !is_ascii(label) && span_starts(written, SPAN("xn--")))
		error = ascii_of_label(written, &again, &ignored);
	if (!error) {
		host->right_to_left |= right_to_left;
		append_label(host, written);
	}
	idn2_free(again);
	idn2_free(ascii);
	return error;
}

/* The bytes of one of the dots of UTS 46 at @at; 0 when there is none. */
static size_t dot_size(struct span text, size_t at)
{
	struct span rest = span_slice(text, at, 3);

	if (span_starts(rest, SPAN(".")))
		return 1;
	return span_equal(rest, SPAN("\u3002")) || span_equal(rest, SPAN("\uFF0E")) ||
			       span_equal(rest, SPAN("\uFF61"))
		       ? 3
		       : 0;
}

static int append_labels(struct host *host, struct span domain)
{
	size_t start = 0, dot;

	for (size_t at = 0; at <= domain.size; at++) {
		struct span label;
		int error = 0;

		dot = at < domain.size ? dot_size(domain, at) : 1;
		if (dot == 0)
			continue;
		label = span_slice(domain, start, at - start);
		if (is_ascii(label) && !span_starts_nocase(label, SPAN("xn--")))
			append_label(host, label);
		else
			error = append_by_idn(host, label);
		if (error)
			return error;
		if (at < domain.size)
			append_label(host, SPAN("."));
		at += dot - 1;
		start = at + 1;
	}
	return 0;
}

/*
 * RFC 5893 for the labels of ASCII beside a right-to-left one: libidn2 sees one label at a time,
 * but the rule is about the domain.
 */
static bool breaks_direction_rule(struct span host)
{
	for (size_t at = 0; at < host.size; at++) {
		size_t dot = span_find(host, '.', at);
		struct span label = span_slice(host, at, dot - at);

		at = dot;
		if (label.size == 0 || span_starts(label, SPAN("xn--")))
			continue;
		if (label.data[0] < 'a' || label.data[0] > 'z' ||
		    !strchr("abcdefghijklmnopqrstuvwxyz0123456789", label.data[label.size - 1]))
			return true;
	}
	return false;
}

static int parse_domain(struct span domain, char *ret_host, size_t capacity, bool *ret_is_address)
{
	struct host host = {.text = ret_host, .capacity = capacity};
	struct span result;
	int error;

	if (!utf8_valid(domain) || span_find(domain, '\0', 0) < domain.size)
		return URL_E_INVALID;
	error = append_labels(&host, domain);
	if (error)
		return error;
	if (host.size == 0 || host.size >= capacity)
		return URL_E_INVALID;
	ret_host[host.size] = '\0';
	result = span_of(ret_host, host.size);
	for (size_t i = 0; i < host.size; i++)
		if (is_forbidden(result.data[i]))
			return URL_E_INVALID;
	if (host.right_to_left && breaks_direction_rule(result))
		return URL_E_INVALID;
	*ret_is_address = url_ends_in_number(result);
	return *ret_is_address ? url_ipv4_parse(result, ret_host) : 0;
}

int url_host_parse(struct span host, char *ret_host, size_t capacity, bool *ret_is_address)
{
	cleanup_buffer struct buffer decoded = {.limit = URL_MAX_BYTES};

	if (host.size > 0 && host.data[0] == '[') {
		if (host.data[host.size - 1] != ']' ||
		    url_ipv6_parse(span_slice(host, 1, host.size - 2), ret_host))
			return URL_E_INVALID;
		*ret_is_address = true;
		return 0;
	}
	if (span_find(host, '%', 0) == host.size)
		return parse_domain(host, ret_host, capacity, ret_is_address);
	url_percent_decode(host, &decoded);
	if (decoded.error)
		return decoded.error == -ENOMEM ? -ENOMEM : URL_E_INVALID;
	return parse_domain(buffer_span(&decoded), ret_host, capacity, ret_is_address);
}
