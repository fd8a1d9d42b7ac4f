/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_HTML_ESCAPE_H
#define WAYMARK_TEXT_HTML_ESCAPE_H

#include "base/bytes.h"

/* @text appended so that it stands for itself in HTML, as content and within double quotes. */
void html_escape(struct span text, struct buffer *to);

#endif
