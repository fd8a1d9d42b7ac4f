/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_DELIVERY_REPORT_H
#define WAYMARK_TEXT_DELIVERY_REPORT_H

#include "base/arena.h"
#include "base/error.h"
#include "text/delivery_status.h"

/*
 * A mail that tells what became of another: the delivery status notification of RFC 3464, with
 * which a mail server says for each recipient that it did not deliver, or not yet, and gives the
 * mail back; with internationalised addresses that of RFC 6533. Pure, linear, any bytes are a mail.
 */
enum delivery_report_kind {
	DELIVERY_REPORT_NONE,	/* a mail as any other */
	DELIVERY_REPORT_STATUS, /* the one that is read */
	DELIVERY_REPORT_LOST,	/* says that it is one, and has no part with the fields */
	DELIVERY_REPORT_PLAIN,	/* a bounce in words, as of qmail: nothing that a program reads */
	DELIVERY_REPORT_AUTOMATIC,  /* "out of office" (RFC 3834) */
	DELIVERY_REPORT_COMPLAINT,  /* a feedback report (RFC 5965) */
	DELIVERY_REPORT_DISPOSITION /* it was shown, or thrown away (RFC 8098) */
};

struct delivery_report {
	enum delivery_report_kind kind;
	struct span header;   /* of the notification itself */
	struct span status;   /* its fields, decoded */
	struct span returned; /* the mail that comes back, or its header block; absent: none */
};

/*
 * Line ends are LF or CR LF. Spans point into @mail and @arena. Return: 0; -ENOMEM.
 */
int delivery_report_parse(struct span mail, struct arena *arena,
			  struct delivery_report *ret_report);

/* The value of a field, unfolded; absent: it is not there, or memory is out. */
struct span delivery_report_field(struct span fields, const char *name, struct arena *arena);
/* "dns; mx.example.com" without the word that says what kind of name it is. */
struct span delivery_report_value(struct span value);

enum delivery_action {
	DELIVERY_FAILED,
	DELIVERY_DELAYED,
	DELIVERY_DELIVERED,
	DELIVERY_RELAYED,
	DELIVERY_EXPANDED
};

const char *delivery_action_text(enum delivery_action action);

/* What the notification says of one recipient. Texts are as they stand, unfolded. */
struct delivery_recipient {
	struct span original; /* address to which the mail was sent; absent: not told */
	struct span final;    /* to which it was to be delivered; likewise */
	enum delivery_action action;
	struct delivery_status status; /* and the code, where the diagnostic has one */
	struct span diagnostic;	       /* what the other server said; absent: nothing */
	struct span remote;	       /* which one that was */
	struct span attempted;	       /* Last-Attempt-Date */
};

/*
 * The fields of the next recipient, at or after *at of @report->status, which moves behind them.
 * Those of the whole mail, with which the status begins, are passed over.
 *
 * Return: 0; DELIVERY_REPORT_E_END; DELIVERY_REPORT_E_FIELD: they cannot be read, for the reason
 * that @error says with the field's name; -ENOMEM.
 */
enum { DELIVERY_REPORT_E_END = 1, DELIVERY_REPORT_E_FIELD = 2 };
int delivery_report_next(const struct delivery_report *report, size_t *at, struct arena *arena,
			 struct delivery_recipient *ret_recipient, struct error *error);

#endif
