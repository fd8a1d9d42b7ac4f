/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_RANDOM_H
#define WAYMARK_CRYPTO_RANDOM_H

#include <stddef.h>

enum { RANDOM_TAKE_MAX_BYTES = 64 };

/*
 * @size (at most RANDOM_TAKE_MAX_BYTES) unpredictable bytes out of a block that each thread draws
 * from the kernel 4 KiB at a time; bytes given out are wiped from the block. For ids and nonces,
 * which are made per request; keys come from the kernel directly. Not for use across fork().
 */
void random_take(void *ret_bytes, size_t size);

#endif
