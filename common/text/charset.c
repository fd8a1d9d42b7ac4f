/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a charset means for a search for ASCII markup. Nothing is decoded. The labels are those of
 * the WHATWG Encoding Standard and the names that mails carry beside them; a label that is not
 * known says nothing, and then the bytes do.
 *
 * ISO-2022-JP shifts into sets whose characters are made of ASCII bytes, also of < > " ' & and =;
 * decoders (Encoding Standard 12.2) stay shifted over line ends, and so does the mask.
 */
#include "text/charset.h"

#include "base/encode.h"

enum { ESCAPE = 0x1B };

struct label {
	const char *name;
	enum charset_treatment treatment;
};

/* A label with '*' at its end stands for all that begin so. */
static const struct label labels[] = {
	{"utf-8", CHARSET_UTF8},
	{"utf8", CHARSET_UTF8},
	{"unicode-1-1-utf-8", CHARSET_UTF8},
	{"unicode11utf8", CHARSET_UTF8},
	{"unicode20utf8", CHARSET_UTF8},
	{"x-unicode20utf8", CHARSET_UTF8},
	{"iso-2022-jp*", CHARSET_ISO_2022_JP},
	{"csiso2022jp*", CHARSET_ISO_2022_JP},
	{"cp5022*", CHARSET_ISO_2022_JP},
	{"iso-2022-*", CHARSET_UNTOUCHABLE},
	{"csiso2022kr", CHARSET_UNTOUCHABLE},
	{"utf-16*", CHARSET_UNTOUCHABLE},
	{"utf16*", CHARSET_UNTOUCHABLE},
	{"ucs-2*", CHARSET_UNTOUCHABLE},
	{"ucs-4*", CHARSET_UNTOUCHABLE},
	{"iso-10646-ucs*", CHARSET_UNTOUCHABLE},
	{"unicode", CHARSET_UNTOUCHABLE},
	{"unicodefeff", CHARSET_UNTOUCHABLE},
	{"unicodefffe", CHARSET_UNTOUCHABLE},
	{"csunicode", CHARSET_UNTOUCHABLE},
	{"utf-32*", CHARSET_UNTOUCHABLE},
	{"utf32*", CHARSET_UNTOUCHABLE},
	{"utf-7*", CHARSET_UNTOUCHABLE},
	{"utf7*", CHARSET_UNTOUCHABLE},
	{"unicode-1-1-utf-7", CHARSET_UNTOUCHABLE},
	{"csunicode11utf7", CHARSET_UNTOUCHABLE},
	{"hz-gb-2312", CHARSET_UNTOUCHABLE},
	{"hz", CHARSET_UNTOUCHABLE},
	{"ebcdic*", CHARSET_UNTOUCHABLE},
	{"ibm037", CHARSET_UNTOUCHABLE},
	{"replacement", CHARSET_UNTOUCHABLE},
	{"big5*", CHARSET_ASCII_SAFE},
	{"chinesebig5", CHARSET_ASCII_SAFE},
	{"cn-big5", CHARSET_ASCII_SAFE},
	{"csbig5", CHARSET_ASCII_SAFE},
	{"cp*", CHARSET_ASCII_SAFE},
	{"csshiftjis", CHARSET_ASCII_SAFE},
	{"euc-*", CHARSET_ASCII_SAFE},
	{"gb*", CHARSET_ASCII_SAFE},
	{"ibm8*", CHARSET_ASCII_SAFE},
	{"iso-8859-*", CHARSET_ASCII_SAFE},
	{"iso8859*", CHARSET_ASCII_SAFE},
	{"koi8*", CHARSET_ASCII_SAFE},
	{"ks_c_5601*", CHARSET_ASCII_SAFE},
	{"latin*", CHARSET_ASCII_SAFE},
	{"macintosh", CHARSET_ASCII_SAFE},
	{"ms932", CHARSET_ASCII_SAFE},
	{"ms_kanji", CHARSET_ASCII_SAFE},
	{"shift-jis", CHARSET_ASCII_SAFE},
	{"shift_jis*", CHARSET_ASCII_SAFE},
	{"sjis", CHARSET_ASCII_SAFE},
	{"tis-620", CHARSET_ASCII_SAFE},
	{"windows-*", CHARSET_ASCII_SAFE},
	{"x-euc-jp", CHARSET_ASCII_SAFE},
	{"x-gbk", CHARSET_ASCII_SAFE},
	{"x-mac-*", CHARSET_ASCII_SAFE},
	{"x-sjis", CHARSET_ASCII_SAFE},
};

static bool matches(struct span label, const char *name)
{
	size_t size = strlen(name);

	if (name[size - 1] == '*')
		return span_starts_nocase(label, span_of(name, size - 1));
	return span_equal_nocase(label, span_of(name, size));
}

static const struct label *find(struct span label)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (matches(label, labels[i].name))
			return &labels[i];
	return NULL;
}

/* A set that an escape sequence names, if it is one of ISO-2022-JP and its extensions. */
enum set { SET_NONE, SET_ASCII, SET_SHIFTED, SET_FOREIGN };

/* The escape sequence at @at, where the ESC is; *ret_size is its length. */
static enum set escape_at(struct span text, size_t at, size_t *ret_size)
{
	static const struct {
		struct span bytes;
		enum set set;
	} escapes[] = {
		{SPAN("(B"), SET_ASCII},    {SPAN("(J"), SET_ASCII},	{SPAN("(H"), SET_ASCII},
		{SPAN("(I"), SET_SHIFTED},  {SPAN("$@"), SET_SHIFTED},	{SPAN("$B"), SET_SHIFTED},
		{SPAN("$A"), SET_SHIFTED},  {SPAN("$(C"), SET_SHIFTED}, {SPAN("$(D"), SET_SHIFTED},
		{SPAN("$(O"), SET_SHIFTED}, {SPAN("$(P"), SET_SHIFTED}, {SPAN("$(Q"), SET_SHIFTED},
		{SPAN("$)"), SET_FOREIGN},
	};
	struct span rest = span_slice(text, at + 1, text.size);

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		if (span_starts(rest, escapes[i].bytes)) {
			*ret_size = escapes[i].bytes.size + 1;
			return escapes[i].set;
		}
	}
	return SET_NONE;
}

/* The first set that an escape sequence shifts to; SET_NONE when there is no such sequence. */
static enum set first_shift(struct span document)
{
	size_t at = 0, size = 0;

	while ((at = span_find(document, ESCAPE, at)) < document.size) {
		enum set set = escape_at(document, at, &size);

		if (set == SET_SHIFTED || set == SET_FOREIGN)
			return set;
		at++;
	}
	return SET_NONE;
}

static enum charset_treatment by_bytes(struct span document)
{
	switch (first_shift(document)) {
	case SET_SHIFTED:
		return CHARSET_ISO_2022_JP;
	case SET_FOREIGN:
		return CHARSET_UNTOUCHABLE;
	default:
		return utf8_valid(document) ? CHARSET_UTF8 : CHARSET_ASCII_SAFE;
	}
}

enum charset_treatment charset_treatment_of(struct span label, struct span document)
{
	const struct label *known;

	if (span_starts(document, SPAN("\xEF\xBB\xBF")))
		return CHARSET_UTF8;
	if (span_starts(document, SPAN("\xFF\xFE")) || span_starts(document, SPAN("\xFE\xFF")))
		return CHARSET_UNTOUCHABLE;
	known = find(span_trim(label));
	return known ? known->treatment : by_bytes(document);
}

void charset_mask_iso_2022_jp(struct span document, struct buffer *to)
{
	uint8_t *mask = buffer_reserve(to, document.size);
	bool shifted = false;

	if (!mask)
		return;
	for (size_t at = 0; at < document.size;) {
		uint8_t byte = document.data[at];
		size_t size = 1;
		enum set set = byte == ESCAPE ? escape_at(document, at, &size) : SET_NONE;

		if (set == SET_NONE) {
			mask[at++] = shifted && byte > 0x20 && byte < 0x7F ? 'x' : byte;
			continue;
		}
		memcpy(mask + at, document.data + at, size);
		at += size;
		shifted = set != SET_ASCII;
	}
	to->size += document.size;
}
