/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_FORM_REQUEST_H
#define WAYMARK_PUBLIC_FORM_REQUEST_H

#include "http/reply.h"
#include "track/form.h"
#include "track/tracker.h"

/* What /f/<form> and /p/<form> ask of a request in common. */

/* The form that the path names, with a reference; NULL: there is none, or it cannot be read. It may
 * be closed. */
struct form *form_request_find(const struct request *request);

/* As origin_allows(), where the form's own list of sites, if it has one, is kept to as well. */
bool form_request_allows(struct request *request, const struct form *form,
			 const struct tracker *tracker);

/* The first origin that may show the form. */
const char *form_request_home(const struct form *form, const struct tracker *tracker);

#endif
