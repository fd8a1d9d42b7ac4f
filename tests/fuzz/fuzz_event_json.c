/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any JSON as an event to be imported: what is accepted can be encoded, and its JSON is accepted
 * again with the same fields: an export and an import change nothing that has been through them
 * once.
 */
#include "base/cleanup.h"
#include "track/event_json.h"
#include "track/event_parse.h"

#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char configuration[] =
	"{\"trackers\": [{\"url\": \"https://go.example.com\",\n"
	"  \"sites\": [\"https://www.example.com\"], \"campaign\": \"website\"}],\n"
	"  \"full_referrers\": [\"https://www.example.com\"]}";

static struct event_parse_options options_of_run(void)
{
	static struct event_parse_options options;

	if (!options.config) {
		struct config *config = NULL;
		struct error error;

		assert(crypto_init() == 0);
		assert(config_parse("waymark.json", span_text(configuration), &config, &error) ==
		       0);
		options.config = config;
		options.tracker = "go.example.com";
		options.now = (usec_t)4000000000 * USEC_PER_SEC;
		options.drop_sealed = true;
	}
	return options;
}

static int find_name(void *context, enum name_kind kind, const void *id, struct arena *arena,
		     struct span *ret_name)
{
	const struct event_parsed *parsed = context;

	(void)id;
	for (size_t i = 0; i < parsed->name_count; i++)
		if (parsed->names[i].kind == kind) {
			*ret_name = arena_copy(arena, parsed->names[i].name);
			return 0;
		}
	return 1;
}

/* As the operation would: a handle for an address, and nothing that is still to be sealed. */
static void complete(struct event_parsed *parsed)
{
	if (parsed->email.data)
		event_set(&parsed->event, EVENT_FIELD_prospect, SPAN("0123456789ab"));
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++)
		if (parsed->clear >> field & 1)
			event_set(&parsed->event, (enum event_field)field, span_of(NULL, 0));
}

static void check(struct event_parsed *parsed, struct arena *arena)
{
	const struct event_parse_options options = options_of_run();
	const struct event_json_options shown = {.name = find_name,
						 .context = parsed,
						 .node = "n1"};
	cleanup_buffer struct buffer record = BUFFER_INIT;
	struct event_parsed again;
	struct error error = {0};
	struct event back;
	json_t *json;

	event_encode(&parsed->event, &record);
	if (record.error == -EMSGSIZE)
		return;
	assert(record.error == 0 && event_decode(buffer_span(&record), &back) == 0);
	json = event_json(&back, &shown);
	assert(json);
	assert(event_parse(json, &options, arena, &again, &error) == 0);
	json_decref(json);
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++)
		assert(span_equal(again.event.fields[field], back.fields[field]));
	assert(again.event.time == back.time && again.event.type == back.type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct event_parse_options options = options_of_run();
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct event_parsed parsed;
	struct error error = {0};
	json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	int code;

	if (!json)
		return 0;
	code = event_parse(json, &options, &arena, &parsed, &error);
	json_decref(json);
	assert(code >= 0 && !code == !error.text[0]);
	if (code == 0) {
		complete(&parsed);
		check(&parsed, &arena);
	}
	return 0;
}
