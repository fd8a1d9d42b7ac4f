/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /metrics and GET /readyz. Ready means that redirects leave, which needs no store: a node
 * whose disk is full or gone says "degraded" with status 200, since taking it out of service would
 * make dead links of late records. Only a node that is stopping is not ready.
 */
#include "admin/admin.h"
#include "store/store.h"

enum handled admin_metrics(struct request *request)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct app *app = request->context;

	app_sample(app);
	metrics_print(&app->metrics, &text);
	if (text.error)
		return reply_json_error(request, METRIC_REQUEST_ERROR, 500, "out of memory");
	return reply_body(request, METRIC_REQUEST_METRICS, 200,
			  "text/plain; version=0.0.4; charset=utf-8", "no-store",
			  buffer_span(&text));
}

static struct span sentence_of(const struct store_status *status)
{
	if (status->events_failing || status->state_failing || status->people_failing)
		return SPAN("degraded\n");
	for (unsigned i = 0; i < STORE_ENVS; i++)
		if (status->damaged[i])
			return SPAN("degraded: a page of the store is damaged\n");
	if (status->disk == DISK_SCARCE)
		return SPAN("degraded: the disk is nearly full, clicks are not stored\n");
	if (status->disk == DISK_LOW)
		return SPAN("degraded: the disk is nearly full, beacons are not stored\n");
	return SPAN("ready\n");
}

enum handled admin_readyz(struct request *request)
{
	struct app *app = request->context;
	struct store_status status;

	if (app->draining)
		return reply_body(request, METRIC_REQUEST_READY_NOT, 503,
				  "text/plain; charset=utf-8", "no-store", SPAN("draining\n"));
	store_status(app->store, &status);
	return reply_body(request, METRIC_REQUEST_READY, 200, "text/plain; charset=utf-8",
			  "no-store", sentence_of(&status));
}
