/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ISO 4217 as of 2026, by decimals: every code that something can be paid in, also those that went
 * out of use within the last years, since an order may be older than the change. Metals, test codes
 * and units of account are not among them.
 */
#include "track/money.h"

static const struct {
	int decimals;
	const char *codes; /* each of three letters and a space */
} rows[] = {
	{2, "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN "
	    "BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB "
	    "EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS "
	    "KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
	    "MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
	    "SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD "
	    "TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL "},
	{0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "},
	{3, "BHD IQD JOD KWD LYD OMR TND "},
	{4, "CLF UYW "},
};

enum { CODE_CHARS = 3, STEP = CODE_CHARS + 1 };

int money_decimals(struct span code)
{
	for (size_t i = 0; code.size == CODE_CHARS && i < sizeof(rows) / sizeof(rows[0]); i++)
		for (const char *at = rows[i].codes; *at; at += STEP)
			if (memcmp(at, code.data, CODE_CHARS) == 0)
				return rows[i].decimals;
	return -1;
}

static size_t count_digits(struct span text, size_t at)
{
	size_t end = at;

	while (end < text.size && text.data[end] >= '0' && text.data[end] <= '9')
		end++;
	return end - at;
}

int money_format(struct span text, int decimals, char ret_text[MONEY_CHARS])
{
	size_t skipped = 0, whole = count_digits(text, 0), fraction = 0;
	char *to = ret_text;

	if (whole < text.size && text.data[whole] == '.')
		fraction = count_digits(text, whole + 1);
	if (whole == 0 || text.size != whole + (fraction > 0 ? 1 + fraction : 0))
		return MONEY_E_FORM;
	while (fraction > 0 && text.data[whole + fraction] == '0')
		fraction--;
	while (skipped + 1 < whole && text.data[skipped] == '0')
		skipped++;
	if (whole - skipped > MONEY_DIGITS_MAX)
		return MONEY_E_FORM;
	if (fraction > (size_t)decimals)
		return MONEY_E_DECIMALS;
	memcpy(to, text.data + skipped, whole - skipped);
	to += whole - skipped;
	if (decimals > 0) {
		*to++ = '.';
		memset(to, '0', (size_t)decimals);
		if (fraction > 0)
			memcpy(to, text.data + whole + 1, fraction);
		to += decimals;
	}
	*to = '\0';
	return 0;
}
