# SPDX-License-Identifier: GPL-2.0
#
# Manual pages and shell completion, made by the program from its own tables, and the
# places where all of it is installed.

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

### Installation: PREFIX/lib/tdxbench has the shape of the source tree, as far as it is
### needed to run, and bin/tdxbench is a link to the program there. So the program finds
### what is its own by itself, under any PREFIX. tdx_lab.ko belongs to a kernel: its
### sources are installed, and `tdxbench setup` builds it.

PREFIX	?= /usr/local
LIBDIR	:= $(PREFIX)/lib/tdxbench
MANDIR	:= $(PREFIX)/share/man
DOCDIR	:= $(PREFIX)/share/doc/tdxbench
BASHDIR	?= $(PREFIX)/share/bash-completion/completions
ZSHDIR	?= $(PREFIX)/share/zsh/site-functions

# For scripts/install.sh, which has the list of files.
INSTALL	:= BUILD='$(BUILD)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' \
	   MANDIR='$(MANDIR)' DOCDIR='$(DOCDIR)' BASHDIR='$(BASHDIR)' ZSHDIR='$(ZSHDIR)' \
	   scripts/install.sh

.PHONY: install uninstall deb
install: $(BUILD)/tdxbench $(BUILD)/count.so man completion
	$(call msg,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)$(INSTALL) install

uninstall:
	$(Q)$(INSTALL) uninstall

# Needs debhelper, and installs it if it is not there.
deb:
	@BUILD='$(BUILD)' scripts/deb.sh
