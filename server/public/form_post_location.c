/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a post may lead. What it asks for itself came from a stranger's page as easily as from
 * ours: it is a place on the sites that the form, or else its tracker, lists. What the form says
 * is an operator's word, on any site or tracker of ours, written when other sites may have been
 * listed. Both are judged now, and what does not pass counts as not said.
 */
#include "public/form_post.h"

#include "public/public.h"

static bool is_listed(const struct form_post *post, struct span url)
{
	const struct form *form = post->form;
	const struct tracker *tracker = post->visit.tracker;

	for (size_t i = 0; i < form->site_count; i++)
		if (form_site_is_listed(post->visit.settings->trackers, form->sites[i]) &&
		    form_place_is_listed(url, &form->sites[i], 1))
			return true;
	return form->site_count == 0 &&
	       form_place_is_listed(url, (const char *const *)tracker->sites, tracker->site_count);
}

static struct span find(const struct form_post *post, struct span parameter, const char *otherwise)
{
	struct span asked = form_body_get(&post->body, parameter);

	if (asked.size > 0 && is_listed(post, asked))
		return asked;
	if (asked.size > 0)
		metrics_add(&post->visit.app->metrics, METRIC_POST_PLACES_REFUSED, 1);
	if (form_place_holds(post->visit.settings->trackers, span_text(otherwise)))
		return span_text(otherwise);
	return SPAN("");
}

void form_post_set_locations(struct form_post *post)
{
	post->success = find(post, SPAN(FORM_POST_SUCCESS), post->form->success);
	post->error = find(post, SPAN(FORM_POST_ERROR), post->form->error);
}
