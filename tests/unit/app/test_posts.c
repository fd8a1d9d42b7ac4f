/* SPDX-License-Identifier: Apache-2.0 */
/* Posts that come again, whose they were, and how many mails one address gets. */
#include "app/posts.h"

#include "crypto/keyring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const usec_t start = 1000 * USEC_PER_SEC;

static enum post_seen take(struct posts *posts, const char *name, const char *content,
			   const char *client, usec_t now, struct visitor_id *visitor)
{
	const struct post_copy copy = {.name = span_text(name),
				       .content = span_text(content),
				       .client = span_text(client),
				       .now = now};

	return posts_take(posts, &copy, visitor);
}

static void test_a_name_is_taken_once_in_an_hour(void **state)
{
	struct posts posts = {0};
	struct visitor_id visitor;

	(void)state;
	assert_int_equal(take(&posts, "a", "x", "c", start, &visitor), POST_NEW);
	assert_int_equal(take(&posts, "a", "x", "c", start + 1, &visitor), POST_AGAIN);
	assert_int_equal(take(&posts, "a", "y", "c", start + 1, &visitor), POST_OTHER);
	assert_int_equal(take(&posts, "b", "y", "c", start + 1, &visitor), POST_NEW);
	assert_int_equal(take(&posts, "a", "x", "c", start + 3601 * USEC_PER_SEC, &visitor),
			 POST_NEW);
	posts_finish(&posts);
}

static void test_what_was_not_stored_is_new_again(void **state)
{
	struct posts posts = {0};
	struct visitor_id visitor;

	(void)state;
	posts_forget(&posts, SPAN("a"));
	assert_int_equal(take(&posts, "a", "x", "c", start, &visitor), POST_NEW);
	posts_forget(&posts, SPAN("a"));
	assert_int_equal(take(&posts, "a", "y", "c", start, &visitor), POST_NEW);
	posts_finish(&posts);
}

static bool tells(struct posts *posts, const char *client, usec_t after)
{
	struct visitor_id visitor;

	assert_int_equal(take(posts, "a", "x", client, start + after, &visitor), POST_AGAIN);
	return !id_is_zero(&visitor, sizeof(visitor));
}

static void test_what_is_on_its_way_is_pending_until_its_ticket_is_done(void **state)
{
	static const struct {
		enum event_outcome outcome;
		enum post_seen seen;
	} rows[] = {{EVENT_STORED, POST_AGAIN}, {EVENT_LOST, POST_NEW}};
	struct posts posts = {0};
	struct visitor_id visitor;

	(void)state;
	assert_false(posts_is_pending(&posts, SPAN("a")));
	for (unsigned i = 0; i < 2; i++) {
		struct event_ticket ticket = {0}, other = {0};
		const char *name = i == 0 ? "a" : "b";

		assert_int_equal(take(&posts, "o", "x", "c", start, &visitor),
				 i == 0 ? POST_NEW : POST_AGAIN);
		posts_note(&posts, SPAN("o"), &visitor, &other);
		assert_int_equal(take(&posts, name, "x", "c", start, &visitor), POST_NEW);
		assert_false(posts_is_pending(&posts, span_text(name)));
		posts_note(&posts, span_text(name), &visitor, &ticket);
		assert_true(ticket.mark && other.mark && ticket.mark != other.mark);
		other.outcome = EVENT_STORED;
		posts_settle(&posts, &other);
		assert_true(posts_is_pending(&posts, span_text(name)));
		assert_int_equal(take(&posts, name, "x", "d", start, &visitor), POST_PENDING);
		assert_int_equal(take(&posts, name, "y", "c", start, &visitor), POST_OTHER);
		ticket.outcome = rows[i].outcome;
		posts_settle(&posts, &ticket);
		assert_false(posts_is_pending(&posts, span_text(name)));
		assert_int_equal(take(&posts, name, "x", "c", start, &visitor), rows[i].seen);
	}
	posts_finish(&posts);
}

static void test_whose_it_was_is_told_the_same_client_for_a_minute(void **state)
{
	struct event_ticket ticket = {0};
	struct posts posts = {0};
	struct visitor_id visitor;

	(void)state;
	assert_int_equal(take(&posts, "a", "x", "c", start, &visitor), POST_NEW);
	memset(&visitor, 'v', sizeof(visitor));
	posts_note(&posts, SPAN("a"), &visitor, &ticket);
	ticket.outcome = EVENT_STORED;
	posts_settle(&posts, &ticket);
	assert_true(tells(&posts, "c", 59 * USEC_PER_SEC));
	assert_false(tells(&posts, "d", 1));
	assert_false(tells(&posts, "", 1));
	assert_false(tells(&posts, "c", 61 * USEC_PER_SEC));
	posts_finish(&posts);
}

static void test_many_posts_push_out_the_oldest_alone(void **state)
{
	struct posts posts = {0};
	struct visitor_id visitor;
	unsigned known = 0;
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 4 * POSTS; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(take(&posts, name, "x", "c", start, &visitor), POST_NEW);
		assert_int_equal(take(&posts, name, "x", "c", start, &visitor), POST_AGAIN);
	}
	for (unsigned i = 4 * POSTS - 100; i < 4 * POSTS; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		known += take(&posts, name, "x", "c", start, &visitor) == POST_AGAIN;
	}
	assert_int_equal(known, 100);
	posts_finish(&posts);
}

static void test_one_address_gets_few_mails(void **state)
{
	const struct prospect_id a = {"aaaaaaaaaaa"}, b = {"bbbbbbbbbbb"};
	struct posts posts = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(posts_may_mail(&posts, &a, start));
	assert_false(posts_may_mail(&posts, &a, start));
	assert_true(posts_may_mail(&posts, &b, start));
	assert_false(posts_may_mail(&posts, &a, start + 599 * USEC_PER_SEC));
	assert_true(posts_may_mail(&posts, &a, start + 600 * USEC_PER_SEC));
	posts_finish(&posts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_is_taken_once_in_an_hour),
		cmocka_unit_test(test_what_was_not_stored_is_new_again),
		cmocka_unit_test(test_what_is_on_its_way_is_pending_until_its_ticket_is_done),
		cmocka_unit_test(test_whose_it_was_is_told_the_same_client_for_a_minute),
		cmocka_unit_test(test_many_posts_push_out_the_oldest_alone),
		cmocka_unit_test(test_one_address_gets_few_mails),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
