/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_CLICK_ANSWER_H
#define WAYMARK_PUBLIC_CLICK_ANSWER_H

#include "public/click_event.h"

/*
 * Record the click and redirect to @target: WAITING until its event is durable or its time is up.
 * While request->state is set the handler has been here before and calls click_answer_again().
 */
enum handled click_answer(struct request *request, const struct click_target *target);
enum handled click_answer_again(struct request *request);

#endif
