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
unsigned int kshim_package_cpus = 4;
unsigned int kshim_cpus = 4, kshim_max_order = 10, kshim_max_contig = UINT_MAX;
long kshim_available = LONG_MAX;
void (*kshim_preempted)(void);
void (*kshim_paused)(void);
unsigned int kshim_pause_looks;
__thread unsigned int kshim_cpu;
__thread bool kshim_stopped;

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

/* --- atomic context, locks, clock --- */

static __thread int atomic_depth;
static u64 resched_offers, now_ns = 1000000000;

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

void kshim_may_preempt(void)
{
	if (!atomic_depth && kshim_preempted)
		kshim_preempted();
}

/* Bound to its CPU, a worker is not moved by whoever runs in between. */
long work_on_cpu(int cpu, long (*work)(void *arg), void *arg)
{
	void (*preempted)(void) = kshim_preempted;
	unsigned int here = kshim_cpu;
	long ret;

	kshim_might_sleep();
	if (!cpu_online(cpu))
		die("work for a CPU that is not there");
	kshim_preempted = NULL;
	kshim_cpu = cpu;
	ret = work(arg);
	kshim_cpu = here;
	kshim_preempted = preempted;
	return ret;
}

void cond_resched(void)
{
	kshim_might_sleep();
	__atomic_add_fetch(&resched_offers, 1, __ATOMIC_RELAXED);
	kshim_may_preempt();
}

u64 kshim_resched_offers(void)
{
	return resched_offers;
}

int schedule_hrtimeout(ktime_t *time, int mode)
{
	(void)mode;
	kshim_might_sleep();
	if (kshim_paused)
		kshim_paused();
	kshim_advance_ns(*time);
	kshim_may_preempt();
	return 0;
}

/* For whoever waits for a signal as well as for what it wants. */
void kshim_look_later(void)
{
	const struct timespec pause = { .tv_nsec = 100000 };

	nanosleep(&pause, NULL);
}

int mutex_lock_killable(struct mutex *lock)
{
	kshim_might_sleep();
	while (pthread_mutex_trylock(&lock->m)) {
		if (READ_ONCE(kshim_killed))
			return -EINTR;
		kshim_look_later();
	}
	return 0;
}

void sema_init(struct semaphore *sem, unsigned int count)
{
	pthread_mutex_init(&sem->m, NULL);
	sem->count = count;
	sem->first = NULL;
}

struct kshim_waiter {
	struct kshim_waiter *next;
	bool up;
};

static unsigned int waiters;

unsigned int kshim_waiters(void)
{
	return __atomic_load_n(&waiters, __ATOMIC_RELAXED);
}

void kshim_waits(int change)
{
	__atomic_add_fetch(&waiters, change, __ATOMIC_RELAXED);
}

/* NULL: to the end. sem->m held. */
static struct kshim_waiter **find_waiter(struct semaphore *sem, const struct kshim_waiter *waiter)
{
	struct kshim_waiter **at;

	for (at = &sem->first; *at != waiter; at = &(*at)->next)
		;
	return at;
}

/* In the queue, until up() or a signal takes it out. */
static int await_up(struct semaphore *sem, struct kshim_waiter *self, bool killable)
{
	bool got;

	do {
		bool killed = killable && READ_ONCE(kshim_killed);

		pthread_mutex_unlock(&sem->m);
		kshim_look_later();
		pthread_mutex_lock(&sem->m);
		got = self->up;
		if (!got && killed) {
			*find_waiter(sem, self) = self->next;
			return -EINTR;
		}
	} while (!got);
	return 0;
}

static int do_down(struct semaphore *sem, bool killable)
{
	struct kshim_waiter self = {};
	int ret = 0;

	kshim_might_sleep();
	pthread_mutex_lock(&sem->m);
	if (sem->count) {
		sem->count--;
	} else {
		*find_waiter(sem, NULL) = &self;
		kshim_waits(1);
		ret = await_up(sem, &self, killable);
		kshim_waits(-1);
	}
	pthread_mutex_unlock(&sem->m);
	return ret;
}

int down_killable(struct semaphore *sem)
{
	return do_down(sem, true);
}

void down(struct semaphore *sem)
{
	do_down(sem, false);
}

void up(struct semaphore *sem)
{
	pthread_mutex_lock(&sem->m);
	if (sem->first) {
		sem->first->up = true;
		sem->first = sem->first->next;
	} else {
		sem->count++;
	}
	pthread_mutex_unlock(&sem->m);
}

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

/* --- stop_machine() --- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t next;
	cpu_stop_fn_t fn;
	void *data;
	unsigned int turn;
	bool done[KSHIM_MAX_CPUS];
	int ret;
} stopped = { .lock = PTHREAD_MUTEX_INITIALIZER, .next = PTHREAD_COND_INITIALIZER };

static void await_turn(void)
{
	while (stopped.turn != kshim_cpu)
		pthread_cond_wait(&stopped.next, &stopped.lock);
}

/* To the next CPU that is not done, if there is any. */
static void pass_turn(void)
{
	unsigned int i;

	for (i = 1; i <= kshim_cpus; i++) {
		stopped.turn = (kshim_cpu + i) % kshim_cpus;
		if (!stopped.done[stopped.turn])
			break;
	}
	pthread_cond_broadcast(&stopped.next);
}

void cpu_relax(void)
{
	if (!kshim_stopped)
		return;
	pass_turn();
	await_turn();
}

static void *stopped_cpu(void *arg)
{
	int ret;

	kshim_cpu = (uintptr_t)arg;
	kshim_stopped = true;
	kshim_atomic(1);
	pthread_mutex_lock(&stopped.lock);
	await_turn();
	ret = stopped.fn(stopped.data);
	stopped.ret = stopped.ret ?: ret;
	stopped.done[kshim_cpu] = true;
	pass_turn();
	pthread_mutex_unlock(&stopped.lock);
	return NULL;
}

int stop_machine(cpu_stop_fn_t fn, void *data, const struct cpumask *cpus)
{
	pthread_t threads[KSHIM_MAX_CPUS];
	unsigned int i;

	(void)cpus;
	kshim_might_sleep();
	stopped.fn = fn;
	stopped.data = data;
	stopped.turn = stopped.ret = 0;
	memset(stopped.done, 0, sizeof(stopped.done));
	for (i = 0; i < kshim_cpus; i++)
		if (pthread_create(&threads[i], NULL, stopped_cpu, (void *)(uintptr_t)i))
			die("cannot create a thread");
	for (i = 0; i < kshim_cpus; i++)
		pthread_join(threads[i], NULL);
	return stopped.ret;
}

/* --- allocations: may they succeed, are they freed --- */

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static int allocs_left = -1;
static unsigned int failures_left;
static bool alloc_failed;
static size_t live_allocs;

void kshim_fail_allocs(int n, unsigned int times)
{
	allocs_left = n;
	failures_left = times;
	alloc_failed = false;
}

void kshim_fail_alloc_after(int n)
{
	kshim_fail_allocs(n, UINT_MAX);
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
	if (!failures_left)
		return true;
	failures_left--;
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
static struct page *take_pages(unsigned long nr, unsigned long align)
{
	unsigned long first, i;

	arena_open();
	while (top && pages[top - 1].used)
		top--;
	if (nr > top)
		die("arena is full");
	for (first = (top - nr) / align * align; !run_is_free(first, nr); first -= align)
		if (!first)
			die("arena is full");
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

/* They count as so many allocations, for they are freed one by one. */
static struct page *alloc_counted(gfp_t gfp, unsigned long nr, unsigned long align)
{
	struct page *page = NULL;
	unsigned long i;

	pthread_mutex_lock(&memory_lock);
	if (alloc_allowed()) {
		page = take_pages(nr, align);
		memset(page_address(page), gfp & __GFP_ZERO ? 0 : 0xa5, nr * PAGE_SIZE);
	}
	pthread_mutex_unlock(&memory_lock);
	for (i = 0; i < nr; i++)
		counted(page);
	return page;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return order <= kshim_max_order ? alloc_counted(gfp, 1UL << order, 1UL << order) : NULL;
}

struct page *tdx_alloc_contig(u32 nr, int node)
{
	(void)node;
	return nr <= kshim_max_contig ? alloc_counted(GFP_KERNEL, nr, 1) : NULL;
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

void *phys_to_virt(u64 hpa)
{
	return page_address(pfn_to_page(PHYS_PFN(hpa))) + hpa % PAGE_SIZE;
}

static u64 flushed;

void clflush_cache_range(void *addr, unsigned int size)
{
	virt_to_page(addr);	/* aborts unless it is memory */
	__atomic_add_fetch(&flushed, size, __ATOMIC_RELAXED);
}

u64 kshim_flushed(void)
{
	return flushed;
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

/* Mapping takes long, so areas stay mapped, untouchable, until one of the size is wanted. */
static struct area *areas, *free_areas;

static struct area *reuse_area(size_t nr)
{
	struct area **at, *area;

	for (at = &free_areas; *at && (*at)->nr != nr; at = &(*at)->next)
		;
	area = *at;
	if (area)
		*at = area->next;
	return area;
}

static void touchable_area(const struct area *area, bool may)
{
	size_t i;

	for (i = 0; i < area->nr; i++) {
		const void *alias = page_address(area->pages[i]);

		if (may)
			ASAN_UNPOISON_MEMORY_REGION(alias, PAGE_SIZE);
		else
			ASAN_POISON_MEMORY_REGION(alias, PAGE_SIZE);
	}
	if (may)
		ASAN_UNPOISON_MEMORY_REGION(area->addr, area->nr * PAGE_SIZE);
	else
		ASAN_POISON_MEMORY_REGION(area->addr, area->nr * PAGE_SIZE);
}

static struct area *map_area(size_t nr)
{
	struct area *area = malloc(sizeof(*area) + nr * sizeof(area->pages[0]));
	size_t i;

	if (!area)
		die("no memory");
	area->nr = nr;
	area->addr = mmap(NULL, area->nr * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < area->nr; i++) {
		area->pages[i] = take_pages(1, 1);
		if (mmap(area->addr + i * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, arena_fd,
			 (area->pages[i] - pages) * PAGE_SIZE) == MAP_FAILED)
			die("cannot map a vmalloc area");
	}
	return area;
}

void *vmalloc(size_t size)
{
	size_t nr = DIV_ROUND_UP(size, PAGE_SIZE);
	struct area *area = NULL;

	pthread_mutex_lock(&memory_lock);
	if (alloc_allowed()) {
		area = reuse_area(nr) ?: map_area(nr);
		touchable_area(area, true);
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

	kshim_might_sleep();
	if (!addr)
		return;
	pthread_mutex_lock(&memory_lock);
	at = find_area(addr);
	area = *at;
	*at = area->next;
	touchable_area(area, false);
	area->next = free_areas;
	free_areas = area;
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
