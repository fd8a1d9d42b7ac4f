/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_SCHEMA_H
#define WAYMARK_STORE_SCHEMA_H

/* clang-format off */
/*
 * What is on disk: three LMDB environments below data/, each a directory with data.mdb and
 * lock.mdb. All integers are big-endian and unsigned. Any LMDB binding can read them with this
 * page.
 *
 * events/  "events"  key: sequence 8           value: event record (below)
 *          "meta"    key: name as text         value: see EVENTS_META
 *          "texts"   key: text id 4            value: first sequence of its block 8 ‖ text, UTF-8
 * state/   "links"   key: link id 8            value: record of LINK_FIELDS
 *          "slugs"   key: slug as text         value: link id 8
 *                    (below /l/; with a slash in front: a path from the tracker's root; with a slash
 *                    and a star at its end: all that is below)
 *          "names"   key: kind 1 ‖ id 4 or 8   value: name, UTF-8
 *          "sources" key: mark 16              value: sequence 8 of the event that was imported
 *                    (mark: first 16 bytes of SHA-256("source" 0 source 0 source_id))
 *          "meta"    "schema" u32; "position" u64: last sequence folded;
 *                    "log" text: node.incarnation
 *          "bindings" key: sequence 8 of its bind event   value: record of BINDING_FIELDS
 *          "visitors" key: visitor id 16   value: sequence 8 of its newest binding ‖ handle 12 ‖
 *                    evidence 1 (0: undone; 4: retired, since its person is erased, whom
 *                    the handle names as the log does) ‖ time 8 (µs) ‖
 *                    8 (µs): when it was last seen, as far as that is known (to a month)
 *          "claims"  key: handle 12 ‖ scope 8 ‖ sequence 8   value: visitor id 16 ‖ evidence 1 (0:
 *                    a conflict) ‖ network 0, 4 or 16. Who has claimed a person by which link:
 *                    scope is the link id, else campaign id 4 ‖ zeros 4, and zeros for a
 *                    declaration or a proof. Sequence 0: the link has leaked; value: sequence 8
 *                    of the event that says so
 *          "merged"  key: handle 12   value: handle 12 that it was merged into (zeros: it is erased)
 *                    ‖ sequence 8 of the merge or erase event; 1 behind that: and it was erased
 *                    with that one. Rows of a handle that is merged in
 *                    stay in "claims", and are copied there to the handle that it was merged into
 *          "forms"   key: form id 8            value: record of FORM_FIELDS
 *          "repoints" key: link id 8 ‖ sequence 8 of the link event that changed where the link
 *                    leads         value: record of REPOINT_FIELDS
 * people/  "ids"     key: prospect id 12       value: handle 12
 *          "rows"    key: handle 12            value: record of PERSON_FIELDS
 *          "erased"  key: mark 32              value: empty
 *                    (mark: HMAC(identity, "erased" 0 prospect id))
 *          "typed"   key: visitor id 16         value: handle 12 ‖ time 8 (µs) ‖ sequence 8 of its
 *                    submit event ‖ JSON object: name of the person's field to what the browser
 *                    has sent for it
 *          "meta"    "schema" u32; "erasing" handle 12: empty. An erasure of that handle has not
 *                    come to its end: its event may be missing in the log, and the bytes of its
 *                    row may lie in pages that are free
 *
 * EVENTS_META: "schema" u32; "node" text; "incarnation" u16; "pruned_through" u64: the log begins
 * behind it (0: nothing pruned); "tombstoned_through" u64: up to here records of the class with a
 * shorter period are tombstones; "queue_limit" u64: events that the last run can have
 * queued and not stored, 0 once it has ended in order;
 * "retention_clock" u64, "retention_held" u64 (µs; store/retention.h); "reader <name>" u64 ‖ u64:
 * what a named reader has read, and when it last said so (µs).
 *
 * A record is a header and then fields, each once, in ascending order of field id:
 *
 *   event record:  version 1 or 2 ‖ type 1 ‖ incarnation 2 ‖ time 8 (µs since 1970 UTC) ‖ fields
 *   other records: version 1 ‖ fields
 *   field:         id 1 ‖ length (LEB128: 7 bits a byte, low first, at most 3 bytes) ‖ bytes
 *
 * An event record of version 2 ends with a field 255: (field id 1 ‖ text id 4) for each field whose
 * value is a row of "texts"; with these in their places it is a record of version 1. A row of
 * "texts" is named by records from its block's first sequence on, for fewer than 131,072 of them.
 *
 * A reader skips fields that it does not know. A field id is never reused for another meaning. A
 * higher record version means that the layout above changed: a reader then refuses.
 * A bind or a conflict without "refers" is about the event right before it. An unbind undoes the
 * binding that it refers to; or else what ties its visitor to anybody; or, with neither, all claims
 * of its prospect by its link (or campaign) but the first, and that link binds nobody from then on.
 * A merge says that "other" is "prospect" from now on; one with "refers" undoes the merge which that
 * names, of the same two. An erase with a prospect ends what was bound to it, and to all that were
 * merged into it, and retires the visitors.
 *
 * The event's identity is "<node>.<incarnation>-<sequence>". A tombstone (retention of one class)
 * is a record of type "erase" without fields: it keeps sequence, incarnation and, as its time, when
 * the event was stored.
 */
#include <stdint.h>

/* Of events/ and people/; that of state/ may rise, since it is made again from the log. */
enum { SCHEMA_VERSION = 1, STATE_SCHEMA_VERSION = 2 };
enum { RECORD_VERSION = 1, EVENT_HEADER_BYTES = 12 };
enum { RECORD_VERSION_SHARED = 2, EVENT_FIELD_SHARED = 255 };

/*
 * FIELD(id, name, kind, max_bytes, json, sentence). json is the path in the one JSON form
 * (track/event_json.h). Kinds:
 *   TEXT    UTF-8                         HEX      fixed bytes, hex in JSON
 *   LIST    UTF-8, parts joined by ','    NAME     id of a name, shown as the name
 *   CHOICE  one byte, index of a list     ADDRESS  4 or 16 bytes
 *   NUMBER  8 bytes                       FLAGS    one byte; json names its bits from bit 0
 *   JSON    one JSON object as text       SEALED   nonce 24 ‖ ciphertext ‖ tag 16 (crypto/seal.h)
 */
/* clang-format off */
#define EVENT_FIELDS(FIELD)                                                                        \
	FIELD(1, tracker, TEXT, 255, "tracker", "host of the tracker that was asked")              \
	FIELD(2, visitor, HEX, 16, "visitor", "the browser, a random id")                          \
	FIELD(3, prospect, HEX, 12, "prospect", "the person's handle")                             \
	FIELD(4, evidence, CHOICE, 1, "evidence", "what ties the browser to the person")           \
	FIELD(5, link, HEX, 8, "link", "link id")                                                  \
	FIELD(6, mailing, NAME, 8, "mailing", "the send that the link went out with")              \
	FIELD(7, campaign, NAME, 4, "campaign", "the campaign that the link belongs to")           \
	FIELD(8, list, NAME, 4, "list", "the subscription list")                                   \
	FIELD(9, form, NAME, 8, "form", "the form")                                                \
	FIELD(10, url, TEXT, 8192, "url", "page or destination, by the page-URL rule")             \
	FIELD(11, referrer, TEXT, 2048, "referrer", "the page before, by the referrer rule")       \
	FIELD(12, ip, ADDRESS, 16, "ip", "client address, truncated as configured")                \
	FIELD(13, agent, TEXT, 512, "agent", "User-Agent")                                         \
	FIELD(14, language, TEXT, 64, "language", "Accept-Language")                               \
	FIELD(15, consent, CHOICE, 1, "consent", "the consent that was in force")                  \
	FIELD(16, consent_reason, CHOICE, 1, "consent_reason", "where that consent came from")     \
	FIELD(17, method, CHOICE, 1, "signals.method", "request method")                           \
	FIELD(18, sec_fetch, LIST, 96, "signals.sec_fetch", "Sec-Fetch-Site, -Mode, -Dest")        \
	FIELD(19, purpose, TEXT, 64, "signals.purpose", "Sec-Purpose, Purpose or X-Moz")           \
	FIELD(20, net, TEXT, 64, "signals.net", "scanner network that the address is in")          \
	FIELD(21, signals, FLAGS, 1, "signals.proxy|trap|late",                                    \
	      "came through a trusted proxy; trap link; answered before it was recorded")          \
	FIELD(22, query, TEXT, 2048, "query", "listed parameters that the link was asked with")    \
	FIELD(23, query_sealed, SEALED, 8300, "query_sealed", "the whole query of link or page")   \
	FIELD(24, ip_sealed, SEALED, 64, "ip_sealed", "the whole client address")                  \
	FIELD(25, verdict, CHOICE, 1, "verdict.class", "human or machine at request time")         \
	FIELD(26, reasons, LIST, 255, "verdict.reasons", "the rules that fired")                   \
	FIELD(27, props, JSON, 16384, "props", "what the site or form said; never trusted")        \
	FIELD(28, props_sealed, SEALED, 16500, "props_sealed", "what a person typed")              \
	FIELD(29, destination, TEXT, 8192, "destination", "where a link leads, exactly")           \
	FIELD(30, label, TEXT, 255, "label", "the anchor's data-track")                            \
	FIELD(31, slug, TEXT, 255, "slug", "path below /l/; with a / in front, from the root")      \
	FIELD(32, pass, LIST, 1024, "pass", "query names that a custom redirect hands on")         \
	FIELD(33, kind, CHOICE, 1, "kind", "what a name names")                                    \
	FIELD(34, name_id, HEX, 8, "name_id", "the id of the name")                                \
	FIELD(35, name, TEXT, 255, "name", "the name")                                             \
	FIELD(36, refers, TEXT, 64, "refers", "id of the event that this one is about")            \
	FIELD(37, other, HEX, 12, "other", "the handle that was merged in")                        \
	FIELD(38, source, TEXT, 64, "source", "the system that an imported event came from")       \
	FIELD(39, source_id, TEXT, 255, "source_id", "its id there; one source and id is kept once") \
	FIELD(40, stored, NUMBER, 8, "stored", "when it was stored, if not at its time (µs)")      \
	FIELD(41, reason, TEXT, 255, "reason", "why, in a word")                                   \
	FIELD(42, actor, TEXT, 64, "actor", "the operator or token that acted")                    \
	FIELD(43, period, CHOICE, 1, "account.period", "what the totals close")                    \
	FIELD(44, received, NUMBER, 8, "account.received", "events that came in since the start")  \
	FIELD(45, committed, NUMBER, 8, "account.stored", "of these, durable in the log")          \
	FIELD(46, dropped, NUMBER, 8, "account.dropped", "left out by a rule")                     \
	FIELD(47, rejected, NUMBER, 8, "account.rejected", "malformed or not allowed")             \
	FIELD(48, lost, NUMBER, 8, "account.lost", "could not be stored")                          \
	FIELD(49, pending, NUMBER, 8, "account.pending", "still queued")                           \
	FIELD(50, late, NUMBER, 8, "account.late", "answered before they were durable")            \
	FIELD(51, missing, NUMBER, 8, "account.missing", "the most that a crash can have taken")   \
	FIELD(52, excluded, LIST, 64, "excluded", "why it does not count: network, staff, page")

/* The lists behind CHOICE fields; the byte is the index. Append only. */
#define EVENT_CHOICES(CHOICES)                                                                     \
	CHOICES(evidence, "none", "claim", "declaration", "proof")                                 \
	CHOICES(consent, "pending", "denied", "measure", "identify")                               \
	CHOICES(consent_reason, "default", "cookie", "gpc", "dnt", "prospect", "country")          \
	CHOICES(method, "other", "GET", "HEAD", "POST")                                            \
	CHOICES(verdict, "unknown", "human", "machine")                                            \
	CHOICES(kind, "none", "campaign", "mailing", "list", "form")                               \
	CHOICES(period, "minute", "shutdown", "unclean")

/* The choices of field "evidence", weakest first. */
enum evidence { EVIDENCE_NONE, EVIDENCE_CLAIM, EVIDENCE_DECLARATION, EVIDENCE_PROOF };

/* Bits of the FLAGS field "signals". */
enum { SIGNAL_PROXY = 1, SIGNAL_TRAP = 2, SIGNAL_LATE = 4 };

/* clang-format on */
enum event_field {
#define FIELD(id, name, ...) EVENT_FIELD_##name = (id),
	EVENT_FIELDS(FIELD)
#undef FIELD
		EVENT_FIELD_COUNT /* one past the highest id */
};

#define EVENT_HAS(name) (UINT64_C(1) << EVENT_FIELD_##name)

/* clang-format off */
/* What every event that a request caused may carry. */
#define EVENT_HAS_REQUEST                                                                          \
	(EVENT_HAS(tracker) | EVENT_HAS(visitor) | EVENT_HAS(prospect) | EVENT_HAS(evidence) |     \
	 EVENT_HAS(referrer) | EVENT_HAS(ip) | EVENT_HAS(ip_sealed) | EVENT_HAS(agent) |           \
	 EVENT_HAS(language) | EVENT_HAS(consent) | EVENT_HAS(consent_reason) |                    \
	 EVENT_HAS(method) | EVENT_HAS(sec_fetch) | EVENT_HAS(purpose) | EVENT_HAS(net) |          \
	 EVENT_HAS(signals) | EVENT_HAS(verdict) | EVENT_HAS(reasons) | EVENT_HAS(campaign) |      \
	 EVENT_HAS(props) | EVENT_HAS(props_sealed) | EVENT_HAS(excluded))
#define EVENT_HAS_LINK                                                                             \
	(EVENT_HAS(link) | EVENT_HAS(mailing) | EVENT_HAS(url) | EVENT_HAS(query) |                \
	 EVENT_HAS(query_sealed))
#define EVENT_HAS_PAGE (EVENT_HAS(url) | EVENT_HAS(query) | EVENT_HAS(query_sealed))
/* What import adds to any type. */
#define EVENT_HAS_IMPORT (EVENT_HAS(source) | EVENT_HAS(source_id) | EVENT_HAS(stored))

/* TYPE(number, name, required, optional, sentence): import fields are optional everywhere. */
#define EVENT_TYPES(TYPE)                                                                          \
	TYPE(1, click, EVENT_HAS(tracker), EVENT_HAS_REQUEST | EVENT_HAS_LINK | EVENT_HAS(slug),   \
	     "a tracked link was followed")                                                        \
	TYPE(2, open, EVENT_HAS(tracker), EVENT_HAS_REQUEST | EVENT_HAS(mailing),                  \
	     "the open pixel was asked for")                                                       \
	TYPE(3, probe, EVENT_HAS(tracker), EVENT_HAS_REQUEST | EVENT_HAS_LINK | EVENT_HAS(slug),   \
	     "a HEAD or a prefetch of a tracked link, or of the open pixel; never a click")                              \
	TYPE(4, view, EVENT_HAS(tracker) | EVENT_HAS(url), EVENT_HAS_REQUEST | EVENT_HAS_PAGE,     \
	     "a page was shown")                                                                   \
	TYPE(5, leave, EVENT_HAS(tracker) | EVENT_HAS(url), EVENT_HAS_REQUEST | EVENT_HAS_PAGE,    \
	     "a page was hidden or left; cumulative, the last of a view counts")                   \
	TYPE(6, event, EVENT_HAS(tracker) | EVENT_HAS(name),                                       \
	     EVENT_HAS_REQUEST | EVENT_HAS_PAGE | EVENT_HAS(name) | EVENT_HAS(actor),              \
	     "something the site named")     \
	TYPE(7, search, EVENT_HAS(tracker), EVENT_HAS_REQUEST | EVENT_HAS_PAGE,                    \
	     "the site's search was used")                                                         \
	TYPE(8, download, EVENT_HAS(tracker), EVENT_HAS_REQUEST | EVENT_HAS_PAGE,                  \
	     "a file was fetched")                                                                 \
	TYPE(9, purchase, EVENT_HAS(props),                                                        \
	     EVENT_HAS_REQUEST | EVENT_HAS_PAGE | EVENT_HAS(actor), "something was bought")        \
	TYPE(10, submit, EVENT_HAS(tracker) | EVENT_HAS(form),                                     \
	     EVENT_HAS_REQUEST | EVENT_HAS_PAGE | EVENT_HAS(form), "a form was taken")             \
	TYPE(11, submit_error, EVENT_HAS(tracker) | EVENT_HAS(form),                               \
	     EVENT_HAS_REQUEST | EVENT_HAS_PAGE | EVENT_HAS(form) | EVENT_HAS(reason),             \
	     "a form was refused")                                                                 \
	TYPE(12, prefill, EVENT_HAS(tracker) | EVENT_HAS(form),                                    \
	     EVENT_HAS_REQUEST | EVENT_HAS_PAGE | EVENT_HAS(form), "values were disclosed to a form") \
	TYPE(13, conflict, EVENT_HAS(visitor) | EVENT_HAS(prospect),                               \
	     EVENT_HAS_REQUEST | EVENT_HAS(refers) | EVENT_HAS(other) | EVENT_HAS(link),           \
	     "a known browser opened someone else's link")                                         \
	TYPE(14, bind, EVENT_HAS(visitor) | EVENT_HAS(prospect) | EVENT_HAS(evidence),             \
	     EVENT_HAS(refers) | EVENT_HAS(tracker) | EVENT_HAS(reason) | EVENT_HAS(link) |        \
		     EVENT_HAS(campaign) | EVENT_HAS(ip),                                          \
	     "browser tied to person")                                                             \
	TYPE(15, unbind, EVENT_HAS(reason),                                                        \
	     EVENT_HAS(refers) | EVENT_HAS(visitor) | EVENT_HAS(prospect) | EVENT_HAS(actor) |\
		     EVENT_HAS(tracker) | EVENT_HAS(link) | EVENT_HAS(campaign),                   \
	     "a binding undone")                                                                   \
	TYPE(16, merge, EVENT_HAS(prospect) | EVENT_HAS(other),                                    \
	     EVENT_HAS(reason) | EVENT_HAS(actor) | EVENT_HAS(refers), "two handles, one person")  \
	TYPE(17, consent, EVENT_HAS(tracker) | EVENT_HAS(consent),                                 \
	     EVENT_HAS_REQUEST | EVENT_HAS(link) | EVENT_HAS(mailing),                             \
	     "a browser's choice; with the link of a click that was held for it")                  \
	TYPE(18, unsubscribe, EVENT_HAS(prospect),                                                 \
	     EVENT_HAS_REQUEST | EVENT_HAS(mailing) | EVENT_HAS(list) | EVENT_HAS(reason),         \
	     "a person left a list; without one: all that is sent")                                \
	TYPE(19, resubscribe, EVENT_HAS(prospect),                                                 \
	     EVENT_HAS_REQUEST | EVENT_HAS(mailing) | EVENT_HAS(list) | EVENT_HAS(reason),         \
	     "a person came back to a list, or to all")                                            \
	TYPE(20, confirm, EVENT_HAS(prospect), EVENT_HAS_REQUEST | EVENT_HAS(refers),              \
	     "an address was proved by a mailed link")                                             \
	TYPE(21, login, EVENT_HAS(prospect), EVENT_HAS_REQUEST | EVENT_HAS(actor),                 \
	     "the site's own login, a proof")                                                      \
	TYPE(22, prospect, EVENT_HAS(prospect),                                                    \
	     EVENT_HAS(props) | EVENT_HAS(props_sealed) | EVENT_HAS(actor) | EVENT_HAS(reason),    \
	     "a person was added or changed; props names the fields, never their values")          \
	TYPE(23, name, EVENT_HAS(kind) | EVENT_HAS(name_id) | EVENT_HAS(name), 0,                  \
	     "first use of a campaign, mailing, list or form name")                                \
	TYPE(24, link, EVENT_HAS(link) | EVENT_HAS(destination),                                   \
	     EVENT_HAS(mailing) | EVENT_HAS(campaign) | EVENT_HAS(url) | EVENT_HAS(label) |        \
		     EVENT_HAS(slug) | EVENT_HAS(pass) | EVENT_HAS(signals) | EVENT_HAS(actor) |   \
		     EVENT_HAS(reason),                                                            \
	     "a link was registered or repointed")                                                 \
	TYPE(25, form, EVENT_HAS(form) | EVENT_HAS(props), EVENT_HAS(actor),                       \
	     "a form was defined")                                                                 \
	TYPE(26, sent, EVENT_HAS(prospect) | EVENT_HAS(mailing),                                   \
	     EVENT_HAS(campaign) | EVENT_HAS(props) | EVENT_HAS(reason), "a mail went out")        \
	TYPE(27, bounce, EVENT_HAS(prospect),                                                      \
	     EVENT_HAS(mailing) | EVENT_HAS(campaign) | EVENT_HAS(props) | EVENT_HAS(reason),      \
	     "a mail came back")                                                                   \
	TYPE(28, access, EVENT_HAS(actor),                                                         \
	     EVENT_HAS(prospect) | EVENT_HAS(reason) | EVENT_HAS(props),                           \
	     "an operator looked at personal data")                                                \
	TYPE(29, erase, 0,                                                                         \
	     EVENT_HAS(prospect) | EVENT_HAS(reason) | EVENT_HAS(actor) | EVENT_HAS(props),        \
	     "a person was erased, or a record was by retention")                                  \
	TYPE(30, account,                                                                          \
	     EVENT_HAS(period) | EVENT_HAS(received) | EVENT_HAS(committed) | EVENT_HAS(dropped) | \
		     EVENT_HAS(rejected) | EVENT_HAS(lost) | EVENT_HAS(pending) | EVENT_HAS(late), \
	     EVENT_HAS(missing), "where every event went")

/* clang-format on */
enum event_type {
#define TYPE(number, name, ...) EVENT_##name = (number),
	EVENT_TYPES(TYPE)
#undef TYPE
		EVENT_TYPE_COUNT /* one past the highest */
};

/* clang-format off */
/* Value of state/links; LINK(id, name, max_bytes, sentence). Names are ids of names. */
#define LINK_FIELDS(LINK)                                                                          \
	LINK(1, destination, 8192, "what Location is, byte for byte")                              \
	LINK(2, url, 8192, "the destination by the page-URL rule, for events")                     \
	LINK(3, mailing, 8, "mailing id; absent: none")                                            \
	LINK(4, campaign, 4, "campaign id")                                                        \
	LINK(5, label, 255, "data-track")                                                          \
	LINK(6, slug, 255, "as in events")                                                         \
	LINK(7, pass, 1024, "query names to hand on, joined by ','")                               \
	LINK(8, created, 8, "time of its first link event, µs")                                    \
	LINK(9, event, 8, "sequence of its last link event")                                       \
	LINK(10, flags, 1, "bit 0: trap link")

/* Value of state/repoints; REPOINT(id, name, max_bytes, sentence). */
#define REPOINT_FIELDS(REPOINT)                                                                    \
	REPOINT(1, time, 8, "when, µs")                                                            \
	REPOINT(2, from, 8192, "where the link led until then")                                    \
	REPOINT(3, to, 8192, "and leads from then on")                                             \
	REPOINT(4, actor, 64, "who changed it")                                                    \
	REPOINT(5, reason, 255, "why, in words")

/* Value of state/bindings; BINDING(id, name, max_bytes, sentence). */
#define BINDING_FIELDS(BINDING)                                                                    \
	BINDING(1, visitor, 16, "the browser")                                                     \
	BINDING(2, person, 12, "the person's handle")                                              \
	BINDING(3, evidence, 1, "as in events")                                                    \
	BINDING(4, time, 8, "of its bind event, µs")                                               \
	BINDING(5, scope, 8, "the link of a claim, as in state/claims; absent: none")              \
	BINDING(6, undone_by, 8, "sequence of the event that ended it; absent: it holds")          \
	BINDING(7, reason, 64, "why it ended")

/* Value of state/forms; FORM(id, name, max_bytes, sentence). */
#define FORM_FIELDS(FORM)                                                                          \
	FORM(1, definition, 16384, "what track/form.h compiles, compact JSON")                     \
	FORM(2, created, 8, "time of its first form event, µs")                                    \
	FORM(3, changed, 8, "time of its last, µs")                                                \
	FORM(4, event, 8, "sequence of its last")

/* Value of people/rows; PERSON(id, name, max_bytes, sentence). */
#define PERSON_FIELDS(PERSON)                                                                      \
	PERSON(1, key, 32, "XChaCha20-Poly1305 key of everything sealed for this person")          \
	PERSON(2, created, 8, "when the handle was minted, µs")                                    \
	PERSON(3, changed, 8, "last change of the fields, µs")                                     \
	PERSON(4, address, 320, "e-mail address as given, normalised by rule v1")                  \
	PERSON(5, fields, 32768, "JSON object: what is known (track/person_record.h)")             \
	PERSON(6, event, 8, "sequence of the prospect event that told of them (of the merge, when merged); absent: none did, all ones: not yet") \
	PERSON(7, ids, 768, "the prospect ids that lead here, 12 each, its own first; absent: one") \
	PERSON(8, merged, 12, "handle that it was merged into: its ids lead there")                \
	PERSON(9, includes, 768, "handles that were merged into it, 12 each; not those of theirs")

#endif
