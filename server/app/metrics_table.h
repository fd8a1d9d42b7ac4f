/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every figure that the server shows on /metrics, one row each, and with it what can go wrong. A
 * counter does not exist until its sentence does. Include with METRIC defined.
 *
 * METRIC(id, type, name, labels, help)   type: counter or gauge; labels: Prometheus text, or ""
 * Rows of one name stand together. Every request ends in exactly one row of waymark_requests_total.
 */
/* clang-format off */
#define METRICS_TABLE(METRIC)                                                                      \
	METRIC(REQUEST_CLICK, counter, "waymark_requests_total", "route=\"click\",result=\"redirected\"", "Requests by route and how they ended; every request is in exactly one row.") \
	METRIC(REQUEST_CLICK_ANONYMOUS, counter, "waymark_requests_total", "route=\"click\",result=\"anonymous\"", "") \
	METRIC(REQUEST_CLICK_UNKNOWN, counter, "waymark_requests_total", "route=\"click\",result=\"unknown_link\"", "") \
	METRIC(REQUEST_CLICK_FORGED, counter, "waymark_requests_total", "route=\"click\",result=\"forged\"", "") \
	METRIC(REQUEST_CLICK_PROBE, counter, "waymark_requests_total", "route=\"click\",result=\"probe\"", "") \
	METRIC(REQUEST_CLICK_PREFETCH, counter, "waymark_requests_total", "route=\"click\",result=\"prefetch\"", "") \
	METRIC(REQUEST_CLICK_UNREADABLE, counter, "waymark_requests_total", "route=\"click\",result=\"unreadable\"", "") \
	METRIC(REQUEST_HEALTH, counter, "waymark_requests_total", "route=\"healthz\",result=\"ok\"", "") \
	METRIC(REQUEST_ASSET, counter, "waymark_requests_total", "route=\"asset\",result=\"ok\"", "") \
	METRIC(REQUEST_ADMIN, counter, "waymark_requests_total", "route=\"admin\",result=\"ok\"", "") \
	METRIC(REQUEST_ADMIN_REFUSED, counter, "waymark_requests_total", "route=\"admin\",result=\"refused\"", "") \
	METRIC(REQUEST_BAD, counter, "waymark_requests_total", "route=\"none\",result=\"bad_request\"", "") \
	METRIC(REQUEST_HOST, counter, "waymark_requests_total", "route=\"none\",result=\"misdirected\"", "") \
	METRIC(REQUEST_NOT_FOUND, counter, "waymark_requests_total", "route=\"none\",result=\"not_found\"", "") \
	METRIC(REQUEST_METHOD, counter, "waymark_requests_total", "route=\"none\",result=\"method\"", "") \
	METRIC(REQUEST_TOO_LARGE, counter, "waymark_requests_total", "route=\"none\",result=\"too_large\"", "") \
	METRIC(REQUEST_ERROR, counter, "waymark_requests_total", "route=\"none\",result=\"error\"", "") \
	METRIC(REQUEST_ABORTED, counter, "waymark_requests_total", "route=\"none\",result=\"aborted\"", "")
