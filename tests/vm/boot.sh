# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by tests that boot a VM for tdxbench on a lab: options of vm.sh, in $lab, for
# tdxbench, tdx_lab.ko and the kernel. That is the cached one; in a test that is called
# with a DIRECTORY of scripts/kernel.sh, what has been built there, path and events in it.
lab=(--file "$bench:/bin/tdxbench:755")
if [[ ${1-} ]]; then
	lab+=(--kernel "$1/vmlinux" --append "$(<"$1/cmdline")" --module "$1/tdx_lab.ko")
else
	lab+=(--module "${BUILD:-build}/tdx_lab.ko")
fi
