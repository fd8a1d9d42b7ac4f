/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_PRESSURE_H
#define WAYMARK_APP_PRESSURE_H

#include "app/app.h"

/*
 * What is done where room is short, once per turn of the loop: the disk's level goes to app->disk
 * and, when it has changed, into the log; and the fuller the queue of clicks, the more a click
 * takes of its address's bucket, so that those who send most make room for all others.
 */
void pressure_notice(struct app *app);

#endif
