/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The login for the mail server lies in a file of its own, since a configuration is shown around
 * and kept in places where a password must not be. Two lines: user, password; what follows them is
 * a mistake, so that nobody wonders which line counts.
 */
#include "app/mail_login.h"

#include "base/cleanup.h"
#include "crypto/id.h"
#include "crypto/private_file.h"

#include <errno.h>
#include <string.h>

static bool is_server(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || strchr("/@?#", *text))
			return false;
	return true;
}

static int check(const struct config *config, struct error *error)
{
	cleanup_buffer struct buffer address = BUFFER_INIT;

	if (!is_server(config->smtp_server))
		return config_error(config, error, "smtp.server",
				    "is no host or host:port; give the name alone");
	if (*config->smtp_server && !*config->smtp_from)
		return config_error(config, error, "smtp.from",
				    "is needed: the address that mails come from");
	if (*config->smtp_from && id_normalise_address(span_text(config->smtp_from), &address) != 0)
		return config_error(config, error, "smtp.from", "is not an e-mail address");
	return 0;
}

/* @login->text holds the file. */
static bool split(struct mail_login *login)
{
	char *end = strchr(login->text, '\n');

	if (!end)
		return false;
	*end = '\0';
	login->user = login->text;
	login->password = end + 1;
	end = strchr(end + 1, '\n');
	if (end && end[1] != '\0')
		return false;
	if (end)
		*end = '\0';
	return *login->user && *login->password;
}

static int read_file(const struct config *config, struct mail_login *login, struct error *error)
{
	const struct private_file file = {
		.path = config->smtp_auth_file,
		.name = "login for the mail server",
		.prize = "password",
		.limit_bytes = MAIL_LOGIN_MAX_BYTES,
	};
	size_t size;
	int code = private_file_read(&file, (uint8_t *)login->text, &size, error);

	if (code)
		return code < 0 ? code : MAIL_LOGIN_E_INVALID;
	login->text[size] = '\0';
	if (strlen(login->text) == size && split(login))
		return 0;
	return error_set(error, MAIL_LOGIN_E_INVALID,
			 "%s: must be two lines, the user and the password", file.path);
}

int mail_login_load(const struct config *config, struct mail_login **ret_login, struct error *error)
{
	struct mail_login *login;
	int code = check(config, error);

	if (code || !*config->smtp_auth_file)
		return code;
	login = calloc(1, sizeof(*login));
	if (!login)
		return -ENOMEM;
	code = read_file(config, login, error);
	if (code)
		mail_login_free(login);
	else
		*ret_login = login;
	return code;
}

void mail_login_free(struct mail_login *login)
{
	if (login)
		explicit_bzero(login, sizeof(*login));
	free(login);
}
