/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_LOOP_H
#define WAYMARK_APP_LOOP_H

#include "app/app.h"

/*
 * The one event loop: listeners, the writer's eventfd, signals and deadlines in one epoll set.
 * SIGTERM and SIGINT drain (drain.h), and loop_run() returns; a second one cuts what is left of
 * that. SIGHUP takes changed files into use (app_reload()).
 */

/* Before any thread is made: signals then reach the loop only, and a closed pipe is no signal. */
void loop_block_signals(void);

/* Run until drained; @ret_cut: the time was over before all was finished. Return: 0, or
 * APP_E_FAILED with @error when the kernel refuses. */
int loop_run(struct app *app, bool *ret_cut, struct error *error);

#endif
