/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mail is plain text in the language of the form, short, and says who has caused it: it may
 * have reached somebody whose address was typed by a stranger. Nothing that was typed is in it, so
 * that nobody can have us carry their words. All of it is base64, so that every line of it is ASCII
 * and short whatever the texts are.
 */
#include "public/confirm.h"

#include "base/encode.h"
#include "crypto/random.h"
#include "public/public.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { LINE_BYTES = 57, WORD_BYTES = 42, NONCE_BYTES = 12 };

/* RFC 4648 section 4, of at most LINE_BYTES. */
static void append_base64(struct buffer *to, struct span bytes)
{
	char text[BASE64URL_CHARS(LINE_BYTES) + 1];

	base64url_format(bytes.data, bytes.size, text);
	for (char *at = text; *at; at++)
		buffer_append_byte(to, *at == '-' ? '+' : *at == '_' ? '/' : (uint8_t)*at);
	for (size_t left = (3 - bytes.size % 3) % 3; left > 0; left--)
		buffer_append_byte(to, '=');
}

/* RFC 2047: words of whole characters. */
static void append_words(struct buffer *to, struct span text)
{
	while (text.size > 0) {
		size_t size = text.size < WORD_BYTES ? text.size : WORD_BYTES;

		while (size < text.size && (text.data[size] & 0xC0) == 0x80)
			size--;
		buffer_append_text(to, "=?UTF-8?B?");
		append_base64(to, span_slice(text, 0, size));
		buffer_append_text(to, size < text.size ? "?=\r\n " : "?=");
		text = span_slice(text, size, text.size - size);
	}
}

static const char *find_value(const struct text_value *values, struct span name)
{
	while (values->name && !span_equal(name, span_text(values->name)))
		values++;
	return values->value;
}

/* A text with its values, as it is; line ends as mails have them. */
static void append_plain(struct buffer *to, enum text_id id, enum language language,
			 const struct text_value *values)
{
	struct span text = span_text(text_get(id, language));

	for (size_t i = 0; i < text.size; i++) {
		size_t close = text.data[i] == '{' ? span_find(text, '}', i) : text.size;
		const char *value =
			close < text.size
				? find_value(values, span_slice(text, i + 1, close - i - 1))
				: NULL;

		if (value) {
			buffer_append_text(to, value);
			i = close;
			continue;
		}
		if (text.data[i] == '\n')
			buffer_append_byte(to, '\r');
		buffer_append_byte(to, text.data[i]);
	}
}

static void append_date(struct buffer *to, usec_t now)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(now / USEC_PER_SEC);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return;
	buffer_printf(to, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday],
		      tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		      tm.tm_sec);
}

static void append_head(struct buffer *to, const struct visit *visit, struct span address,
			enum language language, const struct text_value *values)
{
	cleanup_buffer struct buffer subject = BUFFER_INIT;
	uint8_t nonce[NONCE_BYTES];
	char id[2 * NONCE_BYTES + 1];

	random_take(nonce, sizeof(nonce));
	hex_format(nonce, sizeof(nonce), id);
	append_plain(&subject, TEXT_mail_confirm_subject, language, values);
	append_date(to, visit->now);
	buffer_printf(to,
		      "From: <%s>\r\nTo: <%.*s>\r\nSubject: ", visit->settings->config->smtp_from,
		      (int)address.size, (const char *)address.data);
	append_words(to, buffer_span(&subject));
	buffer_printf(to,
		      "\r\nMessage-ID: <%s@%s>\r\nAuto-Submitted: auto-generated\r\n"
		      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		      "Content-Transfer-Encoding: base64\r\nContent-Language: %s\r\n\r\n",
		      id, visit->tracker->host, language_tag(language));
}

static void append_body(struct buffer *to, struct span text)
{
	for (size_t at = 0; at < text.size; at += LINE_BYTES) {
		append_base64(to, span_slice(text, at,
					     text.size - at < LINE_BYTES ? text.size - at
									 : LINE_BYTES));
		buffer_append_text(to, "\r\n");
	}
}

int confirm_mail_append(const struct visit *visit, const struct form *form, enum language language,
			const struct prospect_id *prospect, struct span address, struct buffer *to)
{
	struct token token = {
		.prospect = *prospect,
		.second = (uint32_t)(visit->now / USEC_PER_SEC) + CONFIRM_DAYS * 86400,
	};
	cleanup_buffer struct buffer link = BUFFER_INIT, body = BUFFER_INIT;
	char text[TOKEN_CONFIRM_CHARS + 1], days[12];
	const struct text_value values[] = {{"link", NULL},
					    {"host", visit->tracker->host},
					    {"title", form->title.in[language]},
					    {"days", days},
					    {NULL, NULL}};
	struct text_value filled[sizeof(values) / sizeof(values[0])];

	id_tag_of_visitor(visit->settings->keyring, visit->tracker->index, &visit->identity.visitor,
			  &token.tag);
	if (token_mint(visit->settings->keyring, PURPOSE_CONFIRM, visit->tracker->index, &token,
		       text) != 0)
		return -EINVAL;
	buffer_printf(&link, "%s/v/%s?lang=%s", visit->tracker->origin, text,
		      language_tag(language));
	(void)snprintf(days, sizeof(days), "%d", CONFIRM_DAYS);
	if (link.error)
		return -ENOMEM;
	memcpy(filled, values, sizeof(filled));
	filled[0].value = buffer_text(&link);
	append_head(to, visit, address, language, filled);
	append_plain(&body, TEXT_mail_confirm_body, language, filled);
	append_body(to, buffer_span(&body));
	return body.error || to->error ? -ENOMEM : 0;
}
