/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_METRICS_TABLE_H
#define WAYMARK_APP_METRICS_TABLE_H

/*
 * Every figure that the server shows on /metrics, one row each, and with it what can go wrong. A
 * counter does not exist until its sentence does.
 *
 * METRIC(id, type, name, labels, help)   type: counter or gauge; labels: Prometheus text, or ""
 * Rows of one name stand together and share the sentence of the first. Every request ends in
 * exactly one row of waymark_requests_total.
 */
/* clang-format off */
#define METRICS_TABLE(METRIC)                                                                      \
	METRIC(REQUEST_CLICK, counter, "waymark_requests_total", "route=\"click\",result=\"redirected\"", "Requests by route and how they ended; every request is in exactly one row.") \
	METRIC(REQUEST_CLICK_ANONYMOUS, counter, "waymark_requests_total", "route=\"click\",result=\"anonymous\"", "") \
	METRIC(REQUEST_CLICK_UNKNOWN, counter, "waymark_requests_total", "route=\"click\",result=\"unknown_link\"", "") \
	METRIC(REQUEST_CLICK_FORGED, counter, "waymark_requests_total", "route=\"click\",result=\"forged\"", "") \
	METRIC(REQUEST_CLICK_UNREADABLE, counter, "waymark_requests_total", "route=\"click\",result=\"unreadable\"", "") \
	METRIC(REQUEST_CLICK_PROBE, counter, "waymark_requests_total", "route=\"click\",result=\"probe\"", "") \
	METRIC(REQUEST_CLICK_PREFETCH, counter, "waymark_requests_total", "route=\"click\",result=\"prefetch\"", "") \
	METRIC(REQUEST_SELF, counter, "waymark_requests_total", "route=\"self_contained\",result=\"redirected\"", "") \
	METRIC(REQUEST_SELF_FORGED, counter, "waymark_requests_total", "route=\"self_contained\",result=\"forged\"", "") \
	METRIC(REQUEST_SELF_PROBE, counter, "waymark_requests_total", "route=\"self_contained\",result=\"probe\"", "") \
	METRIC(REQUEST_SELF_PREFETCH, counter, "waymark_requests_total", "route=\"self_contained\",result=\"prefetch\"", "") \
	METRIC(REQUEST_SLUG, counter, "waymark_requests_total", "route=\"slug\",result=\"redirected\"", "") \
	METRIC(REQUEST_SLUG_UNKNOWN, counter, "waymark_requests_total", "route=\"slug\",result=\"unknown_link\"", "") \
	METRIC(REQUEST_SLUG_UNREADABLE, counter, "waymark_requests_total", "route=\"slug\",result=\"unreadable\"", "") \
	METRIC(REQUEST_SLUG_PROBE, counter, "waymark_requests_total", "route=\"slug\",result=\"probe\"", "") \
	METRIC(REQUEST_SLUG_PREFETCH, counter, "waymark_requests_total", "route=\"slug\",result=\"prefetch\"", "") \
	METRIC(REQUEST_PATH, counter, "waymark_requests_total", "route=\"path\",result=\"redirected\"", "") \
	METRIC(REQUEST_PATH_UNREADABLE, counter, "waymark_requests_total", "route=\"path\",result=\"unreadable\"", "") \
	METRIC(REQUEST_PATH_PROBE, counter, "waymark_requests_total", "route=\"path\",result=\"probe\"", "") \
	METRIC(REQUEST_PATH_PREFETCH, counter, "waymark_requests_total", "route=\"path\",result=\"prefetch\"", "") \
	METRIC(REQUEST_BEACON, counter, "waymark_requests_total", "route=\"beacon\",result=\"taken\"", "") \
	METRIC(REQUEST_BEACON_BAD, counter, "waymark_requests_total", "route=\"beacon\",result=\"malformed\"", "") \
	METRIC(REQUEST_BEACON_ORIGIN, counter, "waymark_requests_total", "route=\"beacon\",result=\"other_origin\"", "") \
	METRIC(REQUEST_BEACON_PREFETCH, counter, "waymark_requests_total", "route=\"beacon\",result=\"prefetch\"", "") \
	METRIC(REQUEST_PIXEL, counter, "waymark_requests_total", "route=\"pixel\",result=\"taken\"", "") \
	METRIC(REQUEST_PIXEL_BAD, counter, "waymark_requests_total", "route=\"pixel\",result=\"malformed\"", "") \
	METRIC(REQUEST_PIXEL_ORIGIN, counter, "waymark_requests_total", "route=\"pixel\",result=\"other_origin\"", "") \
	METRIC(REQUEST_PIXEL_PROBE, counter, "waymark_requests_total", "route=\"pixel\",result=\"probe\"", "") \
	METRIC(REQUEST_PIXEL_PREFETCH, counter, "waymark_requests_total", "route=\"pixel\",result=\"prefetch\"", "") \
	METRIC(REQUEST_TAG, counter, "waymark_requests_total", "route=\"tag\",result=\"ok\"", "") \
	METRIC(REQUEST_TAG_ORIGIN, counter, "waymark_requests_total", "route=\"tag\",result=\"other_origin\"", "") \
	METRIC(REQUEST_TAG_PREFETCH, counter, "waymark_requests_total", "route=\"tag\",result=\"prefetch\"", "") \
	METRIC(REQUEST_CONSENT, counter, "waymark_requests_total", "route=\"consent\",result=\"taken\"", "") \
	METRIC(REQUEST_CONSENT_BAD, counter, "waymark_requests_total", "route=\"consent\",result=\"malformed\"", "") \
	METRIC(REQUEST_CONSENT_ORIGIN, counter, "waymark_requests_total", "route=\"consent\",result=\"other_origin\"", "") \
	METRIC(REQUEST_FORGET, counter, "waymark_requests_total", "route=\"forget\",result=\"taken\"", "") \
	METRIC(REQUEST_FORGET_ORIGIN, counter, "waymark_requests_total", "route=\"forget\",result=\"other_origin\"", "") \
	METRIC(REQUEST_FORGET_FAILED, counter, "waymark_requests_total", "route=\"forget\",result=\"failed\"", "") \
	METRIC(REQUEST_PRIVACY, counter, "waymark_requests_total", "route=\"privacy\",result=\"ok\"", "") \
	METRIC(REQUEST_PRIVACY_PREFETCH, counter, "waymark_requests_total", "route=\"privacy\",result=\"prefetch\"", "") \
	METRIC(REQUEST_FORM, counter, "waymark_requests_total", "route=\"form\",result=\"ok\"", "") \
	METRIC(REQUEST_FORM_CLOSED, counter, "waymark_requests_total", "route=\"form\",result=\"closed\"", "") \
	METRIC(REQUEST_FORM_UNKNOWN, counter, "waymark_requests_total", "route=\"form\",result=\"unknown_form\"", "") \
	METRIC(REQUEST_FORM_PREFETCH, counter, "waymark_requests_total", "route=\"form\",result=\"prefetch\"", "") \
	METRIC(REQUEST_PREFILL, counter, "waymark_requests_total", "route=\"prefill\",result=\"ok\"", "") \
	METRIC(REQUEST_PREFILL_UNKNOWN, counter, "waymark_requests_total", "route=\"prefill\",result=\"unknown_form\"", "") \
	METRIC(REQUEST_PREFILL_PREFETCH, counter, "waymark_requests_total", "route=\"prefill\",result=\"prefetch\"", "") \
	METRIC(REQUEST_STAFF, counter, "waymark_requests_total", "route=\"staff\",result=\"ok\"", "") \
	METRIC(REQUEST_STAFF_LEFT_OUT, counter, "waymark_requests_total", "route=\"staff\",result=\"left_out\"", "") \
	METRIC(REQUEST_STAFF_COUNTED, counter, "waymark_requests_total", "route=\"staff\",result=\"counted\"", "") \
	METRIC(REQUEST_STAFF_FORGED, counter, "waymark_requests_total", "route=\"staff\",result=\"forged\"", "") \
	METRIC(REQUEST_STAFF_PREFETCH, counter, "waymark_requests_total", "route=\"staff\",result=\"prefetch\"", "") \
	METRIC(REQUEST_HANDOVER, counter, "waymark_requests_total", "route=\"handover\",result=\"redirected\"", "") \
	METRIC(REQUEST_HANDOVER_FORGED, counter, "waymark_requests_total", "route=\"handover\",result=\"forged\"", "") \
	METRIC(REQUEST_HANDOVER_PROBE, counter, "waymark_requests_total", "route=\"handover\",result=\"probe\"", "") \
	METRIC(REQUEST_HANDOVER_PREFETCH, counter, "waymark_requests_total", "route=\"handover\",result=\"prefetch\"", "") \
	METRIC(REQUEST_HANDOVER_ASK, counter, "waymark_requests_total", "route=\"handover_ask\",result=\"ok\"", "") \
	METRIC(REQUEST_HANDOVER_BAD, counter, "waymark_requests_total", "route=\"handover_ask\",result=\"malformed\"", "") \
	METRIC(REQUEST_HANDOVER_ORIGIN, counter, "waymark_requests_total", "route=\"handover_ask\",result=\"other_origin\"", "") \
	METRIC(REQUEST_POST, counter, "waymark_requests_total", "route=\"form_post\",result=\"taken\"", "") \
	METRIC(REQUEST_POST_REFUSED, counter, "waymark_requests_total", "route=\"form_post\",result=\"refused\"", "") \
	METRIC(REQUEST_POST_CLOSED, counter, "waymark_requests_total", "route=\"form_post\",result=\"closed\"", "") \
	METRIC(REQUEST_POST_UNKNOWN, counter, "waymark_requests_total", "route=\"form_post\",result=\"unknown_form\"", "") \
	METRIC(REQUEST_POST_BAD, counter, "waymark_requests_total", "route=\"form_post\",result=\"malformed\"", "") \
	METRIC(REQUEST_POST_FAILED, counter, "waymark_requests_total", "route=\"form_post\",result=\"failed\"", "") \
	METRIC(REQUEST_POST_LIMITED, counter, "waymark_requests_total", "route=\"form_post\",result=\"limited\"", "") \
	METRIC(REQUEST_CONFIRM, counter, "waymark_requests_total", "route=\"confirm\",result=\"shown\"", "") \
	METRIC(REQUEST_CONFIRMED, counter, "waymark_requests_total", "route=\"confirm\",result=\"taken\"", "") \
	METRIC(REQUEST_CONFIRM_FORGED, counter, "waymark_requests_total", "route=\"confirm\",result=\"forged\"", "") \
	METRIC(REQUEST_CONFIRM_ORIGIN, counter, "waymark_requests_total", "route=\"confirm\",result=\"other_origin\"", "") \
	METRIC(REQUEST_CONFIRM_PREFETCH, counter, "waymark_requests_total", "route=\"confirm\",result=\"prefetch\"", "") \
	METRIC(REQUEST_CONFIRM_FAILED, counter, "waymark_requests_total", "route=\"confirm\",result=\"failed\"", "") \
	METRIC(REQUEST_SUBSCRIPTION, counter, "waymark_requests_total", "route=\"subscription\",result=\"shown\"", "") \
	METRIC(REQUEST_SUBSCRIPTION_TAKEN, counter, "waymark_requests_total", "route=\"subscription\",result=\"taken\"", "") \
	METRIC(REQUEST_SUBSCRIPTION_ONE_CLICK, counter, "waymark_requests_total", "route=\"subscription\",result=\"one_click\"", "") \
	METRIC(REQUEST_SUBSCRIPTION_FORGED, counter, "waymark_requests_total", "route=\"subscription\",result=\"forged\"", "") \
	METRIC(REQUEST_SUBSCRIPTION_PREFETCH, counter, "waymark_requests_total", "route=\"subscription\",result=\"prefetch\"", "") \
	METRIC(REQUEST_SUBSCRIPTION_FAILED, counter, "waymark_requests_total", "route=\"subscription\",result=\"failed\"", "") \
	METRIC(REQUEST_OPEN, counter, "waymark_requests_total", "route=\"open\",result=\"taken\"", "") \
	METRIC(REQUEST_OPEN_FORGED, counter, "waymark_requests_total", "route=\"open\",result=\"forged\"", "") \
	METRIC(REQUEST_OPEN_PROBE, counter, "waymark_requests_total", "route=\"open\",result=\"probe\"", "") \
	METRIC(REQUEST_OPEN_PREFETCH, counter, "waymark_requests_total", "route=\"open\",result=\"prefetch\"", "") \
	METRIC(REQUEST_HEALTH, counter, "waymark_requests_total", "route=\"healthz\",result=\"ok\"", "") \
	METRIC(REQUEST_ASSET, counter, "waymark_requests_total", "route=\"asset\",result=\"ok\"", "") \
	METRIC(REQUEST_ASSET_UNKNOWN, counter, "waymark_requests_total", "route=\"asset\",result=\"unknown_script\"", "") \
	METRIC(REQUEST_METRICS, counter, "waymark_requests_total", "route=\"metrics\",result=\"ok\"", "") \
	METRIC(REQUEST_READY, counter, "waymark_requests_total", "route=\"readyz\",result=\"ok\"", "") \
	METRIC(REQUEST_READY_NOT, counter, "waymark_requests_total", "route=\"readyz\",result=\"not_ready\"", "") \
	METRIC(REQUEST_OPERATION, counter, "waymark_requests_total", "route=\"api\",result=\"ok\"", "") \
	METRIC(REQUEST_OPERATION_REFUSED, counter, "waymark_requests_total", "route=\"api\",result=\"refused\"", "") \
	METRIC(REQUEST_OPERATION_UNAUTHORISED, counter, "waymark_requests_total", "route=\"api\",result=\"unauthorised\"", "") \
	METRIC(REQUEST_OPERATION_FAILED, counter, "waymark_requests_total", "route=\"api\",result=\"failed\"", "") \
	METRIC(REQUEST_BAD, counter, "waymark_requests_total", "route=\"none\",result=\"bad_request\"", "") \
	METRIC(REQUEST_HOST, counter, "waymark_requests_total", "route=\"none\",result=\"misdirected\"", "") \
	METRIC(REQUEST_NOT_FOUND, counter, "waymark_requests_total", "route=\"none\",result=\"not_found\"", "") \
	METRIC(REQUEST_METHOD, counter, "waymark_requests_total", "route=\"none\",result=\"method\"", "") \
	METRIC(REQUEST_TOO_LARGE, counter, "waymark_requests_total", "route=\"none\",result=\"too_large\"", "") \
	METRIC(REQUEST_LIMITED, counter, "waymark_requests_total", "route=\"none\",result=\"limited\"", "") \
	METRIC(REQUEST_ERROR, counter, "waymark_requests_total", "route=\"none\",result=\"error\"", "") \
	METRIC(REQUEST_ABORTED, counter, "waymark_requests_total", "route=\"none\",result=\"aborted\"", "") \
	METRIC(FORGED_CLICK, counter, "waymark_tokens_forged_total", "purpose=\"click\"", "Tokens and cookies that did not verify: forged, mangled, or of a retired key.") \
	METRIC(FORGED_LINK_PART, counter, "waymark_tokens_forged_total", "purpose=\"link_part\"", "") \
	METRIC(FORGED_PROSPECT_PART, counter, "waymark_tokens_forged_total", "purpose=\"prospect_part\"", "") \
	METRIC(FORGED_SELF_CONTAINED, counter, "waymark_tokens_forged_total", "purpose=\"self_contained\"", "") \
	METRIC(FORGED_OPEN, counter, "waymark_tokens_forged_total", "purpose=\"open\"", "") \
	METRIC(FORGED_VISITOR, counter, "waymark_tokens_forged_total", "purpose=\"visitor\"", "") \
	METRIC(FORGED_HANDOVER, counter, "waymark_tokens_forged_total", "purpose=\"handover\"", "") \
	METRIC(FORGED_STAFF, counter, "waymark_tokens_forged_total", "purpose=\"staff\"", "") \
	METRIC(FORGED_LOGIN, counter, "waymark_tokens_forged_total", "purpose=\"login\"", "") \
	METRIC(FORGED_FORM_VIEW, counter, "waymark_tokens_forged_total", "purpose=\"form_view\"", "") \
	METRIC(FORGED_CONFIRM, counter, "waymark_tokens_forged_total", "purpose=\"confirm\"", "") \
	METRIC(FORGED_SUBSCRIPTION, counter, "waymark_tokens_forged_total", "purpose=\"subscription\"", "") \
	METRIC(OTHER_MAILING, counter, "waymark_tokens_other_mailing_total", "", "Valid prospect parts used with a link of another mailing: redirected without a person.") \
	METRIC(UNKNOWN_LINKS, counter, "waymark_links_unknown_total", "", "Valid tokens whose link is not registered here: sent to the fallback.") \
	METRIC(CONFLICTING_COOKIES, counter, "waymark_cookies_conflicting_total", "", "Requests with two different valid visitor cookies: a new one was issued.") \
	METRIC(ERASED_PERSONS, counter, "waymark_persons_erased_total", "", "Clicks and opens of erased people: answered as always, and counted without a person.") \
	METRIC(PEOPLE_FAILED, counter, "waymark_people_failed_total", "", "Clicks and opens recorded without a person because people/ could not be read.") \
	METRIC(HELD_CLICKS, counter, "waymark_held_clicks_total", "result=\"held\"", "Clicks under pending consent whose claim was held in a cookie, and those of them that a choice then took up.") \
	METRIC(HELD_AGREED, counter, "waymark_held_clicks_total", "result=\"agreed\"", "") \
	METRIC(HANDOVERS_MADE, counter, "waymark_handovers_total", "result=\"made\"", "Hand-overs to another tracker of this server that were signed, and what became of those that came back: taken, or why nobody was handed over.") \
	METRIC(HANDOVERS_TAKEN, counter, "waymark_handovers_total", "result=\"taken\"", "") \
	METRIC(HANDOVERS_CONSENT, counter, "waymark_handovers_total", "result=\"consent\"", "") \
	METRIC(HANDOVERS_NOT_FOLLOWED, counter, "waymark_handovers_total", "result=\"not_followed\"", "") \
	METRIC(HANDOVERS_USED, counter, "waymark_handovers_total", "result=\"used\"", "") \
	METRIC(HANDOVERS_EXPIRED, counter, "waymark_handovers_total", "result=\"expired\"", "") \
	METRIC(HANDOVERS_ELSEWHERE, counter, "waymark_handovers_total", "result=\"elsewhere\"", "") \
	METRIC(EVENT_CLICK, counter, "waymark_events_total", "type=\"click\"", "Events handed to the writer, by type.") \
	METRIC(EVENT_OPEN, counter, "waymark_events_total", "type=\"open\"", "") \
	METRIC(EVENT_PROBE, counter, "waymark_events_total", "type=\"probe\"", "") \
	METRIC(EVENT_VIEW, counter, "waymark_events_total", "type=\"view\"", "") \
	METRIC(EVENT_LEAVE, counter, "waymark_events_total", "type=\"leave\"", "") \
	METRIC(EVENT_EVENT, counter, "waymark_events_total", "type=\"event\"", "") \
	METRIC(EVENT_SEARCH, counter, "waymark_events_total", "type=\"search\"", "") \
	METRIC(EVENT_DOWNLOAD, counter, "waymark_events_total", "type=\"download\"", "") \
	METRIC(EVENT_CONSENT, counter, "waymark_events_total", "type=\"consent\"", "") \
	METRIC(EVENT_LOGIN, counter, "waymark_events_total", "type=\"login\"", "") \
	METRIC(EVENT_PREFILL, counter, "waymark_events_total", "type=\"prefill\"", "") \
	METRIC(EVENT_SUBMIT, counter, "waymark_events_total", "type=\"submit\"", "") \
	METRIC(EVENT_SUBMIT_ERROR, counter, "waymark_events_total", "type=\"submit_error\"", "") \
	METRIC(EVENT_CONFIRM, counter, "waymark_events_total", "type=\"confirm\"", "") \
	METRIC(EVENT_UNSUBSCRIBE, counter, "waymark_events_total", "type=\"unsubscribe\"", "") \
	METRIC(EVENT_RESUBSCRIBE, counter, "waymark_events_total", "type=\"resubscribe\"", "") \
	METRIC(EVENT_NAME, counter, "waymark_events_total", "type=\"name\"", "") \
	METRIC(EVENT_LINK, counter, "waymark_events_total", "type=\"link\"", "") \
	METRIC(EVENT_FORM, counter, "waymark_events_total", "type=\"form\"", "") \
	METRIC(EVENT_PROSPECT, counter, "waymark_events_total", "type=\"prospect\"", "") \
	METRIC(EVENT_BIND, counter, "waymark_events_total", "type=\"bind\"", "") \
	METRIC(EVENT_CONFLICT, counter, "waymark_events_total", "type=\"conflict\"", "") \
	METRIC(EVENT_UNBIND, counter, "waymark_events_total", "type=\"unbind\"", "") \
	METRIC(EVENT_MERGE, counter, "waymark_events_total", "type=\"merge\"", "") \
	METRIC(EVENT_ACCESS, counter, "waymark_events_total", "type=\"access\"", "") \
	METRIC(EVENT_ERASE, counter, "waymark_events_total", "type=\"erase\"", "") \
	METRIC(BINDINGS_FAILED, counter, "waymark_bindings_failed_total", "", "Times that nobody was bound because state/ could not be read, or has been behind the log for long.") \
	METRIC(LINKS_LEAKED, counter, "waymark_links_leaked_total", "", "Links of one person that were seen in so many browsers that they bind nobody any more.") \
	METRIC(POST_PLACES_REFUSED, counter, "waymark_form_places_refused_total", "", "Places that a form post wanted to lead to, and that are on none of the form's sites.") \
	METRIC(DROPPED_CONSENT, counter, "waymark_events_dropped_total", "reason=\"consent\"", "Events left out by rule: answered as usual, and counted dropped.") \
	METRIC(DROPPED_DISK, counter, "waymark_events_dropped_total", "reason=\"disk_reserve\"", "") \
	METRIC(DROPPED_ERASED, counter, "waymark_events_dropped_total", "reason=\"erased\"", "") \
	METRIC(DROPPED_QUEUE, counter, "waymark_events_dropped_total", "reason=\"queue\"", "") \
	METRIC(REJECTED_ADDRESS, counter, "waymark_events_rejected_total", "reason=\"address_rate\"", "Events left out because their address or tracker is over its limit, or because they are malformed: counted rejected.") \
	METRIC(REJECTED_TRACKER, counter, "waymark_events_rejected_total", "reason=\"tracker_rate\"", "") \
	METRIC(REJECTED_MALFORMED, counter, "waymark_events_rejected_total", "reason=\"malformed\"", "") \
	METRIC(EVENTS_EXCLUDED, counter, "waymark_events_excluded_total", "", "Events kept with a reason not to count them: of your networks, your staff, or your pages that say nothing.") \
	METRIC(ADDRESSES_FORGIVEN, counter, "waymark_addresses_forgiven_total", "", "Addresses that began anew before their time because limits.addresses was too small for all.") \
	METRIC(EVENT_REPORTED, counter, "waymark_events_reported_total", "", "Events that a site's own server reported, handed to the writer.") \
	METRIC(EVENT_IMPORTED, counter, "waymark_events_imported_total", "", "Events of other systems handed to the writer.") \
	METRIC(ACCOUNT_RECEIVED, gauge, "waymark_account", "kind=\"received\"", "Where every event went since the start: received = stored + dropped + rejected + lost + pending.") \
	METRIC(ACCOUNT_STORED, gauge, "waymark_account", "kind=\"stored\"", "") \
	METRIC(ACCOUNT_DROPPED, gauge, "waymark_account", "kind=\"dropped\"", "") \
	METRIC(ACCOUNT_REJECTED, gauge, "waymark_account", "kind=\"rejected\"", "") \
	METRIC(ACCOUNT_LOST, gauge, "waymark_account", "kind=\"lost\"", "") \
	METRIC(ACCOUNT_PENDING, gauge, "waymark_account", "kind=\"pending\"", "") \
	METRIC(ACCOUNT_LATE, counter, "waymark_late_total", "", "Answers that left before their event was durable.") \
	METRIC(COMMITS, counter, "waymark_commits_total", "", "Batches that the event writer has committed.") \
	METRIC(COMMIT_USEC, counter, "waymark_commit_microseconds_total", "", "Time that these commits took.") \
	METRIC(COMMIT_FAILURES, counter, "waymark_commit_failures_total", "", "Commits that failed and are tried again.") \
	METRIC(STORE_REOPENS, counter, "waymark_store_reopens_total", "", "Times that an environment was reopened after a failure.") \
	METRIC(LAST_SEQUENCE, gauge, "waymark_log_sequence", "", "Sequence of the newest event in the log.") \
	METRIC(STATE_POSITION, gauge, "waymark_state_position", "", "Sequence of the last event that state/ has applied.") \
	METRIC(BYTES_EVENTS, gauge, "waymark_store_bytes", "store=\"events\"", "Bytes in use, by environment.") \
	METRIC(BYTES_STATE, gauge, "waymark_store_bytes", "store=\"state\"", "") \
	METRIC(BYTES_PEOPLE, gauge, "waymark_store_bytes", "store=\"people\"", "") \
	METRIC(MAP_GROWTHS, counter, "waymark_store_map_growths_total", "", "Times that a memory map was enlarged.") \
	METRIC(READS_EVENTS, counter, "waymark_store_reads_total", "store=\"events\"", "Lookups, by environment; those of the admin listener are among them.") \
	METRIC(READS_STATE, counter, "waymark_store_reads_total", "store=\"state\"", "") \
	METRIC(READS_PEOPLE, counter, "waymark_store_reads_total", "store=\"people\"", "") \
	METRIC(DISK_LEVEL, gauge, "waymark_disk_level", "", "0: room enough; 1: below disk_reserve_percent, beacons and opens are dropped; 2: below half of it, clicks too.") \
	METRIC(DISK_FREE, gauge, "waymark_disk_free_bytes", "", "Free space of the disk of data_dir, as of the last look; 0 without a reserve.") \
	METRIC(PRUNED, counter, "waymark_pruned_events_total", "", "Records that retention has removed from the log since the start.") \
	METRIC(PRUNED_THROUGH, gauge, "waymark_pruned_through", "", "Sequence behind which the log begins.") \
	METRIC(TOMBSTONES, counter, "waymark_tombstones_total", "", "Records of no known person that retention_anonymous_days has emptied since the start.") \
	METRIC(RETENTION_BEHIND, gauge, "waymark_retention_clock_behind_seconds", "", "How far the clock of retention is behind the wall clock, which jumped ahead and is believed after a day.") \
	METRIC(READERS, gauge, "waymark_readers", "", "Readers of the log that are registered by name.") \
	METRIC(READER_LAG, gauge, "waymark_reader_lag_events", "", "Events that the slowest of them has not read.") \
	METRIC(READERS_PASSED, counter, "waymark_readers_passed_over_total", "", "Times that events were removed which a registered reader had not read.") \
	METRIC(FAILING_EVENTS, gauge, "waymark_store_failing", "store=\"events\"", "1 while the store is not open, or the last commit to it failed; tried again.") \
	METRIC(FAILING_STATE, gauge, "waymark_store_failing", "store=\"state\"", "") \
	METRIC(FAILING_PEOPLE, gauge, "waymark_store_failing", "store=\"people\"", "") \
	METRIC(DAMAGED_EVENTS, gauge, "waymark_store_damaged", "store=\"events\"", "1 when a page was met since the start that cannot be read.") \
	METRIC(DAMAGED_STATE, gauge, "waymark_store_damaged", "store=\"state\"", "") \
	METRIC(DAMAGED_PEOPLE, gauge, "waymark_store_damaged", "store=\"people\"", "") \
	METRIC(CONNECTIONS_PUBLIC, gauge, "waymark_connections", "listener=\"public\"", "Open connections, by listener.") \
	METRIC(CONNECTIONS_ADMIN, gauge, "waymark_connections", "listener=\"admin\"", "") \
	METRIC(CONNECTIONS_CONTROL, gauge, "waymark_connections", "listener=\"control\"", "") \
	METRIC(CONNECTIONS_LIMIT, gauge, "waymark_connections_limit", "", "Connections of the public listener at most: limits.connections, or what the limit of open files allows.") \
	METRIC(ACCEPTED_PUBLIC, counter, "waymark_connections_accepted_total", "listener=\"public\"", "Connections accepted, by listener.") \
	METRIC(ACCEPTED_ADMIN, counter, "waymark_connections_accepted_total", "listener=\"admin\"", "") \
	METRIC(ACCEPTED_CONTROL, counter, "waymark_connections_accepted_total", "listener=\"control\"", "") \
	METRIC(TIMED_OUT_PUBLIC, counter, "waymark_connections_timed_out_total", "listener=\"public\"", "Connections closed because a request took too long.") \
	METRIC(TIMED_OUT_ADMIN, counter, "waymark_connections_timed_out_total", "listener=\"admin\"", "") \
	METRIC(TIMED_OUT_CONTROL, counter, "waymark_connections_timed_out_total", "listener=\"control\"", "") \
	METRIC(CROWDED_PUBLIC, counter, "waymark_connections_refused_total", "listener=\"public\"", "Connections refused because their address held limits.connections_per_address, by listener.") \
	METRIC(CROWDED_ADMIN, counter, "waymark_connections_refused_total", "listener=\"admin\"", "") \
	METRIC(CROWDED_CONTROL, counter, "waymark_connections_refused_total", "listener=\"control\"", "") \
	METRIC(EVICTED_PUBLIC, counter, "waymark_connections_evicted_total", "listener=\"public\"", "Connections that did nothing, closed to make room for others, by listener.") \
	METRIC(EVICTED_ADMIN, counter, "waymark_connections_evicted_total", "listener=\"admin\"", "") \
	METRIC(EVICTED_CONTROL, counter, "waymark_connections_evicted_total", "listener=\"control\"", "") \
	METRIC(WAITING_PUBLIC, gauge, "waymark_requests_waiting", "listener=\"public\"", "Requests that wait for their commit.") \
	METRIC(WAITING_ADMIN, gauge, "waymark_requests_waiting", "listener=\"admin\"", "") \
	METRIC(WAITING_CONTROL, gauge, "waymark_requests_waiting", "listener=\"control\"", "") \
	METRIC(MAILS_SENT, counter, "waymark_mails_total", "result=\"sent\"", "Mails of the server itself: taken by the mail server, refused by it for good, or given up.") \
	METRIC(MAILS_REFUSED, counter, "waymark_mails_total", "result=\"refused\"", "") \
	METRIC(MAILS_LOST, counter, "waymark_mails_total", "result=\"lost\"", "") \
	METRIC(MAILS_FAILED, counter, "waymark_mail_failures_total", "", "Attempts to send one that failed and are made again.") \
	METRIC(MAILS_WAITING, gauge, "waymark_mails_waiting", "", "Mails that wait to be sent.") \
	METRIC(CHECKED_OK, gauge, "waymark_links_checked", "state=\"ok\"", "Active links by what came of `waymark link check`, as the last one of this run of the server said.") \
	METRIC(CHECKED_MOVED, gauge, "waymark_links_checked", "state=\"moved\"", "") \
	METRIC(CHECKED_MISSING, gauge, "waymark_links_checked", "state=\"missing\"", "") \
	METRIC(CHECKED_FAILING, gauge, "waymark_links_checked", "state=\"failing\"", "") \
	METRIC(CHECKED_UNCLEAR, gauge, "waymark_links_checked", "state=\"unclear\"", "") \
	METRIC(CHECKED_UNREACHABLE, gauge, "waymark_links_checked", "state=\"unreachable\"", "") \
	METRIC(CHECKED_REFUSED, gauge, "waymark_links_checked", "state=\"refused\"", "") \
	METRIC(CHECKED_TIME, gauge, "waymark_links_checked_time_seconds", "", "When that check ended, in seconds since 1970 UTC; 0: none has.") \
	METRIC(RELOADS, counter, "waymark_reloads_total", "result=\"done\"", "Times that SIGHUP or a change of keys or tokens put settings in force, or was refused because of a file.") \
	METRIC(RELOADS_REFUSED, counter, "waymark_reloads_total", "result=\"refused\"", "") \
	METRIC(SETTINGS, gauge, "waymark_settings_held", "", "Settings in memory: those in force, and older ones under which requests in flight began.") \
	METRIC(TURNS, counter, "waymark_loop_turns_total", "", "Turns of the event loop.") \
	METRIC(STARTED, gauge, "waymark_start_time_seconds", "", "When the server started, in seconds since 1970 UTC.")

/*
 * Times, as counts by length. HISTOGRAM(id, name, help): printed as name_bucket, name_sum and
 * name_count, in seconds.
 */
#define METRICS_HISTOGRAMS(HISTOGRAM)                                                              \
	HISTOGRAM(COMMIT_SECONDS, "waymark_commit_seconds", "How long the event writer took for a commit, by batch.")
/* clang-format on */

#endif
