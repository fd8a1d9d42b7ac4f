/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.json on disk. Losing it makes every mailed link worthless, so it is never overwritten, and
 * replaced only as a whole; and whoever reads it mints links to anywhere, so it is one user's
 * (private_file.h). Its text is in guarded memory while it is read and wiped behind every write.
 */
#include "crypto/keyring_file.h"

#include "crypto/keyring_json.h"
#include "crypto/private_file.h"

#include <errno.h>

struct keyring_file *keyring_file_new(void)
{
	struct keyring_file *file = sodium_malloc((sizeof(*file) + 15) & ~(size_t)15);

	if (file)
		sodium_memzero(file, sizeof(*file));
	return file;
}

void keyring_file_free(struct keyring_file *file)
{
	sodium_free(file);
}

static struct private_file at(const char *path)
{
	return (struct private_file){
		.path = path,
		.name = "keyring",
		.prize = "keys",
		.limit_bytes = KEYRING_FILE_MAX_BYTES,
	};
}

int keyring_file_read(const char *path, struct keyring_file *file, struct error *error)
{
	const struct private_file on_disk = at(path);
	uint8_t *text = sodium_malloc(KEYRING_FILE_MAX_BYTES);
	size_t size;
	int code;

	if (!text)
		return -ENOMEM;
	code = private_file_read(&on_disk, text, &size, error);
	code = code ? (code < 0 ? code : KEYRING_E_FILE)
		    : keyring_file_parse(path, span_of(text, size), file, error);
	sodium_free(text);
	return code;
}

/* Write it by @put, as text that is wiped behind it. */
static int write_text(const char *path, const struct keyring_file *file,
		      int (*put)(const struct private_file *, struct span, struct error *),
		      struct error *error)
{
	const struct private_file on_disk = at(path);
	struct buffer text = {.limit = KEYRING_FILE_MAX_BYTES};
	int code = -ENOMEM;

	/* At once, since growing would leave copies behind. */
	if (buffer_reserve(&text, KEYRING_FILE_MAX_BYTES)) {
		keyring_json_format(file, &text);
		code = put(&on_disk, buffer_span(&text), error);
		sodium_memzero(text.data, text.capacity);
	}
	buffer_finish(&text);
	return code;
}

int keyring_file_create(const char *path, const struct keyring_file *file, struct error *error)
{
	int code = write_text(path, file, private_file_create, error);

	if (code == PRIVATE_FILE_E_EXISTS)
		return error_set(error, KEYRING_E_EXISTS,
				 "%s: is there already; a keyring is never overwritten", path);
	return code > 0 ? KEYRING_E_FILE : code;
}

int keyring_file_replace(const char *path, const struct keyring_file *file, struct error *error)
{
	int code = write_text(path, file, private_file_replace, error);

	return code > 0 ? KEYRING_E_FILE : code;
}
