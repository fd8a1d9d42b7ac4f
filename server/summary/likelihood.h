/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_LIKELIHOOD_H
#define WAYMARK_SUMMARY_LIKELIHOOD_H

#include "summary/grade.h"
#include "summary/score.h"

/*
 * Whom to call first: a number from 0 to 100 that puts people in an order. It is no probability,
 * since nothing here has learnt from who bought; it is a fixed rule of four things that a
 * salesperson would look at, and each of them is shown beside it.
 *
 *   weight = score × how fresh it is × interest × fit
 *     fresh:    from 0.5, all points older than 30 days, to 1.0, all of them newer
 *     interest: 1.0, and 0.1 more for each view of an important page in 30 days, up to 1.5;
 *               times 1.0, and 0.05 more for each further active day in 30 days, up to 1.5
 *     fit:      0.4 for F in steps of 0.1 to 1.6 for A+; 1.0 without grades
 *   likelihood = 100 × weight / (weight + 100)
 *
 * A score of 0 or less, and a company that the rules exclude, are 0. Integers only. Pure.
 */
struct likelihood {
	uint8_t percent;	       /* 0 to 100 */
	uint32_t weight;	       /* in hundredths of a point, to order those of one percent */
	uint16_t fresh, interest, fit; /* in hundredths */
};

void likelihood_of(const struct score *score, enum grade grade, bool excluded,
		   struct likelihood *ret_likelihood);

/* "71 points, 64 of them in 30 days; 4 views of important pages; active on 6 days; grade B-". */
void likelihood_explain(const struct score *score, enum grade grade, bool excluded,
			struct buffer *to);

#endif
