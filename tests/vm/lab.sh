#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tests of the lab module, in a VM with as many CPUs as the argument says.
set -euo pipefail

cd "$(dirname "$0")/../.."
build=${BUILD:-build}
cpus=${1:?usage: tests/vm/lab.sh CPUS}

exec scripts/vm.sh --cpus "$cpus" --mem 768 --file "$build/tests/vm/test_lab:/bin/test_lab:755" \
	--file "$build/tdx_lab.ko:/lib/tdx_lab.ko:644" -- test_lab
