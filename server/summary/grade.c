/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Criteria are few and their texts are short, so each is tried. A criterion that asks for a field
 * which somebody does not have says nothing about them.
 *
 * Texts are folded when they are read, a person's value when it is compared: what stands in the
 * rules may be written as people write.
 */
#include "summary/grade.h"

#include "summary/company.h"

#include <errno.h>

enum { CRITERIA_MAX = 100, TEXTS_MAX = 1000, THIRDS_MAX = 12 };

static const char *const grade_texts[] = {"F",	"D-", "D",  "D+", "C-", "C", "C+",
					  "B-", "B",  "B+", "A-", "A",	"A+"};

struct criterion {
	char *name, *field;
	struct buffer *texts; /* folded */
	size_t text_count;
	bool whole; /* the value is one of the texts; else it contains one */
	int32_t thirds;
};

struct grade_rules {
	struct criterion *criteria;
	size_t count;
	enum grade start;
};

const char *grade_text(enum grade grade)
{
	return grade == GRADE_NONE ? "" : grade_texts[grade];
}

void grade_rules_free(struct grade_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++) {
		struct criterion *criterion = &rules->criteria[i];

		for (size_t j = 0; j < criterion->text_count; j++)
			buffer_finish(&criterion->texts[j]);
		free(criterion->texts);
		free(criterion->field);
		free(criterion->name);
	}
	free(rules->criteria);
	free(rules);
}

const char *grade_field(const struct grade_rules *rules, size_t index)
{
	return rules && index < rules->count ? rules->criteria[index].field : NULL;
}

static bool contains(struct span text, struct span part)
{
	return part.size > 0 && memmem(text.data, text.size, part.data, part.size) != NULL;
}

static bool matches(const struct criterion *criterion, struct span value)
{
	cleanup_buffer struct buffer folded = BUFFER_INIT;
	bool found = false;

	company_fold_text(span_trim(value), &folded);
	for (size_t i = 0; !folded.error && !found && i < criterion->text_count; i++) {
		struct span text = buffer_span(&criterion->texts[i]);

		found = criterion->whole ? span_equal(buffer_span(&folded), text)
					 : contains(buffer_span(&folded), text);
	}
	return found;
}

enum grade grade_of(const struct grade_rules *rules,
		    struct span (*value)(void *context, const char *field), void *context,
		    struct buffer *ret_why)
{
	int grade;

	if (!rules || rules->count == 0)
		return GRADE_NONE;
	grade = (int)rules->start;
	for (size_t i = 0; i < rules->count; i++) {
		const struct criterion *criterion = &rules->criteria[i];
		struct span text = value(context, criterion->field);

		if (!text.data || !matches(criterion, text))
			continue;
		grade += criterion->thirds;
		if (ret_why)
			buffer_printf(ret_why, "%s%s", ret_why->size > 0 ? ", " : "",
				      criterion->name);
	}
	if (grade < GRADE_F)
		return GRADE_F;
	return grade > GRADE_A_PLUS ? GRADE_A_PLUS : (enum grade)grade;
}

static int read_start(const struct json_document *document, const json_t *object,
		      struct grade_rules *rules)
{
	struct span text = SPAN("D");
	int code = json_document_text(document, object, "grade", "start", &text);

	if (code)
		return code;
	for (int grade = GRADE_F; grade < GRADE_COUNT; grade++)
		if (span_equal(text, span_text(grade_texts[grade]))) {
			rules->start = (enum grade)grade;
			return 0;
		}
	return json_document_refuse(document, "grade.start",
				    "must be a grade from F to A+, not \"%s\"",
				    (const char *)text.data);
}

static int read_texts(const struct json_document *document, const json_t *object, const char *where,
		      struct criterion *criterion)
{
	const char *key = criterion->whole ? "is" : "contains";
	char place[JSON_DOCUMENT_WHERE_BYTES];
	json_t *list;
	int code = json_document_list(document, object, where, key, TEXTS_MAX, &list);

	if (!code && json_array_size(list) == 0)
		code = json_document_refuse(document, where,
					    "needs texts, at least one, in \"is\" or \"contains\"");
	if (code)
		return code;
	criterion->texts = calloc(json_array_size(list), sizeof(*criterion->texts));
	if (!criterion->texts)
		return -ENOMEM;
	json_document_join(where, key, place);
	for (size_t i = 0; !code && i < json_array_size(list); i++) {
		struct buffer *to = &criterion->texts[criterion->text_count++];
		struct span text;

		code = json_document_item_text(document, list, place, i, &text);
		if (!code)
			company_fold_text(span_trim(text), to);
		if (!code)
			code = to->error;
	}
	return code;
}

static int read_text(const struct json_document *document, const json_t *object, const char *where,
		     const char *key, char **ret_text)
{
	struct span text = {0};
	int code = json_document_text(document, object, where, key, &text);

	if (!code && text.size == 0)
		code = json_document_refuse(document, where, "needs a %s", key);
	if (code)
		return code;
	*ret_text = span_dup(text);
	return *ret_text ? 0 : -ENOMEM;
}

static int read_criterion(const struct json_document *document, const json_t *object,
			  const char *where, struct grade_rules *rules)
{
	static const char *const keys[] = {"contains", "field", "is", "name", "thirds", NULL};
	struct criterion *criterion = &rules->criteria[rules->count++];
	int code = json_document_keys(document, object, where, keys);

	if (!code && json_object_get(object, "is") && json_object_get(object, "contains"))
		code = json_document_refuse(document, where,
					    "has both \"is\" and \"contains\"; one will do");
	criterion->whole = json_object_get(object, "is") != NULL;
	if (!code)
		code = read_text(document, object, where, "name", &criterion->name);
	if (!code)
		code = read_text(document, object, where, "field", &criterion->field);
	if (!code)
		code = json_document_number(document, object, where, "thirds", -THIRDS_MAX,
					    THIRDS_MAX, &criterion->thirds);
	if (!code && criterion->thirds == 0)
		code = json_document_refuse(document, where,
					    "needs thirds, by how many thirds of a letter it moves "
					    "the grade");
	return code ? code : read_texts(document, object, where, criterion);
}

static int read_rules(const struct json_document *document, const json_t *object,
		      struct grade_rules *rules)
{
	static const char *const keys[] = {"criteria", "start", NULL};
	char where[JSON_DOCUMENT_WHERE_BYTES];
	json_t *list = NULL;
	int code = json_document_keys(document, object, "grade", keys);

	if (!code)
		code = read_start(document, object, rules);
	if (!code)
		code = json_document_list(document, object, "grade", "criteria", CRITERIA_MAX,
					  &list);
	if (code)
		return code;
	rules->criteria = calloc(json_array_size(list) + 1, sizeof(*rules->criteria));
	if (!rules->criteria)
		return -ENOMEM;
	for (size_t i = 0; !code && i < json_array_size(list); i++) {
		json_document_item("grade", "criteria", i, where);
		code = read_criterion(document, json_array_get(list, i), where, rules);
	}
	return code;
}

int grade_rules_read(const struct json_document *document, struct grade_rules **ret_rules)
{
	const json_t *object = json_object_get(document->root, "grade");
	struct grade_rules *rules = calloc(1, sizeof(*rules));
	int code;

	if (!rules)
		return -ENOMEM;
	code = object ? read_rules(document, object, rules) : 0;
	if (code) {
		grade_rules_free(rules);
		return code;
	}
	*ret_rules = rules;
	return 0;
}
