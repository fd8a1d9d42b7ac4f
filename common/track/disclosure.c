/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys privacy.* are for people to read, and two of them become links: those must be what they
 * say, since a link of another scheme on our own origin would be a script of ours. An e-mail
 * address that would mean something else behind "mailto:" is refused, too.
 */
#include "track/disclosure.h"

#include "crypto/id.h"

bool disclosure_is_web(const char *text)
{
	struct url url;

	return url_parse(span_text(text), &url) == 0;
}

static bool is_mail(const char *text)
{
	cleanup_buffer struct buffer normal = BUFFER_INIT;

	return strpbrk(text, "?&%#<>\"") == NULL &&
	       id_normalise_address(span_text(text), &normal) == 0;
}

int disclosure_check(const struct config *config, struct error *error)
{
	const char *contact = config->privacy_contact, *policy = config->privacy_policy;

	if (*contact && !disclosure_is_web(contact) && !is_mail(contact))
		return config_error(config, error, "privacy.contact",
				    "\"%s\" is neither an e-mail address nor an http or https "
				    "address",
				    contact);
	if (*policy && !disclosure_is_web(policy))
		return config_error(config, error, "privacy.policy",
				    "\"%s\" is not an http or https address; write it like "
				    "https://www.example.com/privacy",
				    policy);
	return 0;
}

const char *disclosure_operator(const struct config *config, const struct tracker *tracker)
{
	const char *scheme_end = strstr(tracker->sites[0], "://");

	if (*config->privacy_operator)
		return config->privacy_operator;
	return scheme_end ? scheme_end + 3 : tracker->sites[0];
}
