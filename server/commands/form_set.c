/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark form set FILE`: judges the file here, where a mistake is told with its line and column,
 * and hands its form to whoever owns the stores, who judges it again by the trackers in force
 * there. Prints where the form answers.
 */
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/session.h"
#include "track/form.h"

#include <errno.h>
#include <stdio.h>

static json_t *make_body(const struct form *form)
{
	json_t *definition = json_loads(form->definition, 0, NULL);

	return definition ? json_pack("{s:o}", "form", definition) : NULL;
}

static int print_answer(const struct app *app, const struct form *form, const json_t *reply,
			struct error *error)
{
	const char *name = json_string_value(json_object_get(reply, "name"));

	if (!name)
		return error_set(error, COMMAND_FAILED, "the server's answer names no form");
	printf("%s/f/%s\n", app->trackers->primary->origin, name);
	if (json_is_true(json_object_get(reply, "known")))
		command_warn("the form %s is defined like that already", name);
	if (form->confirm && !app->config->smtp_server[0])
		command_warn("the form %s confirms addresses by mail, and smtp.server is empty: "
			     "no mail is sent, so nobody is confirmed",
			     name);
	return 0;
}

static int set_form(const struct command_line *line, struct error *error)
{
	cleanup(cleanup_session) struct session *session = NULL;
	cleanup(cleanup_form) struct form *form = NULL;
	json_t *body, *reply = NULL;
	int code = session_open(line->config, &session, error);

	if (!code)
		code = form_load(line->argument, session_app(session)->trackers, &form, error);
	if (code)
		return code;
	body = make_body(form);
	code = body ? session_call(session, "/api/v1/forms", body, &reply, error) : -ENOMEM;
	json_decref(body);
	if (!code)
		code = print_answer(session_app(session), form, reply, error);
	json_decref(reply);
	return code;
}

int command_form_set(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.args_doc = "FILE",
		.doc = "Define the form that FILE describes as JSON, in the place of an earlier "
		       "one of its name, and print its address.",
	};
	struct command_line line = {.missing = "the file that describes the form is missing"};
	struct error error = {0};
	int code;

	command_parse(&argp, argc, argv, &line);
	code = set_form(&line, &error);
	if (code < 0 && !error.text[0])
		(void)error_set(&error, 0, "%s", strerror(-code));
	return code ? command_fail(&error) : command_finish();
}
