/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locating the texts of a mail with GMime. It is given a copy of the message as a stream and keeps
 * the parts' contents as ranges of that stream; the ranges are all that is taken from it, beside
 * each part's type, encoding and disposition.
 *
 * Of the headers GMime gets to see those fields that say what a part is (mime_bound.h).
 *
 * Invariant: parts are in ascending order and do not overlap; what GMime says of a range that would
 * break this is not believed.
 */
#include "text/mime.h"

#include "text/mime_bound.h"
#include "text/mime_library.h"

#include <errno.h>

/* Where the walk stands. */
struct walk {
	const struct mime_library *gmime;
	struct mime *mime;
	struct span message; /* as GMime has it */
	struct buffer path;
	size_t floor;	      /* end of the last part */
	unsigned alternative; /* where the walk is, and how many there were */
	unsigned alternatives;
	int failure;
};

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

static void add_boundary(struct walk *walk, GMimeObject *multipart)
{
	const char *text =
		walk->gmime->g_mime_object_get_content_type_parameter(multipart, "boundary");
	struct mime *mime = walk->mime;

	if (!text || !*text)
		return;
	if (mime->boundary_count == mime->boundary_capacity) {
		size_t capacity = mime->boundary_capacity ? mime->boundary_capacity * 2 : 4;
		struct span *boundaries =
			reallocarray(mime->boundaries, capacity, sizeof(*boundaries));

		if (!boundaries) {
			walk->failure = -ENOMEM;
			return;
		}
		mime->boundaries = boundaries;
		mime->boundary_capacity = capacity;
	}
	mime->boundaries[mime->boundary_count++] = keep(walk, text);
}

static bool is_a(const struct walk *walk, void *object, GType type)
{
	return walk->gmime->g_type_check_instance_is_a(object, type);
}

/* An encoding that nobody knows makes a part unreadable (RFC 2045 section 6.4). */
static enum mime_encoding encoding_of(const struct walk *walk, GMimePart *part)
{
	const char *name = walk->gmime->g_mime_object_get_header((GMimeObject *)part,
								 "Content-Transfer-Encoding");
	struct span given = span_trim(span_text(name));

	switch (walk->gmime->g_mime_part_get_content_encoding(part)) {
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

static bool is_seven_bits(const struct walk *walk, GMimePart *part)
{
	switch (walk->gmime->g_mime_part_get_content_encoding(part)) {
	case GMIME_CONTENT_ENCODING_DEFAULT:
	case GMIME_CONTENT_ENCODING_7BIT:
		return true;
	case GMIME_CONTENT_ENCODING_8BIT:
	case GMIME_CONTENT_ENCODING_BINARY:
	case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
	case GMIME_CONTENT_ENCODING_BASE64:
	case GMIME_CONTENT_ENCODING_UUENCODE:
		break;
	}
	return false;
}

/* The range of the part's content; absent when it has none. */
static struct span content_of(struct walk *walk, GMimePart *part)
{
	GMimeDataWrapper *wrapper = walk->gmime->g_mime_part_get_content(part);
	GMimeStream *stream = wrapper ? walk->gmime->g_mime_data_wrapper_get_stream(wrapper) : NULL;
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

/* Whether the line before @content is empty. */
static bool is_separated(struct span message, struct span content)
{
	size_t at = (size_t)(content.data - message.data);

	if (at == 0 || message.data[--at] != '\n')
		return false;
	at -= at > 0 && message.data[at - 1] == '\r';
	return at == 0 || message.data[at - 1] == '\n';
}

static bool is_type(const struct walk *walk, GMimeObject *object, const char *type,
		    const char *subtype)
{
	GMimeContentType *content_type = walk->gmime->g_mime_object_get_content_type(object);

	return content_type &&
	       walk->gmime->g_mime_content_type_is_type(content_type, type, subtype);
}

static bool has_parameter(const struct walk *walk, GMimeObject *object, const char *name,
			  const char *value)
{
	const char *given = walk->gmime->g_mime_object_get_content_type_parameter(object, name);

	return given && span_equal_nocase(span_text(given), span_text(value));
}

static enum mime_kind kind_of(const struct walk *walk, GMimeObject *object)
{
	static const struct {
		const char *type, *subtype;
		enum mime_kind kind;
	} kinds[] = {
		{"text", "html", MIME_HTML},
		{"text", "plain", MIME_PLAIN},
		{"text", "x-amp-html", MIME_AMP},
		{"application", "pkcs7-mime", MIME_OPAQUE},
		{"application", "x-pkcs7-mime", MIME_OPAQUE},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is_type(walk, object, kinds[i].type, kinds[i].subtype))
			return kinds[i].kind;
	return MIME_OTHER;
}

static void visit_leaf(struct walk *walk, GMimePart *leaf, enum mime_reach reach)
{
	GMimeObject *object = (GMimeObject *)leaf;
	GMimeContentDisposition *disposition =
		walk->gmime->g_mime_object_get_content_disposition(object);
	enum mime_kind kind = kind_of(walk, object);
	bool opaque = kind == MIME_OPAQUE;
	struct span content = content_of(walk, leaf);
	struct mime_part *part;

	if (kind == MIME_OTHER || !content.data)
		return;
	part = add_part(walk);
	if (!part)
		return;
	part->kind = kind;
	part->reach = reach;
	if (opaque && reach == MIME_OWN)
		part->reach = MIME_ENCRYPTED;
	else if (reach == MIME_OWN && disposition && !opaque &&
		 walk->gmime->g_mime_content_disposition_is_attachment(disposition))
		part->reach = MIME_ATTACHED;
	part->content = content;
	part->separated = is_separated(walk->message, content);
	part->encoding = encoding_of(walk, leaf);
	part->seven_bits = is_seven_bits(walk, leaf);
	part->charset =
		keep(walk,
		     walk->gmime->g_mime_object_get_content_type_parameter(object, "charset"));
	part->flowed = part->kind == MIME_PLAIN && has_parameter(walk, object, "format", "flowed");
	part->delete_space = part->flowed && has_parameter(walk, object, "delsp", "yes");
	part->path = keep(walk, buffer_text(&walk->path));
	part->alternative = walk->alternative;
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
static enum mime_reach reach_of_child(const struct walk *walk, GMimeMultipart *multipart,
				      GMimeObject *child, enum mime_reach reach)
{
	if (reach != MIME_OWN)
		return reach;
	if (is_a(walk, multipart, walk->gmime->g_mime_multipart_signed_get_type()))
		return MIME_SIGNED;
	if (is_a(walk, multipart, walk->gmime->g_mime_multipart_encrypted_get_type()))
		return MIME_ENCRYPTED;
	if (is_type(walk, (GMimeObject *)multipart, "multipart", "digest") &&
	    !walk->gmime->g_mime_object_get_header(child, "Content-Type"))
		return MIME_EMBEDDED;
	return reach;
}

static void visit_multipart(struct walk *walk, GMimeMultipart *multipart, enum mime_reach reach)
{
	int count = walk->gmime->g_mime_multipart_get_count(multipart);
	unsigned around = walk->alternative;

	add_boundary(walk, (GMimeObject *)multipart);
	if (is_type(walk, (GMimeObject *)multipart, "multipart", "alternative"))
		walk->alternative = ++walk->alternatives;
	if (is_a(walk, multipart, walk->gmime->g_mime_multipart_encrypted_get_type()) &&
	    reach == MIME_OWN) {
		struct mime_part *part = add_part(walk);

		if (!part)
			return;
		part->kind = MIME_OPAQUE;
		part->reach = MIME_ENCRYPTED;
		part->content = span_slice(walk->message, walk->floor, 0);
		part->path = keep(walk, walk->path.size ? buffer_text(&walk->path) : "1");
	}
	for (int i = 0; i < count && walk->failure == 0; i++) {
		GMimeObject *child = walk->gmime->g_mime_multipart_get_part(multipart, i);

		if (child)
			visit_child(walk, child, i + 1,
				    reach_of_child(walk, multipart, child, reach));
	}
	walk->alternative = around;
}

static void visit(struct walk *walk, GMimeObject *object, enum mime_reach reach)
{
	if (is_a(walk, object, walk->gmime->g_mime_multipart_get_type())) {
		visit_multipart(walk, (GMimeMultipart *)object, reach);
	} else if (is_a(walk, object, walk->gmime->g_mime_message_part_get_type())) {
		GMimeMessage *message =
			walk->gmime->g_mime_message_part_get_message((GMimeMessagePart *)object);
		GMimeObject *inner =
			message ? walk->gmime->g_mime_message_get_mime_part(message) : NULL;

		if (inner)
			visit_child(walk, inner, 1, reach == MIME_OWN ? MIME_EMBEDDED : reach);
	} else if (is_a(walk, object, walk->gmime->g_mime_part_get_type())) {
		if (walk->path.size > 0)
			visit_leaf(walk, (GMimePart *)object, reach);
		else
			visit_child(walk, object, 1, reach);
	}
}

static GMimeStream *masked_copy(const struct walk *walk)
{
	GMimeStream *stream =
		walk->gmime->g_mime_stream_mem_new_with_buffer((const char *)walk->message.data,
							       walk->message.size);
	GByteArray *copy = ((GMimeStreamMem *)stream)->buffer;

	mime_mask(copy->data, copy->len);
	return stream;
}

int mime_parse(struct span message, struct mime *ret_mime)
{
	/* In a message that begins with these, GMime would see no field. */
	size_t leading = mime_leading_bytes(message);
	struct mime mime = {.arena = ARENA_INIT(0)};
	struct walk walk = {
		.gmime = mime_library_get(),
		.mime = &mime,
		.message = span_slice(message, leading, message.size),
	};
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *parsed;
	int r = mime_bound(walk.message);

	if (r != 0)
		return r;
	if (!walk.gmime)
		return MIME_E_LIBRARY;
	stream = masked_copy(&walk);
	parser = walk.gmime->g_mime_parser_new_with_stream(stream);
	walk.gmime->g_mime_parser_set_persist_stream(parser, TRUE);
	parsed = walk.gmime->g_mime_parser_construct_message(parser, NULL);
	if (parsed && walk.gmime->g_mime_message_get_mime_part(parsed))
		visit(&walk, walk.gmime->g_mime_message_get_mime_part(parsed), MIME_OWN);
	if (parsed)
		walk.gmime->g_object_unref(parsed);
	walk.gmime->g_object_unref(parser);
	walk.gmime->g_object_unref(stream);
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
	free(mime->boundaries);
	*mime = (struct mime){.arena = ARENA_INIT(0)};
}
