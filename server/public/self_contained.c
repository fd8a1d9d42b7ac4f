/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /u/<token>: a link with its destination inside, signed. It needs only the keys, so it
 * redirects on a node whose store is gone, and it is how a destination that holds an address is
 * tracked without entering state/.
 */
#include "public/click_answer.h"
#include "public/public.h"
#include "track/privacy.h"

enum handled public_self_contained(struct request *request)
{
	const struct settings *settings = public_settings(request);
	struct click_target target = {
		.counter = METRIC_REQUEST_SELF,
		.probe_counter = METRIC_REQUEST_SELF_PROBE,
		.prefetch_counter = METRIC_REQUEST_SELF_PREFETCH,
	};
	cleanup_buffer struct buffer url = BUFFER_INIT;
	struct token token;

	if (request->state)
		return click_answer_again(request);
	if (token_open(settings->keyring, PURPOSE_SELF_CONTAINED, 0, request->tail, &token) != 0) {
		visit_count_forged(request, PURPOSE_SELF_CONTAINED);
		return public_not_found(request, METRIC_REQUEST_SELF_FORGED);
	}
	privacy_page_url(settings->config, token.url, &url);
	target.destination = arena_copy(&request->arena, token.url);
	target.url = arena_copy(&request->arena, buffer_span(&url));
	target.campaign = token.campaign;
	target.has_prospect = !id_is_zero(&token.prospect, sizeof(token.prospect));
	target.prospect = token.prospect;
	return click_answer(request, &target);
}
