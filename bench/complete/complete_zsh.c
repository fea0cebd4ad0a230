// SPDX-License-Identifier: GPL-2.0
/*
 * Completion for zsh: a function for each command, and one that calls them.
 */
#include <stdio.h>
#include <string.h>

#include "complete/complete.h"

static const char head[] =
	"#compdef tdxbench\n"
	"# SPDX-License-Identifier: GPL-2.0\n"
	"#\n"
	"# Completion of tdxbench for zsh, made by tdxbench --completion zsh.\n";

/* Called as a function that zsh found in its path, or sourced. */
static const char tail[] =
	"\n"
	"if [[ $funcstack[1] == _tdxbench ]]; then\n"
	"	_tdxbench \"$@\"\n"
	"else\n"
	"	compdef _tdxbench tdxbench\n"
	"fi\n";

/* Within single quotes; "[", "]" and ":" have a meaning to _arguments. */
static void print_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fprintf(out, strchr("[]:\\", *text) ? "\\%c" : "%c", *text);
	}
}

static void print_name(const char *name, void *out)
{
	fprintf(out, "%s ", name);
}

/* --- values and operands: the last part of what _arguments and _alternative take --- */

static void print_action(const char *word, size_t len, FILE *out)
{
	struct argument argument = argument_of(word, len);

	switch (argument.kind) {
	case ARGUMENT_FREE:
		return;
	case ARGUMENT_DIR:
		fputs("_files -/", out);
		return;
	case ARGUMENT_SUITE:
	case ARGUMENT_FILE:
		fprintf(out, argument.suffix_len ? "_files -g \"*%.*s\"" : "_files",
			(int)argument.suffix_len, argument.suffix);
		return;
	case ARGUMENT_MEASUREMENT:
		fputc('(', out);
		measurement_names_each(print_name, out);
		fputc(')', out);
		return;
	case ARGUMENT_WORD:
		fprintf(out, "(%.*s)", (int)len, word);
		return;
	}
}

static void print_value(const struct option_row *row, FILE *out)
{
	if (row->type == OPTION_CHOICE) {
		fputc('(', out);
		for (const char *const *word = row->choices; *word; word++)
			print_name(*word, out);
		fputc(')', out);
	} else if (row->type == OPTION_TEXT) {
		print_action(row->value, strcspn(row->value, " "), out);
	}
}

static void print_alternative(const char *word, size_t len, void *arg)
{
	struct argument argument = argument_of(word, len);
	FILE *out = arg;

	if (argument.kind == ARGUMENT_FREE)
		return;
	if (argument.kind == ARGUMENT_SUITE) {
		fputs(" 'suites:suite:(", out);
		suite_names_each(print_name, out);
		fputs(")'", out);
	}
	fprintf(out, " '%.*s:%.*s:", (int)len, word, (int)len, word);
	print_action(word, len, out);
	fputc('\'', out);
}

/* --- options --- */

/* One name excludes the other. A value of a long one may stand behind "=". */
static void print_option(const struct option_row *row, FILE *out)
{
	fputs(" \\\n		", out);
	if (row->letter)
		fprintf(out, "'(-%c --%s)'{-%c,--%s%s}", row->letter, row->long_name, row->letter,
			row->long_name, row->value ? "=" : "");
	else
		fprintf(out, "--%s%s", row->long_name, row->value ? "=" : "");
	fputs("'[", out);
	print_text(row->help, out);
	fputc(']', out);
	if (row->value) {
		fputc(':', out);
		print_text(row->value, out);
		fputc(':', out);
		print_value(row, out);
	}
	fputc('\'', out);
}

static void print_options(const struct command *command, FILE *out)
{
	static const struct option_row help = { 'h', "help", .help = "options and examples" };

	for (const struct option_row *row = command->options; row && row->long_name; row++)
		print_option(row, out);
	print_option(&help, out);
}

/* --- functions --- */

/* "_tdxbench", "_tdxbench_run", "_tdxbench_history_add" */
static void print_function_name(const char *name, FILE *out)
{
	fputs("_tdxbench", out);
	if (*name)
		fputc('_', out);
	for (; *name; name++)
		fputc(*name == ' ' ? '_' : *name, out);
}

static void print_commands(const struct command *command, FILE *out)
{
	fputs(" \\\n		'1:command:->command' '*::argument:->argument'\n"
	      "	case $state in\n"
	      "	command)\n"
	      "		commands=(\n", out);
	for (const struct command *const *a = command->actions; *a; a++) {
		fprintf(out, "			'%s:", command_word(*a));
		print_text((*a)->summary, out);
		fputs("'\n", out);
	}
	fputs("		)\n"
	      "		_describe command commands ;;\n"
	      "	argument)\n"
	      "		(( ! $+functions[", out);
	print_function_name(command->name, out);
	fputs("_$words[1]] )) || ", out);
	print_function_name(command->name, out);
	fputs("_$words[1] ;;\n	esac\n", out);
}

static void note_guess(const char *word, size_t len, void *arg)
{
	*(bool *)arg |= argument_of(word, len).kind != ARGUMENT_FREE;
}

/* A function beside the command's, so that there are no quotes within quotes. */
static void print_operands_function(const struct command *command, FILE *out)
{
	bool any = false;

	argument_each(command->synopsis, note_guess, &any);
	fputc('\n', out);
	print_function_name(command->name, out);
	fprintf(out, "_operands() {\n	%s", any ? "_alternative" : ":");
	argument_each(command->synopsis, print_alternative, out);
	fputs("\n}\n", out);
}

static void print_operands(const struct command *command, FILE *out)
{
	fputs(" \\\n		'*:operand:", out);
	print_function_name(command->name, out);
	fputs("_operands'\n", out);
}

static void print_function(const struct command *command, FILE *out)
{
	for (const struct command *const *a = command->actions; a && *a; a++)
		print_function(*a, out);
	if (!command->actions)
		print_operands_function(command, out);
	fputc('\n', out);
	print_function_name(command->name, out);
	fputs("() {\n	local curcontext=\"$curcontext\" state line\n	local -a commands\n\n"
	      "	_arguments -C -S", out);
	print_options(command, out);
	if (command->actions)
		print_commands(command, out);
	else
		print_operands(command, out);
	fputs("}\n", out);
}

void complete_zsh(const struct command *program, FILE *out)
{
	fputs(head, out);
	print_function(program, out);
	fputs(tail, out);
}
