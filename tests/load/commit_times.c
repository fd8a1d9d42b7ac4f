/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit_times ROUNDS COMMITS BATCH DATA_DIR...: what a group commit of BATCH clicks costs in each
 * of some logs. All are open at once, and the rounds go through them in turn, one straight after
 * the other, so that whatever else the machine and its disk do meets all of them alike. Each round
 * is COMMITS commits, and one line a log:
 *
 *   ROUND INDEX P50_USEC P99_USEC CPU_NSEC_PER_EVENT WRITTEN_BYTES_PER_COMMIT
 *
 * The time is the event writer's own, of what waymark_commit_seconds shows; the processor time is
 * of the whole process, and so are the bytes that it gave to write(), as the kernel counts them.
 */
#include "base/cleanup.h"
#include "crypto/keyring.h"
#include "log_click.h"
#include "store/event_writer.h"
#include "store/store.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LOGS_MAX = 8, BATCH_MAX = 4096 };

struct log {
	struct store *store;
	struct event_writer *writer;
	struct log_clicks clicks;
};

static int compare(const void *a, const void *b)
{
	usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t cpu_nsec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Not of the disk, but of pages: it is the same on any machine. 0 where the kernel does not say. */
static uint64_t written_bytes(void)
{
	cleanup_fclose FILE *file = fopen("/proc/self/io", "re");
	unsigned long long bytes = 0;

	if (!file || fscanf(file, "rchar: %*u\nwchar: %llu", &bytes) != 1)
		return 0;
	return bytes;
}

/* As the loop does: one ticket a click, one kick, and wait for all of them. */
static int commit(struct log *log, unsigned batch)
{
	struct pollfd wait = {.fd = event_writer_fd(log->writer), .events = POLLIN};
	struct event event;

	for (unsigned i = 0; i < batch; i++) {
		struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_CLICK);

		log_clicks_next(&log->clicks, clock_wall(), &event);
		if (!ticket || event_ticket_add(ticket, &event) ||
		    event_writer_append(log->writer, ticket))
			return 1;
	}
	event_writer_kick(log->writer);
	for (unsigned done = 0; done < batch;) {
		struct event_ticket *ticket;

		(void)poll(&wait, 1, -1);
		ticket = event_writer_take_done(log->writer);
		while (ticket) {
			struct event_ticket *next = ticket->next;

			if (ticket->outcome != EVENT_STORED)
				return 1;
			event_ticket_free(ticket);
			ticket = next;
			done++;
		}
	}
	return 0;
}

static int measure(struct log *log, unsigned round, unsigned index, unsigned commits,
		   unsigned batch)
{
	cleanup_free usec_t *times = calloc(commits, sizeof(*times));
	struct event_writer_figures before, after;
	uint64_t cpu, written;

	if (!times)
		return 1;
	written = written_bytes();
	cpu = cpu_nsec();
	for (unsigned i = 0; i < commits; i++) {
		event_writer_figures(log->writer, &before);
		if (commit(log, batch))
			return 1;
		event_writer_figures(log->writer, &after);
		times[i] = after.commit_usec - before.commit_usec;
	}
	cpu = cpu_nsec() - cpu;
	written = written_bytes() - written;
	qsort(times, commits, sizeof(*times), compare);
	(void)printf("%u %u %llu %llu %llu %llu\n", round, index,
		     (unsigned long long)times[commits / 2],
		     (unsigned long long)times[(size_t)commits * 99 / 100],
		     (unsigned long long)(cpu / ((uint64_t)commits * batch)),
		     (unsigned long long)(written / commits));
	return 0;
}

static int open_log(struct log *log, const char *data_dir)
{
	const struct store_options options = {.data_dir = data_dir,
					      .node = "n1",
					      .queue_clicks = 65536,
					      .queue_bulk = 64};
	struct error error = {""};

	if (log_clicks_init(&log->clicks, 1, 10000, 300, NULL, NULL))
		return 1;
	if (store_open(&options, &log->store, &error)) {
		(void)fprintf(stderr, "commit_times: %s\n", error.text);
		return 1;
	}
	log->writer = store_writer(log->store);
	return 0;
}

/* Every round begins with another log, so that none is always behind the same one. */
static int measure_all(struct log *logs, unsigned count, unsigned rounds, unsigned commits,
		       unsigned batch)
{
	for (unsigned round = 0; round < rounds; round++)
		for (unsigned i = 0; i < count; i++) {
			unsigned index = (round + i) % count;

			if (measure(&logs[index], round, index, commits, batch)) {
				(void)fprintf(stderr, "commit_times: a click was not stored\n");
				return 1;
			}
		}
	return 0;
}

int main(int count, char **texts)
{
	struct log logs[LOGS_MAX] = {0};
	unsigned log_count = 0, rounds, commits, batch;
	int r = 0;

	rounds = count > 4 ? (unsigned)atoi(texts[1]) : 0;
	commits = count > 4 ? (unsigned)atoi(texts[2]) : 0;
	batch = count > 4 ? (unsigned)atoi(texts[3]) : 0;
	if (!rounds || !commits || !batch || batch > BATCH_MAX || count > 4 + LOGS_MAX) {
		(void)fprintf(stderr, "usage: commit_times ROUNDS COMMITS BATCH DATA_DIR...\n");
		return 2;
	}
	r = crypto_init();
	for (int i = 4; i < count && !r; i++)
		r = open_log(&logs[log_count++], texts[i]);
	if (!r)
		r = measure_all(logs, log_count, rounds, commits, batch);
	for (unsigned i = 0; i < log_count; i++) {
		store_close(logs[i].store);
		log_clicks_finish(&logs[i].clicks);
	}
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
