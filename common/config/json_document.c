/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree that the parser makes knows no places, so the text is kept beside it, and a path leads
 * to the place again when something is wrong. A path is cut where it does not fit; then the nearest
 * enclosing value is named.
 */
#include "config/json_document.h"

#include "base/cleanup.h"
#include "config/json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

enum { PIECE_BYTES = 65536 };

void json_document_join(const char *where, const char *key,
			char ret_where[JSON_DOCUMENT_WHERE_BYTES])
{
	(void)snprintf(ret_where, JSON_DOCUMENT_WHERE_BYTES, "%s%s%s", where, where[0] ? "." : "",
		       key);
}

void json_document_item(const char *where, const char *key, size_t index,
			char ret_where[JSON_DOCUMENT_WHERE_BYTES])
{
	(void)snprintf(ret_where, JSON_DOCUMENT_WHERE_BYTES, "%s%s%s[%zu]", where,
		       where[0] && key[0] ? "." : "", key, index);
}

static int refuse_at(const struct json_document *document, size_t at, const char *where,
		     const char *sentence)
{
	unsigned line, column;

	json_text_place(span_text(document->text), at, &line, &column);
	return error_set(document->error, JSON_DOCUMENT_E_INVALID, "%s:%u:%u: %s%s%s",
			 document->path, line, column, where, where[0] ? ": " : "", sentence);
}

int json_document_refuse(const struct json_document *document, const char *where,
			 const char *format, ...)
{
	char sentence[ERROR_TEXT_BYTES];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	return refuse_at(document, json_text_find(span_text(document->text), where), where,
			 sentence);
}

static int refuse_syntax(const struct json_document *document, const json_error_t *syntax)
{
	char sentence[ERROR_TEXT_BYTES];

	(void)snprintf(sentence, sizeof(sentence), "not valid JSON: %s", syntax->text);
	return refuse_at(document, json_text_error(span_text(document->text), syntax), "",
			 sentence);
}

int json_document_parse(struct json_document *document, const char *path, struct span text,
			struct error *error)
{
	json_error_t syntax;

	*document = (struct json_document){.error = error};
	if (text.size > JSON_DOCUMENT_MAX_BYTES)
		return error_set(error, JSON_DOCUMENT_E_INVALID,
				 "%s: longer than %d bytes, which is too much for rules", path,
				 JSON_DOCUMENT_MAX_BYTES);
	if (span_find(text, 0, 0) < text.size)
		return error_set(error, JSON_DOCUMENT_E_INVALID,
				 "%s: holds a NUL byte; it is not JSON", path);
	document->path = strdup(path);
	document->text = span_dup(text);
	if (!document->path || !document->text)
		return -ENOMEM;
	document->root =
		json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &syntax);
	if (!document->root)
		return json_error_code(&syntax) == json_error_out_of_memory
			       ? -ENOMEM
			       : refuse_syntax(document, &syntax);
	if (!json_is_object(document->root))
		return json_document_refuse(document, "", "must be an object");
	return 0;
}

int json_document_load(struct json_document *document, const char *path, struct error *error)
{
	cleanup_close int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	cleanup_buffer struct buffer text = BUFFER_INIT;
	ssize_t got = 1;

	*document = (struct json_document){.error = error};
	while (descriptor >= 0 && got > 0 && text.size <= JSON_DOCUMENT_MAX_BYTES) {
		uint8_t *room = buffer_reserve(&text, PIECE_BYTES);

		if (!room)
			return text.error;
		got = read(descriptor, room, PIECE_BYTES);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			text.size += (size_t)got;
	}
	if (descriptor < 0 || got < 0)
		return error_set(error, JSON_DOCUMENT_E_INVALID, "%s: cannot be read: %s", path,
				 strerror(errno));
	return json_document_parse(document, path, buffer_span(&text), error);
}

void json_document_finish(struct json_document *document)
{
	json_decref(document->root);
	free(document->text);
	free(document->path);
	*document = (struct json_document){0};
}

int json_document_keys(const struct json_document *document, const json_t *object,
		       const char *where, const char *const *keys)
{
	char place[JSON_DOCUMENT_WHERE_BYTES];
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return json_document_refuse(document, where, "must be an object");
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		size_t i = 0;

		while (keys[i] && strcmp(keys[i], key) != 0)
			i++;
		if (keys[i])
			continue;
		json_document_join(where, key, place);
		return json_document_refuse(document, place, "there is no such key here");
	}
	return 0;
}

static int judge_text(const struct json_document *document, const char *where, const json_t *value,
		      struct span *ret_text)
{
	struct span text = span_of(json_string_value(value), json_string_length(value));

	if (!text.data)
		return json_document_refuse(document, where, "must be a text");
	if (text.size > JSON_DOCUMENT_TEXT_MAX_BYTES)
		return json_document_refuse(document, where, "is longer than %d bytes",
					    JSON_DOCUMENT_TEXT_MAX_BYTES);
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7F)
			return json_document_refuse(document, where,
						    "must not hold the control character U+%04X",
						    text.data[i]);
	*ret_text = text;
	return 0;
}

int json_document_text(const struct json_document *document, const json_t *object,
		       const char *where, const char *key, struct span *ret_text)
{
	const json_t *value = json_object_get(object, key);
	char place[JSON_DOCUMENT_WHERE_BYTES];

	if (!value)
		return 0;
	json_document_join(where, key, place);
	return judge_text(document, place, value, ret_text);
}

int json_document_item_text(const struct json_document *document, const json_t *list,
			    const char *where, size_t index, struct span *ret_text)
{
	char place[JSON_DOCUMENT_WHERE_BYTES];

	json_document_item(where, "", index, place);
	return judge_text(document, place, json_array_get(list, index), ret_text);
}

int json_document_number(const struct json_document *document, const json_t *object,
			 const char *where, const char *key, int32_t minimum, int32_t maximum,
			 int32_t *ret_number)
{
	const json_t *value = json_object_get(object, key);
	json_int_t number = json_integer_value(value);
	char place[JSON_DOCUMENT_WHERE_BYTES];

	if (!value)
		return 0;
	json_document_join(where, key, place);
	if (!json_is_integer(value) || number < minimum || number > maximum)
		return json_document_refuse(document, place, "must be a whole number from %d to %d",
					    minimum, maximum);
	*ret_number = (int32_t)number;
	return 0;
}

int json_document_bool(const struct json_document *document, const json_t *object,
		       const char *where, const char *key, bool *ret_value)
{
	const json_t *value = json_object_get(object, key);
	char place[JSON_DOCUMENT_WHERE_BYTES];

	if (!value)
		return 0;
	json_document_join(where, key, place);
	if (!json_is_boolean(value))
		return json_document_refuse(document, place, "must be true or false");
	*ret_value = json_is_true(value);
	return 0;
}

int json_document_list(const struct json_document *document, const json_t *object,
		       const char *where, const char *key, size_t max_items, json_t **ret_list)
{
	json_t *value = json_object_get(object, key);
	char place[JSON_DOCUMENT_WHERE_BYTES];

	*ret_list = NULL;
	if (!value)
		return 0;
	json_document_join(where, key, place);
	if (!json_is_array(value))
		return json_document_refuse(document, place, "must be a list");
	if (json_array_size(value) > max_items)
		return json_document_refuse(document, place, "holds more than %zu items",
					    max_items);
	*ret_list = value;
	return 0;
}
