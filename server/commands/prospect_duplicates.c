/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark prospect duplicates`: who may be one person, for an operator to judge.
 *
 * Whoever owns the stores says keys that two people share who may be one, and nobody's address.
 * They are sorted here: 40 bytes for each key, since people with one key can be anywhere. Of those
 * with one key the one whom the CRM has is to be kept, else the one who was there first; the others
 * are proposed to be merged into that one. Nothing is changed.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/session.h"
#include "crypto/id.h"
#include "track/person_alike.h"

#include <errno.h>
#include <stdio.h>

enum { KEY_REVEAL = 256, KEY_JSON, KEY_BYTES = 16 };

struct arguments {
	const char *config;
	bool reveal, json;
};

struct row {
	uint8_t key[KEY_BYTES];
	struct handle person;
	usec_t created;
	uint8_t why; /* bits of person_alike.h; 0: it is an id of the CRM, or the plain address */
	bool by_id, known;
};

/* Of two who share a key, or several. */
struct pair {
	struct handle keep, other;
	uint8_t why;
	bool by_id;
};

struct duplicates {
	struct arguments arguments;
	struct session *session;
	struct row *rows;
	size_t count, capacity;
	struct pair *pairs;
	size_t pair_count;
	struct error error;
};

static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"reveal", KEY_REVEAL, NULL, 0, "Print addresses as well; recorded in the log", 0},
	{"json", KEY_JSON, NULL, 0, "Print one JSON object a line", 0},
	{0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct duplicates *duplicates = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		duplicates->arguments.config = value;
		return 0;
	case KEY_REVEAL:
		duplicates->arguments.reveal = true;
		return 0;
	case KEY_JSON:
		duplicates->arguments.json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static struct span text_in(const json_t *object, const char *key)
{
	const json_t *text = json_object_get(object, key);

	return span_of(json_string_value(text), json_string_length(text));
}

static struct row *add_row(struct duplicates *duplicates)
{
	if (duplicates->count == duplicates->capacity) {
		size_t capacity = duplicates->capacity ? 2 * duplicates->capacity : 256;
		struct row *rows = reallocarray(duplicates->rows, capacity, sizeof(*rows));

		if (!rows)
			return NULL;
		duplicates->rows = rows;
		duplicates->capacity = capacity;
	}
	duplicates->rows[duplicates->count] = (struct row){.why = 0};
	return &duplicates->rows[duplicates->count++];
}

static void take_why(const json_t *list, struct row *row)
{
	const json_t *item;
	size_t index;

	json_array_foreach(list, index, item)
	{
		unsigned rule = 1;

		while (rule <= PERSON_ALIKE_DOMAIN &&
		       strcmp(person_alike_text((enum person_alike_rule)rule),
			      json_string_value(item)) != 0)
			rule <<= 1;
		if (rule > PERSON_ALIKE_DOMAIN)
			row->by_id = true;
		else
			row->why |= (uint8_t)rule;
	}
}

/* A mark of 12 or 16 bytes; both kinds are hashes and do not meet. */
static int take_key(struct duplicates *duplicates, const json_t *person, const json_t *key)
{
	struct row *row = add_row(duplicates);
	struct span text = text_in(key, "key");

	if (!row)
		return -ENOMEM;
	row->created = (usec_t)json_integer_value(json_object_get(person, "created"));
	row->known = json_is_true(json_object_get(person, "known"));
	take_why(json_object_get(key, "why"), row);
	if (text.size > 2 * KEY_BYTES || hex_parse(text, row->key, text.size / 2) != 0 ||
	    hex_parse(text_in(person, "prospect"), &row->person, sizeof(row->person)) != 0)
		return -EPROTO;
	return 0;
}

static int take_people(struct duplicates *duplicates, const json_t *people)
{
	const json_t *person, *key;
	size_t i, k;
	int code = 0;

	json_array_foreach(people, i, person)
		json_array_foreach(json_object_get(person, "alike"), k, key) code =
			code ? code : take_key(duplicates, person, key);
	return code;
}

static int collect(struct duplicates *duplicates)
{
	char after[2 * sizeof(struct handle) + 1] = "";
	const char *next = NULL;
	int code = 0;

	do {
		json_t *body = json_pack("{s:s, s:s*}", "want", "alike", "after", next);
		json_t *reply = NULL;

		code = body ? session_call(duplicates->session, "/api/v1/prospects/walk", body,
					   &reply, &duplicates->error)
			    : -ENOMEM;
		if (!code)
			code = take_people(duplicates, json_object_get(reply, "people"));
		next = json_string_value(json_object_get(reply, "next"));
		if (next)
			(void)snprintf(after, sizeof(after), "%s", next);
		next = next ? after : NULL;
		json_decref(reply);
		json_decref(body);
	} while (!code && next);
	return code;
}

/* By key; of one key first who is to be kept. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *left = a, *right = b;
	int order = memcmp(left->key, right->key, KEY_BYTES);

	if (order)
		return order;
	if (left->known != right->known)
		return left->known ? -1 : 1;
	if (left->created != right->created)
		return left->created < right->created ? -1 : 1;
	return memcmp(&left->person, &right->person, sizeof(left->person));
}

static void write_why(const struct pair *pair, struct buffer *to)
{
	if (pair->by_id)
		buffer_append_text(to, "id in the CRM");
	for (unsigned rule = 1; rule <= PERSON_ALIKE_DOMAIN; rule <<= 1)
		if (pair->why & rule) {
			if (to->size > 0)
				buffer_append_text(to, ", ");
			buffer_append_text(to, person_alike_text((enum person_alike_rule)rule));
		}
}

/* The address of one, or nothing. */
static int find_email(struct duplicates *duplicates, const struct handle *person, char **ret_email)
{
	char text[2 * sizeof(*person) + 1];
	json_t *body, *reply = NULL;
	int code;

	*ret_email = NULL;
	if (!duplicates->arguments.reveal)
		return 0;
	hex_format(person, sizeof(*person), text);
	body = json_pack("{s:s, s:b}", "prospect", text, "fields", 1);
	code = body ? session_call(duplicates->session, "/api/v1/prospects/find", body, &reply,
				   &duplicates->error)
		    : -ENOMEM;
	if (!code && json_is_string(json_object_get(reply, "email")))
		*ret_email = strdup(json_string_value(json_object_get(reply, "email")));
	json_decref(reply);
	json_decref(body);
	return code;
}

static int print_pair(struct duplicates *duplicates, const struct pair *both)
{
	char kept[2 * sizeof(struct handle) + 1], merged[2 * sizeof(struct handle) + 1];
	cleanup_free char *first = NULL, *second = NULL;
	cleanup_buffer struct buffer why = BUFFER_INIT;
	json_t *pair;
	int code = find_email(duplicates, &both->keep, &first);

	if (!code)
		code = find_email(duplicates, &both->other, &second);
	if (code)
		return code;
	write_why(both, &why);
	hex_format(&both->keep, sizeof(both->keep), kept);
	hex_format(&both->other, sizeof(both->other), merged);
	if (!duplicates->arguments.json) {
		printf("%s %s  %s\n", first ? first : kept, second ? second : merged,
		       buffer_text(&why));
		return 0;
	}
	pair = json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "keep", kept, "other", merged, "why",
			 buffer_text(&why), "keep_email", first, "other_email", second);
	if (pair)
		(void)json_dumpf(pair, stdout, JSON_COMPACT | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(pair);
	return pair ? 0 : -ENOMEM;
}

static int add_pair(struct duplicates *duplicates, const struct row *keep, const struct row *other)
{
	const size_t at = duplicates->pair_count;
	struct pair *pairs;

	if (at % 256 == 0) {
		pairs = reallocarray(duplicates->pairs, at + 256, sizeof(*pairs));
		if (!pairs)
			return -ENOMEM;
		duplicates->pairs = pairs;
	}
	duplicates->pairs[duplicates->pair_count++] = (struct pair){
		.keep = keep->person,
		.other = other->person,
		.why = keep->why | other->why,
		.by_id = keep->by_id,
	};
	return 0;
}

static int find_pairs(struct duplicates *duplicates)
{
	const struct row *rows = duplicates->rows;
	size_t keep = 0;
	int code = 0;

	for (size_t i = 1; i < duplicates->count && !code; i++) {
		if (memcmp(rows[i].key, rows[keep].key, KEY_BYTES) != 0)
			keep = i;
		else if (memcmp(&rows[i].person, &rows[keep].person, sizeof(struct handle)) != 0)
			code = add_pair(duplicates, &rows[keep], &rows[i]);
	}
	return code;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *left = a, *right = b;
	int order = memcmp(&left->keep, &right->keep, sizeof(left->keep));

	return order ? order : memcmp(&left->other, &right->other, sizeof(left->other));
}

/* Two who share several keys are said once, with all of why. */
static int print_pairs(struct duplicates *duplicates)
{
	struct pair *pairs = duplicates->pairs;
	int code = 0;

	if (duplicates->pair_count > 0)
		qsort(pairs, duplicates->pair_count, sizeof(*pairs), compare_pairs);
	for (size_t i = 0; i < duplicates->pair_count && !code; i++) {
		if (i + 1 < duplicates->pair_count &&
		    compare_pairs(&pairs[i], &pairs[i + 1]) == 0) {
			pairs[i + 1].why |= pairs[i].why;
			pairs[i + 1].by_id |= pairs[i].by_id;
			continue;
		}
		code = print_pair(duplicates, &pairs[i]);
	}
	return code;
}

static void finish(struct duplicates *duplicates)
{
	session_close(duplicates->session);
	free(duplicates->rows);
	free(duplicates->pairs);
}

int command_prospect_duplicates(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Print who may be one person, two in a line and why: first the one to keep, "
		       "as 'waymark prospect merge' takes them. Addresses that differ by what "
		       "providers ignore (a tag, dots, a second name of their domain), by width, "
		       "by case beyond ASCII or by the writing of a domain; and one id in the CRM. "
		       "Nothing is changed."};
	cleanup(finish) struct duplicates duplicates = {.count = 0};
	int code;

	command_parse(&argp, argc, argv, &duplicates);
	code = session_open(duplicates.arguments.config, &duplicates.session, &duplicates.error);
	if (!code)
		code = collect(&duplicates);
	if (!code && duplicates.count > 0)
		qsort(duplicates.rows, duplicates.count, sizeof(*duplicates.rows), compare_rows);
	if (!code)
		code = find_pairs(&duplicates);
	if (!code)
		code = print_pairs(&duplicates);
	if (code < 0)
		(void)error_set(&duplicates.error, code, "%s", strerror(-code));
	return code ? command_fail(&duplicates.error) : command_finish();
}
