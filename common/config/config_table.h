/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every configuration key, one row each: the parser, the reference (`waymark config reference`) and
 * the example (`waymark config example`) are made from these rows. No include guard: include it
 * with the macros defined that are wanted, after CONFIG_ROW_DEFAULTS below.
 *
 * CONFIG_TEXT(member, key, default, sentence)			NULL default: required
 * CONFIG_NUMBER(member, key, minimum, maximum, default, unit, sentence)
 * CONFIG_BOOL(member, key, default, sentence)
 * CONFIG_CHOICE(member, key, choices, default, sentence)	"a|b|c": the value is the index
 * CONFIG_TEXTS(member, key, default, sentence)			a list; default is JSON text
 * CONFIG_FIXED(member)						a restart changes it, a reload does
 * not "consent.gpc" is the member gpc of the object consent. Trackers are a list of objects with
 * rows of their own, TRACKER_*, in the same form.
 */
#ifndef CONFIG_TEXT
#define CONFIG_TEXT(...)
#endif
#ifndef CONFIG_NUMBER
#define CONFIG_NUMBER(...)
#endif
#ifndef CONFIG_BOOL
#define CONFIG_BOOL(...)
#endif
#ifndef CONFIG_CHOICE
#define CONFIG_CHOICE(...)
#endif
#ifndef CONFIG_TEXTS
#define CONFIG_TEXTS(...)
#endif
#ifndef CONFIG_FIXED
#define CONFIG_FIXED(...)
#endif
#ifndef TRACKER_TEXT
#define TRACKER_TEXT(...)
#endif
#ifndef TRACKER_TEXTS
#define TRACKER_TEXTS(...)
#endif
#ifndef TRACKER_BOOL
#define TRACKER_BOOL(...)
#endif

/* clang-format off */
TRACKER_TEXT(url, "url", NULL, "Address of the tracker as browsers see it: scheme, host and, where it is not the usual one, port.")
TRACKER_TEXTS(sites, "sites", NULL, "Origins of the sites that it serves; same scheme and registrable domain as the tracker.")
TRACKER_BOOL(primary, "primary", false, "The tracker that links are minted for by default. Exactly one; a single tracker is primary by itself.")
TRACKER_TEXT(campaign, "campaign", "website", "Campaign of visits that come without one.")
TRACKER_TEXT(fallback, "fallback", "", "Where a valid link that is no longer known leads. Empty: the first site.")

CONFIG_TEXT(listen, "listen", "127.0.0.1:8080", "Address of the public listener: host:port, [v6]:port, or unix:/path.")
CONFIG_TEXT(admin_listen, "admin_listen", "127.0.0.1:8081", "Address of the admin listener; never put it on the internet.")
CONFIG_TEXTS(trusted_proxies, "trusted_proxies", "[\"127.0.0.1/32\", \"::1/128\"]", "Networks whose X-Forwarded-For is believed, right-most untrusted hop.")
CONFIG_TEXT(data_dir, "data_dir", "data", "Directory of the stores; relative to the configuration file.")
CONFIG_TEXT(keys_file, "keys_file", "keys.json", "The keyring; relative to the configuration file.")
CONFIG_TEXT(tokens_file, "tokens_file", "tokens.json", "The tokens with which other programs use the admin API, made by `waymark token`; relative to the configuration file. No file: no tokens.")
CONFIG_TEXT(node, "node", "n1", "Name of this node in event ids: 1 to 16 of a-z 0-9.")
CONFIG_CHOICE(consent_default, "consent.default", "pending|denied|measure|identify", "pending", "Consent of a browser that has not said anything.")
CONFIG_BOOL(consent_gpc, "consent.gpc", true, "Treat Sec-GPC: 1 as denied.")
CONFIG_BOOL(consent_dnt, "consent.dnt", false, "Treat DNT: 1 as denied.")
CONFIG_NUMBER(hold_click_minutes, "consent.hold_click_minutes", 0, 60, 0, "minutes", "How long whose link was followed under pending consent waits in a cookie of its own, which is read only when the browser then agrees. 0: not held.")
CONFIG_TEXT(country_file, "consent.country_file", "", "A database of countries by network address in MaxMind's format, e.g. GeoLite2-Country.mmdb; relative to the configuration file. Replace it by renaming a new one into its place, then send SIGHUP. Empty: none.")
CONFIG_TEXTS(countries, "consent.countries", "[]", "Consent, by country_file, of browsers that have not said anything: \"DE=pending\"; \"EU=pending\" for all members of the European Union that are not listed. Everywhere else consent.default holds.")
CONFIG_TEXT(privacy_operator, "privacy.operator", "", "Who is answerable for what the tracker records, by the name that /privacy gives. Empty: the host of the tracker's first site.")
CONFIG_TEXT(privacy_contact, "privacy.contact", "", "Where visitors may ask about their data: an e-mail address or a web address, shown on /privacy. Empty: none.")
CONFIG_TEXT(privacy_policy, "privacy.policy", "", "Web address of the site's privacy policy, linked from /privacy. Empty: none.")
CONFIG_TEXTS(privacy_recipients, "privacy.recipients", "[]", "To whom else recorded data goes and what for, one text each, as /privacy lists them: \"Salesforce, Inc. (customer relations)\".")
CONFIG_CHOICE(ip, "ip", "none|truncated|sealed", "truncated", "What is kept of client addresses: nothing; /24 and /48; or also the full address, sealed under the person's key.")
CONFIG_NUMBER(retention_days, "retention_days", 1, 36500, 400, "days", "How long events are kept, from when they were stored; then the oldest are removed from the log.")
CONFIG_NUMBER(retention_anonymous_days, "retention_anonymous_days", 0, 36500, 0, "days", "How long what visitors did is kept where no person is known; then only a mark stays in the log that there was an event. Consent is kept like all else. 0: like retention_days.")
CONFIG_NUMBER(reader_lag_days, "reader_lag_days", 0, 36500, 30, "days", "How much longer an event is kept that a registered reader has not read; then it is passed over, which is counted and logged.")
CONFIG_NUMBER(commit_wait_ms, "commit_wait_ms", 1, 60000, 100, "milliseconds", "How long an answer waits for its event to be durable before it leaves without.")
CONFIG_NUMBER(disk_reserve_percent, "disk_reserve_percent", 0, 50, 5, "percent", "Free space of the disk of data_dir below which opens, probes and beacons are no longer stored; below half of it clicks neither. Links redirect all the same. 0: no reserve.")
CONFIG_NUMBER(request_timeout_s, "limits.request_timeout_s", 1, 600, 30, "seconds", "A connection that completes no request for so long is closed.")
CONFIG_NUMBER(connections, "limits.connections", 16, 100000, 10000, "connections", "Open connections of the public listener; fewer where the limit of open files says so. When nearly all are taken, those that have done nothing for the longest time are closed to make room.")
CONFIG_NUMBER(connections_per_address, "limits.connections_per_address", 0, 100000, 1000, "connections", "Of these, what one client address (IPv6: one /64) may hold: with more, its oldest idle one is closed, or the new one refused. Trusted proxies have no such limit. 0: none.")
CONFIG_NUMBER(address_rate, "limits.address_rate", 0, 1000000, 200, "requests a second", "What one client address (IPv6: one /64) may ask for in the long run. Beyond it a tracked link still redirects and the picture of a mail is shown, unrecorded; all else is answered 429. An office, a mail scanner, or all clients behind a proxy that trusted_proxies does not list look like one address and stay far below. 0: no limit.")
CONFIG_NUMBER(address_burst, "limits.address_burst", 1, 10000000, 20000, "requests", "What it may ask for at once on top: a scanner opens every link of a mailing within seconds.")
CONFIG_NUMBER(limit_addresses, "limits.addresses", 256, 16777216, 65536, "addresses", "Addresses that the server tells apart at least, at 16 bytes each. With more of them about, those that took least begin anew.")
CONFIG_NUMBER(tracker_rate, "limits.tracker_rate", 0, 1000000, 0, "requests a second", "The same for all requests to one tracker together. 0: no limit, since nobody knows how far a mailing carries; set it where trackers share a server.")
CONFIG_NUMBER(tracker_burst, "limits.tracker_burst", 1, 10000000, 100000, "requests", "What a tracker's visitors may ask for at once on top.")
CONFIG_NUMBER(queue_clicks, "limits.queue_clicks", 64, 1000000, 65536, "events", "Clicks that may wait for the writer; beyond it a click redirects and is counted lost.")
CONFIG_NUMBER(queue_bulk, "limits.queue_bulk", 64, 1000000, 16384, "events", "Other events that may wait for the writer.")
CONFIG_TEXTS(internal_networks, "internal.networks", "[]", "Networks of your own people, written like 203.0.113.0/24. What comes from them is kept with the reason \"network\", and is not counted.")
CONFIG_TEXTS(internal_pages, "internal.pages", "[]", "Pages that say nothing of a visitor's interest, such as /careers, with all below them; an address like https://jobs.example.com/ is of one site only. What is about them is kept with the reason \"page\", and is not counted.")
CONFIG_TEXT(verdict_rules_file, "verdict.rules_file", "", "Your own rules on who is a machine, as JSON: weights, agents, networks (deploy/guides/verdicts.md); relative to the configuration file. SIGHUP reads it again. Empty: none.")
CONFIG_TEXT(verdict_networks_file, "verdict.networks_file", "", "Networks that mail scanners ask from, in the form of deploy/scanner-networks.txt; relative to the configuration file. SIGHUP reads it again. Empty: the list that the program was built with.")
CONFIG_NUMBER(posts_per_minute, "forms.posts_per_minute", 0, 100000, 30, "posts a minute", "Forms that one client address (IPv6: one /64) may send; beyond it they are answered 429. An office, or all clients behind a proxy that trusted_proxies does not list, are one address. 0: no limit.")
CONFIG_TEXT(free_mail_file, "forms.free_mail_file", "", "Domains whose addresses are no business addresses in forms, beside those that the program knows: one a line, `!example.com` for one that is; relative to the configuration file. SIGHUP reads it again. Empty: none.")
CONFIG_TEXT(resolver, "forms.resolver", "", "The resolver that is asked whether the domain of a typed address takes mail, for fields with `mx`: an address like 127.0.0.1 or [::1]:5353, or `system` for those of /etc/resolv.conf. Without an answer within three seconds the address is taken. Empty: nobody is asked.")
CONFIG_TEXT(smtp_server, "smtp.server", "", "Mail server that takes the server's own mails, such as the links by which an address is confirmed: host or host:port. Empty: none are sent.")
CONFIG_CHOICE(smtp_tls, "smtp.tls", "starttls|tls|none", "starttls", "How the connection to it is kept secret: by STARTTLS, without which nothing is sent; from the first byte (port 465); or not at all, for a mail server on this machine.")
CONFIG_TEXT(smtp_auth_file, "smtp.auth_file", "", "The login for it: a file of mode 0600 whose first line is the user and whose second line the password; relative to the configuration file. Empty: no login.")
CONFIG_TEXT(smtp_ca_file, "smtp.ca_file", "", "Certificate authorities (PEM) that its certificate may come from, instead of the system's; relative to the configuration file. Empty: the system's.")
CONFIG_TEXT(smtp_from, "smtp.from", "", "E-mail address that these mails come from.")
CONFIG_TEXT(milter_socket, "milter.socket", "unix:/var/spool/postfix/waymark/milter.sock", "Where `waymark milter` waits for the mail server: unix:/path, or host:port of this machine. Postfix asks from inside /var/spool/postfix and calls this one unix:/waymark/milter.sock.")
CONFIG_TEXTS(milter_clients, "milter.clients", "[\"127.0.0.1/32\", \"::1/128\"]", "Networks whose mails `waymark milter` tracks; those of clients that have logged in to the mail server are, too. Never your recipients' side of the internet: whose mail is tracked gets links signed that lead anywhere.")
CONFIG_TEXTS(milter_senders, "milter.senders", "[]", "Envelope senders whose mails it tracks, with or without a campaign: \"news@example.com=autumn\", or \"@example.com\" for a domain; the first that fits. A mail's own X-Waymark-Campaign goes before.")
CONFIG_TEXTS(milter_add, "milter.add", "[]", "What it adds to each of them that has no X-Waymark-Add of its own: \"utm\", \"open-pixel\", \"trap\", \"unsubscribe\" or \"unsubscribe=LIST\", each as the option of `waymark rewrite`.")
CONFIG_NUMBER(link_check_hours, "link_check.hours", 0, 8760, 0, "hours", "How often `waymark link check --follow` asks whether the pages are there that active links lead to. 0: nobody is asked.")
CONFIG_NUMBER(link_check_active_days, "link_check.active_days", 1, 3650, 30, "days", "Links that were followed or registered within so many days are active.")
CONFIG_NUMBER(link_check_rate, "link_check.rate", 1, 100, 2, "requests a second", "How many pages it asks for; never two of one host at once.")
CONFIG_TEXTS(link_check_networks, "link_check.networks", "[]", "Networks that are not public and may be connected to all the same, written like 10.1.0.0/16: pages of an intranet. All others of that kind are refused, whatever a name resolves to.")
CONFIG_TEXTS(page_query, "page_query", "[\"utm_source\", \"utm_medium\", \"utm_campaign\", \"utm_term\", \"utm_content\", \"utm_id\", \"gclid\", \"dclid\", \"gbraid\", \"wbraid\", \"fbclid\", \"msclkid\", \"ttclid\", \"twclid\", \"li_fat_id\", \"yclid\"]", "Query parameters kept in recorded page addresses; all others are left out.")
CONFIG_TEXTS(full_referrers, "full_referrers", "[]", "Origins whose referrers are kept with their path; of all others only the origin.")
CONFIG_TEXTS(people_fields, "people.fields", "[]", "Fields of people that are more than texts, each with its type: \"employees=number\", \"customer=flag\", \"renewal=date\", \"homepage=url\". A value that is none is refused by an import, and not kept from a form.")
CONFIG_TEXT(crm_share_field, "crm.share_field", "", "A field of the CRM's records that says which of them take part, as Account Engagement's marketing data sharing does: an import takes only rows that have crm.share_value in it, and only those are delivered; whom the CRM does not know yet takes part. Empty: all do.")
CONFIG_TEXT(crm_share_value, "crm.share_value", "true", "What crm.share_field must hold, in letters of either case.")
CONFIG_NUMBER(summary_cache_mib, "summary.cache_mib", 16, 65536, 128, "MiB", "Memory that `waymark summarize` takes for what it sorts and remembers.")
CONFIG_TEXT(summary_rules_file, "summary.rules_file", "", "What is worth how many points, page groups, grades and follow-ups: the rules of `waymark summarize`, as JSON; relative to the configuration file. Empty: Account Engagement's default points and no groups.")
CONFIG_TEXT(summary_time_zone, "summary.time_zone", "UTC", "The time zone whose days the summaries count by: a name of the system's database, such as \"Asia/Tokyo\" (package tzdata).")

/* What a running server has built on, one row a key that a row above describes. */
CONFIG_FIXED(listen)
CONFIG_FIXED(admin_listen)
CONFIG_FIXED(data_dir)
CONFIG_FIXED(disk_reserve_percent)
CONFIG_FIXED(node)
CONFIG_FIXED(connections)
CONFIG_FIXED(connections_per_address)
CONFIG_FIXED(limit_addresses)
CONFIG_FIXED(queue_clicks)
CONFIG_FIXED(queue_bulk)
CONFIG_FIXED(resolver)

/* clang-format on */
#undef CONFIG_TEXT
#undef CONFIG_NUMBER
#undef CONFIG_BOOL
#undef CONFIG_CHOICE
#undef CONFIG_TEXTS
#undef CONFIG_FIXED
#undef TRACKER_TEXT
#undef TRACKER_TEXTS
#undef TRACKER_BOOL
