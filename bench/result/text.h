/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text and numbers on their way out: what of it is harmless, and how it is written.
 */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Bytes of the character that @text begins with. *@tame: no terminal, reader of lines or
 * parser obeys it. What is no UTF-8, as where a text was cut short, is not tame.
 */
size_t text_character(const char *text, bool *tame);
/* Names and values may be anybody's: with '?' for what is not tame. */
void text_put(FILE *out, const char *text);

/* As short as it can be and still lead back to the same number. */
void put_real(FILE *out, double value);

#define SHA256_HEX	65

void sha256_hex(const void *data, size_t size, char hex[SHA256_HEX]);

/* 40 hex digits. */
bool is_commit(const char *text);
/* Was there anything not committed when this version was built? */
bool is_dirty(const char *version);

#endif /* BENCH_TEXT_H */
