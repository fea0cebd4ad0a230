# SPDX-License-Identifier: GPL-2.0
#
# The tests. Whatever there is to test is a job: a command that prints TAP
# (KTAP from the VM), and tests/run.sh runs jobs side by side and counts.

include tests/unit/unit.mk

TEST_LAB := $(BUILD)/tests/vm/test_lab

# The longest first: it decides when all is done.
TEST_JOBS := tests/vm/short.sh "tests/vm/lab.sh 4" tests/cli/interrupt.sh "tests/vm/lab.sh 1" \
	$(UNIT_TESTS) $(sort $(wildcard tests/cli/test_*.sh))

.PHONY: test test-run unit check-style

# With all CPUs, unless the caller has said with how many.
test: setup
	@$(MAKE) $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc)) all test-programs
	@$(MAKE) --silent test-run

test-run:
	@BUILD=$(BUILD) tests/run.sh $(TEST_JOBS)

unit: $(UNIT_TESTS)
	@BUILD=$(BUILD) tests/run.sh $(UNIT_TESTS)

.PHONY: test-programs
test-programs: $(UNIT_TESTS) $(TEST_LAB)

# Runs in the VM, with the part of tdxbench that talks to the lab.
$(TEST_LAB): $(wildcard tests/vm/*.[ch]) $(addprefix bench/,lab.c lab.h param.c param.h verify.c verify.h clock.h)
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -o $@ $(filter %.c,$^) -lcbor -lcrypto -lm -lpthread

check-style:
	@tests/check-style.sh
