/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_ADMIN_ACCESS_H
#define WAYMARK_ADMIN_ACCESS_H

#include "admin/admin.h"
#include "app/operation.h"

/*
 * May the token that a request shows ask for the operation at its path? If not, the reply is set:
 * 401 without a token that is valid, 403 with one that may not. A path that is no operation's needs
 * a token, too, so that nobody can try out which there are.
 */
bool admin_allows(struct request *request, const struct bearer **ret_bearer);

#endif
