/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mail that comes back says of itself: by every kind of our links, in every encoding, and
 * never by one that we have not signed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "track/returned_mail.h"
#include "world.h"

static struct world world;
static struct token token;

static int set_up(void **state)
{
	(void)state;
	world_make(&world);
	token.url = SPAN("https://a.example/");
	memset(&token.link, 1, sizeof(token.link));
	memset(&token.prospect, 2, sizeof(token.prospect));
	memset(&token.mailing, 3, sizeof(token.mailing));
	memset(&token.campaign, 4, sizeof(token.campaign));
	memset(&token.list, 5, sizeof(token.list));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_finish(&world);
	return 0;
}

static void mint(enum purpose purpose, char *ret_text)
{
	assert_int_equal(token_mint(world.keyring, purpose, 0, &token, ret_text), 0);
}

/* Which of link, prospect, mailing and campaign the mail says, as a letter each. */
static void check(struct span mail, const char *wanted)
{
	struct returned_mail returned;
	char said[5] = "", *to = said;

	assert_int_equal(returned_mail_read(world.keyring, mail, &returned), 0);
	if (memcmp(&returned.link, &token.link, sizeof(token.link)) == 0)
		*to++ = 'l';
	if (memcmp(&returned.prospect, &token.prospect, sizeof(token.prospect)) == 0)
		*to++ = 'p';
	if (memcmp(&returned.mailing, &token.mailing, sizeof(token.mailing)) == 0)
		*to++ = 'm';
	if (memcmp(&returned.campaign, &token.campaign, sizeof(token.campaign)) == 0)
		*to++ = 'c';
	*to = '\0';
	assert_string_equal(said, wanted);
}

static void every_link_says_what_it_holds(void **state)
{
	char texts[PURPOSE_COUNT][TOKEN_MAX_CHARS + 1], mail[2 * TOKEN_MAX_CHARS + 256];

	(void)state;
	for (unsigned purpose = PURPOSE_CLICK; purpose <= PURPOSE_SUBSCRIPTION; purpose++)
		mint((enum purpose)purpose, texts[purpose]);
	(void)snprintf(mail, sizeof(mail), "See https://go.example.com/c/%s.",
		       texts[PURPOSE_CLICK]);
	check(span_text(mail), "lp");
	(void)snprintf(mail, sizeof(mail), "<a href=\"https://go.example.com/c/%s/%s\">",
		       texts[PURPOSE_LINK_PART], texts[PURPOSE_PROSPECT_PART]);
	check(span_text(mail), "lpm");
	(void)snprintf(mail, sizeof(mail), "//x/c/%s/*|TAG|*", texts[PURPOSE_LINK_PART]);
	check(span_text(mail), "l");
	(void)snprintf(mail, sizeof(mail), "https://go.example.com/u/%s",
		       texts[PURPOSE_SELF_CONTAINED]);
	check(span_text(mail), "pc");
	(void)snprintf(mail, sizeof(mail), "https://go.example.com/o/%s.gif", texts[PURPOSE_OPEN]);
	check(span_text(mail), "pm");
	(void)snprintf(mail, sizeof(mail), "List-Unsubscribe: <https://go.example.com/s/%s>\n",
		       texts[PURPOSE_SUBSCRIPTION]);
	check(span_text(mail), "p");
}

static void encoded_parts_are_read(void **state)
{
	char text[TOKEN_MAX_CHARS + 1], mail[2 * TOKEN_MAX_CHARS + 256];

	(void)state;
	mint(PURPOSE_OPEN, text);
	(void)snprintf(mail, sizeof(mail),
		       "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n"
		       "<img src=3D\"https://go.example.com/o/%.9s=\n%s.gif\">",
		       text, text + 9);
	check(span_text(mail), "pm");
	/* "/c/" in it by chance, cut off, or of other letters: nothing is said. */
	check(SPAN("/c/"), "");
	check(SPAN("/c/AAAA /o/ /s//u/"), "");
	check(SPAN(""), "");
}

static void a_link_that_is_made_up_says_nothing(void **state)
{
	char text[TOKEN_MAX_CHARS + 1], mail[TOKEN_MAX_CHARS + 256];

	(void)state;
	mint(PURPOSE_CLICK, text);
	for (size_t i = 0; text[i]; i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		(void)snprintf(mail, sizeof(mail), "https://go.example.com/c/%s", text);
		check(span_text(mail), "");
		text[i] = was;
	}
	(void)snprintf(mail, sizeof(mail), "https://go.example.com/o/%s", text);
	check(span_text(mail), "");
	(void)snprintf(mail, sizeof(mail), "https://go.example.com/c/%.43s", text);
	check(span_text(mail), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link_says_what_it_holds),
		cmocka_unit_test(encoded_parts_are_read),
		cmocka_unit_test(a_link_that_is_made_up_says_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
