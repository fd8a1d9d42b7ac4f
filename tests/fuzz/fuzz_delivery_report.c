/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mail in the mailbox of bounces, as any bytes: whatever it is, recipients are read to the end,
 * each has somebody's address in UTF-8 and a status or a code, and reading again gives the same.
 * What came back is searched for links; nobody here has signed any.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "text/delivery_report.h"
#include "text/mail_date.h"
#include "track/returned_mail.h"
#include "world.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_recipient(const struct delivery_recipient *recipient)
{
	struct span address = recipient->original.data ? recipient->original : recipient->final;
	usec_t time = 0;

	assert(address.size > 0 && utf8_valid(address));
	assert(recipient->status.kind || recipient->status.code);
	assert(delivery_action_text(recipient->action));
	if (recipient->attempted.data && mail_date_parse(recipient->attempted, &time) == 0)
		assert(time / USEC_PER_DAY < UINT64_C(366) * 10000);
}

static size_t read_recipients(const struct delivery_report *report, struct arena *arena)
{
	size_t at = 0, before = 0, count = 0;

	for (;;) {
		struct delivery_recipient recipient;
		struct error error = {""};
		int code = delivery_report_next(report, &at, arena, &recipient, &error);

		if (code == DELIVERY_REPORT_E_END)
			return count;
		assert(code >= 0 && at > before && at <= report->status.size);
		before = at;
		if (code == 0)
			check_recipient(&recipient);
		assert((code == DELIVERY_REPORT_E_FIELD) == (error.text[0] != '\0'));
		count++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct returned_mail nothing;
	struct arena arena = ARENA_INIT(0);
	struct returned_mail returned;
	struct delivery_report report;
	usec_t time;

	if (!keyring)
		make_world();
	(void)mail_date_parse(span_of(data, size), &time);
	assert(delivery_report_parse(span_of(data, size), &arena, &report) == 0);
	assert((report.kind == DELIVERY_REPORT_STATUS) == (report.status.data != NULL));
	if (report.kind == DELIVERY_REPORT_STATUS)
		assert(read_recipients(&report, &arena) == read_recipients(&report, &arena));
	assert(returned_mail_read(keyring,
				  report.returned.data ? report.returned : span_of(data, size),
				  &returned) == 0);
	assert(memcmp(&returned, &nothing, sizeof(returned)) == 0);
	arena_finish(&arena);
	return 0;
}
