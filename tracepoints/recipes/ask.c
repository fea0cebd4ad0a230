// SPDX-License-Identifier: GPL-2.0
/*
 * ask: one guest that asks for a few quotes on a tdx_lab that is loaded already,
 * so that perf, trace-cmd and bpftrace have something to record. `tdxbench run`
 * does not suit them: it loads the module anew for every point, and a recorder
 * can only attach to events that exist. Quotes are not verified here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"
#include "param.h"

static struct tdx_emu_profile profile;

static void usage(void)
{
	fputs("usage: ask QUOTES [NAME=VALUE]...\n\n"
	      "NAME is a parameter of the software TDX module's profile, see tdxbench list;\n"
	      "it counts for the first run after the module was loaded.\n", stderr);
	exit(129);
}

static uint64_t *profile_field(const struct param *param)
{
	return (uint64_t *)&profile + (param - profile_params);
}

static void set_defaults(void)
{
	const struct param *param;

	for (param = profile_params; param->name; param++)
		*profile_field(param) = param->def;
}

static void set(char *assignment)
{
	char *value = strchr(assignment, '=');
	const struct param *param;
	char error[192];

	if (!value)
		usage();
	*value++ = 0;

	param = param_find(profile_params, assignment);
	if (!param) {
		fprintf(stderr, "ask: the profile has no '%s', see tdxbench list\n", assignment);
		exit(129);
	}
	if (param_parse(param, value, profile_field(param), error, sizeof(error))) {
		fprintf(stderr, "ask: %s\n", error);
		exit(129);
	}
}

/* The first to come configures the module and brings it up. */
static int bring_up(void)
{
	struct tdx_lab_info info;

	if (lab_open() || lab_info(&info))
		return -1;
	if (info.state != TDX_LAB_DOWN)
		return 0;
	return lab_configure(&profile, LAB_PER_CALL) || lab_bring_up() ? -1 : 0;
}

static int ask(struct td *td, uint64_t number)
{
	uint8_t nonce[64] = {};
	uint64_t ret;

	memcpy(nonce, &number, sizeof(number));
	if (td_request(td, nonce) || td_getquote(td, &ret))
		return -1;
	if (!ret)
		return 0;
	fprintf(stderr, "ask: GetQuote was refused, R10 0x%llx\n", (unsigned long long)ret);
	return -1;
}

int main(int argc, char **argv)
{
	struct tdx_lab_info info;
	uint64_t quotes, i;
	struct td td;
	int arg, ret = 0;

	quotes = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	if (!quotes)
		usage();
	set_defaults();
	for (arg = 2; arg < argc; arg++)
		set(argv[arg]);

	if (bring_up() || lab_info(&info))
		return 1;
	profile.max_quote_size = info.max_quote_size;
	if (td_create(&td, lab_shared_size(&profile)))
		return 1;
	for (i = 0; i < quotes && !ret; i++)
		ret = ask(&td, i);
	td_destroy(&td);
	lab_close();
	return ret ? 1 : 0;
}
