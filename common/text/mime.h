/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_MIME_H
#define WAYMARK_TEXT_MIME_H

#include "base/arena.h"
#include "base/error.h"

/*
 * Where the texts of a whole mail stand (RFC 5322, RFC 2045, RFC 2046). GMime takes the message
 * apart; nothing of it is ever written by GMime, which would turn line ends, drop lines that are no
 * headers and change charsets. Any bytes are a message.
 */
enum mime_kind {
	MIME_PLAIN,
	MIME_HTML,
	MIME_AMP,    /* AMP for Email: HTML that only some programs show, with rules of its own */
	MIME_OPAQUE, /* cannot be read here: encrypted, or signed as one block (PKCS #7) */
	MIME_OTHER   /* nothing of it is a text: never the kind of a part that is listed */
};

/* Whose words a part are. Only those of the message itself may be changed. */
enum mime_reach {
	MIME_OWN,
	MIME_SIGNED, /* in multipart/signed: any change breaks the signature */
	MIME_ENCRYPTED,
	MIME_ATTACHED,
	MIME_EMBEDDED /* in a message inside the message */
};

enum mime_encoding { MIME_IDENTITY, MIME_QUOTED_PRINTABLE, MIME_BASE64, MIME_UNKNOWN };

/* A part that is text/plain, text/html or AMP, or opaque. */
struct mime_part {
	enum mime_kind kind;
	enum mime_reach reach;
	enum mime_encoding encoding;
	struct span content;  /* into the message, encoded */
	bool seven_bits;      /* said to be 7bit, which is what a part is that says nothing */
	struct span charset;  /* absent: none is named */
	struct span path;     /* "1.2", as IMAP counts; "1" of a message that is one part */
	unsigned alternative; /* number of the innermost multipart/alternative around it; 0: none */
	bool flowed, delete_space; /* format=flowed, DelSp=yes (RFC 3676) */
	bool separated;		   /* an empty line is before it, so that anything may begin it */
};

struct mime {
	struct arena arena;
	struct mime_part *parts; /* in the order of the message, never overlapping */
	size_t count, capacity;
	struct span *boundaries; /* of its multiparts */
	size_t boundary_count, boundary_capacity;
};

/*
 * Return: 0; MIME_E_NESTED: so many multiparts in each other that taking them apart would take too
 * long; MIME_E_FIELD: a field that says what a part is, with what follows it on folded lines, is
 * longer than 64 KiB; MIME_E_LIBRARY: GMime is not installed; -ENOMEM. Thread-safe. @message
 * outlives @ret_mime and is shorter than 2 GiB.
 */
enum { MIME_E_NESTED = 1, MIME_E_LIBRARY = 2, MIME_E_FIELD = 3 };
int mime_parse(struct span message, struct mime *ret_mime);
void mime_finish(struct mime *mime);

/*
 * The header block of the message itself: its size up to the empty line (or the end); zero when
 * what stands there is no header block.
 */
size_t mime_header_bytes(struct span message);
/* Lines before the first field that go on with one which is not there. */
size_t mime_leading_bytes(struct span message);
/*
 * The next field named @name (ASCII case-insensitive) in the block at or after *at, which moves
 * behind it. *ret_value: folded as it stands, without the line end; *ret_field: the whole lines.
 */
bool mime_header_next(struct span header, struct span name, size_t *at, struct span *ret_field,
		      struct span *ret_value);
/* Whether a message looks like a whole mail: it begins with header fields that only mails have. */
bool mime_looks_whole(struct span message);

#endif
