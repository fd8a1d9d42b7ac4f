/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Cookie header, read as user agents write it and servers agree on it: nothing but ';' ends a
 * pair, quotes and commas are part of the value, the first '=' ends the name.
 */
#include "text/cookie.h"

bool cookie_next(struct span header, size_t *at, struct span *ret_name, struct span *ret_value)
{
	while (*at < header.size) {
		size_t end = span_find(header, ';', *at);
		struct span piece = span_trim(span_slice(header, *at, end - *at));
		size_t equals = span_find(piece, '=', 0);

		*at = end < header.size ? end + 1 : end;
		if (piece.size == 0)
			continue;
		if (equals == piece.size) {
			*ret_name = span_of(NULL, 0);
			*ret_value = piece;
		} else {
			*ret_name = span_trim(span_slice(piece, 0, equals));
			*ret_value = span_trim(span_slice(piece, equals + 1, piece.size));
		}
		return true;
	}
	return false;
}
