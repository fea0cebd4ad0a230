// SPDX-License-Identifier: GPL-2.0
/*
 * A result as one self-contained page. The order is that of a reader's
 * questions: may I trust it, what does it say, what does it look like, what are
 * the numbers, how were they made. Every text from the result is escaped.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "report/findings.h"
#include "report/html.css.h"
#include "report/html.h"
#include "report/plot.h"
#include "result/result.h"
#include "report/side.h"
#include "result/view.h"
#include "result/whole.h"

void html_escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&#39;", out); break;
		default: fputc(*text, out);
		}
	}
}

/* <tag class="…">text</tag> */
static void element(FILE *out, const char *tag, const char *class, const char *text)
{
	fprintf(out, *class ? "<%s class=\"%s\">" : "<%s>", tag, class);
	html_escape(out, text);
	fprintf(out, "</%s>\n", tag);
}

static void scalar(FILE *out, const json_t *value)
{
	if (json_is_string(value))
		html_escape(out, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, "%.6g", json_real_value(value));
	else if (value)
		fputs(json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "–", out);
}

/* ---- Tables ---- */

static size_t group_span(const struct grid *grid, size_t column)
{
	size_t end = column + 1;

	while (end < grid->columns &&
	       !strcmp(grid->column[end].group, grid->column[column].group))
		end++;
	return end - column;
}

static void table_groups(FILE *out, const struct grid *grid)
{
	bool any = false;

	for (size_t c = 0; c < grid->columns; c++)
		any |= grid->column[c].group[0];
	if (!any)
		return;
	fputs("<tr>", out);
	for (size_t c = 0, span; c < grid->columns; c += span) {
		const char *group = grid->column[c].group;

		span = group_span(grid, c);
		fprintf(out, "<th colspan=\"%zu\"%s>", span, *group ? " class=\"g\"" : "");
		html_escape(out, group);
		fputs("</th>", out);
	}
	fputs("</tr>\n", out);
}

static void table_head(FILE *out, const struct grid *grid)
{
	fputs("<thead>\n", out);
	table_groups(out, grid);
	fputs("<tr>", out);
	for (size_t c = 0; c < grid->columns; c++) {
		fputs(grid->column[c].numeric ? "<th class=\"n\">" : "<th>", out);
		html_escape(out, grid->column[c].head);
		fputs("</th>", out);
	}
	fputs("</tr>\n</thead>\n", out);
}

static void table_cell(FILE *out, const struct cell *cell, bool numeric)
{
	const char *style = cell->style == CELL_GOOD ? " good" : cell->style == CELL_BAD ? " bad" : "";

	fprintf(out, "<td class=\"%s%s\">", numeric ? "n" : "", style);
	html_escape(out, cell->text);
	fputs("</td>", out);
}

static void table(FILE *out, const struct grid *grid)
{
	fputs("<div class=\"wide\"><table>\n", out);
	table_head(out, grid);
	fputs("<tbody>\n", out);
	for (size_t r = 0; r < grid->rows; r++) {
		fputs("<tr>", out);
		for (size_t c = 0; c < grid->columns; c++)
			table_cell(out, grid_cell(grid, r, c), grid->column[c].numeric);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

static void titled_table(const struct grid *grid, void *out)
{
	element(out, "h3", "", grid->title);
	table(out, grid);
}

/* Two columns: name and value, objects flattened to "module.kind". */
static void fact_rows(FILE *out, const json_t *facts, const char *prefix)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)facts, key, value) {
		if (json_is_object(value)) {
			fact_rows(out, value, key);
			continue;
		}
		fputs("<tr><th>", out);
		html_escape(out, prefix);
		fputs(*prefix ? "." : "", out);
		html_escape(out, key);
		fputs("</th><td>", out);
		scalar(out, value);
		fputs("</td></tr>\n", out);
	}
}

static void facts(FILE *out, const json_t *object)
{
	fputs("<div class=\"wide\"><table class=\"facts\"><tbody>\n", out);
	fact_rows(out, object, "");
	fputs("</tbody></table></div>\n", out);
}

/* ---- Plots ---- */

/* The <svg> element of a file; false when there is none. */
static bool inline_svg(FILE *out, const char *path)
{
	FILE *in = fopen(path, "re");
	bool inside = false;
	char line[4096];

	while (in && fgets(line, sizeof(line), in)) {
		inside |= !strncmp(line, "<svg", 4);
		if (inside)
			fputs(line, out);
	}
	if (in)
		fclose(in);
	return inside;
}

static size_t plots(FILE *out, const char *dir)
{
	size_t drawn = 0;
	char path[4096];

	for (const struct plot *plot = plot_table; plot->name; plot++) {
		snprintf(path, sizeof(path), "%s/%s.svg", dir, plot->name);
		if (access(path, R_OK))
			continue;
		fputs("<figure><div class=\"wide plot\">\n", out);
		drawn += inline_svg(out, path);
		fputs("</div>\n", out);
		element(out, "figcaption", "", plot->caption);
		fputs("</figure>\n", out);
	}
	return drawn;
}

/* ---- Points ---- */

static void check_row(FILE *out, const json_t *check)
{
	const json_t *limit = json_object_get(check, "limit");
	bool ok = json_is_true(json_object_get(check, "ok"));

	fputs("<tr><td>", out);
	html_escape(out, json_get_text(check, "name"));
	fputs("</td><td class=\"n\">", out);
	fputs(limit ? "≤ " : "", out);
	scalar(out, limit ? limit : json_object_get(check, "expected"));
	fputs("</td><td class=\"n\">", out);
	scalar(out, json_object_get(check, "seen"));
	fprintf(out, "</td><td class=\"%s\">%s</td></tr>\n", ok ? "good" : "bad", ok ? "ok" : "OPEN");
}

static void checks(FILE *out, const json_t *point)
{
	const json_t *list = json_object_get(json_object_get(point, "books"), "checks");
	json_t *check;
	size_t i;

	if (!json_array_size(list))
		return;
	fputs("<h3>Books</h3><div class=\"wide\"><table><thead><tr><th>check</th><th class=\"n\">expected</th>"
	      "<th class=\"n\">seen</th><th></th></tr></thead><tbody>\n", out);
	json_array_foreach(list, i, check)
		check_row(out, check);
	fputs("</tbody></table></div>\n", out);
}

static void settings(FILE *out, const char *title, const json_t *object)
{
	if (!json_object_size(object))
		return;
	element(out, "h3", "", title);
	facts(out, object);
}

static void point_details(FILE *out, const json_t *point)
{
	const json_t *books = json_object_get(point, "books");
	bool closed = json_is_true(json_object_get(books, "closed"));
	struct grid *grid = grid_point(point);

	fputs("<details><summary>", out);
	html_escape(out, json_get_text(point, "id"));
	if (!closed)
		fputs(" <span class=\"bad\">books open</span>", out);
	fputs("</summary><div>\n", out);
	table(out, grid);
	checks(out, point);
	settings(out, "Parameters", json_object_get(point, "params"));
	settings(out, "Policy of the quoting path", json_object_get(point, "policy"));
	settings(out, "Profile of the TDX module", json_object_get(point, "profile"));
	fputs("</div></details>\n", out);
	grid_free(grid);
}

/* ---- The page ---- */

static void page_top(FILE *out, const char *title)
{
	fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	      "<title>tdxbench: ", out);
	html_escape(out, title);
	fputs("</title>\n<style>\n", out);
	fputs(html_css, out);
	fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

static void page_header(FILE *out, const json_t *result)
{
	const json_t *environment = json_object_get(result, "environment");
	char text[512];

	if (result_warning(result, text, sizeof(text)))
		element(out, "p", "warning", text);
	fputs("<header>\n<p class=\"kicker\">tdxbench</p>\n", out);
	snprintf(text, sizeof(text), "TDX quoting in Linux, measured: suite %.80s",
		 json_get_text(json_object_get(result, "suite"), "name"));
	element(out, "h1", "", text);
	element(out, "p", "nature", result_nature(result));
	snprintf(text, sizeof(text), "%.30s · Linux %.80s · %lld CPUs · %.1f s wall",
		 json_get_text(result, "started"), json_get_text(environment, "kernel"),
		 (long long)json_integer_value(json_object_get(environment, "cpus")),
		 json_number_value(json_object_get(result, "wall_s")));
	element(out, "p", "soft", text);
	fputs("</header>\n", out);
}

static void finding(const char *sentence, void *out)
{
	element(out, "li", "", sentence);
}

static void page_findings(FILE *out, const json_t *result)
{
	fputs("<h2>What it says</h2>\n<ul class=\"findings\">\n", out);
	findings(result, finding, out);
	fputs("</ul>\n", out);
}

static void page_points(FILE *out, const json_t *result)
{
	json_t *point;
	size_t i;

	fputs("<h2>Every number of every point</h2>\n", out);
	json_array_foreach(json_object_get(result, "points"), i, point)
		point_details(out, point);
}

static void page_origin(FILE *out, const json_t *result)
{
	const json_t *suite = json_object_get(result, "suite");

	fputs("<h2>How it was made</h2>\n<h3>Environment</h3>\n", out);
	facts(out, json_object_get(result, "environment"));
	fputs("<details><summary>The suite as it was run</summary><div><pre>", out);
	html_escape(out, json_get_text(suite, "text"));
	fputs("</pre></div></details>\n", out);
	fputs("<footer>One page made by tdxbench from result.json, which has every histogram "
	      "with its buckets.</footer>\n", out);
}

static void page(FILE *out, const json_t *result, const char *plots_dir)
{
	page_top(out, json_get_text(json_object_get(result, "suite"), "name"));
	page_header(out, result);
	page_findings(out, result);
	fputs("<h2>What it looks like</h2>\n", out);
	if (!plots(out, plots_dir))
		fputs("<p class=\"soft\">No plots: gnuplot was not there, or there was nothing to plot.</p>\n",
		      out);
	fputs("<h2>The numbers</h2>\n", out);
	each_grid(result, titled_table, out);
	page_points(out, result);
	page_origin(out, result);
	fputs("</main>\n</body>\n</html>\n", out);
}

static int write_error(const char *path)
{
	int error = errno ? errno : EIO;

	fprintf(stderr, "tdxbench: cannot write %s: %s\n", path, strerror(error));
	return -error;
}

static int write_page(const char *path, whole_printer *page, const void *of)
{
	return write_whole(path, page, of) ? write_error(path) : 0;
}

struct single {
	const json_t *result;
	const char *plots_dir;
};

static void single_page(FILE *out, const void *of)
{
	const struct single *single = of;

	page(out, single->result, single->plots_dir);
}

int html_write(const json_t *result, const char *plots_dir, const char *path)
{
	const struct single single = { result, plots_dir };

	return write_page(path, single_page, &single);
}

/* ---- The page of several results ---- */

static void warning(const char *text, void *out)
{
	element(out, "p", "warning", text);
}

static void nature(const char *text, void *out)
{
	element(out, "p", "nature", text);
}

static void remark(const char *text, void *out)
{
	element(out, "p", "soft", text);
}

static void folded_table(const struct grid *grid, void *out)
{
	fputs("<details><summary>", out);
	html_escape(out, grid->title);
	fputs("</summary><div>\n", out);
	table(out, grid);
	fputs("</div></details>\n", out);
}

static void side_page(FILE *out, const void *of)
{
	const struct side *side = of;
	struct grid *legend = side_legend(side);

	page_top(out, "results side by side");
	side_warnings(side, warning, out);
	fputs("<header>\n<p class=\"kicker\">tdxbench</p>\n", out);
	element(out, "h1", "", "TDX quoting in Linux, measured: results side by side");
	side_natures(side, nature, out);
	fputs("</header>\n<h2>What stands beside what</h2>\n", out);
	table(out, legend);
	side_coverage(side, remark, out);
	side_overview(side, titled_table, out);
	fputs("<h2>Every number, point by point</h2>\n", out);
	side_each_point(side, folded_table, out);
	fputs("<footer>One page made by tdxbench from several result.json, which have every histogram "
	      "with its buckets.</footer>\n</main>\n</body>\n</html>\n", out);
	grid_free(legend);
}

int html_write_side(const struct side *side, const char *path)
{
	return write_page(path, side_page, side);
}
