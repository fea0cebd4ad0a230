// SPDX-License-Identifier: GPL-2.0
/*
 * The lab module from user space.
 */
#include "measure/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run/kallsyms.h"

#define DEVICE		"/dev/tdx_lab"
#define MODULE		"tdx_lab"

/* A request's header as GHCI has it: version, status, in_len, out_len. */
struct request_header {
	uint64_t version;
	uint64_t status;
	uint32_t in_len;
	uint32_t out_len;
};

static int device = -1;

static int fail(const char *what)
{
	fprintf(stderr, "tdxbench: %s: %s\n", what, strerror(errno));
	return -1;
}

/* --- the module --- */

bool lab_loaded(void)
{
	return !access("/sys/module/" MODULE, F_OK);
}

static const char *load_hint(int error)
{
	switch (error) {
	case ENOEXEC:
	case ENOENT:
		return " (built for another kernel?)";
	case ENODEV:
		return " (has the kernel the path built in? then it must be booted with tdx_emu=on)";
	default:
		return "";
	}
}

int lab_load(const char *module_path)
{
	int fd, ret;

	if (lab_loaded()) {
		fprintf(stderr, "tdxbench: module tdx_lab is loaded already; unload it first: rmmod tdx_lab\n");
		return -1;
	}

	fd = open(module_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(module_path);
	ret = (int)syscall(SYS_finit_module, fd, "", 0);
	if (ret) {
		fprintf(stderr, "tdxbench: %s does not load: %s%s\n", module_path,
			strerror(errno), load_hint(errno));
		ret = -1;
	}
	close(fd);
	return ret;
}

void lab_unload(void)
{
	lab_close();
	if (lab_loaded() && syscall(SYS_delete_module, MODULE, O_NONBLOCK))
		fail("cannot unload tdx_lab");
}

/* --- the device --- */

int lab_open(void)
{
	device = open(DEVICE, O_RDWR | O_CLOEXEC);
	return device < 0 ? fail(DEVICE) : 0;
}

void lab_close(void)
{
	if (device >= 0)
		close(device);
	device = -1;
}

static int command(unsigned long code, void *arg, const char *name)
{
	return ioctl(device, code, arg) < 0 ? fail(name) : 0;
}

int lab_info(struct tdx_lab_info *info)
{
	return command(TDX_LAB_GET_INFO, info, "TDX_LAB_GET_INFO");
}

int lab_profile(struct tdx_emu_profile *profile)
{
	return command(TDX_LAB_GET_PROFILE, profile, "TDX_LAB_GET_PROFILE");
}

int lab_counters(struct tdx_lab_counters *counters)
{
	return command(TDX_LAB_GET_COUNTERS, counters, "TDX_LAB_GET_COUNTERS");
}

/* What the ranges of single fields, checked before, do not say. */
static int fail_profile(const char *name)
{
	if (errno != ERANGE)
		return fail(name);
	fprintf(stderr, "tdxbench: the module refuses the profile: quote_size plus or minus quote_jitter must be within 4096 to max_quote_size, quote_p0 to quote_p100 and slice_p0 to slice_p100 must rise, to 30 s and 10 ms at most, and with yield=never no time may be longer than 5 s\n");
	return -1;
}

int lab_configure(const struct tdx_emu_profile *profile, const struct tdx_quote_policy *policy)
{
	struct tdx_lab_info info;

	if (lab_info(&info))
		return -1;
	if (info.version != TDX_LAB_VERSION) {
		fprintf(stderr, "tdxbench: tdx_lab speaks version %u of its interface, this is for %u\n",
			info.version, TDX_LAB_VERSION);
		return -1;
	}

	if (ioctl(device, TDX_LAB_SET_PROFILE, profile))
		return fail_profile("TDX_LAB_SET_PROFILE");
	if (ioctl(device, TDX_LAB_SET_POLICY, policy))
		return fail("TDX_LAB_SET_POLICY");
	return 0;
}

int lab_try_bring_up(void)
{
	return ioctl(device, TDX_LAB_BRING_UP) < 0 ? -errno : 0;
}

int lab_bring_up(void)
{
	struct tdx_lab_info info;

	if (command(TDX_LAB_BRING_UP, NULL, "bring-up of the TDX module") || lab_info(&info))
		return -1;
	if (info.state == TDX_LAB_UP)
		return 0;
	fprintf(stderr, "tdxbench: the module is up, but without quoting\n");
	return -1;
}

int lab_update(const struct tdx_emu_profile *profile, struct tdx_lab_update *update)
{
	*update = (struct tdx_lab_update){ .profile = *profile };
	return ioctl(device, TDX_LAB_UPDATE, update) ? fail_profile("TDX_LAB_UPDATE") : 0;
}

int lab_fragment(unsigned int mib)
{
	struct tdx_lab_fragment fragment = { .mib = mib };

	return command(TDX_LAB_FRAGMENT, &fragment, "TDX_LAB_FRAGMENT");
}

int lab_key(const struct tdx_emu_profile *profile, struct quote_key *key)
{
	struct tdx_lab_key lab_key;

	if (command(TDX_LAB_GET_KEY, &lab_key, "TDX_LAB_GET_KEY"))
		return -1;

	*key = (struct quote_key){
		.epoch = lab_key.epoch,
		.seed = profile->seed,
		.token = lab_key.token,
		.len = lab_key.len,
	};
	memcpy(key->key, lab_key.key, sizeof(key->key));
	return 0;
}

uint64_t lab_shared_size(const struct tdx_emu_profile *profile)
{
	return (profile->max_quote_size + sizeof(struct request_header) + 4095) & ~4095ULL;
}

uint64_t lab_timer_function(void)
{
	struct kallsym alarm;

	return kallsyms_find("tdx_emu_alarm", &alarm) ? alarm.address : 0;
}

int lab_loop(bool traced, uint32_t iterations, struct tdx_lab_loop *loop)
{
	*loop = (struct tdx_lab_loop){ .iterations = iterations, .traced = traced };
	return command(TDX_LAB_LOOP, loop, "TDX_LAB_LOOP");
}

int lab_loop_paced(uint32_t iterations, uint32_t batch, uint32_t period_ns,
		   struct tdx_lab_loop *loop)
{
	*loop = (struct tdx_lab_loop){
		.iterations = iterations,
		.traced = true,
		.batch = batch,
		.period_ns = period_ns,
	};
	return command(TDX_LAB_LOOP, loop, "TDX_LAB_LOOP");
}

/* --- TDs --- */

int td_create(struct td *td, uint64_t shared_size)
{
	*td = (struct td){ .size = shared_size, .info.shared_size = shared_size };

	td->fd = ioctl(device, TDX_LAB_CREATE_TD, &td->info);
	if (td->fd < 0)
		return fail("TDX_LAB_CREATE_TD");

	td->shared = mmap(NULL, td->size, PROT_READ | PROT_WRITE, MAP_SHARED, td->fd, 0);
	if (td->shared == MAP_FAILED) {
		td->shared = NULL;
		return fail("mmap of a TD's shared memory");
	}
	return 0;
}

void td_destroy(struct td *td)
{
	if (td->shared)
		munmap(td->shared, td->size);
	if (td->fd >= 0)
		close(td->fd);
	td->shared = NULL;
	td->fd = -1;
}

struct td_buffer td_buffer(const struct td *td, unsigned int index, uint64_t size)
{
	uint64_t gpa = index * size;

	return (struct td_buffer){
		.td = td, .gpa = gpa, .size = size, .shared = td->shared + gpa,
	};
}

int td_request(struct td_buffer *buffer, const uint8_t nonce[64])
{
	struct request_header *header = (struct request_header *)buffer->shared;
	struct tdx_lab_report report;

	memcpy(report.report_data, nonce, sizeof(report.report_data));
	if (ioctl(buffer->td->fd, TDX_LAB_TD_REPORT, &report))
		return fail("TDX_LAB_TD_REPORT");

	*header = (struct request_header){ .version = 1, .in_len = sizeof(report.report) };
	memcpy(header + 1, report.report, sizeof(report.report));
	return 0;
}

int td_getquote(const struct td_buffer *buffer, struct tdx_lab_getquote *call)
{
	const struct td *td = buffer->td;

	*call = (struct tdx_lab_getquote){
		.gpa = buffer->gpa | td->info.shared_bit, .size = buffer->size,
	};
	if (ioctl(td->fd, TDX_LAB_TD_GETQUOTE, call))
		return errno == EINTR ? -1 : fail("TDX_LAB_TD_GETQUOTE");
	return 0;
}

const uint8_t *td_quote(const struct td_buffer *buffer, uint32_t *len)
{
	const struct request_header *header = (const struct request_header *)buffer->shared;

	*len = header->out_len;
	if (header->status || !*len || *len > buffer->size - sizeof(*header))
		return NULL;
	return (const uint8_t *)(header + 1);
}
