/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What visitors are asked and told: the consent that holds before they choose, the database of
 * countries behind it, and who /privacy names. None of it stops a server, so nothing here fails but
 * a database that knows no country at all.
 */
#include "commands/doctor.h"

#include "track/disclosure.h"

#include <stdio.h>

/* Databases of countries are made anew every week or month. */
enum { STALE_DAYS = 90 };

/* Does it know the country of any of these, which have been in use for long? */
static bool knows_any(const struct country_table *table)
{
	static const char *const addresses[] = {"8.8.8.8", "193.0.6.139", "202.12.27.33",
						"2001:4860:4860::8888"};
	char code[COUNTRY_CODE_BYTES];
	struct address address;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		if (address_parse(span_text(addresses[i]), &address) == 0 &&
		    country_table_find(table, &address, code))
			return true;
	return false;
}

static unsigned age_days(const struct country_table *table)
{
	usec_t now = clock_wall(), built = country_table_built(table);

	return now > built ? (unsigned)((now - built) / USEC_PER_DAY) : 0;
}

static void check_countries(struct doctor *doctor, struct country_table *table)
{
	const struct config *config = doctor->app->config;
	struct error error = {""};
	unsigned days;

	if (settings_serve(doctor->app->settings, &error)) {
		doctor_say(doctor, DOCTOR_FAIL, "consent",
			   "put a database of countries there; without it serve does not start",
			   "%s", error.text);
		return;
	}
	days = age_days(table);
	if (!knows_any(table))
		doctor_say(doctor, DOCTOR_FAIL, "consent",
			   "is it a database of countries? until then consent.default holds for "
			   "everybody",
			   "%s knows the country of no address that was asked for",
			   config->country_file);
	else if (days > STALE_DAYS)
		doctor_say(doctor, DOCTOR_NOTE, "consent",
			   "rename a newer one into its place, and send SIGHUP",
			   "%s is %u days old", config->country_file, days);
	else
		doctor_say(doctor, DOCTOR_OK, "consent", NULL, "%s is %u days old",
			   config->country_file, days);
}

void doctor_check_consent(struct doctor *doctor)
{
	const struct app *app = doctor->app;
	const struct config *config = app->config;

	doctor_say(doctor, DOCTOR_OK, "consent", NULL,
		   "%s holds for browsers that have not chosen; other countries listed: %zu",
		   consent_text((enum consent)config->consent_default), config->countries.count);
	if (app->settings->countries)
		check_countries(doctor, app->settings->countries);
	if (*config->privacy_operator && *config->privacy_contact)
		doctor_say(doctor, DOCTOR_OK, "privacy", NULL, "/privacy names %s",
			   config->privacy_operator);
	else
		doctor_say(doctor, DOCTOR_NOTE, "privacy",
			   "set privacy.operator and privacy.contact; several laws ask for both",
			   "/privacy names %s%s",
			   disclosure_operator(config, app->trackers->primary),
			   *config->privacy_contact ? "" : " and nobody to ask");
}
