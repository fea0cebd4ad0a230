# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh test: what is built is brought up to date, and booted.

verb_test() {
	verb_build
	has INTEL_TDX_MODULE_EMU || die 77 "$out has no software TDX module (CONFIG_INTEL_TDX_MODULE_EMU) to test"
	BUILD=${work%/kernel} tests/vm/kernel.sh "$out"
}
