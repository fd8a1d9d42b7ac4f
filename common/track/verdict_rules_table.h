/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks for a machine and what for a person, one row each. No include guard: include it what
 * is wanted of these defined.
 *
 * VERDICT_RULE(number, name, weight, stage, why, source)
 * VERDICT_LIMIT(member, key, minimum, maximum, default, unit, sentence)
 *
 * A limit is a member of struct verdict_limits in multiples of the unit, and a key of "limits" in
 * the operator's file.
 *
 * The number is a bit of struct settle_verdict.reasons and part of keys on disk: append only. The
 * name stands in "verdict.reasons" of an event, and in the operator's own rules file, which may
 * change the weight. Weights of all rules that fire are added up: 100 and more is a machine, more
 * than 0 unknown, 0 and less human. So what is merely missing never makes a machine of anybody.
 *
 * Stages:
 *   REQUEST  seen in the request itself; with a weight of 100 it is certain, whatever else speaks
 *            for a person
 *   LATER    seen in what happened around it (track/settle.h)
 *   PERSON   the same, and it speaks for a person; at -1000 it is decisive: settled at once
 */
#ifndef VERDICT_RULE
#define VERDICT_RULE(...)
#endif
#ifndef VERDICT_LIMIT
#define VERDICT_LIMIT(...)
#endif
/* clang-format off */
VERDICT_RULE(0, head, 100, REQUEST, "browsers follow links with GET", "RFC 9110 9.3.2")
VERDICT_RULE(1, prefetch, 100, REQUEST, "loaded ahead of a click that may never come", "Fetch Standard, Sec-Purpose")
VERDICT_RULE(2, trap, 100, REQUEST, "no person sees the link that was followed", "the sender's own mail")
VERDICT_RULE(3, known_agent, 100, REQUEST, "it says itself that it is a program", "isbot, crawler-user-agents, verdict_agents_table.h")
VERDICT_RULE(4, no_agent, 100, REQUEST, "every browser sends User-Agent", "RFC 9110 10.1.5")
VERDICT_RULE(5, bare_agent, 50, REQUEST, "the whole agent is Mozilla/5.0, as mail proxies write it", "Apple Mail Privacy Protection")
VERDICT_RULE(6, no_sec_fetch, 40, REQUEST, "this browser sends Sec-Fetch-* over https", "Fetch Metadata, by browser version")
VERDICT_RULE(7, no_language, 40, REQUEST, "this browser sends Accept-Language on a navigation", "RFC 9110 12.5.4")
VERDICT_RULE(8, own_agent, 100, REQUEST, "the operator says that this agent is a program", "verdict.rules_file")
VERDICT_RULE(9, scanner_net, 100, REQUEST, "only mail scanners ask from this network", "verdict.networks_file, class certain")
VERDICT_RULE(10, probable_net, 50, REQUEST, "a security vendor's network, where isolated browsers are too", "verdict.networks_file, class probable")
VERDICT_RULE(11, weak_net, 20, REQUEST, "a network of rented machines", "verdict.networks_file, class weak")
VERDICT_RULE(12, burst, 55, LATER, "three links of one mail within ten seconds", "Mautic and gateway reports: all links within seconds")
VERDICT_RULE(13, burst_fast, 100, LATER, "three links of one mail within a second, faster than a hand", "Microsoft Defender: all links within milliseconds")
VERDICT_RULE(14, pair_fast, 50, LATER, "two links of one mail within a second", "the same, for a mail of few links")
VERDICT_RULE(15, after_sent, 60, LATER, "within five seconds after the mail was sent", "Mautic: seconds after sending")
VERDICT_RULE(16, second_click, 40, LATER, "the same link from another network and system within a minute", "gateways that repeat a click")
VERDICT_RULE(17, machine_address, 60, LATER, "a certain machine asked for links of this mail from this network within a quarter of an hour", "Paminga, click filtering")
VERDICT_RULE(18, near_trap, 60, LATER, "a link that no person sees was followed in this mail within ten seconds", "hidden links in mail, ten seconds around them")
VERDICT_RULE(19, no_landing, 15, LATER, "other clicks of this mail showed their page, this one none", "the landing page's beacon")
VERDICT_RULE(20, its_click, 0, LATER, "it came of a click that is doubted, and carries that click's weight", "scanners that run scripts")
VERDICT_RULE(24, landing, -60, PERSON, "the page behind the click was seen for a second, with its cookie", "the landing page's beacon")
VERDICT_RULE(25, input, -1000, PERSON, "a hand moved in this browser: a trusted input event", "the landing page's beacon")
VERDICT_RULE(26, declaration, -60, PERSON, "this browser sent a form", "a form post is a declaration")
VERDICT_RULE(27, proof, -1000, PERSON, "this browser logged in or confirmed an address", "a login is a proof")

VERDICT_LIMIT(settle, "settle_minutes", 1, 30, 10, 60 * USEC_PER_SEC, "How long a verdict waits for what speaks against it.")
VERDICT_LIMIT(burst_links, "burst_links", 2, 100, 3, 1, "How many links of one mail at once are a burst.")
VERDICT_LIMIT(burst, "burst_seconds", 1, 60, 10, USEC_PER_SEC, "Within what time, for burst.")
VERDICT_LIMIT(fast, "fast_ms", 100, 10000, 1000, USEC_PER_MS, "Within what time, for burst_fast and pair_fast.")
VERDICT_LIMIT(after_sent, "after_sent_seconds", 0, 300, 5, USEC_PER_SEC, "How soon after a mail was sent a click is too soon.")
VERDICT_LIMIT(second_click, "second_click_seconds", 0, 600, 60, USEC_PER_SEC, "Within what time a click from elsewhere repeats another.")
VERDICT_LIMIT(machine_address, "machine_address_minutes", 0, 30, 15, 60 * USEC_PER_SEC, "How long a machine makes its network suspect for the mail that it looked at.")
VERDICT_LIMIT(near_trap, "near_trap_seconds", 0, 600, 10, USEC_PER_SEC, "How near to a trap link the other links of a mail are suspect.")
VERDICT_LIMIT(visible, "visible_ms", 0, 600000, 1000, 1, "How long a page must be seen to speak for a person.")
/* clang-format on */
#undef VERDICT_RULE
#undef VERDICT_LIMIT
