// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel with the quoting path and the software TDX module built in, booted with
 * tdx_emu= and the tdx_ext events on: what it did at boot, updates of the module
 * through sysfs as an administrator makes them, and then the lab on that kernel.
 *
 * The order counts: the lab switches the module off, and boot is over then.
 *
 * Arguments: quotes to make, updates to make by each of both ways.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../kernel/emu/tdx_emu_image.h"
#include "ktap.h"
#include "labtest.h"
#include "storm.h"

#define FIRMWARE	"/sys/class/firmware/tdx_module"
#define MODULE_VERSION	"/sys/devices/faux/tdx_host/version"
#define TRACE		"/sys/kernel/tracing/trace"
#define TAINT_TEST	18		/* bit of /proc/sys/kernel/tainted */
#define LIST_PAGES	512		/* of a TDH.EXT.MEM.ADD */
#define KLOG_READ_ALL	3

static unsigned int nr_quotes, nr_updates;

/* --- what boot has left --- */

static char *kernel_log(void)
{
	static char log[1 << 20];
	int len = klogctl(KLOG_READ_ALL, log, sizeof(log) - 1);

	log[len > 0 ? len : 0] = 0;
	return log;
}

/* Whole lines end with these words, in this order. */
static void test_boot_log(void)
{
	static const char *const wanted[] = {
		"virt/tdx: BIOS enabled: private KeyID range",
		"tdx_emu: ** The TDX module of this machine is SOFTWARE",
		"virt/tdx: Module version: 1.5.",
		"KB allocated for PAMT",
		"KB of memory given to the TDX module for extensions",
		"tdx: quoting enabled, quotes of up to",
		"virt/tdx: TDX-Module initialized",
	};
	char *at = kernel_log();
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		char *found = strstr(at, wanted[i]);

		if (found)
			at = found;
		else
			ktap_fail(__FILE__, __LINE__, "the kernel log lacks '%s' where it should come",
				  wanted[i]);
	}
}

static void test_boot_taint(void)
{
	char text[32];

	read_file("/proc/sys/kernel/tainted", text, sizeof(text));
	EXPECT(strtoull(text, NULL, 0) >> TAINT_TEST & 1);
}

/**
 * struct boot_calls - one leaf in the events of the boot
 * @leaf:       as events name it
 * @calls:      that succeeded
 * @iterations: of all, each seen entering and leaving, numbered from 0
 */
struct boot_calls {
	const char *leaf;
	unsigned int calls;
	unsigned int iterations;
};

/* The number behind @key in an event's line; none: not such an event. */
static bool field(const char *line, const char *key, unsigned long long *value)
{
	const char *found = strstr(line, key);

	return found && sscanf(found + strlen(key), "%lli", (long long *)value) == 1;
}

static void count_exit(struct boot_calls *boot, const char *line, unsigned int *expected)
{
	unsigned long long iteration = ~0ULL, status = ~0ULL;
	char name[32];

	snprintf(name, sizeof(name), "leaf=%s ", boot->leaf);
	if (!strstr(line, "seamcall_exit:") || !strstr(line, name))
		return;

	EXPECT(field(line, "iteration=", &iteration));
	EXPECT(sscanf(strstr(line, "status=") ?: "", "status=%llx", &status) == 1);
	EXPECT_EQUAL(iteration, *expected);
	boot->iterations++;
	*expected = status ? *expected + 1 : 0;
	boot->calls += !status;
}

static struct boot_calls boot_calls(const char *leaf)
{
	struct boot_calls boot = { .leaf = leaf };
	unsigned int expected = 0;
	FILE *trace = fopen(TRACE, "re");
	char line[512];

	while (EXPECT(trace) && fgets(line, sizeof(line), trace))
		count_exit(&boot, line, &expected);
	if (trace)
		fclose(trace);
	EXPECT_EQUAL(expected, 0);
	printf("# %s: %u calls, %u iterations\n", leaf, boot.calls, boot.iterations);
	return boot;
}

/* The line of an event that comes once. */
static void find_event(const char *event, char *line, size_t size)
{
	FILE *trace = fopen(TRACE, "re");
	bool found = false;

	while (trace && !found && fgets(line, (int)size, trace))
		found = strstr(line, event);
	if (trace)
		fclose(trace);
	if (!EXPECT(found))
		*line = 0;
}

static void test_boot_events(void)
{
	unsigned long long required = 0, added = 0;
	char line[512];

	find_event("pool_total:", line, sizeof(line));
	EXPECT(field(line, "required=", &required) && field(line, "added=", &added));
	EXPECT(required > 0);
	EXPECT_EQUAL(added, required);

	EXPECT_EQUAL(boot_calls("EXT.MEM.ADD").calls, (required + LIST_PAGES - 1) / LIST_PAGES);
	EXPECT_EQUAL(boot_calls("EXT.INIT").calls, 1);
	EXPECT_EQUAL(boot_calls("QUOTE.INIT").calls, 1);
	/* It is long, and the timer tick breaks it off. */
	EXPECT(boot_calls("QUOTE.INIT").iterations > 1);

	find_event("quote_state:", line, sizeof(line));
	EXPECT(strstr(line, "to=available error=0"));
}

/* --- updates through sysfs --- */

static void write_bytes(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	while (EXPECT(fd >= 0) && size) {
		ssize_t done = write(fd, data, size);

		if (!EXPECT(done > 0))
			break;
		data = (const char *)data + done;
		size -= (size_t)done;
	}
	close(fd);
}

/* What the kernel says of it: "" when it went well. */
static void upload(const void *image, size_t size, char *error, size_t error_size)
{
	char status[32] = "";

	write_file(FIRMWARE "/loading", "1");
	write_bytes(FIRMWARE "/data", image, size);
	write_file(FIRMWARE "/loading", "0");
	while (strncmp(status, "idle", 4)) {
		usleep(1000);
		read_file(FIRMWARE "/status", status, sizeof(status));
	}
	read_file(FIRMWARE "/error", error, error_size);
	error[strcspn(error, "\n")] = 0;
}

static void read_version(char *version, size_t size)
{
	read_file(MODULE_VERSION, version, size);
	version[strcspn(version, "\n")] = 0;
}

static struct tdx_emu_blob *make_blob(void)
{
	static struct tdx_emu_blob blob;

	tdx_emu_blob_fill(&blob, &profile);
	return &blob;
}

static void test_updates(void)
{
	char error[128], before[32], after[32];
	unsigned int i;

	for (i = 0; i < nr_updates && !ktap_failed(); i++) {
		read_version(before, sizeof(before));
		upload(make_blob(), sizeof(struct tdx_emu_blob), error, sizeof(error));
		read_version(after, sizeof(after));
		if (*error)
			ktap_fail(__FILE__, __LINE__, "update %u: %s", i, error);
		EXPECT(strcmp(before, after));
	}
	printf("# the module is %s now\n", after);
}

/* What is no image, or not for this module: refused, and the old one goes on. */
static void test_bad_images(void)
{
	struct tdx_emu_blob *blob = make_blob();
	char error[128], before[32], after[32];

	read_version(before, sizeof(before));

	((char *)blob)[8] ^= 1;		/* within the header's signature */
	upload(blob, sizeof(*blob), error, sizeof(error));
	EXPECT(*error);

	upload(make_blob(), sizeof(*blob) - 1, error, sizeof(error));
	EXPECT(*error);

	read_version(after, sizeof(after));
	EXPECT(!strcmp(before, after));

	upload(make_blob(), sizeof(*blob), error, sizeof(error));
	EXPECT(!*error);
}

/* --- the lab on this kernel --- */

#define GUESTS	8

static uint64_t quotes_made(void)
{
	struct tdx_lab_counters counters = {};

	EXPECT(!lab_counters(&counters));
	return counters.getquote_ok;
}

static void test_quotes(void)
{
	struct storm_counts counts;
	char text[160];

	profile.quote_ns = MSEC / 10;
	if (up(&best)) {
		storm_start(GUESTS);
		while (quotes_made() < nr_quotes && !ktap_failed())
			usleep(10000);
		storm_stop(&counts);
		EXPECT(counts.of[GOOD] >= nr_quotes);
		EXPECT_EQUAL(counts.of[GOOD], storm_requests(&counts));
		printf("# %s\n", storm_text(&counts, text));
	}
	down();
	default_profile();
}

static void test_updates_in_a_storm(void)
{
	struct tdx_lab_update update;
	struct storm_counts counts;
	unsigned int i;
	char text[160];

	if (up(&best)) {
		storm_start(GUESTS);
		for (i = 0; i < nr_updates && !ktap_failed(); i++) {
			usleep(5000);	/* for some quotes in between */
			EXPECT(update_to(&profile, &update));
		}
		storm_stop(&counts);
		EXPECT_EQUAL(counts.of[GOOD] + counts.of[RETRY], storm_requests(&counts));
		EXPECT(counts.of[GOOD] > 0);
		printf("# %u updates, %s\n", i, storm_text(&counts, text));
	}
	down();
}

/* Each load of the lab switches the module off and on; what it leaves can be had again. */
static void test_lab_again(void)
{
	struct td td;

	if (up(&posted) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		quote_is_good(&td, 1);
		td_destroy(&td);
	}
	down();
}

/* Policies are the kernel's own here, and outlive the lab that has set one. */
static void test_policy_is_default(void)
{
	struct tdx_quote_policy policy = posted;
	int fd;

	if (!EXPECT(!lab_load(MODULE)))
		return;
	fd = raw_device();
	EXPECT(!ioctl(fd, TDX_LAB_GET_POLICY, &policy));
	EXPECT(!memcmp(&policy, &best, sizeof(policy)));
	close(fd);
	down();
}

static bool number(const char *text, unsigned int *value)
{
	char *end;

	*value = text ? (unsigned int)strtoul(text, &end, 10) : 0;
	return *value && !*end;
}

int main(int argc, char **argv)
{
	static const struct ktap_test tests[] = {
		{ "boot: the kernel's log", test_boot_log, NULL },
		{ "boot: the kernel is tainted", test_boot_taint, NULL },
		{ "boot: every iteration has its events", test_boot_events, NULL },
		{ "updates through sysfs", test_updates, NULL },
		{ "images that are none", test_bad_images, NULL },
		{ "the lab: quotes", test_quotes, NULL },
		{ "the lab: updates in a storm", test_updates_in_a_storm, NULL },
		{ "the lab: once more, as posted", test_lab_again, NULL },
		{ "the lab: its next load finds the default policy", test_policy_is_default, NULL },
		{}
	};

	if (argc != 3 || !number(argv[1], &nr_quotes) || !number(argv[2], &nr_updates)) {
		fprintf(stderr, "usage: test_kernel QUOTES UPDATES\n");
		return 129;
	}
	default_profile();
	return ktap_run(tests);
}
