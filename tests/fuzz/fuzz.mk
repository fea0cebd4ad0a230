# SPDX-License-Identifier: GPL-2.0
#
# Fuzz targets: every tests/fuzz/fuzz_*.c becomes a libFuzzer program under
# $(BUILD)/tests/fuzz, over the shim and the host of the unit tests, with ASan and
# UBSan. Wants what unit.mk defines; clang with its runtime (libclang-rt-dev).

FUZZ := $(BUILD)/tests/fuzz
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(FUZZ)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CC := clang
FUZZ_SRCS := tests/fuzz/fuzz.c $(HOST_SRCS) bench/verify.c
FUZZ_SANITIZERS := address,undefined

FUZZ_CFLAGS := $(filter-out -fsanitize=%,$(UNIT_KSHIM_CFLAGS)) -O2 -Itests/unit \
	-fsanitize=fuzzer-no-link,$(FUZZ_SANITIZERS) -fno-sanitize-recover=all \
	-Wno-gnu-variable-sized-type-not-at-end
# Seconds of `make fuzz`, over all targets.
FUZZ_SECONDS ?= 600

fuzz_objs = $(patsubst %.c,$(FUZZ)/obj/%.o,$(1) $(FUZZ_SRCS))

$(FUZZ)/obj/bench/%.o: FUZZ_CFLAGS := $(filter-out -include tests/unit/kshim/kshim.h,$(FUZZ_CFLAGS))

$(FUZZ)/obj/%.o: %.c | $(KSHIM_HEADERS)
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -c $< -o $@

$(FUZZ_TARGETS): $(FUZZ)/%: $(FUZZ)/obj/tests/fuzz/%.o $(call fuzz_objs)
	$(call msg,LINK,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SANITIZERS) -Wl,--wrap=tdx_emu_seamcall $^ -o $@ \
		-lcbor -lcrypto -lcmocka -lpthread

.SECONDARY: $(patsubst $(FUZZ)/%,$(FUZZ)/obj/tests/fuzz/%.o,$(FUZZ_TARGETS))

.PHONY: fuzz
fuzz: $(FUZZ_TARGETS)
	@BUILD=$(BUILD) tests/fuzz/fuzz.sh --seconds $(FUZZ_SECONDS) --keep

-include $(shell find $(FUZZ)/obj -name '*.d' 2>/dev/null)
