/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark rule`: by which rules people are told from machines, and what is worth how much; and
 * whether a file of other rules would do, before it is named in the configuration.
 *
 * A file says by its keys which rules it has. One that has none of either is checked as both.
 */
#include "app/app.h"
#include "base/cleanup.h"
#include "commands/command.h"
#include "summary/rules.h"
#include "track/verdict_rules.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

static const char *const stage_texts[] = {
	[VERDICT_REQUEST] = "request",
	[VERDICT_LATER] = "later",
	[VERDICT_PERSON] = "person",
};

static void print_weights(const struct verdict_rules *rules)
{
	printf("verdicts: 100 and more is a machine, 0 and less a person\n");
	for (int i = 0; i < VERDICT_RULE_COUNT; i++) {
		const struct verdict_rule_row *row = verdict_rule_row((enum verdict_rule)i);
		int weight = verdict_rules_weight(rules, (enum verdict_rule)i);

		if (!row->name)
			continue;
		printf("%-16s %5d  %-7s  %s (%s)", row->name, weight, stage_texts[row->stage],
		       row->why, row->source);
		if (weight != row->weight)
			printf("; by default %d", row->weight);
		putchar('\n');
	}
}

static void print_limit(const char *key, uint64_t value, uint64_t by_default, const char *sentence)
{
	printf("%-24s %6" PRIu64 "  %s", key, value, sentence);
	if (value != by_default)
		printf(" By default %" PRIu64 ".", by_default);
	putchar('\n');
}

static void print_limits(const struct verdict_rules *rules)
{
	const struct verdict_limits *limits = verdict_rules_limits(rules);

	printf("\nlimits\n");
#define VERDICT_LIMIT(member, key, minimum, maximum, standard, unit, sentence) \
	print_limit(key, limits->member / (unit), standard, sentence);
#include "track/verdict_rules_table.h"
	printf("%-24s %6s  A click whose page was not shown is doubted.\n", "expect_landing",
	       limits->expect_landing ? "yes" : "no");
}

static void print_points(const struct summary_rules *rules)
{
	static const char *const sentences[] = {
#define SCORE_KIND(name, points, sentence) sentence,
		SCORE_KINDS(SCORE_KIND)
#undef SCORE_KIND
	};

	printf("\nscores");
	if (rules->half_life_days > 0)
		printf(": half of the points are left after %d days", rules->half_life_days);
	putchar('\n');
	for (int kind = 0; kind < SCORE_KIND_COUNT; kind++) {
		printf("%-16s %5d  %s", score_kind_text((enum score_kind)kind), rules->points[kind],
		       sentences[kind]);
		if (rules->daily_caps[kind] > 0)
			printf("; at most %d a day", rules->daily_caps[kind]);
		putchar('\n');
	}
	for (size_t i = 0; i < rules->group_count; i++)
		printf("group            %5s  %s%s\n", "", rules->groups[i].name,
		       rules->groups[i].important ? ", important" : "");
}

static int run_list(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.doc = "List the rules in force: what speaks for a machine or a person with its "
		       "weight, the stage at which it is seen, the reason and where that is from; "
		       "with which limits; and what scores how much.",
	};
	cleanup(cleanup_rules) struct summary_rules *rules = NULL;
	struct command_line line = {0};
	struct error error = {""};
	struct app *app;
	int r;

	command_parse(&argp, argc, argv, &line);
	if (app_open(line.config, APP_OFFLINE, &app, &error))
		return command_fail(&error);
	r = rules_load(app->config->summary_rules_file, &rules, &error);
	if (!r) {
		print_weights(app->settings->rules);
		print_limits(app->settings->rules);
		print_points(rules);
	}
	app_close(app);
	return r ? command_fail(&error) : command_finish();
}

enum { OF_VERDICTS = 1, OF_SUMMARIES = 2 };

/* By the keys that only one of them has; both when nothing tells, as when it is no JSON. */
static int rules_of(const char *path)
{
	static const char *const verdicts[] = {"weights", "limits", "expect_landing", "agents",
					       "networks"};
	json_t *root = json_load_file(path, 0, NULL);
	int kinds = json_object_size(root) > 0 ? OF_SUMMARIES : OF_VERDICTS | OF_SUMMARIES;

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (json_object_get(root, verdicts[i]))
			kinds = OF_VERDICTS;
	json_decref(root);
	return kinds;
}

static int check_file(const char *path, int kinds, struct error *error)
{
	cleanup(cleanup_rules) struct summary_rules *points = NULL;
	struct verdict_rules *weights = NULL;
	int r = 0;

	if (kinds & OF_VERDICTS)
		r = verdict_rules_load(path, "", &weights, error);
	verdict_rules_free(weights);
	if (!r && kinds & OF_SUMMARIES)
		r = rules_load(path, &points, error);
	return r;
}

static int run_check(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.args_doc = "FILE",
		.doc = "Would this file do as verdict.rules_file or as summary.rules_file? Which "
		       "of the two is seen by its keys. Changes nothing; 'waymark events "
		       "--reclassify --rules FILE' shows what other verdicts would come of it."
		       "\vExit status: 0 when it is in order, else 1 with the place and the reason.",
	};
	struct command_line line = {.missing = "the file is missing"};
	struct error error = {""};
	int kinds;

	command_parse(&argp, argc, argv, &line);
	kinds = rules_of(line.argument);
	if (check_file(line.argument, kinds, &error))
		return command_fail(&error);
	if (kinds == OF_VERDICTS)
		printf("%s is in order, as verdict.rules_file.\n", line.argument);
	else if (kinds == OF_SUMMARIES)
		printf("%s is in order, as summary.rules_file.\n", line.argument);
	else
		printf("%s is in order, and changes nothing.\n", line.argument);
	return command_finish();
}

int command_rule(int argc, char **argv)
{
	static const struct command rows[] = {
		{"check", run_check, "would a file of rules do?"},
		{"list", run_list, "the rules in force, their weights and points"},
		{0},
	};

	return command_dispatch(rows, "The rules that tell people from machines, and that score.",
				argc, argv);
}
