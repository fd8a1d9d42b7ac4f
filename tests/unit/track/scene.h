/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TESTS_TRACK_SCENE_H
#define WAYMARK_TESTS_TRACK_SCENE_H

/*
 * A browser that asks a tracker under some default consent: what it sends, and what the identity
 * that results must be. Included behind cmocka.h and world.h.
 */
#include "track/identity.h"

enum { TODAY = 20000 };

struct scene {
	struct world world;
	struct identity_request request;
	struct span headers[4];
	char texts[4][256];
};

static inline void scene_make(struct scene *scene, const char *consent)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
		       "[\"https://www.example.com\"]}], \"consent\": {\"default\": \"%s\"}}",
		       consent);
	memset(scene, 0, sizeof(*scene));
	world_make_with(&scene->world, text);
	scene->request = (struct identity_request){
		.tracker = scene->world.trackers->primary,
		.config = scene->world.config,
		.keyring = scene->world.keyring,
		.cookies = scene->headers,
		.now = (usec_t)TODAY * USEC_PER_DAY + USEC_PER_SEC,
	};
}

static inline void scene_finish(struct scene *scene)
{
	world_finish(&scene->world);
}

static inline void scene_mint(const struct scene *scene, uint8_t visitor, unsigned age_days,
			      uint8_t flags, char *ret_text)
{
	struct token token = {.day = (uint16_t)(TODAY - age_days), .flags = flags};

	memset(&token.visitor, visitor, sizeof(token.visitor));
	assert_int_equal(token_mint(scene->world.keyring, PURPOSE_VISITOR, 0, &token, ret_text), 0);
}

/* One more Cookie header: "name=value". */
static inline void send_raw(struct scene *scene, const char *name, const char *value)
{
	size_t i = scene->request.cookie_count++;

	(void)snprintf(scene->texts[i], sizeof(scene->texts[i]), "a=b; %s=%s; c=d", name, value);
	scene->headers[i] = span_text(scene->texts[i]);
}

static inline void send_cookie(struct scene *scene, uint8_t visitor, unsigned age_days,
			       uint8_t flags)
{
	char value[TOKEN_VISITOR_CHARS + 1];

	scene_mint(scene, visitor, age_days, flags, value);
	send_raw(scene, "__Host-Http-wm", value);
}

static inline struct identity resolve(const struct scene *scene, enum event_type type)
{
	struct identity identity;

	memset(&identity, 0xAA, sizeof(identity));
	identity_resolve(&scene->request, type, &identity);
	return identity;
}

static inline bool has_visitor(const struct identity *identity)
{
	return !id_is_zero(&identity->visitor, sizeof(identity->visitor));
}

/* The cookie that is set is of the identity's visitor and of today, with exactly these flags. */
static inline void check_minted(const struct scene *scene, const struct identity *identity,
				uint8_t flags)
{
	struct token token;

	assert_true(identity->set_cookie);
	assert_int_equal(strlen(identity->cookie_value), TOKEN_VISITOR_CHARS);
	assert_int_equal(token_open(scene->world.keyring, PURPOSE_VISITOR, 0,
				    span_text(identity->cookie_value), &token),
			 0);
	assert_memory_equal(&token.visitor, &identity->visitor, sizeof(token.visitor));
	assert_int_equal(token.flags, flags);
	assert_int_equal(token.day, TODAY);
}

#endif
