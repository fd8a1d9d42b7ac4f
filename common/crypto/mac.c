/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A click verifies two tokens or mints one, which is four compressions of SHA-256 at least, a tenth
 * of all its work in portable C. Most server processors have instructions for the compression,
 * which libsodium does not use; here they are used for messages that fit one block, as those of all
 * tokens but the self-contained link do.
 *
 * The state of a key is libsodium's: the two halves of an HMAC, each after the block of its key. A
 * message of at most 55 bytes is then one block for the inner hash and one for the outer. That the
 * states hold what is expected here, and that the instructions do, is checked against libsodium
 * before they are ever used.
 *
 * The letters a to h and the schedule w are those of FIPS 180-4, section 6.2; the instructions keep
 * a b e f in one register and c d g h in the other.
 */
#include "crypto/mac.h"

#include "base/encode.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

enum {
	BLOCK_BYTES = 64,
	ONE_BLOCK_MAX_BYTES = BLOCK_BYTES - 1 - 8, /* a bit and the length must fit behind it */
	CHECK_MESSAGES = ONE_BLOCK_MAX_BYTES + 1
};

static bool accelerated;

static void compute_portably(const crypto_auth_hmacsha256_state *key, struct span bytes,
			     uint8_t ret_mac[crypto_auth_hmacsha256_BYTES])
{
	crypto_auth_hmacsha256_state state = *key;

	crypto_auth_hmacsha256_update(&state, bytes.data, bytes.size);
	crypto_auth_hmacsha256_final(&state, ret_mac);
	sodium_memzero(&state, sizeof(state));
}

#if defined(__x86_64__)

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

/* The next four words of the schedule, in place of the oldest: @w holds the last sixteen. */
__attribute__((target("sha,sse4.1"))) static __m128i next_words(const __m128i w[4], unsigned oldest)
{
	const __m128i w0 = w[oldest], w4 = w[(oldest + 1) & 3], w8 = w[(oldest + 2) & 3],
		      w12 = w[(oldest + 3) & 3];
	const __m128i sum =
		_mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));

	return _mm_sha256msg2_epu32(sum, w12);
}

__attribute__((target("sha,sse4.1"))) static void compress(uint32_t state[8],
							   const uint8_t block[BLOCK_BYTES])
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state);
	__m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
	const __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
	__m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
	const __m128i abef_before = abef, cdgh_before = cdgh;
	__m128i w[4], feba, dchg;

	for (unsigned i = 0; i < 16; i++) {
		__m128i words;

		if (i < 4)
			w[i] = _mm_shuffle_epi8(
				_mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i)),
				big_endian);
		else
			w[i & 3] = next_words(w, i & 3);
		words = _mm_add_epi32(w[i & 3],
				      _mm_loadu_si128(
					      (const __m128i *)(const void *)(constants + 4 * i)));
		cdgh = _mm_sha256rnds2_epu32(cdgh, abef, words);
		abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(words, 0x0e));
	}
	feba = _mm_shuffle_epi32(_mm_add_epi32(abef, abef_before), 0x1b);
	dchg = _mm_shuffle_epi32(_mm_add_epi32(cdgh, cdgh_before), 0xb1);
	dcba = _mm_blend_epi16(feba, dchg, 0xf0);
	hgfe = _mm_alignr_epi8(dchg, feba, 8);
	_mm_storeu_si128((__m128i *)(void *)state, dcba);
	_mm_storeu_si128((__m128i *)(void *)(state + 4), hgfe);
}

/* The hash of a block of key and @bytes, from the state after the key. */
static void hash_one_block(const uint32_t key[8], struct span bytes, uint8_t ret_hash[32])
{
	uint8_t block[BLOCK_BYTES] = {0};
	uint32_t state[8];

	memcpy(state, key, sizeof(state));
	if (bytes.size > 0)
		memcpy(block, bytes.data, bytes.size);
	block[bytes.size] = 0x80;
	put_u64(block + BLOCK_BYTES - 8, (BLOCK_BYTES + bytes.size) * 8);
	compress(state, block);
	for (size_t i = 0; i < 8; i++)
		put_u32(ret_hash + 4 * i, state[i]);
	sodium_memzero(state, sizeof(state));
	sodium_memzero(block, sizeof(block));
}

static void compute_in_two_blocks(const crypto_auth_hmacsha256_state *key, struct span bytes,
				  uint8_t ret_mac[crypto_auth_hmacsha256_BYTES])
{
	uint8_t inner[32];

	hash_one_block(key->ictx.state, bytes, inner);
	hash_one_block(key->octx.state, span_of(inner, sizeof(inner)), ret_mac);
	sodium_memzero(inner, sizeof(inner));
}

static bool processor_can(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3))
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/* A message of each length under a key of each, against libsodium. */
static bool agrees(void)
{
	uint8_t bytes[CHECK_MESSAGES], one[32], other[32];
	crypto_auth_hmacsha256_state key;

	for (size_t i = 0; i < CHECK_MESSAGES; i++)
		bytes[i] = (uint8_t)(i * 37 + 1);
	for (size_t i = 0; i < CHECK_MESSAGES; i++) {
		crypto_auth_hmacsha256_init(&key, bytes, i);
		compute_in_two_blocks(&key, span_of(bytes, i), one);
		compute_portably(&key, span_of(bytes, i), other);
		if (sodium_memcmp(one, other, sizeof(one)) != 0)
			return false;
	}
	return true;
}

#else

static void compute_in_two_blocks(const crypto_auth_hmacsha256_state *key, struct span bytes,
				  uint8_t ret_mac[crypto_auth_hmacsha256_BYTES])
{
	compute_portably(key, bytes, ret_mac);
}

static bool processor_can(void)
{
	return false;
}

static bool agrees(void)
{
	return false;
}

#endif

void mac_init(void)
{
	accelerated = processor_can() && agrees();
}

bool mac_is_accelerated(void)
{
	return accelerated;
}

void mac_compute(const crypto_auth_hmacsha256_state *key, struct span bytes,
		 uint8_t ret_mac[crypto_auth_hmacsha256_BYTES])
{
	if (accelerated && bytes.size <= ONE_BLOCK_MAX_BYTES)
		compute_in_two_blocks(key, bytes, ret_mac);
	else
		compute_portably(key, bytes, ret_mac);
}
