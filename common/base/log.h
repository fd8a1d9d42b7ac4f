/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_BASE_LOG_H
#define WAYMARK_BASE_LOG_H

/*
 * Structured lines on standard error (logfmt), for programs only: common/ never logs. Under systemd
 * ($JOURNAL_STREAM is set) each line begins with <N>, the syslog priority. Values with spaces,
 * quotes or controls are quoted and escaped, so that nothing from outside starts a line.
 * Tokens, addresses and queries never go into a line.
 */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

void log_set_level(enum log_level level); /* default: LOG_LEVEL_INFO */

/*
 * One line: event=@event, then key and value strings alternating up to a NULL key; a NULL value
 * prints as "-". Thread-safe; one write(2) per line.
 *
 * Of one event at most LOG_LINES_PER_SECOND lines are written a second; the next one that is says
 * how many were not (held_back=N).
 */
enum { LOG_LINES_PER_SECOND = 20 };
void log_line(enum log_level level, const char *event, ...) __attribute__((sentinel));

/*
 * Write what was held back in earlier seconds: a line with the count alone for each such event. For
 * whoever has a clock, about once a second.
 */
void log_settle(void);

#define log_error(...)	 log_line(LOG_LEVEL_ERROR, __VA_ARGS__, (char *)0)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__, (char *)0)
#define log_info(...)	 log_line(LOG_LEVEL_INFO, __VA_ARGS__, (char *)0)
#define log_debug(...)	 log_line(LOG_LEVEL_DEBUG, __VA_ARGS__, (char *)0)

#endif
