/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of the rules: page groups, and what is known by its name. A name that stands twice is a
 * mistake, since only one of the two could hold; so is a page that is in two groups.
 *
 * What is read belongs to the rules at once, also where a mistake ends the reading, so that
 * rules_free() finds all of it.
 */
#include "summary/rules_read.h"

#include <errno.h>

enum { POINTS_MAX = 100000 };

int rules_read_points(const struct json_document *document, const json_t *object, const char *where,
		      const char *key, struct rules_points *ret_points)
{
	const json_t *points = json_object_get(object, key);
	char place[JSON_DOCUMENT_WHERE_BYTES];
	const char *keys[SCORE_KIND_COUNT + 1] = {NULL};
	int code;

	if (!points)
		return 0;
	for (int kind = 0; kind < SCORE_KIND_COUNT; kind++)
		keys[kind] = score_kind_text(kind);
	json_document_join(where, key, place);
	code = json_document_keys(document, points, place, keys);
	for (int kind = 0; !code && kind < SCORE_KIND_COUNT; kind++) {
		if (!json_object_get(points, keys[kind]))
			continue;
		ret_points->set |= 1u << kind;
		code = json_document_number(document, points, place, keys[kind], -POINTS_MAX,
					    POINTS_MAX, &ret_points->points[kind]);
	}
	return code;
}

int rules_read_name(const struct json_document *document, const json_t *object, const char *where,
		    char **ret_name)
{
	struct span name = {0};
	int code = json_document_text(document, object, where, "name", &name);

	if (!code && id_check_name(name) != 0)
		return json_document_refuse(document, where, "needs a name, of at most %d bytes",
					    ID_NAME_MAX_BYTES);
	if (code)
		return code;
	*ret_name = span_dup(name);
	return *ret_name ? 0 : -ENOMEM;
}

int rules_read_category(const struct json_document *document, const json_t *object,
			const char *where, struct summary_rules *rules, int *ret_category)
{
	struct span name = {0};
	int code = json_document_text(document, object, where, "category", &name);
	char **grown;

	*ret_category = RULES_NONE;
	if (code || name.size == 0)
		return code;
	for (size_t i = 0; i < rules->category_count; i++) {
		*ret_category = (int)i;
		if (span_equal(span_text(rules->categories[i]), name))
			return 0;
	}
	if (rules->category_count == RULES_CATEGORIES_MAX)
		return json_document_refuse(document, where, "there are more than %d categories",
					    RULES_CATEGORIES_MAX);
	grown = realloc(rules->categories, (rules->category_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	rules->categories = grown;
	grown[rules->category_count] = span_dup(name);
	if (!grown[rules->category_count])
		return -ENOMEM;
	*ret_category = (int)rules->category_count++;
	return 0;
}

static int check_page_is_new(const struct json_document *document,
			     const struct summary_rules *rules, const char *where,
			     const struct page_pattern *pattern)
{
	for (size_t i = 0; i < rules->page_count; i++) {
		const struct page_pattern *other = &rules->pages[i].pattern;

		if (span_equal(buffer_span(&other->path), buffer_span(&pattern->path)) &&
		    span_equal(span_text(other->origin), span_text(pattern->origin)) &&
		    !other->origin == !pattern->origin)
			return json_document_refuse(document, where,
						    "is there already, in the group \"%s\"",
						    rules->groups[rules->pages[i].group].name);
	}
	return 0;
}

static int read_page(const struct json_document *document, struct summary_rules *rules,
		     const char *where, const char *text)
{
	struct rules_page page = {.group = (int)rules->group_count - 1}, *grown;
	int code = page_pattern_init(&page.pattern, text, true);

	if (code > 0)
		code = json_document_refuse(document, where,
					    "\"%s\" is not a page; write a path like /pricing, "
					    "/products/*/price or an address like "
					    "https://shop.example.com/, without query and fragment",
					    text);
	if (!code)
		code = check_page_is_new(document, rules, where, &page.pattern);
	if (!code && rules->page_count == RULES_PAGES_MAX)
		code = json_document_refuse(document, where, "there are more than %d pages",
					    RULES_PAGES_MAX);
	grown = code ? NULL : realloc(rules->pages, (rules->page_count + 1) * sizeof(*grown));
	if (!code && !grown)
		code = -ENOMEM;
	if (code) {
		page_pattern_finish(&page.pattern);
		return code;
	}
	rules->pages = grown;
	grown[rules->page_count++] = page;
	return 0;
}

static int read_pages(const struct json_document *document, const json_t *object, const char *where,
		      struct summary_rules *rules)
{
	char place[JSON_DOCUMENT_WHERE_BYTES], item[JSON_DOCUMENT_WHERE_BYTES];
	json_t *list;
	int code = json_document_list(document, object, where, "pages", RULES_PAGES_MAX, &list);

	if (!code && json_array_size(list) == 0)
		code = json_document_refuse(document, where, "needs pages, at least one");
	json_document_join(where, "pages", place);
	for (size_t i = 0; !code && i < json_array_size(list); i++) {
		struct span text;

		json_document_item(place, "", i, item);
		code = json_document_item_text(document, list, place, i, &text);
		if (!code)
			code = read_page(document, rules, item, (const char *)text.data);
	}
	return code;
}

static int read_group(const struct json_document *document, const json_t *object, const char *where,
		      struct summary_rules *rules)
{
	static const char *const keys[] = {"category", "daily_cap", "important", "name",
					   "pages",    "points",    NULL};
	struct rules_group *group = &rules->groups[rules->group_count++];
	int code = json_document_keys(document, object, where, keys);

	group->category = RULES_NONE;
	if (!code)
		code = rules_read_name(document, object, where, &group->name);
	for (size_t i = 0; !code && i + 1 < rules->group_count; i++)
		if (strcmp(rules->groups[i].name, group->name) == 0)
			code = json_document_refuse(document, where,
						    "there is a group \"%s\" already", group->name);
	if (!code)
		code = rules_read_points(document, object, where, "points", &group->points);
	if (!code)
		code = rules_read_category(document, object, where, rules, &group->category);
	if (!code)
		code = json_document_number(document, object, where, "daily_cap", 0, POINTS_MAX,
					    &group->daily_cap);
	if (!code)
		code = json_document_bool(document, object, where, "important", &group->important);
	return code ? code : read_pages(document, object, where, rules);
}

int rules_read_groups(const struct json_document *document, struct summary_rules *rules)
{
	char where[JSON_DOCUMENT_WHERE_BYTES];
	json_t *list;
	int code =
		json_document_list(document, document->root, "", "groups", RULES_GROUPS_MAX, &list);

	if (code || !list)
		return code;
	rules->groups = calloc(json_array_size(list) + 1, sizeof(*rules->groups));
	if (!rules->groups)
		return -ENOMEM;
	for (size_t i = 0; !code && i < json_array_size(list); i++) {
		json_document_item("", "groups", i, where);
		code = read_group(document, json_array_get(list, i), where, rules);
	}
	return code;
}

static int read_named(const struct json_document *document, const json_t *object, const char *where,
		      struct rules_named_list *list, struct summary_rules *rules)
{
	static const char *const keys[] = {"category", "name", "points", NULL};
	struct rules_named *named = &list->items[list->count++];
	int code = json_document_keys(document, object, where, keys);

	named->category = RULES_NONE;
	if (!code)
		code = rules_read_name(document, object, where, &named->name);
	for (size_t i = 0; !code && i + 1 < list->count; i++)
		if (strcmp(list->items[i].name, named->name) == 0)
			code = json_document_refuse(document, where, "\"%s\" is there already",
						    named->name);
	if (!code)
		code = rules_read_points(document, object, where, "points", &named->points);
	if (!code)
		code = rules_read_category(document, object, where, rules, &named->category);
	if (!code && list == &rules->forms)
		id_of_name(NAME_FORM, span_text(named->name), named->id);
	if (!code && list == &rules->campaigns)
		id_of_name(NAME_CAMPAIGN, span_text(named->name), named->id);
	return code;
}

int rules_read_named(const struct json_document *document, const char *key,
		     struct rules_named_list *list, struct summary_rules *rules)
{
	char where[JSON_DOCUMENT_WHERE_BYTES];
	json_t *items;
	int code = json_document_list(document, document->root, "", key, RULES_NAMED_MAX, &items);

	if (code || !items)
		return code;
	list->items = calloc(json_array_size(items) + 1, sizeof(*list->items));
	if (!list->items)
		return -ENOMEM;
	for (size_t i = 0; !code && i < json_array_size(items); i++) {
		json_document_item("", key, i, where);
		code = read_named(document, json_array_get(items, i), where, list, rules);
	}
	return code;
}
