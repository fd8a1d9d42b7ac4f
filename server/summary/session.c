/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pause is measured from the event that is nearest, before or behind, since events of another
 * system and of another node can come in late. A pause of exactly 30 minutes does not end a
 * session.
 *
 * An event without a campaign says nothing about how somebody came, so it neither ends a session
 * nor takes its campaign away; one with the campaign that the session has is the same visit.
 */
#include "summary/session.h"

#define PAUSE ((usec_t)SESSION_PAUSE_MINUTES * 60 * USEC_PER_SEC)

static bool has_campaign(const struct campaign_id *campaign)
{
	return !id_is_zero(campaign, sizeof(*campaign));
}

static bool belongs(const struct session *session, const struct session_event *event)
{
	if (event->time > session->last && event->time - session->last > PAUSE)
		return false;
	if (event->time < session->first && session->first - event->time > PAUSE)
		return false;
	return !has_campaign(&event->campaign) ||
	       memcmp(&event->campaign, &session->campaign, sizeof(session->campaign)) == 0;
}

bool session_add(struct session *session, const struct session_event *event)
{
	if (session->events == 0 && event->is_leave)
		return false;
	if (session->events == 0)
		*session = (struct session){.first = event->time,
					    .last = event->time,
					    .campaign = event->campaign};
	else if (!belongs(session, event))
		return false;
	if (event->time < session->first)
		session->first = event->time;
	if (event->time > session->last)
		session->last = event->time;
	session->events += !event->is_leave;
	session->arrivals += event->is_arrival;
	session->views += event->is_view;
	return true;
}
