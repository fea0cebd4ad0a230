# SPDX-License-Identifier: GPL-2.0
#
# Manual pages and shell completion, made by the program from its own tables.

.PHONY: man completion
all: man completion

### Manual pages: a command's table and help, and what bench/man says beyond

MAN	:= $(BUILD)/man

man: $(MAN)/.made

$(MAN)/.made: $(BUILD)/tdxbench $(wildcard bench/man/*.mdoc) tracepoints/tdx_ext.7
	$(call msg,MAN,$(MAN))
	$(Q)rm -rf $(MAN) && mkdir -p $(MAN)
	$(Q)set -e; for page in $$($(BUILD)/tdxbench --man); do \
		$(BUILD)/tdxbench --man $$page >$(MAN)/$$page.1; done
	$(Q)cp tracepoints/tdx_ext.7 $(MAN)/
	$(Q)touch $@

### Completion of command lines

COMPLETION := $(BUILD)/completion

completion: $(COMPLETION)/tdxbench $(COMPLETION)/_tdxbench

$(COMPLETION)/tdxbench: SHELL_NAME := bash
$(COMPLETION)/_tdxbench: SHELL_NAME := zsh
$(COMPLETION)/tdxbench $(COMPLETION)/_tdxbench: $(BUILD)/tdxbench $(wildcard bench/suites/*.ini)
	$(call msg,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BUILD)/tdxbench --completion $(SHELL_NAME) >$@
