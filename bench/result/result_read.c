// SPDX-License-Identifier: GPL-2.0
/*
 * Results, the reading half: load and validate result.json, look things up.
 *
 * Validation is strict about what readers rely on and silent about the rest,
 * so that a file of a later tdxbench with more fields still loads.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/param.h"
#include "result/must.h"
#include "result/result.h"

/* ---- Validation ---- */

/* Where we are, for the one line that names what was wrong. */
struct check {
	char *error;
	char where[128];
};

/* Names and values of anybody's may be in it: one line, and nothing that a terminal obeys. */
static void tame(char *error)
{
	for (; *error; error++)
		if ((unsigned char)*error < 0x20 || *error == 0x7f)
			*error = '?';
}

static bool fail(struct check *c, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(c->error, RESULT_ERROR, "%s: %s", c->where, what);
	tame(c->error);
	return false;
}

static bool is_string(const json_t *v)	{ return json_is_string(v); }
static bool is_name(const json_t *v)	{ return json_is_string(v) && json_string_length(v); }
static bool is_bool(const json_t *v)	{ return json_is_boolean(v); }
static bool is_object(const json_t *v)	{ return json_is_object(v); }
static bool is_array(const json_t *v)	{ return json_is_array(v); }
static bool is_number(const json_t *v)	{ return json_is_number(v); }
static bool is_count(const json_t *v)	{ return json_is_integer(v) && json_integer_value(v) >= 0; }

static bool is_metric_name(const json_t *v)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
	const char *name = json_string_value(v);

	return name && *name && !name[strspn(name, allowed)];
}

static bool is_scalar(const json_t *v)
{
	return json_is_string(v) || json_is_number(v) || json_is_boolean(v);
}

static bool is_scalars(const json_t *v)
{
	const char *key;
	json_t *member;

	if (!json_is_object(v))
		return false;
	json_object_foreach((json_t *)v, key, member)
		if (!is_scalar(member))
			return false;
	return true;
}

static bool is_clock(const json_t *v)
{
	const char *text = json_string_value(v);

	return text && (!strcmp(text, "virtual") || !strcmp(text, "real"));
}

static bool is_better(const json_t *v)
{
	const char *text = json_string_value(v);

	return text && (!strcmp(text, "lower") || !strcmp(text, "higher") || !strcmp(text, "none"));
}

static bool is_class(const json_t *v)
{
	const char *text = json_string_value(v);

	return text && (!strcmp(text, "exact") || !strcmp(text, "sampled"));
}

struct field {
	const char *key;
	bool (*is)(const json_t *value);
	const char *allowed;
};

static const struct field result_fields[] = {
	{ "complete", is_bool, "true or false" },
	{ "started", is_string, "a string" },
	{ "wall_s", is_number, "a number" },
	{ "environment", is_object, "an object" },
	{ "suite", is_object, "an object" },
	{ "lost_events", is_count, "a count" },
	{ "points", is_array, "an array" },
	{ }
};
static const struct field environment_fields[] = {
	{ "clock", is_clock, "virtual or real" },
	{ "module", is_object, "an object" },
	{ }
};
static const struct field module_fields[] = { { "kind", is_name, "a string" }, { } };
static const struct field suite_fields[] = {
	{ "name", is_string, "a string" },
	{ "text", is_string, "a string" },
	{ "sha256", is_string, "a string" },
	{ }
};
static const struct field point_fields[] = {
	{ "id", is_name, "a string" },
	{ "section", is_string, "a string" },
	{ "measurement", is_name, "a string" },
	{ "params", is_scalars, "an object of strings, numbers and booleans" },
	{ "policy", is_scalars, "an object of strings, numbers and booleans" },
	{ "profile", is_scalars, "an object of strings, numbers and booleans" },
	{ "books", is_object, "an object" },
	{ "lost_events", is_count, "a count" },
	{ "metrics", is_array, "an array" },
	{ }
};
static const struct field books_fields[] = {
	{ "closed", is_bool, "true or false" },
	{ "checks", is_array, "an array" },
	{ }
};
static const struct field check_fields[] = {
	{ "name", is_string, "a string" },
	{ "ok", is_bool, "true or false" },
	{ }
};
static const struct field metric_fields[] = {
	{ "name", is_metric_name, "letters a to z, digits, _ and ." },
	{ "unit", is_string, "a string" },
	{ "better", is_better, "lower, higher or none" },
	{ "class", is_class, "exact or sampled" },
	{ }
};
static const struct field histogram_fields[] = {
	{ "count", is_count, "a count" },
	{ "sum", is_count, "a count" },
	{ "min", is_count, "a count" },
	{ "max", is_count, "a count" },
	{ "p50", is_number, "a number" },
	{ "p90", is_number, "a number" },
	{ "p99", is_number, "a number" },
	{ "p99.9", is_number, "a number" },
	{ "buckets", is_array, "an array" },
	{ }
};

static bool fields_valid(struct check *c, const json_t *object, const struct field *field)
{
	if (!json_is_object(object))
		return fail(c, "must be an object");
	for (; field->key; field++) {
		const json_t *value = json_object_get(object, field->key);

		if (!value)
			return fail(c, "\"%s\" is missing", field->key);
		if (!field->is(value))
			return fail(c, "\"%s\" must be %s", field->key, field->allowed);
	}
	return true;
}

static bool bucket_valid(const json_t *bucket)
{
	return json_array_size(bucket) == 3 && is_count(json_array_get(bucket, 0)) &&
	       is_count(json_array_get(bucket, 1)) && is_count(json_array_get(bucket, 2)) &&
	       json_integer_value(json_array_get(bucket, 0)) <=
	       json_integer_value(json_array_get(bucket, 1));
}

static bool histogram_valid(struct check *c, const json_t *histogram)
{
	json_int_t end = -1, left;
	json_t *bucket;
	size_t i;

	if (!fields_valid(c, histogram, histogram_fields))
		return false;
	left = json_integer_value(json_object_get(histogram, "count"));
	json_array_foreach(json_object_get(histogram, "buckets"), i, bucket) {
		json_int_t n;

		if (!bucket_valid(bucket) ||
		    json_integer_value(json_array_get(bucket, 0)) <= end)
			return fail(c, "bucket %zu must be [lower, upper, count], in order", i);
		end = json_integer_value(json_array_get(bucket, 1));
		n = json_integer_value(json_array_get(bucket, 2));
		if (n > left)
			return fail(c, "buckets hold more than \"count\"");
		left -= n;
	}
	return left ? fail(c, "buckets hold less than \"count\"") : true;
}

/* True or absent, and nothing but what is exact can be. */
static bool steady_valid(struct check *c, const json_t *metric)
{
	const json_t *steady = json_object_get(metric, "steady");

	if (steady && !json_is_true(steady))
		return fail(c, "\"steady\" must be true, or absent");
	if (steady && strcmp(json_get_text(metric, "class"), "exact"))
		return fail(c, "is steady, so that its \"class\" must be exact");
	return true;
}

static bool metric_valid(struct check *c, const json_t *metric)
{
	const json_t *value, *histogram;

	if (!fields_valid(c, metric, metric_fields))
		return false;
	snprintf(c->where, sizeof(c->where), "metric %.100s", json_get_text(metric, "name"));
	if (!steady_valid(c, metric))
		return false;
	value = json_object_get(metric, "value");
	histogram = json_object_get(metric, "histogram");
	if (!value == !histogram)
		return fail(c, "must have either \"value\" or \"histogram\"");
	if (value)
		return is_number(value) || fail(c, "\"value\" must be a number");
	return histogram_valid(c, histogram);
}

static bool metrics_valid(struct check *c, const json_t *metrics)
{
	json_t *names = json_object(), *metric;
	bool ok = true;
	size_t i;

	json_array_foreach(metrics, i, metric) {
		ok = metric_valid(c, metric);
		if (ok && json_object_get(names, json_get_text(metric, "name")))
			ok = fail(c, "is there twice");
		if (!ok)
			break;
		json_object_set_new(names, json_get_text(metric, "name"), json_true());
	}
	json_decref(names);
	return ok;
}

static bool books_valid(struct check *c, const json_t *books)
{
	json_t *item;
	size_t i;

	if (!fields_valid(c, books, books_fields))
		return false;
	json_array_foreach(json_object_get(books, "checks"), i, item)
		if (!fields_valid(c, item, check_fields))
			return false;
	return true;
}

bool point_valid(const json_t *point, char error[RESULT_ERROR])
{
	struct check c = { .error = error, .where = "point" };
	char id[64];

	if (!fields_valid(&c, point, point_fields))
		return false;
	snprintf(id, sizeof(id), "%s", json_get_text(point, "id"));
	snprintf(c.where, sizeof(c.where), "books of %s", id);
	if (!books_valid(&c, json_object_get(point, "books")))
		return false;
	snprintf(c.where, sizeof(c.where), "metrics of %s", id);
	return metrics_valid(&c, json_object_get(point, "metrics"));
}

static bool points_valid(struct check *c, const json_t *points)
{
	json_t *ids = json_object(), *point;
	bool ok = true;
	size_t i;

	json_array_foreach(points, i, point) {
		const char *id = json_get_text(point, "id");

		ok = point_valid(point, c->error);
		if (ok && json_object_get(ids, id))
			ok = fail(c, "two points have the id %.100s", id);
		if (!ok)
			break;
		json_object_set_new(ids, id, json_true());
	}
	json_decref(ids);
	return ok;
}

static bool schema_valid(struct check *c, const json_t *result)
{
	const char *schema = json_get_text(result, "schema");

	if (!schema[0])
		return fail(c, "not a result of tdxbench: no \"schema\"");
	if (strcmp(schema, RESULT_SCHEMA))
		return fail(c, "schema is \"%.60s\", this tdxbench reads " RESULT_SCHEMA, schema);
	return true;
}

static bool result_valid(const json_t *result, char error[RESULT_ERROR])
{
	struct check c = { .error = error, .where = "result" };
	const json_t *environment = json_object_get(result, "environment");

	if (!schema_valid(&c, result) || !fields_valid(&c, result, result_fields))
		return false;
	snprintf(c.where, sizeof(c.where), "environment");
	if (!fields_valid(&c, environment, environment_fields) ||
	    !fields_valid(&c, json_object_get(environment, "module"), module_fields))
		return false;
	snprintf(c.where, sizeof(c.where), "suite");
	if (!fields_valid(&c, json_object_get(result, "suite"), suite_fields))
		return false;
	snprintf(c.where, sizeof(c.where), "points");
	return points_valid(&c, json_object_get(result, "points"));
}

/* ---- Loading ---- */

/* So much of a file, and what is left of that. */
struct limited {
	FILE *in;
	size_t left;
	bool cut;
};

static size_t read_limited(void *buffer, size_t size, void *arg)
{
	struct limited *file = arg;
	size_t got = fread(buffer, 1, size < file->left ? size : file->left, file->in);

	file->left -= got;
	file->cut |= !file->left && fgetc(file->in) != EOF;
	return got;
}

static json_t *parse(FILE *in, size_t limit, char error[RESULT_ERROR])
{
	struct limited file = { .in = in, .left = limit };
	json_error_t where;
	json_t *json = json_load_callback(read_limited, &file, JSON_REJECT_DUPLICATES, &where);

	if (json && !file.cut)
		return json;
	json_decref(json);
	if (file.cut)
		snprintf(error, RESULT_ERROR, "larger than %zu MiB", limit >> 20);
	else
		snprintf(error, RESULT_ERROR, "line %d: %s", where.line, where.text);
	tame(error);
	return NULL;
}

json_t *json_load_limited(const char *file, size_t limit, char error[RESULT_ERROR])
{
	FILE *in = fopen(file, "re");
	char why[RESULT_ERROR];
	json_t *json;

	if (!in) {
		snprintf(error, RESULT_ERROR, "cannot read %.300s: %s", file, strerror(errno));
		return NULL;
	}
	json = parse(in, limit, why);
	if (!json && !ftell(in))
		snprintf(why, sizeof(why), "it is empty");
	fclose(in);
	if (!json)
		snprintf(error, RESULT_ERROR, "cannot read %.200s: %.250s", file, why);
	return json;
}

json_t *result_load(const char *path, char error[RESULT_ERROR])
{
	char file[4096], why[RESULT_ERROR];
	struct stat st;
	json_t *result;

	snprintf(file, sizeof(file), "%s%s", path,
		 !stat(path, &st) && S_ISDIR(st.st_mode) ? "/" RESULT_FILE : "");
	result = json_load_limited(file, JSON_LIMIT, error);
	if (result && !result_valid(result, why)) {
		snprintf(error, RESULT_ERROR, "cannot read %.200s: %.250s", file, why);
		json_decref(result);
		result = NULL;
	}
	return result;
}

json_t *result_parse(const char *text, size_t length, char error[RESULT_ERROR])
{
	json_error_t where;
	json_t *result = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);

	if (!result)
		snprintf(error, RESULT_ERROR, "line %d: %s", where.line, where.text);
	if (!result || result_valid(result, error))
		return result;
	json_decref(result);
	return NULL;
}

/* ---- Directories ---- */

bool result_in(const char *dir)
{
	char *file = must_print("%s/" RESULT_FILE, dir);
	bool is_there = !access(file, F_OK);

	free(file);
	return is_there;
}

static int is_shown(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

int result_dirs(const char *dir, char ***dirs)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_shown, alphasort), found = 0;
	struct stat st;

	if (count < 0)
		return -errno;
	*dirs = must_calloc((size_t)count, sizeof(**dirs));
	for (int i = 0; i < count; i++) {
		char *path = must_print("%s/%s", dir, entries[i]->d_name);

		if (!lstat(path, &st) && S_ISDIR(st.st_mode) && result_in(path))
			(*dirs)[found++] = path;
		else
			free(path);
		free(entries[i]);
	}
	free(entries);
	return found;
}

/* ---- Looking things up ---- */

const char *json_get_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

bool result_is_virtual(const json_t *result)
{
	return !strcmp(json_get_text(json_object_get(result, "environment"), "clock"), "virtual");
}

const char *result_module(const json_t *result)
{
	const json_t *environment = json_object_get(result, "environment");

	return json_get_text(json_object_get(environment, "module"), "kind");
}

const char *result_nature(const json_t *result)
{
	bool virtual_clock = result_is_virtual(result);

	if (strcmp(result_module(result), "tdx"))
		return virtual_clock ?
			"virtual clock: 1 ns = 1 guest instruction; software TDX module: a model, not hardware" :
			"real clock; software TDX module: a model, not hardware";
	return virtual_clock ? "virtual clock: 1 ns = 1 guest instruction; TDX module of the machine" :
			       "real clock; TDX module of the machine";
}

bool result_warning(const json_t *result, char *text, size_t size)
{
	json_int_t lost = json_integer_value(json_object_get(result, "lost_events"));
	size_t open = 0, at = 0, i;
	json_t *point;

	json_array_foreach(json_object_get(result, "points"), i, point)
		open += json_is_false(json_object_get(json_object_get(point, "books"), "closed"));

	text[0] = '\0';
	if (!json_is_true(json_object_get(result, "complete")))
		at += snprintf(text, size, "INCOMPLETE: %.160s. ", json_get_text(result, "reason"));
	if (lost && at < size)
		at += snprintf(text + at, size - at, "EVENTS LOST: %lld. ", (long long)lost);
	if (open && at < size)
		at += snprintf(text + at, size - at, "BOOKS OPEN in %zu of %zu points. ", open,
			       json_array_size(json_object_get(result, "points")));
	return at;
}

bool point_measures(const json_t *point, const char *measurement)
{
	return !strcmp(json_get_text(point, "measurement"), measurement);
}

const json_t *point_setting(const json_t *point, const char *name)
{
	const json_t *policy = json_object_get(point, "policy");
	const json_t *value = json_object_get(json_object_get(point, "params"), name);

	if (!value)
		value = json_object_get(policy, strcmp(name, "policy") ? name : "preset");
	return value ? value : json_object_get(json_object_get(point, "profile"), name);
}

double point_setting_number(const json_t *point, const char *name)
{
	return json_number_value(point_setting(point, name));
}

bool point_setting_is(const json_t *point, const char *name, const char *word)
{
	const json_t *value = point_setting(point, name);

	return json_is_string(value) && !strcmp(json_string_value(value), word);
}

static const struct tdx_quote_policy *preset_named(const char *name)
{
	for (unsigned int i = 0; i < POLICY_NR_PRESETS; i++)
		if (!strcmp(param_word(&policy_preset_param, i), name))
			return &policy_presets[i];
	return NULL;
}

const char *point_policy(const json_t *point, char *text, size_t size)
{
	const json_t *policy = json_object_get(point, "policy");
	const char *preset = json_get_text(policy, "preset");
	const struct tdx_quote_policy *base = preset_named(preset);
	size_t used = snprintf(text, size, "%s", preset);

	for (const struct param *knob = policy_params; base && knob->name && used < size; knob++) {
		const char *word = json_get_text(policy, knob->name);

		if (*word && strcmp(word, param_word(knob, policy_answer(base, knob))))
			used += snprintf(text + used, size - used, " %s=%s", knob->name, word);
	}
	return text;
}

bool point_policy_is(const json_t *point, const char *preset)
{
	char text[256];

	return !strcmp(point_policy(point, text, sizeof(text)), preset);
}

const json_t *result_point(const json_t *result, const char *id)
{
	json_t *point;
	size_t i;

	json_array_foreach(json_object_get(result, "points"), i, point)
		if (!strcmp(json_get_text(point, "id"), id))
			return point;
	return NULL;
}

const json_t *point_metric(const json_t *point, const char *name)
{
	json_t *metric;
	size_t i;

	json_array_foreach(json_object_get(point, "metrics"), i, metric)
		if (!strcmp(json_get_text(metric, "name"), name))
			return metric;
	return NULL;
}

bool metric_stat(const json_t *metric, const char *stat, double *value)
{
	const json_t *histogram = json_object_get(metric, "histogram"), *number;
	double count = json_number_value(json_object_get(histogram, "count"));

	number = histogram ? json_object_get(histogram, stat) :
		 !strcmp(stat, "value") ? json_object_get(metric, "value") : NULL;
	if (histogram && !strcmp(stat, "mean") && count) {
		*value = json_number_value(json_object_get(histogram, "sum")) / count;
		return true;
	}
	if (!number || (histogram && !count && strcmp(stat, "count")))
		return false;
	*value = json_number_value(number);
	return true;
}

bool point_stat(const json_t *point, const char *name, const char *stat, double *value)
{
	return metric_stat(point_metric(point, name), stat, value);
}
