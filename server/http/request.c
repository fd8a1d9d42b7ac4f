/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers are looked up in the list that the framing check made, in order of arrival. A request has
 * some twenty; comparing sizes first makes a walk cheaper than any index.
 */
#include "http/exchange.h"

struct span request_header(const struct request *request, const char *name)
{
	const struct head *head = &request->inner->head;
	const struct span wanted = span_text(name);

	for (size_t i = 0; i < head->field_count; i++)
		if (span_equal_nocase(head->fields[i].name, wanted))
			return head->fields[i].value;
	return span_of(NULL, 0);
}

size_t request_headers(struct request *request, const char *name, struct span **ret_values)
{
	const struct head *head = &request->inner->head;
	const struct span wanted = span_text(name);
	struct span *values;
	size_t count = 0;

	*ret_values = NULL;
	for (size_t i = 0; i < head->field_count; i++)
		count += span_equal_nocase(head->fields[i].name, wanted);
	values = count > 0 ? arena_alloc(&request->arena, count * sizeof(*values)) : NULL;
	if (!values)
		return 0;
	count = 0;
	for (size_t i = 0; i < head->field_count; i++)
		if (span_equal_nocase(head->fields[i].name, wanted))
			values[count++] = head->fields[i].value;
	*ret_values = values;
	return count;
}
