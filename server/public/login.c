/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strongest evidence that a browser gives: whoever has a proof for it was logged in at the
 * site. What decides is the tag, which only the browser's own cookie leads to; the proof may be
 * sent again within its minutes, and then says the same of the same browser.
 */
#include "public/login.h"

#include "public/proof.h"

#include <assert.h>

static bool is_good(const struct visit *visit, struct span proof, struct token *ret_token)
{
	const struct keyring *keyring = visit->settings->keyring;
	usec_t expiry;

	if (token_open(keyring, PURPOSE_LOGIN, visit->tracker->index, proof, ret_token) != 0)
		return false;
	expiry = ret_token->second * USEC_PER_SEC;
	return visit->now < expiry && expiry <= visit->now + LOGIN_AHEAD_S * USEC_PER_SEC &&
	       id_tag_is_of_visitor(keyring, visit->tracker->index, &ret_token->tag,
				    &visit->identity.visitor);
}

int login_take(struct visit *visit, struct visit_event *builder, struct span proof)
{
	struct token token;
	int code;

	assert(builder->visit == visit);
	if (!is_good(visit, proof, &token)) {
		visit_count_forged(visit->request, PURPOSE_LOGIN);
		return LOGIN_E_FORGED;
	}
	if (visit_is_left_out(visit, EVENT_login))
		return LOGIN_E_LEFT_OUT;
	code = visit_event_begin(builder, EVENT_login);
	return code ? code : proof_take(visit, builder, &token.prospect);
}
