/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link finder: tokens from html_tokenizer, tree construction by html_tree, and a report for
 * each <a> and <area> that became an element and has an href.
 *
 * A link waits until its anchor's content has ended, so that it can tell where; what is found
 * meanwhile waits behind it, since links are reported in document order. The queue is short: when
 * it is full the content is left unknown. Conditional comments are walked once more as documents of
 * their own; comments inside them are not, so that no byte is read more than twice. A frameset that
 * takes the place of the body takes its links with it: where one may do so, a first walk finds out.
 */
#include "text/html_links.h"

#include <errno.h>

#include "base/cleanup.h"
#include "text/html_tree.h"

enum { QUEUE = 16, DEPTHS = 2, NONE = -1 };

struct finder {
	struct span document;
	int (*found)(void *context, const struct html_link *link);
	void *context;
	int result; /* of @found when it was negative, which ends the walk */
	struct html_link queue[QUEUE];
	int queued;
	int anchor[DEPTHS];   /* queue index of the open anchor, outside and inside a comment */
	size_t line, line_at; /* @line is the line of offset @line_at */
	size_t body_removed;  /* links before this offset went with their body */
	size_t notrack;	      /* elements with data-notrack around the comment being walked */
	struct html_tree trees[DEPTHS];
};

static size_t offset_of(const struct finder *finder, struct span part)
{
	return (size_t)(part.data - finder->document.data);
}

static size_t line_of(struct finder *finder, size_t offset)
{
	while (finder->line_at < offset) {
		size_t left = offset - finder->line_at;
		struct span before = span_slice(finder->document, finder->line_at, left);
		size_t at = span_find(before, '\n', 0);

		finder->line_at += at < left ? at + 1 : left;
		finder->line += at < left;
	}
	return finder->line;
}

static void report_first(struct finder *finder, int count)
{
	for (int i = 0; i < count && finder->result == 0; i++) {
		int result = finder->found(finder->context, &finder->queue[i]);

		finder->result = result < 0 ? result : 0;
	}
	finder->queued -= count;
	memmove(finder->queue, finder->queue + count,
		(size_t)finder->queued * sizeof(finder->queue[0]));
	for (int depth = 0; depth < DEPTHS; depth++)
		finder->anchor[depth] =
			finder->anchor[depth] < count ? NONE : finder->anchor[depth] - count;
}

/* Report what no open anchor holds back. */
static void report_ready(struct finder *finder)
{
	int first = finder->queued;

	for (int depth = 0; depth < DEPTHS; depth++)
		if (finder->anchor[depth] != NONE && finder->anchor[depth] < first)
			first = finder->anchor[depth];
	if (first > 0)
		report_first(finder, first);
}

/* The content of the open anchor ends at @at; 0: it has no end. */
static void close_anchor(struct finder *finder, int depth, size_t at)
{
	struct html_link *link;

	if (finder->anchor[depth] == NONE)
		return;
	link = &finder->queue[finder->anchor[depth]];
	if (at > link->text_start)
		link->text_end = at;
	finder->anchor[depth] = NONE;
	report_ready(finder);
}

static bool needs_decoding(struct span value)
{
	return span_find(value, '&', 0) < value.size || span_find(value, '\r', 0) < value.size ||
	       span_find(value, 0, 0) < value.size;
}

static void queue_link(struct finder *finder, const struct html_token *token, size_t base,
		       int depth)
{
	struct span value = token->href.value;
	struct html_link *link;

	if (finder->queued == QUEUE)
		report_first(finder, QUEUE);
	link = &finder->queue[finder->queued];
	*link = (struct html_link){
		.value = value,
		.quote = token->href.quote,
		.has_reference = needs_decoding(value),
		.place = token->vml  ? HTML_VML
			 : depth > 0 ? HTML_CONDITIONAL_COMMENT
				     : HTML_BODY,
		.notrack = token->notrack || finder->notrack > 0 ||
			   finder->trees[depth].stack.notrack > 0,
		.label = token->track.value,
		.label_quote = token->track.quote,
		.line = line_of(finder, offset_of(finder, value)),
		.tag_start = base + token->start,
		.text_start = base + token->end,
		.text_end = base + token->end,
	};
	if (token->kind == HTML_TAG_A && !token->self_closing)
		finder->anchor[depth] = finder->queued;
	finder->queued++;
	report_ready(finder);
}

static bool is_link(const struct html_token *token, int depth)
{
	if (!token->href.value.data)
		return false;
	return token->kind == HTML_TAG_A || token->kind == HTML_TAG_AREA ||
	       (depth > 0 && token->vml);
}

static void start_tag(struct finder *finder, struct html_tokenizer *tokenizer,
		      const struct html_token *token, size_t base, int depth)
{
	struct html_tree *tree = &finder->trees[depth];

	html_tree_start(tree, token);
	tokenizer->text = tree->text;
	if (tree->removed_body && depth == 0)
		finder->body_removed = token->start;
	if (token->kind == HTML_TAG_A && tree->inserted)
		close_anchor(finder, depth, base + token->start);
	if (tree->inserted && is_link(token, depth) &&
	    base + token->start >= finder->body_removed && finder->found)
		queue_link(finder, token, base, depth);
}

/* What Outlook reads and others skip: "[if …]>", then markup up to "<![endif]" or the end. */
static struct span conditional_content(struct span comment)
{
	struct span text = span_trim(comment);
	size_t end;

	if (!span_starts_nocase(text, SPAN("[if")))
		return (struct span){0};
	end = span_find(text, '>', 0);
	return span_slice(text, end + 1, text.size);
}

static void walk(struct finder *finder, struct span document, int depth);

static void comment(struct finder *finder, struct span text, int depth)
{
	struct span content = {0};

	if (depth == 0 && finder->found)
		content = conditional_content(text);
	if (content.size == 0)
		return;
	finder->notrack = finder->trees[0].stack.notrack;
	walk(finder, content, depth + 1);
	finder->notrack = 0;
}

static void walk(struct finder *finder, struct span document, int depth)
{
	struct html_tree *tree = &finder->trees[depth];
	size_t base = offset_of(finder, document);
	struct html_tokenizer tokenizer;
	struct html_token token;
	bool in_text =
		false; /* the next end tag ends raw text, whose element never was on the stack */

	html_tree_init(tree, depth > 0);
	html_tokenizer_init(&tokenizer, document);
	while (finder->result == 0 && html_tokenizer_next(&tokenizer, &token)) {
		if (token.type == HTML_TOKEN_TEXT) {
			html_tree_text(tree, token.text);
		} else if (token.type == HTML_TOKEN_START) {
			start_tag(finder, &tokenizer, &token, base, depth);
			in_text = tree->text != HTML_TEXT_MARKUP;
		} else if (token.type == HTML_TOKEN_END && in_text) {
			in_text = false;
		} else if (token.type == HTML_TOKEN_END) {
			if (token.kind == HTML_TAG_A)
				close_anchor(finder, depth, base + token.start);
			html_tree_end(tree, &token);
		} else if (token.type == HTML_TOKEN_COMMENT) {
			comment(finder, token.text, depth);
		} else if (token.type == HTML_TOKEN_DOCTYPE) {
			html_tree_doctype(tree, token.text);
		}
		tokenizer.foreign = html_tree_foreign(tree);
	}
	close_anchor(finder, depth, 0);
}

static bool may_have_frameset(struct span document)
{
	size_t at = 0;

	while ((at = span_find(document, '<', at)) < document.size)
		if (span_starts_nocase(span_slice(document, ++at, 8), SPAN("frameset")))
			return true;
	return false;
}

int html_links_find(struct span document, int (*found)(void *context, const struct html_link *link),
		    void *context)
{
	cleanup_free struct finder *finder = NULL;

	if (document.size == 0)
		return 0;
	finder = malloc(sizeof(*finder));
	if (!finder)
		return -ENOMEM;
	finder->document = document;
	finder->found = NULL;
	finder->context = context;
	finder->result = finder->queued = 0;
	finder->anchor[0] = finder->anchor[1] = NONE;
	finder->line = 1;
	finder->line_at = finder->body_removed = finder->notrack = 0;
	if (may_have_frameset(document))
		walk(finder, document, 0);
	finder->found = found;
	walk(finder, document, 0);
	if (finder->result == 0 && finder->queued > 0)
		report_first(finder, finder->queued);
	return finder->result;
}
