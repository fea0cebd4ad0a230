// SPDX-License-Identifier: GPL-2.0
/*
 * Results, the writing half: build points, stream them, assemble and write
 * result.json. The reading half is result_read.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/hist.h"
#include "result/result.h"
#include "result/text.h"
#include "result/whole.h"

/* ---- JSON without surprises ---- */

static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value)) {
		fprintf(stderr, "tdxbench: no memory for the results\n");
		exit(1);
	}
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value)) {
		fprintf(stderr, "tdxbench: no memory for the results\n");
		exit(1);
	}
}

/* JSON readers agree on integers up to 2^63 - 1 at most; nothing we count gets there. */
static json_t *json_u64(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *json_text(const char *text)
{
	json_t *string = json_string(text);
	char *ascii;

	if (string)
		return string;
	ascii = strdup(text ? text : "");
	for (char *c = ascii; c && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	string = json_string(ascii);
	free(ascii);
	return string;
}

/* ---- Building a point ---- */

static const char *metric_class = "sampled";

void result_set_clock(bool virtual_clock)
{
	metric_class = virtual_clock ? "exact" : "sampled";
}

json_t *point_new(const char *section, const char *id, const char *measurement)
{
	json_t *point = json_object(), *books = json_object();

	put(books, "closed", json_true());
	put(books, "checks", json_array());

	put(point, "id", json_text(id));
	put(point, "section", json_text(section));
	put(point, "measurement", json_text(measurement));
	put(point, "params", json_object());
	put(point, "policy", json_object());
	put(point, "profile", json_object());
	put(point, "books", books);
	put(point, "lost_events", json_integer(0));
	put(point, "metrics", json_array());
	return point;
}

json_t *point_settings(json_t *point, const char *which)
{
	return json_object_get(point, which);
}

void settings_u64(json_t *settings, const char *name, uint64_t value)
{
	put(settings, name, json_u64(value));
}

void settings_text(json_t *settings, const char *name, const char *value)
{
	put(settings, name, json_text(value));
}

void point_lost_events(json_t *point, uint64_t lost)
{
	put(point, "lost_events", json_u64(lost));
}

static void metric_add(json_t *point, const char *name, const char *unit,
		       enum metric_better better, const char *key, json_t *value)
{
	static const char *const directions[] = {
		[BETTER_LOWER] = "lower", [BETTER_HIGHER] = "higher", [BETTER_NONE] = "none",
	};
	json_t *metric = json_object();

	put(metric, "name", json_text(name));
	put(metric, "unit", json_text(unit));
	put(metric, "better", json_string(directions[better]));
	put(metric, "class", json_string(metric_class));
	put(metric, key, value);
	append(json_object_get(point, "metrics"), metric);
}

void metric_u64(json_t *point, const char *name, const char *unit,
		enum metric_better better, uint64_t value)
{
	metric_add(point, name, unit, better, "value", json_u64(value));
}

static json_t *last_metric(json_t *point)
{
	const json_t *metrics = json_object_get(point, "metrics");

	return json_array_get(metrics, json_array_size(metrics) - 1);
}

void metric_is_sampled(json_t *point)
{
	put(last_metric(point), "class", json_string("sampled"));
}

void metric_is_steady(json_t *point)
{
	put(last_metric(point), "steady", json_true());
}

void metric_double(json_t *point, const char *name, const char *unit,
		   enum metric_better better, double value)
{
	if (isfinite(value))
		metric_add(point, name, unit, better, "value", json_real(value));
}

static json_t *bucket_json(unsigned int slot, uint64_t count)
{
	json_t *bucket = json_array();

	append(bucket, json_u64(hist_slot_lower(slot)));
	append(bucket, json_u64(hist_slot_upper(slot)));
	append(bucket, json_u64(count));
	return bucket;
}

void metric_hist(json_t *point, const char *name, const char *unit,
		 enum metric_better better, const struct hist *hist)
{
	json_t *json = json_object(), *buckets = json_array();

	put(json, "count", json_u64(hist->count));
	put(json, "sum", json_u64(hist->sum));
	put(json, "min", json_u64(hist->count ? hist->min : 0));
	put(json, "max", json_u64(hist->count ? hist->max : 0));
	put(json, "p50", json_u64(hist->count ? hist_percentile(hist, 50) : 0));
	put(json, "p90", json_u64(hist->count ? hist_percentile(hist, 90) : 0));
	put(json, "p99", json_u64(hist->count ? hist_percentile(hist, 99) : 0));
	put(json, "p99.9", json_u64(hist->count ? hist_percentile(hist, 99.9) : 0));
	for (unsigned int i = 0; i < HIST_SLOTS; i++)
		if (hist->slots[i])
			append(buckets, bucket_json(i, hist->slots[i]));
	put(json, "buckets", buckets);
	metric_add(point, name, unit, better, "histogram", json);
}

/* ---- Books ---- */

static void books_add(json_t *point, const char *name, const char *key, json_t *bound,
		      json_t *seen, bool ok)
{
	json_t *books = json_object_get(point, "books"), *check = json_object();

	put(check, "name", json_text(name));
	put(check, key, bound);
	put(check, "seen", seen);
	put(check, "ok", json_boolean(ok));
	append(json_object_get(books, "checks"), check);
	if (!ok)
		put(books, "closed", json_false());
}

void books_check_equal(json_t *point, const char *name, uint64_t expected, uint64_t seen)
{
	books_add(point, name, "expected", json_u64(expected), json_u64(seen), expected == seen);
}

void books_check_below(json_t *point, const char *name, double limit, double seen)
{
	/* A share of nothing is not a number: nothing was seen, so the check fails. */
	books_add(point, name, "limit", json_real(limit),
		  isfinite(seen) ? json_real(seen) : json_null(), seen <= limit);
}

/* ---- The stream ---- */

static FILE *stream;
static const char *stream_path;

static int stream_error(void)
{
	int error = errno ? errno : EIO;

	fprintf(stderr, "tdxbench: cannot write results to %s: %s\n", stream_path, strerror(error));
	return -error;
}

int stream_open(const char *path)
{
	stream_path = path;
	stream = fopen(path, "we");
	return stream ? 0 : stream_error();
}

static int stream_emit(const char *type, json_t *object)
{
	int ret = 0;

	put(object, "type", json_string(type));
	errno = 0;
	/* One line, out at once: the next moment may be a panic. */
	if (json_dumpf(object, stream, JSON_COMPACT) || fputc('\n', stream) == EOF ||
	    fflush(stream))
		ret = stream_error();
	json_decref(object);
	return ret;
}

int stream_environment(json_t *environment)
{
	return stream_emit("environment", environment);
}

int stream_point(json_t *point)
{
	return stream_emit("point", point);
}

int stream_end(uint64_t lost_events, const char *reason)
{
	json_t *end = json_object();

	put(end, "lost_events", json_u64(lost_events));
	if (reason)
		put(end, "reason", json_text(reason));
	return stream_emit("end", end);
}

void stream_close(void)
{
	if (stream)
		fclose(stream);
	stream = NULL;
}

/* ---- Assembling ---- */

struct assembly {
	json_t *environment, *points, *seen_ids;
	json_int_t lost;		/* as the points say */
	json_int_t lost_at_end;		/* as the end says */
	char reason[RESULT_ERROR];	/* "" : complete */
	bool ended;
};

static void incomplete(struct assembly *a, const char *reason)
{
	/* The first thing that went wrong explains the others. */
	if (!a->reason[0])
		snprintf(a->reason, sizeof(a->reason), "%s", reason);
}

static void take_point(struct assembly *a, json_t *point)
{
	char error[RESULT_ERROR], reason[RESULT_ERROR];
	const char *id = json_get_text(point, "id");

	if (!point_valid(point, error)) {
		snprintf(reason, sizeof(reason), "a point could not be read: %.400s", error);
		incomplete(a, reason);
	} else if (!json_object_get(a->environment, "clock")) {
		incomplete(a, "a point came before the environment it was measured in");
	} else if (json_object_get(a->seen_ids, id)) {
		incomplete(a, "two points have the same id");
	} else {
		put(a->seen_ids, id, json_true());
		a->lost += json_integer_value(json_object_get(point, "lost_events"));
		append(a->points, json_incref(point));
	}
}

static void take_end(struct assembly *a, json_t *end)
{
	const char *reason = json_get_text(end, "reason");

	a->ended = true;
	a->lost_at_end = json_integer_value(json_object_get(end, "lost_events"));
	if (reason[0])
		incomplete(a, reason);
}

static void take_line(struct assembly *a, const char *line, size_t len)
{
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *type = json_get_text(object, "type");
	char kind[16];

	snprintf(kind, sizeof(kind), "%s", type);
	json_object_del(object, "type");
	if (!strcmp(kind, "environment"))
		json_object_update(a->environment, object);
	else if (!strcmp(kind, "point"))
		take_point(a, object);
	else if (!strcmp(kind, "end"))
		take_end(a, object);
	else
		incomplete(a, "a line of the results could not be read");
	json_decref(object);
}

static void take_stream(struct assembly *a, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (in && (len = getline(&line, &size, in)) > 0) {
		if (line[len - 1] != '\n')
			break;	/* cut off in the middle: there is no end, which says enough */
		take_line(a, line, len);
	}
	free(line);
}

static json_t *suite_json(const struct run_facts *facts)
{
	const char *text = facts->suite_text ? facts->suite_text : "";
	char hex[SHA256_HEX];
	json_t *suite = json_object();

	sha256_hex(text, strlen(text), hex);
	put(suite, "name", json_text(facts->suite_name));
	put(suite, "text", json_text(text));
	put(suite, "sha256", json_string(hex));
	return suite;
}

static json_t *assembly_result(const struct assembly *a, const struct run_facts *facts)
{
	json_t *result = json_object();

	put(result, "schema", json_string(RESULT_SCHEMA));
	put(result, "complete", json_boolean(!a->reason[0]));
	if (a->reason[0])
		put(result, "reason", json_text(a->reason));
	put(result, "started", json_text(facts->started));
	put(result, "wall_s", json_real(facts->wall_s));
	put(result, "environment", a->environment);
	put(result, "suite", suite_json(facts));
	put(result, "lost_events",
	    json_integer(a->lost > a->lost_at_end ? a->lost : a->lost_at_end));
	put(result, "points", a->points);
	return result;
}

json_t *result_assemble(FILE *in, const struct run_facts *facts)
{
	struct assembly a = {
		.environment = json_object(), .points = json_array(), .seen_ids = json_object(),
	};

	/* What the stream says is closer to the cause. */
	take_stream(&a, in);
	if (facts->reason)
		incomplete(&a, facts->reason);
	if (!a.ended)
		incomplete(&a, "the run ended before its last point");
	if (facts->environment)
		json_object_update(a.environment, facts->environment);
	json_decref(a.seen_ids);
	return assembly_result(&a, facts);
}

/* ---- Writing ---- */

static bool is_flat(const json_t *value)
{
	const char *key;
	json_t *member;

	if (!json_is_object(value))
		return false;
	json_object_foreach((json_t *)value, key, member)
		if (json_is_object(member) || json_is_array(member))
			return false;
	return true;
}

static int print_value(FILE *out, const json_t *value, int depth);

static int print_members(FILE *out, const json_t *value, int depth)
{
	bool object = json_is_object(value);
	const char *separator = "\n", *key;
	json_t *member;
	size_t i;

	fputc(object ? '{' : '[', out);
	if (object) {
		json_object_foreach((json_t *)value, key, member) {
			json_t *name = json_string(key);

			fprintf(out, "%s%*s", separator, depth + 1, "");
			json_dumpf(name, out, JSON_ENCODE_ANY);
			json_decref(name);
			fputs(": ", out);
			print_value(out, member, depth + 1);
			separator = ",\n";
		}
	} else {
		json_array_foreach(value, i, member) {
			fprintf(out, "%s%*s", separator, depth + 1, "");
			print_value(out, member, depth + 1);
			separator = ",\n";
		}
	}
	return fprintf(out, "\n%*s%c", depth, "", object ? '}' : ']');
}

/* For eyes and diffs: one line per metric, check or small object. */
static int print_value(FILE *out, const json_t *value, int depth)
{
	bool container = json_is_object(value) || json_is_array(value);
	bool empty = !json_object_size(value) && !json_array_size(value);

	if (container && !empty && depth < 6 && !json_object_get(value, "histogram") &&
	    (depth < 2 || !is_flat(value)))
		return print_members(out, value, depth);
	return json_dumpf(value, out, JSON_ENCODE_ANY);
}

void result_print(const json_t *result, FILE *out)
{
	print_value(out, result, 0);
	fputc('\n', out);
}

static int path_error(const char *path)
{
	int error = errno ? errno : EIO;

	fprintf(stderr, "tdxbench: cannot write %s: %s\n", path, strerror(error));
	return -error;
}

static int make_dirs(const char *dir)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return path_error(dir);
	}
	for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			return path_error(path);
		*slash = '/';
	}
	if (mkdir(path, 0777) && errno != EEXIST)
		return path_error(path);
	return 0;
}

int result_dir_check(const char *dir)
{
	char path[4096];
	int ret, fd;

	ret = make_dirs(dir);
	if (ret)
		return ret;
	/* Asking is not enough: root may do anything but write to a read-only place. */
	snprintf(path, sizeof(path), "%s/.tdxbench-XXXXXX", dir);
	fd = mkstemp(path);
	if (fd < 0)
		return path_error(dir);
	close(fd);
	unlink(path);
	return 0;
}

static void print_result(FILE *out, const void *value)
{
	result_print(value, out);
}

int json_write(const json_t *value, const char *dir, const char *file)
{
	char path[4096];
	int ret = make_dirs(dir);

	if (ret)
		return ret;
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return write_whole(path, print_result, value) ? path_error(path) : 0;
}

int result_write(const json_t *result, const char *dir)
{
	return json_write(result, dir, RESULT_FILE);
}
