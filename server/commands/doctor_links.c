/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where links lead, as the last `waymark link check` has found it: nobody is asked here, and
 * nothing is said where nobody is to be. A page that is gone stops no redirect, so that nothing
 * here fails.
 */
#include "commands/doctor.h"
#include "commands/link_checks.h"

enum { LATE_FACTOR = 3 };

static void judge(struct doctor *doctor, const struct link_checks *checks)
{
	unsigned hours = doctor->app->config->link_check_hours;
	usec_t late = (usec_t)hours * LATE_FACTOR * 3600 * USEC_PER_SEC;
	size_t counts[LINK_STATES], bad = 0;

	link_checks_tally(checks, counts);
	for (unsigned state = 0; state < LINK_STATES; state++)
		bad += link_state_is_bad((enum link_state)state) ? counts[state] : 0;
	if (checks->ended == 0)
		doctor_say(doctor, DOCTOR_NOTE, "links",
			   "run `waymark link check --follow` as a service, or without --follow "
			   "now and then",
			   "link_check.hours is set, but no check has ended yet");
	else if (clock_wall() > checks->ended + late)
		doctor_say(doctor, DOCTOR_NOTE, "links", "does `waymark link check --follow` run?",
			   "the last check of where links lead ended %llu hours ago",
			   (unsigned long long)((clock_wall() - checks->ended) /
						(3600 * USEC_PER_SEC)));
	if (bad > 0)
		doctor_say(doctor, DOCTOR_NOTE, "links",
			   "`waymark link list --health` names them, and `waymark link repoint` "
			   "leads them elsewhere",
			   "%zu of %zu active links lead to pages that are not there", bad,
			   checks->count);
	else if (checks->ended > 0)
		doctor_say(doctor, DOCTOR_OK, "links", NULL,
			   "%zu active links lead to pages that are there", checks->count);
}

void doctor_check_links(struct doctor *doctor)
{
	const struct config *config = doctor->app->config;
	struct link_checks checks;
	struct error error = {""};

	if (config->link_check_hours == 0)
		return;
	if (link_checks_read(config->data_dir, &checks, &error) != 0) {
		doctor_say(doctor, DOCTOR_NOTE, "links", NULL, "%s", error.text);
		return;
	}
	judge(doctor, &checks);
	link_checks_finish(&checks);
}
