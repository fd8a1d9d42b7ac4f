/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark doctor`: is this installation going to work, and if not, what is to be changed?
 *
 * It reads the configuration as serve does, looks at the machine, and then at the trackers from
 * outside, through the same DNS, TLS and proxy as a browser's click. Beside a running server it
 * asks that for what only it knows; without one it says so and checks the rest. Nothing is changed
 * but a file of a few KiB in data/ that is written, measured and removed.
 */
#include "commands/doctor.h"

#include "base/cleanup.h"
#include "commands/command.h"
#include "config/config.h"

#include <stdarg.h>
#include <stdio.h>

enum { KEY_CONNECT = 256, KEY_CA, KEY_JSON };

/* clang-format off */
static const struct argp_option options_table[] = {
	COMMAND_OPTION_CONFIG,
	{"connect", KEY_CONNECT, "HOST:PORT", 0, "Look for the trackers there, not where DNS says: before DNS is set up", 0},
	{"ca", KEY_CA, "FILE", 0, "Certificates of a certificate authority of your own", 0},
	{"json", KEY_JSON, NULL, 0, "Print the findings as one JSON object", 0},
	{0},
};

static void (*const checks[])(struct doctor *doctor) = {
	doctor_check_consent,
	doctor_check_clock,
	doctor_check_disk,
	doctor_check_store,
	doctor_check_server,
	doctor_check_listen,
	doctor_check_trackers,
	doctor_check_resolver,
	doctor_check_links,
};
/* clang-format on */

static const char *const level_texts[DOCTOR_LEVELS] = {
	[DOCTOR_OK] = "ok", [DOCTOR_NOTE] = "note", [DOCTOR_FAIL] = "fail"};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct doctor *doctor = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		doctor->config = value;
		return 0;
	case KEY_CONNECT:
		doctor->connect_to = value;
		return 0;
	case KEY_CA:
		doctor->ca_file = value;
		return 0;
	case KEY_JSON:
		doctor->as_json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "there is nothing to name: '%s'", value);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void doctor_say(struct doctor *doctor, enum doctor_level level, const char *check,
		const char *advice, const char *format, ...)
{
	struct error sentence, whole;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(sentence.text, sizeof(sentence.text), format, arguments);
	va_end(arguments);
	(void)error_set(&whole, 0, "%s", sentence.text);
	doctor->counts[level]++;
	if (doctor->as_json) {
		(void)json_array_append_new(doctor->findings,
					    json_pack("{s:s, s:s, s:s, s:s?}", "check", check,
						      "result", level_texts[level], "finding",
						      whole.text, "advice", advice));
		return;
	}
	printf("%-5s %-8s %s\n", level_texts[level], check, whole.text);
	if (advice)
		printf("%-5s %-8s -> %s\n", "", "", advice);
}

static void say_config(struct doctor *doctor)
{
	const struct config *config = doctor->app->config;
	const char *why;
	size_t at = 0;

	doctor_say(doctor, DOCTOR_OK, "config", NULL, "%s is in order, %zu tracker%s", config->path,
		   config->tracker_count, config->tracker_count == 1 ? "" : "s");
	for (const char *key; (key = config_next_without_effect(config, &at, &why)) != NULL;)
		doctor_say(doctor, DOCTOR_NOTE, "config", "take it out, or expect nothing of it",
			   "%s has no effect: %s", key, why);
	doctor_say(doctor, DOCTOR_OK, "keys", NULL, "%s: %zu in all, key %u signs",
		   config->keys_file, keyring_count(doctor->app->keyring),
		   keyring_signing_id(doctor->app->keyring));
}

static void examine(struct doctor *doctor)
{
	struct error error = {""};

	if (app_open(doctor->config, APP_OFFLINE, &doctor->app, &error)) {
		doctor_say(doctor, DOCTOR_FAIL, "config",
			   "mend this first; everything else rests on it", "%s", error.text);
		return;
	}
	say_config(doctor);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](doctor);
}

static void print_end(const struct doctor *doctor)
{
	char *text;

	if (!doctor->as_json) {
		printf("\n%u in order, %u to know of, %u to mend\n", doctor->counts[DOCTOR_OK],
		       doctor->counts[DOCTOR_NOTE], doctor->counts[DOCTOR_FAIL]);
		return;
	}
	text = json_dumps(doctor->findings, JSON_COMPACT);
	printf("{\"findings\":%s,\"ok\":%u,\"note\":%u,\"fail\":%u}\n", text ? text : "[]",
	       doctor->counts[DOCTOR_OK], doctor->counts[DOCTOR_NOTE], doctor->counts[DOCTOR_FAIL]);
	free(text);
}

int command_doctor(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options_table,
		.parser = parse_option,
		.doc = "Check configuration, keys, clock, disk, stores, the running server, how each "
		       "tracker is reached from outside (DNS, TLS, proxy, cookie), the resolver of "
		       "forms and where links lead, and say what to change."
		       "\vExit status: 0 when nothing has to be mended, else 1.",
	};
	struct doctor doctor = {0};
	int status;

	command_parse(&argp, argc, argv, &doctor);
	if (doctor.as_json)
		doctor.findings = json_array();
	examine(&doctor);
	print_end(&doctor);
	json_decref(doctor.findings);
	free(doctor.secret);
	app_close(doctor.app);
	status = command_finish();
	return status ? status : doctor.counts[DOCTOR_FAIL] > 0 ? COMMAND_FAILED : COMMAND_OK;
}
