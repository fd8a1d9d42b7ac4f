/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_BASE_ERROR_H
#define WAYMARK_BASE_ERROR_H

/*
 * How functions fail.
 *
 * Every function that can fail returns int: 0 is success; a negative errno is fatal here and is
 * forwarded unchanged; a positive value is a MODULE_E_* documented in that module's header and
 * handled by the immediate caller. Outputs (ret_*) are untouched on failure.
 *
 * Functions that judge what a person wrote (configuration, command lines, mails, imports) also take
 * a struct error: one sentence that says what was wrong, where, and what to do. The library never
 * logs; the program prints the sentence.
 */

enum { ERROR_TEXT_BYTES = 1024 };

struct error {
	char text[ERROR_TEXT_BYTES]; /* UTF-8, NUL-terminated, no newline at the end; empty: none */
};

/*
 * Set the sentence, replacing any earlier one; longer text is cut at a character. @error may be
 * NULL. Controls that came in through a %s are printed as '?': a message never moves the cursor.
 *
 * Return: always @code, so that a failing function can end with return error_set(...).
 */
int error_set(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "prefix" before the sentence that is there, as in "waymark.json:4:7: " (cut at the end). */
void error_prefix(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
