/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_BASE_CLEANUP_H
#define WAYMARK_BASE_CLEANUP_H

/*
 * Scope cleanup (GCC and clang). A local declared cleanup_free is freed when it leaves scope;
 * take_ptr() hands the pointer on and disarms it. Every destructor accepts NULL.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define cleanup(function) __attribute__((__cleanup__(function)))

static inline void cleanup_free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close_descriptor(const int *descriptor)
{
	if (*descriptor >= 0)
		(void)close(*descriptor);
}

static inline void cleanup_close_stream(FILE **stream)
{
	if (*stream)
		(void)fclose(*stream);
}

#define cleanup_free   cleanup(cleanup_free_pointer)
#define cleanup_close  cleanup(cleanup_close_descriptor)
#define cleanup_fclose cleanup(cleanup_close_stream)

#define take_ptr(pointer)                               \
	(__extension__({                                \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                       \
		taken_;                                 \
	}))

#endif
