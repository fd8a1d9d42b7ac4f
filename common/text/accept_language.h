/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_ACCEPT_LANGUAGE_H
#define WAYMARK_TEXT_ACCEPT_LANGUAGE_H

#include "base/bytes.h"

/*
 * The language that a browser would rather read (RFC 9110 section 12.5.4), out of those that we
 * have: primary subtags such as "en" and "ja". A range "ja-JP" asks for "ja"; "*" for any that no
 * other range names; weight 0 refuses. Of equal weights the first range wins, and for "*" the first
 * of @languages. What is malformed asks for nothing.
 *
 * Return: an index into @languages; 0, the one that we fall back to, when nothing is asked for.
 */
size_t accept_language_choose(struct span header, const char *const *languages, size_t count);

#endif
