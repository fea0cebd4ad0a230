/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Just enough of the kernel to compile kernel/ for user space, where the
 * sanitizers are. Included before each kernel source (-include); the kernel
 * headers that a source names are empty files, made by unit.mk.
 *
 * Sources must not notice the difference, bugs should: memory has physical
 * addresses (a page's neighbour in a vmalloc area is not its neighbour there),
 * freed memory cannot be touched, sleeping in atomic context aborts the test.
 */
#ifndef KSHIM_H
#define KSHIM_H

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <endian.h>
#include <linux/types.h>

/* --- for tests --- */

/* After @n more allocations @times fail, or all with kshim_fail_alloc_after(); -1: none does. */
void kshim_fail_allocs(int n, unsigned int times);
void kshim_fail_alloc_after(int n);
bool kshim_alloc_failed(void);		/* since then, any */
/* Contiguous pages beyond these cannot be had: memory is fragmented. */
extern unsigned int kshim_max_order;	/* by alloc_pages(), pages are 1 << this */
extern unsigned int kshim_max_contig;	/* by tdx_alloc_contig(), pages */
extern long kshim_available;		/* pages, as told; nothing is made of it */
/* Allocations that were not freed again. */
size_t kshim_live_allocs(void);
unsigned int kshim_warnings(void);	/* WARN_ON_ONCE() that were hit */
const char *kshim_last_log(void);	/* last line of pr_err() and its kin */
void kshim_advance_ns(__u64 ns);	/* of ktime_get_ns() */
__u64 kshim_tsc_reads(void);		/* rdtsc_ordered() calls */
extern bool kshim_killed;		/* a fatal signal is pending, for all threads */
unsigned int kshim_waiters(void);	/* threads that wait for a semaphore or an event */
extern bool kshim_traced;		/* somebody listens to trace events */
extern bool kshim_interrupt;		/* one is pending, and nobody takes it */
extern unsigned int kshim_cpus;		/* online */
extern __thread unsigned int kshim_cpu;	/* this thread is on */
extern unsigned int kshim_package_cpus;	/* CPUs of a package */
/* Called, if set, wherever another task might run: preempt_enable(), cond_resched(), a sleep. */
extern void (*kshim_preempted)(void);
extern void (*kshim_paused)(void);	/* called as somebody begins to sleep for a while */
extern unsigned int kshim_pause_looks;	/* of who sleeps for an event, before its time is over */
__u64 kshim_resched_offers(void);	/* cond_resched() calls */
__u64 kshim_flushed(void);		/* bytes that clflush_cache_range() was told */

/* --- types and constants --- */

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;

#define U8_MAX			UINT8_MAX
#define U16_MAX			UINT16_MAX
#define U32_MAX			UINT32_MAX

#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define noinline		__attribute__((noinline))
#define __aligned(n)		__attribute__((aligned(n)))
#define __packed		__attribute__((packed))
#define __user
#define fallthrough		__attribute__((fallthrough))

/* --- arithmetic --- */

#define SZ_4K			0x1000
#define SZ_2M			0x200000
#define SZ_16M			0x1000000
#define SZ_64M			0x4000000
#define SZ_1G			0x40000000
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK_ULL(h, l)	(~0ULL >> (63 - (h)) & ~0ULL << (l))
#define FIELD_GET(mask, v)	(((v) & (mask)) >> __builtin_ctzll(mask))
#define FIELD_PREP(mask, v)	((u64)(v) << __builtin_ctzll(mask) & (mask))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((u64)(n), d)
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define ilog2(n)		(63 - __builtin_clzll(n))
#define __ffs64(n)		((unsigned int)__builtin_ctzll(n))
#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
#define max3(a, b, c)		max(max(a, b), c)
#define min3(a, b, c)		min(min(a, b), c)
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define check_add_overflow(a, b, sum)	__builtin_add_overflow(a, b, sum)
#define array_size(a, b)	((size_t)(a) * (b))

#define cpu_to_be64(x)		htobe64(x)
#define cpu_to_le64(x)		htole64(x)
#define cpu_to_le32(x)		htole32(x)
#define le64_to_cpu(x)		le64toh(x)
#define le32_to_cpu(x)		le32toh(x)

static inline void put_unaligned_be16(u16 v, void *p)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_unaligned_be64(u64 v, void *p)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

static inline u64 get_unaligned_be64(const void *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

/* --- language --- */

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_mb__after_atomic()	smp_mb()
#define container_of(p, type, member)	((type *)((char *)(p) - offsetof(type, member)))

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)
#define list_for_each_entry(entry, head, member)				\
	for ((entry) = container_of((head)->next, __typeof__(*(entry)), member);	\
	     &(entry)->member != (head);					\
	     (entry) = container_of((entry)->member.next, __typeof__(*(entry)), member))

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	*entry = (struct list_head){ .next = head, .prev = head->prev };
	head->prev->next = entry;
	head->prev = entry;
}

static inline void list_del_init(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	*entry = (struct list_head)LIST_HEAD_INIT(*entry);
}
#undef static_assert
#define static_assert(expr)	_Static_assert(expr, #expr)
#define BUILD_BUG_ON(expr)	_Static_assert(!(expr), #expr)

static inline ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = 0;
	return len;
}

static inline const void *memchr_inv(const void *from, int c, size_t size)
{
	const u8 *p;

	for (p = from; size; p++, size--)
		if (*p != (u8)c)
			return p;
	return NULL;
}

/* --- log --- */

void kshim_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool kshim_warn(bool hit, const char *file, int line);

#define pr_err(fmt, ...)	kshim_log(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...)	kshim_log(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...)	kshim_log(pr_fmt(fmt), ##__VA_ARGS__)
#define WARN_ON_ONCE(cond)	kshim_warn(cond, __FILE__, __LINE__)

/* --- atomic context, locks --- */

void kshim_atomic(int change);
void kshim_might_sleep(void);
void kshim_may_preempt(void);

#define preempt_disable()	kshim_atomic(1)
#define preempt_enable()	(kshim_atomic(-1), kshim_may_preempt())

typedef struct { pthread_mutex_t m; } spinlock_t;
struct mutex { pthread_mutex_t m; };

/* First come, first served, as the kernel's. */
struct semaphore {
	pthread_mutex_t m;
	unsigned int count;
	struct kshim_waiter *first;
};

#define DEFINE_SPINLOCK(name)	spinlock_t name = { PTHREAD_MUTEX_INITIALIZER }
#define DEFINE_RAW_SPINLOCK(name)	DEFINE_SPINLOCK(name)
#define DEFINE_MUTEX(name)	struct mutex name = { PTHREAD_MUTEX_INITIALIZER }

static inline void spin_lock_init(spinlock_t *lock)
{
	pthread_mutex_init(&lock->m, NULL);
}

static inline void spin_lock(spinlock_t *lock)
{
	kshim_atomic(1);
	pthread_mutex_lock(&lock->m);
}

static inline void spin_unlock(spinlock_t *lock)
{
	pthread_mutex_unlock(&lock->m);
	kshim_atomic(-1);
}

/* The same here; the kernel's raw ones never sleep, not even with PREEMPT_RT. */
typedef spinlock_t raw_spinlock_t;

#define raw_spin_lock_init(lock)	spin_lock_init(lock)
#define raw_spin_lock(lock)		spin_lock(lock)
#define raw_spin_unlock(lock)		spin_unlock(lock)

static inline void mutex_lock(struct mutex *lock)
{
	kshim_might_sleep();
	pthread_mutex_lock(&lock->m);
}

static inline void mutex_unlock(struct mutex *lock)
{
	pthread_mutex_unlock(&lock->m);
}

int mutex_lock_killable(struct mutex *lock);

#define DEFINE_SEMAPHORE(name, n)						\
	struct semaphore name = { PTHREAD_MUTEX_INITIALIZER, n }
void sema_init(struct semaphore *sem, unsigned int count);
void down(struct semaphore *sem);
int down_killable(struct semaphore *sem);
void up(struct semaphore *sem);

/* Nobody is woken: who waits looks again and again. */
struct wait_queue_head {
	int unused;
};

void kshim_look_later(void);
void kshim_waits(int change);

#define DECLARE_WAIT_QUEUE_HEAD(name)	struct wait_queue_head name
#define init_waitqueue_head(queue)	((void)(queue))
#define wake_up_all(queue)	((void)(queue))
#define wake_up(queue)		((void)(queue))
/* All of the time has passed, once it has been looked for so often, or none. */
#define wait_event_hrtimeout(queue, condition, time) ({				\
	unsigned int _looks = kshim_pause_looks;				\
	bool _met;								\
	while (!(_met = (condition)) && _looks--) {				\
		kshim_waits(1);							\
		kshim_look_later();						\
		kshim_waits(-1);						\
	}									\
	_met ? 0 : (schedule_hrtimeout(&(ktime_t){ time }, 0), -ETIME);		\
})
#define wait_event_killable(queue, condition) ({				\
	int _ret = 0;								\
	kshim_might_sleep();							\
	kshim_waits(1);								\
	while (!(condition) && !_ret) {						\
		_ret = READ_ONCE(kshim_killed) ? -EINTR : 0;			\
		kshim_look_later();						\
	}									\
	kshim_waits(-1);							\
	_ret;									\
})

typedef struct { s64 v; } atomic64_t;

typedef struct { int v; } atomic_t;

#define ATOMIC_INIT(n)		{ n }

#define atomic_read(a)		__atomic_load_n(&(a)->v, __ATOMIC_RELAXED)
#define atomic_inc(a)		((void)__atomic_add_fetch(&(a)->v, 1, __ATOMIC_RELAXED))
#define atomic_dec(a)		((void)__atomic_sub_fetch(&(a)->v, 1, __ATOMIC_RELAXED))
#define atomic_read_acquire(a)	__atomic_load_n(&(a)->v, __ATOMIC_ACQUIRE)
#define cmpxchg(p, old, new)	__sync_val_compare_and_swap(p, old, new)
#define atomic_fetch_inc_release(a)	__atomic_fetch_add(&(a)->v, 1, __ATOMIC_RELEASE)
#define atomic_inc_return(a)	__atomic_add_fetch(&(a)->v, 1, __ATOMIC_SEQ_CST)
static inline bool atomic_add_unless(atomic_t *a, int n, int unless)
{
	int v = __atomic_load_n(&a->v, __ATOMIC_RELAXED);

	while (v != unless && !__atomic_compare_exchange_n(&a->v, &v, v + n, false,
							   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
	return v != unless;
}

#define atomic_set(a, n)	__atomic_store_n(&(a)->v, n, __ATOMIC_RELAXED)
#define atomic_dec_and_test(a)	(!__atomic_sub_fetch(&(a)->v, 1, __ATOMIC_SEQ_CST))
#define atomic64_read(a)	atomic_read(a)
#define atomic64_inc(a)		atomic_inc(a)
#define atomic64_inc_return(a)	atomic_inc_return(a)

/* --- CPUs and time --- */

u64 ktime_get_ns(void);		/* goes on by 1 ns a look, and by kshim_advance_ns() */
u64 rdtsc_ordered(void);	/* the same clock, in cycles of 1 ns */

#define tsc_khz			1000000U
#define NSEC_PER_USEC		1000L
#define NSEC_PER_MSEC		1000000L
#define NSEC_PER_SEC		1000000000L
#define need_resched()		false
void cond_resched(void);

#define irqs_disabled()		kshim_stopped
extern __thread bool kshim_stopped;	/* this thread is a CPU in stop_machine() */

/*
 * Each CPU is a thread then, and they take turns: the next runs when one calls
 * cpu_relax() or is done. So it is the same each time.
 */
struct cpumask {
	int unused;
};

#define cpu_online_mask		((const struct cpumask *)NULL)
#define cpumask_first(mask)	((void)(mask), 0U)
#define for_each_online_cpu(cpu)	for ((cpu) = 0; (cpu) < kshim_cpus; (cpu)++)
typedef int (*cpu_stop_fn_t)(void *data);
int stop_machine(cpu_stop_fn_t fn, void *data, const struct cpumask *cpus);
void cpu_relax(void);

/* Sleeping is for the clock to go on. */
typedef s64 ktime_t;
enum { HRTIMER_MODE_REL };

enum { TASK_UNINTERRUPTIBLE };

#define set_current_state(state)	((void)(state))
#define ns_to_ktime(ns)		((ktime_t)(ns))
int schedule_hrtimeout(ktime_t *time, int mode);

#define current			NULL
#define fatal_signal_pending(task)	((void)(task), READ_ONCE(kshim_killed))

static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (unsigned __int128)a * b >> shift;
}

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

/* Work for other threads is done at once by the shim's engine.c. */
struct kthread_work {
	int unused;
};

#define KSHIM_MAX_CPUS		64

#define num_online_cpus()	kshim_cpus
#define cpus_read_lock()	kshim_might_sleep()
#define cpus_read_unlock()	do { } while (0)
#define topology_physical_package_id(cpu)	((int)((cpu) / kshim_package_cpus))
#define numa_mem_id()		0
#define smp_processor_id()	kshim_cpu
#define DEFINE_PER_CPU(type, name)	type name[KSHIM_MAX_CPUS]
#define per_cpu(var, cpu)	((var)[cpu])
#define cpu_online(cpu)		((cpu) < kshim_cpus)
#define cpus_read_lock()	kshim_might_sleep()
#define cpus_read_unlock()	do { } while (0)
long work_on_cpu(int cpu, long (*work)(void *arg), void *arg);
static inline void synchronize_rcu(void) { }
#define this_cpu_read(var)	per_cpu(var, smp_processor_id())
#define this_cpu_write(var, v)	(this_cpu_read(var) = (v))

/* --- memory: pages of an arena with physical addresses, and malloc() --- */

#define GFP_KERNEL		0x1
#define GFP_KERNEL_ACCOUNT	0x1
#define __GFP_NOWARN		0x2
#define __GFP_NORETRY		0x4
#define __GFP_ZERO		0x8
#define __GFP_RETRY_MAYFAIL	0x10

#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PHYS_PFN(hpa)		((unsigned long)((hpa) >> PAGE_SHIFT))
#define PFN_PHYS(pfn)		((u64)(pfn) << PAGE_SHIFT)

struct page {
	bool used;
};

static inline long si_mem_available(void) { return kshim_available; }
struct page *alloc_pages(gfp_t gfp, unsigned int order);
void __free_page(struct page *page);
static inline void split_page(struct page *page, unsigned int order) { (void)page; (void)order; }

struct page *pfn_to_online_page(unsigned long pfn);	/* NULL outside the arena */
struct page *pfn_to_page(unsigned long pfn);		/* aborts outside the arena */
struct page *virt_to_page(const void *addr);
u64 page_to_phys(const struct page *page);
void *page_address(const struct page *page);
u64 virt_to_phys(const void *addr);
void *phys_to_virt(u64 hpa);
void clflush_cache_range(void *addr, unsigned int size);
struct page *tdx_alloc_contig(u32 pages, int node);
static inline int page_to_nid(const struct page *page) { (void)page; return 0; }
static inline bool PageReserved(const struct page *page) { (void)page; return false; }

unsigned long get_zeroed_page(gfp_t gfp);
void free_page(unsigned long addr);

void *vmalloc(size_t size);
void *vzalloc(size_t size);
#define __vmalloc(size, gfp)	((gfp) & __GFP_ZERO ? vzalloc(size) : vmalloc(size))
void vfree(const void *addr);
unsigned long vmalloc_to_pfn(const void *addr);

void *kzalloc(size_t size, gfp_t gfp);
void kfree(const void *p);
void *kvmemdup(const void *from, size_t len, gfp_t gfp);
void kvfree(const void *p);

/* --- bitmaps --- */

#define BITS_PER_LONG		64
#define DECLARE_BITMAP(name, bits)	unsigned long name[DIV_ROUND_UP(bits, BITS_PER_LONG)]

static inline void __set_bit(unsigned int bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] |= 1UL << bit % BITS_PER_LONG;
}

static inline void __clear_bit(unsigned int bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] &= ~(1UL << bit % BITS_PER_LONG);
}

static inline void bitmap_fill(unsigned long *map, unsigned int bits)
{
	while (bits--)
		__set_bit(bits, map);
}

static inline unsigned int find_first_bit(const unsigned long *map, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < bits; i++)
		if (map[i / BITS_PER_LONG] & 1UL << i % BITS_PER_LONG)
			break;
	return i;
}

/* --- hash tables --- */

struct hlist_node {
	struct hlist_node *next, **pprev;
};

#define DECLARE_HASHTABLE(name, bits)	struct hlist_node *name[1 << (bits)]
#define hash_init(table)	memset(table, 0, sizeof(table))
#define hash_bucket(table, key)	(&(table)[(u64)(key) / PAGE_SIZE % ARRAY_SIZE(table)])
#define hash_add(table, node, key)	kshim_hlist_add(node, hash_bucket(table, key))
#define hash_for_each_possible(table, obj, member, key)				\
	for (struct hlist_node *_n = *hash_bucket(table, key);			\
	     _n && ((obj) = container_of(_n, __typeof__(*(obj)), member), true);	\
	     _n = _n->next)

static inline void kshim_hlist_add(struct hlist_node *node, struct hlist_node **head)
{
	node->next = *head;
	node->pprev = head;
	if (node->next)
		node->next->pprev = &node->next;
	*head = node;
}

static inline void hash_del(struct hlist_node *node)
{
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
}

/* --- <asm/shared/tdx.h> --- */

struct tdx_module_args {
	u64 rcx, rdx, r8, r9, r10, r11, r12, r13;
};

#endif /* KSHIM_H */
