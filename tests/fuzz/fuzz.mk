# SPDX-License-Identifier: GPL-2.0
#
# Fuzz targets: every tests/fuzz/fuzz_*.c becomes a libFuzzer program under
# $(BUILD)/tests/fuzz, with ASan and UBSan: over the shim and the host of the unit
# tests, or, where it says what it is linked with, in user space like a unit test.
# Wants what unit.mk defines; clang with its runtime (libclang-rt-dev).

FUZZ := $(BUILD)/tests/fuzz
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(FUZZ)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CC := clang
FUZZ_SRCS := tests/fuzz/fuzz.c $(HOST_SRCS) bench/measure/verify.c
FUZZ_SANITIZERS := address,undefined

fuzz_result_SRCS := $(test_result_SRCS)
fuzz_result_LIBS := $(test_result_LIBS) -lm
fuzz_capture_SRCS := $(addprefix bench/,trace/capture_read.c trace/event.c trace/quotes.c \
	run/interrupt.c trace/tally.c trace/print.c trace/print_json.c collect/collect_clear.c collect/hist.c \
	result/text.c result/result.c result/result_read.c result/whole.c run/param.c)
fuzz_capture_LIBS := -ljansson -lzstd -lcrypto -lm
FUZZ_USER_TARGETS := $(FUZZ)/fuzz_result $(FUZZ)/fuzz_capture

FUZZ_MODE := -O2 -Itests/unit -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZERS) \
	-fno-sanitize-recover=all -Wno-gnu-variable-sized-type-not-at-end
FUZZ_CFLAGS := $(filter-out -fsanitize=%,$(UNIT_KSHIM_CFLAGS)) $(FUZZ_MODE)
FUZZ_USER_CFLAGS := $(filter-out -fsanitize=%,$(UNIT_USER_CFLAGS)) $(FUZZ_MODE)
# Seconds of `make fuzz`, over all targets.
FUZZ_SECONDS ?= 600

fuzz_objs = $(patsubst %.c,$(FUZZ)/obj/%.o,$(1))

$(FUZZ)/obj/bench/%.o: FUZZ_CFLAGS := $(FUZZ_USER_CFLAGS)
$(FUZZ_USER_TARGETS:$(FUZZ)/%=$(FUZZ)/obj/tests/fuzz/%.o): FUZZ_CFLAGS := $(FUZZ_USER_CFLAGS)

$(FUZZ)/obj/%.o: %.c | $(KSHIM_HEADERS)
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -c $< -o $@

define fuzz_link
$(call msg,LINK,$@)
$(Q)$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SANITIZERS) $(1) $^ -o $@ $(2)
endef

$(filter-out $(FUZZ_USER_TARGETS),$(FUZZ_TARGETS)): $(FUZZ)/%: $(FUZZ)/obj/tests/fuzz/%.o $(call fuzz_objs,$(FUZZ_SRCS))
	$(call fuzz_link,-Xlinker --wrap=tdx_emu_seamcall,-lcbor -lcrypto -lcmocka -lpthread)

define fuzz_user_target
$(1): $(call fuzz_objs,tests/fuzz/$(notdir $(1)).c $($(notdir $(1))_SRCS))
	$$(call fuzz_link,,$($(notdir $(1))_LIBS))
endef
$(foreach target,$(FUZZ_USER_TARGETS),$(eval $(call fuzz_user_target,$(target))))

.SECONDARY: $(patsubst $(FUZZ)/%,$(FUZZ)/obj/tests/fuzz/%.o,$(FUZZ_TARGETS))

.PHONY: fuzz
fuzz: $(FUZZ_TARGETS)
	@BUILD=$(BUILD) tests/fuzz/fuzz.sh --seconds $(FUZZ_SECONDS) --keep

-include $(shell find $(FUZZ)/obj -name '*.d' 2>/dev/null)
