/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of an address may be recorded. Addresses of pages carry personal data in three places: in
 * their query (so only listed parameters are kept), in user and fragment (dropped), and as e-mail
 * addresses anywhere, in the clear or percent-encoded, even twice. The last become "[email]".
 *
 * What a site says beside it (a title, a property of an event) may be such an address as a whole,
 * and is then read as one.
 *
 * Redaction works on the decoded characters, each of which remembers the bytes that it came from,
 * so that "ann%40example%2Ecom" is found and replaced as a whole. Invariant: url_holds_address() is
 * false for everything that is appended here; where the finer replacement leaves something that
 * still looks like an address, the whole piece goes.
 */
#include "track/privacy.h"

#include "base/cleanup.h"
#include "text/url.h"

enum { DECODE_PASSES = 3 };

/* One decoded character and the bytes [from, to) of the piece that spell it. */
struct origin_byte {
	uint8_t value;
	uint32_t from, to;
};

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode %XX once, in place. Return: whether anything was decoded. */
static bool decode_pass(struct origin_byte *bytes, size_t *size)
{
	size_t out = 0;
	bool changed = false;

	for (size_t i = 0; i < *size; i++) {
		struct origin_byte byte = bytes[i];

		if (byte.value == '%' && i + 2 < *size && hex_digit(bytes[i + 1].value) >= 0 &&
		    hex_digit(bytes[i + 2].value) >= 0) {
			byte.value = (uint8_t)(hex_digit(bytes[i + 1].value) * 16 +
					       hex_digit(bytes[i + 2].value));
			byte.to = bytes[i + 2].to;
			i += 2;
			changed = true;
		}
		bytes[out++] = byte;
	}
	*size = out;
	return changed;
}

/*
 * What a Japanese keyboard writes for '@' and '.', read as these, in place: a form or a search box
 * that was filled in without switching it over holds an address all the same.
 */
static void fold_wide(struct origin_byte *bytes, size_t *size)
{
	static const struct {
		uint8_t spelled[3], value;
	} wide[] = {{{0xEF, 0xBC, 0xA0}, '@'},
		    {{0xEF, 0xBC, 0x8E}, '.'},
		    {{0xE3, 0x80, 0x82}, '.'}};
	size_t out = 0;

	for (size_t i = 0; i < *size; i++) {
		struct origin_byte byte = bytes[i];

		for (size_t j = 0;
		     byte.value >= 0xE3 && i + 2 < *size && j < sizeof(wide) / sizeof(wide[0]);
		     j++) {
			if (byte.value != wide[j].spelled[0] ||
			    bytes[i + 1].value != wide[j].spelled[1] ||
			    bytes[i + 2].value != wide[j].spelled[2])
				continue;
			byte.value = wide[j].value;
			byte.to = bytes[i + 2].to;
			i += 2;
		}
		bytes[out++] = byte;
	}
	*size = out;
}

/* RFC 5322 atext and '.', and what is not ASCII; without '/', '?', '=' and '&', which delimit. */
static bool is_local_part(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0x80 ||
	       (c && strchr("!#$%'*+-.^_`{|}~", c));
}

static bool is_domain(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0x80 ||
	       c == '-' || c == '.';
}

/* A dot inside, and a last label that starts with a letter: "pkg@1.2.3" is a version. */
static bool is_mail_domain(const struct origin_byte *bytes, size_t size)
{
	size_t dot = 0;

	for (size_t i = 1; i + 1 < size; i++)
		if (bytes[i].value == '.')
			dot = i;
	return dot > 0 && dot + 2 < size &&
	       (bytes[dot + 1].value >= 0x80 || (bytes[dot + 1].value | 0x20) >= 'a');
}

/* The address around the '@' at @at: [*ret_start, *ret_end), or false. */
static bool address_around(const struct origin_byte *bytes, size_t size, size_t at, size_t lowest,
			   size_t *ret_start, size_t *ret_end)
{
	size_t start = at, end = at + 1;

	while (start > lowest && is_local_part(bytes[start - 1].value))
		start--;
	while (end < size && is_domain(bytes[end].value))
		end++;
	while (end > at + 1 && (bytes[end - 1].value == '.' || bytes[end - 1].value == '-'))
		end--;
	if (start == at || !is_mail_domain(bytes + at + 1, end - at - 1))
		return false;
	*ret_start = start;
	*ret_end = end;
	return true;
}

static void redact_decoded(struct span piece, const struct origin_byte *bytes, size_t size,
			   struct buffer *to)
{
	size_t kept = 0, lowest = 0;

	for (size_t i = 0; i < size; i++) {
		size_t start, end;

		if (bytes[i].value != '@' || !address_around(bytes, size, i, lowest, &start, &end))
			continue;
		buffer_append_span(to, span_slice(piece, kept, bytes[start].from - kept));
		buffer_append_text(to, "[email]");
		kept = bytes[end - 1].to;
		lowest = end;
		i = end - 1;
	}
	buffer_append_span(to, span_slice(piece, kept, piece.size - kept));
}

/* Append @piece with every address replaced. */
static void append_redacted(struct span piece, struct buffer *to)
{
	cleanup_free struct origin_byte *bytes = NULL;
	size_t size = piece.size, start = to->size;

	/* Every address has an '@', in the clear, behind a '%' or wide; most text has none. */
	if (span_find(piece, '@', 0) == piece.size && span_find(piece, '%', 0) == piece.size &&
	    span_find(piece, 0xEF, 0) == piece.size) {
		buffer_append_span(to, piece);
		return;
	}
	bytes = calloc(piece.size ? piece.size : 1, sizeof(*bytes));
	if (!bytes) {
		buffer_append_text(to, "[email]");
		return;
	}
	for (size_t i = 0; i < piece.size; i++)
		bytes[i] = (struct origin_byte){piece.data[i], (uint32_t)i, (uint32_t)i + 1};
	for (int pass = 0; pass < DECODE_PASSES && decode_pass(bytes, &size); pass++)
		;
	fold_wide(bytes, &size);
	redact_decoded(piece, bytes, size, to);
	if (!to->error && url_holds_address(span_slice(buffer_span(to), start, to->size - start))) {
		to->size = start;
		buffer_append_text(to, "[email]");
	}
}

void privacy_text(struct span text, struct buffer *to)
{
	append_redacted(text, to);
}

static bool name_is_listed(const struct config_texts *list, struct span name)
{
	for (size_t i = 0; i < list->count; i++)
		if (span_equal(name, span_text(list->items[i])))
			return true;
	return false;
}

void privacy_query(const struct config *config, struct span query, struct buffer *to)
{
	struct span name, value;
	size_t at = 0;
	bool first = true;

	while (query.data && url_query_next(query, &at, &name, &value)) {
		if (!name_is_listed(&config->page_query, name))
			continue;
		if (!first)
			buffer_append_byte(to, '&');
		first = false;
		buffer_append_span(to, name);
		if (!value.data || value.data <= name.data + name.size - 1)
			continue;
		buffer_append_byte(to, '=');
		append_redacted(value, to);
	}
}

/* The form that a browser would request, so that the pieces are ASCII and their borders are sure.
 */
static bool parse_requested(struct span text, struct buffer *location, struct url *ret_url)
{
	enum url_refusal refusal;
	enum url_class class = url_classify(text, true, location, &refusal);

	if (class == URL_NONE || location->error)
		return false;
	return url_parse(class == URL_EXACT ? text : buffer_span(location), ret_url) == 0;
}

/* @config: whose list of parameters is kept; NULL: none is. */
static void append_page(const struct config *config, const struct url *url, struct buffer *to)
{
	cleanup_buffer struct buffer query = BUFFER_INIT;
	char origin[URL_HOST_MAX_BYTES + 16];

	url_origin(url, origin);
	buffer_append_text(to, origin);
	buffer_append_byte(to, '/');
	append_redacted(span_slice(url->path, 1, url->path.size), to);
	if (config)
		privacy_query(config, url->query, &query);
	if (query.error && !to->error)
		to->error = query.error;
	if (query.size > 0) {
		buffer_append_byte(to, '?');
		buffer_append_span(to, buffer_span(&query));
	}
}

void privacy_page_url(const struct config *config, struct span url, struct buffer *to)
{
	cleanup_buffer struct buffer location = BUFFER_INIT;
	struct url parsed;

	if (url.data && parse_requested(url, &location, &parsed))
		append_page(config, &parsed, to);
}

void privacy_value(struct span text, struct buffer *to)
{
	cleanup_buffer struct buffer location = BUFFER_INIT;
	struct url parsed;

	if (parse_requested(text, &location, &parsed))
		append_page(NULL, &parsed, to);
	else
		append_redacted(text, to);
}

static bool origin_is_listed(const struct config_texts *list, const char *origin)
{
	for (size_t i = 0; i < list->count; i++) {
		char listed[URL_HOST_MAX_BYTES + 16];
		struct url url;

		if (url_parse(span_text(list->items[i]), &url) != 0)
			continue;
		url_origin(&url, listed);
		if (strcmp(listed, origin) == 0)
			return true;
	}
	return false;
}

void privacy_referrer(const struct config *config, struct span referrer, struct buffer *to)
{
	cleanup_buffer struct buffer location = BUFFER_INIT;
	char origin[URL_HOST_MAX_BYTES + 16];
	struct url parsed;

	if (!referrer.data || !parse_requested(referrer, &location, &parsed))
		return;
	url_origin(&parsed, origin);
	if (origin_is_listed(&config->full_referrers, origin))
		append_page(config, &parsed, to);
	else
		buffer_append_text(to, origin);
}
