/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of a call list. Each factor is bounded, so that no single habit (a browser that reloads
 * a price list all day) outweighs the rest.
 */
#include "summary/likelihood.h"

enum {
	HUNDRED = 100,
	THOUSAND = 1000,
	HALF_AT = 100 * HUNDRED, /* the weight that is 50 percent */
	IMPORTANT_STEP = 10,
	ACTIVE_STEP = 5,
	EXTRA_MAX = 50,
	FIT_OF_F = 40,
	FIT_STEP = 10
};

/* A sum of 2^40 thousandths would be twenty million forms. */
static int64_t bounded(int64_t sum)
{
	return sum < INT64_C(1) << 40 ? sum : INT64_C(1) << 40;
}

static uint16_t fresh_of(const struct score *score)
{
	int64_t sum = bounded(score->sum), recent = bounded(score->recent);

	if (recent < 0)
		recent = 0;
	if (recent > sum)
		recent = sum;
	return (uint16_t)(HUNDRED / 2 + recent * (HUNDRED / 2) / sum);
}

static unsigned extra(unsigned count, unsigned step)
{
	return count > EXTRA_MAX / step ? EXTRA_MAX : count * step;
}

static uint16_t interest_of(const struct score *score)
{
	unsigned further = score->active_days > 1 ? score->active_days - 1u : 0;
	unsigned important = HUNDRED + extra(score->important, IMPORTANT_STEP);

	return (uint16_t)(important * (HUNDRED + extra(further, ACTIVE_STEP)) / HUNDRED);
}

void likelihood_of(const struct score *score, enum grade grade, bool excluded,
		   struct likelihood *ret_likelihood)
{
	struct likelihood *likelihood = ret_likelihood;
	uint64_t weight;

	*likelihood = (struct likelihood){.fit = HUNDRED};
	if (grade != GRADE_NONE)
		likelihood->fit = (uint16_t)(FIT_OF_F + FIT_STEP * (int)grade);
	if (excluded || score->sum <= 0)
		return;
	likelihood->fresh = fresh_of(score);
	likelihood->interest = interest_of(score);
	weight = (uint64_t)bounded(score->sum);
	weight = weight * likelihood->fresh / HUNDRED;
	weight = weight * likelihood->interest / HUNDRED;
	weight = weight * likelihood->fit / HUNDRED * HUNDRED / THOUSAND;
	likelihood->weight = weight < UINT32_MAX ? (uint32_t)weight : UINT32_MAX;
	likelihood->percent =
		(uint8_t)((HUNDRED * weight + (weight + HALF_AT) / 2) / (weight + HALF_AT));
}

void likelihood_explain(const struct score *score, enum grade grade, bool excluded,
			struct buffer *to)
{
	int64_t recent = (score->recent < 0 ? 0 : score->recent + THOUSAND / 2) / THOUSAND;

	if (excluded)
		buffer_append_text(to, "of an excluded company; ");
	buffer_printf(to, "%d points, %lld of them in %d days", score->total, (long long)recent,
		      SCORE_RECENT_DAYS);
	if (score->important > 0)
		buffer_printf(to, "; %u view%s of important pages", score->important,
			      score->important == 1 ? "" : "s");
	if (score->active_days > 0)
		buffer_printf(to, "; active on %u day%s", score->active_days,
			      score->active_days == 1 ? "" : "s");
	if (grade != GRADE_NONE)
		buffer_printf(to, "; grade %s", grade_text(grade));
}
