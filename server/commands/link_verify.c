/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark link verify URL`: what a signed URL says, from the keys alone. If a store is there, the
 * link is also looked up, so that the destination and the names can be shown; without one the
 * answer about the signature is the same.
 *
 * A hand-over names nobody: whom it is of only the server knows that made it, until it ends.
 *
 * A person is shown as the prospect id that the link holds, never as an address: this command reads
 * no personal data, so it can be used on a link that somebody sent in.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/session.h"
#include "store/store.h"
#include "track/rewrite.h"

#include <stdio.h>
#include <string.h>

static void print_row(const char *name, struct span text)
{
	printf("%-12s", name);
	for (size_t i = 0; i < text.size; i++)
		putchar(text.data[i] < ' ' || text.data[i] == 0x7F ? '?' : text.data[i]);
	putchar('\n');
}

static void print_hex(const char *name, const void *id, size_t size, const char *if_zero)
{
	char text[2 * 16 + 1];

	if (id_is_zero(id, size)) {
		print_row(name, span_text(if_zero));
		return;
	}
	hex_format(id, size, text);
	print_row(name, span_text(text));
}

static void print_key(const struct keyring *keyring, const struct token *token)
{
	static const char *const states[] = {[KEY_SIGNING] = "signing",
					     [KEY_VERIFYING] = "verifying",
					     [KEY_RETIRED] = "retired"};

	for (size_t i = 0; i < keyring_count(keyring); i++) {
		struct key_info key = keyring_get(keyring, i);

		if (key.id == token->key_id)
			printf("%-12s%u, %s\n", "key", key.id, states[key.state]);
	}
}

/* The name behind an id, or the id itself where no name is known here. */
static void print_name(struct store *store, enum name_kind kind, const void *id)
{
	struct arena arena = ARENA_INIT(0);
	size_t size = name_kind_id_bytes(kind);
	struct span name;

	if (id_is_zero(id, size))
		print_row(name_kind_text(kind), SPAN("none"));
	else if (store && name_find(store, kind, id, &arena, &name) == 0)
		print_row(name_kind_text(kind), name);
	else
		print_hex(name_kind_text(kind), id, size, "");
	arena_finish(&arena);
}

static void print_link(struct store *store, const struct link_id *id)
{
	struct arena arena = ARENA_INIT(0);
	struct link link;
	int r = store ? link_find(store, id, &arena, &link) : STORE_E_NOT_FOUND;

	print_hex("link", id, sizeof(*id), "none");
	if (r == 0) {
		print_row("leads to", link.destination);
		print_name(store, NAME_CAMPAIGN, &link.campaign);
		print_name(store, NAME_MAILING, &link.mailing);
		if (link.label.size)
			print_row("label", link.label);
	} else if (!store) {
		print_row("leads to", SPAN("not looked up: there is no store here yet"));
	} else {
		print_row("leads to",
			  r > 0 ? SPAN("not registered here: the fallback of the tracker")
				: SPAN("not looked up: the store cannot be read"));
	}
	arena_finish(&arena);
}

static void print_person(const struct prospect_id *id)
{
	print_hex("prospect", id, sizeof(*id), "nobody");
}

static void print_prospect_part(const struct app *app, const struct rewrite_explained *explained)
{
	if (!explained->second_valid) {
		print_row("prospect",
			  SPAN("nobody: the second part does not verify (a merge field?)"));
		return;
	}
	print_person(&explained->second.prospect);
	if (!id_is_zero(&explained->second.mailing, sizeof(explained->second.mailing)))
		print_name(app->store, NAME_MAILING, &explained->second.mailing);
}

static void print_end(uint32_t second)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format((usec_t)second * USEC_PER_SEC, text);
	print_row((usec_t)second * USEC_PER_SEC < clock_wall() ? "ended" : "ends", span_text(text));
}

static void print_explained(const struct app *app, const struct rewrite_explained *explained)
{
	static const char *const texts[PURPOSE_COUNT] = {
		[PURPOSE_CLICK] = "click, in one part",
		[PURPOSE_LINK_PART] = "click, in two parts",
		[PURPOSE_SELF_CONTAINED] = "click, self-contained",
		[PURPOSE_OPEN] = "open",
		[PURPOSE_SUBSCRIPTION] = "subscription",
		[PURPOSE_HANDOVER] = "hand-over from a site of another tracker, once",
		[PURPOSE_STAFF] = "opt-out of staff's browsers",
		[PURPOSE_CONFIRM] = "confirmation of an address, in the browser that declared it",
	};
	const struct token *token = &explained->token;

	print_row("verifies", span_text(texts[explained->purpose]));
	print_row("tracker", span_text(explained->tracker->host));
	print_key(app->keyring, token);
	if (explained->purpose == PURPOSE_CLICK || explained->purpose == PURPOSE_LINK_PART)
		print_link(app->store, &token->link);
	if (explained->purpose == PURPOSE_SELF_CONTAINED) {
		print_row("leads to", token->url);
		print_name(app->store, NAME_CAMPAIGN, &token->campaign);
	}
	if (explained->purpose == PURPOSE_OPEN)
		print_name(app->store, NAME_MAILING, &token->mailing);
	if (explained->purpose == PURPOSE_SUBSCRIPTION)
		print_name(app->store, NAME_LIST, &token->list);
	if (explained->purpose == PURPOSE_HANDOVER)
		print_row("leads to", token->url);
	if (explained->purpose == PURPOSE_HANDOVER || explained->purpose == PURPOSE_STAFF ||
	    explained->purpose == PURPOSE_CONFIRM)
		print_end(token->second);
	if (explained->has_second)
		print_prospect_part(app, explained);
	else if (explained->purpose != PURPOSE_HANDOVER && explained->purpose != PURPOSE_STAFF)
		print_person(&token->prospect);
}

int command_link_verify(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.args_doc = "URL",
		.doc = "Explain a signed URL: what it is, under which key, where it leads, "
		       "and for whom. "
		       "Nothing is requested and nothing recorded."
		       "\vExit status: 0 when it verifies, else 1 with the check that failed.",
	};
	struct command_line line = {.missing = "the URL is missing"};
	struct rewrite_explained explained;
	struct error error = {""};
	struct app *app;
	int r;

	command_parse(&argp, argc, argv, &line);
	r = app_open(line.config, APP_READER, &app, &error);
	if (r == APP_E_ABSENT)
		r = app_open(line.config, APP_OFFLINE, &app, &error);
	if (r != 0)
		return command_fail(&error);
	r = rewrite_explain_any(app->trackers, app->keyring, span_text(line.argument), &explained,
				&error);
	if (r == 0)
		print_explained(app, &explained);
	app_close(app);
	return r == 0 ? command_finish() : command_fail(&error);
}
