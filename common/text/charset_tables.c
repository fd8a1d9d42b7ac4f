/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charsets of the Encoding Standard (section 4.2) with their labels, and their tables, which
 * are large: read only, shared between processes, and touched by what is decoded alone.
 *
 * What is left out cannot be posted: UTF-16, what the standard replaces as a whole, and
 * x-user-defined.
 */
#include "text/charset_internal.h"

#include "charset_tables.h"

#define TABLE(name) table_##name, sizeof(table_##name) / sizeof(table_##name[0])
#define SINGLE(name, table, labels)                             \
	{                                                       \
		name, labels, charset_next_single, TABLE(table) \
	}

enum { BIG5_POSTED_FROM = 32 * 157 }; /* what comes before is Hong Kong's, and only read */

/* clang-format off */
const struct charset charset_all[] = {
	{"UTF-8", " utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 ", charset_next_utf8, .has_all = true},
	SINGLE("IBM866", ibm866, " 866 cp866 csibm866 "),
	SINGLE("ISO-8859-2", iso_8859_2, " csisolatin2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2 "),
	SINGLE("ISO-8859-3", iso_8859_3, " csisolatin3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3 "),
	SINGLE("ISO-8859-4", iso_8859_4, " csisolatin4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4 "),
	SINGLE("ISO-8859-5", iso_8859_5, " csisolatincyrillic cyrillic iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988 "),
	SINGLE("ISO-8859-6", iso_8859_6, " arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 "),
	SINGLE("ISO-8859-7", iso_8859_7, " csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek "),
	SINGLE("ISO-8859-8", iso_8859_8, " csiso88598e csisolatinhebrew hebrew iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual "),
	SINGLE("ISO-8859-8-I", iso_8859_8, " csiso88598i logical "),
	SINGLE("ISO-8859-10", iso_8859_10, " csisolatin6 iso-ir-157 iso8859-10 iso885910 l6 latin6 "),
	SINGLE("ISO-8859-13", iso_8859_13, " iso8859-13 iso885913 "),
	SINGLE("ISO-8859-14", iso_8859_14, " iso8859-14 iso885914 "),
	SINGLE("ISO-8859-15", iso_8859_15, " csisolatin9 iso8859-15 iso885915 iso_8859-15 l9 "),
	SINGLE("ISO-8859-16", iso_8859_16, " "),
	SINGLE("KOI8-R", koi8_r, " cskoi8r koi koi8 koi8_r "),
	SINGLE("KOI8-U", koi8_u, " koi8-ru "),
	SINGLE("macintosh", macintosh, " csmacintosh mac x-mac-roman "),
	SINGLE("windows-874", windows_874, " dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 "),
	SINGLE("windows-1250", windows_1250, " cp1250 x-cp1250 "),
	SINGLE("windows-1251", windows_1251, " cp1251 x-cp1251 "),
	SINGLE("windows-1252", windows_1252, " ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii x-cp1252 "),
	SINGLE("windows-1253", windows_1253, " cp1253 x-cp1253 "),
	SINGLE("windows-1254", windows_1254, " cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 x-cp1254 "),
	SINGLE("windows-1255", windows_1255, " cp1255 x-cp1255 "),
	SINGLE("windows-1256", windows_1256, " cp1256 x-cp1256 "),
	SINGLE("windows-1257", windows_1257, " cp1257 x-cp1257 "),
	SINGLE("windows-1258", windows_1258, " cp1258 x-cp1258 "),
	SINGLE("x-mac-cyrillic", x_mac_cyrillic, " x-mac-ukrainian "),
	{"GBK", " chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 iso-ir-58 x-gbk ", charset_next_gb18030, TABLE(gb18030)},
	{"gb18030", " ", charset_next_gb18030, TABLE(gb18030), .has_all = true},
	{"Big5", " big5-hkscs cn-big5 csbig5 x-x-big5 ", charset_next_big5, TABLE(big5), BIG5_POSTED_FROM, table_big5_beyond},
	{"EUC-JP", " cseucpkdfmtjapanese x-euc-jp ", charset_next_euc_jp, TABLE(jis0208)},
	{"ISO-2022-JP", " csiso2022jp ", charset_next_iso_2022_jp, TABLE(jis0208)},
	{"Shift_JIS", " csshiftjis ms932 ms_kanji shift-jis sjis windows-31j x-sjis ", charset_next_shift_jis, TABLE(jis0208)},
	{"EUC-KR", " cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 ", charset_next_euc_kr, TABLE(euc_kr)},
};
/* clang-format on */
const size_t charset_count = sizeof(charset_all) / sizeof(charset_all[0]);

uint32_t charset_row(const struct charset *charset, size_t pointer)
{
	uint32_t point = pointer < charset->count ? charset->table[pointer] : 0;

	if (point && charset->beyond && charset->beyond[pointer / 8] >> pointer % 8 & 1)
		point |= 0x20000;
	return point;
}

uint32_t charset_jis0212(size_t pointer)
{
	return pointer < sizeof(table_jis0212) / sizeof(table_jis0212[0]) ? table_jis0212[pointer]
									  : 0;
}

uint32_t charset_gb18030_four(uint32_t pointer)
{
	enum { BASIC_LAST = 39419, MOVED = 7457, MOVED_TO = 0xE7C7 };
	enum { BEYOND_FIRST = 189000, BEYOND_LAST = 1237575 };
	size_t low = 0, high = sizeof(table_gb18030_ranges) / sizeof(table_gb18030_ranges[0]);

	if (pointer >= BEYOND_FIRST && pointer <= BEYOND_LAST)
		return 0x10000 + pointer - BEYOND_FIRST;
	if (pointer > BASIC_LAST)
		return 0;
	if (pointer == MOVED)
		return MOVED_TO;
	/* The last range that begins at @pointer or before it. */
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (table_gb18030_ranges[middle][0] <= pointer)
			low = middle;
		else
			high = middle;
	}
	return table_gb18030_ranges[low][1] + pointer - table_gb18030_ranges[low][0];
}
