/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys milter.* as rules. They are read when the filter starts and when the configuration has
 * changed, and by `config check`, so that a mistake in them shows before a mail does.
 *
 * A campaign behind a sender begins at the first '=' after the address's '@', since addresses that
 * a mailer makes for each recipient have one before it.
 */
#include "commands/milter_rules.h"

#include "base/cleanup.h"
#include "crypto/id.h"
#include "text/encoded_word.h"
#include "text/url.h"

#include <errno.h>
#include <stdio.h>

struct sender {
	char *text;		       /* as configured; the spans point into it */
	struct span address, campaign; /* address: lower case; "@example.com": of that domain */
};

struct milter_rules {
	struct sender *senders;
	size_t sender_count;
	struct network *clients;
	size_t client_count;
	struct milter_choice add; /* what every mail gets that says nothing itself */
};

static void lower(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] + ('a' - 'A'));
}

/* Why @name cannot be a campaign, mailing or list; NULL: it can. */
static const char *why_no_name(struct span name)
{
	if (id_check_name(name) != 0)
		return "is no name: it is empty, has controls, is not UTF-8, or longer than 255 "
		       "bytes";
	if (url_holds_address(name))
		return "holds an e-mail address, which must not enter the store";
	return NULL;
}

static bool is_address(struct span address)
{
	cleanup_buffer struct buffer whole = BUFFER_INIT, normal = BUFFER_INIT;

	if (address.size > 0 && address.data[0] == '@')
		buffer_append_byte(&whole, 'a');
	buffer_append_span(&whole, address);
	return whole.error == 0 && id_normalise_address(buffer_span(&whole), &normal) == 0;
}

static int read_sender(const struct config *config, size_t index, struct sender *sender,
		       struct error *error)
{
	struct span text;
	const char *why;
	char key[48];
	size_t at, equals;

	(void)snprintf(key, sizeof(key), "milter.senders[%zu]", index);
	sender->text = strdup(config->milter_senders.items[index]);
	if (!sender->text)
		return -ENOMEM;
	text = span_text(sender->text);
	at = span_find(text, '@', 0);
	equals = span_find(text, '=', at);
	sender->address = span_slice(text, 0, equals);
	lower(sender->text, equals);
	if (!is_address(sender->address))
		return config_error(config, error, key,
				    "must be an address such as news@example.com, or @example.com "
				    "for all of a domain, and may go on with =CAMPAIGN");
	if (equals == text.size)
		return 0;
	sender->campaign = span_slice(text, equals + 1, text.size);
	why = why_no_name(sender->campaign);
	return why ? config_error(config, error, key, "the campaign %s", why) : 0;
}

static int read_senders(const struct config *config, struct milter_rules *rules,
			struct error *error)
{
	size_t count = config->milter_senders.count;
	int r = 0;

	rules->senders = calloc(count + 1, sizeof(*rules->senders));
	if (!rules->senders)
		return -ENOMEM;
	rules->sender_count = count;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = read_sender(config, i, &rules->senders[i], error);
	return r;
}

static int read_clients(const struct config *config, struct milter_rules *rules,
			struct error *error)
{
	size_t count = config->milter_clients.count;
	char key[48];

	rules->clients = calloc(count + 1, sizeof(*rules->clients));
	if (!rules->clients)
		return -ENOMEM;
	rules->client_count = count;
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(key, sizeof(key), "milter.clients[%zu]", i);
		if (network_parse(span_text(config->milter_clients.items[i]), &rules->clients[i]))
			return config_error(
				config, error, key,
				"must be a network such as 192.0.2.0/24, or an address");
	}
	return 0;
}

/* One of "open-pixel", "trap", "unsubscribe", "unsubscribe=LIST", "utm". */
static int take_addition(struct milter_choice *choice, struct span word, struct error *error)
{
	static const struct span list = {.data = (const uint8_t *)"unsubscribe=", .size = 12};
	const char *why;

	if (span_equal(word, SPAN("open-pixel")))
		choice->open_pixel = true;
	else if (span_equal(word, SPAN("trap")))
		choice->trap = true;
	else if (span_equal(word, SPAN("utm")))
		choice->utm = true;
	else if (span_equal(word, SPAN("unsubscribe")))
		choice->unsubscribe = true;
	else if (!span_starts(word, list))
		return error_set(error, MILTER_RULES_E_FIELD,
				 "must be open-pixel, trap, utm, unsubscribe or unsubscribe=LIST");
	if (!span_starts(word, list))
		return 0;
	word = span_slice(word, list.size, word.size);
	why = why_no_name(word);
	if (why)
		return error_set(error, MILTER_RULES_E_FIELD, "the list %s", why);
	choice->unsubscribe = true;
	buffer_clear(&choice->list);
	buffer_append_span(&choice->list, word);
	return choice->list.error;
}

static int read_additions(const struct config *config, struct milter_rules *rules,
			  struct error *error)
{
	struct error why = {""};
	char key[48];
	int r = 0;

	for (size_t i = 0; r == 0 && i < config->milter_add.count; i++) {
		(void)snprintf(key, sizeof(key), "milter.add[%zu]", i);
		r = take_addition(&rules->add, span_text(config->milter_add.items[i]), &why);
		if (r > 0)
			return config_error(config, error, key, "%s", why.text);
	}
	return r;
}

int milter_rules_new(const struct config *config, struct milter_rules **ret_rules,
		     struct error *error)
{
	struct milter_rules *rules = calloc(1, sizeof(*rules));
	int r;

	if (!rules)
		return -ENOMEM;
	r = read_senders(config, rules, error);
	if (r == 0)
		r = read_clients(config, rules, error);
	if (r == 0)
		r = read_additions(config, rules, error);
	if (r == 0)
		*ret_rules = take_ptr(rules);
	milter_rules_free(rules);
	return r;
}

void milter_rules_free(struct milter_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->sender_count; i++)
		free(rules->senders[i].text);
	free(rules->senders);
	free(rules->clients);
	milter_choice_finish(&rules->add);
	free(rules);
}

void milter_choice_finish(struct milter_choice *choice)
{
	buffer_finish(&choice->campaign);
	buffer_finish(&choice->mailing);
	buffer_finish(&choice->list);
}

bool milter_rules_trust(const struct milter_rules *rules, const struct address *client,
			bool has_logged_in)
{
	if (has_logged_in)
		return true;
	for (size_t i = 0; i < rules->client_count; i++)
		if (network_holds(&rules->clients[i], client))
			return true;
	return false;
}

static const struct sender *find_sender(const struct milter_rules *rules, struct span address)
{
	size_t at = address.size;

	while (at > 0 && address.data[at - 1] != '@')
		at--;
	for (size_t i = 0; at > 0 && i < rules->sender_count; i++) {
		const struct sender *sender = &rules->senders[i];
		bool is_domain = sender->address.data[0] == '@';

		if (span_equal_nocase(is_domain ? span_slice(address, at - 1, address.size)
						: address,
				      sender->address))
			return sender;
	}
	return NULL;
}

static int take_name(const struct milter_mail *mail, enum milter_field field, struct buffer *to,
		     struct error *error)
{
	const char *why;

	if (mail->said_count[field] == 0 || mail->said[field].size == 0)
		return 0;
	buffer_clear(to);
	encoded_word_read(buffer_span(&mail->said[field]), to);
	if (to->error)
		return to->error;
	why = why_no_name(buffer_span(to));
	return why ? error_set(error, MILTER_RULES_E_FIELD, "%s", why) : 0;
}

/* X-Waymark-Add goes in the place of what is configured; empty: nothing is added. */
static int take_additions(const struct milter_mail *mail, const struct milter_choice *standard,
			  struct milter_choice *choice, struct error *error)
{
	struct span rest = buffer_span(&mail->said[MILTER_ADD]);
	int r = 0;

	if (mail->said_count[MILTER_ADD] == 0) {
		choice->utm = standard->utm;
		choice->open_pixel = standard->open_pixel;
		choice->trap = standard->trap;
		choice->unsubscribe = standard->unsubscribe;
		buffer_append_span(&choice->list, buffer_span(&standard->list));
		return choice->list.error;
	}
	while (r == 0 && rest.size > 0) {
		size_t comma = span_find(rest, ',', 0);
		struct span word = span_trim(span_slice(rest, 0, comma));

		if (word.size > 0)
			r = take_addition(choice, word, error);
		rest = span_slice(rest, comma + 1, rest.size);
	}
	return r;
}

static int check_once(const struct milter_mail *mail, struct error *error)
{
	for (enum milter_field field = 0; field < MILTER_FIELDS; field++) {
		if (mail->said_count[field] > 1)
			return error_set(error, MILTER_RULES_E_FIELD, "%s: stands there twice",
					 milter_field_names[field]);
		if (mail->said[field].error)
			return error_set(error, MILTER_RULES_E_FIELD, "%s: is too long",
					 milter_field_names[field]);
	}
	return 0;
}

static int fill(const struct milter_rules *rules, const struct milter_mail *mail,
		const struct sender *sender, struct milter_choice *choice, struct error *error)
{
	enum milter_field field = MILTER_CAMPAIGN;
	int r = check_once(mail, error);

	if (r != 0)
		return r;
	if (sender)
		buffer_append_span(&choice->campaign, sender->campaign);
	r = take_name(mail, field, &choice->campaign, error);
	if (r == 0)
		r = take_name(mail, field = MILTER_MAILING, &choice->mailing, error);
	if (r == 0) {
		field = MILTER_ADD;
		r = take_additions(mail, &rules->add, choice, error);
	}
	if (r > 0)
		error_prefix(error, "%s: ", milter_field_names[field]);
	return r == 0 ? choice->campaign.error : r;
}

int milter_rules_choose(const struct milter_rules *rules, const struct milter_mail *mail,
			struct milter_choice *ret_choice, struct error *error)
{
	const struct sender *sender = find_sender(rules, buffer_span(&mail->sender));
	struct milter_choice choice = {.utm = false};
	int r;

	if (!sender && mail->said_count[MILTER_CAMPAIGN] == 0)
		return MILTER_RULES_E_NONE;
	r = fill(rules, mail, sender, &choice, error);
	if (r == 0)
		*ret_choice = choice;
	else
		milter_choice_finish(&choice);
	return r;
}
