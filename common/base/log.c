/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is built whole and written with one write(2): lines of several threads never mix, and a
 * full pipe loses whole lines at worst.
 *
 * What goes wrong for one request goes wrong for a thousand a second, and a log that is flooded
 * hides what began it and fills the disk. So each event has so many lines a second, and what is
 * held back is counted. Events are names in our own code, of which there are few; those beyond
 * LOG_KINDS share the last place.
 */
#include "base/log.h"

#include "base/bytes.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOG_KINDS = 64, LOG_EVENT_BYTES = 32 };

struct kind {
	char event[LOG_EVENT_BYTES];
	enum log_level level; /* of the newest line that was held back */
	usec_t since;	      /* monotonic: when the first of @lines was written */
	unsigned lines;
	unsigned long held_back;
};

static _Atomic int log_level_now = LOG_LEVEL_INFO;
static pthread_mutex_t kinds_lock = PTHREAD_MUTEX_INITIALIZER;
static struct kind kinds[LOG_KINDS];

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

static struct kind *find_kind(const char *event)
{
	for (size_t i = 0; i < LOG_KINDS; i++) {
		if (!kinds[i].event[0] || i == LOG_KINDS - 1)
			(void)snprintf(kinds[i].event, LOG_EVENT_BYTES, "%s", event);
		if (strncmp(kinds[i].event, event, LOG_EVENT_BYTES - 1) == 0)
			return &kinds[i];
	}
	return &kinds[LOG_KINDS - 1];
}

/* May a line of @event be written now? @ret_held_back: how many before it were not. */
static bool admit(enum log_level level, const char *event, unsigned long *ret_held_back)
{
	const usec_t now = clock_monotonic();
	struct kind *kind;
	bool admitted;

	(void)pthread_mutex_lock(&kinds_lock);
	kind = find_kind(event);
	if (now >= kind->since + USEC_PER_SEC) {
		kind->since = now;
		kind->lines = 0;
	}
	admitted = kind->lines < LOG_LINES_PER_SECOND;
	if (admitted) {
		kind->lines++;
		*ret_held_back = kind->held_back;
		kind->held_back = 0;
	} else {
		kind->held_back++;
		kind->level = level;
	}
	(void)pthread_mutex_unlock(&kinds_lock);
	return admitted;
}

static void begin_line(struct buffer *line, enum log_level level, const char *event)
{
	char time[CLOCK_TEXT_BYTES];

	if (getenv("JOURNAL_STREAM")) {
		buffer_printf(line, "<%d>", (int)level);
	} else {
		clock_format(clock_wall(), time);
		buffer_printf(line, "%s ", time);
	}
	buffer_printf(line, "level=%s event=", level_name(level));
	append_value(line, event);
}

static void end_line(struct buffer *line, unsigned long held_back)
{
	if (held_back > 0)
		buffer_printf(line, " held_back=%lu", held_back);
	buffer_append_byte(line, '\n');
	if (!line->error && write(STDERR_FILENO, line->data, line->size) < 0)
		return; /* Nobody is left to tell. */
}

void log_line(enum log_level level, const char *event, ...)
{
	cleanup_buffer struct buffer line = {.limit = 16384};
	unsigned long held_back;
	va_list arguments;
	const char *key;

	if ((int)level > atomic_load(&log_level_now) || !admit(level, event, &held_back))
		return;
	begin_line(&line, level, event);
	va_start(arguments, event);
	while ((key = va_arg(arguments, const char *)) != NULL) {
		buffer_printf(&line, " %s=", key);
		append_value(&line, va_arg(arguments, const char *));
	}
	va_end(arguments);
	end_line(&line, held_back);
}

void log_settle(void)
{
	const usec_t now = clock_monotonic();

	(void)pthread_mutex_lock(&kinds_lock);
	for (size_t i = 0; i < LOG_KINDS; i++) {
		cleanup_buffer struct buffer line = {.limit = 16384};
		struct kind *kind = &kinds[i];

		if (kind->held_back == 0 || now < kind->since + USEC_PER_SEC)
			continue;
		begin_line(&line, kind->level, kind->event);
		end_line(&line, kind->held_back);
		kind->held_back = 0;
	}
	(void)pthread_mutex_unlock(&kinds_lock);
}
