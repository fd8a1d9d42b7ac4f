/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiling a message: what is one text is one pass; a mail is taken apart, and each of its own
 * texts is one. Link ids come from destinations, so that the HTML and the plain text of one mail
 * share them without knowing of each other.
 *
 * A part that may not be changed, or cannot be read, is left alone and listed: the sender sees what
 * is not tracked. A DKIM-Signature stays as it is, although it does not hold for a changed body:
 * which of many fields to take out is for the one who signs, who has to sign anew.
 */
#include "base/cleanup.h"
#include "track/mail_segment.h"
#include "track/rewrite_merge.h"

#include <errno.h>

static void mail_template_free_pointer(struct mail_template **template)
{
	mail_template_free(*template);
}

static const char why_long[] =
	"its line would be longer than 998 bytes, the most that a mail may have; send the part as "
	"quoted-printable";

static const char why_amp[] =
	"AMP for Email, whose links are not tracked; mail programs that know AMP show this part in "
	"the place of the HTML";

static const char *const reasons[] = {
	[MIME_SIGNED] = "signed: any change would break the signature",
	[MIME_ENCRYPTED] = "encrypted, or signed as one block: its links cannot be seen",
	[MIME_ATTACHED] = "an attachment",
	[MIME_EMBEDDED] = "of a message inside this message",
};

/* What is left alone as a whole, at @place of the message. */
static int note(struct rewrite_pass *pass, size_t at, const char *place, struct span part,
		const char *reason)
{
	struct rewrite_link *link = rewrite_add_link(pass->template);

	if (!link)
		return -ENOMEM;
	for (; pass->line_at < at; pass->line_at++)
		pass->line += pass->whole.data[pass->line_at] == '\n';
	link->line = pass->line;
	link->place = place;
	link->part = part;
	return rewrite_leave_notable(link, reason);
}

static void undo_edit(struct rewrite_pass *pass, const struct rewrite_edit *edit,
		      const char *reason)
{
	struct rewrite_link *link = &pass->template->links[edit->link];

	link->tracked = link->destination = (struct span){.data = NULL};
	memset(&link->id, 0, sizeof(link->id));
	(void)rewrite_leave_notable(link, reason);
}

static bool is_addition(const struct rewrite_edit *edit)
{
	return edit->link == REWRITE_NO_LINK && edit->size == 0;
}

/*
 * What stays whatever its line is: an addition, and what a row fills in, since nobody may get the
 * field itself. How long that makes the line is seen when it is written.
 */
static bool must_stay(const struct rewrite_edit *edit)
{
	return edit->link == REWRITE_NO_LINK || edit->fill;
}

/* By how many bytes @edit makes its line longer. */
static ptrdiff_t growth_of(const struct rewrite_pass *pass, const struct rewrite_edit *edit)
{
	return (ptrdiff_t)edit->written.size -
	       (ptrdiff_t)rewrite_text_source(pass->text, edit->at, edit->size).size;
}

/*
 * Edits [@first, @end) are on one line. What shortens it or must be comes first, then in order that
 * for which there is room, so that doing it again finds nothing that has room now. A line that is
 * too long without its links is left to whoever made it so.
 */
static void fit_line(struct rewrite_pass *pass, struct rewrite_edit *first,
		     struct rewrite_edit *end, size_t line_bytes)
{
	ptrdiff_t room = MAIL_LINE_MAX_BYTES - (ptrdiff_t)line_bytes;

	for (struct rewrite_edit *edit = first; edit < end; edit++)
		if (growth_of(pass, edit) <= 0 || must_stay(edit))
			room -= growth_of(pass, edit);
	if (room < 0)
		return;
	for (struct rewrite_edit *edit = first; edit < end; edit++) {
		ptrdiff_t growth = growth_of(pass, edit);

		if (growth <= 0 || must_stay(edit))
			continue;
		if (growth <= room) {
			room -= growth;
			continue;
		}
		undo_edit(pass, edit, why_long);
		edit->written.data = NULL;
	}
}

/* Where @edit stands in the part; *ret_end: behind what it replaces. */
static size_t place_of(const struct rewrite_pass *pass, const struct rewrite_edit *edit,
		       size_t *ret_end)
{
	struct span range = rewrite_text_source(pass->text, edit->at, edit->size);
	size_t at = (size_t)(range.data - pass->text->source.data);

	*ret_end = at + range.size;
	return at;
}

/*
 * Behind the edits that are on the line of @edit, which begins at or after @floor. An addition is
 * on lines of its own, and so ends the line that it stands in.
 */
static struct rewrite_edit *end_of_line(const struct rewrite_pass *pass, struct rewrite_edit *edit,
					const struct rewrite_edit *end, size_t floor,
					size_t *ret_bytes)
{
	struct span source = pass->text->source;
	size_t edit_end, at = place_of(pass, edit, &edit_end);
	const uint8_t *before = memrchr(source.data + floor, '\n', at - floor);
	size_t start = before ? (size_t)(before - source.data) + 1 : floor;
	size_t line_end = span_find(source, '\n', edit_end);

	while (++edit < end && (at = place_of(pass, edit, &edit_end)) < line_end) {
		if (is_addition(edit)) {
			line_end = at;
			break;
		}
		if (edit_end > line_end)
			line_end = span_find(source, '\n', edit_end);
	}
	*ret_bytes = line_end - start;
	return edit;
}

/* Lines of a part that is not encoded stay within what mail may carry. */
static void fit_lines(struct rewrite_pass *pass)
{
	struct rewrite_edit *items = pass->edits.items, *end = items + pass->edits.count, *next;
	size_t kept = 0, floor = 0, bytes;

	for (struct rewrite_edit *edit = items; edit < end; edit = next) {
		next = edit + 1;
		if (!is_addition(edit)) {
			next = end_of_line(pass, edit, end, floor, &bytes);
			fit_line(pass, edit, next, bytes);
		}
		(void)place_of(pass, next - 1, &floor);
	}
	for (struct rewrite_edit *edit = items; edit < end; edit++)
		if (edit->written.data)
			items[kept++] = *edit;
	pass->edits.count = kept;
}

/* A '?' behind the token of @edit: nothing is asked with it. */
static int add_mark(struct rewrite_pass *pass, struct rewrite_edit *edit)
{
	struct rewrite_link *link = &pass->template->links[edit->link];
	cleanup_buffer struct buffer written = BUFFER_INIT;
	size_t end = edit->slot.at + edit->slot.size, start = edit->slot.at;

	while (start > 0 && edit->written.data[start - 1] != '"')
		start--;
	buffer_append_span(&written, span_slice(edit->written, 0, end));
	buffer_append_byte(&written, '?');
	buffer_append_span(&written, span_slice(edit->written, end, edit->written.size));
	edit->written = rewrite_keep(pass, &written);
	link->tracked = span_slice(edit->written, start, end + 1 - start);
	return edit->written.data ? 0 : -ENOMEM;
}

/*
 * Where something follows the padding of base64, it is the padding that keeps it apart. When the
 * text's new length needs none, the last link is made one byte longer.
 */
static int keep_padding(struct rewrite_pass *pass)
{
	struct rewrite_edit *edit = pass->edits.items + pass->edits.count;
	ptrdiff_t size = (ptrdiff_t)pass->text->source.size;

	if (span_trim(pass->text->rest).size == 0)
		return 0;
	for (size_t i = 0; i < pass->edits.count; i++)
		if (pass->edits.items[i].fill)
			return error_set(pass->error, REWRITE_E_MERGE,
					 "part %.*s: text follows its base64, so that nothing can "
					 "be filled in there; send the part without it",
					 (int)pass->text->path.size,
					 (const char *)pass->text->path.data);
	for (size_t i = 0; i < pass->edits.count; i++)
		size += growth_of(pass, &pass->edits.items[i]);
	if (size % 3 != 0)
		return 0;
	while (edit > pass->edits.items)
		if ((--edit)->link != REWRITE_NO_LINK && edit->slot.purpose != 0 &&
		    edit->slot.purpose != PURPOSE_LINK_PART)
			return add_mark(pass, edit);
	for (edit = pass->edits.items; edit < pass->edits.items + pass->edits.count; edit++)
		if (edit->link != REWRITE_NO_LINK)
			undo_edit(
				pass, edit,
				"text follows the base64 of its part, and would become part of it");
	pass->edits.count = 0;
	return 0;
}

/* Mailers look for their fields in the bytes of the message. */
static int note_hidden_field(struct rewrite_pass *pass, size_t at)
{
	if (pass->edits.count == 0 || pass->options->field.size == 0 ||
	    pass->decide != rewrite_decide_tracking ||
	    pass->text->style.encoding != TRANSFER_BASE64)
		return 0;
	return note(
		pass, at, "part", pass->text->path,
		"its merge fields are inside base64, where a mailer finds them only if it fills "
		"them in before it encodes");
}

static int fit_edits(struct rewrite_pass *pass, size_t at)
{
	int r;

	if (pass->edits.count == 0)
		return 0;
	if (pass->text->style.encoding == TRANSFER_IDENTITY)
		fit_lines(pass);
	r = keep_padding(pass);
	return r == 0 ? note_hidden_field(pass, at) : r;
}

static int compile_text(struct rewrite_pass *pass, const struct mime_part *part,
			struct span line_end)
{
	struct rewrite_text *text = mail_template_text(pass->template);
	size_t at = (size_t)(part->content.data - pass->whole.data);
	struct error *error = pass->error;
	int r;

	if (!text)
		return -ENOMEM;
	r = rewrite_text_read(text, part, line_end);
	if (r == TRANSFER_E_DAMAGED) {
		r = note(pass, at, "part", part->path, "its base64 is damaged");
		return r == 0 ? mail_segments_copy(pass->template, part->content) : r;
	}
	if (r != 0)
		return r;
	if (text->charset.size == 0)
		text->charset = pass->options->charset;
	r = rewrite_run(pass, text);
	if (r == REWRITE_E_CHARSET) {
		error_set(error, 0, "%s", "");
		r = note(pass, at, "part", part->path,
			 "in a charset in which links cannot be told from text");
		return r == 0 ? mail_segments_copy(pass->template, part->content) : r;
	}
	if (r == 0)
		r = fit_edits(pass, at);
	return r == 0 ? mail_segments_add(pass->template, text, &pass->edits) : r;
}

static int compile_part(struct rewrite_pass *pass, const struct mime_part *part,
			struct span line_end)
{
	const char *reason = reasons[part->reach];
	int r;

	if (!reason && part->kind == MIME_AMP)
		reason = why_amp;
	if (!reason && part->encoding == MIME_UNKNOWN)
		reason = "in a transfer encoding that is not known";
	if (!reason)
		return compile_text(pass, part, line_end);
	r = note(pass, (size_t)(part->content.data - pass->whole.data), "part", part->path, reason);
	return r == 0 ? mail_segments_copy(pass->template, part->content) : r;
}

static int compile_header(struct rewrite_pass *pass, struct span header, struct span line_end)
{
	struct rewrite_text *text = mail_template_text(pass->template);
	int r;

	if (!text)
		return -ENOMEM;
	rewrite_text_plain(text, header, false, (struct span){.data = NULL});
	pass->text = text;
	r = pass->decide == rewrite_decide_tracking ? rewrite_add_header(pass, header, line_end)
						    : rewrite_strip_header(pass, header);
	if (r == 0)
		r = rewrite_merge_header(pass, header, line_end);
	return r == 0 ? mail_segments_add(pass->template, text, &pass->edits) : r;
}

/* A signature over what has been changed is worth a word. */
static int note_signature(struct rewrite_pass *pass, struct span header)
{
	struct span field, value;
	size_t at = 0;

	if (!pass->template->changed ||
	    !mime_header_next(header, SPAN("DKIM-Signature"), &at, &field, &value))
		return 0;
	pass->line = 1;
	pass->line_at = 0;
	return note(
		pass, (size_t)(field.data - pass->whole.data), "header",
		(struct span){.data = NULL},
		"DKIM-Signature: it does not hold for the tracked message; sign after rewriting");
}

static int leave_message(struct rewrite_pass *pass, const char *reason)
{
	int r = note(pass, 0, "part", SPAN("1"), reason);

	return r == 0 ? mail_segments_copy(pass->template, pass->whole) : r;
}

static int compile_mail(struct rewrite_pass *pass)
{
	struct mail_template *template = pass->template;
	struct span message = pass->whole;
	struct span header = span_slice(message, 0, mime_header_bytes(message));
	struct transfer_style style;
	size_t done = header.size;
	int r = mime_parse(message, &template->mime);

	if (r == MIME_E_NESTED)
		return leave_message(pass, "it has so many parts inside parts that no mail program "
					   "would show it");
	if (r == MIME_E_FIELD)
		return leave_message(pass, "a Content-… field of its header or of a part's is "
					   "longer than 64 KiB");
	if (r == MIME_E_LIBRARY)
		return error_set(pass->error, REWRITE_E_LIBRARY,
				 "GMime, which takes mails apart, cannot be loaded; install the "
				 "package libgmime-3.0-0");
	transfer_style_of(message, TRANSFER_IDENTITY, SPAN("\r\n"), &style);
	if (r == 0)
		r = compile_header(pass, header, style.line_end);
	for (size_t i = 0; i < template->mime.count && r == 0; i++) {
		const struct mime_part *part = &template->mime.parts[i];
		size_t at = (size_t)(part->content.data - message.data);

		if (at < done)
			continue;
		r = mail_segments_copy(template, span_slice(message, done, at - done));
		if (r == 0)
			r = compile_part(pass, part, style.line_end);
		done = at + part->content.size;
	}
	if (r == 0 && template->mime.count == 0)
		r = note(pass, 0, "part", SPAN("1"), "no text was found in it");
	if (r == 0)
		r = mail_segments_copy(template, span_slice(message, done, message.size));
	return r == 0 ? note_signature(pass, header) : r;
}

static int compile_one(struct rewrite_pass *pass, bool html)
{
	struct rewrite_text *text = mail_template_text(pass->template);
	int r;

	if (!text)
		return -ENOMEM;
	rewrite_text_plain(text, pass->whole, html, pass->options->charset);
	r = rewrite_run(pass, text);
	return r == 0 ? mail_segments_add(pass->template, text, &pass->edits) : r;
}

enum rewrite_form rewrite_form_of(struct span message, enum rewrite_form form)
{
	if (form != REWRITE_AUTO)
		return form;
	if (mime_looks_whole(message))
		return REWRITE_MIME;
	return rewrite_looks_like_html(message) ? REWRITE_HTML : REWRITE_TEXT;
}

static void fill_ids(const struct rewrite_pass *pass, struct mail_template *template)
{
	struct span list = pass->options->list;

	id_of_name(NAME_CAMPAIGN, pass->campaign, &template->campaign);
	if (pass->mailing.size > 0)
		id_of_name(NAME_MAILING, pass->mailing, &template->mailing);
	if (list.size > 0)
		id_of_name(NAME_LIST, list, &template->list);
}

static int compile(struct rewrite_pass *pass, struct mail_template **ret_template)
{
	cleanup(mail_template_free_pointer) struct mail_template *template =
		calloc(1, sizeof(*template));
	enum rewrite_form form = rewrite_form_of(pass->whole, pass->options->form);
	int r;

	if (!template)
		return -ENOMEM;
	template->keyring = pass->options->keyring;
	template->trackers = pass->options->trackers;
	template->form = form;
	pass->template = template;
	pass->line = 1;
	fill_ids(pass, template);
	r = form == REWRITE_MIME ? compile_mail(pass) : compile_one(pass, form == REWRITE_HTML);
	rewrite_edits_finish(&pass->edits);
	if (r == 0)
		*ret_template = take_ptr(template);
	return r;
}

int mail_template_compile(struct span message, const struct rewrite_options *options,
			  struct mail_template **ret_template, struct error *error)
{
	struct rewrite_pass pass = {
		.options = options,
		.whole = message,
		.error = error,
		.decide = rewrite_decide_tracking,
		.campaign = options->campaign,
		.mailing = options->mailing,
	};
	int r = rewrite_check_options(options, error);

	if (r != 0)
		return r;
	if (pass.campaign.size == 0)
		pass.campaign = span_text(options->tracker->campaign);
	return compile(&pass, ret_template);
}

int mail_template_strip(struct span message, const struct rewrite_options *options,
			int (*find)(void *context, const struct link_id *id, struct buffer *to),
			void *context, struct mail_template **ret_template, struct error *error)
{
	struct rewrite_pass pass = {
		.options = options,
		.whole = message,
		.error = error,
		.decide = rewrite_decide_strip,
		.find = find,
		.context = context,
	};

	return compile(&pass, ret_template);
}
