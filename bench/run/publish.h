/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens to a result once it is assembled. A run does this:
 *
 *	result_dir_check(results_dir)	before anything is booted
 *	…the run…
 *	result = result_assemble(stream, &facts);
 *	ret = result_publish(result, profile, results_dir, stdout);
 */
#ifndef BENCH_PUBLISH_H
#define BENCH_PUBLISH_H

#include <jansson.h>
#include <stdio.h>

/*
 * Writes @results_dir/<UTC>-<suite>/{result.json, plots/, report.html}, and
 * profile.json if there is a @profile, prints the table to @out and points
 * @results_dir/latest there. 0; 1 when result.json is written but something else is
 * not; a negative errno when it is not; each after one line on stderr. Plots that
 * could not be drawn are only a warning. The caller keeps @result.
 */
int result_publish(const json_t *result, const json_t *profile, const char *results_dir,
		   FILE *out);
/* Where that was: latest may be another run's meanwhile. NULL before. */
const char *result_published(void);

/*
 * Page and plots of a result, each NULL when not wanted. 0 or negative errno.
 */
int publish_files(const json_t *result, const char *html, const char *plots);

#endif /* BENCH_PUBLISH_H */
