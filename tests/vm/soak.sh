#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything at once in a VM (soak.c). Without options a short run, always the
# same. With --seconds, runs with other seeds and on other numbers of CPUs until
# the time is over; the first that fails ends it, and is named.
set -euo pipefail

cd "$(dirname "$0")/../.."
cpus=4 seed=15 rounds=5

soak() { tests/vm/lab.sh soak "$cpus" "$seed" "$rounds"; }

# The same seed gives the same run, on the same build.
soak_for() {
	local runs=0 status

	rounds=40 seed=${SOAK_SEED:-$(date +%s)}
	for ((; SECONDS < $1; seed++)); do
		cpus=$((1 + seed % 4)) status=0
		soak || status=$?
		if ((status)); then
			echo "soak: failed, again with: tests/vm/lab.sh soak $cpus $seed $rounds" >&2
			exit "$status"
		fi
		runs=$((runs + 1))
	done
	echo "soak: $runs runs of $rounds rounds in $SECONDS s, none failed"
}

case ${1-} in
'') soak ;;
--seconds)
	[[ ${2-} =~ ^[1-9][0-9]{0,5}$ ]] || {
		echo "soak.sh: --seconds: '${2-}' is not a number from 1 to 999999" >&2
		exit 129
	}
	trap 'exit 130' INT
	soak_for "$2"
	;;
*)
	echo "usage: tests/vm/soak.sh [--seconds SECONDS]" >&2
	exit 129
	;;
esac
