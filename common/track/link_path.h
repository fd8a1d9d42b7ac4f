/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_LINK_PATH_H
#define WAYMARK_TRACK_LINK_PATH_H

#include "base/bytes.h"

/*
 * Where on the tracker a custom redirect answers, as its slug says it (store/schema.h): "spring" is
 * below /l/; "/e/1234/spring" is a path from the root, for the links of a system that had this host
 * before; and one that ends with a slash and a star stands for all that is below. Paths are without
 * percent-encoding, as requests are compared after it is undone.
 */

/* Why @slug can be none, as the rest of a sentence ("may hold only …"); NULL: it can. */
const char *link_path_refusal(struct span slug);

/*
 * The slug of an old address @path: "/e/1/x" is itself, and "/l/x" is "x", since that is where
 * custom redirects are. Percent-encoding is undone, and a query or fragment left out.
 *
 * Return: 0; LINK_PATH_E_FORM: it does not begin with a slash.
 */
enum { LINK_PATH_E_FORM = 1 };
int link_path_read(struct span path, struct buffer *ret_slug);

/* "/l/spring", "/e/1234/spring": where @slug is asked for. */
void link_path_format(struct span slug, struct buffer *to);

/* Is a request for @path (of the tracker's own host) answered by a redirect, or by nothing? */
bool link_path_is_redirect(struct span path);

#endif
