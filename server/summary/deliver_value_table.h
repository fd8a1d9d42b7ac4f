/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that a column of a CRM can hold, one row each: the mapping file names them, the CSV
 * files hold them, and the metadata that makes the CRM's fields is written from them. No include
 * guard: include it with DELIVER_VALUE defined.
 *
 * DELIVER_VALUE(type, files, name, column, length, label, expression)
 *   type: NUMBER an int64_t; TIME a usec_t, 0: none; DAY a day's number, 0: none; FLAG; TEXT is a
 *     call that appends to @to, nothing: none; LONG likewise, for a field of several lines
 *   files: of which files it is a column by default, and of which it can be one at all: R the
 *     records of people (Lead, Contact), C contacts alone, S Web_Interaction_Summary__c, M CampaignMember, T Task
 *   column: its name there, by default
 *   length: characters of a text; digits of a number
 * In expressions @it is the struct deliver_item, @s the person's summary.
 */
#define ALL  s->windows[PERSON_WINDOW_ALL]
#define W_7  s->windows[PERSON_WINDOW_7]
#define W_30 s->windows[PERSON_WINDOW_30]

/* clang-format off */
DELIVER_VALUE(TEXT,   R|S,   id, "Waymark_Id__c", 24, "Waymark id", add_handle(it, to))
DELIVER_VALUE(TEXT,   R,     email, "Email", 80, "Email", add_email(it, to))
DELIVER_VALUE(NUMBER, R|S,   score, "Waymark_Score__c", 9, "Waymark score", s->score ? s->score->total : 0)
DELIVER_VALUE(TEXT,   R|S,   grade, "Waymark_Grade__c", 2, "Waymark grade", buffer_append_text(to, grade_text(it->grade)))
DELIVER_VALUE(NUMBER, R|S,   likelihood, "Waymark_Likelihood__c", 3, "Waymark likelihood to buy", it->likelihood.percent)
DELIVER_VALUE(TEXT,   R|S,   likelihood_why, "Waymark_Likelihood_Why__c", 255, "Waymark likelihood, why", add_likelihood(it, to))
DELIVER_VALUE(TIME,   R|S,   last_interaction, "Waymark_Last_Interaction__c", 0, "Waymark last interaction", s->last.time)
DELIVER_VALUE(TEXT,   R|S,   last_type, "Waymark_Last_Interaction_Type__c", 40, "Waymark last interaction, type", add_type(&s->last, to))
DELIVER_VALUE(TEXT,   R|S,   last_page, "Waymark_Last_Page__c", 255, "Waymark last page", add_text(it, s->last.page, to))
DELIVER_VALUE(TEXT,   R|S,   last_campaign, "Waymark_Last_Campaign__c", 255, "Waymark last campaign", add_campaign(it, &s->last.campaign, to))
DELIVER_VALUE(TEXT,   S,     last_event, "Waymark_Last_Event__c", 40, "Waymark last interaction, event", add_sequence(s->last.sequence, to))
DELIVER_VALUE(TIME,   R|S,   first_interaction, "Waymark_First_Interaction__c", 0, "Waymark first interaction", s->first.time)
DELIVER_VALUE(TEXT,   R|S,   first_touch, "Waymark_First_Touch__c", 255, "Waymark first touch", add_touch(it, &s->first_touch, to))
DELIVER_VALUE(TIME,   S,     first_touch_at, "Waymark_First_Touch_At__c", 0, "Waymark first touch, when", s->first_touch.time)
DELIVER_VALUE(TEXT,   R|S,   last_touch, "Waymark_Last_Touch__c", 255, "Waymark last touch", add_touch(it, &s->last_touch, to))
DELIVER_VALUE(TIME,   S,     last_touch_at, "Waymark_Last_Touch_At__c", 0, "Waymark last touch, when", s->last_touch.time)
DELIVER_VALUE(NUMBER, R|S,   touches, "Waymark_Touches__c", 9, "Waymark touches", (int64_t)(s->touches.count + s->touches.left_out))
DELIVER_VALUE(NUMBER, S,     views_7, "Waymark_Views_7__c", 9, "Waymark page views, 7 days", (int64_t)W_7.views)
DELIVER_VALUE(NUMBER, R|S,   views_30, "Waymark_Views_30__c", 9, "Waymark page views, 30 days", (int64_t)W_30.views)
DELIVER_VALUE(NUMBER, R|S,   views, "Waymark_Views__c", 9, "Waymark page views", (int64_t)ALL.views)
DELIVER_VALUE(NUMBER, S,     sessions_7, "Waymark_Sessions_7__c", 9, "Waymark visits, 7 days", (int64_t)W_7.sessions)
DELIVER_VALUE(NUMBER, R|S,   sessions_30, "Waymark_Sessions_30__c", 9, "Waymark visits, 30 days", (int64_t)W_30.sessions)
DELIVER_VALUE(NUMBER, R|S,   sessions, "Waymark_Sessions__c", 9, "Waymark visits", (int64_t)ALL.sessions)
DELIVER_VALUE(NUMBER, S,     dwell_7, "Waymark_Dwell_7__c", 9, "Waymark dwell in seconds, 7 days", (int64_t)(W_7.visible_ms / 1000))
DELIVER_VALUE(NUMBER, R|S,   dwell_30, "Waymark_Dwell_30__c", 9, "Waymark dwell in seconds, 30 days", (int64_t)(W_30.visible_ms / 1000))
DELIVER_VALUE(NUMBER, R|S,   dwell, "Waymark_Dwell__c", 9, "Waymark dwell in seconds", (int64_t)(ALL.visible_ms / 1000))
DELIVER_VALUE(NUMBER, S,     clicks_7, "Waymark_Clicks_7__c", 9, "Waymark clicks, 7 days", (int64_t)W_7.clicks)
DELIVER_VALUE(NUMBER, R|S,   clicks_30, "Waymark_Clicks_30__c", 9, "Waymark clicks, 30 days", (int64_t)W_30.clicks)
DELIVER_VALUE(NUMBER, R|S,   clicks, "Waymark_Clicks__c", 9, "Waymark clicks", (int64_t)ALL.clicks)
DELIVER_VALUE(NUMBER, S,     clicks_machine, "Waymark_Clicks_Machine__c", 9, "Waymark clicks by mail scanners", (int64_t)ALL.clicks_machine)
DELIVER_VALUE(NUMBER, S,     sent, "Waymark_Sent__c", 9, "Waymark mails sent", (int64_t)ALL.sent)
DELIVER_VALUE(NUMBER, S,     opens, "Waymark_Opens__c", 9, "Waymark opens", (int64_t)ALL.opens)
DELIVER_VALUE(NUMBER, S,     downloads_30, "Waymark_Downloads_30__c", 9, "Waymark downloads, 30 days", (int64_t)W_30.downloads)
DELIVER_VALUE(NUMBER, R|S,   downloads, "Waymark_Downloads__c", 9, "Waymark downloads", (int64_t)ALL.downloads)
DELIVER_VALUE(NUMBER, S,     searches, "Waymark_Searches__c", 9, "Waymark site searches", (int64_t)ALL.searches)
DELIVER_VALUE(NUMBER, R|S,   submits, "Waymark_Submits__c", 9, "Waymark forms sent", (int64_t)ALL.submits)
DELIVER_VALUE(NUMBER, S,     logins, "Waymark_Logins__c", 9, "Waymark logins", (int64_t)ALL.logins)
DELIVER_VALUE(NUMBER, R|S,   purchases, "Waymark_Purchases__c", 9, "Waymark purchases", (int64_t)ALL.purchases)
DELIVER_VALUE(NUMBER, S,     browsers, "Waymark_Browsers__c", 9, "Waymark browsers", (int64_t)s->browsers)
DELIVER_VALUE(TEXT,   S,     company, "Waymark_Company__c", 255, "Waymark company", buffer_append_text(to, it->company.name))
DELIVER_VALUE(TEXT,   S,     company_domain, "Waymark_Company_Domain__c", 255, "Waymark company's domain", add_domain(it, to))
DELIVER_VALUE(FLAG,   S,     excluded, "Waymark_Excluded__c", 0, "Waymark: of an excluded company", it->company.excluded)
DELIVER_VALUE(LONG,   S,     pages, "Waymark_Pages__c", 32000, "Waymark pages, most seen first", add_pages(it, to))
DELIVER_VALUE(LONG,   S,     groups, "Waymark_Page_Groups__c", 32000, "Waymark page groups, most seen first", add_groups(it, to))
DELIVER_VALUE(LONG,   S,     terms, "Waymark_Search_Terms__c", 32000, "Waymark search terms, last first", add_moments(it, s->searches.rows, s->searches.count, to))
DELIVER_VALUE(LONG,   S,     files, "Waymark_Files__c", 32000, "Waymark files fetched, last first", add_moments(it, s->downloads.rows, s->downloads.count, to))
DELIVER_VALUE(LONG,   S,     bought, "Waymark_Bought__c", 32000, "Waymark purchases by day, last first", add_purchases(it, to))
DELIVER_VALUE(LONG,   S,     categories, "Waymark_Score_Categories__c", 32000, "Waymark score by category", add_categories(it, to))
DELIVER_VALUE(LONG,   S,     evidence, "Waymark_Score_Evidence__c", 32000, "Waymark events behind the score", add_evidence(it, to))
DELIVER_VALUE(TEXT,   C,     account, "AccountId", 18, "Account ID", buffer_append_span(to, it->account))
DELIVER_VALUE(TEXT,   R,     email_opt_out, NULL, 5, "Email Opt Out", buffer_append_text(to, it->identity->opted_out ? "true" : ""))
DELIVER_VALUE(FLAG,   R|S,   opted_out, "Waymark_Opted_Out__c", 0, "Waymark: wants no mail", it->identity->opted_out)
DELIVER_VALUE(FLAG,   S,     bounced, "Waymark_Bounced__c", 0, "Waymark: the address takes no mail", it->identity->bounced)
DELIVER_VALUE(LONG,   S,     left_lists, "Waymark_Left_Lists__c", 32000, "Waymark lists that were left", add_left(it, to))
DELIVER_VALUE(TEXT,   R|S,   registered_by, "Waymark_Registered_By__c", 255, "Waymark registration, by", buffer_append_span(to, it->identity->registered))
DELIVER_VALUE(TIME,   S,     registered_at, "Waymark_Registered_At__c", 0, "Waymark registration, when", it->identity->registered_at)

DELIVER_VALUE(TEXT,   M,     member_id, "Waymark_Member_Id__c", 40, "Waymark member id", add_member_id(it, to))
DELIVER_VALUE(TEXT,   M,     campaign, NULL, 255, "Waymark campaign", add_campaign(it, &it->response->campaign, to))
DELIVER_VALUE(TEXT,   M,     member_status, "Status", 40, "Status", add_member_status(it, to))
DELIVER_VALUE(TEXT,   M,     member_stage, "Waymark_Stage__c", 20, "Waymark stage", buffer_append_text(to, deliver_stage_text(deliver_stage_of(it->response))))
DELIVER_VALUE(TIME,   M,     member_first_sent, "Waymark_First_Sent__c", 0, "Waymark first mail", it->response->first_sent)
DELIVER_VALUE(TIME,   M,     member_first_response, "Waymark_First_Response__c", 0, "Waymark first response", it->response->first_response)
DELIVER_VALUE(TIME,   M,     member_last_response, "Waymark_Last_Response__c", 0, "Waymark last response", it->response->last_response)
DELIVER_VALUE(NUMBER, M,     member_clicks, "Waymark_Clicks__c", 9, "Waymark clicks", (int64_t)it->response->clicks)
DELIVER_VALUE(NUMBER, M,     member_submits, "Waymark_Submits__c", 9, "Waymark forms sent", (int64_t)it->response->submits)
DELIVER_VALUE(NUMBER, M,     member_purchases, "Waymark_Purchases__c", 9, "Waymark purchases", (int64_t)it->response->purchases)

DELIVER_VALUE(TEXT,   T,     task_id, "Waymark_Task_Id__c", 48, "Waymark task id", add_task_id(it, to))
DELIVER_VALUE(TEXT,   T,     task_subject, "Subject", 255, "Subject", add_task_subject(it, to))
DELIVER_VALUE(DAY,    T,     task_due, "ActivityDate", 0, "Due Date", it->follow_up.due_day)
DELIVER_VALUE(LONG,   T,     task_description, "Description", 32000, "Description", add_task_description(it, to))
/* clang-format on */

#undef ALL
#undef W_7
#undef W_30
#undef DELIVER_VALUE
