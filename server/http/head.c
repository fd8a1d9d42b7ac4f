/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a request as the library hands it over: its pieces in order for the framing check,
 * how much of the connection's pool it takes, and whom it says it comes from. A usual head's fields
 * lie in the exchange, so that reading one takes no memory.
 */
#include "http/exchange.h"

enum { POOL_BYTES_PER_FIELD = 64 /* what the library keeps of one header or cookie, rounded up */ };

/* Fields being read, into room for @room of them. */
struct fields {
	struct head *head;
	size_t room;
};

static enum MHD_Result add_field(void *of, enum MHD_ValueKind kind, const char *name,
				 size_t name_size, const char *value, size_t value_size)
{
	const struct fields *fields = of;
	struct head *head = fields->head;

	(void)kind;
	if (head->field_count == fields->room)
		return MHD_NO;
	head->fields[head->field_count++] = (struct field){
		.name = span_of(name, name_size),
		.value = span_of(value ? value : name + name_size, value_size),
	};
	return MHD_YES;
}

/* In the exchange, or when there are more than it has room for, in the arena. */
static bool read_fields(struct exchange *exchange)
{
	struct MHD_Connection *handle = exchange->request.connection;
	struct head *head = &exchange->head;
	struct fields fields = {.head = head, .room = FIELDS_KEPT};
	int count;

	head->fields = exchange->fields;
	count = MHD_get_connection_values_n(handle, MHD_HEADER_KIND, add_field, &fields);
	if (count <= FIELDS_KEPT)
		return count >= 0;
	count = MHD_get_connection_values_n(handle, MHD_HEADER_KIND, NULL, NULL);
	if (count < 0)
		return false;
	fields.room = (size_t)count;
	head->field_count = 0;
	head->fields = arena_alloc(&exchange->request.arena, fields.room * sizeof(*head->fields));
	if (!head->fields)
		return false;
	(void)MHD_get_connection_values_n(handle, MHD_HEADER_KIND, add_field, &fields);
	return true;
}

/*
 * What of the pool the head takes: its bytes, a record per field, a copy of the first Cookie. Only
 * of a head that is well formed (@is_whole) it is known that there is none; else it is shorter than
 * the head.
 */
void head_measure_pool(struct exchange *exchange, bool is_whole)
{
	struct MHD_Connection *handle = exchange->request.connection;
	const struct head *head = &exchange->head;
	const struct field *cookie = head_find(head, HEADER_COOKIE);
	const size_t head_bytes = (size_t)(head->end - head->method.data);
	int cookies;

	exchange->pool_used_bytes = head_bytes + head->field_count * POOL_BYTES_PER_FIELD;
	if (!cookie && is_whole)
		return;
	cookies = MHD_get_connection_values_n(handle, MHD_COOKIE_KIND, NULL, NULL);
	exchange->pool_used_bytes += (cookie ? cookie->value.size : head_bytes) + 32 +
				     (cookies > 0 ? (size_t)cookies : 0) * POOL_BYTES_PER_FIELD;
}

/*
 * The library passes over blank lines before a head, and takes a line that begins with a NUL for
 * one. It writes zeros over line ends, so that a blank line leaves nothing else. Where the head of
 * a connection's pool is, it does not say; but it is aligned, so that the bytes from the last such
 * boundary on are in it.
 */
static bool follows_junk(const struct head *head)
{
	const size_t before = (uintptr_t)head->method.data % POOL_ALIGNMENT;

	for (size_t i = 1; i <= before; i++)
		if (*(head->method.data - i) != 0)
			return true;
	return false;
}

bool head_read(struct exchange *exchange, const char *method, const char *version)
{
	struct head *head = &exchange->head;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(exchange->request.connection,
					MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	if (!info || !head->target.data)
		return false;
	head->method = span_text(method);
	head->version = span_text(version);
	head->follows_junk = follows_junk(head);
	head->end = head->method.data + info->header_size;
	return read_fields(exchange);
}

static struct span join(struct arena *arena, const struct span *values, size_t count)
{
	size_t size = 0;
	uint8_t *text;

	for (size_t i = 0; i < count; i++)
		size += values[i].size + 2;
	text = arena_alloc(arena, size);
	if (!text)
		return span_of(NULL, 0);
	size = 0;
	for (size_t i = 0; i < count; i++) {
		if (i > 0) {
			memcpy(text + size, ", ", 2);
			size += 2;
		}
		memcpy(text + size, values[i].data, values[i].size);
		size += values[i].size;
	}
	return span_of(text, size);
}

void head_find_client(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	const struct listener_options *options = &request->listener->options;
	const struct span *hops = NULL;
	struct span forwarded = {0};
	size_t count = 0;

	request->client = request->peer;
	request->peer_is_trusted = listener_trusts(request->listener, &request->peer);
	if (request->peer_is_trusted)
		count = request_values(request, HEADER_X_FORWARDED_FOR, &hops);
	if (count == 0)
		return;
	forwarded = count == 1 ? hops[0] : join(&request->arena, hops, count);
	request->through_proxy = true;
	request->client = address_of_client(request->peer, true, forwarded, options->proxies,
					    options->proxy_count);
}
