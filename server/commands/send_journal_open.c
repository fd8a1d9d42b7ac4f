/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run finds in the journal of those before it. A line that was cut is at the end of the file
 * and is cut off: a B that was not synced came before anything that the server could take, and what
 * ends a mail leaves it in doubt. Anything else that makes no sense is damage, and nothing is sent:
 * whoever is not in the journal would get the mail again.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/send_journal_internal.h"
#include "crypto/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { KEY_BYTES = 16, DIGEST_BYTES = 32 };
static const char magic[] = "waymark-sending 1 ";

static int damaged(const struct send_journal *journal, size_t line, struct error *error)
{
	return error_set(
		error, COMMAND_FAILED,
		"%s:%zu: is damaged; nothing was sent. Who got the mail before it does not "
		"say, so take the others out of the list and begin a new journal",
		journal->path, line);
}

static bool read_number(const char **at, uint64_t *ret_number)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(*at, &end, 10);
	*at = end;
	return errno == 0;
}

static bool read_refusal(const char *at, struct send_entry *ret_entry)
{
	struct span status = span_of(at, strcspn(at, " "));
	unsigned code = ret_entry->status.code;

	if (!span_equal(status, SPAN("-")) && !delivery_status_parse(status, &ret_entry->status))
		return false;
	ret_entry->status.code = code;
	at += status.size;
	ret_entry->fault = strcmp(at, " address") == 0 ? DELIVERY_ADDRESS : DELIVERY_MESSAGE;
	return ret_entry->fault == DELIVERY_ADDRESS || strcmp(at, " message") == 0;
}

static bool read_end(const char *line, enum send_state state, struct send_entry *ret_entry)
{
	const char *at = line + 1;
	uint64_t code;

	if (state == SEND_NEW)
		return *at == '\0';
	if (*at++ != ' ' || !read_number(&at, &ret_entry->time))
		return false;
	if (state == SEND_SENT)
		return *at == '\0';
	if (*at++ != ' ' || !read_number(&at, &code) || code > 599 || *at++ != ' ')
		return false;
	ret_entry->status.code = (unsigned)code;
	return read_refusal(at, ret_entry);
}

static int take_told(struct send_journal *journal, const char *at)
{
	size_t gone = 0;

	if (!read_number(&at, &journal->noted) || *at != '\0' || journal->noted > journal->count)
		return 1;
	if (journal->noted == journal->count)
		journal->open = false;
	while (gone < journal->untold_count && journal->untold[gone].number <= journal->noted)
		gone++;
	journal->untold_count -= gone;
	memmove(journal->untold, journal->untold + gone,
		journal->untold_count * sizeof(struct send_entry));
	return 0;
}

/* Return: 0; 1: it makes no sense; negative errno. */
static int take_line(struct send_journal *journal, const char *line)
{
	struct send_entry entry = {.number = journal->count};
	struct prospect_id recipient;
	const char *at = line + 2;

	switch (line[0]) {
	case 'B':
		if (line[1] != ' ' || hex_parse(span_text(at), &recipient, sizeof(recipient)) != 0)
			return 1;
		return send_journal_begin_state(journal, &recipient);
	case 'E':
		return line[1] == ' ' ? take_told(journal, at) : 1;
	case 'S':
	case 'R':
	case 'L':
		entry.state = line[0] == 'S' ? SEND_SENT : line[0] == 'R' ? SEND_REFUSED : SEND_NEW;
		if (!journal->open || !read_end(line, entry.state, &entry))
			return 1;
		return send_journal_end_state(journal, &entry);
	default:
		return 1;
	}
}

/* Opening */

/* The name must outlive the machine as well. */
static int sync_folder(const struct send_journal *journal, struct error *error)
{
	const char *slash = strrchr(journal->path, '/');
	cleanup_free char *folder =
		slash ? strndup(journal->path, (size_t)(slash - journal->path) + 1) : strdup(".");
	cleanup_close int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return fd >= 0 && fsync(fd) == 0 ? 0 : send_journal_fail(journal, error);
}

static int make(struct send_journal *journal, const struct send_journal_facts *facts,
		struct error *error)
{
	char key[2 * KEY_BYTES + 1], digest[2 * DIGEST_BYTES + 1], line[SEND_JOURNAL_LINE_BYTES];
	uint8_t id[SEND_JOURNAL_ID_BYTES], secret[KEY_BYTES];

	random_take(id, sizeof(id));
	random_take(secret, sizeof(secret));
	hex_format(id, sizeof(id), journal->id);
	hex_format(secret, sizeof(secret), key);
	hex_format(facts->digest.data, DIGEST_BYTES, digest);
	mac_init(&journal->key, span_of(secret, sizeof(secret)));
	(void)snprintf(line, sizeof(line), "%s%s %s %s %.*s\n", magic, journal->id, key, digest,
		       (int)facts->mailing.size, (const char *)facts->mailing.data);
	if (ftruncate(journal->fd, 0) != 0)
		return send_journal_fail(journal, error);
	return send_journal_append(journal, line, true, error) ? COMMAND_FAILED
							       : sync_folder(journal, error);
}

/* The words of the first line, each followed by a space. */
static bool split_header(char *line, struct span ret_words[4])
{
	static const size_t sizes[] = {2 * (size_t)SEND_JOURNAL_ID_BYTES, 2 * (size_t)KEY_BYTES,
				       2 * (size_t)DIGEST_BYTES};
	const char *at = line + sizeof(magic) - 1;

	for (size_t i = 0; i < 3; i++) {
		if (strnlen(at, sizes[i] + 1) <= sizes[i] || at[sizes[i]] != ' ')
			return false;
		ret_words[i] = span_of(at, sizes[i]);
		at += sizes[i] + 1;
	}
	ret_words[3] = span_text(at);
	return true;
}

static int take_header(struct send_journal *journal, const struct send_journal_facts *facts,
		       char *line, struct error *error)
{
	uint8_t id[SEND_JOURNAL_ID_BYTES], secret[KEY_BYTES], digest[DIGEST_BYTES];
	struct span words[4];

	if (!split_header(line, words) || hex_parse(words[0], id, sizeof(id)) != 0 ||
	    hex_parse(words[1], secret, sizeof(secret)) != 0 ||
	    hex_parse(words[2], digest, sizeof(digest)) != 0)
		return damaged(journal, 1, error);
	if (!span_equal(words[3], facts->mailing))
		return error_set(error, COMMAND_FAILED,
				 "%s: is of the mailing '%s'; give this one another --journal",
				 journal->path, (const char *)words[3].data);
	hex_format(id, sizeof(id), journal->id);
	mac_init(&journal->key, span_of(secret, sizeof(secret)));
	journal->resumed = true;
	journal->other_message = memcmp(digest, facts->digest.data, sizeof(digest)) != 0;
	return 0;
}

/* All lines; *ret_bytes: of the whole ones. */
static int read_lines(struct send_journal *journal, const struct send_journal_facts *facts,
		      FILE *stream, off_t *ret_bytes, struct error *error)
{
	cleanup_free char *line = NULL;
	size_t capacity = 0, number = 0;
	ssize_t size;
	int code = 0;

	while (code == 0 && (size = getline(&line, &capacity, stream)) > 0) {
		if (strncmp(line, magic, sizeof(magic) - 1) != 0 && number == 0 &&
		    strncmp(line, magic, (size_t)size) != 0)
			return error_set(error, COMMAND_FAILED,
					 "%s: is no journal of a sending; it is left as it is",
					 journal->path);
		if (line[size - 1] != '\n')
			return 0;
		line[size - 1] = '\0';
		code = number++ == 0 ? take_header(journal, facts, line, error)
				     : take_line(journal, line);
		if (code == 1 && number > 1)
			code = damaged(journal, number, error);
		*ret_bytes += size;
	}
	if (code < 0)
		return error_set(error, COMMAND_FAILED, "%s: %s", journal->path, strerror(-code));
	if (code == 0 && ferror(stream))
		return send_journal_fail(journal, error);
	return code;
}

static int load(struct send_journal *journal, const struct send_journal_facts *facts,
		struct error *error)
{
	int copy = dup(journal->fd);
	cleanup_fclose FILE *stream = copy >= 0 ? fdopen(copy, "r") : NULL;
	off_t bytes = 0;
	int code;

	if (!stream) {
		if (copy >= 0)
			(void)close(copy);
		return send_journal_fail(journal, error);
	}
	code = read_lines(journal, facts, stream, &bytes, error);
	if (code)
		return code;
	journal->open = false;
	if (!journal->resumed)
		return make(journal, facts, error);
	return ftruncate(journal->fd, bytes) == 0 ? 0 : send_journal_fail(journal, error);
}

static int open_file(struct send_journal *journal, struct error *error)
{
	struct stat status;

	journal->fd = open(journal->path,
			   O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (journal->fd < 0 || fstat(journal->fd, &status) != 0)
		return send_journal_fail(journal, error);
	if (!S_ISREG(status.st_mode))
		return error_set(error, COMMAND_FAILED, "%s: must be a file", journal->path);
	if (flock(journal->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return send_journal_fail(journal, error);
	return error_set(error, COMMAND_FAILED, "%s: another run is sending by it", journal->path);
}

int send_journal_open(const char *path, const struct send_journal_facts *facts,
		      struct send_journal **ret_journal, struct error *error)
{
	struct send_journal *journal = calloc(1, sizeof(*journal));
	int code;

	if (!journal)
		return error_set(error, COMMAND_FAILED, "out of memory");
	journal->fd = -1;
	journal->path = strdup(path);
	code = journal->path ? open_file(journal, error)
			     : error_set(error, COMMAND_FAILED, "out of memory");
	if (code == 0) {
		journal->states = import_seen_new(error);
		code = journal->states ? load(journal, facts, error) : COMMAND_FAILED;
	}
	if (code == 0)
		*ret_journal = journal;
	else
		send_journal_close(journal);
	return code;
}
