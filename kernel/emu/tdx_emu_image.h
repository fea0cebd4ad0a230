/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * A software TDX module as a host's update installs it: a profile in a file as
 * Linux 7.3 takes it at /sys/class/firmware/tdx_module/data, one "TDX-BLOB".
 */
#ifndef _TDX_EMU_IMAGE_H
#define _TDX_EMU_IMAGE_H

#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

#include "tdx_emu_profile.h"

#define TDX_EMU_IMAGE_MAGIC	"TDXEMU\0\1"

/**
 * struct tdx_emu_image - what stands at the beginning of the module's first page
 * @magic:    TDX_EMU_IMAGE_MAGIC
 * @size:     of this struct
 * @reserved: 0
 * @profile:  of the module
 */
struct tdx_emu_image {
	__u8 magic[8];
	__u32 size;
	__u32 reserved;
	struct tdx_emu_profile profile;
};

/**
 * struct tdx_emu_blob - the file: header, SIGSTRUCT (not looked at), module
 * @version:   0x200
 * @checksum:  not looked at
 * @signature: "TDX-BLOB"
 * @sigstruct_nr_pages: 1
 * @module_nr_pages: 1
 * @reserved:  0
 * @sigstruct: whatever
 * @image:     of the module
 * @rest:      of its page
 */
struct tdx_emu_blob {
	__u16 version;
	__u16 checksum;
	__u8 signature[8];
	__u32 sigstruct_nr_pages;
	__u32 module_nr_pages;
	__u8 reserved[4076];
	__u8 sigstruct[4096];
	struct tdx_emu_image image;
	__u8 rest[4096 - sizeof(struct tdx_emu_image)];
};

static inline void tdx_emu_blob_fill(struct tdx_emu_blob *blob,
				     const struct tdx_emu_profile *profile)
{
	memset(blob, 0, sizeof(*blob));
	blob->version = 0x200;
	memcpy(blob->signature, "TDX-BLOB", sizeof(blob->signature));
	blob->sigstruct_nr_pages = 1;
	blob->module_nr_pages = 1;
	memcpy(blob->image.magic, TDX_EMU_IMAGE_MAGIC, sizeof(blob->image.magic));
	blob->image.size = sizeof(blob->image);
	blob->image.profile = *profile;
}

#endif /* _TDX_EMU_IMAGE_H */
