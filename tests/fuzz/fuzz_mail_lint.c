/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses the form and the options; the rest is a message. Whatever it is: the
 * report has the links that rewriting finds, its findings are about them, and its texts are UTF-8.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "track/mail_lint.h"
#include "world.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int find(void *context, const struct link_id *id, struct buffer *to)
{
	(void)context;
	buffer_append_text(to, "https://www.example.com/");
	return id->bytes[0] & 1;
}

static struct mail_lint_options choose(uint8_t byte)
{
	static const enum rewrite_form forms[] = {REWRITE_MIME, REWRITE_HTML, REWRITE_TEXT,
						  REWRITE_AUTO};

	return (struct mail_lint_options){
		.rewrite =
			{
				.trackers = trackers,
				.tracker = trackers->primary,
				.keyring = keyring,
				.form = forms[byte & 3],
				.field = byte & 4 ? SPAN("*|WAYMARK|*")
						  : (struct span){.data = NULL},
				.trap = byte & 8,
				.unsubscribe = (byte & 20) == 16,
			},
		.find = byte & 64 ? find : NULL,
	};
}

static void expect_utf8(struct span text)
{
	assert(!text.data || utf8_valid(text));
}

static void check(const struct mail_lint *lint)
{
	size_t link_count, finding_count, levels[MAIL_LINT_ERROR + 1] = {0};
	const struct mail_finding *findings = mail_lint_findings(lint, &finding_count);

	(void)mail_lint_links(lint, &link_count);
	for (size_t i = 0; i < link_count; i++)
		expect_utf8(mail_lint_anchor(lint, i));
	for (size_t i = 0; i < finding_count; i++) {
		assert(findings[i].link == MAIL_LINT_NO_LINK || findings[i].link < link_count);
		assert(*mail_lint_name(findings[i].code) && *mail_lint_sentence(findings[i].code));
		levels[mail_lint_level_of(findings[i].code)]++;
	}
	assert(levels[MAIL_LINT_ERROR] == mail_lint_count(lint, MAIL_LINT_ERROR));
	assert(levels[MAIL_LINT_WARNING] == mail_lint_count(lint, MAIL_LINT_WARNING));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rewrite_result *rewritten = NULL;
	struct mail_lint_options options;
	struct mail_lint *lint = NULL;
	size_t count, rewritten_count;
	int r;

	if (!keyring)
		make_world();
	if (size == 0)
		return 0;
	options = choose(data[0]);
	r = mail_lint_new(span_of(data + 1, size - 1), &options, &lint, NULL);
	assert(r == 0 || r == REWRITE_E_CHARSET);
	if (r != 0)
		return 0;
	check(lint);
	options.rewrite.has_prospect = options.rewrite.field.size == 0;
	if (rewrite_message(span_of(data + 1, size - 1), &options.rewrite, &rewritten, NULL) == 0) {
		(void)mail_lint_links(lint, &count);
		(void)rewrite_links(rewritten, &rewritten_count);
		assert(count == rewritten_count);
		assert(mail_lint_sizes(lint).message_bytes == rewrite_output(rewritten).size);
	}
	rewrite_result_free(rewritten);
	mail_lint_free(lint);
	return 0;
}
