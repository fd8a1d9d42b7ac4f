/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_DOCTOR_H
#define WAYMARK_COMMANDS_DOCTOR_H

#include "app/app.h"

#include <jansson.h>

/*
 * What the checks of `waymark doctor` share. A check looks at one thing and says what it found; it
 * changes nothing in the stores and needs no lock. Checks run in the order of doctor.c's table, and
 * may use what those before them have found out.
 */
enum doctor_level {
	DOCTOR_OK,
	DOCTOR_NOTE, /* works, but somebody should know */
	DOCTOR_FAIL, /* does not work, or will not for long */
	DOCTOR_LEVELS
};

struct doctor {
	const char *config, *connect_to, *ca_file; /* options, or NULL */
	bool as_json;
	struct app *app; /* APP_OFFLINE */
	bool is_served;	 /* a server answers at the control socket */
	char *secret;	 /* of its inspection, or NULL */
	unsigned counts[DOCTOR_LEVELS];
	json_t *findings; /* of as_json */
};

/*
 * One finding: where (a check's name), how bad, a sentence, and what to do (NULL: nothing). Goes to
 * standard output at once, or into @findings.
 */
void doctor_say(struct doctor *doctor, enum doctor_level level, const char *check,
		const char *advice, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* doctor_consent.c */
void doctor_check_consent(struct doctor *doctor);
/* doctor_disk.c */
void doctor_check_clock(struct doctor *doctor);
void doctor_check_disk(struct doctor *doctor);
void doctor_check_store(struct doctor *doctor);
/* doctor_links.c */
void doctor_check_links(struct doctor *doctor);
/* doctor_server.c */
void doctor_check_listen(struct doctor *doctor);
void doctor_check_resolver(struct doctor *doctor);
void doctor_check_server(struct doctor *doctor);
/* doctor_tracker.c */
void doctor_check_trackers(struct doctor *doctor);

#endif
