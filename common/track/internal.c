/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both lists are short and written by hand, so they are tried one by one; pages are compared by
 * track/page_pattern.h, as events hold them.
 */
#include "track/internal.h"

#include "track/network_list.h"
#include "track/page_pattern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_TEXT_BYTES = 64 };

void internal_finish(struct internal *internal)
{
	for (size_t i = 0; i < internal->page_count; i++)
		page_pattern_finish(&internal->pages[i]);
	free(internal->pages);
	free(internal->networks);
	*internal = (struct internal){0};
}

static int load_page(const struct config *config, size_t index, struct page_pattern *page,
		     struct error *error)
{
	const char *text = config->internal_pages.items[index];
	int code = page_pattern_init(page, text, false);
	char key[KEY_TEXT_BYTES];

	if (code <= 0)
		return code;
	(void)snprintf(key, sizeof(key), "internal.pages[%zu]", index);
	return config_error(config, error, key,
			    "\"%s\" is not a page; write a path like /careers or an address like "
			    "https://jobs.example.com/, without query and fragment",
			    text);
}

int internal_init(struct internal *internal, const struct config *config, struct error *error)
{
	size_t count = config->internal_pages.count;
	int r;

	*internal = (struct internal){0};
	r = network_list_load(config, "internal.networks", &config->internal_networks,
			      &internal->networks, &internal->network_count, error);
	if (r != 0)
		return r;
	internal->pages = calloc(count ? count : 1, sizeof(*internal->pages));
	if (!internal->pages)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < count; i++) {
		internal->page_count++;
		r = load_page(config, i, &internal->pages[i], error);
	}
	return r;
}

bool internal_holds_address(const struct internal *internal, const struct address *address)
{
	return network_list_holds(internal->networks, internal->network_count, address);
}

bool internal_holds_page(const struct internal *internal, struct span url)
{
	struct page_address page;

	if (internal->page_count == 0)
		return false;
	page = page_address_of(url);
	for (size_t i = 0; i < internal->page_count; i++)
		if (page_pattern_holds(&internal->pages[i], &page))
			return true;
	return false;
}

struct span internal_text(unsigned reasons)
{
	static const char *const texts[] = {"",		  "network",
					    "staff",	  "network,staff",
					    "page",	  "network,page",
					    "staff,page", "network,staff,page"};

	return span_text(texts[reasons & (INTERNAL_NETWORK | INTERNAL_STAFF | INTERNAL_PAGE)]);
}
