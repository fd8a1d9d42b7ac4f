/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_TRACKER_OPTION_H
#define WAYMARK_COMMANDS_TRACKER_OPTION_H

#include "app/app.h"

/*
 * The tracker that --tracker URL names: @url is its address, or anything below it. NULL: the
 * primary one. Return: 0; APP_E_FAILED with @error.
 */
int tracker_option_find(const struct app *app, const char *url, const struct tracker **ret_tracker,
			struct error *error);

#endif
