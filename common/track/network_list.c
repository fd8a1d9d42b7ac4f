/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks are few and written by hand, so they are tried one by one; a mistake in one of them is
 * told with the place where it stands, since a network that is left out in silence is missed late.
 */
#include "track/network_list.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>

enum { KEY_TEXT_BYTES = 64 };

int network_list_load(const struct config *config, const char *key,
		      const struct config_texts *texts, struct network **ret_networks,
		      size_t *ret_count, struct error *error)
{
	cleanup_free struct network *networks =
		calloc(texts->count ? texts->count : 1, sizeof(*networks));
	char place[KEY_TEXT_BYTES];

	if (!networks)
		return -ENOMEM;
	for (size_t i = 0; i < texts->count; i++) {
		if (network_parse(span_text(texts->items[i]), &networks[i]) == 0)
			continue;
		(void)snprintf(place, sizeof(place), "%s[%zu]", key, i);
		return config_error(config, error, place,
				    "\"%s\" is not a network; write it like 203.0.113.0/24 or "
				    "2001:db8::/32, with the bits behind the prefix zero",
				    texts->items[i]);
	}
	*ret_networks = take_ptr(networks);
	*ret_count = texts->count;
	return 0;
}

bool network_list_holds(const struct network *networks, size_t count, const struct address *address)
{
	for (size_t i = 0; i < count; i++)
		if (network_holds(&networks[i], address))
			return true;
	return false;
}
