/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our links in a mail that comes back. They are looked for as bytes and not as links of HTML: a
 * token verifies or does not, whatever stands around it, and servers that return mails cut them in
 * the middle and change their lines.
 *
 * The first that says a thing is believed. All of a mail are of one person and one mailing, but for
 * a text that quotes another mail, which comes behind its own links.
 *
 * A token is looked at only where its path stands before it, and up to its longest form, so that
 * time is linear with a constant of a few verifications for each path.
 */
#include "track/returned_mail.h"

#include "base/cleanup.h"
#include "text/mime.h"
#include "text/transfer.h"

#include <errno.h>

static bool is_token_byte(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_';
}

/* The characters at @at that a token may have. */
static struct span token_at(struct span text, size_t at)
{
	size_t size = 0;

	while (size <= TOKEN_MAX_CHARS && at + size < text.size &&
	       is_token_byte(text.data[at + size]))
		size++;
	return span_slice(text, at, size);
}

static void take(void *to, const void *from, size_t size)
{
	if (id_is_zero(to, size))
		memcpy(to, from, size);
}

static bool is_open(const struct keyring *keyring, enum purpose purpose, struct span text,
		    struct token *ret_token)
{
	return token_open(keyring, purpose, 0, text, ret_token) == 0;
}

/* The other half of a link in two parts. */
static void read_prospect_part(const struct keyring *keyring, struct span text, size_t at,
			       struct token *token, struct returned_mail *returned)
{
	if (at >= text.size || text.data[at] != '/' ||
	    !is_open(keyring, PURPOSE_PROSPECT_PART, token_at(text, at + 1), token))
		return;
	take(&returned->prospect, &token->prospect, sizeof(token->prospect));
	take(&returned->mailing, &token->mailing, sizeof(token->mailing));
}

/* What begins at @at with a slash, a letter and a slash. */
static void read_path(const struct keyring *keyring, struct span text, size_t at,
		      struct token *token, struct returned_mail *returned)
{
	static const enum purpose purposes[] = {['c'] = PURPOSE_CLICK,
						['o'] = PURPOSE_OPEN,
						['s'] = PURPOSE_SUBSCRIPTION,
						['u'] = PURPOSE_SELF_CONTAINED};
	struct span piece = token_at(text, at + 3);

	if (text.data[at + 1] == 'c' && piece.size == TOKEN_LINK_PART_CHARS) {
		if (!is_open(keyring, PURPOSE_LINK_PART, piece, token))
			return;
		take(&returned->link, &token->link, sizeof(token->link));
		read_prospect_part(keyring, text, at + 3 + piece.size, token, returned);
		return;
	}
	if (!is_open(keyring, purposes[text.data[at + 1]], piece, token))
		return;
	take(&returned->link, &token->link, sizeof(token->link));
	take(&returned->mailing, &token->mailing, sizeof(token->mailing));
	take(&returned->campaign, &token->campaign, sizeof(token->campaign));
	take(&returned->prospect, &token->prospect, sizeof(token->prospect));
}

static void scan(const struct keyring *keyring, struct span text, struct token *token,
		 struct returned_mail *returned)
{
	for (size_t at = 0; at + 3 < text.size; at++) {
		at = span_find(text, '/', at);
		if (at + 3 < text.size && text.data[at + 2] == '/' &&
		    memchr("cosu", text.data[at + 1], 4))
			read_path(keyring, text, at, token, returned);
	}
}

static int scan_part(const struct keyring *keyring, const struct mime_part *part,
		     struct token *token, struct returned_mail *returned)
{
	cleanup_buffer struct buffer text = BUFFER_INIT, places = BUFFER_INIT;
	size_t end;

	if (part->encoding == MIME_QUOTED_PRINTABLE)
		transfer_read_quoted(part->content, &text, &places);
	else if (part->encoding == MIME_BASE64)
		(void)transfer_read_base64(part->content, &text, &end);
	else
		return 0;
	if (text.error || places.error)
		return -ENOMEM;
	scan(keyring, buffer_span(&text), token, returned);
	return 0;
}

static int scan_parts(const struct keyring *keyring, struct span mail, struct token *token,
		      struct returned_mail *returned)
{
	struct mime mime;
	int code = mime_parse(mail, &mime);

	if (code)
		return code < 0 ? code : 0;
	for (size_t i = 0; !code && i < mime.count; i++)
		if (mime.parts[i].content.data)
			code = scan_part(keyring, &mime.parts[i], token, returned);
	mime_finish(&mime);
	return code;
}

int returned_mail_read(const struct keyring *keyring, struct span mail,
		       struct returned_mail *ret_returned)
{
	cleanup_free struct token *token = malloc(sizeof(*token));
	struct returned_mail returned = {0};
	int code;

	if (!token)
		return -ENOMEM;
	scan(keyring, mail, token, &returned);
	code = scan_parts(keyring, mail, token, &returned);
	if (code)
		return code;
	*ret_returned = returned;
	return 0;
}
