/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading GMime once. It is never unloaded, since GLib cannot be.
 *
 * Invariant: either every function is there, or the library counts as absent.
 */
#include "text/mime_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

static struct mime_library library;
static const struct mime_library *loaded;

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
#define MIME_FUNCTION_ROW(name) {#name, offsetof(struct mime_library, name)},
	MIME_FUNCTIONS(MIME_FUNCTION_ROW)
#undef MIME_FUNCTION_ROW
};

static void load(void)
{
	void *handle = dlopen("libgmime-3.0.so.0", RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(handle, functions[i].name);

		if (!function)
			return;
		*(void **)((char *)&library + functions[i].offset) = function;
	}
	library.g_mime_init();
	loaded = &library;
}

const struct mime_library *mime_library_get(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, load);
	return loaded;
}
