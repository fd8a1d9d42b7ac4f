/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTML of a form from the top down. After a post that was refused the page begins with a list of
 * what is wrong, which takes the focus and leads to the fields. The browser's own checks are left
 * out (novalidate): it would say less, one field at a time, and in its own language.
 *
 * The honeypot is out of sight and out of the way of the keyboard and of screen readers. Its label
 * asks whoever still meets it to leave it empty.
 *
 * A kiosk's browser is not to offer what somebody else has typed, and shows the form again by
 * itself when it has thanked.
 *
 * What a form shows is decided before (prefill.h, form_answer.h); nothing here looks anything up.
 */
#include "public/form_style.h"
#include "public/form_writer.h"

enum { KIOSK_RETURN_S = 15 };

static void append_title(struct writer *writer)
{
	const char *title = text_of(writer, &writer->form->title);
	const struct text_value values[] = {{"title", title}, {NULL, NULL}};

	put(writer, "<title>");
	if (writer->page->state == FORM_PAGE_REFUSED)
		text_append(writer->to, TEXT_form_error_word, writer->page->language, values);
	else
		put_escaped(writer, title);
	put(writer, "</title>\n");
}

static bool is_sent(const struct form_page *page)
{
	return page->state == FORM_PAGE_SENT || page->state == FORM_PAGE_CONFIRM;
}

static void append_return(struct writer *writer)
{
	if (writer->form->kiosk && is_sent(writer->page))
		buffer_printf(writer->to,
			      "<meta http-equiv=\"refresh\" content=\"%d; url=/f/%s?lang=%s\">\n",
			      KIOSK_RETURN_S, writer->form->name,
			      language_tag(writer->page->language));
}

static void append_head(struct writer *writer)
{
	buffer_printf(writer->to,
		      "<!doctype html>\n<html lang=\"%s\"%s>\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
		      language_tag(writer->page->language),
		      writer->page->framed ? " class=\"framed\"" : "");
	append_title(writer);
	append_return(writer);
	put(writer, "<style>" FORM_STYLE "</style>\n");
	if (*writer->page->css) {
		put(writer, "<link rel=\"stylesheet\" href=\"");
		put_escaped(writer, writer->page->css);
		put(writer, "\">\n");
	}
	put(writer, "</head>\n<body>\n");
}

/* Whose page it is, and the other language where the form does not decide. */
static void append_top(struct writer *writer)
{
	enum language other = writer->page->language == LANGUAGE_EN ? LANGUAGE_JA : LANGUAGE_EN;
	const char *tag = language_tag(other);

	if (!writer->page->framed) {
		buffer_printf(writer->to, "<header><p>%s</p>", writer->page->tracker->host);
		if (writer->form->language < 0)
			buffer_printf(writer->to,
				      "<nav><a href=\"/f/%s?lang=%s\" lang=\"%s\" hreflang=\"%s\">"
				      "%s</a></nav>",
				      writer->form->name, tag, tag, tag,
				      text_get(TEXT_language_name, other));
		put(writer, "</header>\n");
	}
	put(writer, "<main>\n<h1>");
	put_escaped(writer, text_of(writer, &writer->form->title));
	put(writer, "</h1>\n");
}

static bool is_listed(const struct writer *writer, size_t field)
{
	return is_wrong(writer, field) && !writer->form->fields[field].hidden;
}

static bool any_is_listed(const struct writer *writer)
{
	for (size_t i = 0; i < writer->form->field_count; i++)
		if (is_listed(writer, i))
			return true;
	return false;
}

/* It may also be refused for what no field has done: it came too soon, or too late. */
static void append_trouble(struct writer *writer)
{
	put(writer, "<div class=\"trouble\" role=\"alert\" tabindex=\"-1\" autofocus>\n");
	element(writer, "h2", TEXT_form_trouble_title);
	if (!any_is_listed(writer)) {
		element(writer, "p", TEXT_form_trouble_again);
		put(writer, "</div>\n");
		return;
	}
	element(writer, "p", TEXT_form_trouble);
	put(writer, "<ul>\n");
	for (size_t i = 0; i < writer->form->field_count; i++) {
		if (!is_listed(writer, i))
			continue;
		buffer_printf(writer->to, "<li><a href=\"#f%zu\">", i);
		form_fields_append_reason(writer, i);
		put(writer, "</a></li>\n");
	}
	put(writer, "</ul>\n</div>\n");
}

static void append_lang(struct writer *writer, const char *name)
{
	buffer_printf(writer->to, "<input type=\"hidden\" name=\"%s\" value=\"%s\">\n", name,
		      language_tag(writer->page->language));
}

static void append_known(struct writer *writer)
{
	put(writer, "<div class=\"note\">\n");
	element(writer, "p", TEXT_form_known);
	put(writer, "<form method=\"post\" action=\"/privacy/forget\">\n");
	append_lang(writer, "lang");
	buffer_printf(writer->to, "<input type=\"hidden\" name=\"form\" value=\"%s\">\n",
		      writer->form->name);
	element(writer, "button type=\"submit\" class=\"quiet\"", TEXT_form_not_you);
	put(writer, "</form>\n</div>\n");
}

static void append_honeypot(struct writer *writer)
{
	if (!*writer->form->honeypot)
		return;
	put(writer, "<div class=\"off\" aria-hidden=\"true\"><label>");
	say(writer, TEXT_form_leave_empty);
	put(writer, " <input type=\"text\" tabindex=\"-1\" autocomplete=\"off\" name=\"");
	put_escaped(writer, writer->form->honeypot);
	put(writer, "\"></label></div>\n");
}

static void append_form(struct writer *writer)
{
	buffer_printf(writer->to, "<form method=\"post\" action=\"/f/%s\" novalidate%s>\n",
		      writer->form->name, writer->form->kiosk ? " autocomplete=\"off\"" : "");
	append_lang(writer, FORM_PAGE_LANG);
	buffer_printf(writer->to,
		      "<input type=\"hidden\" name=\"" FORM_PAGE_VIEW "\" value=\"%s\">\n",
		      writer->page->view);
	for (size_t i = 0; i < writer->form->field_count; i++)
		if (!writer->form->fields[i].hidden)
			form_fields_append(writer, i);
	append_honeypot(writer);
	put(writer, "<button type=\"submit\" class=\"send\">");
	if (*text_of(writer, &writer->form->button))
		put_escaped(writer, text_of(writer, &writer->form->button));
	else
		say(writer, TEXT_form_send);
	put(writer, "</button>\n</form>\n");
}

static void append_thanks(struct writer *writer)
{
	const char *thanks = text_of(writer, &writer->form->thanks);

	put(writer, "<div class=\"note\" role=\"status\">\n");
	element(writer, "h2", TEXT_form_sent_title);
	put(writer, "<p>");
	if (writer->page->state == FORM_PAGE_CONFIRM)
		say(writer, TEXT_form_confirm);
	else if (*thanks)
		put_escaped(writer, thanks);
	else
		say(writer, TEXT_form_sent);
	put(writer, "</p>\n</div>\n");
	buffer_printf(writer->to, "<p><a href=\"/f/%s?lang=%s\">", writer->form->name,
		      language_tag(writer->page->language));
	say(writer, TEXT_form_again);
	put(writer, "</a></p>\n");
}

/* In a frame it opens beside the site's page, which would be lost in it. */
static void append_foot(struct writer *writer)
{
	buffer_printf(writer->to, "</main>\n<footer><a href=\"/privacy?lang=%s\"%s>",
		      language_tag(writer->page->language),
		      writer->page->framed ? " target=\"_blank\"" : "");
	say(writer, TEXT_form_privacy);
	put(writer, "</a></footer>\n</body>\n</html>\n");
}

void form_page_append(const struct form_page *page, struct buffer *to)
{
	struct writer writer = {.page = page, .form = page->form, .to = to};

	append_head(&writer);
	append_top(&writer);
	if (is_sent(page)) {
		append_thanks(&writer);
	} else {
		if (page->state == FORM_PAGE_REFUSED)
			append_trouble(&writer);
		if (page->state == FORM_PAGE_FORGOTTEN)
			element(&writer, "p class=\"note\" role=\"status\"", TEXT_form_forgotten);
		if (page->known)
			append_known(&writer);
		append_form(&writer);
	}
	append_foot(&writer);
}
