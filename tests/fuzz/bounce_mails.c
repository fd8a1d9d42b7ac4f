/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole mails come in on stdin, each after a line with its size in bytes. Of each the bounces are
 * made, as `waymark events import --format dsn` does without a store; for each goes out one line,
 * how many there are.
 */
#include "base/cleanup.h"
#include "commands/bounce_event.h"
#include "world.h"

int bounces_of(struct span mail, size_t *ret_count);

static int make_each(const struct bounce_event *from, struct arena *arena, size_t *count)
{
	size_t at = 0, number = 0;

	for (;;) {
		struct delivery_recipient recipient;
		json_t *event = NULL;
		int code = delivery_report_next(from->report, &at, arena, &recipient, NULL);

		if (code < 0 || code == DELIVERY_REPORT_E_END)
			return code < 0 ? code : 0;
		if (code == 0)
			code = bounce_event_make(from, &recipient, ++number, &event, NULL);
		if (code < 0)
			return code;
		*count += event != NULL;
		json_decref(event);
	}
}

/* One call is one mail, whose cost callgrind counts. */
__attribute__((noinline)) int bounces_of(struct span mail, size_t *ret_count)
{
	struct arena arena = ARENA_INIT(0);
	struct delivery_report report;
	struct bounce_event from = {.keyring = keyring, .report = &report};
	int r = delivery_report_parse(mail, &arena, &report);

	*ret_count = 0;
	if (r == 0 && report.kind == DELIVERY_REPORT_STATUS) {
		if (report.returned.data)
			r = returned_mail_read(keyring, report.returned, &from.returned);
		if (r == 0)
			bounce_event_begin(&from, &arena);
		if (r == 0)
			r = make_each(&from, &arena, ret_count);
	}
	arena_finish(&arena);
	return r;
}

int main(void)
{
	size_t size, count;

	make_world();
	while (scanf("%zu", &size) == 1 && getchar() == '\n') {
		cleanup_free uint8_t *mail = malloc(size + 1);

		if (!mail || fread(mail, 1, size, stdin) != size ||
		    bounces_of(span_of(mail, size), &count))
			return 1;
		printf("%zu\n", count);
	}
	return ferror(stdin) || fflush(stdout) != 0;
}
