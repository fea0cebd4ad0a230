// SPDX-License-Identifier: GPL-2.0
/*
 * The shim's clock, log and memory.
 *
 * "Physical" memory is a file in RAM, mapped once as a whole (the direct map),
 * and page by page wherever vmalloc() wants it.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kshim.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(addr, size)	((void)(addr), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(addr, size)	((void)(addr), (void)(size))
#endif

#define ARENA_BASE	0x100000000ULL	/* HPA of the first page */
#define ARENA_PAGES	65536UL		/* 256 MiB */

bool kshim_killed, kshim_traced;
unsigned int kshim_cpus = 4, kshim_max_order = 10;

static void __attribute__((noreturn)) die(const char *why)
{
	fprintf(stderr, "kshim: %s\n", why);
	abort();
}

/* --- log --- */

static unsigned int warnings;
static char last_log[256];

void kshim_log(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(last_log, sizeof(last_log), fmt, ap);
	va_end(ap);
}

const char *kshim_last_log(void)
{
	return last_log;
}

bool kshim_warn(bool hit, const char *file, int line)
{
	if (hit) {
		__atomic_add_fetch(&warnings, 1, __ATOMIC_RELAXED);
		fprintf(stderr, "kshim: WARN at %s:%d\n", file, line);
	}
	return hit;
}

unsigned int kshim_warnings(void)
{
	return warnings;
}

/* --- atomic context, semaphores, clock --- */

static __thread int atomic_depth;

void kshim_atomic(int change)
{
	atomic_depth += change;
	if (atomic_depth < 0)
		die("preemption enabled more often than disabled");
}

void kshim_might_sleep(void)
{
	if (atomic_depth)
		die("may sleep, with preemption disabled or a spinlock held");
}

void sema_init(struct semaphore *sem, unsigned int count)
{
	pthread_mutex_init(&sem->m, NULL);
	pthread_cond_init(&sem->c, NULL);
	sem->count = count;
}

/* Looks for a signal every 10 ms. */
int down_killable(struct semaphore *sem)
{
	struct timespec until;
	int ret = 0;

	kshim_might_sleep();
	pthread_mutex_lock(&sem->m);
	while (!sem->count && !READ_ONCE(kshim_killed)) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 10000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		pthread_cond_timedwait(&sem->c, &sem->m, &until);
	}
	if (sem->count)
		sem->count--;
	else
		ret = -EINTR;
	pthread_mutex_unlock(&sem->m);
	return ret;
}

void up(struct semaphore *sem)
{
	pthread_mutex_lock(&sem->m);
	sem->count++;
	pthread_cond_signal(&sem->c);
	pthread_mutex_unlock(&sem->m);
}

static u64 now_ns = 1000000000;

u64 ktime_get_ns(void)
{
	return __atomic_add_fetch(&now_ns, 1, __ATOMIC_RELAXED);
}

static u64 tsc_reads;

u64 rdtsc_ordered(void)
{
	__atomic_add_fetch(&tsc_reads, 1, __ATOMIC_RELAXED);
	return ktime_get_ns();
}

u64 kshim_tsc_reads(void)
{
	return tsc_reads;
}

void kshim_advance_ns(u64 ns)
{
	__atomic_add_fetch(&now_ns, ns, __ATOMIC_RELAXED);
}

/* --- allocations: may they succeed, are they freed --- */

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static int allocs_left = -1;
static bool alloc_failed;
static size_t live_allocs;

void kshim_fail_alloc_after(int n)
{
	allocs_left = n;
	alloc_failed = false;
}

bool kshim_alloc_failed(void)
{
	return alloc_failed;
}

size_t kshim_live_allocs(void)
{
	return live_allocs;
}

static bool alloc_allowed(void)
{
	kshim_might_sleep();
	if (allocs_left < 0)
		return true;
	if (allocs_left)
		return allocs_left--;
	alloc_failed = true;
	return false;
}

static void *counted(void *p)
{
	if (p)
		__atomic_add_fetch(&live_allocs, 1, __ATOMIC_RELAXED);
	return p;
}

static void uncount(void)
{
	__atomic_sub_fetch(&live_allocs, 1, __ATOMIC_RELAXED);
}

/* --- pages --- */

static struct page pages[ARENA_PAGES];
static char *arena;
static int arena_fd = -1;

static void arena_open(void)
{
	if (arena)
		return;
	arena_fd = memfd_create("kshim", MFD_CLOEXEC);
	if (arena_fd < 0 || ftruncate(arena_fd, ARENA_PAGES * PAGE_SIZE))
		die("cannot create the arena");
	arena = mmap(NULL, ARENA_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		     arena_fd, 0);
	if (arena == MAP_FAILED)
		die("cannot map the arena");
	ASAN_POISON_MEMORY_REGION(arena, ARENA_PAGES * PAGE_SIZE);
}

static bool run_is_free(unsigned long first, unsigned long nr)
{
	while (nr--)
		if (pages[first + nr].used)
			return false;
	return true;
}

static unsigned long top = ARENA_PAGES;	/* from here on all pages are used */

/* From the top down, so that pages allocated one after the other never ascend. */
static struct page *take_pages(unsigned int order)
{
	unsigned long nr = 1UL << order, first, i;

	arena_open();
	while (top && pages[top - 1].used)
		top--;
	for (first = top / nr * nr; first; first -= nr)
		if (run_is_free(first - nr, nr))
			break;
	if (!first)
		die("arena is full");
	first -= nr;
	for (i = 0; i < nr; i++)
		pages[first + i].used = true;
	ASAN_UNPOISON_MEMORY_REGION(arena + first * PAGE_SIZE, nr * PAGE_SIZE);
	return &pages[first];
}

static void give_page(struct page *page)
{
	if (!page->used)
		die("page is freed twice");
	page->used = false;
	top = max(top, (unsigned long)(page - pages) + 1);
	ASAN_POISON_MEMORY_REGION(page_address(page), PAGE_SIZE);
}

/* The pages of a block of order n count as 2^n allocations: they are freed one by one. */
struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = NULL;
	unsigned long i;

	pthread_mutex_lock(&memory_lock);
	if (order <= kshim_max_order && alloc_allowed()) {
		page = take_pages(order);
		memset(page_address(page), gfp & __GFP_ZERO ? 0 : 0xa5, PAGE_SIZE << order);
	}
	pthread_mutex_unlock(&memory_lock);
	for (i = 0; i < 1UL << order; i++)
		counted(page);
	return page;
}

void __free_page(struct page *page)
{
	pthread_mutex_lock(&memory_lock);
	give_page(page);
	pthread_mutex_unlock(&memory_lock);
	uncount();
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	struct page *page = alloc_pages(gfp | __GFP_ZERO, 0);

	return page ? (unsigned long)page_address(page) : 0;
}

void free_page(unsigned long addr)
{
	if (addr)
		__free_page(virt_to_page((void *)addr));
}

struct page *pfn_to_online_page(unsigned long pfn)
{
	unsigned long index = pfn - PHYS_PFN(ARENA_BASE);

	arena_open();
	return index < ARENA_PAGES ? &pages[index] : NULL;
}

struct page *pfn_to_page(unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);

	if (!page)
		die("pfn_to_page() of what is no memory");
	return page;
}

void *page_address(const struct page *page)
{
	return arena + (page - pages) * PAGE_SIZE;
}

u64 page_to_phys(const struct page *page)
{
	return ARENA_BASE + (page - pages) * PAGE_SIZE;
}

u64 virt_to_phys(const void *addr)
{
	size_t offset = (const char *)addr - arena;

	if (!arena || offset >= ARENA_PAGES * PAGE_SIZE)
		die("virt_to_phys() of an address outside the direct map");
	return ARENA_BASE + offset;
}

struct page *virt_to_page(const void *addr)
{
	return pfn_to_page(PHYS_PFN(virt_to_phys(addr)));
}

/* --- vmalloc --- */

struct area {
	struct area *next;
	char *addr;
	size_t nr;
	struct page *pages[];
};

static struct area *areas;

static void map_area(struct area *area)
{
	size_t i;

	area->addr = mmap(NULL, area->nr * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < area->nr; i++) {
		area->pages[i] = take_pages(0);
		if (mmap(area->addr + i * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, arena_fd,
			 (area->pages[i] - pages) * PAGE_SIZE) == MAP_FAILED)
			die("cannot map a vmalloc area");
	}
}

void *vmalloc(size_t size)
{
	size_t nr = DIV_ROUND_UP(size, PAGE_SIZE);
	struct area *area;

	pthread_mutex_lock(&memory_lock);
	area = alloc_allowed() ? malloc(sizeof(*area) + nr * sizeof(area->pages[0])) : NULL;
	if (area) {
		area->nr = nr;
		map_area(area);
		area->next = areas;
		areas = area;
	}
	pthread_mutex_unlock(&memory_lock);
	if (!area)
		return NULL;
	memset(area->addr, 0xa5, nr * PAGE_SIZE);
	return counted(area->addr);
}

void *vzalloc(size_t size)
{
	void *p = vmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

static struct area **find_area(const void *addr)
{
	struct area **at;

	for (at = &areas; *at; at = &(*at)->next)
		if ((size_t)((const char *)addr - (*at)->addr) < (*at)->nr * PAGE_SIZE)
			return at;
	die("address is of no vmalloc area");
}

void vfree(const void *addr)
{
	struct area **at, *area;
	size_t i;

	kshim_might_sleep();
	if (!addr)
		return;
	pthread_mutex_lock(&memory_lock);
	at = find_area(addr);
	area = *at;
	*at = area->next;
	for (i = 0; i < area->nr; i++)
		give_page(area->pages[i]);
	munmap(area->addr, area->nr * PAGE_SIZE);
	free(area);
	pthread_mutex_unlock(&memory_lock);
	uncount();
}

unsigned long vmalloc_to_pfn(const void *addr)
{
	struct area *area;
	struct page *page;

	pthread_mutex_lock(&memory_lock);
	area = *find_area(addr);
	page = area->pages[((const char *)addr - area->addr) / PAGE_SIZE];
	pthread_mutex_unlock(&memory_lock);
	return PHYS_PFN(page_to_phys(page));
}

/* --- kmalloc --- */

void *kzalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	return alloc_allowed() ? counted(calloc(1, size)) : NULL;
}

void kfree(const void *p)
{
	if (!p)
		return;
	free((void *)p);
	uncount();
}

void *kvmemdup(const void *from, size_t len, gfp_t gfp)
{
	void *p = kzalloc(len, gfp);

	return p ? memcpy(p, from, len) : NULL;
}

void kvfree(const void *p)
{
	kfree(p);
}
