/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of an address in which what providers ignore is left out. Which of them ignore what is a
 * table; dots and domains are theirs alone, a tag behind '+' is so common that it is left out
 * everywhere, since this only proposes.
 *
 * A quoted name is left as it is: in it '+' and '.' may mean anything.
 */
#include "track/person_alike.h"

#include "base/encode.h"
#include "text/url.h"

#include <errno.h>
#include <stdio.h>

enum { FULL_WIDTH_FIRST = 0xFF01, FULL_WIDTH_LAST = 0xFF5E, FULL_WIDTH_SHIFT = 0xFEE0 };

/* Domains that are one mailbox provider's; @tag: what separates a tag, beside '+'. */
static const struct provider {
	const char *domain, *is; /* NULL: itself */
	bool dots;
	char tag;
} providers[] = {
	{"gmail.com", NULL, true, 0},
	{"googlemail.com", "gmail.com", true, 0},
	{"hotmail.com", NULL, true, 0},
	{"live.com", NULL, true, 0},
	{"rocketmail.com", NULL, false, '-'},
	{"ya.ru", "yandex.ru", false, 0},
	{"yahoo.com", NULL, false, '-'},
	{"yandex.by", "yandex.ru", false, 0},
	{"yandex.com", "yandex.ru", false, 0},
	{"yandex.kz", "yandex.ru", false, 0},
	{"yandex.ru", NULL, false, 0},
	{"yandex.ua", "yandex.ru", false, 0},
	{"ymail.com", NULL, false, '-'},
	{"me.com", "icloud.com", false, 0},
	{"mac.com", "icloud.com", false, 0},
	{"pm.me", "proton.me", false, 0},
	{"protonmail.com", "proton.me", false, 0},
};

static const struct provider *provider_of(struct span domain)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (span_equal(domain, span_text(providers[i].domain)))
			return &providers[i];
	return NULL;
}

/* ASCII for its full-width forms, and lower case where it is plain: Latin, Greek, Cyrillic. */
static uint32_t fold(uint32_t c, unsigned *rules)
{
	uint32_t folded = c;

	if (c == 0x3002 || c == 0xFF61)
		folded = '.';
	else if (c >= FULL_WIDTH_FIRST && c <= FULL_WIDTH_LAST)
		folded = c - FULL_WIDTH_SHIFT;
	if (folded != c)
		*rules |= PERSON_ALIKE_WIDTH;
	if (folded >= 'A' && folded <= 'Z')
		return folded + 0x20;
	if ((folded >= 0xC0 && folded <= 0xDE && folded != 0xD7) ||
	    (folded >= 0x391 && folded <= 0x3A9 && folded != 0x3A2) ||
	    (folded >= 0x410 && folded <= 0x42F)) {
		*rules |= PERSON_ALIKE_CASE;
		return folded + 0x20;
	}
	return folded;
}

static void append_folded(struct span text, struct buffer *to, unsigned *rules)
{
	size_t at = 0;

	while (at < text.size)
		utf8_append(to, fold(utf8_next(text, &at), rules));
}

/* As browsers and mail programs ask for it: an A-label. One that is none stays. */
static void append_domain(struct span domain, struct buffer *to, unsigned *rules)
{
	cleanup_buffer struct buffer address = BUFFER_INIT;
	bool is_ascii = true;
	struct url url;

	for (size_t i = 0; i < domain.size; i++)
		is_ascii &= domain.data[i] < 0x80;
	buffer_append_text(&address, "https://");
	buffer_append_span(&address, domain);
	if (is_ascii || url_parse(buffer_span(&address), &url) != 0) {
		buffer_append_span(to, domain);
		return;
	}
	*rules |= PERSON_ALIKE_IDN;
	buffer_append_text(to, url.host);
}

static void append_name(struct span name, const struct provider *provider, struct buffer *to,
			unsigned *rules)
{
	size_t end = span_find(name, '+', 0);

	if (name.size > 0 && name.data[0] == '"') {
		buffer_append_span(to, name);
		return;
	}
	if (provider && provider->tag) {
		size_t tag = span_find(name, (uint8_t)provider->tag, 0);

		end = tag < end ? tag : end;
	}
	/* What is nothing but a tag is a name. */
	if (end == 0)
		end = name.size;
	if (end < name.size)
		*rules |= PERSON_ALIKE_TAG;
	for (size_t i = 0; i < end; i++)
		if (provider && provider->dots && name.data[i] == '.')
			*rules |= PERSON_ALIKE_DOTS;
		else
			buffer_append_byte(to, name.data[i]);
}

int person_alike_form(struct span address, struct buffer *ret_form, unsigned *ret_rules)
{
	cleanup_buffer struct buffer folded = BUFFER_INIT, domain = BUFFER_INIT;
	const struct provider *provider;
	unsigned rules = 0;
	struct span text;
	size_t at;

	append_folded(address, &folded, &rules);
	text = buffer_span(&folded);
	for (at = text.size; at > 0 && text.data[at - 1] != '@';)
		at--;
	append_domain(span_slice(text, at, text.size), &domain, &rules);
	provider = provider_of(buffer_span(&domain));
	append_name(span_slice(text, 0, at > 0 ? at - 1 : 0), provider, ret_form, &rules);
	buffer_append_byte(ret_form, '@');
	if (provider && provider->is) {
		rules |= PERSON_ALIKE_DOMAIN;
		buffer_append_text(ret_form, provider->is);
	} else {
		buffer_append_span(ret_form, buffer_span(&domain));
	}
	if (folded.error || domain.error || ret_form->error)
		return -ENOMEM;
	*ret_rules = rules;
	return 0;
}

const char *person_alike_text(enum person_alike_rule rule)
{
	switch (rule) {
	case PERSON_ALIKE_WIDTH:
		return "width";
	case PERSON_ALIKE_CASE:
		return "case";
	case PERSON_ALIKE_IDN:
		return "idn";
	case PERSON_ALIKE_TAG:
		return "tag";
	case PERSON_ALIKE_DOTS:
		return "dots";
	case PERSON_ALIKE_DOMAIN:
		break;
	}
	return "domain";
}
