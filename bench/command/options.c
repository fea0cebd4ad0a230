// SPDX-License-Identifier: GPL-2.0
/*
 * Command-line options from tables.
 */
#include "command/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/clock.h"
#include "run/param.h"

#define MAX_OPTIONS	32
#define HELP_COLUMN	26

int usage_error(const char *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "tdxbench %s: ", command);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	/* strtoull takes signs and leading blanks, which are no numbers here. */
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && !*end;
}

bool parse_real(const char *text, double *value)
{
	char *end;

	if (!isdigit((unsigned char)*text) || strpbrk(text, "xX"))
		return false;
	*value = strtod(text, &end);
	return isfinite(*value) && !*end;
}

const struct param duration_param = {
	"--duration", 0, 1000000, 7 * 86400 * NSEC_PER_SEC, "ns", NULL, ""
};

int take_param(const char *command, const struct param *param, const char *text,
	       uint64_t *value)
{
	char error[256];

	if (text && param_parse(param, text, value, error, sizeof(error)))
		return usage_error(command, "%s", error);
	return EXIT_DONE;
}

static void print_choices(FILE *out, const char *const *choices)
{
	for (; *choices; choices++)
		fprintf(out, "%s%s", *choices, choices[1] ? "|" : "");
}

static void print_option(const struct option_row *row, FILE *out)
{
	int width = row->letter ? fprintf(out, "  -%c, --%s", row->letter, row->long_name)
				: fprintf(out, "      --%s", row->long_name);

	if (row->value)
		width += fprintf(out, " %s", row->value);
	if (width >= HELP_COLUMN) {
		fputc('\n', out);
		width = 0;
	}
	fprintf(out, "%*s%s", HELP_COLUMN - width, "", row->help);
	if (row->type == OPTION_NUMBER || row->type == OPTION_REAL)
		fprintf(out, " (%llu to %llu)", (unsigned long long)row->min,
			(unsigned long long)row->max);
	if (row->type == OPTION_CHOICE) {
		fprintf(out, " (");
		print_choices(out, row->choices);
		fputc(')', out);
	}
	fputc('\n', out);
}

void options_print(const struct option_row *rows, FILE *out)
{
	for (; rows->long_name; rows++)
		print_option(rows, out);
	fputs("  -h, --help              this text\n", out);
}

static void print_help(const struct command *command)
{
	printf("usage: tdxbench %s %s\n\n%s\n\noptions:\n", command->name, command->synopsis,
	       command->summary);
	options_print(command->options, stdout);
	if (command->text)
		printf("\n%s", command->text);
}

static int set_number(const struct command *command, const struct option_row *row,
		      const char *text)
{
	uint64_t value;

	if (!parse_number(text, &value) || value < row->min || value > row->max)
		return usage_error(command->name, "--%s is '%s', allowed is a number from %llu to %llu",
				   row->long_name, text, (unsigned long long)row->min,
				   (unsigned long long)row->max);
	*(uint64_t *)row->target = value;
	return 0;
}

static int set_real(const struct command *command, const struct option_row *row,
		    const char *text)
{
	double value;

	if (!parse_real(text, &value) || value < row->min || value > row->max)
		return usage_error(command->name, "--%s is '%s', allowed is a number from %llu to %llu",
				   row->long_name, text, (unsigned long long)row->min,
				   (unsigned long long)row->max);
	*(double *)row->target = value;
	return 0;
}

static int set_choice(const struct command *command, const struct option_row *row,
		      const char *text)
{
	unsigned int i;

	for (i = 0; row->choices[i]; i++) {
		if (!strcmp(row->choices[i], text)) {
			*(unsigned int *)row->target = i;
			return 0;
		}
	}
	fprintf(stderr, "tdxbench %s: --%s is '%s', allowed is ", command->name, row->long_name,
		text);
	print_choices(stderr, row->choices);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

static int set_option(const struct command *command, const struct option_row *row,
		      const char *text)
{
	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)row->target = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)row->target = text;
		return 0;
	case OPTION_NUMBER:
		return set_number(command, row, text);
	case OPTION_REAL:
		return set_real(command, row, text);
	case OPTION_CHOICE:
		return set_choice(command, row, text);
	}
	return 0;
}

/* getopt's own tables; a long option's val is its row number behind all letters. */
static unsigned int build_tables(const struct option_row *rows, struct option *longs,
				 char *shorts)
{
	unsigned int i;

	*shorts++ = ':';
	for (i = 0; rows[i].long_name && i < MAX_OPTIONS; i++) {
		longs[i] = (struct option){
			.name = rows[i].long_name,
			.has_arg = rows[i].value ? required_argument : no_argument,
			.val = 256 + (int)i,
		};
		if (!rows[i].letter)
			continue;
		*shorts++ = rows[i].letter;
		if (rows[i].value)
			*shorts++ = ':';
	}
	longs[i] = (struct option){ .name = "help", .val = 'h' };
	longs[i + 1] = (struct option){};
	*shorts++ = 'h';
	*shorts = 0;
	return i;
}

static const struct option_row *find_row(const struct option_row *rows, unsigned int nr, int val)
{
	unsigned int i;

	if (val >= 256)
		return &rows[val - 256];
	for (i = 0; i < nr; i++)
		if (rows[i].letter == val)
			return &rows[i];
	return NULL;
}

/* @val is what getopt said: ':' or '?'; optopt is the option, 0 for an unknown word. */
static int wrong_option(const struct command *command, unsigned int nr, int val,
			const char *word)
{
	const struct option_row *row = optopt ? find_row(command->options, nr, optopt) : NULL;
	char letter[] = { '-', (char)optopt, 0 };

	if (row && optopt >= 256)
		return usage_error(command->name, "--%s %s", row->long_name,
				   val == ':' ? "needs a value" : "takes no value");
	if (row)
		return usage_error(command->name, "%s needs a value", letter);
	return usage_error(command->name, "unknown option '%s', see tdxbench %s --help",
			   optopt ? letter : word, command->name);
}

/* ---- Commands with actions ---- */

const char *command_word(const struct command *command)
{
	const char *blank = strchr(command->name, ' ');

	return blank ? blank + 1 : command->name;
}

static void print_actions(const struct command *command)
{
	const struct command *const *a;

	printf("usage: tdxbench %s ACTION [OPTION...]\n\n%s\n\nactions:\n", command->name,
	       command->summary);
	for (a = command->actions; *a; a++)
		printf("  %-8s %s\n", command_word(*a), (*a)->summary);
	printf("\n  tdxbench %s ACTION --help   options and examples\n", command->name);
	if (command->text)
		printf("\n%s", command->text);
}

static int actions_main(const struct command *command, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct command *const *a;

	if (word && (!strcmp(word, "--help") || !strcmp(word, "-h"))) {
		print_actions(command);
		return EXIT_DONE;
	}
	for (a = command->actions; word && *a; a++)
		if (!strcmp(command_word(*a), word))
			return command_main(*a, argc - 1, argv + 1);
	fprintf(stderr, "tdxbench %s: ", command->name);
	fprintf(stderr, word ? "'%s' is no action, there are:" : "say what to do, there are:", word);
	for (a = command->actions; *a; a++)
		fprintf(stderr, " %s", command_word(*a));
	fputc('\n', stderr);
	return EXIT_USAGE;
}

int command_main(const struct command *command, int argc, char **argv)
{
	struct option longs[MAX_OPTIONS + 2];
	char shorts[2 * MAX_OPTIONS + 4];
	unsigned int nr;
	int val, ret;

	if (command->actions)
		return actions_main(command, argc, argv);
	nr = build_tables(command->options, longs, shorts);
	opterr = 0;
	optind = 0;	/* glibc: from the start, and forget what was before */
	while ((val = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (val == 'h') {
			print_help(command);
			return EXIT_DONE;
		}
		if (val == ':' || val == '?')
			return wrong_option(command, nr, val, argv[optind - 1]);
		ret = set_option(command, find_row(command->options, nr, val), optarg);
		if (ret)
			return ret;
	}
	return command->run(argc - optind, argv + optind);
}
