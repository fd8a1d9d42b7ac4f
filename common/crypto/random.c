/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One getrandom() for some hundred ids instead of one each: a click by a new visitor takes 16
 * bytes, an unknown prospect 12, a sealed value 24.
 *
 * The block is thread-local, so there is nothing to lock. Bytes are copied out and wiped at once:
 * what a later read of this memory finds says nothing about ids that were given out.
 */
#include "crypto/random.h"

#include <assert.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK_BYTES = 4096 };

static _Thread_local struct {
	uint8_t bytes[BLOCK_BYTES];
	size_t left; /* unused bytes, at the start of the block */
} block;

void random_take(void *ret_bytes, size_t size)
{
	assert(size <= RANDOM_TAKE_MAX_BYTES);
	if (block.left < size) {
		randombytes_buf(block.bytes, sizeof(block.bytes));
		block.left = sizeof(block.bytes);
	}
	block.left -= size;
	memcpy(ret_bytes, block.bytes + block.left, size);
	sodium_memzero(block.bytes + block.left, size);
}
