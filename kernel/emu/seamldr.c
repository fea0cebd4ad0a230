// SPDX-License-Identifier: GPL-2.0
/*
 * P-SEAMLDR: what it says of itself, and the module replaced by another, which
 * is the same with another profile. The lab stages that with tdx_emu_stage() and
 * calls SEAMLDR.INSTALL without parameters; a Linux 7.3 names the pages of an
 * image that it was given, see tdx_emu_image.h. Also there a bad one changes
 * nothing, and SEAMLDR.INSTALL may be begun again at any point of an update.
 */
#define pr_fmt(fmt) "tdx_emu: " fmt

#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"
#include "tdx_emu_image.h"

#define SCENARIO_UPDATE		1
#define MAX_MODULE_PAGES	496
#define VENDOR_INTEL		0x8086

/* SEAMLDR_PARAMS, as Linux 7.3's struct seamldr_params has it. */
struct params {
	u32 version;
	u32 scenario;
	u64 sigstruct;
	u8 reserved[104];
	u64 nr_pages;
	u64 pages[MAX_MODULE_PAGES];
};

static_assert(sizeof(struct params) == TDX_PAGE_SIZE);

/* SEAMLDR_INFO, as Linux 7.3's struct seamldr_info has it. */
struct info {
	u32 version;
	u32 attributes;
	u32 vendor_id;
	u32 build_date;
	u16 build_num;
	u16 minor_version;
	u16 major_version;
	u16 update_version;
	u32 acm_x2apicid;
	u32 num_remaining_updates;
	u8 seam_info[128];
	u8 seam_ready;
	u8 seam_debug;
	u8 p_seam_ready;
	u8 reserved[93];
};

static_assert(sizeof(struct info) == 256);

u64 emu_seamldr_info(const struct tdx_module_args *args)
{
	struct info *info = emu_memory(args->rcx, sizeof(*info));

	if (!info)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
	*info = (struct info){
		.vendor_id = VENDOR_INTEL,
		.build_date = 0x20260101,
		.minor_version = 5,
		.major_version = 1,
		.num_remaining_updates = EMU_MAX_INSTALLS - READ_ONCE(emu.installs),
		.seam_ready = 1,
		.p_seam_ready = 1,
	};
	return TDX_SUCCESS;
}

/* --- the module to be installed --- */

/* Counts what was staged; a CPU has done its part once it has the number. */
static u64 staged_nr;
static DEFINE_PER_CPU(u64, install_done);

void emu_stage(const struct tdx_emu_profile *profile, u64 params)
{
	emu.next = *profile;
	emu.staged = true;
	emu.params = params;
	emu.installing = 0;
	staged_nr++;
}

static int bad_params(const char *what)
{
	pr_err("SEAMLDR_PARAMS: %s\n", what);
	return -EINVAL;
}

/* The module's first page; all others need only be there. */
static int find_image(const struct params *params, const void **page)
{
	u64 i, nr = READ_ONCE(params->nr_pages);

	if (READ_ONCE(params->version) || READ_ONCE(params->scenario) != SCENARIO_UPDATE ||
	    memchr_inv(params->reserved, 0, sizeof(params->reserved)))
		return bad_params("version or scenario unknown, or reserved bytes used");
	if (!nr || nr > MAX_MODULE_PAGES)
		return bad_params("number of module pages not from 1 to 496");
	if (!emu_page(READ_ONCE(params->sigstruct)))
		return bad_params("SIGSTRUCT not in memory");

	/* From the last to the first, which stays. */
	for (i = nr; i--; ) {
		*page = emu_page(READ_ONCE(params->pages[i]));
		if (!*page)
			return bad_params("module page not in memory");
	}
	return 0;
}

static int check_image(const struct tdx_emu_image *image)
{
	if (memcmp(image->magic, TDX_EMU_IMAGE_MAGIC, sizeof(image->magic)) ||
	    image->size != sizeof(*image) || image->reserved) {
		pr_err("the image is none of a software TDX module with this profile's rows\n");
		return -EINVAL;
	}
	return emu_profile_check_next(&image->profile);
}

/* The host's pages may change at any time: only the copy is believed. */
static int read_image(u64 hpa, struct tdx_emu_image *image)
{
	const struct params *params = emu_page(hpa);
	const void *page;
	int ret;

	if (!params)
		return bad_params("not in memory");
	ret = find_image(params, &page);
	if (ret)
		return ret;

	memcpy(image, page, sizeof(*image));
	return check_image(image);
}

/* Every CPU names the image; where it is another than before, all is begun again. */
static u64 stage_image(u64 hpa)
{
	struct tdx_emu_image image;

	if (read_image(hpa, &image))
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
	if (!emu.staged || emu.params != hpa ||
	    memcmp(&emu.next, &image.profile, sizeof(emu.next)))
		emu_stage(&image.profile, hpa);
	return TDX_SUCCESS;
}

/* --- SEAMLDR.INSTALL --- */

static bool may_install(void)
{
	if (emu.installs == EMU_MAX_INSTALLS)
		return false;
	return emu.sys == EMU_SYS_SHUTDOWN || (emu.installs && emu.sys < EMU_SYS_CONFIGURED);
}

static void install(void)
{
	emu.profile = emu.next;
	emu_faults_reset();
	emu.staged = false;
	WRITE_ONCE(emu.installs, emu.installs + 1);
	emu_module_loaded();
}

static u64 install_here(u64 params)
{
	u64 r;

	if (!may_install())
		return TDX_SYS_STATE_INCORRECT;
	r = params ? stage_image(params) : TDX_SUCCESS;
	if (r != TDX_SUCCESS)
		return r;
	if (!emu.staged || emu.params != params)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
	if (this_cpu_read(install_done) == staged_nr)
		return TDX_SYS_STATE_INCORRECT;

	this_cpu_write(install_done, staged_nr);
	if (++emu.installing == num_online_cpus())
		install();
	return TDX_SUCCESS;
}

u64 emu_seamldr_install(const struct tdx_module_args *args)
{
	u64 r;

	raw_spin_lock(&emu.lock);
	r = install_here(args->rcx);
	raw_spin_unlock(&emu.lock);
	return r;
}
