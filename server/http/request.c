/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers are looked up in the list that the framing check made, in order of arrival; those with a
 * name of header_name.h by the index that it made beside.
 */
#include "http/exchange.h"

struct span request_value(const struct request *request, enum header_name name)
{
	const struct field *field = head_find(&request->inner->head, name);

	return field ? field->value : span_of(NULL, 0);
}

size_t request_values(struct request *request, enum header_name name,
		      const struct span **ret_values)
{
	const struct head *head = &request->inner->head;
	const struct field *first = head_find(head, name);
	struct span *values;
	size_t count = 0;

	*ret_values = first ? &first->value : NULL;
	if (!first || first->next == 0)
		return first ? 1 : 0;
	for (const struct field *field = first; field; field = head_next(head, field))
		count++;
	*ret_values = values = arena_alloc(&request->arena, count * sizeof(*values));
	if (!values)
		return 0;
	for (const struct field *field = first; field; field = head_next(head, field))
		*values++ = field->value;
	return count;
}

struct span request_header(const struct request *request, const char *name)
{
	const struct head *head = &request->inner->head;
	const struct span wanted = span_text(name);

	for (size_t i = 0; i < head->field_count; i++)
		if (span_equal_nocase(head->fields[i].name, wanted))
			return head->fields[i].value;
	return span_of(NULL, 0);
}
