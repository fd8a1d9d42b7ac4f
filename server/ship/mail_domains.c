/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread, one lock. The lock is held to look up and to note, never while a resolver is asked.
 *
 * An entry is first put as asked for, and its time runs from there: behind a domain whose servers
 * are silent, the next ones wait no longer than it does. The thread takes the one that has waited
 * longest. A domain that is known, or that nobody could tell of, is asked for again after a while.
 * The table is a hash with a few places for each value: a new entry takes the place that is empty
 * or has the oldest answer, but never that of one that is being asked for, whose asker waits for
 * it.
 */
#include "ship/mail_domains.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

enum { WAYS = 4, SETS = MAIL_DOMAINS_KEPT / WAYS };
enum { KEPT_MINUTES = 60, UNKNOWN_MINUTES = 1 };

struct entry {
	char domain[DNS_DOMAIN_MAX_BYTES + 1]; /* lower case; "": empty */
	bool asked;			       /* and not answered */
	enum dns_mail mail;
	usec_t time; /* monotonic: when it was asked, or answered */
};

struct mail_domains {
	struct dns_resolver resolver;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t asked;
	int fd;
	bool ends;
	struct entry *queue[MAIL_DOMAINS_QUEUE_MAX]; /* oldest first */
	unsigned queued;
	struct entry entries[SETS][WAYS];
};

static void answer(struct mail_domains *domains, struct entry *entry)
{
	const uint64_t one = 1;
	char domain[sizeof(entry->domain)];
	usec_t deadline = entry->time + MAIL_DOMAINS_TIMEOUT_MS * USEC_PER_MS;
	enum dns_mail mail;

	memcpy(domain, entry->domain, sizeof(domain));
	(void)pthread_mutex_unlock(&domains->lock);
	mail = dns_mail_of(&domains->resolver, domain, deadline);
	(void)pthread_mutex_lock(&domains->lock);
	entry->mail = mail;
	entry->time = clock_monotonic();
	entry->asked = false;
	(void)!write(domains->fd, &one, sizeof(one));
}

static void *work(void *context)
{
	struct mail_domains *domains = context;

	(void)pthread_mutex_lock(&domains->lock);
	while (!domains->ends) {
		struct entry *entry = domains->queue[0];

		if (domains->queued == 0) {
			(void)pthread_cond_wait(&domains->asked, &domains->lock);
			continue;
		}
		answer(domains, entry);
		domains->queued--;
		memmove(domains->queue, domains->queue + 1,
			domains->queued * sizeof(domains->queue[0]));
	}
	(void)pthread_mutex_unlock(&domains->lock);
	return NULL;
}

/* Signals are the loop's. */
static int start(struct mail_domains *domains)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&domains->thread, NULL, work, domains);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

int mail_domains_new(const char *resolver, struct mail_domains **ret_domains, struct error *error)
{
	struct mail_domains *domains = calloc(1, sizeof(*domains));
	int r;

	if (!domains)
		return -ENOMEM;
	r = dns_resolver_find(resolver, &domains->resolver, error);
	if (r)
		goto fail;
	domains->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (domains->fd < 0) {
		r = -errno;
		goto fail;
	}
	(void)pthread_mutex_init(&domains->lock, NULL);
	(void)pthread_cond_init(&domains->asked, NULL);
	r = start(domains);
	if (r) {
		(void)close(domains->fd);
		goto fail;
	}
	*ret_domains = domains;
	return 0;
fail:
	free(domains);
	return r;
}

void mail_domains_free(struct mail_domains *domains)
{
	if (!domains)
		return;
	(void)pthread_mutex_lock(&domains->lock);
	domains->ends = true;
	(void)pthread_cond_signal(&domains->asked);
	(void)pthread_mutex_unlock(&domains->lock);
	(void)pthread_join(domains->thread, NULL);
	(void)pthread_cond_destroy(&domains->asked);
	(void)pthread_mutex_destroy(&domains->lock);
	(void)close(domains->fd);
	free(domains);
}

int mail_domains_fd(const struct mail_domains *domains)
{
	return domains->fd;
}

static bool normalise(struct span domain, char ret_text[DNS_DOMAIN_MAX_BYTES + 1])
{
	if (domain.size == 0 || domain.size > DNS_DOMAIN_MAX_BYTES)
		return false;
	for (size_t i = 0; i < domain.size; i++) {
		uint8_t byte = domain.data[i];

		ret_text[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
	}
	ret_text[domain.size] = 0;
	return true;
}

/* FNV-1a: who fills one set on purpose makes us ask again, which asking for new names does, too. */
static struct entry *set_of(struct mail_domains *domains, const char *domain)
{
	uint32_t hash = 2166136261u;

	for (; *domain; domain++)
		hash = (hash ^ (uint8_t)*domain) * 16777619u;
	return domains->entries[hash % SETS];
}

static bool is_fresh(const struct entry *entry, usec_t now)
{
	usec_t minutes = entry->mail == DNS_MAIL_UNKNOWN ? UNKNOWN_MINUTES : KEPT_MINUTES;

	return entry->asked || now < entry->time + minutes * 60 * USEC_PER_SEC;
}

/* The entry of @domain, or the place that a new one may take; NULL: there is none. */
static struct entry *place_of(struct entry *set, const char *domain)
{
	struct entry *place = NULL;

	for (unsigned way = 0; way < WAYS; way++) {
		struct entry *entry = &set[way];

		if (strcmp(entry->domain, domain) == 0)
			return entry;
		if (!entry->asked && (!place || entry->time < place->time))
			place = entry;
	}
	return place;
}

/* False: there are too many questions already. */
static bool ask(struct mail_domains *domains, struct entry *place, const char *domain, usec_t now)
{
	if (!place || domains->queued == MAIL_DOMAINS_QUEUE_MAX)
		return false;
	memcpy(place->domain, domain, strlen(domain) + 1);
	place->asked = true;
	place->time = now;
	domains->queue[domains->queued++] = place;
	(void)pthread_cond_signal(&domains->asked);
	return true;
}

bool mail_domains_find(struct mail_domains *domains, struct span domain, enum dns_mail *ret_mail)
{
	char text[DNS_DOMAIN_MAX_BYTES + 1];
	usec_t now = clock_monotonic();
	bool known = true;
	struct entry *entry;

	*ret_mail = DNS_MAIL_UNKNOWN;
	if (!normalise(domain, text))
		return true;
	(void)pthread_mutex_lock(&domains->lock);
	entry = place_of(set_of(domains, text), text);
	if (entry && strcmp(entry->domain, text) == 0 && is_fresh(entry, now)) {
		known = !entry->asked;
		if (known)
			*ret_mail = entry->mail;
	} else {
		known = !ask(domains, entry, text, now);
	}
	(void)pthread_mutex_unlock(&domains->lock);
	return known;
}
