/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_SITE_PROPS_H
#define WAYMARK_TRACK_SITE_PROPS_H

#include "base/arena.h"

#include <jansson.h>

/*
 * What a site adds to an event of its own: any JSON object of a few kilobytes, from a page that
 * anybody can write or from the site's server. It is bounded in depth, so that whoever walks the
 * record later needs no bounds of its own, and written again, so that no spelling hides an e-mail
 * address from the redaction. Numbers lose what is beyond a double's digits.
 */
enum { SITE_PROPS_DEPTH_MAX = 8, SITE_PROPS_WRITTEN_MAX_BYTES = 8192 };

/*
 * @object as text in @arena, without addresses.
 *
 * Return: 0; SITE_PROPS_E_FORM when it is no object, too deep or too long; -ENOMEM.
 */
enum { SITE_PROPS_E_FORM = 1 };
int site_props_write(const json_t *object, struct arena *arena, struct span *ret_text);

#endif
