/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of the lab module have in common: a module of short times brought
 * up under a policy, one guest's request and how it ended, and a look at what
 * is under way. Failures are those of the running KTAP test.
 */
#ifndef TESTS_VM_LABTEST_H
#define TESTS_VM_LABTEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../bench/measure/lab.h"

#define MODULE			"/lib/tdx_lab.ko"
#define MSEC			1000000ULL	/* ns */
#define SHARED_SIZE		(33 * 4096)	/* default max_quote_size and header */

#define RET_SUCCESS		0ULL
#define RET_RETRY		1ULL
#define RET_INVALID_OPERAND	0x8000000000000000ULL
#define RET_ALIGN_ERROR		0x8000000000000002ULL
#define RET_UNSUPPORTED		0x8000000000000003ULL
#define STATUS_SUCCESS		0ULL
#define STATUS_NONE		(~0ULL)		/* nothing was written */
#define STATUS_ERROR		0x8000000000000000ULL
#define STATUS_UNAVAILABLE	0x8000000000000001ULL

/* A request's header in shared memory. */
struct header {
	uint64_t version, status;
	uint32_t in_len, out_len;
};

/* --- set-up --- */

extern const struct tdx_quote_policy posted, best;

/* Of the module to be brought up; a test that changes it calls default_profile() behind. */
extern struct tdx_emu_profile profile;
extern struct quote_key key;		/* as up() found it */

void default_profile(void);
bool load(const struct tdx_quote_policy *policy);
bool up(const struct tdx_quote_policy *policy);		/* load() and bring-up */
void down(void);
int raw_device(void);		/* a descriptor of its own */

/* A module like this one, replaced while running; false when the update failed. */
bool update_to(const struct tdx_emu_profile *next, struct tdx_lab_update *update);

/* --- one request --- */

enum outcome {
	GOOD,		/* a quote that was verified */
	WRONG,		/* a quote that is none, or somebody else's, or of another key */
	RETRY,		/* told to ask again */
	USER,		/* left to user space */
	UNAVAILABLE,	/* as the header says */
	ERROR,		/* likewise */
	REFUSED,	/* told nothing but no */
	KILLED,
	NR_OUTCOMES,
};

extern const char *const outcome_names[NR_OUTCOMES];

/* The whole shared memory as one buffer. */
struct td_buffer whole(const struct td *td);
void make_nonce(uint8_t nonce[64], uint64_t number);
bool verify(const struct td_buffer *buffer, const uint8_t nonce[64],
	    const struct quote_key *with);

/* Keys by epoch, for quotes that are made while the module is replaced. */
void learn_key(void);

/*
 * One request with the @number'th nonce. A quote is good if one of the keys made it
 * that were in force from the call to its return; up() and whoever updates learn
 * them, and where an update is seen here first, this does.
 */
enum outcome ask(struct td_buffer *buffer, uint64_t number);
const char *why_wrong(void);	/* of the calling thread's last one */

/* Asks until the answer is another than to ask again. */
enum outcome ask_patiently(struct td_buffer *buffer, uint64_t number);
/* Expects a good quote over the TD's whole memory. */
bool quote_is_good(const struct td *td, uint64_t number);

/* --- looks --- */

struct tdx_lab_leaf_count leaf_count(enum tdx_lab_leaf leaf);
uint64_t meminfo_kib(const char *field);
void write_file(const char *path, const char *text);
void read_file(const char *path, char *text, size_t size);
void pin_to(unsigned int cpu);		/* the calling thread */
void move_threads(unsigned int cpu);	/* all but this one and the first, to that CPU */

/* A child that makes this one request; its exit status is R10's low byte. */
pid_t quoting_child(const struct td_buffer *buffer);
bool in_getquote(pid_t pid);
uint64_t kill_and_wait(pid_t pid);	/* ns from SIGKILL until it is gone */

#endif /* TESTS_VM_LABTEST_H */
