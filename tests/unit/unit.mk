# SPDX-License-Identifier: GPL-2.0
#
# Unit tests: every tests/unit/test_*.c becomes an executable of its own under
# $(BUILD)/tests/unit, with ASan and UBSan. Wants BUILD, CC, Q and msg.
#
#   test_<name>_SRCS     what it is linked with
#   test_<name>_LIBS     libraries
#   test_<name>_LDFLAGS  other options of the linker
#
# Tests that name kernel sources are compiled as those are: over the shim.

UNIT := $(BUILD)/tests/unit
UNIT_TESTS := $(patsubst tests/unit/%.c,$(UNIT)/%,$(wildcard tests/unit/test_*.c))

# --- what is tested with what ---

KSHIM_SRCS := tests/unit/kshim/kshim.c
KSHIM_CRYPTO_SRCS := $(KSHIM_SRCS) tests/unit/kshim/crypto_openssl.c
# The whole software TDX module, and the quoting path over it. What passes time
# and what needs the kernel's crypto or threads is the shim's own.
KSHIM_EMU_SRCS := $(KSHIM_CRYPTO_SRCS) tests/unit/kshim/engine.c \
	$(filter-out %/engine.c %/work.c %/hash.c %/ecdsa.c,$(wildcard kernel/emu/*.c))
KSHIM_PATH_SRCS := $(KSHIM_EMU_SRCS) $(wildcard kernel/tdx_*.c) \
	$(addprefix kernel/lab/,seamcall.c bringup.c update.c alone.c)

test_hist_SRCS := bench/collect/hist.c
test_top_model_SRCS := bench/top/model.c bench/collect/hist.c
test_top_view_SRCS := bench/top/view.c bench/top/page.c bench/top/json.c bench/top/model.c bench/collect/hist.c
test_top_view_LIBS := -ljansson
test_screen_SRCS := bench/top/screen.c
test_tails_SRCS := bench/measure/tails.c
test_stats_SRCS := $(addprefix bench/,compare/stats.c result/view.c result/result_read.c run/param.c)
test_stats_LIBS := -ljansson
test_blame_SRCS := $(addprefix bench/,compare/blame.c result/view.c result/result_read.c run/param.c)
test_blame_LIBS := -ljansson
test_compare_SRCS := $(wildcard bench/compare/compare*.c) \
	$(addprefix bench/,compare/runs.c compare/alike.c compare/blame.c compare/stats.c \
	result/result.c result/result_read.c result/text.c result/view.c result/whole.c report/table.c report/side.c \
	report/findings.c collect/hist.c run/place.c run/param.c)
test_compare_LIBS := -ljansson -lcrypto
test_result_SRCS := $(wildcard bench/export/*.c) $(addprefix bench/,result/result.c result/result_read.c result/text.c result/view.c result/whole.c report/table.c \
	report/side.c compare/alike.c report/findings.c report/plot.c report/html.c \
	collect/hist.c run/place.c run/param.c)
test_result_LIBS := -ljansson -lcrypto
test_flame_SRCS := bench/count/flame.c bench/result/whole.c
test_flame_LIBS := -ljansson
test_param_SRCS := bench/run/param.c
test_suite_SRCS := $(addprefix bench/,run/suite.c run/keyfile.c run/profile.c run/param.c run/place.c)
test_suite_LIBS := -linih
test_observe_SRCS := bench/observe/parse.c
test_observe_LIBS := -ljansson
test_options_SRCS := bench/command/options.c bench/run/param.c
test_count_SRCS := $(addprefix bench/,count/count_read.c count/symbols.c result/result.c \
	result/result_read.c result/text.c result/whole.c collect/hist.c run/param.c)
test_count_LIBS := -ljansson -lelf -lcrypto
test_ledger_SRCS := bench/tcg/ledger.c bench/tcg/map.c
test_steps_SRCS := $(addprefix bench/,history/steps.c history/levels.c compare/stats.c result/view.c \
	result/result_read.c run/param.c)
test_steps_LIBS := -ljansson
test_history_SRCS := $(addprefix bench/,history/history.c history/history_add.c history/history_db.c \
	history/history_pack.c history/history_steps.c history/steps.c history/levels.c \
	compare/stats.c compare/alike.c run/interrupt.c result/result.c \
	result/result_read.c result/text.c result/view.c result/whole.c collect/hist.c run/place.c run/param.c)
test_history_LIBS := -ljansson -lsqlite3 -lzstd -lcrypto
test_replay_SRCS := $(wildcard bench/replay/*.c) $(addprefix bench/,trace/capture.c trace/capture_read.c \
	run/interrupt.c trace/event.c run/param.c run/profile.c run/keyfile.c run/place.c)
test_replay_LIBS := -ljansson -lzstd -linih
test_slow_SRCS := $(wildcard bench/slow/*.c bench/trace/print*.c) \
	$(addprefix bench/,trace/quotes.c trace/event.c \
	collect/hist.c result/result.c result/result_read.c result/text.c result/whole.c run/param.c)
test_slow_LIBS := -ljansson -lcrypto

test_trace_quotes_SRCS := $(addprefix bench/trace/,quotes.c order.c event.c)
test_capture_SRCS := $(addprefix bench/,trace/capture.c trace/capture_read.c trace/event.c trace/tally.c \
	run/interrupt.c collect/collect_clear.c collect/hist.c)
test_capture_LIBS := -ljansson -lzstd

test_lists_SRCS := $(KSHIM_SRCS) kernel/emu/lists.c
test_token_SRCS := $(KSHIM_CRYPTO_SRCS) kernel/emu/lists.c kernel/emu/report.c \
	kernel/emu/token.c bench/measure/verify.c
test_token_LIBS := -lcbor -lcrypto

test_module_SRCS := $(KSHIM_EMU_SRCS) bench/measure/verify.c
test_module_LIBS := -lcbor -lcrypto
test_boot_SRCS := $(KSHIM_EMU_SRCS)
test_boot_LIBS := -lcrypto

# host.c stands between the path and the module, to look and to interfere.
HOST_SRCS := $(KSHIM_PATH_SRCS) tests/unit/host.c
test_bringup_SRCS := $(HOST_SRCS)
test_bringup_LIBS := -lcrypto
GUEST_SRCS := $(HOST_SRCS) tests/unit/guest.c bench/measure/verify.c
$(foreach test,getquote policy faults update,$(eval test_$(test)_SRCS := $(GUEST_SRCS)) \
	$(eval test_$(test)_LIBS := -lcbor -lcrypto))
$(foreach test,bringup getquote policy faults update,$(eval test_$(test)_LDFLAGS := -Wl,--wrap=tdx_emu_seamcall))

test_kvm_SRCS := $(KSHIM_SRCS) kernel/linux-7.3/kvm/tdx_quote.c

# --- how ---

UNIT_CFLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror -MMD -MP \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
UNIT_USER_CFLAGS := $(UNIT_CFLAGS) -Ibench -Ibpf
# The kernel does without these warnings as well.
UNIT_KSHIM_CFLAGS := $(UNIT_CFLAGS) -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers \
	-include tests/unit/kshim/kshim.h -Itests/unit/kshim -Ikernel/include -I$(UNIT)/include -Ikernel -Ibench
KSHIM_HEADERS := $(UNIT)/include/.made

# The shim, if this test needs it.
unit_kshim = $(filter kernel/% tests/unit/kshim/%,$($(1)_SRCS))
unit_objs = $(patsubst %.c,$(UNIT)/obj/%.o,tests/unit/$(1).c $($(1)_SRCS))

define unit_compile
$(call msg,CC,$@)
$(Q)mkdir -p $(@D)
$(Q)$(CC) $(1) -c $< -o $@
endef

# The shim has it all in kshim.h; what sources include of the kernel's own
# headers, and neither user space nor we have, is there but empty.
$(KSHIM_HEADERS): $(wildcard kernel/*.[ch] kernel/emu/*.[ch] kernel/lab/*.[ch] \
		kernel/include/asm/*.h kernel/include/asm/shared/*.h tracepoints/*.h)
	@mkdir -p $(@D)
	@grep -hoE '^#include <(linux|asm|trace)/[^>]+>' $^ | sort -u | tr -d '<>' | \
	while read -r _ header; do \
		echo "#include <$$header>" | $(CC) -E - >/dev/null 2>&1 || \
		test -e tests/unit/kshim/$$header || test -e kernel/include/$$header || \
		{ mkdir -p $(@D)/$${header%/*} && : > $(@D)/$$header; }; \
	done
	@touch $@

$(UNIT)/obj/kernel/%.o: kernel/%.c | $(KSHIM_HEADERS)
	$(call unit_compile,$(UNIT_KSHIM_CFLAGS))

$(UNIT)/obj/tests/unit/kshim/%.o: tests/unit/kshim/%.c | $(KSHIM_HEADERS)
	$(call unit_compile,$(UNIT_KSHIM_CFLAGS))

$(UNIT)/obj/tests/unit/host.o $(UNIT)/obj/tests/unit/guest.o: $(UNIT)/obj/%.o: %.c | $(KSHIM_HEADERS)
	$(call unit_compile,$(UNIT_KSHIM_CFLAGS))

$(UNIT)/obj/tests/unit/%.o: tests/unit/%.c | $(KSHIM_HEADERS)
	$(call unit_compile,$(if $(call unit_kshim,$*),$(UNIT_KSHIM_CFLAGS),$(UNIT_USER_CFLAGS)))

$(UNIT)/obj/%.o: %.c
	$(call unit_compile,$(UNIT_USER_CFLAGS))

define unit_link
$(UNIT)/$(1): $(call unit_objs,$(1))
	$$(call msg,LINK,$$@)
	$$(Q)$$(CC) $(UNIT_CFLAGS) $($(1)_LDFLAGS) $$^ -o $$@ $($(1)_LIBS) -lcmocka -lpthread -lm
endef
$(foreach test,$(notdir $(UNIT_TESTS)),$(eval $(call unit_link,$(test))))

-include $(shell find $(UNIT)/obj -name '*.d' 2>/dev/null)
