/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_GUARD_H
#define WAYMARK_STORE_GUARD_H

#include <lmdb.h>
#include <stdbool.h>

/*
 * A damaged page must cost an error, not the process. LMDB has no checksums: it follows what a page
 * says, until an assertion of its own fails, or an address lies outside the map (SIGSEGV), or the
 * page cannot be read (SIGBUS: the file was cut, or the disk gave up).
 *
 * Run @call(@context). True: it returned. False: one of these happened on this thread, and the call
 * was left where it stood. So it may hold no lock and own no memory that only its own frames know;
 * whoever calls this says what becomes of LMDB's.
 */
bool guard_run(void (*call)(void *context), void *context);

/* Watch for the signals from now on, for the whole process. Idempotent; any thread. */
void guard_install(void);
/* For mdb_env_set_assert(). */
void guard_assertion(MDB_env *lmdb, const char *text);

#endif
