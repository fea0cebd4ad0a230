# SPDX-License-Identifier: GPL-2.0
#
# Unit tests: every tests/unit/test_*.c becomes an executable of its own under
# build/tests/unit, with ASan and UBSan. "make unit" runs them all.
#
#   test_<name>_SRCS   what it is linked with
#   test_<name>_LIBS   libraries
#
# Tests that name kernel sources are compiled as those are: over the shim.

unit:

UNIT := build/tests/unit
UNIT_TESTS := $(patsubst tests/unit/%.c,$(UNIT)/%,$(wildcard tests/unit/test_*.c))

# --- what is tested with what ---

KSHIM_SRCS := tests/unit/kshim/kshim.c
KSHIM_CRYPTO_SRCS := $(KSHIM_SRCS) tests/unit/kshim/crypto_openssl.c
# The whole software TDX module, and the quoting path over it.
KSHIM_EMU_SRCS := $(KSHIM_CRYPTO_SRCS) tests/unit/kshim/engine.c \
	$(filter-out %/engine.c %/crypto.c,$(wildcard kernel/emu/*.c))
KSHIM_PATH_SRCS := $(KSHIM_EMU_SRCS) $(wildcard kernel/tdx_*.c) kernel/lab/seamcall.c

test_lists_SRCS := $(KSHIM_SRCS) kernel/emu/lists.c
test_token_SRCS := $(KSHIM_CRYPTO_SRCS) kernel/emu/lists.c kernel/emu/report.c \
	kernel/emu/token.c bench/verify.c
test_token_LIBS := -lcbor -lcrypto

# --- how ---

UNIT_CFLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror -MMD -MP \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
UNIT_USER_CFLAGS := $(UNIT_CFLAGS) -Ibench -Ibpf
# The kernel does without these two warnings as well.
UNIT_KSHIM_CFLAGS := $(UNIT_CFLAGS) -Wno-unused-parameter -Wno-sign-compare \
	-include tests/unit/kshim/kshim.h -Itests/unit/kshim -I$(UNIT)/include -Ikernel -Ibench
KSHIM_HEADERS := $(UNIT)/include/.made

# Does this test, by name, need the shim?
unit_needs_kshim = $(filter kernel/% tests/unit/kshim/%,$($(1)_SRCS))
unit_objs = $(patsubst %.c,$(UNIT)/obj/%.o,tests/unit/$(1).c $($(1)_SRCS))
# Commands are shown with V=1.
unit_say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)';)
unit_compile = $(call unit_say,CC,$<) mkdir -p $(@D) && $(CC) $(1) -c $< -o $@

# The shim has it all in kshim.h; what sources include of the kernel's own
# headers, and user space has not, is there but empty.
$(KSHIM_HEADERS): $(wildcard kernel/*.[ch] kernel/emu/*.[ch] kernel/lab/seamcall.c tracepoints/*.h)
	@mkdir -p $(@D)
	@grep -hoE '^#include <(linux|asm|trace)/[^>]+>' $^ | sort -u | tr -d '<>' | \
	while read -r _ header; do \
		echo "#include <$$header>" | $(CC) -E - >/dev/null 2>&1 || \
		test -e tests/unit/kshim/$$header || \
		{ mkdir -p $(@D)/$${header%/*} && : > $(@D)/$$header; }; \
	done
	@touch $@

$(UNIT)/obj/kernel/%.o: kernel/%.c | $(KSHIM_HEADERS)
	$(call unit_compile,$(UNIT_KSHIM_CFLAGS))

$(UNIT)/obj/tests/unit/kshim/%.o: tests/unit/kshim/%.c | $(KSHIM_HEADERS)
	$(call unit_compile,$(UNIT_KSHIM_CFLAGS))

$(UNIT)/obj/tests/unit/%.o: tests/unit/%.c | $(KSHIM_HEADERS)
	$(call unit_compile,$(if $(call unit_needs_kshim,$*),$(UNIT_KSHIM_CFLAGS),$(UNIT_USER_CFLAGS)))

$(UNIT)/obj/%.o: %.c
	$(call unit_compile,$(UNIT_USER_CFLAGS))

define unit_link
$(UNIT)/$(1): $(call unit_objs,$(1))
	$$(call unit_say,LINK,$$@) $$(CC) $(UNIT_CFLAGS) $$^ -o $$@ $($(1)_LIBS) -lcmocka -lpthread -lm
endef
$(foreach test,$(notdir $(UNIT_TESTS)),$(eval $(call unit_link,$(test))))

# One line for each executable; all of its output if it failed.
unit: $(UNIT_TESTS)
	@failed=0; \
	for test in $^; do \
		if out=$$("$$test" 2>&1); then \
			echo "PASS $${test##*/}: $$(grep -c '       OK ' <<< "$$out") tests"; \
		else \
			failed=1; printf '%s\n' "$$out"; echo "FAIL $${test##*/}"; \
		fi; \
	done; \
	exit $$failed
unit: SHELL := /bin/bash

-include $(shell find $(UNIT)/obj -name '*.d' 2>/dev/null)

.PHONY: unit
.DELETE_ON_ERROR:
