/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_MEDIA_TYPE_H
#define WAYMARK_TEXT_MEDIA_TYPE_H

#include "base/arena.h"

/*
 * Values such as "multipart/form-data; boundary=x": a word, then parameters (RFC 9110
 * section 5.6.6; Content-Disposition of RFC 7578 is alike).
 */

/* Is the word before the parameters @word, in any case? */
bool media_type_is(struct span value, struct span word);

/*
 * The first parameter of @name, in any case; absent when there is none. In a quoted one a backslash
 * is taken away before '"' and '\' alone: elsewhere it is one, as in a path that an old browser has
 * sent as the name of a file. Return: 0; -ENOMEM.
 */
int media_type_parameter(struct span value, struct span name, struct arena *arena,
			 struct span *ret_parameter);

#endif
