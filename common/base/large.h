/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_BASE_LARGE_H
#define WAYMARK_BASE_LARGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Memory for a table of many MiB that is used all over: the kernel is asked for large pages, so
 * that finding a page is not a walk through tables of its own. Where it gives none it is memory as
 * any other. Not cleared; free() gives it back. NULL: out of memory.
 */
void *large_alloc(size_t bytes);

#endif
