/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Profiles of the software TDX module as files: NAME.ini with parameters of
 * tdx_emu_profile.h, one a line. Those that come with the project are in
 * kernel/emu/profiles/.
 */
#ifndef BENCH_PROFILE_H
#define BENCH_PROFILE_H

#include <stddef.h>

#include "../../kernel/emu/tdx_emu_profile.h"

#define PROFILE_DEFAULT	"default"

/*
 * The file that @text means: a name is NAME.ini in @dir, or where the project
 * keeps them if @dir is NULL; what has a '/' or ends in .ini is a path, relative to
 * the directory of the file @from, unless @dir is given, where then only its last
 * part counts. The caller frees both.
 */
char *profile_path(const char *text, const char *from, const char *dir);
/* What results call it: the last part without .ini. */
char *profile_name(const char *text);

/*
 * The parameters that the file sets, over what @profile holds. 0, or -1 with one
 * line in @error that names the file and what is allowed.
 */
int profile_read(const char *path, struct tdx_emu_profile *profile, char *error, size_t size);

/* Every profile of the project in turn, by name, with its first line of comment. */
void profile_each(void (*visit)(const char *name, const char *comment, void *arg), void *arg);

#endif /* BENCH_PROFILE_H */
