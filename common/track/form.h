/* SPDX-License-Identifier: Apache-2.0 */
/* Long because whatever a form can say is one struct. */
#ifndef WAYMARK_TRACK_FORM_H
#define WAYMARK_TRACK_FORM_H

#include "base/arena.h"
#include "base/error.h"
#include "crypto/id.h"
#include "text/form_body.h"

/*
 * A form: what it asks for, what of that may be shown to whom, and where it leads. Written by an
 * operator as strict JSON (deploy/guides/forms.md), kept as that in the log and in state/, and
 * compiled to this once. Immutable; any thread may read it, the loop thread alone counts
 * references.
 *
 * Every text is UTF-8 without controls, NUL-terminated, and lives as long as the form.
 */
enum {
	FORM_FIELDS_MAX = 64,
	FORM_CHOICES_MAX = 300, /* of one field: all countries fit */
	FORM_NAME_MAX_BYTES = 64,
	FORM_SITES_MAX = 32,
	FORM_DEFINITION_MAX_BYTES = 16384, /* as compact JSON: what an event's props hold */
	FORM_VALUES_MAX_BYTES = 15000,	   /* of all values of one post, as a JSON object */
	FORM_TEXT_MAX_CHARACTERS = 255,	   /* of a value, where the form says nothing */
	FORM_LONG_TEXT_MAX_CHARACTERS = 4000
};

/* FORM_TYPE(id, text) */
#define FORM_TYPES(FORM_TYPE)                       \
	FORM_TYPE(TEXT, "text")                     \
	FORM_TYPE(EMAIL, "email")                   \
	FORM_TYPE(BUSINESS_EMAIL, "business_email") \
	FORM_TYPE(NUMBER, "number")                 \
	FORM_TYPE(TEL, "tel")

enum form_type {
#define FORM_TYPE(id, text) FORM_TYPE_##id,
	FORM_TYPES(FORM_TYPE)
#undef FORM_TYPE
		FORM_TYPE_COUNT
};

/*
 * What a browser must have shown before the field's value is disclosed to it (DESIGN.md 8). E-mail
 * addresses, phone numbers and free text (a text field without choices) are never FORM_LEVEL_CLICK.
 */
enum form_level {
	FORM_LEVEL_NEVER,
	FORM_LEVEL_CLICK,
	FORM_LEVEL_OWN, /* unless the form says otherwise */
	FORM_LEVEL_CONFIRMED,
	FORM_LEVEL_COUNT
};

/*
 * Both languages hold a text: one that is not given is the other. The order is that of the
 * languages of our pages.
 */
enum form_language { FORM_EN, FORM_JA, FORM_LANGUAGE_COUNT };
struct form_text {
	const char *in[FORM_LANGUAGE_COUNT];
};

struct form_choice {
	const char *value; /* what is posted and kept */
	struct form_text label;
};

struct form_field {
	const char *name; /* as posted */
	const char *key;  /* the person's field that it fills; usually @name */
	enum form_type type;
	enum form_level prefill;
	bool required;
	bool keep_first; /* a value that the person has is never replaced by this form */
	bool multiline;	 /* FORM_TYPE_TEXT: LF may stand in it */
	bool multiple;	 /* several of the choices; kept joined by ';' */
	bool hidden;	 /* filled by the page, not shown: our own page leaves it out */
	bool mx;	 /* the address's domain must take mail, where forms.resolver is set */
	bool has_minimum, has_maximum;
	int32_t minimum, maximum; /* FORM_TYPE_NUMBER */
	uint32_t max_characters;  /* code points */
	struct form_text label;	  /* @name where none is given */
	struct form_text hint;	  /* "" where none is */
	const char *autocomplete; /* for the attribute of that name; "" when nothing fits */
	const struct form_choice *choices;
	size_t choice_count; /* 0: any text */
};

struct form {
	unsigned references; /* form_hold() */
	struct form_id id;
	const char *name; /* as in /f/<name>: of A-Z a-z 0-9 _ - ., the first a letter or digit */
	struct form_text title;		 /* @name where none is given */
	struct form_text button, thanks; /* "" where none is; thanks: for who is not sent on */
	const struct form_field *fields;
	size_t field_count;
	int email;		  /* the field that says who it is: the first e-mail; -1: none */
	const char *const *sites; /* origins that may show and post it; none: the tracker's */
	size_t site_count;
	const char *success, *error; /* http(s) addresses, or ""; see form_place_is_listed() */
	const char *campaign;	     /* its name, or "" */
	const char *honeypot;	     /* the name of a field that people do not see; "" none */
	const char *css;	     /* an http(s) address, or "" */
	const char *charset;	     /* of the pages that post it, where they do not say; or "" */
	int language;		  /* enum form_language; -1: what the browser would rather read */
	uint32_t minimum_seconds; /* between the form's view and its post; 0: any */
	bool confirm;		  /* mail a link by which the address is proved */
	bool overwrite;		  /* replace what the person has, instead of proposing */
	bool kiosk;		  /* a browser of many: no cookie is read or set, nothing shown */
	bool closed;		  /* takes nothing more, and says so */
	const char *definition;	  /* compact JSON, keys in the order that they were written in */
	struct arena arena;	  /* of all that */
};

/*
 * From JSON text; @path is for messages. One reference. With @trackers every place that it names
 * must be of a site of theirs, or of a tracker itself; NULL: that is not judged, as of a form that
 * is kept.
 *
 * Return: 0; FORM_E_INVALID with @error, which names file, line, column and key; -ENOMEM.
 */
enum { FORM_E_INVALID = 1 };
struct tracker_set;
int form_parse(const char *path, struct span text, const struct tracker_set *trackers,
	       struct form **ret_form, struct error *error);
/* From a file. */
int form_load(const char *path, const struct tracker_set *trackers, struct form **ret_form,
	      struct error *error);

struct form *form_hold(struct form *form);
void form_release(struct form *form);  /* NULL allowed; frees it with the last reference */
void cleanup_form(struct form **form); /* form_release(), for cleanup() */

/* By its name as posted; NULL: the form has no such field. */
const struct form_field *form_field_find(const struct form *form, struct span name);

const char *form_type_text(enum form_type type);    /* "text" … */
const char *form_level_text(enum form_level level); /* "never" … */

/*
 * May a form send people to @url, or load style from there? An absolute http(s) URL, printable
 * ASCII that browsers follow as it stands, without user and password, whose origin is one of
 * @origins.
 */
bool form_place_is_listed(struct span url, const char *const *origins, size_t count);
/* Is @origin a site of a tracker, or a tracker? Ask at each use: configurations change. */
bool form_site_is_listed(const struct tracker_set *trackers, const char *origin);
/* Is @place of such an origin, and one that form_place_is_listed() takes? "" is not. */
bool form_place_holds(const struct tracker_set *trackers, struct span place);

#endif
