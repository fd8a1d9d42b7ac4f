/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_HTML_TEXT_H
#define WAYMARK_TEXT_HTML_TEXT_H

#include "base/bytes.h"

/*
 * What HTML says to a reader who sees no layout: its text, and of images what stands in their
 * place (alt). Tags, comments, styles, scripts and titles are left out, references undone, white
 * space and the bounds of blocks become one space. @document is UTF-8, and so is what is appended.
 * Linear; any bytes.
 *
 * Not a browser: what styles hide or show is not asked for.
 */
void html_text(struct span document, struct buffer *to);

#endif
