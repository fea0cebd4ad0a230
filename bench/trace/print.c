// SPDX-License-Identifier: GPL-2.0
/*
 * Lines for people. A table of columns serves head and rows; each cell is made from the
 * event alone, so that a capture prints what was printed live.
 */
#include "trace/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "result/must.h"
#include "result/text.h"

#define CELL		64
#define MAX_COLUMNS	16
#define LINE		512

/**
 * struct column - one of a table; a table ends with one without a head
 * @width: of its text, which is on the right unless @left
 * @drop:  what does not fit goes in the order of these, the largest first; 0 stays
 * @cell:  its text
 */
struct column {
	const char *head;
	int width;
	bool left;
	unsigned int drop;
	const char *(*cell)(const union event *event, char *text, size_t size);
};

struct printer {
	FILE *out;
	struct print_options options;
	const struct column *column[MAX_COLUMNS];
	unsigned int nr_columns;
	unsigned int lines;	/* since the head */
	bool begun;
};

/* --- numbers and names --- */

const char *time_text(uint64_t ns, char *text, size_t size)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	unsigned int unit = 0;

	if (ns > INT64_MAX)	/* a rest that wrapped: parts exceed their total */
		return "wrong";
	for (; value >= 999.5 && unit < 3; value /= 1000)
		unit++;
	snprintf(text, size, "%.*f%s", !unit || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2, value,
		 units[unit]);
	return text;
}

const char *comm_text(const char comm[EVENTS_COMM], char text[EVENTS_COMM])
{
	size_t length, to = 0;
	bool tame;

	for (; *comm; comm += length) {
		length = text_character(comm, &tame);
		if (tame)
			memcpy(text + to, comm, length);
		else
			text[to] = '?';
		to += tame ? length : 1;
	}
	text[to] = 0;
	return text;
}

const char *answer_name(uint64_t ret, char *text, size_t size)
{
	switch (ret) {
	case 0: return "SUCCESS";
	case 1: return "RETRY";
	case 0x8000000000000000: return "INVALID_OPERAND";
	case 0x8000000000000002: return "ALIGN_ERROR";
	case 0x8000000000000003: return "SUBFUNC_UNSUPPORTED";
	}
	snprintf(text, size, "0x%" PRIx64, ret);
	return text;
}

const char *quote_status_name(uint64_t status, char *text, size_t size)
{
	switch (status) {
	case 0: return "SUCCESS";
	case 0x8000000000000000: return "ERROR";
	case 0x8000000000000001: return "UNAVAILABLE";
	case UINT64_MAX: return "unchanged";
	}
	snprintf(text, size, "0x%" PRIx64, status);
	return text;
}

static const char *number(uint64_t value, char *text, size_t size)
{
	snprintf(text, size, "%" PRIu64, value);
	return text;
}

static const char *address(uint64_t value, char *text, size_t size)
{
	snprintf(text, size, "0x%" PRIx64, value);
	return text;
}

/* --- cells --- */

#define CELL_OF(name, expression)							\
static const char *name(const union event *event, char *text, size_t size)		\
{											\
	return expression;								\
}

static const char *cell_time(const union event *event, char *text, size_t size)
{
	snprintf(text, size, "%" PRIu64 ".%06" PRIu64, (uint64_t)event->head.ns / 1000000000,
		 (uint64_t)event->head.ns / 1000 % 1000000);
	return text;
}

CELL_OF(cell_cpu, number(event->head.cpu, text, size))
CELL_OF(cell_tid, number(event->head.tid, text, size))
CELL_OF(cell_td, address(event->quote.tdr, text, size))
CELL_OF(cell_quote, event->quote.quote ? number(event->quote.quote, text, size) : "-")
CELL_OF(cell_bytes, number(event->quote.bytes, text, size))
CELL_OF(cell_iterations, number(event->quote.iterations, text, size))

static const char *cell_thread(const union event *event, char *text, size_t size)
{
	(void)size;
	return comm_text(event->quote.comm, text);
}

/* One that began before anybody watched has no times but those of its iterations. */
static const char *part(const union event *event, uint64_t ns, char *text, size_t size)
{
	return event->quote.total_ns ? time_text(ns, text, size) : "-";
}

CELL_OF(cell_total, part(event, event->quote.total_ns, text, size))
CELL_OF(cell_wait, part(event, event->quote.wait_ns, text, size))
CELL_OF(cell_seam, part(event, event->quote.seam_ns, text, size))
CELL_OF(cell_gap, part(event, event->quote.gap_ns, text, size))
CELL_OF(cell_copy, part(event, event->quote.copy_in_ns + event->quote.copy_out_ns, text, size))
CELL_OF(cell_other, part(event, event->quote.other_ns, text, size))

static const char *cell_result(const union event *event, char *text, size_t size)
{
	const struct events_quote *quote = &event->quote;
	char error[CELL], status[CELL];

	if (!quote->error)
		return "ok";
	if (!quote->status)
		return error_name(quote->error, text, size);
	snprintf(text, size, "%.20s %.40s", error_name(quote->error, error, sizeof(error)),
		 status_name(quote->status, status, sizeof(status)));
	return text;
}

CELL_OF(cell_iteration_td, address(event->iteration.tdr, text, size))
CELL_OF(cell_call, number(event->iteration.call, text, size))
CELL_OF(cell_leaf, leaf_name(event->iteration.leaf, text, size))
CELL_OF(cell_iteration, number(event->iteration.iteration, text, size))
CELL_OF(cell_duration, time_text(event->iteration.duration_ns, text, size))
CELL_OF(cell_iteration_gap,
	event->iteration.iteration ? time_text(event->iteration.gap_ns, text, size) : "-")
CELL_OF(cell_status, status_name(event->iteration.status, text, size))

static const struct column quote_columns[] = {
	{ "TIME", 13, false, 3, cell_time },
	{ "TD", 12, false, 2, cell_td },
	{ "CPU", 3, false, 6, cell_cpu },
	{ "TID", 7, false, 8, cell_tid },
	{ "THREAD", 15, true, 11, cell_thread },
	{ "QUOTE", 8, false, 0, cell_quote },
	{ "BYTES", 6, false, 10, cell_bytes },
	{ "ITER", 5, false, 5, cell_iterations },
	{ "TOTAL", 7, false, 0, cell_total },
	{ "WAIT", 7, false, 0, cell_wait },
	{ "SEAM", 7, false, 1, cell_seam },
	{ "GAP", 7, false, 4, cell_gap },
	{ "COPY", 7, false, 7, cell_copy },
	{ "OTHER", 7, false, 9, cell_other },
	{ "RESULT", 6, true, 0, cell_result },
	{}
};

static const struct column iteration_columns[] = {
	{ "TIME", 13, false, 1, cell_time },
	{ "TD", 12, false, 2, cell_iteration_td },
	{ "CPU", 3, false, 3, cell_cpu },
	{ "TID", 7, false, 4, cell_tid },
	{ "CALL", 8, false, 0, cell_call },
	{ "LEAF", 11, true, 0, cell_leaf },
	{ "ITER", 5, false, 0, cell_iteration },
	{ "TIME IN", 7, false, 0, cell_duration },
	{ "GAP", 7, false, 0, cell_iteration_gap },
	{ "STATUS", 9, true, 0, cell_status },
	{}
};

/* --- rows --- */

/* Cut to the terminal's width, without what would stand invisible at its end. */
static void put_line(struct printer *printer, char *line)
{
	size_t length = strlen(line);

	if (printer->options.width && length > printer->options.width)
		length = printer->options.width;
	while (length && line[length - 1] == ' ')
		length--;
	line[length] = 0;
	fprintf(printer->out, "%s\n", line);
	printer->lines++;
}

static void add_cell(char *line, const struct column *column, const char *text)
{
	size_t at = strlen(line);

	snprintf(line + at, LINE - at, "%s%*s", at ? " " : "",
		 column->left ? -column->width : column->width, text);
}

static void put_head(struct printer *printer)
{
	char line[LINE] = "";

	for (unsigned int i = 0; i < printer->nr_columns; i++)
		add_cell(line, printer->column[i], printer->column[i]->head);
	put_line(printer, line);
	printer->lines = 1;
	printer->begun = true;
}

static void put_row(struct printer *printer, const union event *event)
{
	char line[LINE] = "", text[CELL];

	for (unsigned int i = 0; i < printer->nr_columns; i++)
		add_cell(line, printer->column[i],
			 printer->column[i]->cell(event, text, sizeof(text)));
	put_line(printer, line);
}

/* --- sentences --- */

static void tell_answer(const struct events_answer *answer, char *text, size_t size)
{
	char ret[CELL], status[CELL], error[CELL];

	if (!answer->error)
		snprintf(text, size, "td 0x%" PRIx64 " was told %s, status %s", (uint64_t)answer->tdr,
			 answer_name(answer->ret, ret, sizeof(ret)),
			 quote_status_name(answer->status, status, sizeof(status)));
	else
		snprintf(text, size, "td 0x%" PRIx64 " got no answer of the kernel: %s",
			 (uint64_t)answer->tdr, error_name(answer->error, error, sizeof(error)));
}

static void tell_pool(const struct events_pool *pool, char *text, size_t size)
{
	char time[CELL], status[CELL];

	time_text(pool->ns, time, sizeof(time));
	if (pool->head.kind == EVENTS_POOL_ALLOC)
		snprintf(text, size, "%u pages of node %d allocated in %s", pool->pages, pool->node, time);
	else
		snprintf(text, size, "%u pages added in %s, %u iterations, %s", pool->pages, time,
			 pool->iterations, status_name(pool->status, status, sizeof(status)));
}

static void tell_pool_total(const struct events_pool_total *pool, char *text, size_t size)
{
	char alloc[CELL], flush[CELL], add[CELL], error[CELL];

	snprintf(text, size, "%u of %u pages: allocated in %s, flushed in %s, added in %s%s%s",
		 pool->added, pool->required, time_text(pool->alloc_ns, alloc, sizeof(alloc)),
		 time_text(pool->flush_ns, flush, sizeof(flush)),
		 time_text(pool->add_ns, add, sizeof(add)), pool->error ? "; " : "",
		 pool->error ? error_name(pool->error, error, sizeof(error)) : "");
}

static void tell_state(const struct events_state *state, char *text, size_t size)
{
	char error[CELL];

	snprintf(text, size, "%s -> %s%s%s", state_name(state->head.kind, state->from),
		 state_name(state->head.kind, state->to), state->error ? ": " : "",
		 state->error ? error_name(state->error, error, sizeof(error)) : "");
}

static void tell_update(const struct events_update *update, char *text, size_t size)
{
	char drain[CELL], stall[CELL], total[CELL], error[CELL];

	if (update->head.kind == EVENTS_UPDATE_BEGIN)
		snprintf(text, size, "begins, %u quotes under way", update->in_flight);
	else if (update->head.kind == EVENTS_UPDATE_CPU)
		snprintf(text, size, "CPU %u had interrupts off for %s", update->which,
			 time_text(update->irqs_off_ns, total, sizeof(total)));
	else
		snprintf(text, size, "is over: drain %s, stall %s, total %s, %s",
			 time_text(update->drain_ns, drain, sizeof(drain)),
			 time_text(update->stall_ns, stall, sizeof(stall)),
			 time_text(update->total_ns, total, sizeof(total)), update->error ?
			 error_name(update->error, error, sizeof(error)) : "ok");
}

/* What it is about, and what happened; false for what has no line. */
static const char *tell(const union event *event, char *text, size_t size)
{
	switch (event->head.kind) {
	case EVENTS_ANSWER:
		tell_answer(&event->answer, text, size);
		return "request";
	case EVENTS_POOL_ALLOC:
	case EVENTS_POOL_ADD:
		tell_pool(&event->pool, text, size);
		return "pool";
	case EVENTS_POOL_TOTAL:
		tell_pool_total(&event->pool_total, text, size);
		return "pool";
	case EVENTS_EXT_STATE:
	case EVENTS_QUOTE_STATE:
		tell_state(&event->state, text, size);
		return event->head.kind == EVENTS_EXT_STATE ? "extensions" : "quoting";
	case EVENTS_UPDATE_BEGIN:
	case EVENTS_UPDATE_CPU:
	case EVENTS_UPDATE_END:
		tell_update(&event->update, text, size);
		return "update";
	default:
		return NULL;
	}
}

static void put_sentence(struct printer *printer, const union event *event)
{
	char line[LINE], text[LINE / 2], time[CELL];
	const char *about = tell(event, text, sizeof(text));

	if (!about)
		return;
	snprintf(line, sizeof(line), "%13s - %s: %s", cell_time(event, time, sizeof(time)), about,
		 text);
	put_line(printer, line);
}

/* --- a printer --- */

static int width_of(const struct printer *printer)
{
	int width = -1;

	for (unsigned int i = 0; i < printer->nr_columns; i++)
		width += printer->column[i]->width + 1;
	return width;
}

/* Takes out the column that is missed least; false: all that are left stay. */
static bool drop_one(struct printer *printer)
{
	unsigned int i, worst = 0;

	for (i = 1; i < printer->nr_columns; i++)
		if (printer->column[i]->drop > printer->column[worst]->drop)
			worst = i;
	if (!printer->column[worst]->drop)
		return false;
	printer->nr_columns--;
	for (i = worst; i < printer->nr_columns; i++)
		printer->column[i] = printer->column[i + 1];
	return true;
}

struct printer *printer_new(FILE *out, const struct print_options *options)
{
	const struct column *column = options->iterations ? iteration_columns : quote_columns;
	struct printer *printer = must_calloc(1, sizeof(*printer));

	printer->out = out;
	printer->options = *options;
	for (; column->head; column++)
		printer->column[printer->nr_columns++] = column;
	while (options->width && width_of(printer) > (int)options->width && drop_one(printer))
		;
	return printer;
}

void print_event(struct printer *printer, const union event *event)
{
	uint16_t row = printer->options.iterations ? EVENTS_ITERATION : EVENTS_QUOTE_END;

	if (!printer->begun ||
	    (printer->options.rows && printer->lines + 1 >= printer->options.rows))
		put_head(printer);
	if (event->head.kind == row)
		put_row(printer, event);
	else
		put_sentence(printer, event);
}

void printer_free(struct printer *printer)
{
	free(printer);
}

void print_size(struct print_options *options)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	options->width = options->rows = 0;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col) {
		options->width = size.ws_col;
		options->rows = size.ws_row > 4 ? size.ws_row : 0;
	} else if (columns) {
		options->width = (unsigned int)strtoul(columns, NULL, 10);
	}
}
