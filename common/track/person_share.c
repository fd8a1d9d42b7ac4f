/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule that says which records of the CRM take part.
 */
#include "track/person_share.h"

#include "track/person_marks.h"

bool person_share_is_on(const struct config *config)
{
	return config->crm_share_field[0] != '\0';
}

bool person_share_says(const struct config *config, struct span value)
{
	return span_equal_nocase(span_trim(value), span_text(config->crm_share_value));
}

bool person_is_shared(const struct config *config, const struct person_record *record)
{
	struct person_value value;

	return !person_share_is_on(config) ||
	       (person_record_find(record, span_text(config->crm_share_field), &value) &&
		person_share_says(config, value.value));
}

bool person_may_be_delivered(const struct config *config, const struct person_record *record)
{
	struct person_value value;

	if (person_is_shared(config, record))
		return true;
	return person_record_external(record, PERSON_EXTERNAL_salesforce_lead).size == 0 &&
	       person_record_external(record, PERSON_EXTERNAL_salesforce_contact).size == 0 &&
	       !person_record_find(record, span_text(config->crm_share_field), &value);
}
