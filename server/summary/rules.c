/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules as a whole: defaults, loading, release, and the page groups. What stands in the lists
 * of the file is read in rules_read.c.
 *
 * Totals by page group depend on the groups' names and pages alone; their digest says whether
 * totals that were folded before still hold. Points may change without that, since scores are
 * folded whenever somebody asks.
 */
#include "summary/rules.h"

#include "base/cleanup.h"
#include "crypto/digest.h"
#include "summary/company.h"
#include "summary/grade.h"
#include "summary/rules_read.h"

#include <errno.h>
#include <math.h>

enum { POINTS_MAX = 100000, HALF_LIFE_MAX = 3650, DUE_DAYS_MAX = 365 };

static const int32_t default_points[] = {
#define SCORE_KIND(name, points, sentence) points,
	SCORE_KINDS(SCORE_KIND)
#undef SCORE_KIND
};

static const char *const kind_texts[] = {
#define SCORE_KIND(name, points, sentence) #name,
	SCORE_KINDS(SCORE_KIND)
#undef SCORE_KIND
};

const char *score_kind_text(enum score_kind kind)
{
	return kind_texts[kind];
}

static void finish_named(struct rules_named_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].name);
	free(list->items);
}

void rules_free(struct summary_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->category_count; i++)
		free(rules->categories[i]);
	free(rules->categories);
	for (size_t i = 0; i < rules->group_count; i++)
		free(rules->groups[i].name);
	free(rules->groups);
	for (size_t i = 0; i < rules->page_count; i++)
		page_pattern_finish(&rules->pages[i].pattern);
	free(rules->pages);
	finish_named(&rules->forms);
	finish_named(&rules->campaigns);
	finish_named(&rules->events);
	company_rules_free(rules->companies);
	grade_rules_free(rules->grades);
	free(rules->follow_up.done_field);
	free(rules);
}

void cleanup_rules(struct summary_rules **rules)
{
	rules_free(*rules);
}

int rules_group_of_page(const struct summary_rules *rules, struct span url)
{
	struct page_address page;

	if (rules->page_count == 0)
		return RULES_NONE;
	page = page_address_of(url);
	for (size_t i = 0; i < rules->page_count; i++)
		if (page_pattern_holds(&rules->pages[i].pattern, &page))
			return rules->pages[i].group;
	return RULES_NONE;
}

static void set_decay(struct summary_rules *rules)
{
	double life = rules->half_life_days;

	for (int age = 0; age <= RULES_AGES; age++)
		rules->decay[age] = (uint32_t)(life > 0 ? exp2(31.0 - age / life) : exp2(31.0));
}

static int compare_pages(const void *a, const void *b)
{
	const struct page_pattern *left = &((const struct rules_page *)a)->pattern;
	const struct page_pattern *right = &((const struct rules_page *)b)->pattern;
	int groups = ((const struct rules_page *)a)->group - ((const struct rules_page *)b)->group;

	if (left->path.size != right->path.size)
		return left->path.size > right->path.size ? -1 : 1;
	if (!left->origin != !right->origin)
		return left->origin ? -1 : 1;
	return groups;
}

static void add_text(struct digest *digest, const char *text)
{
	digest_add(digest, span_of(text ? text : "", (text ? strlen(text) : 0) + 1));
}

static int set_digest(struct summary_rules *rules)
{
	struct digest *digest = digest_new();

	if (!digest)
		return -ENOMEM;
	for (size_t i = 0; i < rules->group_count; i++)
		add_text(digest, rules->groups[i].name);
	for (size_t i = 0; i < rules->page_count; i++) {
		const struct rules_page *page = &rules->pages[i];
		uint8_t stars = page->pattern.has_stars;

		add_text(digest, rules->groups[page->group].name);
		add_text(digest, page->pattern.origin);
		digest_add(digest, span_of(&stars, 1));
		digest_add(digest, buffer_span(&page->pattern.path));
		add_text(digest, NULL);
	}
	digest_finish(digest, rules->groups_digest);
	digest_free(digest);
	return 0;
}

static int finish_rules(struct summary_rules *rules)
{
	set_decay(rules);
	if (rules->page_count > 0)
		qsort(rules->pages, rules->page_count, sizeof(*rules->pages), compare_pages);
	return set_digest(rules);
}

static int read_caps(const struct json_document *document, struct summary_rules *rules)
{
	struct rules_points caps = {0};
	int code = rules_read_points(document, document->root, "", "daily_caps", &caps);

	for (int kind = 0; !code && kind < SCORE_KIND_COUNT; kind++) {
		char where[JSON_DOCUMENT_WHERE_BYTES];

		json_document_join("daily_caps", kind_texts[kind], where);
		if (caps.points[kind] < 0)
			code = json_document_refuse(document, where, "must not be below 0");
		rules->daily_caps[kind] = caps.points[kind];
	}
	return code;
}

static int read_follow_up(const struct json_document *document, struct summary_rules *rules)
{
	static const char *const keys[] = {"done_field", "due_days", "score", NULL};
	const json_t *object = json_object_get(document->root, "follow_up");
	struct follow_up *follow_up = &rules->follow_up;
	struct span field = SPAN("last_contact");
	int code;

	if (!object)
		return 0;
	follow_up->wanted = true;
	follow_up->due_days = 1;
	code = json_document_keys(document, object, "follow_up", keys);
	if (!code)
		code = json_document_number(document, object, "follow_up", "due_days", 0,
					    DUE_DAYS_MAX, &follow_up->due_days);
	if (!code)
		code = json_document_number(document, object, "follow_up", "score", 0, POINTS_MAX,
					    &follow_up->score);
	if (!code)
		code = json_document_text(document, object, "follow_up", "done_field", &field);
	if (code)
		return code;
	follow_up->done_field = span_dup(field);
	return follow_up->done_field ? 0 : -ENOMEM;
}

static int read_points(const struct json_document *document, struct summary_rules *rules)
{
	struct rules_points points = {0};
	int code = rules_read_points(document, document->root, "", "points", &points);

	for (int kind = 0; kind < SCORE_KIND_COUNT; kind++)
		if (points.set & (1u << kind))
			rules->points[kind] = points.points[kind];
	return code;
}

static int read_rules(const struct json_document *document, struct summary_rules *rules)
{
	static const char *const keys[] = {"campaigns", "companies",	      "daily_caps",
					   "events",	"excluded_companies", "follow_up",
					   "forms",	"free_mail",	      "grade",
					   "groups",	"half_life_days",     "points",
					   NULL};
	int code = json_document_keys(document, document->root, "", keys);

	if (!code)
		code = json_document_number(document, document->root, "", "half_life_days", 0,
					    HALF_LIFE_MAX, &rules->half_life_days);
	if (!code)
		code = read_points(document, rules);
	if (!code)
		code = read_caps(document, rules);
	if (!code)
		code = rules_read_groups(document, rules);
	if (!code)
		code = rules_read_named(document, "forms", &rules->forms, rules);
	if (!code)
		code = rules_read_named(document, "campaigns", &rules->campaigns, rules);
	if (!code)
		code = rules_read_named(document, "events", &rules->events, rules);
	if (!code)
		code = company_rules_read(document, &rules->companies);
	if (!code)
		code = grade_rules_read(document, &rules->grades);
	return code ? code : read_follow_up(document, rules);
}

static int make(const struct json_document *document, struct summary_rules **ret_rules)
{
	struct summary_rules *rules = calloc(1, sizeof(*rules));
	int code = 0;

	if (!rules)
		return -ENOMEM;
	memcpy(rules->points, default_points, sizeof(rules->points));
	if (document)
		code = read_rules(document, rules);
	if (!code)
		code = finish_rules(rules);
	if (code) {
		rules_free(rules);
		return code;
	}
	*ret_rules = rules;
	return 0;
}

int rules_parse(const char *path, struct span text, struct summary_rules **ret_rules,
		struct error *error)
{
	struct json_document document;
	int code = json_document_parse(&document, path, text, error);

	if (!code)
		code = make(&document, ret_rules);
	json_document_finish(&document);
	return code;
}

int rules_load(const char *path, struct summary_rules **ret_rules, struct error *error)
{
	struct json_document document;
	int code;

	if (!path || !*path)
		return make(NULL, ret_rules);
	code = json_document_load(&document, path, error);
	if (!code)
		code = make(&document, ret_rules);
	json_document_finish(&document);
	return code;
}
