/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_FORMS_H
#define WAYMARK_APP_FORMS_H

#include "track/form.h"

struct app;

/*
 * The forms that were asked for last, compiled. Each is looked at again when state/ has been
 * written since, by whatever came through a command, the admin API or another node, and compiled
 * anew when its definition has changed. The table is of fixed size: a form takes the place of one
 * that was not asked for since a longer time. Loop thread only.
 */
enum { FORMS_SETS = 64, FORMS_WAYS = 4 };

struct forms {
	struct forms_set {
		struct forms_entry *ways[FORMS_WAYS]; /* the one that was used last first */
	} * sets;				      /* FORMS_SETS; NULL until the first is kept */
};

/*
 * The form whose name or id (16 hex digits) is @name, with a reference for form_release(): what is
 * in progress goes on with it when it changes. While state/ cannot be read the one that is known is
 * given.
 *
 * Return: 0; FORMS_E_ABSENT; FORMS_E_UNUSABLE: its definition is of another version of the program,
 * which the log has been told; negative errno: the store cannot be read.
 */
enum { FORMS_E_ABSENT = 1, FORMS_E_UNUSABLE = 2 };
int forms_find(struct app *app, struct span name, struct form **ret_form);
int forms_find_id(struct app *app, const struct form_id *id, struct form **ret_form);

void forms_finish(struct forms *forms);

#endif
