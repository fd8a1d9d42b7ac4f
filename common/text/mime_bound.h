/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_MIME_BOUND_H
#define WAYMARK_TEXT_MIME_BOUND_H

#include "base/bytes.h"

/*
 * What keeps the time and the stack that GMime takes within bounds: mime_bound() refuses a message
 * before GMime sees it, with MIME_E_NESTED or MIME_E_FIELD, and mime_mask() hides in GMime's own
 * copy what it would read for nothing.
 */
int mime_bound(struct span message);
void mime_mask(uint8_t *copy, size_t size);

#endif
