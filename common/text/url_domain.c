/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registrable domains by the public suffix list: the newest copy that the machine has, else the one
 * inside libpsl. The list is opened once and kept for the life of the process.
 *
 * libpsl takes an address for a name ("127.0.0.1" would be under "0.1") and does not expect the
 * trailing dot of a fully qualified name, so both are dealt with here.
 */
#include "text/url.h"

#include <libpsl.h>
#include <pthread.h>

static const psl_ctx_t *list;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_list(void)
{
	list = psl_latest(NULL);
	if (!list)
		list = psl_builtin();
}

bool url_suffix_is_listed(const char *domain)
{
	const char *dot = strchr(domain, '.');

	(void)pthread_once(&once, open_list);
	return dot && list &&
	       psl_is_public_suffix2(list, dot + 1, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}

const char *url_registrable_domain(const char *host, bool host_is_address)
{
	char name[URL_HOST_MAX_BYTES + 1];
	size_t size = strlen(host);
	const char *domain;

	if (host_is_address || size == 0 || size > URL_HOST_MAX_BYTES)
		return NULL;
	memcpy(name, host, size + 1);
	if (name[size - 1] == '.')
		name[size - 1] = '\0';
	(void)pthread_once(&once, open_list);
	domain = list ? psl_registrable_domain(list, name) : NULL;
	return domain ? host + (domain - name) : NULL;
}
