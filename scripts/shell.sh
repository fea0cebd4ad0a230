#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A shell in a VM with the lab loaded, guests that ask for quotes, and what one watches
# them with: tdxbench, perf, bpftrace, trace-cmd.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
top=$here/..
build=${BUILD:-$top/build}

guests=8
cpus=2
mem=2048
clock=real
policy=default
kernel=() command=() vm=() missing=''

# What this machine may have for the guest, and the Debian package that it is in.
declare -A packages=([bash]=bash [perf]=linux-perf [bpftrace]=bpftrace [trace-cmd]=trace-cmd)

usage() {
	cat <<EOF
Usage: scripts/shell.sh [OPTION]... [-- COMMAND]

A shell in a VM with tdx_lab loaded and guests that ask for quotes all the time; or
with COMMAND, a line for that shell, what it prints.

  --guests N            guests that ask, 0 to 4096 ($guests)
  --cpus N              virtual CPUs, 1 to 64 ($cpus)
  --mem MIB             memory ($mem)
  --policy PRESET       of the quoting path, posted or default ($policy)
  --clock virtual|real  real: KVM where it works, else TCG ($clock)
  --kernel PATH         bzImage or vmlinux (the one that setup.sh cached)
  -h, --help            this text

examples:
  make shell
  make shell GUESTS=64 CPUS=4
  make shell CMD="perf stat -a -e 'tdx_ext:*' sleep 1"

exit or Ctrl-D switches the VM off, Ctrl-] x does so at any time. Nothing of it stays.

Exit status: 0 after a shell, or that of COMMAND; 1 if the VM failed, 77 if there is
no terminal for a shell or something is missing, 129 for wrong usage.
EOF
}

main() {
	parse_options "$@"
	check_place
	add_tools
	add_files
	((${#command[@]})) || add_terminal
	exec "$here/vm.sh" --clock "$clock" --cpus "$cpus" --mem "$mem" "${kernel[@]}" "${vm[@]}" -- \
		env GUESTS="$guests" POLICY="$policy" MISSING="$missing" ${NO_COLOR:+NO_COLOR=1} \
		shell-session "${command[@]}"
}

die() {
	local status=$1

	shift
	echo "shell.sh: $*" >&2
	exit "$status"
}

parse_options() {
	local option

	while (($#)); do
		option=$1
		shift
		case $option in
		--)
			(($# == 1)) || die 129 "COMMAND is one argument, got $#"
			command=("$1")
			break
			;;
		-h | --help) usage; exit 0 ;;
		--guests | --cpus | --mem | --policy | --clock | --kernel)
			(($#)) || die 129 "$option needs a value, see --help"
			set_option "$option" "$1"
			shift
			;;
		*) die 129 "unknown option '$option', see --help" ;;
		esac
	done
}

# What vm.sh checks is left to it.
set_option() {
	case $1 in
	--guests)
		[[ $2 =~ ^(0|[1-9][0-9]{0,3})$ ]] && (($2 <= 4096)) ||
			die 129 "--guests: '$2' is not a number from 0 to 4096"
		guests=$2
		;;
	--policy)
		[[ $2 == posted || $2 == default ]] || die 129 "--policy: '$2' is neither posted nor default"
		policy=$2
		;;
	--cpus) cpus=$2 ;;
	--mem) mem=$2 ;;
	--clock) clock=$2 ;;
	--kernel) kernel=(--kernel "$2") ;;
	esac
}

check_place() {
	local file

	((${#command[@]})) || [[ -t 0 && -t 1 ]] ||
		die 77 "a shell needs a terminal; without one: make shell CMD='...'"
	for file in tdxbench tdx_lab.ko; do
		[[ -e $build/$file ]] || die 77 "$build/$file is not there: run make"
	done
}

add_tools() {
	local tool

	for tool in bash perf bpftrace trace-cmd; do
		if type -P "$tool" >/dev/null; then
			vm+=(--file "$(type -P "$tool"):/usr/bin/$tool:755")
		else
			missing+="${missing:+, }$tool (apt-get install ${packages[$tool]})"
		fi
	done
}

# The guest's root is to tdxbench what the project's directory is here.
add_files() {
	local file

	vm+=(
		--file "$build/tdxbench:/bin/tdxbench:755"
		--file "$build/tdx_lab.ko:/build/tdx_lab.ko:644"
		--file "$here/shell/session:/bin/shell-session:755"
		--file "$here/shell/load:/bin/load:755"
		--file "$here/shell/profile:/etc/profile:644"
	)
	while IFS= read -r file; do
		vm+=(--file "$top/$file:/$file")
	done < <(cd "$top" && find tracepoints bench/suites kernel/emu/profiles -type f | LC_ALL=C sort)
}

# Programs look up what a terminal can do.
add_terminal() {
	local dir term=${TERM:-dumb} entry

	entry=${term:0:1}/$term
	vm+=(--interactive)
	for dir in /etc/terminfo /lib/terminfo /usr/share/terminfo; do
		[[ ! -f $dir/$entry ]] || { vm+=(--file "$dir/$entry:/lib/terminfo/$entry:644"); break; }
	done
}

main "$@"
