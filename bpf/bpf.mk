# SPDX-License-Identifier: GPL-2.0
#
# Every bpf/<name>.bpf.c becomes a skeleton, $(BUILD)/bpf/<name>.skel.h with
# struct <name>_bpf. Wants BUILD, Q and msg.

CLANG		?= clang
LLVM_STRIP	?= llvm-strip
BPFTOOL		?= $(firstword $(shell command -v bpftool) /usr/sbin/bpftool)

# linux/types.h wants asm/types.h, which lies in the host's own directory. The
# arguments of an event are given by the kernel, used or not.
BPF_CFLAGS	:= -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter \
		   -ffile-prefix-map=$(CURDIR)=. \
		   -idirafter /usr/include/$(shell $(CC) -print-multiarch 2>/dev/null)
BPF_SKELETONS	:= $(patsubst bpf/%.bpf.c,$(BUILD)/bpf/%.skel.h,$(wildcard bpf/*.bpf.c))

# Not intermediate files: they are what dependencies belong to.
.SECONDARY: $(BPF_SKELETONS) $(BPF_SKELETONS:.skel.h=.bpf.o)

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c bpf/bpf.mk
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<
	$(Q)$(LLVM_STRIP) -g $@

$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf >$@

-include $(BPF_SKELETONS:.skel.h=.bpf.d)
