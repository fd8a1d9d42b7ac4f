/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parser with a fault behind four bytes, which a fuzzer that only guessed would not find: with it
 * the live build shows that it is guided by what it has reached, and that a fault fails the test.
 */
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 3 && data[0] == 'w' && data[1] == 'a' && data[2] == 'y' && data[3] == '?')
		abort();
	return 0;
}
