/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A capture as a result: what tdxbench run --target host would have said meanwhile.
 */
#ifndef BENCH_CAPTURE_RESULT_H
#define BENCH_CAPTURE_RESULT_H

#include <jansson.h>

#include "result/result.h"

/*
 * As result_load(), and of a capture too. One that was cut short makes an incomplete
 * result; one that is damaged makes none.
 */
json_t *result_or_capture_load(const char *path, char error[RESULT_ERROR]);

#endif /* BENCH_CAPTURE_RESULT_H */
