/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two tables of buckets, asked once per request before anything that costs. The address comes
 * first: what it refuses does not count for the tracker, so that a flood from some addresses takes
 * from its tracker only what these addresses may have anyway.
 */
#include "app/admission.h"

#include "config/config_rows.h"

#include <errno.h>

enum { TRACKER_NAMES = 8 * CONFIG_TRACKERS_MAX /* so roomy that none is ever given up */ };

int admission_init(struct admission *admission, const struct config *config)
{
	int r = rate_limit_init(&admission->addresses, config->limit_addresses);

	if (!r)
		r = rate_limit_init(&admission->trackers, TRACKER_NAMES);
	if (!r)
		admission_set(admission, config);
	return r;
}

void admission_finish(struct admission *admission)
{
	rate_limit_finish(&admission->addresses);
	rate_limit_finish(&admission->trackers);
}

void admission_set(struct admission *admission, const struct config *config)
{
	rate_limit_set(&admission->addresses, config->address_rate, config->address_burst);
	rate_limit_set(&admission->trackers, config->tracker_rate, config->tracker_burst);
}

bool admission_knows(const struct tracker_set *trackers, const struct address *client)
{
	for (size_t i = 0; i < trackers->proxy_count; i++)
		if (network_holds(&trackers->proxies[i], client))
			return false;
	return client->known;
}

enum admission_verdict admission_judge(struct admission *admission,
				       const struct tracker_set *trackers,
				       const struct request *request, const struct tracker *tracker,
				       usec_t now)
{
	if (admission->addresses.interval > 0 && admission_knows(trackers, &request->client) &&
	    !rate_limit_take(&admission->addresses, address_name(&request->client), now,
			     admission->squeeze))
		return OVER_ADDRESS_RATE;
	if (tracker && !rate_limit_take(&admission->trackers, tracker->index, now, 0))
		return OVER_TRACKER_RATE;
	return ADMITTED;
}
