/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state/bindings, state/visitors and state/claims, folded from the events bind, conflict and
 * unbind.
 *
 * Whoever made a bind event has judged it already. It is judged again here by the plainest part of
 * the rule, stronger evidence wins, so that two that were made at once give the same as one after
 * the other. A binding that another one replaces is undone by it; undoing a binding never brings
 * back what it had replaced: the browser is nobody's then.
 *
 * An event names the person by the handle that the loop knew; it counts for whom that one is now
 * (binding_merge.c). What is said of an erased person's browser retires it.
 *
 * A link that leaked keeps its mark for ever. The claims of one link and person are as many as the
 * rule for leaks lets be made, so walking them costs little; nothing is added to more than
 * BINDING_CLAIMS_MAX.
 *
 * Folding an event again changes nothing: rows carry the sequences that they come from.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/binding_internal.h"

static struct span sequence_span(uint64_t sequence, uint8_t text[8])
{
	put_u64(text, sequence);
	return span_of(text, 8);
}

void binding_end_row(struct txn *txn, uint64_t sequence, uint64_t by, struct span reason)
{
	struct span fields[BINDING_FIELD_COUNT], row;
	cleanup_buffer struct buffer new = BUFFER_INIT;
	uint8_t key[8], by_text[8];

	row = txn_get(txn, STATE_BINDINGS, sequence_span(sequence, key));
	if (!row.data || binding_parse(row, fields) != 0 || fields[BINDING_undone_by].data)
		return;
	buffer_append_span(&new, row);
	record_append(&new, BINDING_undone_by, sequence_span(by, by_text));
	record_append(&new, BINDING_reason, span_slice(reason, 0, 64));
	txn_fail(txn, new.error);
	txn_put(txn, STATE_BINDINGS, span_of(key, sizeof(key)), buffer_span(&new));
}

static void put_claim(struct txn *txn, const struct binding *binding, struct span network)
{
	uint8_t key[BINDING_CLAIM_KEY_BYTES], value[BINDING_CLAIM_NETWORK_AT + 16];

	if (network.size > 16)
		network.size = 0;
	binding_claim_key(&binding->person, &binding->scope, binding->event, key);
	memcpy(value, &binding->visitor, sizeof(binding->visitor));
	value[16] = (uint8_t)binding->evidence;
	if (network.size > 0)
		memcpy(value + BINDING_CLAIM_NETWORK_AT, network.data, network.size);
	txn_put(txn, STATE_CLAIMS, span_of(key, sizeof(key)),
		span_of(value, BINDING_CLAIM_NETWORK_AT + network.size));
}

static void put_binding(struct txn *txn, const struct binding *binding)
{
	cleanup_buffer struct buffer row = BUFFER_INIT;
	uint8_t key[8], time[8], evidence = (uint8_t)binding->evidence;

	put_u64(time, binding->time);
	buffer_append_byte(&row, RECORD_VERSION);
	record_append(&row, BINDING_visitor, span_of(&binding->visitor, sizeof(binding->visitor)));
	record_append(&row, BINDING_person, span_of(&binding->person, sizeof(binding->person)));
	record_append(&row, BINDING_evidence, span_of(&evidence, 1));
	record_append(&row, BINDING_time, span_of(time, sizeof(time)));
	if (!id_is_zero(&binding->scope, sizeof(binding->scope)))
		record_append(&row, BINDING_scope,
			      span_of(&binding->scope, sizeof(binding->scope)));
	txn_fail(txn, row.error);
	txn_put(txn, STATE_BINDINGS, sequence_span(binding->event, key), buffer_span(&row));
}

void binding_erase_row(struct txn *txn, uint64_t sequence, uint64_t by)
{
	struct span fields[BINDING_FIELD_COUNT], row;
	struct binding left = {.event = sequence};
	uint8_t key[8];

	row = txn_get(txn, STATE_BINDINGS, sequence_span(sequence, key));
	if (!row.data || binding_parse(row, fields) != 0)
		return;
	memcpy(&left.visitor, fields[BINDING_visitor].data, sizeof(left.visitor));
	left.evidence = (enum evidence)fields[BINDING_evidence].data[0];
	left.time = get_u64(fields[BINDING_time].data);
	put_binding(txn, &left);
	binding_end_row(txn, sequence, by, SPAN("erased"));
}

/* False: the event lacks what a binding needs. */
static bool read_event(struct txn *txn, const struct event *event, struct binding *ret_binding)
{
	struct span visitor = event->fields[EVENT_FIELD_visitor];
	struct span person = event->fields[EVENT_FIELD_prospect];
	struct span stored = event->fields[EVENT_FIELD_stored];
	uint8_t evidence = event_choice(event, EVENT_FIELD_evidence);

	if (visitor.size != sizeof(struct visitor_id) || person.size != sizeof(struct handle) ||
	    evidence > EVIDENCE_PROOF)
		return false;
	*ret_binding = (struct binding){
		.evidence = (enum evidence)evidence,
		.event = event->sequence,
		.time = event->time,
		.seen = stored.data ? event_number(event, EVENT_FIELD_stored) : event->time,
		.scope = binding_scope(event->fields[EVENT_FIELD_link],
				       event->fields[EVENT_FIELD_campaign]),
	};
	memcpy(&ret_binding->visitor, visitor.data, visitor.size);
	memcpy(&ret_binding->person, person.data, person.size);
	ret_binding->person = binding_person_now(txn, &ret_binding->person);
	return true;
}

void binding_fold_bind(struct txn *txn, const struct event *event)
{
	struct binding new, old = {.seen = 0};
	bool same, gone;

	if (!read_event(txn, event, &new) || new.evidence == EVIDENCE_NONE)
		return;
	gone = id_is_zero(&new.person, sizeof(new.person));
	if (new.evidence != EVIDENCE_CLAIM || gone)
		memset(&new.scope, 0, sizeof(new.scope));
	if (binding_get_visitor(txn, event->fields[EVENT_FIELD_visitor], &old)) {
		if (old.event >= new.event || old.evidence >= new.evidence || old.retired)
			return;
		same = memcmp(&old.person, &new.person, sizeof(old.person)) == 0;
		if (old.evidence != EVIDENCE_NONE)
			binding_end_row(txn, old.event, new.event,
					same ? SPAN("strengthened") : SPAN("replaced"));
	}
	if (old.seen > new.seen)
		new.seen = old.seen;
	put_binding(txn, &new);
	if (gone) {
		binding_end_row(txn, new.event, new.event, SPAN("erased"));
		memcpy(&new.person, event->fields[EVENT_FIELD_prospect].data, sizeof(new.person));
		new.person = binding_person_last(txn, &new.person);
		binding_retire(txn, &new);
		return;
	}
	binding_put_visitor(txn, &new);
	put_claim(txn, &new, event->fields[EVENT_FIELD_ip]);
}

/* It ties nobody, but a browser that came into conflict by a link is one more that has it. */
void binding_fold_conflict(struct txn *txn, const struct event *event)
{
	struct binding_claims claims;
	struct binding binding;

	/* Another system's browsers say nothing of who has a link of ours. */
	if (event->fields[EVENT_FIELD_source].data)
		return;
	if (!read_event(txn, event, &binding) ||
	    id_is_zero(&binding.scope, sizeof(binding.scope)) ||
	    id_is_zero(&binding.person, sizeof(binding.person)))
		return;
	binding_walk_claims(txn, &binding.person, &binding.scope, &claims);
	if (claims.quarantined || claims.count == BINDING_CLAIMS_MAX ||
	    binding_claims_find(&claims, &binding.visitor))
		return;
	binding.evidence = EVIDENCE_NONE;
	put_claim(txn, &binding, event->fields[EVENT_FIELD_ip]);
}

static void undo(struct txn *txn, uint64_t sequence, const struct event *event)
{
	struct span fields[BINDING_FIELD_COUNT], row;
	uint8_t key[8], visitor[sizeof(struct visitor_id)];
	struct binding newest;

	row = txn_get(txn, STATE_BINDINGS, sequence_span(sequence, key));
	if (!row.data || binding_parse(row, fields) != 0)
		return;
	memcpy(visitor, fields[BINDING_visitor].data, sizeof(visitor));
	binding_end_row(txn, sequence, event->sequence, event->fields[EVENT_FIELD_reason]);
	if (!binding_get_visitor(txn, span_of(visitor, sizeof(visitor)), &newest) ||
	    newest.event != sequence || newest.retired)
		return;
	newest.evidence = EVIDENCE_NONE;
	binding_put_visitor(txn, &newest);
}

uint64_t binding_parse_id(struct span id)
{
	uint64_t sequence = 0;
	size_t at = id.size;

	while (at > 0 && id.data[at - 1] != '-')
		at--;
	if (at == 0 || id.size - at > 19)
		return 0;
	for (; at < id.size; at++) {
		if (id.data[at] < '0' || id.data[at] > '9')
			return 0;
		sequence = sequence * 10 + (uint64_t)(id.data[at] - '0');
	}
	return sequence;
}

static void fold_leak(struct txn *txn, const struct event *event)
{
	struct span person = event->fields[EVENT_FIELD_prospect];
	struct link_id scope =
		binding_scope(event->fields[EVENT_FIELD_link], event->fields[EVENT_FIELD_campaign]);
	uint8_t key[BINDING_CLAIM_KEY_BYTES], by[8];
	struct binding_claims claims;
	struct handle handle;
	bool first = true;

	if (person.size != sizeof(handle) || id_is_zero(&scope, sizeof(scope)))
		return;
	memcpy(&handle, person.data, sizeof(handle));
	handle = binding_person_now(txn, &handle);
	if (id_is_zero(&handle, sizeof(handle)))
		return;
	binding_walk_claims(txn, &handle, &scope, &claims);
	if (claims.quarantined)
		return;
	binding_claim_key(&handle, &scope, 0, key);
	txn_put(txn, STATE_CLAIMS, span_of(key, sizeof(key)), sequence_span(event->sequence, by));
	for (unsigned i = 0; i < claims.count; i++) {
		if (claims.claims[i].conflict)
			continue;
		if (!first)
			undo(txn, claims.claims[i].event, event);
		first = false;
	}
}

void binding_fold_unbind(struct txn *txn, const struct event *event)
{
	struct span refers = event->fields[EVENT_FIELD_refers];
	struct span visitor = event->fields[EVENT_FIELD_visitor];
	struct binding newest;

	if (refers.data) {
		undo(txn, binding_parse_id(refers), event);
	} else if (visitor.data) {
		if (visitor.size == sizeof(struct visitor_id) &&
		    binding_get_visitor(txn, visitor, &newest) && newest.event < event->sequence)
			undo(txn, newest.event, event);
	} else {
		fold_leak(txn, event);
	}
}
