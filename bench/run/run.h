/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A run: of a suite, on either side of a VM's wall, or of a host as it is.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stdbool.h>

#include "run/image.h"
#include "run/suite.h"

/* Bits, so that an option can name all that it is for. */
enum run_target {
	RUN_VM		= 1 << 0,	/* in a VM that is booted for it */
	RUN_LOCAL	= 1 << 1,	/* on this kernel, with a module of ours */
	RUN_HOST	= 1 << 2,	/* on this kernel and its guests as they are */
};

/**
 * struct run_options - what a run goes by beside its suite
 * @target:  where
 * @results: directory for its own
 * @stream:  where the raw stream goes if only that is wanted, else NULL
 * @yes:     nobody needs to be asked
 * @image:   the VM's kernel; of a local run, only the module
 * @virtual_clock: of the VM
 * @points:  shell pattern that a point's id must match, NULL for all
 * @count:   count instructions, whatever is measured
 * @plugin:  vm.sh's arguments for one, NULL for none
 * @duration_ns: of watching a host, 0 until a signal comes
 */
struct run_options {
	enum run_target target;
	const char *results;
	const char *stream;
	bool yes;
	struct image image;
	bool virtual_clock;
	const char *points;
	bool count;
	const char *const *plugin;
	uint64_t duration_ns;
};

/* May it run here? EXIT_DONE, or what to exit with after a line on stderr. */
int run_check(const struct suite *suite, const struct run_options *options);

/* Is there this lab module? The same. */
int run_check_module(const char *module);

/*
 * A module goes into the kernel that the user works on: ask, unless that is answered.
 * Memory given to it as its pool comes back when it is unloaded. EXIT_DONE, or what
 * to exit with.
 */
int run_may_load(const char *command, const char *module, bool yes);

/* The same of watching the events of this kernel's quoting path, whatever for. */
int run_check_events(void);

/* Does the run, in a VM, take counting instructions? */
bool run_counts(const struct suite *suite, const struct run_options *options);

/* Most programs of the host that a run can want. */
#define RUN_TOOLS_MAX	8

/*
 * Programs of the host that the selected points want, by name, NULL-terminated. Points
 * whose program is not installed are not selected: returns how many programs that are;
 * @say: a line on stderr for each.
 */
unsigned int run_tools(const struct suite *suite, const struct run_options *options,
		       const char *tools[RUN_TOOLS_MAX + 1], bool say);

/* Points that the options select and for which all is here. */
unsigned int run_count(const struct suite *suite, const struct run_options *options);

/*
 * Measure the suite's points here and send each to the open stream. 0; 1 when
 * a point went wrong or was interrupted, after a line on stderr that says so.
 */
int run_here(const struct suite *suite, const struct run_options *options);

/*
 * Have scripts/vm.sh boot a VM that does the above and writes its stream to
 * @stream. vm.sh's exit status.
 */
int run_in_vm(const struct suite *suite, const char *suite_path,
	      const struct run_options *options, const char *stream);

/* vm.sh with @arguments, which begin with its path and end with NULL. Its exit status. */
int run_vm_script(const char *const *arguments);

/*
 * Watch this host's quotes and send them to the open stream as one point. A signal
 * ends it like the time does. 0, or -1 after a line on stderr.
 */
int run_on_host(uint64_t duration_ns);

#endif /* BENCH_RUN_H */
