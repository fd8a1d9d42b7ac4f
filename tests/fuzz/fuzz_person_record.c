/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any two texts, with a line feed between them, as the records of two people: what can be read is
 * written in one way, and a merge that is undone leaves the same text.
 */
#include "base/cleanup.h"
#include "track/person_marks.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct handle from = {{0xFE, 0xDC, 0xBA}};

static struct person_record *parse(struct span text)
{
	struct person_record *record = NULL;
	int r = person_record_parse(text, 1, &record);

	assert(r == 0 || r == PERSON_RECORD_E_DAMAGED);
	return record;
}

/* NULL: it is too long. */
static char *format(struct person_record *record)
{
	struct buffer text = BUFFER_INIT;
	int r = person_record_format(record, &text);
	char *copy = r == 0 ? span_dup(buffer_span(&text)) : NULL;

	assert(r == 0 || r == PERSON_RECORD_E_LONG);
	buffer_finish(&text);
	return copy;
}

static void check_text(struct person_record *record)
{
	cleanup_free char *once = format(record);
	struct person_record *again;
	json_t *json = person_record_json(record);

	assert(json);
	json_decref(json);
	if (!once)
		return;
	again = parse(span_text(once));
	if (again) {
		cleanup_free char *twice = format(again);

		assert(twice && strcmp(once, twice) == 0);
	}
	assert(again);
	person_record_free(again);
}

static void check_merge(struct person_record *record, const struct person_record *other)
{
	cleanup_free char *before = format(record);
	cleanup_free char *after = NULL;

	/* The mark is there already: then more goes than came. */
	if (!before || strstr(before, "fedcba"))
		return;
	assert(person_record_merge(record, other, &from) == 0);
	assert(person_record_unmerge(record, &from) == 0);
	after = format(record);
	assert(after && strcmp(before, after) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	size_t end = span_find(text, '\n', 0);
	struct person_record *record = parse(span_slice(text, 0, end));
	struct person_record *other = parse(span_slice(text, end + 1, size));

	if (record)
		check_text(record);
	if (record && other)
		check_merge(record, other);
	person_record_free(record);
	person_record_free(other);
	return 0;
}
