#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The quoting path inside a Linux 7.3 tree: get the sources, put kernel/ and the
# patches of kernel/linux-7.3 into them, build, check, test, hand over. Each verb
# does what it needs first, and nothing that is done already.
set -Eeuo pipefail

caller=$PWD
cd "$(dirname "$(readlink -f "$0")")/.."
# shellcheck source=scripts/debian.sh
source scripts/debian.sh
# shellcheck source=scripts/kernel/source.sh
source scripts/kernel/source.sh
# shellcheck source=scripts/kernel/tree.sh
source scripts/kernel/tree.sh
# shellcheck source=scripts/kernel/build.sh
source scripts/kernel/build.sh
# shellcheck source=scripts/kernel/files.sh
source scripts/kernel/files.sh
# shellcheck source=scripts/kernel/apply.sh
source scripts/kernel/apply.sh
# shellcheck source=scripts/kernel/check.sh
source scripts/kernel/check.sh
# shellcheck source=scripts/kernel/test.sh
source scripts/kernel/test.sh

me=kernel.sh
cache=${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-${HOME-}/.cache}/tdxbench}
port=kernel/linux-7.3
work=${BUILD:-build}/kernel
tree=$work/tree
flavour=vm
quiet=
tmp=
options=()	# of apply

packages=(
	gcc libc6-dev make git
	bc bison flex libelf-dev libssl-dev zlib1g-dev	# Linux
	pahole kmod cpio xz-utils
	perl python3 sparse				# check
)

usage() {
	cat <<USAGE
Usage: scripts/kernel.sh VERB [OPTION]...

Linux 7.3 with the quoting path in it.

  source         get Debian's newest Linux 7.3 sources into the cache, once
  tree           $tree: the sources with our files and patches
  build          the tree's bzImage, vmlinux and modules, in $work/FLAVOUR
  files          prove that the tree has the very files of kernel/, and no other change
  check          W=1, sparse, checkpatch, kernel-doc and git am over files and patches
  test           boot the build in QEMU: bring-up, quotes, updates, the quick suite, live tools
  map            print which of our files go where in a tree
  apply DIR      put files and patches into a Linux tree of yours, all or nothing

  --flavour NAME build, test: vm (default), debug (KASAN, lockdep and more; slow), or
                 server (build only: the running kernel's configuration and ours)
  --am           apply: as commits, with git am
  --reverse      apply: take them out again
  -q             print errors only
  -h, --help     this text

Environment: KDIR=DIR is a Linux source tree to use instead of Debian's; it is not
changed. KCONFIG=FILE is a configuration for build to start from.
TDXBENCH_CACHE=DIR is where sources are kept ($cache).

Examples:
  scripts/kernel.sh build
  KDIR=~/linux scripts/kernel.sh build --flavour debug
  KCONFIG=/boot/config-6.12.0 scripts/kernel.sh build --flavour server
  scripts/kernel.sh apply --am ~/linux

Exit status: 0 done, 1 error, 77 cannot be done here, 129 usage.
USAGE
}

main() {
	parse_options "$@"
	# What a make above us was told is not for the kernel's make.
	export -n BUILD KDIR KCONFIG
	unset MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
	"verb_$verb" "${arguments[@]}"
}

parse_options() {
	local word

	verb='' arguments=()
	while (($#)); do
		word=$1
		shift
		case $word in
		-h | --help) usage; exit 0 ;;
		-q) quiet=1 ;;
		--am | --reverse) options+=("$word") ;;
		--flavour)
			(($#)) || die 129 "--flavour needs a value: vm, debug or server"
			set_flavour "$1"
			shift
			;;
		-*) die 129 "unknown option '$word', see --help" ;;
		*) if [[ $verb ]]; then arguments+=("$word"); else verb=$word; fi ;;
		esac
	done
	check_verb
}

set_flavour() {
	case $1 in
	vm | debug | server) flavour=$1 ;;
	*) die 129 "--flavour is '$1', allowed are vm, debug and server" ;;
	esac
}

check_verb() {
	case $verb in
	'') die 129 "no verb given, see --help" ;;
	source | tree | build | files | check | test | map)
		((${#arguments[@]} == 0)) || die 129 "$verb takes no argument, got '${arguments[0]}'" ;;
	apply) ((${#arguments[@]} == 1)) || die 129 "apply takes one directory, see --help" ;;
	*) die 129 "unknown verb '$verb', there are: source tree build files check test map apply" ;;
	esac
	[[ $verb == apply ]] || ((${#options[@]} == 0)) || die 129 "${options[0]} is for apply only"
	[[ $verb != test || $flavour != server ]] || die 129 "test is for --flavour vm or debug"
}

### The room that verbs work in

# All that is temporary is below $1, to be moved into place; what one that was killed
# has left there goes. To be claimed before.
enter_room() {
	mkdir -p "$1"
	rm -rf "$1"/.tmp.*
	tmp=$(mktemp -d "$(readlink -f "$1")/.tmp.XXXXXX")
	trap clean_up EXIT
	trap 'echo "$me: failed: $BASH_COMMAND" >&2' ERR
	trap 'leave 130' INT
	trap 'leave 143' TERM HUP
}

leave_room() { rm -rf "$tmp"; }

enter_work() {
	claim "$work/.lock"
	enter_room "$work"
}

# shellcheck disable=SC2317	# called by trap
leave() {
	trap '' HUP INT TERM
	exit "$1"
}

# shellcheck disable=SC2317	# called by trap
clean_up() {
	if [[ ${making-} ]]; then
		kill "$making" 2>/dev/null || :
		wait "$making" 2>/dev/null || :
	fi
	[[ ! ${undo-} ]] || "$undo"
	leave_room
}

# A path that the user gave, from where he is.
from_caller() { (cd "$caller" && readlink -m -- "$1"); }

install_tools() {
	local missing=()

	mapfile -t missing < <(missing_of "${packages[@]}")
	((${#missing[@]})) || return 0
	is_debian || die 77 "something may be missing, and only Debian is known how to be set up: ${missing[*]}"
	install_packages "${missing[@]}"
}

main "$@"
