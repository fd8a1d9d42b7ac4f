/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the program count for themselves, copied into the metrics when somebody asks:
 * the writer's account, the store's sizes, the listeners' connections.
 *
 * Nobody has to remember to copy a figure when it changes: there is one moment for all of them,
 * just before the page is printed.
 */
#include "app/app.h"

#include "store/reader.h"

static void sample_listener(struct metrics *metrics, const struct listener *listener,
			    unsigned offset)
{
	struct listener_figures figures;

	if (!listener)
		return;
	listener_figures(listener, &figures);
	metrics_set(metrics, METRIC_CONNECTIONS_PUBLIC + offset, figures.connections);
	metrics_set(metrics, METRIC_ACCEPTED_PUBLIC + offset, figures.accepted);
	metrics_set(metrics, METRIC_TIMED_OUT_PUBLIC + offset, figures.timed_out);
	metrics_set(metrics, METRIC_CROWDED_PUBLIC + offset, figures.refused);
	metrics_set(metrics, METRIC_EVICTED_PUBLIC + offset, figures.evicted);
	metrics_set(metrics, METRIC_WAITING_PUBLIC + offset, figures.waiting);
}

static void sample_writer(struct metrics *metrics, struct event_writer *writer)
{
	struct event_account account;
	struct event_writer_figures figures;

	event_writer_account(writer, &account);
	metrics_set(metrics, METRIC_ACCOUNT_RECEIVED, account.received);
	metrics_set(metrics, METRIC_ACCOUNT_STORED, account.stored);
	metrics_set(metrics, METRIC_ACCOUNT_DROPPED, account.dropped);
	metrics_set(metrics, METRIC_ACCOUNT_REJECTED, account.rejected);
	metrics_set(metrics, METRIC_ACCOUNT_LOST, account.lost);
	metrics_set(metrics, METRIC_ACCOUNT_PENDING, account.pending);
	metrics_set(metrics, METRIC_ACCOUNT_LATE, account.late);
	event_writer_figures(writer, &figures);
	metrics->histograms[METRIC_HISTOGRAM_COMMIT_SECONDS] = figures.commit_times;
	metrics_set(metrics, METRIC_COMMITS, figures.commits);
	metrics_set(metrics, METRIC_COMMIT_USEC, figures.commit_usec);
	metrics_set(metrics, METRIC_COMMIT_FAILURES, figures.failures);
	metrics_set(metrics, METRIC_STORE_REOPENS, figures.reopens);
}

static void sample_store(struct metrics *metrics, struct store *store)
{
	struct store_status status;

	store_status(store, &status);
	metrics_set(metrics, METRIC_LAST_SEQUENCE, status.last_sequence);
	metrics_set(metrics, METRIC_STATE_POSITION, status.state_position);
	metrics_set(metrics, METRIC_BYTES_EVENTS, status.events_bytes);
	metrics_set(metrics, METRIC_BYTES_STATE, status.state_bytes);
	metrics_set(metrics, METRIC_BYTES_PEOPLE, status.people_bytes);
	metrics_set(metrics, METRIC_MAP_GROWTHS, status.map_growths);
	metrics_set(metrics, METRIC_READS_EVENTS, status.reads[STORE_EVENTS]);
	metrics_set(metrics, METRIC_READS_STATE, status.reads[STORE_STATE]);
	metrics_set(metrics, METRIC_READS_PEOPLE, status.reads[STORE_PEOPLE]);
	metrics_set(metrics, METRIC_DISK_LEVEL, status.disk);
	metrics_set(metrics, METRIC_DISK_FREE, status.disk_free_bytes);
	metrics_set(metrics, METRIC_FAILING_EVENTS, status.events_failing);
	metrics_set(metrics, METRIC_FAILING_STATE, status.state_failing);
	metrics_set(metrics, METRIC_FAILING_PEOPLE, status.people_failing);
	metrics_set(metrics, METRIC_DAMAGED_EVENTS, status.damaged[STORE_EVENTS]);
	metrics_set(metrics, METRIC_DAMAGED_STATE, status.damaged[STORE_STATE]);
	metrics_set(metrics, METRIC_DAMAGED_PEOPLE, status.damaged[STORE_PEOPLE]);
}

static void sample_mails(struct metrics *metrics, struct outbox *outbox)
{
	struct outbox_figures figures;

	outbox_figures(outbox, &figures);
	metrics_set(metrics, METRIC_MAILS_SENT, figures.sent);
	metrics_set(metrics, METRIC_MAILS_REFUSED, figures.refused);
	metrics_set(metrics, METRIC_MAILS_LOST, figures.lost);
	metrics_set(metrics, METRIC_MAILS_FAILED, figures.failures);
	metrics_set(metrics, METRIC_MAILS_WAITING, figures.waiting);
}

static void sample_retention(struct metrics *metrics, struct store *store)
{
	struct reader readers[READERS_MAX];
	struct store_status status;
	uint64_t lag = 0;
	size_t count;

	store_status(store, &status);
	metrics_set(metrics, METRIC_PRUNED, status.pruned);
	metrics_set(metrics, METRIC_PRUNED_THROUGH, status.pruned_through);
	metrics_set(metrics, METRIC_TOMBSTONES, status.tombstones);
	metrics_set(metrics, METRIC_RETENTION_BEHIND, status.retention_behind / USEC_PER_SEC);
	metrics_set(metrics, METRIC_READERS_PASSED, status.readers_passed_over);
	if (reader_list(store, readers, &count))
		return;
	for (size_t i = 0; i < count; i++)
		if (readers[i].position + lag < status.last_sequence)
			lag = status.last_sequence - readers[i].position;
	metrics_set(metrics, METRIC_READERS, count);
	metrics_set(metrics, METRIC_READER_LAG, lag);
}

void app_sample(struct app *app)
{
	sample_writer(&app->metrics, app->writer);
	sample_store(&app->metrics, app->store);
	sample_retention(&app->metrics, app->store);
	if (app->outbox)
		sample_mails(&app->metrics, app->outbox);
	metrics_set(&app->metrics, METRIC_ADDRESSES_FORGIVEN, app->admission.addresses.forgiven);
	metrics_set(&app->metrics, METRIC_SETTINGS, app->settings_alive);
	sample_listener(&app->metrics, app->public, 0);
	sample_listener(&app->metrics, app->admin, 1);
	sample_listener(&app->metrics, app->control, 2);
}
