/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_FORM_BODY_INTERNAL_H
#define WAYMARK_TEXT_FORM_BODY_INTERNAL_H

#include "text/form_body.h"

/* form_body_parse() before it is known what the bytes of names and values say. */
int form_body_split(struct span body, struct arena *arena, struct form_body *ret_form);

#endif
