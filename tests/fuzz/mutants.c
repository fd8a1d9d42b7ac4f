/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over changed documents, where there is no libFuzzer: mutants COUNT FAULTS
 * FILE… Each file is run COUNT times behind a byte of chance, which chooses the target's options,
 * and, but for the first, changed in up to eight places: bytes are turned over, taken out, doubled,
 * or something that parsers look for is put between them.
 *
 * What is run depends on the files' names and bytes alone, so that it comes again. An input that
 * ends the program is kept in the folder FAULTS.
 */
#include "base/bytes.h"
#include "base/cleanup.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHANGES_MAX = 8, RUN_MAX_BYTES = 96 };

static const char *const words[] = {
	"\n",
	"\n\n",
	"\r\n\r\n",
	"\n ",
	"\n--",
	"=\n",
	"=\r\n",
	"=3D",
	"==",
	"Content-Type: text/html\n",
	"Content-Type: multipart/mixed; boundary=x\n",
	"Content-Transfer-Encoding: base64\n",
	"Content-Transfer-Encoding: quoted-printable\n",
	"Content-Disposition: attachment\n",
	"; charset=iso-2022-jp",
	"; charset=utf-16",
	"; format=flowed; delsp=yes",
	"List-Unsubscribe: <",
	"https://www.example.com/",
	"https://go.example.com/c/",
	"http://a@b:1/",
	"?a=reader@example.com",
	"{{unsubscribe}}",
	"*|WAYMARK|*",
	"<a href=",
	"\">",
	"'",
	"<!--[if mso]>",
	"<![endif]-->",
	"</",
	"<body>",
	"<script>",
	"&#x",
	"&amp;",
	"\x1B$B",
	"\x1B(B",
	"\xEF\xBB\xBF",
	"\xFF",
};

static uint64_t chance;
static struct span running;
static const char *faults;
static char kept[4096];

static uint32_t draw(size_t below)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (uint32_t)((chance >> 32) % below);
}

/* FNV-1a, of the name and the number of the input, so that each begins anew. */
static void seed(const char *name, size_t number)
{
	chance = UINT64_C(0xCBF29CE484222325) + number;
	for (; *name; name++)
		chance = (chance ^ (uint8_t)*name) * UINT64_C(0x100000001B3);
	chance |= 1;
}

static void append(struct buffer *to, struct span text, size_t from, size_t size)
{
	buffer_append_span(to, span_slice(text, from, size));
}

/* One change at a place of chance. */
static void change(struct buffer *message)
{
	cleanup_buffer struct buffer changed = BUFFER_INIT;
	struct span text = buffer_span(message);
	size_t at = 1 + draw(text.size), size = 1 + draw(RUN_MAX_BYTES);

	append(&changed, text, 0, at);
	switch (draw(4)) {
	case 0:
		append(&changed, text, at + size, text.size);
		break;
	case 1:
		append(&changed, text, at, size);
		append(&changed, text, at, text.size);
		break;
	case 2:
		buffer_append_byte(&changed, (uint8_t)draw(256));
		append(&changed, text, at + 1, text.size);
		break;
	default:
		buffer_append_text(&changed, words[draw(sizeof(words) / sizeof(words[0]))]);
		append(&changed, text, at, text.size);
		break;
	}
	if (changed.error)
		abort();
	message->size = 0;
	buffer_append_span(message, buffer_span(&changed));
}

/* Each input lies in a heap block of exactly its size. */
static void run(struct span document, const char *name, size_t number)
{
	cleanup_buffer struct buffer message = BUFFER_INIT;
	cleanup_free uint8_t *copy = NULL;

	seed(name, number);
	buffer_append_byte(&message, (uint8_t)draw(256));
	buffer_append_span(&message, document);
	for (size_t changes = number ? 1 + draw(CHANGES_MAX) : 0; changes > 0; changes--)
		change(&message);
	copy = malloc(message.size);
	if (message.error || !copy)
		abort();
	memcpy(copy, message.data, message.size);
	running = span_of(copy, message.size);
	(void)snprintf(kept, sizeof(kept), "%s/%s-%zu", faults, name, number);
	(void)LLVMFuzzerTestOneInput(copy, message.size);
}

/* Only calls that a signal handler may make. */
static void keep_input(int number)
{
	int file;

	(void)mkdir(faults, 0777);
	file = open(kept, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (file >= 0 && write(file, running.data, running.size) == (ssize_t)running.size) {
		(void)!write(STDERR_FILENO, "kept as ", strlen("kept as "));
		(void)!write(STDERR_FILENO, kept, strlen(kept));
		(void)!write(STDERR_FILENO, "\n", 1);
	}
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static int run_file(const char *path, size_t count)
{
	cleanup_buffer struct buffer document = BUFFER_INIT;
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	cleanup_fclose FILE *file = fopen(path, "re");
	uint8_t block[4096];
	size_t size;

	while (file && (size = fread(block, 1, sizeof(block), file)) > 0)
		buffer_append(&document, block, size);
	if (!file || ferror(file) || document.error) {
		(void)fprintf(stderr, "%s cannot be read\n", path);
		return -1;
	}
	for (size_t number = 0; number < count; number++)
		run(buffer_span(&document), name, number);
	return 0;
}

int main(int argc, char **argv)
{
	static const int ends[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM};
	size_t count;

	if (argc < 4)
		return EXIT_FAILURE;
	count = strtoul(argv[1], NULL, 10);
	faults = argv[2];
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)signal(ends[i], keep_input);
	for (int i = 3; i < argc; i++)
		if (run_file(argv[i], count))
			return EXIT_FAILURE;
	(void)printf("%d files, each %zu times\n", argc - 3, count);
	return EXIT_SUCCESS;
}
