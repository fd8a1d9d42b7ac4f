/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding, loading and releasing the configuration. The text is kept beside the values, so that
 * whoever finds a value wrong later (a host, a network, a site of another domain) can still name
 * its line and column.
 */
#include "config/config.h"

#include "base/cleanup.h"
#include "config/config_parse.h"
#include "config/config_rows.h"
#include "config/json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const consent_texts[] = {
	[CONSENT_PENDING] = "pending",
	[CONSENT_DENIED] = "denied",
	[CONSENT_MEASURE] = "measure",
	[CONSENT_IDENTIFY] = "identify",
};

const char *consent_text(enum consent consent)
{
	return consent_texts[consent];
}

int config_find(const char *option, char **ret_path, struct error *error)
{
	static const char here[] = "waymark.json", system_wide[] = "/etc/waymark/waymark.json";
	const char *environment = getenv("WAYMARK_CONFIG"), *path = NULL;
	char *copy;

	if (option)
		path = option;
	else if (environment && *environment)
		path = environment;
	else if (access(here, F_OK) == 0)
		path = here;
	else if (access(system_wide, F_OK) == 0)
		path = system_wide;
	if (!path)
		return error_set(error, CONFIG_E_ABSENT,
				 "no configuration: neither ./%s nor %s is there; "
				 "name one with --config, or make one with `waymark init`",
				 here, system_wide);
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	*ret_path = copy;
	return 0;
}

void config_place(const struct config *config, const char *key, unsigned *ret_line,
		  unsigned *ret_column)
{
	struct span text = span_text(config->text);

	json_text_place(text, json_text_find(text, key), ret_line, ret_column);
}

int config_error_at(const struct config *config, struct error *error, size_t at, const char *key,
		    const char *format, va_list arguments)
{
	char sentence[ERROR_TEXT_BYTES];
	unsigned line, column;

	(void)vsnprintf(sentence, sizeof(sentence), format, arguments);
	json_text_place(span_text(config->text), at, &line, &column);
	return error_set(error, CONFIG_E_INVALID, "%s:%u:%u: %s: %s", config->path, line, column,
			 key, sentence);
}

int config_error(const struct config *config, struct error *error, const char *key,
		 const char *format, ...)
{
	va_list arguments;
	int code;

	va_start(arguments, format);
	code = config_error_at(config, error, json_text_find(span_text(config->text), key), key,
			       format, arguments);
	va_end(arguments);
	return code;
}

/* A relative path in the configuration starts at its folder, wherever the program was started. */
static int join(const struct config *config, char **path)
{
	bool is_root = strcmp(config->directory, "/") == 0;
	char *joined;

	if (**path == '/')
		return 0;
	if (asprintf(&joined, "%s/%s", is_root ? "" : config->directory, *path) < 0)
		return -ENOMEM;
	free(*path);
	*path = joined;
	return 0;
}

static int check_node(const struct config *config, struct error *error)
{
	size_t length = strspn(config->node, "abcdefghijklmnopqrstuvwxyz0123456789");

	if (config->node[length] != '\0' || length > 16)
		return config_error(config, error, "node",
				    "must be 1 to 16 of a-z and 0-9, not \"%.64s\"", config->node);
	return 0;
}

/* What a row cannot say: folders, and the form of single values. */
static int finish(struct config *config, struct error *error)
{
	int code;

	code = check_node(config, error);
	if (!code)
		code = join(config, &config->data_dir);
	if (!code)
		code = join(config, &config->keys_file);
	if (!code && *config->country_file)
		code = join(config, &config->country_file);
	if (!code)
		code = join(config, &config->tokens_file);
	if (!code && *config->free_mail_file)
		code = join(config, &config->free_mail_file);
	if (!code && *config->smtp_auth_file)
		code = join(config, &config->smtp_auth_file);
	if (!code && *config->smtp_ca_file)
		code = join(config, &config->smtp_ca_file);
	if (!code && *config->summary_rules_file)
		code = join(config, &config->summary_rules_file);
	if (!code && *config->verdict_rules_file)
		code = join(config, &config->verdict_rules_file);
	if (!code && *config->verdict_networks_file)
		code = join(config, &config->verdict_networks_file);
	return code;
}

static int set_up(struct config *config, const char *path, struct span text)
{
	const char *slash = strrchr(path, '/');

	config->path = strdup(path);
	if (!slash)
		config->directory = strdup(".");
	else
		config->directory = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	config->text = span_dup(text);
	return config->path && config->directory && config->text ? 0 : -ENOMEM;
}

int config_parse(const char *path, struct span text, struct config **ret_config,
		 struct error *error)
{
	struct config *config;
	int code;

	if (text.size > CONFIG_FILE_MAX_BYTES)
		return error_set(error, CONFIG_E_INVALID,
				 "%s: too long for a configuration (at most %d bytes)", path,
				 CONFIG_FILE_MAX_BYTES);
	if (span_find(text, 0, 0) < text.size)
		return error_set(error, CONFIG_E_INVALID, "%s: holds a NUL byte; it is not JSON",
				 path);
	config = calloc(1, sizeof(*config));
	if (!config)
		return -ENOMEM;
	code = set_up(config, path, text);
	if (!code)
		code = config_parse_text(config, error);
	if (!code)
		code = finish(config, error);
	if (code) {
		config_free(config);
		return code;
	}
	*ret_config = config;
	return 0;
}

/* The whole file, or one byte more than is allowed. */
static int read_file(const char *path, struct buffer *text, struct error *error)
{
	cleanup_close int descriptor = open(path, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0)
		return error_set(error, errno == ENOENT ? CONFIG_E_ABSENT : CONFIG_E_INVALID,
				 "%s: cannot open the configuration: %s", path, strerror(errno));
	while (text->size <= CONFIG_FILE_MAX_BYTES) {
		uint8_t *room = buffer_reserve(text, 65536);
		ssize_t got;

		if (!room)
			return text->error;
		got = read(descriptor, room, 65536);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(error, CONFIG_E_INVALID,
					 "%s: cannot read the configuration: %s", path,
					 strerror(errno));
		if (got == 0)
			return 0;
		text->size += (size_t)got;
	}
	return 0;
}

int config_load(const char *path, struct config **ret_config, struct error *error)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	int code;

	code = read_file(path, &text, error);
	if (code)
		return code;
	return config_parse(path, buffer_span(&text), ret_config, error);
}

/* Nobody is under pending consent, so nobody's click waits. A country's row ends with its consent.
 */
static bool hold_is_idle(const struct config *config)
{
	const struct span pending = SPAN("=pending");

	if (config->hold_click_minutes == 0 || config->consent_default == CONSENT_PENDING)
		return false;
	for (size_t i = 0; i < config->countries.count; i++) {
		struct span text = span_text(config->countries.items[i]);

		if (text.size > pending.size &&
		    span_equal(span_slice(text, text.size - pending.size, pending.size), pending))
			return false;
	}
	return true;
}

static bool country_file_is_idle(const struct config *config)
{
	return *config->country_file && config->countries.count == 0;
}

static const struct {
	const char *key, *why;
	bool (*is_idle)(const struct config *config);
} idle_keys[] = {
	{"consent.hold_click_minutes",
	 "no click waits, since neither consent.default nor consent.countries says pending",
	 hold_is_idle},
	{"consent.country_file", "consent.countries lists none", country_file_is_idle},
};

const char *config_next_without_effect(const struct config *config, size_t *at,
				       const char **ret_why)
{
	while (*at < sizeof(idle_keys) / sizeof(idle_keys[0])) {
		size_t i = (*at)++;

		if (!idle_keys[i].is_idle(config))
			continue;
		*ret_why = idle_keys[i].why;
		return idle_keys[i].key;
	}
	return NULL;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->tracker_count; i++)
		config_rows_finish(tracker_rows, &config->trackers[i]);
	free(config->trackers);
	config_rows_finish(config_rows, config);
	free(config->text);
	free(config->directory);
	free(config->path);
	free(config);
}
