/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KTAP for tests that run inside the VM: one function a test, numbered and
 * reported by ktap_run().
 */
#ifndef TESTS_VM_KTAP_H
#define TESTS_VM_KTAP_H

#include <stdbool.h>

/* A test that cannot be made says why in @skip, and has no function. */
struct ktap_test {
	const char *name;
	void (*run)(void);
	const char *skip;
};

/* Marks the running test as failed and says why; the test goes on. */
void ktap_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define EXPECT(condition)							\
	({									\
		bool met_ = (condition);					\
										\
		if (!met_)							\
			ktap_fail(__FILE__, __LINE__, "expected %s", #condition);	\
		met_;								\
	})

#define EXPECT_EQUAL(seen, wanted)						\
	({									\
		unsigned long long seen_ = (seen), wanted_ = (wanted);		\
										\
		if (seen_ != wanted_)						\
			ktap_fail(__FILE__, __LINE__, "%s is 0x%llx, expected 0x%llx",	\
				  #seen, seen_, wanted_);			\
		seen_ == wanted_;						\
	})

/* The running test cannot be made here after all, which is no failure. */
void ktap_skip(const char *why);

/* Exit status: 0 when all passed. A table ends with a test without a name. */
int ktap_run(const struct ktap_test *tests);

/* The same without a table: so many tests, each ended by what there is to say of it. */
void ktap_begin(unsigned int count);
bool ktap_failed(void);		/* the running test, so far */
void ktap_end(const char *format, ...) __attribute__((format(printf, 1, 2)));
int ktap_status(void);

#endif /* TESTS_VM_KTAP_H */
