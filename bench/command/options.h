/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Command-line options, one row each: parsing, checking and help come from the
 * same table.
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct param;

/* Exit codes of every command; README.md explains them. */
enum exit_code {
	EXIT_DONE	= 0,
	EXIT_ERROR	= 1,
	EXIT_REGRESSION	= 2,
	EXIT_CANNOT_RUN	= 77,
	EXIT_USAGE	= 129,
};

/* What an option's target is. */
enum option_type {
	OPTION_FLAG,	/* bool */
	OPTION_TEXT,	/* const char * */
	OPTION_NUMBER,	/* uint64_t within min..max */
	OPTION_REAL,	/* double within min..max */
	OPTION_CHOICE,	/* unsigned int: index into choices */
};

/**
 * struct option_row - one option; a table ends with a row without long_name
 * @letter:    short name, 0 for none
 * @long_name: without the dashes
 * @value:     what the help calls its argument, NULL for a flag
 * @type:      of @target
 * @target:    where it goes
 * @min, @max: allowed numbers
 * @choices:   allowed words, NULL-terminated
 * @help:      one line
 */
struct option_row {
	char letter;
	const char *long_name;
	const char *value;
	enum option_type type;
	void *target;
	uint64_t min, max;
	const char *const *choices;
	const char *help;
};

/**
 * struct command - a subcommand of tdxbench
 * @name:     as typed
 * @summary:  one line
 * @synopsis: what follows the name
 * @text:     more for its help: examples, exit codes (manual/help_text.h)
 * @options:  its table
 * @run:      with what is left after the options; returns an exit code
 * @actions:  instead of the two: commands of its own, NULL-terminated; their names are
 *            "COMMAND ACTION"
 */
struct command {
	const char *name;
	const char *summary;
	const char *synopsis;
	const char *text;
	const struct option_row *options;
	int (*run)(int argc, char **argv);
	const struct command *const *actions;
};

/*
 * Parses @argv (argv[0] is the command's name) and runs the command. Handles
 * --help. A wrong option gets one line that names it and what is allowed.
 */
int command_main(const struct command *command, int argc, char **argv);

/* Its name without that of the command whose action it is: "add" of "history add". */
const char *command_word(const struct command *command);

/* Its rows as the help shows them, and --help. */
void options_print(const struct option_row *rows, FILE *out);

/* "tdxbench COMMAND: message" on stderr; returns EXIT_USAGE. */
int usage_error(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The text of an option that is as @param says, such as "5ms"; NULL leaves @value as it
 * is. EXIT_DONE, or EXIT_USAGE after one line.
 */
int take_param(const char *command, const struct param *param, const char *text,
	       uint64_t *value);

/* For --duration: 1 ms to a week. */
extern const struct param duration_param;

/* Whole decimal or 0x number with nothing behind it. */
bool parse_number(const char *text, uint64_t *value);
/* "5", "0.25", "1e-3": a finite number that is not negative, with nothing behind it. */
bool parse_real(const char *text, double *value);

#endif /* BENCH_OPTIONS_H */
