/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link in a mail says whose mail it is, not who reads it, so a claim opens little and briefly: it
 * counts while it is fresh, and only as long as nobody else has ever turned up as that person. A
 * mail that was passed on thereby ends it for everybody, until somebody proves to be its owner. A
 * declaration by another browser ends it as well, although nobody has to own what they type: that
 * errs on the side of showing less.
 *
 * What a browser has sent itself tells it nothing new. It is shown as long as the browser is tied
 * to the person as whom it was sent: who logs in and then registers a colleague is shown their own
 * data. It comes before what is known of the person, which somebody else may have changed, but does
 * not open a field that only a proof does.
 */
#include "track/prefill.h"

static bool is_fresh(const struct prefill_situation *situation)
{
	return situation->claimed > 0 && situation->claimed <= situation->now &&
	       situation->now - situation->claimed <= PREFILL_CLAIM_MINUTES * 60 * USEC_PER_SEC;
}

void prefill_judge(const struct prefill_situation *situation, struct prefill_rights *ret_rights)
{
	bool known = situation->evidence != EVIDENCE_NONE;

	*ret_rights = (struct prefill_rights){
		.click = known && situation->only && is_fresh(situation),
		.own = known && situation->typed,
		.confirmed = situation->evidence == EVIDENCE_PROOF,
	};
}

enum prefill_source prefill_choose(const struct prefill_rights *rights, enum form_level level,
				   bool is_typed)
{
	if (level == FORM_LEVEL_NEVER)
		return PREFILL_NOTHING;
	if (is_typed && rights->own && (level != FORM_LEVEL_CONFIRMED || rights->confirmed))
		return PREFILL_TYPED;
	if (rights->confirmed || (rights->click && level == FORM_LEVEL_CLICK))
		return PREFILL_KNOWN;
	return PREFILL_NOTHING;
}

static bool is_choice(const struct form_field *field, struct span value)
{
	for (size_t i = 0; i < field->choice_count; i++)
		if (span_equal(value, span_text(field->choices[i].value)))
			return true;
	return false;
}

static bool are_choices(const struct form_field *field, struct span value)
{
	size_t at = 0;

	while (at <= value.size) {
		size_t end = span_find(value, ';', at);

		if (!is_choice(field, span_slice(value, at, end - at)))
			return false;
		at = end + 1;
	}
	return true;
}

static bool is_number(struct span value)
{
	for (size_t i = 0; i < value.size; i++)
		if (!value.data[i] || !strchr("0123456789+-.eE", value.data[i]))
			return false;
	return value.size > 0;
}

bool prefill_fits(const struct form_field *field, struct span value)
{
	if (field->choice_count > 0)
		return field->multiple ? are_choices(field, value) : is_choice(field, value);
	return field->type != FORM_TYPE_NUMBER || is_number(value);
}
