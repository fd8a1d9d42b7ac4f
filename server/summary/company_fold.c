/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing what people typed: width, case, punctuation, and the legal forms of companies.
 *
 * The folding is a small part of Unicode's: the forms that Japanese input makes of the same letters
 * (full-width Latin, half-width kana with their marks, squared abbreviations), and the case of
 * Latin letters. A library of all of Unicode would add megabytes for what names of companies do not
 * hold. Legal forms are taken from either end only, so that "Co" within a name stays.
 */
#include "summary/company.h"

#include "base/encode.h"

#include <errno.h>

enum { VOICED = 0xFF9E, SEMI_VOICED = 0xFF9F, KANA_FIRST = 0xFF61, KANA_LAST = 0xFF9D };

/* U+FF61 to U+FF9D, in their order. */
static const uint16_t wide_kana[] = {
	0x3002, 0x300C, 0x300D, 0x3001, 0x30FB, 0x30F2, 0x30A1, 0x30A3, 0x30A5, 0x30A7, 0x30A9,
	0x30E3, 0x30E5, 0x30E7, 0x30C3, 0x30FC, 0x30A2, 0x30A4, 0x30A6, 0x30A8, 0x30AA, 0x30AB,
	0x30AD, 0x30AF, 0x30B1, 0x30B3, 0x30B5, 0x30B7, 0x30B9, 0x30BB, 0x30BD, 0x30BF, 0x30C1,
	0x30C4, 0x30C6, 0x30C8, 0x30CA, 0x30CB, 0x30CC, 0x30CD, 0x30CE, 0x30CF, 0x30D2, 0x30D5,
	0x30D8, 0x30DB, 0x30DE, 0x30DF, 0x30E0, 0x30E1, 0x30E2, 0x30E4, 0x30E6, 0x30E8, 0x30E9,
	0x30EA, 0x30EB, 0x30EC, 0x30ED, 0x30EF, 0x30F3,
};

static bool takes_voice(uint32_t kana)
{
	return (kana >= 0x30AB && kana <= 0x30C1 && kana % 2 == 1) || kana == 0x30C4 ||
	       kana == 0x30C6 || kana == 0x30C8 || (kana >= 0x30CF && kana <= 0x30DB);
}

/* A half-width kana at @at and the mark behind it as one wide one. */
static uint32_t widen_kana(uint32_t c, struct span text, size_t *at)
{
	uint32_t kana = wide_kana[c - KANA_FIRST], mark;
	size_t next = *at;

	if (*at == text.size)
		return kana;
	mark = utf8_next(text, &next);
	if (mark == VOICED && kana == 0x30A6) {
		*at = next;
		return 0x30F4;
	}
	if (mark == VOICED && takes_voice(kana)) {
		*at = next;
		return kana + 1;
	}
	if (mark == SEMI_VOICED && kana >= 0x30CF && kana <= 0x30DB) {
		*at = next;
		return kana + 2;
	}
	return kana;
}

static uint32_t lower(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7))
		return c + 0x20;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
		return c % 2 == 1 ? c + 1 : c;
	return c;
}

void company_fold_text(struct span text, struct buffer *to)
{
	for (size_t at = 0; at < text.size;) {
		uint32_t c = utf8_next(text, &at);

		if (c >= 0xFF01 && c <= 0xFF5E)
			c -= 0xFF01 - 0x21;
		else if (c >= KANA_FIRST && c <= KANA_LAST)
			c = widen_kana(c, text, &at);
		else if (c == 0x3000 || c == 0xA0)
			c = ' ';
		if (c == 0x3231)
			buffer_append_text(to, "(株)");
		else if (c == 0x3232)
			buffer_append_text(to, "(有)");
		else
			utf8_append(to, lower(c));
	}
}

/* Legal forms that are written without a space between them and the name. */
static const char *const attached_forms[] = {
	"株式会社", "有限会社", "合同会社",	"合名会社",	"合資会社",	"(株)",
	"(有)",	    "(同)",	"一般社団法人", "一般財団法人", "公益社団法人", "公益財団法人",
	"学校法人", "医療法人", "社会福祉法人", "国立大学法人", "独立行政法人", "股份有限公司",
	"有限公司", "주식회사", "(주)",
};

/* Words that are legal forms where they end a name, or begin it. */
static const char *const word_forms[] = {
	"ab",	"ag",  "as",	       "asa", "bv",  "co",	"company", "corp", "corporation",
	"gmbh", "inc", "incorporated", "kg",  "kk",  "limited", "llc",	   "llp",  "ltd",
	"ltda", "nv",  "oy",	       "oyj", "plc", "pte",	"pty",	   "pvt",  "sa",
	"sarl", "sas", "se",	       "spa", "srl", "the",	"ug",
};

static struct span drop_attached(struct span text)
{
	for (size_t i = 0; i < sizeof(attached_forms) / sizeof(attached_forms[0]); i++) {
		struct span form = span_text(attached_forms[i]);
		struct span end;

		if (span_starts(text, form))
			return span_slice(text, form.size, text.size);
		end = text.size > form.size ? span_slice(text, text.size - form.size, form.size)
					    : text;
		if (span_equal(end, form))
			return span_slice(text, 0, text.size - form.size);
	}
	return text;
}

static bool is_word_form(struct span word)
{
	for (size_t i = 0; i < sizeof(word_forms) / sizeof(word_forms[0]); i++)
		if (span_equal(word, span_text(word_forms[i])))
			return true;
	return false;
}

/* Does @c part words? A full stop and an apostrophe do not: "K.K." is one word. */
static bool parts_words(uint32_t c)
{
	static const uint32_t others[] = {0x3001, 0x3002, 0x30FB, 0x2010, 0x2013, 0x2014};

	if (c < 0x80)
		return strchr(" \t,;:/\\()[]{}<>\"&+-_|!?*#", (int)c) != NULL;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i] == c)
			return true;
	return false;
}

/* The words of @text, one space between them, without full stops and apostrophes. */
static void write_words(struct span text, struct buffer *to)
{
	bool space = false;
	size_t start = to->size;

	for (size_t at = 0; at < text.size;) {
		uint32_t c = utf8_next(text, &at);

		if (c == '.' || c == '\'' || c == 0x2019)
			continue;
		if (parts_words(c)) {
			space = to->size > start;
			continue;
		}
		if (space)
			buffer_append_byte(to, ' ');
		space = false;
		utf8_append(to, c);
	}
}

static struct span drop_words(struct span words)
{
	for (;;) {
		size_t first = span_find(words, ' ', 0), last = words.size;

		while (last > 0 && words.data[last - 1] != ' ')
			last--;
		if (last == 0)
			return words;
		if (is_word_form(span_slice(words, last, words.size)))
			words = span_slice(words, 0, last - 1);
		else if (is_word_form(span_slice(words, 0, first)))
			words = span_slice(words, first + 1, words.size);
		else
			return words;
	}
}

void company_unify_name(struct span name, struct buffer *to)
{
	cleanup_buffer struct buffer folded = BUFFER_INIT, words = BUFFER_INIT;
	struct span text;
	size_t size;

	company_fold_text(name, &folded);
	text = span_trim(buffer_span(&folded));
	do {
		size = text.size;
		text = span_trim(drop_attached(text));
	} while (text.size < size);
	write_words(text, &words);
	buffer_append_span(to, drop_words(buffer_span(&words)));
	if (folded.error || words.error)
		to->error = -ENOMEM;
}
