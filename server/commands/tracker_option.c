/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where one server answers for several trackers, what a command mints is for one of them. The error
 * lists those that there are, because who has mistyped one looks for exactly that.
 */
#include "commands/tracker_option.h"

#include "base/cleanup.h"

int tracker_option_find(const struct app *app, const char *url, const struct tracker **ret_tracker,
			struct error *error)
{
	const struct tracker_set *set = app->trackers;
	const struct tracker *tracker = url ? tracker_of_url(set, span_text(url)) : set->primary;
	cleanup_buffer struct buffer known = BUFFER_INIT;

	if (tracker) {
		*ret_tracker = tracker;
		return 0;
	}
	for (size_t i = 0; i < set->count; i++)
		buffer_printf(&known, "%s%s", i > 0 ? ", " : "", set->trackers[i].origin);
	return error_set(error, APP_E_FAILED, "%s has no tracker at %s, but %s", app->config->path,
			 url, known.error ? "others" : buffer_text(&known));
}
