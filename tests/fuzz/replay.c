/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over a folder of inputs, where there is no libFuzzer. Beyond each input, every
 * beginning of it and a copy of it with each byte in turn inverted are tried, as far as the budget
 * goes, so that a small corpus already finds a read past the end: each input lies in a heap block
 * of exactly its size.
 */
#include "base/bytes.h"
#include "base/cleanup.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX_BYTES = 1 << 20, VARIANTS_MAX_BYTES = 4096 };

static void run_one(struct span input, size_t flip)
{
	cleanup_free uint8_t *copy = malloc(input.size ? input.size : 1);

	if (!copy)
		abort();
	if (input.size > 0)
		memcpy(copy, input.data, input.size);
	if (flip < input.size)
		copy[flip] ^= 0xFF;
	(void)LLVMFuzzerTestOneInput(copy, input.size);
}

static void run_variants(struct span input)
{
	run_one(input, SIZE_MAX);
	for (size_t i = 0; i < input.size && i < VARIANTS_MAX_BYTES; i++) {
		run_one(span_slice(input, 0, i), SIZE_MAX);
		run_one(input, i);
	}
}

static int run_file(const char *folder, const char *name)
{
	cleanup_buffer struct buffer input = {.limit = INPUT_MAX_BYTES};
	char path[4096];
	cleanup_fclose FILE *file = NULL;
	uint8_t block[4096];
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file) {
		(void)fprintf(stderr, "%s cannot be read\n", path);
		return -1;
	}
	while ((size = fread(block, 1, sizeof(block), file)) > 0)
		buffer_append(&input, block, size);
	if (input.error) {
		(void)fprintf(stderr, "%s is longer than %d bytes\n", path, INPUT_MAX_BYTES);
		return -1;
	}
	run_variants(buffer_span(&input));
	return 0;
}

int main(int argc, char **argv)
{
	size_t files = 0;

	for (int i = 1; i < argc; i++) {
		DIR *folder = opendir(argv[i]);
		struct dirent *entry;

		while (folder && (entry = readdir(folder))) {
			if (entry->d_name[0] == '.')
				continue;
			if (run_file(argv[i], entry->d_name))
				return EXIT_FAILURE;
			files++;
		}
		if (folder)
			(void)closedir(folder);
	}
	(void)printf("%zu inputs and their variants\n", files);
	return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
