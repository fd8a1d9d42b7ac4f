/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CONFIG_CONFIG_VALUE_H
#define WAYMARK_CONFIG_CONFIG_VALUE_H

#include "config/config_rows.h"
#include "config/json_text.h"

/* The value being judged: where it is in the text, and what it is called. */
struct config_value {
	const struct config *config;
	struct error *error;
	size_t at, end;
	char key[320]; /* "trackers[0].sites[1]" */
};

/* Set the error to "path:line:column: key: sentence". Return: CONFIG_E_INVALID. */
int config_value_refuse(const struct config_value *judged, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Judge @value by @row and put it into the row's member of @base.
 *
 * Return: 0; CONFIG_E_INVALID with the error set at the value, or at the item of a list that is
 * wrong; -ENOMEM.
 */
int config_value_take(const struct config_value *judged, const struct config_row *row,
		      const json_t *value, void *base);

#endif
