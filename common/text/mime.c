/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locating the texts of a mail with GMime. It is given a copy of the message as a stream and keeps
 * the parts' contents as ranges of that stream; the ranges are all that is taken from it, beside
 * each part's type, encoding and disposition.
 *
 * GMime compares each line that begins with "--" with every boundary around it. So the work is
 * bounded before it begins: boundaries times such lines.
 *
 * Invariant: parts are in ascending order and do not overlap; what GMime says of a range that would
 * break this is not believed.
 */
#include "text/mime.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <pthread.h>

enum { FREE_COMPARISONS = 50 << 20, COMPARISONS_PER_BYTE = 16 };

/* Where the walk stands. */
struct walk {
	struct mime *mime;
	struct span message;
	struct buffer path;
	size_t floor; /* end of the last part */
	int failure;
};

static void initialise(void)
{
	g_mime_init();
}

static size_t count_nocase(struct span text, struct span needle)
{
	size_t count = 0;

	for (size_t at = 0; at + needle.size <= text.size; at++)
		if ((text.data[at] | 32) == needle.data[0] &&
		    span_starts_nocase(span_slice(text, at, needle.size), needle))
			count++;
	return count;
}

static size_t count_dashed_lines(struct span text)
{
	size_t count = 0;

	for (size_t at = span_find(text, '\n', 0); at + 2 < text.size;
	     at = span_find(text, '\n', at + 1))
		count += text.data[at + 1] == '-' && text.data[at + 2] == '-';
	return count;
}

static bool is_bounded(struct span message)
{
	uint64_t comparisons =
		(uint64_t)count_nocase(message, SPAN("boundary")) * count_dashed_lines(message);

	return comparisons <= FREE_COMPARISONS + COMPARISONS_PER_BYTE * (uint64_t)message.size;
}

static struct mime_part *add_part(struct walk *walk)
{
	struct mime *mime = walk->mime;

	if (mime->count == mime->capacity) {
		size_t capacity = mime->capacity ? mime->capacity * 2 : 8;
		struct mime_part *parts = reallocarray(mime->parts, capacity, sizeof(*mime->parts));

		if (!parts) {
			walk->failure = -ENOMEM;
			return NULL;
		}
		mime->parts = parts;
		mime->capacity = capacity;
	}
	mime->parts[mime->count] = (struct mime_part){.kind = MIME_PLAIN};
	return &mime->parts[mime->count++];
}

static struct span keep(struct walk *walk, const char *text)
{
	struct span copy = arena_copy(&walk->mime->arena, span_text(text));

	if (text && !copy.data)
		walk->failure = -ENOMEM;
	return copy;
}

/* An encoding that nobody knows makes a part unreadable (RFC 2045 section 6.4). */
static enum mime_encoding encoding_of(GMimePart *part)
{
	const char *name =
		g_mime_object_get_header(GMIME_OBJECT(part), "Content-Transfer-Encoding");
	struct span given = span_trim(span_text(name));

	switch (g_mime_part_get_content_encoding(part)) {
	case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
		return MIME_QUOTED_PRINTABLE;
	case GMIME_CONTENT_ENCODING_BASE64:
		return MIME_BASE64;
	case GMIME_CONTENT_ENCODING_7BIT:
	case GMIME_CONTENT_ENCODING_8BIT:
	case GMIME_CONTENT_ENCODING_BINARY:
		return MIME_IDENTITY;
	case GMIME_CONTENT_ENCODING_DEFAULT:
	case GMIME_CONTENT_ENCODING_UUENCODE:
		break;
	}
	return given.size == 0 ? MIME_IDENTITY : MIME_UNKNOWN;
}

/* The range of the part's content; absent when it has none. */
static struct span content_of(struct walk *walk, GMimePart *part)
{
	GMimeDataWrapper *wrapper = g_mime_part_get_content(part);
	GMimeStream *stream = wrapper ? g_mime_data_wrapper_get_stream(wrapper) : NULL;
	size_t start, end;

	if (!stream || stream->bound_start < 0)
		return (struct span){.data = NULL};
	start = (size_t)stream->bound_start;
	end = stream->bound_end < 0 ? walk->message.size : (size_t)stream->bound_end;
	if (start < walk->floor || end < start || end > walk->message.size)
		return (struct span){.data = NULL};
	walk->floor = end;
	return span_slice(walk->message, start, end - start);
}

static bool is_type(GMimeObject *object, const char *type, const char *subtype)
{
	GMimeContentType *content_type = g_mime_object_get_content_type(object);

	return content_type && g_mime_content_type_is_type(content_type, type, subtype);
}

static bool has_parameter(GMimeObject *object, const char *name, const char *value)
{
	const char *given = g_mime_object_get_content_type_parameter(object, name);

	return given && g_ascii_strcasecmp(given, value) == 0;
}

static void visit_leaf(struct walk *walk, GMimePart *leaf, enum mime_reach reach)
{
	GMimeObject *object = GMIME_OBJECT(leaf);
	GMimeContentDisposition *disposition = g_mime_object_get_content_disposition(object);
	bool html = is_type(object, "text", "html");
	bool opaque = is_type(object, "application", "pkcs7-mime") ||
		      is_type(object, "application", "x-pkcs7-mime");
	struct span content = content_of(walk, leaf);
	struct mime_part *part;

	if (!html && !opaque && !is_type(object, "text", "plain"))
		return;
	if (!content.data)
		return;
	part = add_part(walk);
	if (!part)
		return;
	part->kind = opaque ? MIME_OPAQUE : html ? MIME_HTML : MIME_PLAIN;
	part->reach = reach;
	if (opaque && reach == MIME_OWN)
		part->reach = MIME_ENCRYPTED;
	else if (reach == MIME_OWN && disposition && !opaque &&
		 g_mime_content_disposition_is_attachment(disposition))
		part->reach = MIME_ATTACHED;
	part->content = content;
	part->encoding = encoding_of(leaf);
	part->charset = keep(walk, g_mime_object_get_content_type_parameter(object, "charset"));
	part->flowed = part->kind == MIME_PLAIN && has_parameter(object, "format", "flowed");
	part->delete_space = part->flowed && has_parameter(object, "delsp", "yes");
	part->path = keep(walk, buffer_text(&walk->path));
}

static void visit(struct walk *walk, GMimeObject *object, enum mime_reach reach);

static void visit_child(struct walk *walk, GMimeObject *child, int number, enum mime_reach reach)
{
	size_t size = walk->path.size;

	buffer_printf(&walk->path, "%s%d", size ? "." : "", number);
	if (walk->path.error)
		walk->failure = walk->path.error;
	else
		visit(walk, child, reach);
	walk->path.size = size;
}

/* A part of a digest that does not say what it is, is a message (RFC 2046 section 5.1.5). */
static enum mime_reach reach_of_child(GMimeMultipart *multipart, GMimeObject *child,
				      enum mime_reach reach)
{
	if (reach != MIME_OWN)
		return reach;
	if (GMIME_IS_MULTIPART_SIGNED(multipart))
		return MIME_SIGNED;
	if (GMIME_IS_MULTIPART_ENCRYPTED(multipart))
		return MIME_ENCRYPTED;
	if (is_type(GMIME_OBJECT(multipart), "multipart", "digest") &&
	    !g_mime_object_get_header(child, "Content-Type"))
		return MIME_EMBEDDED;
	return reach;
}

static void visit_multipart(struct walk *walk, GMimeMultipart *multipart, enum mime_reach reach)
{
	int count = g_mime_multipart_get_count(multipart);

	if (GMIME_IS_MULTIPART_ENCRYPTED(multipart) && reach == MIME_OWN) {
		struct mime_part *part = add_part(walk);

		if (!part)
			return;
		part->kind = MIME_OPAQUE;
		part->reach = MIME_ENCRYPTED;
		part->content = span_slice(walk->message, walk->floor, 0);
		part->path = keep(walk, walk->path.size ? buffer_text(&walk->path) : "1");
	}
	for (int i = 0; i < count && walk->failure == 0; i++) {
		GMimeObject *child = g_mime_multipart_get_part(multipart, i);

		if (child)
			visit_child(walk, child, i + 1, reach_of_child(multipart, child, reach));
	}
}

static void visit(struct walk *walk, GMimeObject *object, enum mime_reach reach)
{
	if (GMIME_IS_MULTIPART(object)) {
		visit_multipart(walk, GMIME_MULTIPART(object), reach);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
		GMimeObject *inner = message ? g_mime_message_get_mime_part(message) : NULL;

		if (inner)
			visit_child(walk, inner, 1, reach == MIME_OWN ? MIME_EMBEDDED : reach);
	} else if (GMIME_IS_PART(object)) {
		if (walk->path.size > 0)
			visit_leaf(walk, GMIME_PART(object), reach);
		else
			visit_child(walk, object, 1, reach);
	}
}

int mime_parse(struct span message, struct mime *ret_mime)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct mime mime = {.arena = ARENA_INIT(0)};
	struct walk walk = {.mime = &mime, .message = message};
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *parsed;

	if (!is_bounded(message))
		return MIME_E_NESTED;
	(void)pthread_once(&once, initialise);
	stream = g_mime_stream_mem_new_with_buffer((const char *)message.data, message.size);
	parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_persist_stream(parser, TRUE);
	parsed = g_mime_parser_construct_message(parser, NULL);
	if (parsed && g_mime_message_get_mime_part(parsed))
		visit(&walk, g_mime_message_get_mime_part(parsed), MIME_OWN);
	if (parsed)
		g_object_unref(parsed);
	g_object_unref(parser);
	g_object_unref(stream);
	buffer_finish(&walk.path);
	if (walk.failure != 0)
		mime_finish(&mime);
	else
		*ret_mime = mime;
	return walk.failure;
}

void mime_finish(struct mime *mime)
{
	arena_finish(&mime->arena);
	free(mime->parts);
	*mime = (struct mime){.arena = ARENA_INIT(0)};
}
