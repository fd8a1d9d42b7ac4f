/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_STORE_HEALTH_H
#define WAYMARK_APP_STORE_HEALTH_H

#include "app/app.h"

/*
 * Say in the log when an environment of the store fails, why, and when it works again: once per
 * turn of the loop, and at the start. A disk that fails now and then is told of at most every
 * HEALTH_PAUSE_S per environment, as it is at that moment.
 */
enum { HEALTH_PAUSE_S = 1 };
void store_health_watch(struct app *app);

#endif
