/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of each link when a message is tracked. The order of the questions matters: our own
 * links come before merge tags, because a two-part link holds one, and before everything that would
 * track a tracked link. A token of another person is an error of the whole message: it would credit
 * one reader's clicks to another, and whoever sends such a mail has mixed up two recipients.
 *
 * The link id is taken over what Location will be, so that one destination is one link wherever it
 * stands in the message and however it is spelled. A destination that holds an e-mail address never
 * enters state/: it travels inside the link itself (/u/), which only its reader has.
 */
#include "base/cleanup.h"
#include "track/mail_segment.h"
#include "track/rewrite_extras.h"
#include "track/rewrite_merge.h"

#include <errno.h>

enum { UTM_MAX_BYTES = 512 };

static const char why_long[] =
	"the address holds an e-mail address and is too long for a self-contained link";
static const char why_field_address[] =
	"the address holds an e-mail address, and a link with a merge field cannot contain it";
static const char why_label_address[] =
	"its data-track holds an e-mail address, which must not enter the store";

int rewrite_fail_foreign(struct rewrite_pass *pass, size_t line, const char *place)
{
	return error_set(pass->error, REWRITE_E_FOREIGN_TOKEN,
			 "line %zu (%s): this link is already tracked for another person; take the "
			 "tracking out with --strip and rewrite again",
			 line, place);
}

const struct prospect_id *rewrite_person_of(const struct rewrite_explained *explained)
{
	const struct prospect_id *id = &explained->token.prospect;

	if (explained->has_second)
		id = explained->second_valid ? &explained->second.prospect : NULL;
	return id && !id_is_zero(id, sizeof(*id)) ? id : NULL;
}

static int keep_ours(struct rewrite_pass *pass, const struct rewrite_site *site,
		     const struct rewrite_explained *explained, struct rewrite_link *link)
{
	link->outcome = REWRITE_OURS;
	link->tracked = site->url;
	if (explained->purpose == PURPOSE_CLICK || explained->purpose == PURPOSE_LINK_PART)
		link->id = explained->token.link;
	if (explained->purpose != PURPOSE_SELF_CONTAINED)
		return 0;
	link->destination = arena_copy(&pass->template->arena, explained->token.url);
	return link->destination.data ? 0 : -ENOMEM;
}

static int decide_ours(struct rewrite_pass *pass, struct rewrite_site *site,
		       struct rewrite_link *link)
{
	const struct rewrite_options *options = pass->options;
	struct rewrite_explained explained;
	const struct prospect_id *person;
	size_t size;
	int r = rewrite_explain(options->trackers, options->keyring, site->url, &explained, NULL);

	if (r == REWRITE_E_NOT_OURS)
		return rewrite_leave(link, "an address of the tracker itself");
	if (r == REWRITE_E_FORGED && url_has_merge_tag(site->url))
		return rewrite_leave(link, "an address of the tracker that a mailer completes");
	if (r == REWRITE_E_FORGED)
		return rewrite_leave_notable(link, "our address, but its token does not verify");
	if (r != 0)
		return r;
	person = rewrite_person_of(&explained);
	if (person &&
	    (!options->has_prospect || memcmp(person, &options->prospect, sizeof(*person)) != 0))
		return options->lenient
			       ? rewrite_leave_notable(link, "tracked for another person already")
			       : rewrite_fail_foreign(pass, link->line, link->place);
	if (explained.has_second && !explained.second_valid &&
	    !rewrite_has_field(pass, site, &size))
		return rewrite_leave_notable(link, "already tracked, for another merge field");
	return keep_ours(pass, site, &explained, link);
}

/* Whether the value needs quotes around it in HTML if it has none (HTML Standard 13.1.2.3). */
static bool needs_quotes(struct span value)
{
	for (size_t i = 0; i < value.size; i++)
		if (value.data[i] <= ' ' || strchr("\"'=<>`", value.data[i]))
			return true;
	return false;
}

static int write_tracked(struct rewrite_pass *pass, struct rewrite_site *site,
			 const struct rewrite_slot *slot, const struct buffer *url,
			 struct rewrite_link *link)
{
	cleanup_buffer struct buffer quoted = BUFFER_INIT;

	link->tracked = rewrite_keep(pass, url);
	if (!link->tracked.data)
		return -ENOMEM;
	site->written = link->tracked;
	site->slot = *slot;
	if (site->html && site->quote == 0 && needs_quotes(link->tracked)) {
		buffer_append_byte(&quoted, '"');
		buffer_append_span(&quoted, link->tracked);
		buffer_append_byte(&quoted, '"');
		site->written = rewrite_keep(pass, &quoted);
		site->slot.at++;
	}
	return site->written.data ? 0 : -ENOMEM;
}

int rewrite_append_url(const struct rewrite_pass *pass, struct rewrite_slot *slot,
		       struct buffer *to)
{
	static const char *const paths[] = {
		[PURPOSE_CLICK] = "/c/",	  [PURPOSE_LINK_PART] = "/c/",
		[PURPOSE_SELF_CONTAINED] = "/u/", [PURPOSE_OPEN] = "/o/",
		[PURPOSE_SUBSCRIPTION] = "/s/",
	};
	char text[TOKEN_MAX_CHARS + 1];

	if (rewrite_mint(pass->template, slot, &pass->options->prospect, text) != 0)
		return -EINVAL;
	buffer_append_text(to, pass->options->tracker->origin);
	buffer_append_text(to, paths[slot->purpose]);
	slot->at = to->size;
	slot->size = strlen(text);
	buffer_append_text(to, text);
	return 0;
}

static int track_self_contained(struct rewrite_pass *pass, struct rewrite_site *site,
				struct rewrite_link *link)
{
	cleanup_buffer struct buffer url = BUFFER_INIT;
	struct rewrite_slot slot = {.purpose = PURPOSE_SELF_CONTAINED, .url = link->destination};

	if (rewrite_append_url(pass, &slot, &url) != 0)
		return -EINVAL;
	link->outcome = REWRITE_TRACKED_SELF_CONTAINED;
	return write_tracked(pass, site, &slot, &url, link);
}

static int track_by_id(struct rewrite_pass *pass, struct rewrite_site *site,
		       struct rewrite_link *link)
{
	const struct rewrite_options *options = pass->options;
	cleanup_buffer struct buffer url = BUFFER_INIT;
	struct rewrite_slot slot = {
		.purpose = options->has_prospect ? PURPOSE_CLICK : PURPOSE_LINK_PART,
	};

	id_of_link(options->keyring, pass->mailing, pass->campaign, link->label, link->destination,
		   &link->id);
	slot.link = link->id;
	if (rewrite_append_url(pass, &slot, &url) != 0)
		return -EINVAL;
	link->outcome = REWRITE_TRACKED;
	if (!options->has_prospect) {
		buffer_append_byte(&url, '/');
		buffer_append_span(&url, options->field);
	}
	return write_tracked(pass, site, &slot, &url, link);
}

/* What the mailer's reader sees as a foreign site's URL, and finds to lead to the tracker. */
static const char *anchor_warning(const struct rewrite_pass *pass, struct span anchor)
{
	char origin[URL_HOST_MAX_BYTES + 16];
	const char *domain, *ours;
	struct url shown, tracker;

	anchor = span_trim(anchor);
	if (!span_starts_nocase(anchor, SPAN("http://")) &&
	    !span_starts_nocase(anchor, SPAN("https://")))
		return NULL;
	if (span_find(anchor, '<', 0) < anchor.size || url_parse(anchor, &shown) != 0 ||
	    url_parse(span_text(pass->options->tracker->origin), &tracker) != 0)
		return NULL;
	domain = url_registrable_domain(shown.host, shown.host_is_address);
	ours = url_registrable_domain(tracker.host, tracker.host_is_address);
	url_origin(&shown, origin);
	if (domain && ours ? strcmp(domain, ours) == 0
			   : strcmp(origin, pass->options->tracker->origin) == 0)
		return NULL;
	return "its text shows a URL of another domain, which mail programs may flag as phishing";
}

static bool is_listed(const struct tracker_set *trackers, const struct url *url)
{
	char origin[URL_HOST_MAX_BYTES + 16];

	url_origin(url, origin);
	for (size_t i = 0; i < trackers->count; i++)
		for (size_t j = 0; j < trackers->trackers[i].site_count; j++)
			if (strcmp(trackers->trackers[i].sites[j], origin) == 0)
				return true;
	return false;
}

/* Only onto pages of the owner's, who knows what their site does with names it never asked for. */
void rewrite_append_utm(const struct rewrite_pass *pass, struct span url, struct buffer *to)
{
	struct url parsed;
	size_t start = to->size;

	if (pass->options->utm.size > 0 && !url_is_signed(url) && url_parse(url, &parsed) == 0 &&
	    is_listed(pass->options->trackers, &parsed)) {
		(void)url_append_query(url, pass->options->utm, to);
		if (to->error || to->size - start <= URL_MAX_BYTES)
			return;
		to->size = start;
	}
	buffer_append_span(to, url);
}

static int add_utm(struct rewrite_pass *pass, struct rewrite_link *link)
{
	cleanup_buffer struct buffer with = BUFFER_INIT;

	if (pass->options->utm.size == 0)
		return 0;
	rewrite_append_utm(pass, link->destination, &with);
	link->destination = rewrite_keep(pass, &with);
	return link->destination.data ? 0 : -ENOMEM;
}

static int track(struct rewrite_pass *pass, struct rewrite_site *site, struct rewrite_link *link)
{
	const struct rewrite_options *options = pass->options;
	int r = add_utm(pass, link);
	bool with_address = url_holds_address(link->destination);
	bool fits = link->destination.size <= TOKEN_URL_MAX_BYTES;

	if (r != 0)
		return r;
	if (with_address && (!fits || !options->has_prospect)) {
		link->destination = (struct span){.data = NULL};
		return rewrite_leave_notable(link, fits ? why_field_address : why_long);
	}
	if (url_holds_address(link->label))
		return rewrite_leave_notable(link, why_label_address);
	if (site->html)
		link->warning = anchor_warning(pass, site->anchor);
	if (with_address || (options->self_contained && fits))
		return track_self_contained(pass, site, link);
	return track_by_id(pass, site, link);
}

/* A scheme of its own, a fragment or a relative reference is nothing that a redirect could do. */
int rewrite_leave_refused(struct rewrite_link *link, enum url_refusal refusal)
{
	switch (refusal) {
	case URL_OK:
	case URL_EMPTY:
	case URL_FRAGMENT:
	case URL_RELATIVE:
	case URL_SCHEME:
		return rewrite_leave(link, url_refusal_text(refusal));
	case URL_HOST:
	case URL_PORT:
	case URL_TOO_LONG:
	case URL_CHARSET:
		break;
	}
	return rewrite_leave_notable(link, url_refusal_text(refusal));
}

int rewrite_decide_tracking(struct rewrite_pass *pass, struct rewrite_site *site,
			    struct rewrite_link *link)
{
	cleanup_buffer struct buffer location = BUFFER_INIT;
	enum url_refusal refusal = URL_OK;
	enum url_class class;
	bool merged = false;
	int r;

	if (!site->readable)
		return rewrite_leave_notable(link, url_refusal_text(URL_CHARSET));
	if (tracker_of_url(pass->options->trackers, site->url))
		return decide_ours(pass, site, link);
	if (site->notrack)
		return rewrite_leave(link, "marked data-notrack");
	if (pass->options->unsubscribe && span_equal(span_trim(site->url), SPAN(EXTRA_PLACEHOLDER)))
		return rewrite_leave(link, "becomes the address of the subscription page");
	r = rewrite_merge_link(pass, site, link, &merged);
	if (r != 0 || merged)
		return r;
	if (url_has_merge_tag(site->url))
		return rewrite_leave_notable(link, "holds a merge tag of a mailer");
	class = url_classify(site->url, site->utf8, &location, &refusal);
	if (location.error)
		return location.error;
	if (class == URL_NONE)
		return rewrite_leave_refused(link, refusal);
	if (!site->label_valid)
		return rewrite_leave_notable(
			link, "its data-track is not 1 to 255 bytes of UTF-8 without "
			      "controls");
	link->destination = class == URL_EXACT ? site->url : rewrite_keep(pass, &location);
	return link->destination.data ? track(pass, site, link) : -ENOMEM;
}

static int check_name(struct error *error, const char *what, struct span name)
{
	if (name.size == 0)
		return 0;
	if (url_holds_address(name))
		return error_set(error, REWRITE_E_OPTIONS,
				 "the %s's name holds an e-mail address, which must not enter the "
				 "store",
				 what);
	if (id_check_name(name) == 0)
		return 0;
	return error_set(error, REWRITE_E_OPTIONS,
			 "the %s's name is not 1 to %d bytes of UTF-8 without controls", what,
			 ID_NAME_MAX_BYTES);
}

/*
 * A merge field goes into the message as it is, because the mailer looks for exactly these bytes.
 * What would end an attribute, start a reference or break a line is therefore refused.
 */
int rewrite_check_field(struct span field, struct error *error)
{
	for (size_t i = 0; i < field.size; i++)
		if (field.data[i] < ' ' || field.data[i] >= 0x7F || strchr("\"'&", field.data[i]))
			return error_set(error, REWRITE_E_OPTIONS,
					 "--field must be a merge field of printable ASCII without "
					 "quotes and without '&'");
	return 0;
}

/* What goes into a query as it is. */
static int check_utm(struct error *error, struct span utm)
{
	for (size_t i = 0; i < utm.size; i++)
		if (utm.data[i] <= ' ' || utm.data[i] >= 0x7F ||
		    strchr("\"'<>#\\^`{|}", utm.data[i]))
			return error_set(error, REWRITE_E_OPTIONS,
					 "--utm must be the part of a URL behind its '?', as in "
					 "utm_source=news&utm_medium=email");
	if (utm.size > UTM_MAX_BYTES)
		return error_set(error, REWRITE_E_OPTIONS, "--utm takes at most %d bytes",
				 UTM_MAX_BYTES);
	return 0;
}

int rewrite_check_options(const struct rewrite_options *options, struct error *error)
{
	int r;

	if (options->has_prospect == (options->field.size > 0))
		return error_set(
			error, REWRITE_E_OPTIONS,
			options->has_prospect
				? "--to and --field exclude each other: a message is for one "
				  "person, or for a mailer that fills in each person"
				: "say for whom the links are: --to EMAIL for one person, or "
				  "--field TEXT for a mailer's merge field");
	if (options->self_contained && !options->has_prospect)
		return error_set(error, REWRITE_E_OPTIONS,
				 "--self-contained needs --to: such a link holds the person, and a "
				 "merge field cannot");
	if ((options->open_pixel || options->unsubscribe) && !options->has_prospect)
		return error_set(
			error, REWRITE_E_OPTIONS,
			"--open-pixel and --unsubscribe need --to: their addresses hold the "
			"person, and a merge field cannot");
	r = check_name(error, "campaign", options->campaign);
	if (r == 0)
		r = check_name(error, "mailing", options->mailing);
	if (r == 0)
		r = check_name(error, "list", options->list);
	if (r == 0)
		r = check_utm(error, options->utm);
	return r == 0 ? rewrite_check_field(options->field, error) : r;
}
