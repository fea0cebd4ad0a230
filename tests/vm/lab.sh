#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One of the programs that test the lab module, in a VM with so many CPUs, and with
# kernel arguments if need be.
set -euo pipefail

cd "$(dirname "$0")/../.."
build=${BUILD:-build}
usage='usage: tests/vm/lab.sh [--append ARGS] PROGRAM CPUS [ARGUMENT]...'
append=()
if [[ ${1-} == --append ]]; then
	append=(--append "${2:?$usage}")
	shift 2
fi
program=${1:?$usage} cpus=${2:?$usage}
shift 2

exec scripts/vm.sh "${append[@]}" --cpus "$cpus" --mem 768 \
	--file "$build/tests/vm/$program:/bin/$program:755" \
	--file "$build/tdx_lab.ko:/lib/tdx_lab.ko:644" -- "$program" "$@"
