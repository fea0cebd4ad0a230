# SPDX-License-Identifier: GPL-2.0
#
# The tests. Whatever there is to test is a job: a command that prints TAP
# (KTAP from the VM), and tests/run.sh runs jobs side by side and counts.

include tests/unit/unit.mk
include tests/fuzz/fuzz.mk

# Programs that run in the VM, with the part of tdxbench that talks to the lab.
VM_TESTS := $(addprefix $(BUILD)/tests/vm/,test_lab test_defects test_hostile test_host test_kernel test_top soak update_lab ticker)
VM_TEST_OBJ := $(addprefix $(BUILD)/tests/vm/,ktap.o labtest.o storm.o hostile.o) \
	$(addprefix $(BUILD)/bench/,run/facts.o run/kallsyms.o measure/lab.o \
	measure/meminfo.o run/param.o measure/tails.o measure/verify.o)

# The longest first: it decides when all is done. Modules are loaded one after the
# other there, and with init_on_alloc=0 on pages as the one before has left them.
TEST_JOBS := tests/vm/gate.sh tests/vm/short.sh tests/vm/recipes.sh tests/vm/probe-cost.sh tests/vm/replay.sh \
	"tests/vm/lab.sh test_defects 4" tests/vm/slow.sh tests/vm/trace.sh tests/vm/top.sh tests/vm/host.sh \
	tests/cli/test_install.sh tests/cli/test_shell.sh \
	"tests/fuzz/fuzz.sh --seconds 30" tests/vm/soak.sh "tests/vm/lab.sh test_lab 4" \
	"tests/vm/lab.sh test_hostile 4" tests/cli/interrupt.sh \
	"tests/vm/lab.sh --append init_on_alloc=0 test_lab 1" $(UNIT_TESTS) \
	$(filter-out %/test_install.sh %/test_shell.sh,$(sort $(wildcard tests/cli/test_*.sh)))

.PHONY: test test-run unit soak check-style

# With all CPUs, unless the caller has said with how many.
test: setup
	@$(MAKE) $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc)) all test-programs
	@$(MAKE) --silent test-run

test-run:
	@BUILD=$(BUILD) tests/run.sh $(TEST_JOBS)

unit: $(UNIT_TESTS)
	@BUILD=$(BUILD) tests/run.sh $(UNIT_TESTS)

.PHONY: test-programs
test-programs: $(UNIT_TESTS) $(FUZZ_TARGETS) $(VM_TESTS) $(BUILD)/tests/cli/make_capture

# What tests/cli needs: captures of nothing that ever happened.
$(BUILD)/tests/cli/make_capture: tests/cli/make_capture.c tests/unit/fake_events.h \
		$(addprefix $(BUILD)/bench/trace/,capture.o event.o)
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -Ibench -o $@ $(filter-out %.h,$^) -ljansson -lzstd

$(BUILD)/tests/vm/%.o: tests/vm/%.c
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -Ibench -MMD -MP -c -o $@ $<

$(VM_TESTS): %: %.o $(VM_TEST_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(CC) -o $@ $^ -lcbor -lcrypto -lm -lpthread -lz

# For SOAK_SECONDS, 600 if not set; Ctrl-C ends it.
soak: setup
	@$(MAKE) module $(VM_TESTS)
	@BUILD=$(BUILD) tests/vm/soak.sh --seconds $(or $(SOAK_SECONDS),600)

check-style:
	@tests/check-style.sh

-include $(wildcard $(BUILD)/tests/vm/*.d)
