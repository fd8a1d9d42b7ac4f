/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled message in memory, and writing it for one recipient: a walk over its segments. The
 * style of a segment says when another part begins, and with it another line to count.
 *
 * Writing changes nothing in the template: what was minted for one recipient is on the stack, and
 * gone with the message.
 */
#include "track/mail_template.h"

#include "base/cleanup.h"
#include "track/mail_fill.h"
#include "track/mail_segment.h"

#include <errno.h>

void mail_template_free(struct mail_template *template)
{
	if (!template)
		return;
	for (struct mail_text *text = template->texts; text; text = text->next)
		rewrite_text_finish(&text->text);
	mime_finish(&template->mime);
	arena_finish(&template->arena);
	free(template->links);
	free(template->segments);
	free(template);
}

const struct rewrite_link *mail_template_links(const struct mail_template *template,
					       size_t *ret_count)
{
	*ret_count = template->link_count;
	return template->links;
}

enum rewrite_form mail_template_form(const struct mail_template *template)
{
	return template->form;
}

struct rewrite_link *rewrite_add_link(struct mail_template *template)
{
	if (template->link_count == template->link_capacity) {
		size_t capacity = template->link_capacity ? template->link_capacity * 2 : 32;
		struct rewrite_link *links =
			reallocarray(template->links, capacity, sizeof(*links));

		if (!links)
			return NULL;
		template->links = links;
		template->link_capacity = capacity;
	}
	template->links[template->link_count] = (struct rewrite_link){.outcome = REWRITE_LEFT};
	return &template->links[template->link_count++];
}

struct rewrite_text *mail_template_text(struct mail_template *template)
{
	struct mail_text *text = arena_alloc(&template->arena, sizeof(*text));

	if (!text)
		return NULL;
	*text = (struct mail_text){.next = template->texts};
	template->texts = text;
	return &text->text;
}

int rewrite_mint(const struct mail_template *template, const struct rewrite_slot *slot,
		 const struct prospect_id *prospect, char *ret_text)
{
	struct token token;

	/* All of it but url_bytes, which is long and only token_open() uses. */
	memset(&token, 0, offsetof(struct token, url_bytes));
	token.prospect = *prospect;
	token.link = slot->link;
	token.campaign = template->campaign;
	token.mailing = template->mailing;
	token.list = template->list;
	token.url = slot->url;
	return token_mint(template->keyring, slot->purpose, 0, &token, ret_text);
}

bool mail_template_is_of_another(const struct mail_template *template,
				 const struct mail_recipient *recipient, struct span url)
{
	struct rewrite_explained explained;
	const struct prospect_id *person;

	if (!tracker_of_url(template->trackers, url) ||
	    rewrite_explain(template->trackers, template->keyring, url, &explained, NULL) != 0)
		return false;
	person = rewrite_person_of(&explained);
	return person && memcmp(person, &recipient->prospect, sizeof(*person)) != 0;
}

/* Tokens of one recipient that have been minted. */
struct minted {
	uint64_t known; /* a bit by number */
	char texts[MAIL_NUMBERED_TOKENS][TOKEN_CLICK_CHARS + 1];
};

static int write_token(const struct mail_template *template, const struct mail_segment *segment,
		       const struct prospect_id *prospect, struct minted *minted,
		       struct transfer_writer *writer)
{
	char any[TOKEN_MAX_CHARS + 1], *text = any;
	bool known = false;

	if (segment->number < MAIL_NUMBERED_TOKENS) {
		text = minted->texts[segment->number];
		known = minted->known >> segment->number & 1;
		minted->known |= UINT64_C(1) << segment->number;
	}
	if (!known && rewrite_mint(template, segment->slot, prospect, text) != 0)
		return -EINVAL;
	transfer_write(writer, span_text(text));
	return 0;
}

/* What is at hand while one message is written. */
struct writing {
	const struct mail_template *template;
	const struct mail_recipient *recipient;
	struct minted minted;
	struct transfer_writer writer;
	size_t line; /* where the line of the last value begins */
	bool open;   /* that line has not ended yet */
	struct span part;
	struct error *error;
};

/*
 * A line with a value in a part that is not encoded must stay within what mail may carry. @from is
 * where what was written since begins; at @end of everything the line ends, too.
 */
static int check_line(struct writing *writing, size_t from, bool end)
{
	struct span written = buffer_span(writing->writer.to);
	size_t line_end = span_find(written, '\n', from);

	if (!writing->open || (line_end == written.size && !end))
		return 0;
	writing->open = false;
	if (line_end > 0 && line_end < written.size && written.data[line_end - 1] == '\r')
		line_end--;
	if (line_end - writing->line <= MAIL_LINE_MAX_BYTES)
		return 0;
	return error_set(
		writing->error, MAIL_TEMPLATE_E_VALUE,
		"with what its row says a line of part %.*s would be longer than %d bytes, "
		"the most that a mail may have; send the part as quoted-printable",
		(int)writing->part.size, writing->part.size ? (const char *)writing->part.data : "",
		MAIL_LINE_MAX_BYTES);
}

/* Where the last line of what was written from @from on begins; @from when none has ended. */
static size_t last_line(const struct buffer *written, size_t from)
{
	const uint8_t *newline = NULL;

	if (written->size > from)
		newline = memrchr(written->data + from, '\n', written->size - from);
	return newline ? (size_t)(newline - written->data) + 1 : from;
}

/* Does a line of what was written since @from begin as the lines between the mail's parts do? */
static bool makes_boundary(const struct writing *writing, size_t from)
{
	const struct mime *mime = &writing->template->mime;
	struct span written = buffer_span(writing->writer.to);
	size_t at = from > MAIL_LINE_MAX_BYTES ? from - MAIL_LINE_MAX_BYTES : 0;
	const uint8_t *newline = from > at ? memrchr(written.data + at, '\n', from - at) : NULL;

	if (newline)
		at = (size_t)(newline - written.data) + 1;
	for (; at < written.size; at = span_find(written, '\n', at) + 1) {
		struct span line = span_slice(written, at, written.size);

		for (size_t i = 0; span_starts(line, SPAN("--")) && i < mime->boundary_count; i++)
			if (span_starts(span_slice(line, 2, line.size), mime->boundaries[i]))
				return true;
	}
	return false;
}

static int write_fill(struct writing *writing, const struct mail_segment *segment)
{
	struct buffer *to = writing->writer.to;
	size_t at = to->size;
	bool plain = segment->fill->part.data && segment->style->encoding == TRANSFER_IDENTITY;
	int r;

	if (plain && !writing->open)
		writing->line = last_line(to, 0);
	r = mail_fill_write(writing->template, segment->fill, writing->recipient, &writing->writer,
			    writing->error);
	if (r == 0 && segment->fill->part.data && makes_boundary(writing, at))
		r = error_set(writing->error, MAIL_TEMPLATE_E_VALUE,
			      "with what its row says a line of part %.*s would end the part",
			      (int)segment->fill->part.size,
			      (const char *)segment->fill->part.data);
	if (r != 0 || !plain)
		return r;
	writing->open = true;
	writing->part = segment->fill->part;
	r = check_line(writing, at, false);
	if (last_line(to, at) > at)
		writing->line = last_line(to, at);
	writing->open = true;
	return r;
}

static int write_segment(struct writing *writing, const struct mail_segment *segment)
{
	struct transfer_writer *writer = &writing->writer;

	if (!segment->style) {
		buffer_append_span(writer->to, segment->bytes);
		return 0;
	}
	switch (segment->kind) {
	case MAIL_COPY:
		transfer_copy(writer, segment->bytes);
		return 0;
	case MAIL_COPY_BROKEN:
		transfer_copy_broken(writer, segment->bytes);
		return 0;
	case MAIL_WRITE:
		transfer_write(writer, segment->bytes);
		return 0;
	case MAIL_TOKEN:
		return write_token(writing->template, segment, &writing->recipient->prospect,
				   &writing->minted, writer);
	case MAIL_FILL:
		return write_fill(writing, segment);
	case MAIL_FLUSH:
		transfer_flush(writer);
		return 0;
	}
	return -EINVAL;
}

int mail_template_write(const struct mail_template *template,
			const struct mail_recipient *recipient, struct buffer *to,
			struct error *error)
{
	struct writing writing;
	size_t start = to->size;
	int r = 0;

	/* All of it but the texts of tokens, which are many and of which few are used. */
	writing.template = template;
	writing.recipient = recipient;
	writing.minted.known = 0;
	writing.writer = (struct transfer_writer){.style = NULL, .to = to};
	writing.open = false;
	writing.error = error;
	for (size_t i = 0; i < template->count && r == 0; i++) {
		const struct mail_segment *segment = &template->segments[i];
		size_t from = to->size;

		if (segment->style != writing.writer.style)
			transfer_writer_init(&writing.writer, segment->style, to);
		r = write_segment(&writing, segment);
		if (r == 0 && writing.open && segment->kind != MAIL_FILL)
			r = check_line(&writing, from, false);
	}
	if (r == 0)
		r = check_line(&writing, to->size, true);
	if (r == 0)
		r = to->error;
	if (r != 0)
		to->size = start;
	return r;
}

int mail_template_emit(const struct mail_template *template, const struct prospect_id *prospect,
		       struct buffer *to)
{
	const struct mail_recipient recipient = {.prospect = *prospect};

	return mail_template_write(template, &recipient, to, NULL);
}
