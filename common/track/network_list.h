/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_NETWORK_LIST_H
#define WAYMARK_TRACK_NETWORK_LIST_H

#include "config/config.h"
#include "text/address.h"

/*
 * The networks that one key of a configuration lists, on the heap in their order.
 *
 * Return: 0; CONFIG_E_INVALID with @error, which names the first that is none; -ENOMEM.
 */
int network_list_load(const struct config *config, const char *key,
		      const struct config_texts *texts, struct network **ret_networks,
		      size_t *ret_count, struct error *error);

bool network_list_holds(const struct network *networks, size_t count,
			const struct address *address);

#endif
