// SPDX-License-Identifier: GPL-2.0
/* Page lists as the software TDX module parses them: every form, every flaw. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "emu/emu.h"
#include "tdx_abi.h"

#define NO_MEMORY	0x123456000ULL		/* aligned, but there is no such page */
#define INVALID(reg)	(TDX_OPERAND_INVALID | TDX_OPERAND_##reg)
#define BAD_RANGE(reg)	(TDX_OPERAND_ADDR_RANGE_ERROR | TDX_OPERAND_##reg)

static u64 *new_page(u64 *hpa)
{
	u64 *page = (u64 *)get_zeroed_page(GFP_KERNEL);

	*hpa = virt_to_phys(page);
	return page;
}

static void drop_page(const void *page)
{
	free_page((unsigned long)page);
}

/* --- HPA_LIST_INFO --- */

struct list_page {
	u64 *entries;
	u64 hpa;
	u64 target;	/* a page to list */
};

static u64 list_info(const struct list_page *page, u64 first, u64 last)
{
	return page->hpa | FIELD_PREP(TDX_HPA_LIST_FIRST, first) |
	       FIELD_PREP(TDX_HPA_LIST_LAST, last);
}

static int list_setup(void **state)
{
	static struct list_page page;
	int i;

	page.entries = new_page(&page.hpa);
	new_page(&page.target);
	for (i = 0; i < TDX_HPA_LIST_MAX; i++)
		page.entries[i] = page.target;
	*state = &page;
	return 0;
}

static int list_teardown(void **state)
{
	struct list_page *page = *state;

	drop_page(emu_page(page->target));
	drop_page(page->entries);
	return 0;
}

static void list_full(void **state)
{
	struct list_page *page = *state;
	struct emu_list list;
	u64 hpa;
	u32 n = 0;

	assert_int_equal(emu_list_open(&list, list_info(page, 0, 511)), TDX_SUCCESS);
	while (!emu_list_done(&list)) {
		assert_int_equal(emu_list_next(&list, &hpa), TDX_SUCCESS);
		assert_int_equal(hpa, page->target);
		n++;
	}
	assert_int_equal(n, 512);
	/* Finishing entry 511 wraps FIRST_ENTRY to 0. */
	assert_int_equal(emu_list_info(&list), list_info(page, 0, 511));
}

static void list_part(void **state)
{
	struct list_page *page = *state;
	struct emu_list list;
	u64 hpa;

	assert_int_equal(emu_list_open(&list, list_info(page, 3, 4)), TDX_SUCCESS);
	assert_int_equal(emu_list_info(&list), list_info(page, 3, 4));
	assert_int_equal(emu_list_next(&list, &hpa), TDX_SUCCESS);
	assert_false(emu_list_done(&list));
	assert_int_equal(emu_list_info(&list), list_info(page, 4, 4));
	assert_int_equal(emu_list_next(&list, &hpa), TDX_SUCCESS);
	assert_true(emu_list_done(&list));
	assert_int_equal(emu_list_info(&list), list_info(page, 5, 4));
}

static void list_bad_info(void **state)
{
	static const int reserved[] = { 0, 1, 2, 52, 53, 54 };
	struct list_page *page = *state;
	struct emu_list list;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++)
		assert_int_equal(emu_list_open(&list, list_info(page, 0, 1) | BIT_ULL(reserved[i])),
				 INVALID(RCX));
	assert_int_equal(emu_list_open(&list, list_info(page, 2, 1)), INVALID(RCX));
	page->hpa ^= NO_MEMORY;
	assert_int_equal(emu_list_open(&list, list_info(page, 0, 1)), INVALID(RCX));
	page->hpa ^= NO_MEMORY;
	assert_int_equal(emu_list_open(&list, 0), INVALID(RCX));
}

static void list_bad_entry(void **state)
{
	struct list_page *page = *state;
	struct emu_list list;
	u64 hpa;

	assert_int_equal(emu_list_open(&list, list_info(page, 0, 2)), TDX_SUCCESS);
	assert_int_equal(emu_list_next(&list, &hpa), TDX_SUCCESS);
	page->entries[1] = NO_MEMORY;
	assert_int_equal(emu_list_next(&list, &hpa), BAD_RANGE(RCX));
	page->entries[1] = TDX_HPA_END;
	assert_int_equal(emu_list_next(&list, &hpa), INVALID(RCX));
	page->entries[1] = page->target + 8;
	assert_int_equal(emu_list_next(&list, &hpa), INVALID(RCX));
	/* A bad entry is not passed over. */
	assert_int_equal(emu_list_info(&list), list_info(page, 1, 2));
}

/* --- HPA_LINKED_LIST --- */

#define MAX_NODES	3

/* A list of as many pages as wanted, all other words all-ones. */
struct linked {
	u32 pages;
	u64 *node[MAX_NODES];
	u64 node_hpa[MAX_NODES];
};

static u64 *word(struct linked *l, u32 page)
{
	return &l->node[page / TDX_HPA_NODE_PAGES][page % TDX_HPA_NODE_PAGES];
}

static void linked_make(struct linked *l, u32 pages)
{
	u32 nodes = DIV_ROUND_UP(pages, TDX_HPA_NODE_PAGES), i;

	*l = (struct linked){ .pages = pages };
	for (i = 0; i < nodes; i++) {
		l->node[i] = new_page(&l->node_hpa[i]);
		memset(l->node[i], 0xff, TDX_PAGE_SIZE);
	}
	for (i = 0; i + 1 < nodes; i++)
		l->node[i][TDX_HPA_NODE_LINK] = l->node_hpa[i + 1];
	for (i = 0; i < pages; i++)
		new_page(word(l, i));
}

static void linked_free(struct linked *l)
{
	u32 i;

	for (i = 0; i < l->pages; i++)
		drop_page(emu_page(*word(l, i)));
	for (i = 0; i < MAX_NODES; i++)
		drop_page(l->node[i]);
}

/* The status of a list with one word replaced. */
static u64 open_with(struct linked *l, u64 *at, u64 value)
{
	struct emu_out out;
	u64 saved = *at, status;

	*at = value;
	status = emu_out_open(&out, l->node_hpa[0], l->pages * TDX_PAGE_SIZE);
	*at = saved;
	return status;
}

/* Writes a counting pattern in odd pieces and looks where it went. */
static void write_and_look(struct linked *l, u32 bytes)
{
	struct emu_out out;
	u32 piece = 1, done, i;
	u8 data[9000];

	assert_int_equal(emu_out_open(&out, l->node_hpa[0], bytes), TDX_SUCCESS);
	for (done = 0; done < bytes; done += piece) {
		piece = min_t(u32, piece * 3 % 8999 + 1, bytes - done);
		for (i = 0; i < piece; i++)
			data[i] = (done + i) % 251;
		assert_int_equal(emu_out_write(&out, data, piece), 0);
	}
	assert_int_equal(out.len, bytes);
	assert_int_equal(emu_out_write(&out, data, 1), -ENOSPC);

	for (i = 0; i < l->pages * TDX_PAGE_SIZE; i++) {
		const u8 *page = emu_page(*word(l, i / TDX_PAGE_SIZE));

		if (page[i % TDX_PAGE_SIZE] != (i < bytes ? i % 251 : 0))
			fail_msg("byte %u of %u is wrong", i, bytes);
	}
}

static void linked_sizes(void **state)
{
	static const u32 pages[] = { 1, 2, 25, 32, 510, 511, 512, 1022, 1023, 1024 };
	struct linked l;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		linked_make(&l, pages[i]);
		write_and_look(&l, pages[i] * TDX_PAGE_SIZE);
		linked_free(&l);
	}
}

static void linked_part_of_page(void **state)
{
	static const u32 bytes[] = { 1, 4095, 4097, 131048 };
	struct linked l;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bytes); i++) {
		linked_make(&l, DIV_ROUND_UP(bytes[i], TDX_PAGE_SIZE));
		write_and_look(&l, bytes[i]);
		linked_free(&l);
	}
}

static void linked_bytes(void **state)
{
	struct emu_out out;
	struct linked l;

	linked_make(&l, 1);
	assert_int_equal(emu_out_open(&out, l.node_hpa[0], 0), INVALID(R11));
	assert_int_equal(emu_out_open(&out, l.node_hpa[0], EMU_OUT_MAX_BYTES + 1ULL), INVALID(R11));
	assert_int_equal(emu_out_open(&out, l.node_hpa[0], ~0ULL), INVALID(R11));
	assert_int_equal(emu_out_open(&out, l.node_hpa[0], 1ULL << 32), INVALID(R11));
	/* One page more than there is. */
	assert_int_equal(emu_out_open(&out, l.node_hpa[0], TDX_PAGE_SIZE + 1), INVALID(R10));
	linked_free(&l);
}

static void linked_bad_first_node(void **state)
{
	struct emu_out out;
	struct linked l;

	linked_make(&l, 1);
	assert_int_equal(emu_out_open(&out, NO_MEMORY, 1), BAD_RANGE(R10));
	assert_int_equal(emu_out_open(&out, 0, 1), BAD_RANGE(R10));
	assert_int_equal(emu_out_open(&out, l.node_hpa[0] | BIT_ULL(51), 1), BAD_RANGE(R10));
	assert_int_equal(emu_out_open(&out, TDX_HPA_END, 1), INVALID(R10));
	assert_int_equal(emu_out_open(&out, l.node_hpa[0] + 8, 1), INVALID(R10));
	linked_free(&l);
}

static void linked_bad_words(void **state)
{
	struct linked l;
	u64 *words[4];
	u32 i;

	linked_make(&l, 512);
	words[0] = word(&l, 0);
	words[1] = word(&l, 510);
	words[2] = &l.node[0][TDX_HPA_NODE_LINK];
	words[3] = word(&l, 511);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(open_with(&l, words[i], *words[i]), TDX_SUCCESS);
		assert_int_equal(open_with(&l, words[i], TDX_HPA_END), INVALID(R10));
		assert_int_equal(open_with(&l, words[i], *words[i] + 1), INVALID(R10));
		assert_int_equal(open_with(&l, words[i], NO_MEMORY), BAD_RANGE(R10));
		assert_int_equal(open_with(&l, words[i], 0), BAD_RANGE(R10));
	}
	/* What is not needed is not looked at. */
	assert_int_equal(open_with(&l, &l.node[1][TDX_HPA_NODE_LINK], 1), TDX_SUCCESS);
	assert_int_equal(open_with(&l, &l.node[1][1], 1), TDX_SUCCESS);
	linked_free(&l);
}

/* A node that links to itself ends where the bytes end. */
static void linked_circle(void **state)
{
	struct emu_out out;
	struct linked l;
	u64 link;

	linked_make(&l, 511);
	link = l.node[0][TDX_HPA_NODE_LINK];
	l.node[0][TDX_HPA_NODE_LINK] = l.node_hpa[0];
	assert_int_equal(emu_out_open(&out, l.node_hpa[0], EMU_OUT_MAX_BYTES), TDX_SUCCESS);
	l.node[0][TDX_HPA_NODE_LINK] = link;
	linked_free(&l);
}

/* The host may change a list behind the module's back; only the list suffers. */
static void linked_changed_after_check(void **state)
{
	struct emu_out out;
	struct linked l;
	u8 byte = 1;
	u64 saved;

	linked_make(&l, 2);
	assert_int_equal(emu_out_open(&out, l.node_hpa[0], 2 * TDX_PAGE_SIZE), TDX_SUCCESS);
	saved = *word(&l, 0);
	*word(&l, 0) = NO_MEMORY;
	assert_int_equal(emu_out_write(&out, &byte, 1), -EFAULT);
	*word(&l, 0) = saved;
	assert_int_equal(emu_out_write(&out, &byte, 1), 0);
	linked_free(&l);
}

static void pages(void **state)
{
	u64 hpa, *page = new_page(&hpa);

	assert_ptr_equal(emu_page(hpa), page);
	assert_null(emu_page(hpa + 1));
	assert_null(emu_page(hpa + 2048));
	assert_null(emu_page(NO_MEMORY));
	assert_null(emu_page(0));
	assert_null(emu_page(~0ULL));
	assert_null(emu_page(~0ULL << 12));
	drop_page(page);
}

/* Nothing of the above may leave memory behind. */
static int all_freed(void **state)
{
	return kshim_live_allocs() || kshim_warnings();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages),
		cmocka_unit_test_setup_teardown(list_full, list_setup, list_teardown),
		cmocka_unit_test_setup_teardown(list_part, list_setup, list_teardown),
		cmocka_unit_test_setup_teardown(list_bad_info, list_setup, list_teardown),
		cmocka_unit_test_setup_teardown(list_bad_entry, list_setup, list_teardown),
		cmocka_unit_test(linked_sizes),
		cmocka_unit_test(linked_part_of_page),
		cmocka_unit_test(linked_bytes),
		cmocka_unit_test(linked_bad_first_node),
		cmocka_unit_test(linked_bad_words),
		cmocka_unit_test(linked_circle),
		cmocka_unit_test(linked_changed_after_check),
	};

	return cmocka_run_group_tests_name("lists", tests, NULL, all_freed);
}
