/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_PUBLIC_H
#define WAYMARK_PUBLIC_PUBLIC_H

#include "app/app.h"
#include "http/reply.h"

/* The public listener: its table (routes.c) and its handlers, one endpoint per file. */
extern const struct route public_routes[];
extern const size_t public_route_count;
extern const struct route public_otherwise; /* paths that no row has */

/* Before routing, but for /healthz: who is over a limit is marked; a Host that is no tracker's is
 * 421. */
bool public_gate(struct request *request);

enum handled public_banner(struct request *request);
enum handled public_beacon(struct request *request);
enum handled public_click(struct request *request);
enum handled public_confirm(struct request *request);
enum handled public_confirm_post(struct request *request);
enum handled public_consent(struct request *request);
enum handled public_favicon(struct request *request);
enum handled public_forget(struct request *request);
enum handled public_form(struct request *request);
enum handled public_form_post(struct request *request);
enum handled public_handover(struct request *request);
enum handled public_handover_ask(struct request *request);
enum handled public_healthz(struct request *request);
enum handled public_open(struct request *request);
enum handled public_path(struct request *request);
enum handled public_pinned(struct request *request);
enum handled public_pixel(struct request *request);
enum handled public_prefill(struct request *request);
enum handled public_privacy(struct request *request);
enum handled public_robots(struct request *request);
enum handled public_self_contained(struct request *request);
enum handled public_slug(struct request *request);
enum handled public_staff(struct request *request);
enum handled public_staff_post(struct request *request);
enum handled public_snippet(struct request *request);
enum handled public_subscription(struct request *request);
enum handled public_subscription_post(struct request *request);
enum handled public_tag(struct request *request);

/* The settings under which the request began, however often they are changed until it is over. */
static inline const struct settings *public_settings(const struct request *request)
{
	return request->settings;
}

/* The tracker that was asked; the gate has made sure that there is one. */
const struct tracker *public_tracker(const struct request *request);

/* 404 with a link to the tracker's first site: forged, mangled, or not there; 429 over a limit. */
enum handled public_not_found(struct request *request, unsigned counter);
/* 503, not to be stored, for what is asked for before anybody looks: a browser that then shows it
 * asks again. */
enum handled public_prefetched(struct request *request, unsigned counter);
/* One transparent pixel, not to be stored. */
enum handled public_picture(struct request *request, unsigned counter);
/* 503 with Retry-After: the store cannot be read. */
enum handled public_unreadable(struct request *request, unsigned counter);

#endif
