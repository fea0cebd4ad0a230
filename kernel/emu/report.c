// SPDX-License-Identifier: GPL-2.0
/*
 * TDREPORT: REPORTMACSTRUCT, which carries the caller's 64 bytes, then
 * TEE_TCB_INFO and TDINFO, which it binds by their hashes. Its MAC is made with
 * a key that never leaves the platform, so only a TD of this module has a valid
 * one. The architecture leaves the MAC's algorithm open; here it is
 * HMAC-SHA-256.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "emu.h"

#define REPORT_TYPE_TDX		0x81
#define TCB_INFO_VALID		0x301ffULL	/* bitmap of the fields below that are set */
#define TD_ATTR_SEPT_VE_DISABLE	BIT_ULL(28)
#define TD_XFAM			0xe7ULL		/* x87, SSE, AVX, AVX-512 */

struct report_mac {
	u8 type;
	u8 subtype;
	u8 version;
	u8 reserved1[13];
	u8 cpusvn[16];
	u8 tcb_info_hash[EMU_SHA384_SIZE];
	u8 tdinfo_hash[EMU_SHA384_SIZE];
	u8 data[EMU_REPORTDATA_SIZE];
	u8 reserved2[32];
	u8 mac[EMU_SHA256_SIZE];
} __packed;

struct report_tcb_info {
	__le64 valid;
	u8 tee_tcb_svn[16];
	u8 mrseam[EMU_SHA384_SIZE];
	u8 mrsignerseam[EMU_SHA384_SIZE];
	__le64 attributes;
	u8 tee_tcb_svn2[16];
	u8 reserved[112];
} __packed;

struct report_tdinfo {
	__le64 attributes;
	__le64 xfam;
	u8 mrtd[EMU_SHA384_SIZE];
	u8 mrconfigid[EMU_SHA384_SIZE];
	u8 mrowner[EMU_SHA384_SIZE];
	u8 mrownerconfig[EMU_SHA384_SIZE];
	u8 rtmr[4][EMU_SHA384_SIZE];
	u8 servtd_hash[EMU_SHA384_SIZE];
	u8 reserved[64];
} __packed;

struct report {
	struct report_mac mac;
	struct report_tcb_info tcb_info;
	struct report_tdinfo tdinfo;
} __packed;

static_assert(sizeof(struct report_mac) == 256);
static_assert(sizeof(struct report_tcb_info) == QUOTE_TCB_INFO_SIZE);
static_assert(sizeof(struct report_tdinfo) == QUOTE_TDINFO_SIZE);
static_assert(offsetof(struct report_tdinfo, mrtd) == QUOTE_TDINFO_MRTD);
static_assert(sizeof(struct report) == EMU_REPORT_SIZE);

#define MAC_COVERS	offsetof(struct report_mac, mac)

int emu_derive(const char *name, u64 a, u64 b, u8 out[EMU_SHA384_SIZE])
{
	struct {
		char name[16];
		__be64 a, b;
	} text = { .a = cpu_to_be64(a), .b = cpu_to_be64(b) };

	strscpy(text.name, name, sizeof(text.name));
	return emu_sha384(&text, sizeof(text), out);
}

/* The module's own part is the same in every TD's reports. */
static void fill_tcb_info(struct report_tcb_info *tcb)
{
	*tcb = (struct report_tcb_info){
		.valid = cpu_to_le64(TCB_INFO_VALID),
		.tee_tcb_svn = { 1 },
		.mrseam = QUOTE_ISSUER,
		.tee_tcb_svn2 = { 1 },
	};
}

static void fill_tdinfo(struct report_tdinfo *td, const struct emu_identity *who)
{
	*td = (struct report_tdinfo){
		.attributes = cpu_to_le64(TD_ATTR_SEPT_VE_DISABLE),
		.xfam = cpu_to_le64(TD_XFAM),
	};
	memcpy(td->mrtd, who->mrtd, sizeof(td->mrtd));
}

/* All of it but the MAC. */
static void fill_mac_struct(struct report_mac *mac, const struct emu_identity *who,
			    const u8 data[EMU_REPORTDATA_SIZE])
{
	*mac = (struct report_mac){
		.type = REPORT_TYPE_TDX,
		.cpusvn = { 1 },
	};
	memcpy(mac->tcb_info_hash, who->tcb_info_hash, sizeof(mac->tcb_info_hash));
	memcpy(mac->tdinfo_hash, who->tdinfo_hash, sizeof(mac->tdinfo_hash));
	memcpy(mac->data, data, sizeof(mac->data));
}

static int hash_parts(struct emu_identity *who)
{
	struct report_tcb_info tcb_info;
	struct report_tdinfo tdinfo;
	int err;

	fill_tcb_info(&tcb_info);
	fill_tdinfo(&tdinfo, who);
	err = emu_sha384(&tcb_info, sizeof(tcb_info), who->tcb_info_hash);
	return err ?: emu_sha384(&tdinfo, sizeof(tdinfo), who->tdinfo_hash);
}

int emu_identity_make(struct emu_identity *who, u64 seed, u32 id, u64 serial)
{
	u8 key[EMU_SHA384_SIZE];
	int err;

	who->id = id;
	err = emu_derive("MRTD", seed, serial, who->mrtd);
	if (!err)
		err = hash_parts(who);
	if (!err)
		err = emu_derive("platform key", seed, 0, key);
	if (!err)
		err = emu_hmac_key(&who->mac, EMU_SHA256, key, EMU_SHA256_SIZE);
	return err;
}

int emu_report_make(const struct emu_identity *who, const u8 data[EMU_REPORTDATA_SIZE],
		    u8 report[EMU_REPORT_SIZE])
{
	struct report *r = (struct report *)report;

	fill_mac_struct(&r->mac, who, data);
	fill_tcb_info(&r->tcb_info);
	fill_tdinfo(&r->tdinfo, who);
	return emu_hmac(&who->mac, &r->mac, MAC_COVERS, r->mac.mac);
}

/* What the hashes bind: as the TD's reports always have it, so none is hashed anew. */
static bool parts_match(const struct emu_identity *who, const struct report *r)
{
	struct report_tcb_info tcb_info;
	struct report_tdinfo tdinfo;

	fill_tcb_info(&tcb_info);
	fill_tdinfo(&tdinfo, who);
	return !memcmp(&r->tcb_info, &tcb_info, sizeof(tcb_info)) &&
	       !memcmp(&r->tdinfo, &tdinfo, sizeof(tdinfo));
}

int emu_report_check(const struct emu_identity *who, const u8 report[EMU_REPORT_SIZE])
{
	const struct report *r = (const struct report *)report;
	struct report_mac expect;
	int err;

	fill_mac_struct(&expect, who, r->mac.data);
	err = emu_hmac(&who->mac, &expect, MAC_COVERS, expect.mac);
	if (err)
		return err;
	if (memcmp(&r->mac, &expect, sizeof(expect)) || !parts_match(who, r))
		return -EBADMSG;
	return 0;
}
