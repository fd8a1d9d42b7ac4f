/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_JSON_H
#define WAYMARK_SUMMARY_REPORT_JSON_H

#include "summary/report.h"

#include <jansson.h>

/*
 * The report as one object, for programs. Its keys are described in deploy/guides/reports.md; they
 * are never renamed or given another meaning, new ones may come. Numbers are numbers: money in the
 * smallest unit of its currency, times of people in milliseconds, points with decimals; "totals" of
 * the report and of each row have every counter of totals.h, also those that are 0.
 *
 * Return: a new reference; NULL when out of memory.
 */
json_t *report_json(const struct report *report);

#endif
