/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v1/links/checked: what `waymark link check` found, for the metrics.
 *
 *   {"ok": 120, "moved": 3, "missing": 1, "failing": 0, "unclear": 2, "unreachable": 0,
 *    "refused": 0}
 *   {}
 *
 * Figures alone: which links they are stands in a file of the check's own. A server that starts
 * again knows none until the next check.
 */
#include "app/operation.h"

#include <errno.h>

enum { LINKS_MAX = 1000000000 };

int operation_links_checked(struct operation_call *call, struct error *error)
{
	static const struct {
		const char *key;
		enum metric metric;
	} states[] = {
		{"ok", METRIC_CHECKED_OK},	     {"moved", METRIC_CHECKED_MOVED},
		{"missing", METRIC_CHECKED_MISSING}, {"failing", METRIC_CHECKED_FAILING},
		{"unclear", METRIC_CHECKED_UNCLEAR}, {"unreachable", METRIC_CHECKED_UNREACHABLE},
		{"refused", METRIC_CHECKED_REFUSED},
	};
	enum { STATES = sizeof(states) / sizeof(states[0]) };
	const char *keys[STATES + 1] = {NULL};
	uint64_t counts[STATES];
	int code;

	for (size_t i = 0; i < STATES; i++)
		keys[i] = states[i].key;
	code = operation_check_keys(call->body, "", keys, error);
	for (size_t i = 0; i < STATES && !code; i++)
		code = operation_number(call->body, "", keys[i], 0, LINKS_MAX, &counts[i], error);
	if (code)
		return code;
	for (size_t i = 0; i < STATES; i++)
		metrics_set(&call->app->metrics, states[i].metric, counts[i]);
	metrics_set(&call->app->metrics, METRIC_CHECKED_TIME, clock_wall() / USEC_PER_SEC);
	call->reply = json_object();
	return call->reply ? 0 : -ENOMEM;
}
