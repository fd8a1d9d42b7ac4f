/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A form's name is of characters that no browser escapes in a path, so it is compared as it came.
 * The tracker's own pages may post every form: the hosted one is among them.
 */
#include "public/form_request.h"

#include "app/app.h"
#include "app/forms.h"
#include "public/origin.h"

struct form *form_request_find(const struct request *request)
{
	struct form *form;

	return forms_find(request->context, request->tail, &form) == 0 ? form : NULL;
}

bool form_request_allows(struct request *request, const struct form *form,
			 const struct tracker *tracker)
{
	struct span origin = span_trim(request_value(request, HEADER_ORIGIN));

	if (!origin_allows(request, tracker))
		return false;
	if (form->site_count == 0 || span_equal(origin, span_text(tracker->origin)))
		return true;
	for (size_t i = 0; i < form->site_count; i++)
		if (span_equal(origin, span_text(form->sites[i])))
			return true;
	return false;
}

const char *form_request_home(const struct form *form, const struct tracker *tracker)
{
	return form->site_count > 0 ? form->sites[0] : tracker->sites[0];
}
