/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret of an inspection, and the operation that hands it out.
 *
 *   POST /api/v1/inspect   {}   {"secret": "…32 hex…", "version": "0.1.0", "degraded": false,
 *                                "received": 42, "lost": 0, "late": 0}
 *
 * One secret at a time: a doctor that is asked twice voids the first, which asks again.
 */
#include "app/inspection.h"

#include "app/operation.h"
#include "base/encode.h"
#include "crypto/random.h"
#include "store/store.h"

#include <errno.h>

void inspection_begin(struct inspection *inspection, usec_t now)
{
	uint8_t bytes[INSPECTION_SECRET_BYTES];

	random_take(bytes, sizeof(bytes));
	hex_format(bytes, sizeof(bytes), inspection->secret);
	inspection->until = now + INSPECTION_SECONDS * USEC_PER_SEC;
}

bool inspection_allows(const struct inspection *inspection, struct span secret, usec_t now)
{
	return inspection->secret[0] && now < inspection->until &&
	       secret.size == sizeof(inspection->secret) - 1 &&
	       sodium_memcmp(secret.data, inspection->secret, secret.size) == 0;
}

int operation_inspect(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {NULL};
	struct event_account account;
	struct store_status status;
	int code = operation_check_keys(call->body, "", keys, error);

	if (code)
		return code;
	inspection_begin(&call->app->inspection, call->app->now);
	store_status(call->app->store, &status);
	event_writer_account(call->app->writer, &account);
	call->reply =
		json_pack("{s:s, s:s, s:b, s:I, s:I, s:I}", "secret", call->app->inspection.secret,
			  "version", WAYMARK_VERSION, "degraded",
			  status.events_failing || status.state_failing || status.people_failing,
			  "received", (json_int_t)account.received, "lost",
			  (json_int_t)account.lost, "late", (json_int_t)account.late);
	return call->reply ? 0 : -ENOMEM;
}
