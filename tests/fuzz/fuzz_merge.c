/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses what the message is; behind it, each up to a NUL, are two values of a row,
 * and then the message with merge fields {{a}} and {{b}}. Whatever they are, the message is refused
 * as a whole, or the row is, or what comes out has the header fields that it has for a harmless
 * row. The first value in every place of a page of ours makes no tag and ends no attribute.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "text/encoded_word.h"
#include "text/html_tokenizer.h"
#include "text/mime.h"
#include "track/mail_template.h"
#include "world.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS = 3 };

static const char page[] =
	"<title>{{a}}</title><p title=\"{{a}}\" lang={{a}} id='{{a}}'>{{a}} b</p>"
	"<a href=\"https://www.example.com/?q={{a}}\">{{a}}</a>"
	"<a href=mailto:{{a}}>x</a><img src=\"/{{a}}\"><!-- {{a}} -->";

static struct mail_template *compile(struct span message, enum rewrite_form form)
{
	static const char *const names[COLUMNS] = {"a", "b", "email"};
	bool used[COLUMNS] = {false};
	const struct merge_columns columns = {.names = names, .used = used, .count = COLUMNS};
	const struct rewrite_options options = {
		.trackers = trackers,
		.tracker = trackers->primary,
		.keyring = keyring,
		.form = form,
		.has_prospect = true,
		.unsubscribe = true,
		.addressed = true,
		.merge = &columns,
	};
	struct mail_template *template = NULL;
	struct error error = {""};
	int r = mail_template_compile(message, &options, &template, &error);

	assert(r >= 0 && (r == 0) == (template != NULL) && (r == 0 || error.text[0]));
	return template;
}

/* Whether the row could be written. */
static bool write_row(const struct mail_template *template, struct span a, struct span b,
		      struct buffer *to)
{
	const struct span values[COLUMNS] = {a, b, SPAN("ann@example.com")};
	const struct mail_recipient recipient = {
		.prospect = {.bytes = {1}},
		.address = SPAN("ann@example.com"),
		.message_id = SPAN("x@example.com"),
		.values = values,
	};
	struct error error = {""};
	int r = mail_template_write(template, &recipient, to, &error);

	assert(r == 0 || (r == MAIL_TEMPLATE_E_VALUE && error.text[0] && to->size == 0));
	return r == 0;
}

static size_t count_fields(struct span message)
{
	struct span header = span_slice(message, 0, mime_header_bytes(message));
	size_t count = 0;

	for (size_t at = 0; at < header.size; at = span_find(header, '\n', at) + 1)
		count += header.data[at] != ' ' && header.data[at] != '\t';
	return count;
}

static void check_message(struct span message, enum rewrite_form form, struct span a, struct span b)
{
	cleanup_buffer struct buffer written = BUFFER_INIT, harmless = BUFFER_INIT;
	struct mail_template *template = compile(message, form);

	if (!template)
		return;
	if (write_row(template, a, b, &written) &&
	    write_row(template, SPAN("x"), SPAN("x"), &harmless) && form == REWRITE_MIME)
		assert(count_fields(buffer_span(&written)) == count_fields(buffer_span(&harmless)));
	mail_template_free(template);
}

static size_t count_tags(struct span document)
{
	struct html_tokenizer tokenizer;
	struct html_token token;
	size_t count = 0;

	html_tokenizer_init(&tokenizer, document);
	while (html_tokenizer_next(&tokenizer, &token))
		count += token.type != HTML_TOKEN_TEXT;
	return count;
}

static void check_page(struct span value)
{
	static const struct span text = SPAN(page);
	cleanup_buffer struct buffer written = BUFFER_INIT;
	struct mail_template *template = compile(text, REWRITE_HTML);

	assert(template);
	if (write_row(template, value, SPAN(""), &written)) {
		struct span title = SPAN("title=\""), output = buffer_span(&written);
		const uint8_t *at = memmem(output.data, output.size, title.data, title.size);

		assert(count_tags(output) == count_tags(text));
		assert(at);
	}
	mail_template_free(template);
}

static void check_words(struct span value)
{
	cleanup_buffer struct buffer says = BUFFER_INIT, written = BUFFER_INIT, again = BUFFER_INIT;

	encoded_word_read(value, &says);
	assert(utf8_valid(buffer_span(&says)));
	encoded_word_write(span_trim(buffer_span(&says)), 9, SPAN("\r\n"), &written);
	encoded_word_read(buffer_span(&written), &again);
	assert(span_equal(span_trim(buffer_span(&says)), buffer_span(&again)));
}

/* What CSV gives: valid UTF-8 up to a NUL. */
static struct span take_value(struct span *rest, struct buffer *to)
{
	size_t end = span_find(*rest, 0, 0);

	utf8_append_clean(to, span_slice(*rest, 0, end), 3 * rest->size);
	*rest = span_slice(*rest, end + 1, rest->size);
	return buffer_span(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum rewrite_form forms[] = {REWRITE_MIME, REWRITE_HTML, REWRITE_TEXT,
						  REWRITE_MIME};
	cleanup_buffer struct buffer first = BUFFER_INIT, second = BUFFER_INIT;
	struct span rest, a, b;

	if (!keyring)
		make_world();
	if (size == 0)
		return 0;
	rest = span_of(data + 1, size - 1);
	a = take_value(&rest, &first);
	b = take_value(&rest, &second);
	check_message(rest, forms[data[0] & 3], a, b);
	check_page(a);
	check_words(a);
	return 0;
}
