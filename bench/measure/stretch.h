/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The measured stretch of a point, told to the plugin that counts instructions
 * (tcg/mark.h), if there is one; nobody can tell from here.
 */
#ifndef BENCH_STRETCH_H
#define BENCH_STRETCH_H

/* The point that stretches belong to, and where the lab module is now. */
void stretch_point(const char *id);

void stretch_begin(void);
void stretch_end(void);

#endif /* BENCH_STRETCH_H */
