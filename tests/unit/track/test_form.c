/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A form's schema: what is taken, what stands for what is left out, and that each mistake is told
 * with its line, column and key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "track/form.h"
#include "track/tracker.h"

#define FIELDS "\"fields\":[{\"name\":\"email\",\"type\":\"email\"}]"

static struct form *parse(const char *text)
{
	struct form *form = NULL;
	struct error error = {0};
	int code = form_parse("form.json", span_text(text), NULL, &form, &error);

	if (code)
		fail_msg("%s", error.text);
	return form;
}

static void expect_refusal(const struct tracker_set *trackers, const char *text,
			   const char *sentence)
{
	struct form *form = NULL;
	struct error error = {0};

	assert_int_equal(form_parse("form.json", span_text(text), trackers, &form, &error),
			 FORM_E_INVALID);
	assert_null(form);
	if (!strstr(error.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", error.text, sentence);
}

static void what_is_left_out_has_a_default(void **state)
{
	struct form *form = parse("{\"name\":\"contact\"," FIELDS "}");
	const struct form_field *field = &form->fields[0];
	struct form_id id;

	(void)state;
	id_of_name(NAME_FORM, SPAN("contact"), &id);
	assert_memory_equal(&form->id, &id, sizeof(id));
	assert_string_equal(form->title.in[FORM_JA], "contact");
	assert_string_equal(form->success, "");
	assert_string_equal(form->button.in[FORM_EN], "");
	assert_int_equal(form->email, 0);
	assert_int_equal(form->language, -1);
	assert_int_equal(form->site_count, 0);
	assert_false(form->confirm || form->kiosk || form->overwrite);
	assert_string_equal(field->key, "email");
	assert_string_equal(field->label.in[FORM_EN], "email");
	assert_string_equal(field->autocomplete, "email");
	assert_int_equal(field->prefill, FORM_LEVEL_OWN);
	assert_false(field->required || field->keep_first || field->multiline);
	assert_string_equal(form->definition, "{\"name\":\"contact\"," FIELDS "}");
	form_release(form);
}

static void everything_that_is_said_is_kept(void **state)
{
	struct form *form = parse(
		"{\"name\":\"Demo_1\",\"title\":{\"ja\":\"お問い合わせ\"},\"button\":\"Go\","
		"\"sites\":[\"https://WWW.example.com/\"],"
		"\"success\":\"https://www.example.com/thanks?a=b#c\",\"language\":\"ja\","
		"\"minimum_seconds\":3,\"kiosk\":true,\"overwrite\":true,\"honeypot\":\"url\","
		"\"campaign\":\"秋\",\"fields\":["
		"{\"name\":\"メール\",\"field\":\"mail\",\"type\":\"business_email\",\"mx\":true,"
		"\"required\":true,\"prefill\":\"confirmed\"},"
		"{\"name\":\"size\",\"type\":\"number\",\"minimum\":1,\"maximum\":9,"
		"\"prefill\":\"click\",\"keep_first\":true},"
		"{\"name\":\"area\",\"prefill\":\"click\",\"multiple\":true,\"choices\":[\"east\","
		"{\"value\":\"west\",\"label\":{\"en\":\"West\",\"ja\":\"西\"}}]},"
		"{\"name\":\"note\",\"multiline\":true,\"max_length\":50,\"prefill\":\"never\","
		"\"hint\":\"Short\"}]}");
	const struct form_field *fields = form->fields;

	(void)state;
	assert_string_equal(form->title.in[FORM_EN], "お問い合わせ");
	assert_string_equal(form->sites[0], "https://www.example.com");
	assert_int_equal(form->language, FORM_JA);
	assert_int_equal(form->minimum_seconds, 3);
	assert_true(form->kiosk && form->overwrite && !form->confirm);
	assert_int_equal(form->field_count, 4);
	assert_true(fields[0].required && fields[0].mx);
	assert_string_equal(fields[0].key, "mail");
	assert_int_equal(fields[1].maximum, 9);
	assert_int_equal(fields[2].choice_count, 2);
	assert_string_equal(fields[2].choices[0].label.in[FORM_JA], "east");
	assert_string_equal(fields[2].choices[1].label.in[FORM_JA], "西");
	assert_int_equal(fields[3].max_characters, 50);
	assert_string_equal(fields[3].hint.in[FORM_JA], "Short");
	assert_ptr_equal(form_field_find(form, SPAN("size")), &fields[1]);
	assert_null(form_field_find(form, SPAN("mail")));
	form_release(form);
}

#define FIELD(text) \
	"{\"name\":\"contact\",\"fields\":[{\"name\":\"email\"},\n{\"name\":\"f\"," text "}]}"
#define FORM(text) "{\"name\":\"contact\"," FIELDS ",\n" text "}"

static const struct refusal {
	const char *text, *sentence;
} refusals[] = {
	{"[]", "form.json:1:1: must be an object"},
	{"{" FIELDS "}", "name: is needed"},
	{"{\"name\":\"a b\"," FIELDS "}", "form.json:1:9: name: is needed"},
	{"{\"name\":\".a\"," FIELDS "}", "name: is needed"},
	{"{\"name\":\"0123456789abcdef\"," FIELDS "}", "looks like the id"},
	{"{\"name\":\"a\"}", "fields: are needed"},
	{"{\"name\":\"a\",\"fields\":[]}", "fields: are needed"},
	{"{\"name\":\"a\",\"fields\":[7]}", "fields[0]: must be an object"},
	{"{\"name\":\"a\",\"fields\":[{}]}", "fields[0].name: is needed"},
	{FORM("\"place\":\"\""), "form.json:2:9: place: there is no such key here"},
	{FORM("\"success\":\"/thanks\""), "success: must be a whole address"},
	{FORM("\"success\":\"javascript:alert(1)\""), "success: must be a whole address"},
	{FORM("\"success\":\"//www.example.com/\""), "success: must be a whole address"},
	{FORM("\"success\":\"https://a@www.example.com/\""), "success: must be a whole address"},
	{FORM("\"success\":\"https:\\\\\\\\www.example.com\""), "success: must be a whole address"},
	{FORM("\"success\":\"https://www.example.com/\\r\\nX: y\""), "control character"},
	{FORM("\"success\":\"https://www.example.com/?to=a@example.com\""), "e-mail address"},
	{FORM("\"sites\":[\"https://www.example.com\"],\"error\":\"https://www.example.org/\""),
	 "https://www.example.org is not one of the form's sites"},
	{FORM("\"sites\":[]"), "sites: is empty"},
	{FORM("\"sites\":[\"https://www.example.com/a\"]"), "sites[0]: must be a site"},
	{FORM("\"honeypot\":\"email\""), "is a field of the form"},
	{FORM("\"honeypot\":\"Waymark-x\""), "is ours"},
	{FORM("\"minimum_seconds\":-1"), "form.json:2:19: minimum_seconds"},
	{FORM("\"language\":\"de\""), "language: must be one of en, ja"},
	{FORM("\"title\":{\"fr\":\"x\"}"), "title.fr: there is no such key"},
	{FORM("\"title\":7"), "title: must be a text, or one in each"},
	{FORM("\"confirm\":true,\"kiosk\":true"), "cannot be with kiosk"},
	{FORM("\"charset\":\"utf-7\""), "charset: is no charset"},

	{"{\"name\":\"a\",\"confirm\":true,\"fields\":[{\"name\":\"x\"}]}",
	 "needs a field of type email"},
	{FIELD("\"type\":\"date\""), "form.json:2:20: fields[1].type: must be one of text, email"},
	{FIELD("\"name\":\"email\""), "duplicate object key"},
	{FIELD("\"field\":\"email\""), "is filled by a field before this one"},
	{FIELD("\"prefill\":\"click\""),
	 "form.json:2:23: fields[1].prefill: must not be \"click\""},
	{FIELD("\"type\":\"email\",\"prefill\":\"click\""), "must not be \"click\""},
	{FIELD("\"type\":\"business_email\",\"prefill\":\"click\""), "must not be \"click\""},
	{FIELD("\"type\":\"tel\",\"prefill\":\"click\""), "must not be \"click\""},
	{FIELD("\"prefill\":\"always\""), "must be one of never, click, own, confirmed"},
	{FIELD("\"type\":\"tel\",\"choices\":[\"1\"]"), "choices: are for type text"},
	{FIELD("\"choices\":[]"), "choices: are needed"},
	{FIELD("\"choices\":[\"a\",\"a\"]"), "fields[1].choices[1]: is there already"},
	{FIELD("\"choices\":[{\"label\":\"a\"}]"), "needs a value"},
	{FIELD("\"choices\":[\"a;b\"],\"multiple\":true"), "must not hold ';'"},
	{FIELD("\"multiple\":true"), "is for fields with choices"},
	{FIELD("\"multiline\":true,\"type\":\"tel\""), "multiline: is for type text"},
	{FIELD("\"mx\":true"), "mx: is for types email"},
	{FIELD("\"minimum\":1"), "minimum: is for type number"},
	{FIELD("\"type\":\"number\",\"minimum\":2,\"maximum\":1"), "less than the minimum"},
	{FIELD("\"max_length\":0"), "whole number from 1"},
	{FIELD("\"max_length\":9,\"type\":\"tel\""), "max_length: is for type text"},
	{"{\"name\":\"a\",\"fields\":[{\"name\":\"_charset_\"}]}", "is ours"},
	{"{\"name\":\"a\",\"fields\":[{\"name\":\"waymark-x\"}]}", "is ours"},
	{"{\"name\":\"a\",\"fields\":[{\"name\":\" x\"}]}", "without space"},
	{"{\"name\":\"a\",\"fields\":[{\"name\":\"x\"},{\"name\":\"x\"}]}",
	 "fields[1].name: is there already"},
	{"{\"name\":\"a\",\"fields\":[{\"name\":\"a@example.com\"}]}", "e-mail address"},
};

static void each_mistake_is_told_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		expect_refusal(NULL, refusals[i].text, refusals[i].sentence);
}

static void a_form_leads_to_sites_of_the_trackers_only(void **state)
{
	static const char config_text[] =
		"{\"trackers\":[{\"url\":\"https://go.example.com\",\"sites\":"
		"[\"https://www.example.com\"]}]}";
	struct tracker_set *trackers;
	struct config *config;
	struct error error = {0};
	struct form *form;

	(void)state;
	assert_int_equal(config_parse("waymark.json", span_text(config_text), &config, &error), 0);
	assert_int_equal(tracker_set_new(config, &trackers, &error), 0);
	expect_refusal(trackers, FORM("\"success\":\"https://www.example.org/\""),
		       "form.json:2:11: success: https://www.example.org is not one of the sites");
	expect_refusal(trackers, FORM("\"css\":\"https://www.example.com:8443/a.css\""),
		       "is not one of the sites");
	expect_refusal(trackers, FORM("\"sites\":[\"http://www.example.com\"]"), "sites[0]");
	assert_int_equal(form_parse("",
				    SPAN(FORM("\"success\":\"https://www.example.com/\","
					      "\"error\":\"https://go.example.com/e\"")),
				    trackers, &form, &error),
			 0);
	form_release(form);
	tracker_set_free(trackers);
	config_free(config);
}

static void a_form_that_is_too_long_is_refused(void **state)
{
	struct buffer text = BUFFER_INIT;

	(void)state;
	buffer_append_text(&text, "{\"name\":\"a\",\"fields\":[{\"name\":\"f\",\"choices\":[\"0\"");
	for (int i = 1; i < FORM_CHOICES_MAX; i++)
		buffer_printf(&text, ",\"%060d\"", i);
	buffer_append_text(&text, "]}]}");
	expect_refusal(NULL, buffer_text(&text), "the form is too long");
	buffer_finish(&text);
}

static void places_are_listed_by_origin(void **state)
{
	static const char *const origins[] = {"https://www.example.com", "http://localhost:8090"};
	static const char *const listed[] = {
		"https://www.example.com",
		"https://www.example.com/a?b#c",
		"https://WWW.EXAMPLE.com:443/",
		"http://localhost:8090/x",
	};
	static const char *const others[] = {
		"",
		"/thanks",
		"//www.example.com/",
		"https://www.example.com.evil.example/",
		"https://www.example.com@evil.example/",
		"https://evil.example/https://www.example.com",
		"https://user@www.example.com/",
		"http://www.example.com/",
		"https://www.example.com:8443/",
		"https://www.example.com\\@evil.example/",
		"https:/\\www.example.com/",
		" https://www.example.com/",
		"https://www.example.com/\r\nSet-Cookie: a=b",
		"https://www.example.com/\tx",
		"javascript:alert(1)//https://www.example.com",
		"data:text/html,https://www.example.com",
		"http://localhost/x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++)
		if (!form_place_is_listed(span_text(listed[i]), origins, 2))
			fail_msg("%s is not taken", listed[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (form_place_is_listed(span_text(others[i]), origins, 2))
			fail_msg("%s is taken", others[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_has_a_default),
		cmocka_unit_test(everything_that_is_said_is_kept),
		cmocka_unit_test(each_mistake_is_told_with_its_place),
		cmocka_unit_test(a_form_leads_to_sites_of_the_trackers_only),
		cmocka_unit_test(a_form_that_is_too_long_is_refused),
		cmocka_unit_test(places_are_listed_by_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
