/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_DIGEST_H
#define WAYMARK_CRYPTO_DIGEST_H

#include "base/bytes.h"

/* SHA-256 of a file as it is written or read, so that sha256sum can check it, too. */
enum { DIGEST_BYTES = 32, DIGEST_TEXT_BYTES = 65 };

struct digest; /* on the heap, since its layout is the library's */

struct digest *digest_new(void); /* NULL: out of memory */
void digest_free(struct digest *digest);
void digest_add(struct digest *digest, struct span bytes);
/* The digest in hexadecimal; @digest starts anew. */
void digest_finish(struct digest *digest, char ret_text[DIGEST_TEXT_BYTES]);

#endif
