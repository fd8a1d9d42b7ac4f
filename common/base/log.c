/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is built whole and written with one write(2): lines of several threads never mix, and a
 * full pipe loses whole lines at worst.
 */
#include "base/log.h"

#include "base/bytes.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static _Atomic int log_level_now = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	atomic_store(&log_level_now, (int)level);
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "?";
}

static bool is_bare(const char *value)
{
	if (!*value)
		return false;
	for (; *value; value++)
		if ((unsigned char)*value <= ' ' || *value == '"' || *value == '=' ||
		    *value == '\\' || *value == 0x7F)
			return false;
	return true;
}

static void append_value(struct buffer *line, const char *value)
{
	if (!value)
		value = "-";
	if (is_bare(value)) {
		buffer_append_text(line, value);
		return;
	}
	buffer_append_byte(line, '"');
	for (; *value; value++) {
		unsigned char byte = (unsigned char)*value;

		if (byte < ' ' || byte == 0x7F)
			buffer_printf(line, "\\x%02x", byte);
		else if (byte == '"' || byte == '\\')
			buffer_printf(line, "\\%c", byte);
		else
			buffer_append_byte(line, byte);
	}
	buffer_append_byte(line, '"');
}

void log_line(enum log_level level, const char *event, ...)
{
	cleanup_buffer struct buffer line = {.limit = 16384};
	char time[CLOCK_TEXT_BYTES];
	va_list arguments;
	const char *key;

	if ((int)level > atomic_load(&log_level_now))
		return;
	if (getenv("JOURNAL_STREAM")) {
		buffer_printf(&line, "<%d>", (int)level);
	} else {
		clock_format(clock_wall(), time);
		buffer_printf(&line, "%s ", time);
	}
	buffer_printf(&line, "level=%s event=", level_name(level));
	append_value(&line, event);
	va_start(arguments, event);
	while ((key = va_arg(arguments, const char *)) != NULL) {
		buffer_printf(&line, " %s=", key);
		append_value(&line, va_arg(arguments, const char *));
	}
	va_end(arguments);
	buffer_append_byte(&line, '\n');
	if (!line.error && write(STDERR_FILENO, line.data, line.size) < 0)
		return; /* Nobody is left to tell. */
}
