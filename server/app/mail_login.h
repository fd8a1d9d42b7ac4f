/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_MAIL_LOGIN_H
#define WAYMARK_APP_MAIL_LOGIN_H

#include "config/config.h"

/* What smtp.auth_file holds; wiped when it is freed. */
enum { MAIL_LOGIN_MAX_BYTES = 1024 };
struct mail_login {
	char text[MAIL_LOGIN_MAX_BYTES + 1]; /* user NUL password NUL */
	const char *user, *password;
};

/*
 * Also whether the keys smtp.* make sense together. *ret_login is NULL where no file is configured.
 *
 * Return: 0; MAIL_LOGIN_E_INVALID with @error, which names key or file, and no secret; -ENOMEM.
 */
enum { MAIL_LOGIN_E_INVALID = 1 };
int mail_login_load(const struct config *config, struct mail_login **ret_login,
		    struct error *error);
void mail_login_free(struct mail_login *login); /* NULL allowed */

#endif
