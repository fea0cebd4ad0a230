// SPDX-License-Identifier: GPL-2.0
/*
 * What tests of the lab module have in common.
 */
#include "labtest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bench/measure/clock.h"
#include "../../bench/measure/meminfo.h"
#include "../../bench/run/param.h"
#include "../../bench/measure/random.h"
#include "ktap.h"

/* --- set-up --- */

const struct tdx_quote_policy posted = TDX_QUOTE_POLICY_POSTED;
const struct tdx_quote_policy best = TDX_QUOTE_POLICY_DEFAULT;

struct tdx_emu_profile profile;
struct quote_key key;

void default_profile(void)
{
	profile_defaults(&profile);
	profile.quote_ns = 1 * MSEC;
	profile.ext_init_ns = MSEC / 10;
	profile.quote_init_ns = MSEC / 10;
	profile.pool_pages = 1100;
}

bool load(const struct tdx_quote_policy *policy)
{
	return EXPECT(!lab_load(MODULE)) && EXPECT(!lab_open()) &&
	       EXPECT(!lab_configure(&profile, policy));
}

bool up(const struct tdx_quote_policy *policy)
{
	if (!load(policy) || !EXPECT(!lab_bring_up()) || !EXPECT(!lab_key(&profile, &key)))
		return false;
	learn_key();
	return true;
}

void down(void)
{
	lab_unload();
	EXPECT(!lab_loaded());
}

int raw_device(void)
{
	return open("/dev/tdx_lab", O_RDWR | O_CLOEXEC);
}

bool update_to(const struct tdx_emu_profile *next, struct tdx_lab_update *update)
{
	bool done = EXPECT(!lab_update(next, update)) && !update->error;

	learn_key();
	return done;
}

/* --- quotes --- */

const char *const outcome_names[NR_OUTCOMES] = {
	[GOOD] = "good", [WRONG] = "wrong", [RETRY] = "retry", [USER] = "user",
	[UNAVAILABLE] = "unavailable", [ERROR] = "error", [REFUSED] = "refused",
	[KILLED] = "killed",
};

struct td_buffer whole(const struct td *td)
{
	return td_buffer(td, 0, td->size);
}

void make_nonce(uint8_t nonce[64], uint64_t number)
{
	unsigned int i;

	for (i = 0; i < 64; i += sizeof(number)) {
		uint64_t word = random_next(&number);

		memcpy(nonce + i, &word, sizeof(word));
	}
}

static const char *wrong_with(const struct td_buffer *buffer, const uint8_t nonce[64],
			      const struct quote_key *with)
{
	const struct quote_expect expect = { nonce, buffer->td->info.mrtd, with };
	struct verifier *verifier = verifier_new(with);
	const char *why = "no quote";
	const uint8_t *quote;
	uint64_t serial;
	uint32_t len;

	if (!verifier)
		return "no key to verify with";
	quote = td_quote(buffer, &len);
	if (quote && !quote_verify(verifier, quote, len, &expect, &serial, &why))
		why = NULL;
	verifier_free(verifier);
	return why;
}

bool verify(const struct td_buffer *buffer, const uint8_t nonce[64],
	    const struct quote_key *with)
{
	const char *why = wrong_with(buffer, nonce, with);

	if (why)
		printf("# quote: %s\n", why);
	return !why;
}

/* --- keys --- */

#define KEYS	64	/* more than updates that can pass over one request */

static pthread_mutex_t keys_lock = PTHREAD_MUTEX_INITIALIZER;
static struct quote_key keys[KEYS];	/* by epoch */
static uint64_t last_epoch;

void learn_key(void)
{
	struct quote_key now;

	if (!EXPECT(!lab_key(&profile, &now)))
		return;
	pthread_mutex_lock(&keys_lock);
	keys[now.epoch % KEYS] = now;
	last_epoch = now.epoch;
	pthread_mutex_unlock(&keys_lock);
}

/* The key of that epoch, or the newest if it is not known; its epoch tells. */
static struct quote_key key_of(uint64_t epoch)
{
	struct quote_key found;

	pthread_mutex_lock(&keys_lock);
	found = keys[epoch % KEYS];
	if (found.epoch != epoch)
		found = keys[last_epoch % KEYS];
	pthread_mutex_unlock(&keys_lock);
	return found;
}

static uint64_t newest_epoch(void)
{
	uint64_t epoch;

	pthread_mutex_lock(&keys_lock);
	epoch = last_epoch;
	pthread_mutex_unlock(&keys_lock);
	return epoch;
}

static _Thread_local const char *wrong;

/* Was it made with a key of these epochs? */
static bool made_between(const struct td_buffer *buffer, const uint8_t nonce[64],
			 uint64_t first, uint64_t last)
{
	for (; last >= first; last--) {
		struct quote_key with = key_of(last);

		wrong = wrong_with(buffer, nonce, &with);
		if (!wrong)
			return true;
	}
	return false;
}

/* --- one request --- */

/* Of an answer without a quote. */
static enum outcome outcome_of(const struct tdx_lab_getquote *call)
{
	if (call->user)
		return USER;
	if (call->ret == RET_RETRY)
		return RETRY;
	if (call->status == STATUS_UNAVAILABLE)
		return UNAVAILABLE;
	if (call->status == STATUS_ERROR)
		return ERROR;
	return REFUSED;
}

enum outcome ask(struct td_buffer *buffer, uint64_t number)
{
	uint64_t first = newest_epoch(), last;
	struct tdx_lab_getquote call;
	uint8_t nonce[64];

	make_nonce(nonce, number);
	if (!EXPECT(!td_request(buffer, nonce)))
		return REFUSED;
	if (td_getquote(buffer, &call))
		return KILLED;
	if (call.user || call.ret != RET_SUCCESS || call.status != STATUS_SUCCESS)
		return outcome_of(&call);

	last = newest_epoch();
	if (made_between(buffer, nonce, first, last))
		return GOOD;
	learn_key();
	return made_between(buffer, nonce, last + 1, newest_epoch()) ? GOOD : WRONG;
}

const char *why_wrong(void)
{
	return wrong;
}

enum outcome ask_patiently(struct td_buffer *buffer, uint64_t number)
{
	enum outcome outcome;

	while ((outcome = ask(buffer, number)) == RETRY)
		usleep(1000);
	return outcome;
}

bool quote_is_good(const struct td *td, uint64_t number)
{
	struct td_buffer buffer = whole(td);
	enum outcome outcome = ask(&buffer, number);

	if (outcome != GOOD)
		ktap_fail(__FILE__, __LINE__, "quote %llu of TD %u: %s%s%s",
			  (unsigned long long)number, td->info.id, outcome_names[outcome],
			  outcome == WRONG ? ", " : "", outcome == WRONG ? why_wrong() : "");
	return outcome == GOOD;
}

/* --- looks --- */

struct tdx_lab_leaf_count leaf_count(enum tdx_lab_leaf leaf)
{
	struct tdx_lab_counters counters = {};

	EXPECT(!lab_counters(&counters));
	return counters.leaf[leaf];
}

uint64_t meminfo_kib(const char *field)
{
	return meminfo((const char *const[]){ field, NULL }) / 1024;
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	EXPECT(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

void read_file(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t got = 0;

	if (EXPECT(file)) {
		got = fread(text, 1, size - 1, file);
		fclose(file);
	}
	text[got] = 0;
}

void pin_to(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	EXPECT(!sched_setaffinity(0, sizeof(set), &set));
}

void move_threads(unsigned int cpu)
{
	const pid_t self = gettid(), first = getpid();
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	cpu_set_t set;

	if (!EXPECT(dir))
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	while ((entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);	/* 0 of "." and ".." */

		if (tid && tid != self && tid != first)
			EXPECT(!sched_setaffinity(tid, sizeof(set), &set));
	}
	closedir(dir);
}

pid_t quoting_child(const struct td_buffer *buffer)
{
	struct tdx_lab_getquote call;
	pid_t pid = fork();

	if (pid)
		return pid;
	_exit(td_getquote(buffer, &call) ? 255 : (int)(call.ret & 0xff));
}

bool in_getquote(pid_t pid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (file)
		fclose(file);
	return state == 'D';
}

uint64_t kill_and_wait(pid_t pid)
{
	uint64_t start = clock_now();

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return clock_now() - start;
}
