/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a form is once it is compiled. All of it lies in one arena, so that a form is freed as it
 * was made: as a whole, by whoever held it last. Its sites are judged by whoever uses them, against
 * the configuration as it is then.
 */
#include "track/form.h"

#include "text/url.h"
#include "track/tracker.h"

#include <assert.h>
#include <stdlib.h>

struct form *form_hold(struct form *form)
{
	form->references++;
	return form;
}

void form_release(struct form *form)
{
	if (!form)
		return;
	assert(form->references > 0);
	if (--form->references > 0)
		return;
	arena_finish(&form->arena);
	free(form);
}

void cleanup_form(struct form **form)
{
	form_release(*form);
}

const struct form_field *form_field_find(const struct form *form, struct span name)
{
	for (size_t i = 0; i < form->field_count; i++)
		if (span_equal(span_text(form->fields[i].name), name))
			return &form->fields[i];
	return NULL;
}

const char *form_type_text(enum form_type type)
{
	static const char *const texts[FORM_TYPE_COUNT] = {
#define FORM_TYPE(id, text) [FORM_TYPE_##id] = (text),
		FORM_TYPES(FORM_TYPE)
#undef FORM_TYPE
	};

	assert(type < FORM_TYPE_COUNT);
	return texts[type];
}

const char *form_level_text(enum form_level level)
{
	static const char *const texts[FORM_LEVEL_COUNT] = {
		[FORM_LEVEL_NEVER] = "never",
		[FORM_LEVEL_CLICK] = "click",
		[FORM_LEVEL_OWN] = "own",
		[FORM_LEVEL_CONFIRMED] = "confirmed",
	};

	assert(level < FORM_LEVEL_COUNT);
	return texts[level];
}

/*
 * Only what goes out byte for byte: of a URL that browsers would first repair, two programs may
 * see two hosts, and so they do where a backslash stands in it.
 */
bool form_place_is_listed(struct span place, const char *const *origins, size_t count)
{
	struct buffer serialised = BUFFER_INIT;
	char origin[URL_HOST_MAX_BYTES + 16];
	enum url_refusal refusal;
	struct url url;
	enum url_class class = url_classify(place, true, &serialised, &refusal);

	buffer_finish(&serialised);
	if (class != URL_EXACT || span_find(place, '\\', 0) < place.size ||
	    url_parse(place, &url) != 0 || url.has_userinfo)
		return false;
	url_origin(&url, origin);
	for (size_t i = 0; i < count; i++)
		if (span_equal(span_text(origins[i]), span_text(origin)))
			return true;
	return false;
}

bool form_site_is_listed(const struct tracker_set *trackers, const char *origin)
{
	for (size_t i = 0; i < trackers->count; i++) {
		const struct tracker *tracker = &trackers->trackers[i];

		if (strcmp(tracker->origin, origin) == 0)
			return true;
		for (size_t site = 0; site < tracker->site_count; site++)
			if (strcmp(tracker->sites[site], origin) == 0)
				return true;
	}
	return false;
}

bool form_place_holds(const struct tracker_set *trackers, struct span place)
{
	char text[URL_HOST_MAX_BYTES + 16];
	const char *origin = text;
	struct url url;

	if (url_parse(place, &url) != 0)
		return false;
	url_origin(&url, text);
	return form_place_is_listed(place, &origin, 1) && form_site_is_listed(trackers, origin);
}
