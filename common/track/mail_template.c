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

int mail_template_emit(const struct mail_template *template, const struct prospect_id *prospect,
		       struct buffer *to)
{
	struct transfer_writer writer = {.style = NULL};
	struct minted minted;
	int r = 0;

	minted.known = 0;

	for (size_t i = 0; i < template->count && r == 0; i++) {
		const struct mail_segment *segment = &template->segments[i];

		if (segment->style != writer.style)
			transfer_writer_init(&writer, segment->style, to);
		if (!segment->style) {
			buffer_append_span(to, segment->bytes);
			continue;
		}
		switch (segment->kind) {
		case MAIL_COPY:
			transfer_copy(&writer, segment->bytes);
			break;
		case MAIL_COPY_BROKEN:
			transfer_copy_broken(&writer, segment->bytes);
			break;
		case MAIL_WRITE:
			transfer_write(&writer, segment->bytes);
			break;
		case MAIL_TOKEN:
			r = write_token(template, segment, prospect, &minted, &writer);
			break;
		case MAIL_FLUSH:
			transfer_flush(&writer);
			break;
		}
	}
	return r == 0 ? to->error : r;
}
