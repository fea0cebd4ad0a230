#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where a kernel's functions are when vm.sh boots it: prints the path of a file as
# /proc/kallsyms. A kernel is booted for that once, then the file is in the cache.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
cache=${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-${HOME-}/.cache}/tdxbench}/symbols
new='' vm=''

# The VM runs in the background, for bash hears signals only while it waits for that.
ask() {
	trap 'rm -f "$new"' EXIT
	trap 'leave 129' HUP
	trap 'leave 130' INT
	trap 'leave 143' TERM
	mkdir -p "$cache"
	new=$(mktemp "$cache/.new.XXXXXX")
	# shellcheck disable=SC2016	# the guest expands it
	"$here/vm.sh" --cpus 1 --mem 512 --kernel "$1" --results "$new" -- \
		sh -c 'cat /proc/kallsyms >"$TDXBENCH_RESULTS"' >&2 &
	vm=$!
	wait "$vm"
	mv "$new" "$2"
}

# shellcheck disable=SC2317	# called by trap
leave() {
	trap '' HUP INT TERM
	if [[ $vm ]]; then
		kill -TERM "$vm" 2>/dev/null || :
		wait "$vm" || :
	fi
	exit "$1"
}

if (($# != 1)) || [[ ! -r $1 ]]; then
	echo "kallsyms.sh: needs the path of one kernel image" >&2
	exit 129
fi

read -r sum _ < <(sha256sum <"$1")
symbols=$cache/$sum
if [[ ! -s $symbols ]]; then
	echo "asking the kernel where its functions are (once for each kernel)" >&2
	ask "$1" "$symbols"
fi
echo "$symbols"
