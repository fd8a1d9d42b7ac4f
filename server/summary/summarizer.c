/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a run begins, and what it then does over and over.
 *
 * Whether they go on with the log as it is says continuity.h; where they do not they are made anew.
 * A rebuild of what goes on with its log takes over what is frozen of such totals (freeze.h), once
 * no fact is left of what the log has lost.
 *
 * The time as of which verdicts are settled never goes back, whatever the clock does, since what
 * was settled may already have been delivered.
 */
#include "summary/summarizer.h"

#include "base/cleanup.h"
#include "store/event_reader.h"
#include "store/event_walk.h"
#include "summary/apply.h"
#include "summary/bulk.h"
#include "summary/continuity.h"
#include "summary/due.h"
#include "summary/expiry.h"
#include "summary/refold.h"
#include "summary/text_sweep.h"

#include <errno.h>

/* Of take_event(), beside what reading the log returns itself. */
enum { E_BATCH_ENDS = 64, E_GAP = 65 };
enum { BATCH_FACTS = 32768, BATCH_EVENTS = 131072, KEEP_AS_OF_S = 60, MIB = 1 << 20 };

struct summarizer {
	struct summarizer_options options;
	int lock;
	struct summary_env *env;
	struct text_ids *texts;
	struct event_walk *walk;
	struct intake *intake;
	struct unit_fold *fold;
	struct tally *tally;
	struct apply *apply;
	struct expiry *expiry;
	struct summarizer_status status;
	uint64_t limit; /* of the batch: state/ is here */
	uint64_t batch; /* events in it */
	uint64_t last;	/* its last */
	usec_t kept;	/* as_of, as it is on disk */
};

static size_t memory_of(const struct summarizer *summarizer)
{
	return (size_t)summarizer->options.app->config->summary_cache_mib * MIB;
}

static int fail(const struct summarizer *summarizer, int code, struct error *error)
{
	const char *data_dir = summarizer->options.app->config->data_dir;

	if (code == -EBADMSG)
		return error_set(error, SUMMARIZER_E_FAILED,
				 "%s/summary: cannot be read; waymark summarize --rebuild makes it "
				 "anew from the log",
				 data_dir);
	return error_set(error, SUMMARIZER_E_FAILED, "%s/summary: %s", data_dir, strerror(-code));
}

static void hold(const struct summarizer *summarizer, uint64_t position)
{
	if (summarizer->options.hold)
		summarizer->options.hold(summarizer->options.hold_context, position);
}

/* @carry: what is frozen in the summaries that are there. */
static int build(struct summarizer *summarizer, bool carry, struct error *error)
{
	struct bulk_options options = {
		.app = summarizer->options.app,
		.fold = summarizer->fold,
		.tally = summarizer->tally,
		.carry = carry ? summarizer->env : NULL,
		.as_of = summarizer->status.as_of,
		.memory_bytes = memory_of(summarizer),
		.stop = summarizer->options.stop,
	};
	int r;

	hold(summarizer, 0);
	r = bulk_run(&options, &summarizer->status.events, error);
	summary_env_close(summarizer->env);
	summarizer->env = NULL;
	if (r)
		return r == BULK_E_STOPPED ? SUMMARIZER_E_STOPPED : SUMMARIZER_E_FAILED;
	summarizer->status.whole_log = true;
	return 0;
}

static int check_as_of(struct summarizer *summarizer, uint64_t before, struct error *error)
{
	char text[CLOCK_TEXT_BYTES];

	if (summarizer->options.as_of && summarizer->options.as_of < before) {
		clock_format(before, text);
		return error_set(error, SUMMARIZER_E_FAILED,
				 "--as-of: the summaries are as of %s already; a later time, or "
				 "--rebuild",
				 text);
	}
	if (summarizer->status.as_of < before)
		summarizer->status.as_of = before;
	return 0;
}

static int open_env(struct summarizer *summarizer, struct error *error)
{
	return summary_env_open(summarizer->options.app->config->data_dir, "summary", true,
				&summarizer->env, error);
}

/* To the end, as the log is now. */
static int expire_all(struct summarizer *summarizer, struct error *error)
{
	struct event_reader_retained retained;
	bool more = true;
	int r = event_reader_retained(summarizer->options.app->store, &retained);

	if (!r)
		r = expiry_new(summarizer->env, summarizer->fold, summarizer->tally,
			       &summarizer->expiry);
	while (!r && more) {
		if (summarizer->options.stop && summarizer->options.stop())
			return SUMMARIZER_E_STOPPED;
		r = expiry_step(summarizer->expiry, &retained, summarizer->status.as_of, true,
				&more);
	}
	expiry_free(summarizer->expiry);
	summarizer->expiry = NULL;
	return r ? fail(summarizer, r, error) : 0;
}

/*
 * Anew, but for what the log cannot tell any more. Nothing may be lost from it while that is
 * frozen and the rest is read.
 */
static int rebuild(struct summarizer *summarizer, struct error *error)
{
	struct continuity_header header = {.rules = "", .log = SPAN("")};
	int r;

	hold(summarizer, 0);
	r = expire_all(summarizer, error);
	if (r)
		return r;
	r = summary_env_read(summarizer->env, continuity_read_header, &header);
	return r ? fail(summarizer, r, error) : build(summarizer, header.frozen, error);
}

/* By the rules as they are now. */
static int fold_again(struct summarizer *summarizer, struct error *error)
{
	int r = refold(summarizer->env, summarizer->fold, summarizer->tally,
		       summarizer->status.as_of, memory_of(summarizer) / 4);

	summarizer->status.refolded = r == 0;
	return r ? fail(summarizer, r, error) : 0;
}

/* With the summaries as they are, or anew. */
static int open_summary(struct summarizer *summarizer, struct error *error)
{
	cleanup_buffer struct buffer log = BUFFER_INIT;
	struct continuity_header header = {.rules = unit_fold_rules(summarizer->fold)};
	const char *data_dir = summarizer->options.app->config->data_dir, *why;
	struct continuity_log state;
	int r = continuity_read_log(summarizer->options.app->store, &state, &log, error);

	if (r)
		return r;
	header.log = buffer_span(&log);
	r = open_env(summarizer, error);
	/* Of what cannot be read nothing is lost. */
	if (r)
		return r == SUMMARY_ENV_E_DAMAGED && summarizer->options.rebuild
			       ? build(summarizer, false, error)
			       : r;
	r = summary_env_read(summarizer->env, continuity_read_header, &header);
	if (r && !summarizer->options.rebuild)
		return fail(summarizer, r, error);
	why = continuity_break(&header, &state);
	if (why) {
		r = continuity_check_whole(data_dir, &header, &state, why, error);
		return r ? r : build(summarizer, false, error);
	}
	if (summarizer->options.rebuild)
		return rebuild(summarizer, error);
	r = check_as_of(summarizer, header.as_of, error);
	if (r || !header.other_rules)
		return r;
	return fold_again(summarizer, error);
}

static int open_parts(struct summarizer *summarizer, struct error *error)
{
	const struct tracker_set *trackers = summarizer->options.app->trackers;
	struct continuity_header header = {.rules = "", .log = SPAN("")};
	int r = summarizer->env ? 0 : open_env(summarizer, error);

	if (r)
		return r;
	r = summary_env_read(summarizer->env, continuity_read_header, &header);
	summarizer->status.position = header.position;
	summarizer->kept = header.as_of;
	if (!r)
		r = text_ids_open(summarizer->env, memory_of(summarizer) / 2, &summarizer->texts);
	if (!r)
		r = event_walk_new(summarizer->options.app->store, &summarizer->walk);
	if (!r)
		r = intake_new(trackers, summarizer->texts, &summarizer->intake);
	if (!r)
		r = apply_new(summarizer->env, summarizer->texts, summarizer->fold,
			      summarizer->tally, &summarizer->apply);
	if (!r)
		r = expiry_new(summarizer->env, summarizer->fold, summarizer->tally,
			       &summarizer->expiry);
	hold(summarizer, summarizer->status.position);
	return r ? fail(summarizer, r, error) : 0;
}

static void close_parts(struct summarizer *summarizer)
{
	expiry_free(summarizer->expiry);
	summarizer->expiry = NULL;
	apply_free(summarizer->apply);
	summarizer->apply = NULL;
	intake_free(summarizer->intake);
	summarizer->intake = NULL;
	event_walk_free(summarizer->walk);
	summarizer->walk = NULL;
	text_ids_close(summarizer->texts);
	summarizer->texts = NULL;
}

static int read_rules(const struct summarizer *summarizer, const struct config *config,
		      struct unit_fold **ret_fold, struct error *error)
{
	struct fold_sink sink = {.count = tally_count,
				 .expect = tally_expect,
				 .context = summarizer->tally};

	return unit_fold_new(config, &sink, ret_fold, error);
}

int summarizer_open(const struct summarizer_options *options, struct summarizer **ret_summarizer,
		    struct error *error)
{
	const struct config *config = options->app->config;
	struct summarizer *summarizer = calloc(1, sizeof(*summarizer));
	int r;

	if (!summarizer)
		return error_set(error, SUMMARIZER_E_FAILED, "out of memory");
	summarizer->options = *options;
	summarizer->lock = -1;
	summarizer->status.as_of = options->as_of ? options->as_of : clock_wall();
	r = summary_env_lock(config->data_dir, &summarizer->lock, error);
	if (r) {
		summarizer_close(summarizer);
		return r == SUMMARY_ENV_E_LOCKED ? SUMMARIZER_E_LOCKED : SUMMARIZER_E_FAILED;
	}
	r = tally_new(&summarizer->tally);
	if (!r)
		r = read_rules(summarizer, config, &summarizer->fold, error);
	if (!r)
		r = open_summary(summarizer, error);
	if (!r)
		r = open_parts(summarizer, error);
	if (r) {
		summarizer_close(summarizer);
		return r == SUMMARIZER_E_STOPPED ? r : SUMMARIZER_E_FAILED;
	}
	*ret_summarizer = summarizer;
	return 0;
}

void summarizer_close(struct summarizer *summarizer)
{
	if (!summarizer)
		return;
	close_parts(summarizer);
	unit_fold_free(summarizer->fold);
	tally_free(summarizer->tally);
	summary_env_close(summarizer->env);
	if (summarizer->lock >= 0)
		(void)close(summarizer->lock);
	free(summarizer);
}

/* Nonzero where the batch ends. */
static int take_event(void *context, const struct event *event,
		      const struct event_walk_numbers *numbers)
{
	struct summarizer *summarizer = context;
	struct intake_result result;
	int r;

	if (event->sequence > summarizer->limit || summarizer->batch >= BATCH_EVENTS ||
	    apply_size(summarizer->apply) >= BATCH_FACTS)
		return E_BATCH_ENDS;
	if (event->sequence != summarizer->last + 1)
		return E_GAP;
	r = intake_take(summarizer->intake, event, numbers, &result);
	if (!r)
		r = apply_add(summarizer->apply, event, &result);
	if (r)
		return r;
	/* Of what it was nothing is left to count. */
	if (event->type == EVENT_erase && !event->fields[EVENT_FIELD_prospect].data)
		summarizer->status.emptied++;
	summarizer->batch++;
	summarizer->last = event->sequence;
	return 0;
}

static int read_batch(struct summarizer *summarizer, struct error *error)
{
	uint64_t last;
	int r;

	summarizer->batch = 0;
	summarizer->last = summarizer->status.position;
	r = event_walk_each(summarizer->walk, summarizer->status.position, take_event, summarizer,
			    &last);
	if (r == E_BATCH_ENDS || last > summarizer->limit)
		return 0;
	if (r == E_GAP)
		return error_set(error, SUMMARIZER_E_FAILED,
				 "events %llu to %llu are not in the log any more, and were not "
				 "summarized; what was before stays as it is",
				 (unsigned long long)summarizer->last + 1,
				 (unsigned long long)last - 1);
	if (r > 0)
		return error_set(error, SUMMARIZER_E_FAILED, "event %llu cannot be read",
				 (unsigned long long)last + 1);
	return r ? error_set(error, SUMMARIZER_E_FAILED, "the log cannot be read: %s", strerror(-r))
		 : 0;
}

static void tick(struct summarizer *summarizer)
{
	usec_t now = summarizer->options.as_of ? summarizer->options.as_of : clock_wall();

	if (now > summarizer->status.as_of)
		summarizer->status.as_of = now;
}

/* A slice of what the log has lost, once a day. */
static int expire(struct summarizer *summarizer, bool *ret_more)
{
	struct event_reader_retained retained;
	int r = event_reader_retained(summarizer->options.app->store, &retained);

	if (!r)
		r = expiry_step(summarizer->expiry, &retained, summarizer->status.as_of, false,
				ret_more);
	return r;
}

/* The batch that was read, and what is due. */
static int take_batch(struct summarizer *summarizer, bool *ret_more)
{
	struct summarizer_status *status = &summarizer->status;
	struct apply_goal goal = {summarizer->last, status->as_of,
				  !summarizer->options.follow &&
					  summarizer->last >= summarizer->limit};
	int r = apply_run(summarizer->apply, summarizer->options.app->store, &goal);

	if (r)
		return r;
	summarizer->kept = status->as_of;
	status->events += summarizer->batch;
	status->position = summarizer->last;
	status->next_due = due_next(summarizer->env);
	*ret_more = status->position < summarizer->limit ||
		    (status->next_due && status->next_due <= status->as_of) ||
		    (goal.whole && due_any_partial(summarizer->env));
	return 0;
}

/* Is there anything to do but to expire? */
static bool is_idle(struct summarizer *summarizer)
{
	struct summarizer_status *status = &summarizer->status;
	usec_t keep = summarizer->options.follow ? KEEP_AS_OF_S * USEC_PER_SEC : 1;

	status->next_due = due_next(summarizer->env);
	return summarizer->batch == 0 && !(status->next_due && status->next_due <= status->as_of) &&
	       status->as_of - summarizer->kept < keep &&
	       (summarizer->options.follow || !due_any_partial(summarizer->env));
}

/* Texts that nothing names any more; then nobody may remember their numbers. */
static int sweep(struct summarizer *summarizer, struct error *error)
{
	usec_t as_of = summarizer->status.as_of;
	bool due;
	int r = text_sweep_is_due(summarizer->env, as_of, &due);

	if (!r && !due)
		return 0;
	if (!r)
		r = text_sweep_run(summarizer->env, summarizer->texts, as_of,
				   summarizer->options.stop);
	if (r && r != -ECANCELED)
		return fail(summarizer, r, error);
	close_parts(summarizer);
	return open_parts(summarizer, error);
}

int summarizer_step(struct summarizer *summarizer, bool *ret_more, struct error *error)
{
	struct summarizer_status *status = &summarizer->status;
	usec_t before = status->as_of;
	struct store_status store;
	bool more = false, expiring = false;
	int r;

	store_status(summarizer->options.app->store, &store);
	summarizer->limit = store.state_position;
	tick(summarizer);
	r = read_batch(summarizer, error);
	if (r)
		return r;
	if (is_idle(summarizer))
		status->as_of = before;
	else
		r = take_batch(summarizer, &more);
	if (!r)
		r = expire(summarizer, &expiring);
	if (r)
		return fail(summarizer, r, error);
	*ret_more = more || expiring;
	return *ret_more ? 0 : sweep(summarizer, error);
}

int summarizer_take_rules(struct summarizer *summarizer, const struct config *config,
			  struct error *error)
{
	struct unit_fold *fold;
	int r = read_rules(summarizer, config, &fold, error);

	summarizer->status.refolded = false;
	if (r)
		return r == UNIT_FOLD_E_INVALID ? SUMMARIZER_E_RULES : SUMMARIZER_E_FAILED;
	if (strcmp(unit_fold_rules(fold), unit_fold_rules(summarizer->fold)) == 0) {
		unit_fold_free(fold);
		return 0;
	}
	close_parts(summarizer);
	unit_fold_free(summarizer->fold);
	summarizer->fold = fold;
	tick(summarizer);
	r = fold_again(summarizer, error);
	return r ? r : open_parts(summarizer, error);
}

void summarizer_status(const struct summarizer *summarizer, struct summarizer_status *ret_status)
{
	*ret_status = summarizer->status;
}
