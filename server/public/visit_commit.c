/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a ticket to an answer. A handler that has queued its events returns without an answer and is
 * called again until its commit is done or its time is up; nothing here depends on what the answer
 * is. An answer never fails because of storage: lost events are told to the log, and the answer
 * that was decided first leaves.
 */
#include "public/visit_commit.h"

#include "http/incident.h"

enum handled visit_commit_again(struct request *request)
{
	struct app *app = request->context;
	struct visit_commit *commit = request->state;

	switch (commit_wait_poll(&commit->wait, app->writer, app->now)) {
	case COMMIT_PENDING:
		return WAITING;
	case COMMIT_LOST:
		incident_report(request, LOG_LEVEL_WARNING, "event_lost", 0,
				"the writer cannot take the event of a request");
		break;
	case COMMIT_STORED:
	case COMMIT_LATE:
		break;
	}
	return commit->answer(request);
}

enum handled visit_commit(struct request *request, struct event_ticket *ticket,
			  struct visit_commit *commit,
			  enum handled (*answer)(struct request *request))
{
	struct app *app = request->context;

	commit->answer = answer;
	request->state = commit;
	commit_wait_start(&commit->wait, &app->clicks, app->writer, ticket, app->now);
	return visit_commit_again(request);
}

void visit_commit_late(struct request *request, struct event_ticket *ticket)
{
	struct app *app = request->context;

	if (event_writer_append(app->writer, ticket) != 0)
		event_ticket_free(ticket);
	else
		event_ticket_answered_late(app->writer, ticket);
}
