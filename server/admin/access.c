/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask for what over TCP: a request shows a token (RFC 6750), and the token's scopes say
 * which operations it may ask for. The gate judges that before the body is read, so that nobody
 * else can make us keep one; the handler judges again, since a token may be revoked in between.
 *
 * Tokens are looked up in the settings in force, not in those under which the request began: one
 * that is revoked works no more once `waymark token revoke` is done.
 */
#include "admin/access.h"

enum { PATH_BYTES = 64, CHALLENGE_BYTES = 128 };

static const struct operation *operation_of(const struct request *request)
{
	char path[PATH_BYTES];

	if (request->path.size >= sizeof(path))
		return NULL;
	memcpy(path, request->path.data, request->path.size);
	path[request->path.size] = '\0';
	return operation_find(path);
}

static bool refuse(struct request *request, unsigned status, const char *sentence,
		   const char *challenge)
{
	(void)reply_json_error(request, METRIC_REQUEST_OPERATION_UNAUTHORISED, status, sentence);
	if (challenge)
		reply_header(request, "WWW-Authenticate", challenge);
	return false;
}

static bool refuse_scope(struct request *request, enum bearer_scope scope)
{
	const char *name = bearer_scope_text(scope);
	char sentence[CHALLENGE_BYTES], challenge[CHALLENGE_BYTES];

	(void)snprintf(sentence, sizeof(sentence), "this needs a token with the scope %s", name);
	(void)snprintf(challenge, sizeof(challenge),
		       "Bearer error=\"insufficient_scope\", scope=\"%s\"", name);
	return refuse(request, 403, sentence, challenge);
}

/* What stands behind "Bearer " in the Authorization header; absent when there is no such thing. */
static struct span shown_secret(const struct request *request)
{
	struct span value = request_value(request, HEADER_AUTHORIZATION);

	if (!span_starts_nocase(value, SPAN("Bearer ")))
		return (struct span){0};
	return span_trim(span_slice(value, 7, value.size));
}

bool admin_allows(struct request *request, const struct bearer **ret_bearer)
{
	static const char invalid[] = "Bearer error=\"invalid_token\"";
	const struct app *app = request->context;
	const struct operation *operation = operation_of(request);
	const struct span secret = shown_secret(request);
	int code;

	if (!secret.data)
		return refuse(request, 401,
			      "this needs a bearer token, which 'waymark token new' makes; or use "
			      "the command line",
			      "Bearer");
	code = bearer_find(app->settings->bearers, secret, clock_wall(), ret_bearer);
	if (code == BEARER_E_EXPIRED)
		return refuse(request, 401, "this token has expired", invalid);
	if (code)
		return refuse(request, 401, "this token is not known here, or it was revoked",
			      invalid);
	if (operation && !operation->scope)
		return refuse(request, 403, "no token may ask for this; use the command line",
			      NULL);
	if (operation && !((*ret_bearer)->scopes & operation->scope))
		return refuse_scope(request, operation->scope);
	return true;
}

bool admin_gate(struct request *request)
{
	const struct bearer *bearer;

	if (!span_starts(request->path, SPAN("/api/")) || request->method == METHOD_OPTIONS)
		return false;
	return !admin_allows(request, &bearer);
}
