/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the target of a request: what the framing lets through is a path and perhaps a
 * query, cut at the first '?', of printable ASCII; the table finds a route by it or none; no token
 * in it is taken for a signed one; and a custom redirect hands on of its query what any Location
 * may hold.
 */
#include "base/cleanup.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "http/framing.h"
#include "http/router.h"
#include "public/public.h"
#include "text/url.h"
#include "track/pass_query.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct keyring *keyring;

static void make_keyring(void)
{
	static const char *const hosts[] = {"localhost"};
	char folder[] = "/tmp/waymark-fuzz-XXXXXX", path[64];

	if (crypto_init() || !mkdtemp(folder))
		abort();
	(void)snprintf(path, sizeof(path), "%s/keys.json", folder);
	if (keyring_create(path, NULL) || keyring_load(path, hosts, 1, &keyring, NULL))
		abort();
	(void)unlink(path);
	(void)rmdir(folder);
}

/* A head around the target, cut into its pieces as the library cuts one. */
static void judge(struct span target, struct buffer *text, struct framing *ret_framing)
{
	static struct field fields[FRAMING_FIELDS_MAX];
	struct head head = {.fields = fields, .field_count = 1};
	const uint8_t *at;

	buffer_append_text(text, "GET ");
	buffer_append_span(text, target);
	buffer_append_text(text, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
	assert(text->error == 0);
	at = text->data;
	head.method = span_of(at, 3);
	head.target = target;
	head.target_at = at + 4;
	at += 4 + target.size + 1;
	head.version = span_of(at, 8);
	fields[0].name = span_of(at + 10, 4);
	fields[0].value = span_of(at + 16, 9);
	head.end = text->data + text->size;
	framing_check(&head, ret_framing);
}

static void check_pieces(struct span target, const struct framing *framing)
{
	assert(target.size <= FRAMING_TARGET_MAX_BYTES);
	assert(framing->path.size > 0 && framing->path.data[0] == '/');
	assert(span_find(framing->path, '?', 0) == framing->path.size);
	assert(framing->path.size + framing->query.size <= target.size);
	for (size_t i = 0; i < target.size; i++)
		assert(target.data[i] > ' ' && target.data[i] < 0x7f);
}

static void check_route(struct span path)
{
	struct span tail = {.data = NULL};
	const struct route *route = router_find(public_routes, public_route_count, path, &tail);
	struct token token;

	if (!route)
		return;
	assert(tail.size <= path.size);
	for (enum purpose purpose = PURPOSE_FIRST; purpose < PURPOSE_COUNT; purpose++)
		assert(token_open(keyring, purpose, 0, tail, &token) != 0);
}

static void check_query(struct span query)
{
	static const char destination[] = "https://www.example.com/p?own=1#end";
	cleanup_buffer struct buffer location = BUFFER_INIT, unused = BUFFER_INIT;
	enum url_refusal refusal;

	(void)pass_query(span_text(destination), SPAN("a,b,utm_source"), query, &location);
	assert(location.error == 0);
	assert(url_classify(buffer_span(&location), true, &unused, &refusal) == URL_EXACT);
	assert(span_starts(buffer_span(&location), SPAN("https://www.example.com/p?own=1")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct span target = span_of(data, size);
	struct framing framing;

	if (!keyring)
		make_keyring();
	check_query(target);
	judge(target, &text, &framing);
	if (framing.status)
		return 0;
	check_pieces(target, &framing);
	check_route(framing.path);
	check_query(framing.query);
	return 0;
}
