/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_MONEY_H
#define WAYMARK_TRACK_MONEY_H

#include "base/bytes.h"

/*
 * Amounts of money as decimal text, never as binary fractions: what a shop reported is what a
 * report adds up. Currencies are the codes of ISO 4217 with the decimals that it gives them.
 */
enum { MONEY_DIGITS_MAX = 15, MONEY_CHARS = MONEY_DIGITS_MAX + 6 };

/* The decimals of a currency (0, 2, 3 or 4); -1: there is none of that code (upper case). */
int money_decimals(struct span code);

/*
 * Write @text, a decimal number of at least 0 such as "12.5", with exactly @decimals decimals:
 * "12.50". Zeros that say nothing may be there.
 *
 * Return: 0; MONEY_E_FORM; MONEY_E_DECIMALS when it has more decimals than that.
 */
enum { MONEY_E_FORM = 1, MONEY_E_DECIMALS = 2 };
int money_format(struct span text, int decimals, char ret_text[MONEY_CHARS]);

#endif
