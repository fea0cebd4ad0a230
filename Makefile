# SPDX-License-Identifier: GPL-2.0
#
# tdxbench. `make bench` measures, `make test` tests; both set up what is
# missing first. `make help` lists the rest.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:

BUILD	:= build
CACHE	:= $(or $(TDXBENCH_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tdxbench)
KDIR	?= $(CACHE)/kernel/current/build

# V=1 shows commands.
ifeq ($(V),1)
Q	:=
msg	=
else
Q	:= @
msg	= @printf '  %-7s %s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$(2))';
MAKEFLAGS += --no-print-directory
endif

CC	:= gcc
VERSION	:= $(shell git describe --always --dirty 2>/dev/null || echo unknown)
COMMIT	:= $(shell git rev-parse HEAD 2>/dev/null)
COMMIT_TIME := $(shell TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd 2>/dev/null)
CFLAGS	:= -std=gnu11 -O2 -g -D_GNU_SOURCE -Wall -Wextra -Werror \
	   -ffile-prefix-map=$(CURDIR)=. $(EXTRA_CFLAGS)
CPPFLAGS := -I$(BUILD)/bpf -Ibpf -Ibench
LDLIBS	:= -lbpf -lelf -lz -lzstd -ljansson -lsqlite3 -linih -lcbor -lcrypto -lm -lpthread

.PHONY: all setup bench test clean help module
all: $(BUILD)/tdxbench $(BUILD)/count.so module

### Set-up: once, silent when there is nothing to do

setup:
	@scripts/setup.sh

### The lab module

LAB	:= $(BUILD)/lab
KSRC	:= $(shell scripts/module.sh --list)

module: $(BUILD)/tdx_lab.ko

$(BUILD)/tdx_lab.ko: $(KSRC) scripts/module.sh
	$(call msg,MODULE,$@)
	+$(Q)MAKE='$(MAKE)' V=$(V) scripts/module.sh $(KDIR) $(LAB) $@

### BPF programs

include bpf/bpf.mk

### tdxbench

BENCH_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out bench/tcg/%,$(wildcard bench/*.c bench/*/*.c)))

$(BUILD)/bench/%.o: bench/%.c | $(BPF_SKELETONS)
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Only these see the version, so that a commit does not rebuild everything.
$(BUILD)/bench/main.o $(BUILD)/bench/run/environment.o: CPPFLAGS += \
	-DTDXBENCH_VERSION='"$(VERSION)"' -DTDXBENCH_COMMIT='"$(COMMIT)"' \
	-DTDXBENCH_COMMIT_TIME='"$(COMMIT_TIME)"' -DTDXBENCH_COMPILER='"$(shell $(CC) --version 2>/dev/null | head -n 1)"'
$(BUILD)/bench/main.o $(BUILD)/bench/run/environment.o: $(BUILD)/.version

# Pages and style are linked in as they are.
$(BUILD)/bench/dashboard/dashboard.o: $(wildcard bench/dashboard/*)

$(BUILD)/.version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION) $(COMMIT)' | cmp -s - $@ || echo '$(VERSION) $(COMMIT)' >$@
FORCE:

$(BUILD)/tdxbench: $(BENCH_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

### The plugin for QEMU that counts instructions. From QEMU 9.1 on an instruction's
### bytes are asked for in another way, and old interfaces are gone some day. So it is
### built for the QEMU that is there, and again when there is another one.

QEMU_PLUGIN_VERSION := $(or $(shell qemu-system-x86_64 --version 2>/dev/null | awk '{ \
	split($$4, v, "."); n = v[1] * 100 + v[2]; print (n >= 901 ? 3 : n >= 900 ? 2 : 1); exit }'),1)
COUNT_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/tcg/*.c))

$(COUNT_OBJ): CFLAGS += -fPIC -fvisibility=hidden -DQEMU_PLUGIN_VERSION=$(QEMU_PLUGIN_VERSION)
$(COUNT_OBJ): $(BUILD)/.plugin-version

$(BUILD)/.plugin-version: FORCE
	@mkdir -p $(@D)
	@echo '$(QEMU_PLUGIN_VERSION)' | cmp -s - $@ || echo '$(QEMU_PLUGIN_VERSION)' >$@

$(BUILD)/bench/tcg/%.o: bench/tcg/%.c
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/count.so: $(COUNT_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -shared -o $@ $^

### Linux 7.3 with the quoting path. KDIR= is a source tree here, if somebody gives it.

KERNEL	:= $(if $(filter-out file,$(origin KDIR)),KDIR='$(KDIR)') BUILD=$(BUILD) scripts/kernel.sh

.PHONY: kernel kernel-check kernel-check-files kernel-test kernel-debug-test kernel-clean
kernel:
	@$(KERNEL) build

kernel-check:
	@$(KERNEL) check

kernel-check-files:
	@$(KERNEL) files

kernel-test: setup
	@$(MAKE) $(BUILD)/tdxbench $(VM_TESTS)
	@$(KERNEL) test

kernel-debug-test: setup
	@$(MAKE) $(BUILD)/tdxbench $(VM_TESTS)
	@$(KERNEL) test --flavour debug

kernel-clean:
	$(Q)rm -rf $(BUILD)/kernel

### What people type

bench: setup
	@$(MAKE) all
	@$(BUILD)/tdxbench run

# What has changed since this work left BASE, by default the main branch.
.PHONY: gate
gate: setup
	@$(MAKE) $(BUILD)/tdxbench
	@$(BUILD)/tdxbench ab $(if $(BASE),--base '$(BASE)...')

# CMD is for the guest's shell, as it was typed here.
.PHONY: shell
shell: export COMMAND = $(value CMD)
shell: setup
	@$(MAKE) --silent $(BUILD)/tdxbench module
	@BUILD=$(BUILD) scripts/shell.sh $(if $(GUESTS),--guests '$(GUESTS)') $(if $(CPUS),--cpus '$(CPUS)') \
		$(if $(CLOCK),--clock '$(CLOCK)') $(if $(value CMD),-- "$$COMMAND")

# What documents show of commands, made anew by what HEAD builds.
.PHONY: captures
captures: setup
	@BUILD=$(BUILD) scripts/captures.sh

# Of HEAD, with nothing changed.
.PHONY: reference
reference: setup
	@$(MAKE) all
	@BUILD=$(BUILD) scripts/reference.sh

# Kernels are the work of many minutes: make kernel-clean removes them.
clean:
	$(Q)rm -rf $(filter-out $(BUILD)/kernel,$(wildcard $(BUILD)/* $(BUILD)/.[!.]*))
	@! test -e $(BUILD)/kernel || echo '$(BUILD)/kernel stays; make kernel-clean removes it'

help:
	@echo 'make bench   set up, build, run the quick suite in a VM, report in results/latest'
	@echo 'make gate    did what changed since BASE (default: the main branch) make anything worse?'
	@echo 'make shell   a shell in a VM where GUESTS (8) ask for quotes, with perf, bpftrace, trace-cmd;'
	@echo '             with CMD= a command there; CPUS= (2), CLOCK=virtual'
	@echo 'make test    set up, build, run all tests'
	@echo 'make         build only; make setup installs what that needs'
	@echo 'make fuzz    fuzz the module and the path for FUZZ_SECONDS (600), in user space'
	@echo 'make soak    all at once in VMs for SOAK_SECONDS (600)'
	@echo 'make reference  run the quick suite at HEAD and keep it in results/reference'
	@echo 'make captures   what documents show of top and trace, made anew'
	@echo 'make man     manual pages, in $(BUILD)/man'
	@echo 'make install, make uninstall   below PREFIX (/usr/local), or DESTDIR before it'
	@echo 'make deb     a Debian package, in $(BUILD)'
	@echo 'make clean   remove $(BUILD), but for kernels'
	@echo
	@echo 'make kernel  Linux 7.3 with the quoting path in it, for the VM, in $(BUILD)/kernel/vm'
	@echo 'make kernel-check        checkpatch, sparse, W=1, kernel-doc, git am: patches and files'
	@echo 'make kernel-check-files  prove that the files in that tree are those of kernel/'
	@echo 'make kernel-test         boot it: bring-up, quotes, updates, the quick suite, live tools'
	@echo 'make kernel-debug-test   the same with KASAN, lockdep and kmemleak'
	@echo 'make kernel-clean        remove $(BUILD)/kernel'
	@echo 'scripts/kernel.sh --help tells more, as how to put it into a tree of yours'
	@echo
	@echo 'V=1 shows commands; KDIR= builds tdx_lab.ko for another kernel,'
	@echo 'and with make kernel it is the source tree to take'

-include $(wildcard $(BUILD)/bench/*.d $(BUILD)/bench/*/*.d)

include scripts/install.mk
include tests/tests.mk
