// SPDX-License-Identifier: GPL-2.0
/* The TDs of guest.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "guest.h"
#include "host.h"
#include "tdx_quote_buf.h"
#include "measure/verify.h"

/* --- memory --- */

static int guest_access(struct tdx_guest *guest, bool write, u64 gpa, u32 len)
{
	struct td *td = container_of(guest, struct td, guest);
	u64 at = gpa - GPA;

	assert_true(gpa >= GPA && at + len <= td->size);
	if (td->nr_accesses < ARRAY_SIZE(td->accesses))
		td->accesses[td->nr_accesses++] =
			(struct access){ write, at, len, tdx_quote_in_flight() };
	if (write && at == HDR && td->on_quote)
		td->on_quote();
	return at == td->fail_at && (write || !td->readable) ? -EFAULT : 0;
}

static int guest_read(struct tdx_guest *guest, u64 gpa, void *to, u32 len)
{
	if (guest_access(guest, false, gpa, len))
		return -EFAULT;
	memcpy(to, container_of(guest, struct td, guest)->memory + gpa - GPA, len);
	return 0;
}

static int guest_write(struct tdx_guest *guest, u64 gpa, const void *from, u32 len)
{
	if (guest_access(guest, true, gpa, len))
		return -EFAULT;
	memcpy(container_of(guest, struct td, guest)->memory + gpa - GPA, from, len);
	return 0;
}

static bool guest_shared(struct tdx_guest *guest, u64 gpa, u64 size)
{
	const struct td *td = container_of(guest, struct td, guest);

	return gpa >= GPA && gpa + size <= GPA + td->size;
}

static const struct tdx_guest_ops guest_ops = { guest_read, guest_write, guest_shared };

/* --- life --- */

void td_create(struct td *td, u32 id, u64 size)
{
	u32 i;

	*td = (struct td){
		.guest = {
			.ops = &guest_ops,
			.tdr = 0x200000000ULL + id * PAGE_SIZE,
			.shared_bit = SHARED_BIT,
		},
		.memory = malloc(size),
		.size = size,
		.fail_at = -1,
	};
	assert_int_equal(tdx_emu_td_create(td->guest.tdr, id, td->mrtd), 0);
	for (i = 0; i < sizeof(td->nonce); i++)
		td->nonce[i] = id * 16 + i;
}

void td_destroy(struct td *td)
{
	assert_int_equal(atomic_read(&td->guest.in_flight), 0);
	tdx_emu_td_destroy(td->guest.tdr);
	free(td->memory);
}

struct tdx_getquote_hdr *td_header(struct td *td)
{
	return (struct tdx_getquote_hdr *)td->memory;
}

/* --- requests --- */

void td_request(struct td *td)
{
	td->nr_accesses = 0;
	memset(td->memory, 0xee, td->size);
	*td_header(td) = (struct tdx_getquote_hdr){
		.version = TDX_GETQUOTE_VERSION, .status = UNTOUCHED, .in_len = REPORT,
	};
	assert_int_equal(tdx_emu_td_report(td->guest.tdr, td->nonce, td->memory + HDR), 0);
}

int td_getquote(struct td *td)
{
	memset(&td->answer, 0x55, sizeof(td->answer));
	return tdx_getquote(&td->guest, GPA | SHARED_BIT, td->size, &td->answer);
}

void expect_answer(struct td *td, u64 r10, u64 status)
{
	const struct tdx_getquote_hdr before = *td_header(td);

	assert_int_equal(td_getquote(td), 0);
	assert_int_equal(td->answer.ret, r10);
	assert_int_equal(td_header(td)->status, status);
	assert_int_equal(td->answer.status, status == UNTOUCHED ? TDX_GETQUOTE_IN_FLIGHT : status);
	assert_int_equal(td_header(td)->version, before.version);
	assert_int_equal(td_header(td)->in_len, before.in_len);
}

const char *td_quote_wrong(struct td *td)
{
	struct quote_key key = { .epoch = tdx_emu_key_epoch(), .seed = host_profile.seed };
	struct quote_expect expect = { td->nonce, td->mrtd, &key };
	struct verifier *verifier;
	const char *why = NULL;
	uint64_t serial;

	key.len = tdx_emu_key(&key.token, key.key);
	verifier = verifier_new(&key);
	assert_non_null(verifier);
	quote_verify(verifier, td->memory + HDR, td_header(td)->out_len, &expect, &serial, &why);
	verifier_free(verifier);
	return why;
}

void expect_good_quote(struct td *td)
{
	const char *why;

	expect_answer(td, TDVMCALL_SUCCESS, TDX_GETQUOTE_SUCCESS);
	assert_int_equal(td_header(td)->out_len, host_profile.quote_size);
	why = td_quote_wrong(td);
	if (why)
		fail_msg("quote: %s", why);
}

/* --- buffers --- */

struct tdx_quote holders[64];
u32 nr_holders;

void hold_buffers(u32 spare)
{
	bool shared = tdx_quote_policy.buffers == TDX_BUFFERS_SHARED;
	u32 i, k;

	nr_holders = (shared ? 1 : tdx_quote_nr_buffers()) - spare;
	for (i = 0; i < nr_holders; i++) {
		holders[i] = (struct tdx_quote){};
		assert_int_equal(tdx_quote_buf_get(&holders[i]), 0);
		for (k = 0; k < i; k++)
			assert_ptr_not_equal(holders[i].buf, holders[k].buf);
	}
}

void release_buffers(void)
{
	while (nr_holders)
		tdx_quote_buf_put(&holders[--nr_holders]);
}
