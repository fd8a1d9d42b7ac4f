/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both lists are in order, and a domain is looked up as it stands, then without its first label,
 * and so on: the first that is known decides, so that an operator can take one domain out below one
 * that is in. The file's text is kept and its lines are cut in place.
 */
#include "text/free_mail.h"

#include "base/cleanup.h"
#include "text/free_mail_table.h"
#include "text/url.h"

#include <errno.h>
#include <fcntl.h>

enum { DOMAIN_MAX_BYTES = 253, PIECE_BYTES = 65536 };

struct entry {
	struct span domain;
	bool out;
};

struct free_mail {
	char *text;
	struct entry *entries;
	size_t count;
};

static int compare(struct span a, struct span b)
{
	int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_entries(const void *a, const void *b)
{
	return compare(((const struct entry *)a)->domain, ((const struct entry *)b)->domain);
}

static int compare_to_builtin(const void *key, const void *row)
{
	return compare(*(const struct span *)key, span_text(*(const char *const *)row));
}

enum verdict { UNKNOWN, IN, OUT };

static enum verdict look_up(const struct free_mail *list, struct span domain)
{
	const struct entry wanted = {.domain = domain}, *entry = NULL;

	if (list && list->count > 0)
		entry = bsearch(&wanted, list->entries, list->count, sizeof(*entry),
				compare_entries);
	if (entry)
		return entry->out ? OUT : IN;
	return bsearch(&domain, free_mail_domains,
		       sizeof(free_mail_domains) / sizeof(free_mail_domains[0]),
		       sizeof(free_mail_domains[0]), compare_to_builtin)
		       ? IN
		       : UNKNOWN;
}

/* Is it registered by a provider that has its name under many suffixes? */
static bool is_named(const char *domain)
{
	const char *registered = url_registrable_domain(domain, false);
	size_t size = registered ? strcspn(registered, ".") : 0;

	for (size_t i = 0; i < sizeof(free_mail_names) / sizeof(free_mail_names[0]); i++)
		if (size > 0 &&
		    span_equal(span_of(registered, size), span_text(free_mail_names[i])))
			return true;
	return false;
}

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

bool free_mail_has(const struct free_mail *list, struct span domain)
{
	char text[DOMAIN_MAX_BYTES + 1];
	struct span rest = span_of(text, domain.size);

	if (domain.size == 0 || domain.size > DOMAIN_MAX_BYTES)
		return false;
	for (size_t i = 0; i < domain.size; i++)
		text[i] = (char)lower(domain.data[i]);
	text[domain.size] = 0;
	while (rest.size > 0) {
		enum verdict verdict = look_up(list, rest);

		if (verdict != UNKNOWN)
			return verdict == IN;
		rest = span_slice(rest, span_find(rest, '.', 0) + 1, rest.size);
	}
	return is_named(text);
}

void free_mail_free(struct free_mail *list)
{
	if (!list)
		return;
	free(list->entries);
	free(list->text);
	free(list);
}

static void free_pointer(struct free_mail **list)
{
	free_mail_free(*list);
}

static bool is_domain(struct span domain)
{
	bool has_dot = false;

	for (size_t i = 0; i < domain.size; i++) {
		uint8_t byte = lower(domain.data[i]);
		bool edge = i == 0 || i + 1 == domain.size || domain.data[i - 1] == '.';

		has_dot |= byte == '.';
		if ((byte < 'a' || byte > 'z') && (byte < '0' || byte > '9') &&
		    (edge || (byte != '-' && byte != '.')))
			return false;
	}
	return has_dot && domain.size <= DOMAIN_MAX_BYTES;
}

/* One line, which lies in list->text and is lower-cased there. */
static int read_line(struct free_mail *list, struct span line, const char *path, unsigned number,
		     struct error *error)
{
	char *text = list->text + (line.data - (const uint8_t *)list->text);
	struct entry entry = {.domain = line};

	if (line.data[0] == '!') {
		entry.out = true;
		entry.domain = span_trim(span_slice(line, 1, line.size));
	}
	if (!is_domain(entry.domain))
		return error_set(error, FREE_MAIL_E_INVALID,
				 "%s:%u: \"%.*s\" is not a domain; write one a line, like "
				 "freemail.example, in its ASCII form (xn--…)",
				 path, number, (int)(line.size < 80 ? line.size : 80), line.data);
	for (size_t i = 0; i < line.size; i++)
		text[i] = (char)lower((uint8_t)text[i]);
	list->entries[list->count++] = entry;
	return 0;
}

static int read_lines(struct free_mail *list, const char *path, struct error *error)
{
	struct span text = span_text(list->text);
	unsigned number = 0;
	size_t lines = 1;
	int code = 0;

	for (size_t i = 0; i < text.size; i++)
		lines += text.data[i] == '\n';
	list->entries = calloc(lines, sizeof(*list->entries));
	if (!list->entries)
		return -ENOMEM;
	for (size_t at = 0; !code && at < text.size;) {
		size_t end = span_find(text, '\n', at);
		struct span line = span_slice(text, at, end - at);

		number++;
		line = span_trim(span_slice(line, 0, span_find(line, '#', 0)));
		if (line.size > 0)
			code = read_line(list, line, path, number, error);
		at = end + 1;
	}
	return code;
}

static int check_doubles(const struct free_mail *list, const char *path, struct error *error)
{
	for (size_t i = 1; i < list->count; i++)
		if (compare_entries(&list->entries[i - 1], &list->entries[i]) == 0)
			return error_set(error, FREE_MAIL_E_INVALID, "%s: %.*s stands there twice",
					 path, (int)list->entries[i].domain.size,
					 list->entries[i].domain.data);
	return 0;
}

int free_mail_parse(const char *path, struct span text, struct free_mail **ret_list,
		    struct error *error)
{
	cleanup(free_pointer) struct free_mail *list = calloc(1, sizeof(*list));
	int code;

	if (!list)
		return -ENOMEM;
	if (text.size > 0 && memchr(text.data, 0, text.size))
		return error_set(error, FREE_MAIL_E_INVALID, "%s: holds a NUL byte; it is no list",
				 path);
	list->text = span_dup(text.data ? text : SPAN(""));
	if (!list->text)
		return -ENOMEM;
	code = read_lines(list, path, error);
	if (code)
		return code;
	qsort(list->entries, list->count, sizeof(*list->entries), compare_entries);
	code = check_doubles(list, path, error);
	if (!code)
		*ret_list = take_ptr(list);
	return code;
}

/* Return: 0; negative errno. */
static int read_file(const char *path, struct buffer *text)
{
	cleanup_close int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 1;

	while (descriptor >= 0 && got > 0 && text->size <= FREE_MAIL_FILE_MAX_BYTES) {
		uint8_t *room = buffer_reserve(text, PIECE_BYTES);

		if (!room)
			return text->error;
		got = read(descriptor, room, PIECE_BYTES);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			text->size += (size_t)got;
	}
	return descriptor < 0 || got < 0 ? -errno : 0;
}

int free_mail_load(const char *path, struct free_mail **ret_list, struct error *error)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	int r;

	if (!path || !path[0])
		return free_mail_parse("", SPAN(""), ret_list, error);
	r = read_file(path, &text);
	if (r == -ENOMEM)
		return r;
	if (r)
		return error_set(error, FREE_MAIL_E_INVALID, "%s: cannot be read: %s", path,
				 strerror(-r));
	if (text.size > FREE_MAIL_FILE_MAX_BYTES)
		return error_set(error, FREE_MAIL_E_INVALID,
				 "%s: longer than %d bytes, which is too much", path,
				 FREE_MAIL_FILE_MAX_BYTES);
	return free_mail_parse(path, buffer_span(&text), ret_list, error);
}
