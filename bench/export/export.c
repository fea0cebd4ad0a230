// SPDX-License-Identifier: GPL-2.0
/*
 * The digest of a result, and the table of its other forms.
 *
 * The canonical form of a metric is a JSON object {id, params, policy, profile,
 * name, unit, value | histogram} with sorted keys and no white space; the lines are
 * sorted too. Order of keys and points, clocks of the host, paths and dates
 * therefore change nothing.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "result/result.h"
#include "report/side.h"

/* ---- Digest ---- */

struct lines {
	char **line;
	size_t count;
};

static void copy_key(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value)
		json_object_set(to, key, value);
}

static char *canonical_line(const json_t *point, const json_t *metric)
{
	json_t *form = json_object();
	char *line;

	copy_key(form, point, "id");
	copy_key(form, point, "params");
	copy_key(form, point, "policy");
	copy_key(form, point, "profile");
	copy_key(form, metric, "name");
	copy_key(form, metric, "unit");
	copy_key(form, metric, "value");
	copy_key(form, metric, "histogram");
	line = json_dumps(form, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(form);
	return line;
}

static void add_line(struct lines *lines, char *line)
{
	char **more = realloc(lines->line, (lines->count + 1) * sizeof(*more));

	if (!line || !more) {
		fprintf(stderr, "tdxbench: no memory for the digest\n");
		exit(1);
	}
	lines->line = more;
	lines->line[lines->count++] = line;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct lines canonical_lines(const json_t *result)
{
	struct lines lines = { };
	json_t *point, *metric;
	size_t i, j;

	json_array_foreach(json_object_get(result, "points"), i, point)
		json_array_foreach(json_object_get(point, "metrics"), j, metric)
			if (!strcmp(json_get_text(metric, "class"), "exact"))
				add_line(&lines, canonical_line(point, metric));
	if (lines.count)
		qsort(lines.line, lines.count, sizeof(*lines.line), by_text);
	return lines;
}

static void free_lines(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->line[i]);
	free(lines->line);
}

void export_canonical(const json_t *result, FILE *out)
{
	struct lines lines = canonical_lines(result);

	for (size_t i = 0; i < lines.count; i++)
		fprintf(out, "%s\n", lines.line[i]);
	free_lines(&lines);
}

size_t export_digest(const json_t *result, char hex[DIGEST_HEX])
{
	struct lines lines = canonical_lines(result);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	for (size_t i = 0; i < lines.count; i++) {
		EVP_DigestUpdate(context, lines.line[i], strlen(lines.line[i]));
		EVP_DigestUpdate(context, "\n", 1);
	}
	EVP_DigestFinal_ex(context, digest, &len);
	EVP_MD_CTX_free(context);
	for (unsigned int i = 0; i < len && i < DIGEST_HEX / 2; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	free_lines(&lines);
	return lines.count;
}

/* ---- Formats ---- */

int export_json(const json_t *result, const struct export_options *options, FILE *out)
{
	(void)options;
	result_print(result, out);
	return 0;
}

void export_json_side(const struct side *side, FILE *out)
{
	for (size_t i = 0; i < side->count; i++) {
		fputs(i ? ",\n" : "[\n", out);
		result_print(side->result[i], out);
	}
	fputs("]\n", out);
}

/* Once only, so that the names that the help shows are those that there are. */
#define FORMATS(format) \
	format("json", export_json, export_json_side) \
	format("csv", export_csv, export_csv_side) \
	format("ktap", export_ktap, NULL) \
	format("junit", export_junit, NULL) \
	format("kcidb", export_kcidb, NULL) \
	format("bmf", export_bmf, NULL) \
	format("gha-smaller", export_gha_smaller, NULL) \
	format("gha-bigger", export_gha_bigger, NULL) \
	format("openmetrics", export_openmetrics, NULL)

#define FORMAT_ROW(name, print, print_side)	{ name, print, print_side },
#define FORMAT_NAME(name, print, print_side)	name,

const struct export_format export_formats[] = { FORMATS(FORMAT_ROW) };
const char *const export_names[] = { FORMATS(FORMAT_NAME) NULL };
