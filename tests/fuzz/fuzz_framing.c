/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the head of a request, cut as the library cuts it: in place, at bare line feeds too,
 * at the first colon, pieces ending at a NUL. What framing_check() then accepts must be, byte for
 * byte, what RFC 9112 section 2.1 allows and nothing else; an independent reading decides.
 */
#include "http/framing.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 8192, FIELDS = 256 };

static char room[ROOM];
static struct field fields[FIELDS];

/* The line at @at, ended by a NUL in place; NULL at the end of the bytes. */
static char *take_line(size_t size, size_t *at)
{
	char *line = room + *at, *end = memchr(line, '\n', size - *at);

	if (!end)
		return NULL;
	*at = (size_t)(end - room) + 1;
	*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	return line;
}

static bool cut_first(char *line, struct head *head)
{
	char *target = strchr(line, ' '), *version = strrchr(line, ' ');

	if (!target || target == version)
		return false;
	*target = *version = '\0';
	head->method = span_text(line);
	head->target = span_text(target + 1);
	head->target_at = head->target.data;
	head->version = span_text(version + 1);
	return true;
}

static bool cut(size_t size, struct head *head)
{
	size_t at = 0;
	char *line = take_line(size, &at);

	if (!line || !cut_first(line, head))
		return false;
	while ((line = take_line(size, &at)) != NULL && *line) {
		char *colon = strchr(line, ':');

		if (!colon || head->field_count == FIELDS)
			return false;
		*colon++ = '\0';
		colon += strspn(colon, " \t");
		head->fields[head->field_count++] =
			(struct field){.name = span_text(line), .value = span_text(colon)};
	}
	head->end = (const uint8_t *)room + at;
	return line != NULL;
}

/* Lines end with CRLF, hold no control but TAB, and only the first has exactly two spaces. */
static bool is_strict(const uint8_t *data, size_t size)
{
	size_t spaces = 0, from = 0;
	bool first = true;

	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\r' && i + 1 < size && data[i + 1] == '\n') {
			if (first ? spaces != 2 : data[from] == ' ' || data[from] == '\t')
				return false;
			first = false;
			from = i + 2;
			i++;
		} else if ((data[i] < 0x20 && (data[i] != '\t' || first)) || data[i] == 0x7f) {
			return false;
		} else if (first) {
			spaces += data[i] == ' ';
		}
	}
	return !first && from == size;
}

/* NULs at the end of a line in the place of a missing CR: what framing.c cannot see. */
static bool has_unseen_end(const uint8_t *data, size_t size)
{
	for (size_t i = 1; i < size; i++)
		if (data[i] == '\n' && data[i - 1] != '\r')
			return memchr(data, '\0', size) != NULL;
	return false;
}

static size_t count_named(const struct head *head, struct span name)
{
	size_t count = 0;

	for (size_t i = 0; i < head->field_count; i++)
		count += span_equal_nocase(head->fields[i].name, name);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct head head = {.fields = fields};
	struct framing framing;
	size_t used;

	if (size > ROOM)
		return 0;
	if (size > 0)
		memcpy(room, data, size);
	if (!cut(size, &head))
		return 0;
	used = (size_t)(head.end - (const uint8_t *)room);
	framing_check(&head, &framing);
	if (framing.status) {
		assert(framing.status >= 400 && framing.sentence);
		return 0;
	}
	assert(is_strict(data, used) || has_unseen_end(data, used));
	assert(count_named(&head, SPAN("Host")) <= 1);
	assert(count_named(&head, SPAN("Content-Length")) <= 1);
	assert(count_named(&head, SPAN("Transfer-Encoding")) == 0);
	assert(framing.path.size > 0);
	return 0;
}
