/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CONFIG_CONFIG_PARSE_H
#define WAYMARK_CONFIG_CONFIG_PARSE_H

#include "config/config.h"

#include <stdarg.h>

/* Fill @config, whose path and text are set, from its text. CONFIG_E_INVALID with @error; errno. */
int config_parse_text(struct config *config, struct error *error);

/* Set @error to "path:line:column: key: sentence" for the byte at @at. Return: CONFIG_E_INVALID. */
int config_error_at(const struct config *config, struct error *error, size_t at, const char *key,
		    const char *format, va_list arguments) __attribute__((format(printf, 5, 0)));

#endif
