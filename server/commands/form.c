/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark form`: its subcommands, and the two that only read. They open the store read-only beside
 * whoever writes it, as `waymark link` does, and print what is committed at that moment. A
 * definition that a newer program has set, and that this one cannot compile, is still listed and
 * shown.
 */
#include "app/app.h"
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/form_row.h"
#include "track/form.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

/* clang-format off */
static const struct command subcommands[] = {
	{"list", command_form_list, "all forms, one per line: id, name, fields, last change"},
	{"set",  command_form_set,  "define a form, or define it anew"},
	{"show", command_form_show, "the definition of a form, as `form set` takes it"},
	{0},
};
/* clang-format on */

int command_form(int argc, char **argv)
{
	return command_dispatch(subcommands, "Forms.", argc, argv);
}

/* Its fields are those of a form that this program can use; '-' where it cannot. */
static int print_line(void *context, const struct form_row *row)
{
	cleanup(cleanup_form) struct form *form = NULL;
	char id[2 * sizeof(row->id) + 1], changed[CLOCK_TEXT_BYTES];
	struct error error = {0};
	int code = form_parse("", row->definition, NULL, &form, &error);

	(void)context;
	if (code < 0)
		return code;
	hex_format(&row->id, sizeof(row->id), id);
	clock_format(row->changed, changed);
	if (form)
		printf("%s\t%s\t%zu\t%s\n", id, form->name, form->field_count, changed);
	else
		printf("%s\t-\t-\t%s\n", id, changed);
	return ferror(stdout) ? -EIO : 0;
}

int command_form_list(int argc, char **argv)
{
	static const struct argp argp = {.options = command_line_options,
					 .parser = command_line_parse,
					 .doc = "List all forms, separated by tabs."};
	cleanup(cleanup_app) struct app *app = NULL;
	struct command_line line = {0};
	struct error error = {0};
	int code;

	command_parse(&argp, argc, argv, &line);
	code = app_open(line.config, APP_READER, &app, &error);
	if (code == APP_E_ABSENT)
		return COMMAND_OK;
	if (code)
		return command_fail(&error);
	code = form_row_each(app->store, print_line, NULL);
	if (code) {
		(void)error_set(&error, 0, "%s: the forms cannot be read: %s",
				app->config->data_dir, strerror(-code));
		return command_fail(&error);
	}
	return command_finish();
}

static int find_form(struct app *app, const char *wanted, struct arena *arena,
		     struct form_row *ret_row)
{
	struct form_id id;

	if (hex_parse(span_text(wanted), &id, sizeof(id)) != 0)
		id_of_name(NAME_FORM, span_text(wanted), &id);
	return form_row_find(app->store, &id, arena, ret_row);
}

static int print_definition(const struct form_row *row)
{
	json_t *definition =
		json_loadb((const char *)row->definition.data, row->definition.size, 0, NULL);
	cleanup_free char *text = definition ? json_dumps(definition, JSON_INDENT(2)) : NULL;

	json_decref(definition);
	if (!text)
		return -EBADMSG;
	printf("%s\n", text);
	return 0;
}

int command_form_show(int argc, char **argv)
{
	static const struct argp argp = {.options = command_line_options,
					 .parser = command_line_parse,
					 .args_doc = "NAME|ID",
					 .doc = "Show the definition of a form, by its name or "
						"its id."};
	cleanup(cleanup_app) struct app *app = NULL;
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct command_line line = {.missing = "the name or the id of a form is missing"};
	struct error error = {0};
	struct form_row row;
	int code;

	command_parse(&argp, argc, argv, &line);
	if (app_open(line.config, APP_READER, &app, &error) != 0)
		return command_fail(&error);
	code = find_form(app, line.argument, &arena, &row);
	if (code == 0)
		code = print_definition(&row);
	if (code == 0)
		return command_finish();
	if (code > 0)
		(void)error_set(&error, 0, "there is no form with the name or id '%s'",
				line.argument);
	else
		(void)error_set(&error, 0, "%s: the form cannot be read: %s", app->config->data_dir,
				strerror(-code));
	return command_fail(&error);
}
