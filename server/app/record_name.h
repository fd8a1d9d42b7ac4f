/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_RECORD_NAME_H
#define WAYMARK_APP_RECORD_NAME_H

#include "app/operation.h"

/*
 * Make sure that @name is in the log once, so that whoever reads its id later can tell it. @met: an
 * object of the caller's, one for each call, in which it is noted what this call has recorded.
 *
 * Return: 0; OPERATION_E_REFUSED: it cannot be a name; OPERATION_E_CONFLICT: another name has the
 * same id; both with @error; negative errno.
 */
int record_name(struct operation_call *call, json_t *met, enum name_kind kind, struct span name,
		struct error *error);

#endif
