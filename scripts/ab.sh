#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build two revisions, run a suite with both at once and compare what they measured:
# the work of `tdxbench ab`, which has the help. It calls
#
#   ab.sh PROGRAM RESULTS BASE HEAD SUITE [ARG]...
#
# PROGRAM is the tdxbench that compares, with ARGs as more options. Empty are a BASE
# that is to be found, a HEAD that is the working tree, and the usual SUITE.
#
# Built trees stay in the cache under the hash of their git tree and of the tools that
# built them: nothing else decides what is in them. Each has a lock beside it, held
# exclusively by who makes or removes it and shared by who uses it.
set -euo pipefail
shopt -s inherit_errexit

here=$(dirname "$(readlink -f "$0")")
cache=${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-${HOME-}/.cache}/tdxbench}
kdir=${KDIR:-$cache/kernel/current/build}
built=$cache/ab
keep=10		# built trees, about 20 MB each
usual_suite=bench/suites/gate.ini

program=$1 results=$2 base=$3 head=$4 suite=$5
compare_args=("${@:6}")

declare -A name origin tree entry	# of "base" and "head"
declare -A side_of			# of a run's process
pids=() dir='' part='' tmp=''

# The life of a comparison.
main() {
	find_repository
	make_room
	find_head
	find_base
	find_suite
	find_tree base
	find_tree head
	make_results
	start_run base
	start_run head
	await_runs
	compare
}

say() { printf '%-5s %s\n' "$@" >&2; }

die() {
	local status=$1

	shift
	echo "tdxbench ab: $*" >&2
	exit "$status"
}

### The place

find_repository() {
	local tool message

	for tool in git make flock setpriv; do
		type -P "$tool" >/dev/null || die 77 "$tool is missing: run tdxbench setup"
	done
	message=$(git rev-parse --show-toplevel 2>&1) ||
		die 77 "it builds from a clone of tdxbench, and here is none: ${message%%$'\n'*}"
	top=$message
	{ mkdir -p "$built" "$results" && [[ -w $built && -w $results ]]; } 2>/dev/null ||
		die 1 "cannot write to $results or $built"
}

make_room() {
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/tdxbench-ab.XXXXXX" 2>/dev/null) ||
		die 1 "cannot make a directory in '${TMPDIR:-/tmp}'"
	trap clean_up EXIT
	trap 'leave 129' HUP
	trap 'leave 130' INT
	trap 'leave 143' TERM
}

# The first signal ends it all; the ones behind it must not end the cleaning up.
# shellcheck disable=SC2317	# called by trap
leave() {
	trap '' HUP INT TERM
	exit "$1"
}

# Runs that are stopped keep what they measured, and a result is nothing to lose.
# shellcheck disable=SC2317	# called by trap
clean_up() {
	stop_all
	keep_result base
	keep_result head
	[[ ! $dir ]] || rmdir "$dir" 2>/dev/null || :
	[[ ! $part ]] || rm -rf "$part"
	rm -rf "$tmp"
}

# A build is a process group of its own: make ends at once, but not its grandchildren.
stop_all() {
	local pid

	((${#pids[@]})) || return 0
	for pid in "${pids[@]}"; do
		kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null || :
	done
	wait "${pids[@]}" 2>/dev/null || :
	pids=()
}

### Which revisions

# With an index and new objects apart, so that the user's stay as they are.
in_repository() {
	GIT_INDEX_FILE=$tmp/index GIT_OBJECT_DIRECTORY=$tmp/objects \
		GIT_ALTERNATE_OBJECT_DIRECTORIES=$objects git -C "$top" "$@"
}

find_head() {
	objects=$(git -C "$top" rev-parse --path-format=absolute --git-path objects)
	mkdir "$tmp/objects"
	if [[ $head ]]; then
		head_commit=$(commit_of --head "$head")
		take_commit head "$head_commit"
	else
		head_commit=$(commit_of --head HEAD)
		take_working_tree
	fi
}

find_base() {
	local commit

	case $base in
	'') commit=$(usual_base) ;;
	*...) commit=$(merge_base "${base%...}") ;;
	*) commit=$(commit_of --base "$base") ;;
	esac
	take_commit base "$commit"
}

# commit_of OPTION REVISION
commit_of() {
	in_repository rev-parse --verify --quiet --end-of-options "$2^{commit}" ||
		die 1 "$1: $top has no revision '$2'$(if_shallow)"
}

if_shallow() {
	[[ $(in_repository rev-parse --is-shallow-repository) != true ]] ||
		echo "; the clone is shallow, git fetch --unshallow gets the rest"
}

take_commit() {
	name[$1]=$(in_repository describe --always "$2")
	tree[$1]=$(in_repository rev-parse "$2^{tree}")
	origin[$1]="${name[$1]} $2 $(commit_time "$2")"
}

# As it is: with all that git would add.
take_working_tree() {
	local index message

	index=$(git -C "$top" rev-parse --path-format=absolute --git-path index)
	[[ ! -e $index ]] || cp "$index" "$tmp/index"
	message=$(in_repository add -A 2>&1) || die 1 "cannot read the working tree: ${message##*$'\n'}"
	take_commit head "$head_commit"
	[[ $(in_repository write-tree) != "${tree[head]}" ]] || return 0
	name[head]+=-dirty
	tree[head]=$(in_repository write-tree)
	origin[head]="${name[head]} $head_commit $(commit_time "$head_commit")"
}

commit_time() {
	TZ=UTC in_repository log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd "$1"
}

# The commit that the work began from: the merge base with the branch that it will
# go to, or, where that has all of it, the one before.
usual_base() {
	local upstream commit

	upstream=$(upstream_branch)
	commit=$(merge_base "$upstream")
	if [[ $(in_repository rev-parse "$commit^{tree}") != "${tree[head]}" ]]; then
		echo "$commit"
	else
		in_repository rev-parse --verify --quiet "$head_commit^1" ||
			die 1 "there is no commit before ${name[head]} to compare it with$(if_shallow)"
	fi
}

upstream_branch() {
	local branch

	for branch in origin/HEAD origin/main origin/master main master; do
		! in_repository rev-parse --verify --quiet "$branch^{commit}" >/dev/null || break
		branch=
	done
	[[ $branch ]] || die 1 "there is no origin/HEAD, main or master to compare with, say --base REV"
	echo "$branch"
}

merge_base() {
	local commit

	commit=$(commit_of --base "$1")
	in_repository merge-base "$commit" "$head_commit" ||
		die 1 "${name[head]} and $1 have no commit in common$(if_shallow)"
}

# Before anything is built.
find_suite() {
	local side

	for side in base head; do
		in_repository cat-file -e "${tree[$side]}:bench/main.c" 2>/dev/null ||
			die 1 "$side: ${name[$side]} is no tree of tdxbench, it has no bench/main.c"
		entry[$side]=$built/${tree[$side]}-$(toolchain)
	done
	if [[ ! $suite ]]; then
		in_repository cat-file -e "${tree[head]}:$usual_suite" 2>/dev/null ||
			die 1 "head: ${name[head]} has no $usual_suite, say --suite FILE"
		suite=${entry[head]}/$usual_suite
	elif [[ ! -f $suite || ! -r $suite ]]; then
		die 129 "--suite: cannot read $suite"
	fi
}

### Built trees

# What we use stays locked until we end.
find_tree() {
	local lock side=$1

	say "$side" "${name[$side]}, tree ${tree[$side]:0:12}"
	until take_lock "${entry[$side]}.lock" --shared "$side" && [[ -d ${entry[$side]} ]]; do
		exec {lock}>&-
		take_lock "${entry[$side]}.lock" --exclusive "$side"
		[[ -d ${entry[$side]} ]] || build_tree "$side"
		exec {lock}>&-
	done
	touch "${entry[$side]}.lock"
	remove_oldest
}

# Whatever could make another program of the same sources.
toolchain() {
	local tool

	{
		sha256sum <"$here/ab.sh"
		for tool in gcc /usr/bin/gcc-[0-9]* ld clang bpftool pahole ldd; do
			"$tool" --version 2>/dev/null | sed -n 1p || :
		done
		cat "$kdir/include/config/kernel.release" 2>/dev/null || :
	} | sha256sum | cut -c 1-12
}

# take_lock FILE MODE SIDE: leaves it in $lock. Polls, so that signals are heard. The
# file may be gone once it is ours: then somebody has removed the entry meanwhile.
take_lock() {
	local told=''

	while :; do
		exec {lock}>>"$1"
		until flock --nonblock "$2" "$lock"; do
			[[ $told ]] || say "$3" "waiting for another tdxbench that builds it"
			told=1
			sleep 0.2
		done
		[[ ! $1 -ef /proc/self/fd/$lock ]] || return 0
		exec {lock}>&-
	done
}

# The version would tell apart what is the same otherwise. So the build gets the
# tree's name, the result its commit from start_run. Debug data has line numbers,
# and moves with every comment.
build_tree() {
	local side=$1 log=${entry[$1]}.log began=$SECONDS

	part=${entry[$side]}.part
	rm -rf "$part"
	mkdir "$part"
	in_repository archive "${tree[$side]}" | tar -x -C "$part"
	say "$side" "building with $(nproc) jobs"
	in_background make_all "$part" "tree-${tree[$side]:0:12}" >"$log" 2>&1 </dev/null ||
		build_failed "$side" "$log"
	strip --strip-debug "$part/build/tdxbench"
	find "$part/build" -name '*.o' -delete
	mv -T "$part" "${entry[$side]}"
	part=
	rm "$log"
	say "$side" "built in $((SECONDS - began)) s"
}

# shellcheck disable=SC2317	# called by in_background
make_all() {
	exec env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES setsid \
		setpriv --pdeathsig TERM make -C "$1" "-j$(nproc)" all VERSION="$2" COMMIT= COMMIT_TIME=
}

build_failed() {
	tail -n 15 "$2" >&2
	die 1 "$1: the build of ${name[$1]} failed; all it said is in $2"
}

# A trap runs while we wait for a job, but not while one is in the foreground.
in_background() {
	local status=0

	"$@" &
	pids=($!)
	wait "${pids[0]}" || status=$?
	pids=()
	return "$status"
}

# The lock's time is that of the entry's last use. Who is busy with one has locked it.
remove_oldest() {
	local file lock

	while read -r file; do
		exec {lock}>>"$file"
		! flock --nonblock --exclusive "$lock" || rm -rf "${file%.lock}"{,.part,.log,.lock}
		exec {lock}>&-
	done < <(find "$built" -maxdepth 1 -name '*.lock' -printf '%T@ %p\n' | sort -rn |
		tail -n +$((keep + 1)) | cut -d ' ' -f 2-)
}

### The runs

make_results() {
	local stem i

	stem=$results/ab-$(date -u +%Y%m%dT%H%M%SZ)
	for ((i = 1; i < 1000; i++)); do
		dir=$stem
		((i == 1)) || dir=$stem-$i
		! mkdir "$dir" 2>/dev/null || return 0
	done
	die 1 "cannot make $stem"
}

# The side's own program with its own module, and either knows what it is of.
start_run() {
	mkdir "$dir/.$1"
	say "$1" "running ${suite##*/}"
	(
		unset TDXBENCH_SHARE
		export TDXBENCH_ORIGIN=${origin[$1]}
		exec setpriv --pdeathsig TERM "${entry[$1]}/build/tdxbench" run \
			--results "$dir/.$1" "$suite" >/dev/null 2> >(label "$1") </dev/null
	) &
	pids+=($!)
	side_of[$!]=$1
}

# What a run still says when it is stopped is not to be missed.
label() {
	trap '' HUP INT TERM
	exec sed -u "s/^/$(printf '%-5s ' "$1")/" >&2
}

# One that fails is the end of the other.
await_runs() {
	local pid status

	while ((${#pids[@]})); do
		status=0
		wait -n -p pid "${pids[@]}" || status=$?
		mapfile -t pids < <(printf '%s\n' "${pids[@]}" | grep -vx "$pid" || :)
		((status == 0)) || run_failed "${side_of[$pid]}" "$status"
		keep_result "${side_of[$pid]}"
	done
}

run_failed() {
	stop_all
	case $1:$2 in
	base:129) die 1 "base: ${name[base]} does not know all of ${suite##*/}: it is too old for this suite" ;;
	*:77) die 77 "$1: ${name[$1]} cannot run here" ;;
	*) die 1 "$1: the run of ${name[$1]} failed; what it measured, if anything, is in $dir" ;;
	esac
}

# From where the run has put it to $dir/SIDE.
keep_result() {
	local found=()

	[[ $dir && -d $dir/.$1 ]] || return 0
	rm -f "$dir/.$1/latest"
	mapfile -t found < <(find "$dir/.$1" -mindepth 2 -maxdepth 2 -name result.json)
	((${#found[@]} == 0)) || mv -T "${found[0]%/*}" "$dir/$1"
	rmdir "$dir/.$1" 2>/dev/null || :
}

### The comparison

# On the terminal, and as files that say the same; where there is no comparison they
# would only repeat the complaint.
compare() {
	local status=0

	compare_as || status=$?
	if ((status == 0 || status == 2)); then
		compare_as --markdown --output "$dir/comparison.md" >/dev/null || :
		compare_as --json --output "$dir/comparison.json" >/dev/null || :
		say '' "comparison: $dir/comparison.md"
		draw
	fi
	exit "$status"
}

# Of head, with what differs from base in colour; where instructions were counted.
draw() {
	[[ -e $dir/base/profile.json && -e $dir/head/profile.json ]] || return 0
	"$program" profile --from "$dir/head" --base "$dir/base" --flames "$dir/flames" \
		>/dev/null && say '' "flame graphs: $dir/flames"
}

compare_as() {
	"$program" compare "$@" "${compare_args[@]}" "$dir/base" "$dir/head"
}

main
