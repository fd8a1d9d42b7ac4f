/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /o/<token>.gif: the picture by which a mail tells that it was shown.
 *
 * Whatever is asked for below /o/ is that picture: no reader is to see a broken one, and whoever
 * tries tokens learns neither which are good nor what is kept of whom. Only a prefetch gets 503, as
 * everywhere, so that the mail asks again when it is shown.
 *
 * Whether the open is told of its reader is decided now and not when the mail was sent, since the
 * reader may have said no since: by the choice in their record, else by the default. Otherwise it
 * counts for the mailing, and nothing is made for the person.
 *
 * Opens give way to clicks like beacons: one mail on a page that many see asks without end.
 */
#include "base/cleanup.h"
#include "http/incident.h"
#include "public/public.h"
#include "public/visit_commit.h"
#include "public/visit_event.h"
#include "track/person_marks.h"

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	unsigned counter;
};

static enum handled send_answer(struct request *request, unsigned counter)
{
	if (counter == METRIC_REQUEST_OPEN_PREFETCH)
		return public_prefetched(request, counter);
	return public_picture(request, counter);
}

static enum handled send_kept(struct request *request)
{
	const struct answer *answer = request->state;

	return send_answer(request, answer->counter);
}

static bool open_token(struct request *request, struct token *ret_token)
{
	const struct span suffix = SPAN(".gif");
	size_t size = request->tail.size > suffix.size ? request->tail.size - suffix.size : 0;

	if (span_equal(span_slice(request->tail, size, suffix.size), suffix) &&
	    token_open(public_settings(request)->keyring, PURPOSE_OPEN, 0,
		       span_slice(request->tail, 0, size), ret_token) == 0)
		return true;
	visit_count_forged(request, PURPOSE_OPEN);
	return false;
}

/*
 * What the reader has chosen about opens; absent: nothing. Borrowed from *ret_record, if that is
 * set. What cannot be read may be a no.
 */
static struct span find_choice(const struct visit *visit, const struct prospect_id *prospect,
			       struct person_record **ret_record)
{
	struct request *request = visit->request;
	struct person row;
	int r = people_find(visit->app->store, prospect, &request->arena, &row);

	if (r == PEOPLE_E_NOT_FOUND)
		return span_of(NULL, 0);
	if (r == 0) {
		sodium_memzero(&row.key, sizeof(row.key));
		r = person_record_parse(row.fields, row.changed, ret_record);
	}
	if (r == 0)
		return person_record_opens(*ret_record);
	metrics_add(&visit->app->metrics, METRIC_PEOPLE_FAILED, 1);
	incident_report(request, LOG_LEVEL_ERROR, "people", 0,
			"people/ cannot be read: an open is recorded without its person");
	return SPAN("");
}

static void judge_consent(struct visit *visit, const struct prospect_id *prospect)
{
	struct person_record *record = NULL;

	visit_for_reader(visit, find_choice(visit, prospect, &record));
	person_record_free(record);
}

/* Return: 0; as visit_event_begin() and visit_event_add(). */
static int add_open(struct visit_event *builder, const struct token *token)
{
	int code = visit_event_begin(builder, builder->visit->type);

	if (code)
		return code;
	visit_event_id(builder, EVENT_FIELD_mailing, &token->mailing, sizeof(token->mailing));
	(void)visit_event_person(builder, &token->prospect);
	return visit_event_add(builder);
}

static enum handled take(struct visit *visit, const struct token *token, unsigned counter)
{
	struct request *request = visit->request;
	cleanup(visit_event_finish) struct visit_event builder;
	struct event_ticket *ticket;
	struct answer *answer;

	visit_event_init(&builder, visit);
	if (add_open(&builder, token) < 0)
		event_writer_count_lost(visit->app->writer);
	ticket = visit_event_take(&builder);
	if (!ticket)
		return send_answer(request, counter);
	answer = arena_alloc(&request->arena, sizeof(*answer));
	if (!answer) {
		visit_commit_late(request, ticket);
		return send_answer(request, counter);
	}
	answer->counter = counter;
	return visit_commit(request, ticket, &answer->commit, send_kept);
}

static unsigned counter_of(const struct visit *visit)
{
	if (visit->prefetch)
		return METRIC_REQUEST_OPEN_PREFETCH;
	return visit->head ? METRIC_REQUEST_OPEN_PROBE : METRIC_REQUEST_OPEN;
}

enum handled public_open(struct request *request)
{
	struct token token;
	struct visit visit;

	if (request->state)
		return visit_commit_again(request);
	if (!open_token(request, &token))
		return public_picture(request, METRIC_REQUEST_OPEN_FORGED);
	visit_init(&visit, request, EVENT_open);
	if (visit_is_left_out(&visit, visit.type) || visit_gives_way(&visit))
		return send_answer(request, counter_of(&visit));
	judge_consent(&visit, &token.prospect);
	return take(&visit, &token, counter_of(&visit));
}
