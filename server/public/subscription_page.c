/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subscription page: for which address and which list, what is sent there now, and a button for
 * each change that can be made. The address is masked, since a mail is forwarded with its links;
 * whoever it is knows it by its first letters.
 */
#include "public/subscription.h"

#include "public/page_style.h"
#include "public/privacy_page.h"
#include "text/html_escape.h"
#include "track/disclosure.h"

#include <stdio.h>

struct writer {
	const struct subscription *subscription;
	struct buffer *to;
	const struct text_value *values;
};

static void say(const struct writer *writer, const char *before, enum text_id id, const char *after)
{
	buffer_append_text(writer->to, before);
	text_append(writer->to, id, writer->subscription->language, writer->values);
	buffer_append_text(writer->to, after);
}

static void append_top(const struct writer *writer)
{
	const struct subscription *subscription = writer->subscription;
	struct span token = subscription->visit.request->tail;
	enum language other = subscription->language == LANGUAGE_EN ? LANGUAGE_JA : LANGUAGE_EN;
	const char *tag = language_tag(other);

	buffer_printf(writer->to,
		      "<header><p>%s</p><nav><a href=\"/s/%.*s?lang=%s\" lang=\"%s\" "
		      "hreflang=\"%s\">%s</a></nav></header>\n<main>\n",
		      subscription->visit.tracker->host, (int)token.size, (const char *)token.data,
		      tag, tag, tag, text_get(TEXT_language_name, other));
	say(writer, "<h1>", TEXT_subscription_title, "</h1>\n");
}

static void append_whom(const struct writer *writer)
{
	const struct subscription *subscription = writer->subscription;

	if (subscription->address.data) {
		say(writer, "<p>", TEXT_subscription_address, " <strong>");
		html_escape(subscription->address, writer->to);
		buffer_append_text(writer->to, "</strong></p>\n");
	}
	if (subscription->list.data) {
		say(writer, "<p>", TEXT_subscription_list, " <strong>");
		html_escape(subscription->list, writer->to);
		buffer_append_text(writer->to, "</strong></p>\n");
	}
}

static void append_state(const struct writer *writer)
{
	static const enum text_id texts[] = {
		[SUBSCRIPTION_GETS] = TEXT_subscription_gets,
		[SUBSCRIPTION_LEFT] = TEXT_subscription_left,
		[SUBSCRIPTION_LEFT_ALL] = TEXT_subscription_left_all,
		[SUBSCRIPTION_ERASED] = TEXT_subscription_erased,
	};
	const struct subscription *subscription = writer->subscription;
	bool done = subscription->state == SUBSCRIPTION_LEFT ||
		    subscription->state == SUBSCRIPTION_LEFT_ALL;

	if (subscription->state == SUBSCRIPTION_GETS && !subscription->has_list)
		say(writer, "<p>", TEXT_subscription_gets_all, "</p>\n");
	else
		say(writer, done ? "<p class=\"done\" role=\"status\">" : "<p>",
		    texts[subscription->state], "</p>\n");
	if (done)
		say(writer, "<p>",
		    subscription->minutes ? TEXT_subscription_can_undo : TEXT_subscription_sign_up,
		    "</p>\n");
}

static void append_button(const struct writer *writer, const char *wish, const char *attributes,
			  enum text_id id)
{
	buffer_printf(writer->to, "<p><button type=\"submit\" name=\"do\" value=\"%s\"%s>", wish,
		      attributes);
	say(writer, "", id, "</button></p>\n");
}

static void append_form(const struct writer *writer)
{
	const struct subscription *subscription = writer->subscription;
	struct span token = subscription->visit.request->tail;
	bool gets = subscription->state == SUBSCRIPTION_GETS;

	buffer_printf(writer->to,
		      "<form method=\"post\" action=\"/s/%.*s\">\n<input type=\"hidden\" "
		      "name=\"lang\" value=\"%s\">\n",
		      (int)token.size, (const char *)token.data,
		      language_tag(subscription->language));
	if (subscription->minutes)
		append_button(writer, "undo", "", TEXT_subscription_undo);
	if (gets && subscription->has_list)
		append_button(writer, "leave", "", TEXT_subscription_leave);
	if (subscription->state == SUBSCRIPTION_LEFT || (gets && subscription->has_list))
		append_button(writer, "leave_all", " class=\"quiet\"", TEXT_subscription_leave_all);
	else if (gets)
		append_button(writer, "leave_all", "", TEXT_subscription_leave_all);
	buffer_append_text(writer->to, "</form>\n");
}

void subscription_page_append(const struct subscription *subscription, struct buffer *to)
{
	const struct visit *visit = &subscription->visit;
	char minutes[12];
	const struct text_value values[] = {
		{"operator", disclosure_operator(visit->settings->config, visit->tracker)},
		{"minutes", minutes},
		{NULL, NULL}};
	const struct writer writer = {subscription, to, values};

	(void)snprintf(minutes, sizeof(minutes), "%u", subscription->minutes);
	privacy_head_append(to, TEXT_subscription_title, subscription->language);
	append_top(&writer);
	append_whom(&writer);
	append_state(&writer);
	if (subscription->state != SUBSCRIPTION_ERASED)
		append_form(&writer);
	say(&writer, "<p class=\"soft\">", TEXT_subscription_foot,
	    "</p>\n</main>\n</body>\n</html>\n");
}
