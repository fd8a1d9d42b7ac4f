/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of totals.h at run time.
 */
#include "summary/totals.h"

#include <assert.h>

static const struct total_kind_row kinds[TOTAL_KIND_COUNT] = {
#define KIND(number, kind, bytes, text) [number] = {#kind, text, bytes},
	TOTAL_KINDS(KIND)
#undef KIND
};

static const struct {
	const char *name, *sentence;
} totals[TOTAL_COUNT] = {
#define TOTAL(number, name, sentence) [number] = {#name, sentence},
	TOTALS(TOTAL)
#undef TOTAL
};

const struct total_kind_row *total_kind_row(enum total_kind kind)
{
	assert(kind < TOTAL_KIND_COUNT);
	return &kinds[kind];
}

const char *total_name(enum total total)
{
	assert(total < TOTAL_COUNT);
	return totals[total].name;
}

const char *total_sentence(enum total total)
{
	assert(total < TOTAL_COUNT);
	return totals[total].sentence;
}
