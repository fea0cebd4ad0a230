// SPDX-License-Identifier: GPL-2.0
/*
 * Completion for bash. It needs nothing but bash itself, and does not start tdxbench.
 */
#include <stdio.h>
#include <string.h>

#include "complete/complete.h"

static const char head[] =
	"# shellcheck shell=bash\n"
	"# SPDX-License-Identifier: GPL-2.0\n"
	"#\n"
	"# Completion of tdxbench for bash, made by tdxbench --completion bash.\n"
	"# Wants to be sourced; bash-completion does that by itself.\n"
	"\n"
	"_tdxbench_words() {\n"
	"	mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -W \"$*\" -- \"$cur\")\n"
	"}\n"
	"\n"
	"# Files that end in $1, and the directories they may be in.\n"
	"_tdxbench_files() {\n"
	"	compopt -o filenames 2>/dev/null\n"
	"	mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(\n"
	"		{ compgen -d -- \"$cur\"; compgen -f -X \"!*$1\" -- \"$cur\"; } | sort -u)\n"
	"}\n"
	"\n"
	"_tdxbench_dirs() {\n"
	"	compopt -o filenames 2>/dev/null\n"
	"	mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -d -- \"$cur\")\n"
	"}\n";

/* The "=" of "--option=value" is a word of its own to bash. */
static const char tail[] =
	"\n"
	"_tdxbench() {\n"
	"	local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"	local command=${COMP_WORDS[1]} first=2\n"
	"\n"
	"	COMPREPLY=()\n"
	"	[[ $cur != = ]] || cur=\n"
	"	[[ $option != = ]] || option=${COMP_WORDS[COMP_CWORD - 2]}\n"
	"	if ((COMP_CWORD > 2)) && _tdxbench_options \"$command ${COMP_WORDS[2]}\" >/dev/null; then\n"
	"		command+=\" ${COMP_WORDS[2]}\"\n"
	"		first=3\n"
	"	fi\n"
	"	[[ $COMP_CWORD != 1 && $command != -* ]] || command=\n"
	"	((COMP_CWORD < first)) || ! _tdxbench_value \"$command\" \"$option\" || return 0\n"
	"	[[ $cur == -* ]] || _tdxbench_operands \"$command\"\n"
	"	((${#COMPREPLY[@]})) || _tdxbench_words \"$(_tdxbench_options \"$command\")\"\n"
	"}\n"
	"\n"
	"complete -F _tdxbench tdxbench\n";

/* --- values and operands: a list of shell commands --- */

static void print_name(const char *name, void *out)
{
	fprintf(out, " %s", name);
}

static void print_argument(const char *word, size_t len, void *arg)
{
	struct argument argument = argument_of(word, len);
	FILE *out = arg;

	switch (argument.kind) {
	case ARGUMENT_FREE:
		return;
	case ARGUMENT_DIR:
		fputs(" _tdxbench_dirs;", out);
		return;
	case ARGUMENT_SUITE:
		fputs(" _tdxbench_words", out);
		suite_names_each(print_name, out);
		fputc(';', out);
		/* fall through */
	case ARGUMENT_FILE:
		fprintf(out, " _tdxbench_files '%.*s';", (int)argument.suffix_len, argument.suffix);
		return;
	case ARGUMENT_MEASUREMENT:
		fputs(" _tdxbench_words", out);
		measurement_names_each(print_name, out);
		fputc(';', out);
		return;
	case ARGUMENT_WORD:
		fprintf(out, " _tdxbench_words %.*s;", (int)len, word);
		return;
	}
}

static void print_value(const struct option_row *row, FILE *out)
{
	if (row->type == OPTION_CHOICE) {
		fputs(" _tdxbench_words", out);
		for (const char *const *word = row->choices; *word; word++)
			print_name(*word, out);
		fputc(';', out);
	} else if (row->type == OPTION_TEXT) {
		print_argument(row->value, strcspn(row->value, " "), out);
	}
}

/* --- what every command has a line of --- */

static void each_command(const struct command *command, FILE *out,
			 void (*print)(const struct command *command, FILE *out))
{
	print(command, out);
	for (const struct command *const *a = command->actions; a && *a; a++)
		each_command(*a, out, print);
}

static void print_options(const struct command *command, FILE *out)
{
	fprintf(out, "	'%s') echo '-h --help", command->name);
	for (const struct option_row *row = command->options; row && row->long_name; row++) {
		if (row->letter)
			fprintf(out, " -%c", row->letter);
		fprintf(out, " --%s", row->long_name);
	}
	fputs("' ;;\n", out);
}

static void print_values(const struct command *command, FILE *out)
{
	for (const struct option_row *row = command->options; row && row->long_name; row++) {
		if (!row->value)
			continue;
		fprintf(out, "	'%s:--%s'", command->name, row->long_name);
		if (row->letter)
			fprintf(out, " | '%s:-%c'", command->name, row->letter);
		fputc(')', out);
		print_value(row, out);
		fputs(" ;;\n", out);
	}
}

static void print_operands(const struct command *command, FILE *out)
{
	fprintf(out, "	'%s')", command->name);
	if (command->actions) {
		fputs(" _tdxbench_words", out);
		for (const struct command *const *a = command->actions; *a; a++)
			print_name(command_word(*a), out);
	} else {
		argument_each(command->synopsis, print_argument, out);
	}
	fputs(" ;;\n", out);
}

static void print_function(const struct command *program, FILE *out, const char *name,
			   const char *what, const char *of,
			   void (*print)(const struct command *command, FILE *out))
{
	fprintf(out, "\n# %s\n_tdxbench_%s() {\n	case %s in\n", what, name, of);
	each_command(program, out, print);
	fputs("	*) return 1 ;;\n	esac\n}\n", out);
}

void complete_bash(const struct command *program, FILE *out)
{
	fputs(head, out);
	print_function(program, out, "options", "The options of command $1; false if there is none.",
		       "$1", print_options);
	print_function(program, out, "value", "What option $2 of command $1 takes; false if nothing.",
		       "$1:$2", print_values);
	print_function(program, out, "operands", "What else command $1 takes.", "$1", print_operands);
	fputs(tail, out);
}
