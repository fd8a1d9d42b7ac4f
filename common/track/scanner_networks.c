/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks either hold each other or have nothing in common, so sorted by their first address, the
 * larger first, each has one that is the next larger around it. To find what holds an address, the
 * last network that begins at or before it is taken, and then whatever is around that, until one
 * holds it: a search of a few steps for each request, and no memory.
 *
 * Immutable after scanner_networks_finish().
 */
#include "track/scanner_networks.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { NOTHING = UINT32_MAX, LINE_PARTS = 3 };

struct row {
	struct network network;
	uint32_t number; /* of its name */
	uint32_t order;	 /* as they were added: of two that are the same the later one counts */
	uint32_t around; /* index of the next larger one that holds it; NOTHING */
};

struct name {
	char text[SCANNER_NAME_MAX_BYTES + 1];
	enum scanner_class class;
};

struct scanner_networks {
	struct row *rows;
	size_t count, room;
	struct name *names; /* the first is that of number 1 */
	size_t name_count;
	char date[SCANNER_DATE_BYTES];
};

static const char *const class_texts[] = {"certain", "probable", "weak"};

const char *scanner_class_text(enum scanner_class class)
{
	return class_texts[class];
}

struct scanner_networks *scanner_networks_new(void)
{
	return calloc(1, sizeof(struct scanner_networks));
}

void scanner_networks_free(struct scanner_networks *networks)
{
	if (!networks)
		return;
	free(networks->rows);
	free(networks->names);
	free(networks);
}

uint32_t scanner_networks_named(const struct scanner_networks *networks, struct span name)
{
	for (size_t i = 0; i < networks->name_count; i++)
		if (span_equal(span_text(networks->names[i].text), name))
			return (uint32_t)i + 1;
	return 0;
}

static bool name_is_valid(struct span name)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '_' &&
		    c != '-')
			return false;
	}
	return name.size > 0 && name.size <= SCANNER_NAME_MAX_BYTES;
}

static int find_class(struct span text, enum scanner_class *ret_class)
{
	for (enum scanner_class class = 0; class < SCANNER_CLASS_COUNT; class ++)
		if (span_equal(text, span_text(class_texts[class]))) {
			*ret_class = class;
			return 0;
		}
	return SCANNER_NETWORKS_E_INVALID;
}

static int take_name(struct scanner_networks *networks, struct span text, enum scanner_class class,
		     uint32_t *ret_number, struct error *error)
{
	uint32_t number = scanner_networks_named(networks, text);
	struct name *names, *name;

	if (number && networks->names[number - 1].class != class)
		return error_set(error, SCANNER_NETWORKS_E_INVALID,
				 "\"%s\" is %s further up; one name has one class",
				 networks->names[number - 1].text,
				 class_texts[networks->names[number - 1].class]);
	*ret_number = number;
	if (number)
		return 0;
	if (networks->name_count == SCANNER_NAMES_MAX)
		return error_set(error, SCANNER_NETWORKS_E_INVALID,
				 "there are more than %d names of networks", SCANNER_NAMES_MAX);
	names = reallocarray(networks->names, networks->name_count + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	networks->names = names;
	name = &names[networks->name_count++];
	*name = (struct name){.class = class};
	memcpy(name->text, text.data, text.size);
	*ret_number = (uint32_t)networks->name_count;
	return 0;
}

static int append_row(struct scanner_networks *networks, const struct row *row, struct error *error)
{
	if (networks->count == SCANNER_NETWORKS_MAX)
		return error_set(error, SCANNER_NETWORKS_E_INVALID,
				 "there are more than %d networks", SCANNER_NETWORKS_MAX);
	if (networks->count == networks->room) {
		size_t room = networks->room ? 2 * networks->room : 64;
		struct row *rows = reallocarray(networks->rows, room, sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		networks->rows = rows;
		networks->room = room;
	}
	networks->rows[networks->count++] = *row;
	return 0;
}

int scanner_networks_add(struct scanner_networks *networks, struct span network, struct span class,
			 struct span name, struct error *error)
{
	struct row row = {.order = (uint32_t)networks->count, .around = NOTHING};
	enum scanner_class found;
	int code;

	if (network_parse(network, &row.network) != 0)
		return error_set(error, SCANNER_NETWORKS_E_INVALID,
				 "\"%.*s\" is not a network; write it like 203.0.113.0/24 or "
				 "2001:db8::/32, with the bits behind the prefix zero",
				 (int)network.size, (const char *)network.data);
	if (find_class(class, &found) != 0)
		return error_set(error, SCANNER_NETWORKS_E_INVALID,
				 "\"%.*s\" is not a class: it is certain, probable or weak",
				 (int)class.size, (const char *)class.data);
	if (!name_is_valid(name))
		return error_set(error, SCANNER_NETWORKS_E_INVALID,
				 "\"%.*s\" is no name of a network: 1 to %d of a-z 0-9 . _ -",
				 (int)name.size, (const char *)name.data, SCANNER_NAME_MAX_BYTES);
	code = take_name(networks, name, found, &row.number, error);
	return code ? code : append_row(networks, &row, error);
}

/* The parts of a line that are apart by blanks, without its comment. Return: how many there are. */
static size_t split(struct span line, struct span ret_parts[LINE_PARTS + 1])
{
	size_t count = 0, at = 0;

	line = span_slice(line, 0, span_find(line, '#', 0));
	while (count <= LINE_PARTS) {
		size_t start;

		while (at < line.size && strchr(" \t\r", line.data[at]))
			at++;
		if (at == line.size)
			break;
		for (start = at; at < line.size && !strchr(" \t\r", line.data[at]);)
			at++;
		ret_parts[count++] = span_slice(line, start, at - start);
	}
	return count;
}

static bool is_date(struct span text)
{
	static const char form[] = "dddd-dd-dd";

	if (text.size != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (form[i] == 'd' ? text.data[i] < '0' || text.data[i] > '9' : text.data[i] != '-')
			return false;
	return true;
}

static int take_date(struct scanner_networks *networks, const struct span *parts, size_t count,
		     struct error *error)
{
	if (count != 2 || !is_date(parts[1]))
		return error_set(error, SCANNER_NETWORKS_E_INVALID,
				 "a date is written like: date 2026-11-22");
	memcpy(networks->date, parts[1].data, parts[1].size);
	return 0;
}

static int take_line(struct scanner_networks *networks, struct span line, struct error *error)
{
	struct span parts[LINE_PARTS + 1];
	size_t count = split(line, parts);

	if (count == 0)
		return 0;
	if (span_equal(parts[0], SPAN("date")))
		return take_date(networks, parts, count, error);
	if (count != LINE_PARTS)
		return error_set(error, SCANNER_NETWORKS_E_INVALID,
				 "a line is a network, its class and its name, like: "
				 "203.0.113.0/24 certain example");
	return scanner_networks_add(networks, parts[0], parts[1], parts[2], error);
}

int scanner_networks_parse(struct scanner_networks *networks, const char *path, struct span text,
			   struct error *error)
{
	unsigned line = 1;

	for (size_t at = 0; at < text.size; line++) {
		size_t end = span_find(text, '\n', at);
		int code = take_line(networks, span_slice(text, at, end - at), error);

		if (code > 0)
			error_prefix(error, "%s:%u: ", path, line);
		if (code)
			return code;
		at = end + 1;
	}
	return 0;
}

int scanner_networks_load(struct scanner_networks *networks, const char *path, struct error *error)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	cleanup_fclose FILE *file = fopen(path, "re");
	size_t got = file ? BUFSIZ : 0;

	while (got == BUFSIZ && text.size <= SCANNER_FILE_MAX_BYTES) {
		uint8_t *room = buffer_reserve(&text, BUFSIZ);

		if (!room)
			return text.error;
		got = fread(room, 1, BUFSIZ, file);
		text.size += got;
	}
	if (!file || ferror(file))
		return error_set(error, SCANNER_NETWORKS_E_INVALID, "%s: cannot be read: %s", path,
				 strerror(errno));
	if (text.size > SCANNER_FILE_MAX_BYTES)
		return error_set(error, SCANNER_NETWORKS_E_INVALID,
				 "%s: longer than %d bytes, which is too much for a list", path,
				 SCANNER_FILE_MAX_BYTES);
	return scanner_networks_parse(networks, path, buffer_span(&text), error);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *one = a, *other = b;
	int order = memcmp(one->network.address.bytes, other->network.address.bytes,
			   sizeof(one->network.address.bytes));

	if (order == 0)
		order = (int)one->network.prefix_bits - (int)other->network.prefix_bits;
	return order ? order : (one->order > other->order) - (one->order < other->order);
}

/* Unlike network_holds(), which keeps IPv4 out of "::/0": here only the order of rows matters. */
static bool is_around(const struct network *outer, const struct network *inner)
{
	unsigned bytes = outer->prefix_bits / 8, bits = outer->prefix_bits % 8;
	const uint8_t *a = outer->address.bytes, *b = inner->address.bytes;

	return memcmp(a, b, bytes) == 0 &&
	       (bits == 0 || ((a[bytes] ^ b[bytes]) >> (8 - bits)) == 0);
}

void scanner_networks_finish(struct scanner_networks *networks)
{
	if (networks->count > 0)
		qsort(networks->rows, networks->count, sizeof(*networks->rows), compare_rows);
	for (size_t i = 1; i < networks->count; i++) {
		uint32_t around = (uint32_t)i - 1;

		while (around != NOTHING &&
		       !is_around(&networks->rows[around].network, &networks->rows[i].network))
			around = networks->rows[around].around;
		networks->rows[i].around = around;
	}
}

uint32_t scanner_networks_find(const struct scanner_networks *networks,
			       const struct address *address, unsigned max_prefix_bits)
{
	size_t low = 0, high = networks->count;
	uint32_t at;

	if (!address->known)
		return 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(networks->rows[middle].network.address.bytes, address->bytes,
			   sizeof(address->bytes)) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (at = (uint32_t)low - 1; at != NOTHING; at = networks->rows[at].around) {
		const struct row *row = &networks->rows[at];

		if (row->network.prefix_bits <= max_prefix_bits &&
		    network_holds(&row->network, address))
			return row->number;
	}
	return 0;
}

struct span scanner_networks_name(const struct scanner_networks *networks, uint32_t number)
{
	return span_text(networks->names[number - 1].text);
}

enum scanner_class scanner_networks_class(const struct scanner_networks *networks, uint32_t number)
{
	return networks->names[number - 1].class;
}

size_t scanner_networks_count(const struct scanner_networks *networks)
{
	return networks->count;
}

const char *scanner_networks_date(const struct scanner_networks *networks)
{
	return networks->date;
}

void scanner_networks_describe(const struct scanner_networks *networks, struct buffer *to)
{
	for (size_t i = 0; i < networks->count; i++) {
		const struct row *row = &networks->rows[i];
		const struct name *name = &networks->names[row->number - 1];

		buffer_append(to, row->network.address.bytes, sizeof(row->network.address.bytes));
		buffer_printf(to, "/%u %s %s\n", row->network.prefix_bits, class_texts[name->class],
			      name->text);
	}
}
