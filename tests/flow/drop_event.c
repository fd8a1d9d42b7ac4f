/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drop_event DATA_DIR SEQUENCE: take one event out of a log that nobody has open, as nothing of
 * ours ever does, so that a test can show that it is missed.
 */
#include "base/encode.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>

static int drop(MDB_env *env, uint64_t sequence)
{
	uint8_t bytes[8];
	MDB_val key = {.mv_size = sizeof(bytes), .mv_data = bytes};
	MDB_txn *txn = NULL;
	MDB_dbi events;
	int r;

	put_u64(bytes, sequence);
	r = mdb_txn_begin(env, NULL, 0, &txn);
	if (!r)
		r = mdb_dbi_open(txn, "events", 0, &events);
	if (!r)
		r = mdb_del(txn, events, &key, NULL);
	if (!r)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return r;
}

int main(int count, char **arguments)
{
	char path[4096];
	MDB_env *env;
	int r;

	if (count != 3 || mdb_env_create(&env))
		return 2;
	(void)snprintf(path, sizeof(path), "%s/events", arguments[1]);
	r = mdb_env_set_maxdbs(env, 8);
	if (!r)
		r = mdb_env_open(env, path, 0, 0600);
	if (!r)
		r = drop(env, strtoull(arguments[2], NULL, 10));
	if (r)
		(void)fprintf(stderr, "%s: %s\n", path, mdb_strerror(r));
	mdb_env_close(env);
	return r ? 1 : 0;
}
