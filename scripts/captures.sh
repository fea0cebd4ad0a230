#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What commands print on a storm of 64 guests, for documents to show: each is run in a
# VM of its own under the virtual clock, so that it prints the same again, and kept in
# results/captures. A document that has a line "<!-- capture NAME -->" shows it from
# there to the next line "<!-- end -->".
set -euo pipefail

# NAME POLICY COMMAND
captures=(
	"top-posted posted tdxbench top --batch --interval 3s --count 1 --tds 8"
	"top-default default tdxbench top --batch --interval 3s --count 1 --tds 8"
	"slow-posted posted tdxbench trace --slow 3 --duration 3s"
	"slow-default default tdxbench trace --slow 3 --duration 3s"
)
guests=64
cpus=4
columns=80

cd "$(dirname "$(readlink -f "$0")")/.."
build=${BUILD:-build}
kept=results/captures

usage() {
	cat <<EOF
Usage: scripts/captures.sh [OPTION] [NAME]...

Make what documents show of commands on a storm of $guests guests, all of it or by
name, in $kept, and put it into the documents. There are:
$(printf '  %s\n' "${captures[@]}")

  --to DIR     write the files there, of whatever is built, and change no document
  --documents  make nothing anew: put what there is into the documents
  --check      change nothing: do the documents show what there is?
  -h, --help   this text

Exit status: 0 done, 1 error or a document that shows something else, 77 something is
missing, 129 wrong usage.
EOF
}

main() {
	local action=keep to='' names=()

	while (($#)); do
		case $1 in
		--to) (($# > 1)) || die 129 "--to needs a directory"; action=write to=$2; shift ;;
		--documents) action=update_documents ;;
		--check) action=check_documents ;;
		-h | --help) usage; exit 0 ;;
		-*) die 129 "unknown option '$1', see --help" ;;
		*) known "$1"; names+=("$1") ;;
		esac
		shift
	done
	((${#names[@]})) || mapfile -t names < <(all_names)
	make_room
	"$action" "${names[@]}"
}

die() {
	local status=$1

	shift
	echo "captures.sh: $*" >&2
	exit "$status"
}

all_names() { printf '%s\n' "${captures[@]%% *}"; }

known() {
	all_names | grep -qxF -- "$1" ||
		die 129 "there is no capture '$1', there are: $(all_names | paste -sd ' ')"
}

make_room() {
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

### Captures

# Nobody else can build what has been changed. Documents are no part of what is built,
# so that making captures anew gives the same again.
keep() {
	local changes

	changes=$(git status --porcelain -- . ':!*.md' ":!$kept") ||
		die 1 "only a git checkout knows of which commit a capture is"
	[[ ! $changes ]] || die 1 "commit first, there are changes: ${changes%%$'\n'*}"
	make --silent module
	make --silent VERSION="$(git describe --always)" "$build/tdxbench"
	to=$kept
	write "$@"
	update_documents
}

# All of them or none.
write() {
	local name

	for name; do
		echo "capture $name"
		capture "$name" >"$tmp/$name.txt"
	done
	mkdir -p "$to"
	mv "$tmp"/*.txt "$to"
}

# The first line says what made it, the next two what was asked.
capture() {
	local name=$1 policy command

	read -r policy command < <(printf '%s\n' "${captures[@]}" | sed -n "s/^$name //p")
	run_in_vm "$policy" "$command" || die $? "$name: the command failed, all is as it was"
	echo "$("$build/tdxbench" --version), Linux $(head -n 1 "$tmp/results"), virtual clock, software TDX module: a model"
	echo "$guests guests that ask without pause, policy $policy, $cpus CPUs"
	echo "# $command"
	echo
	sed '1d; s/[[:blank:]]*$//' "$tmp/results"
	! LC_ALL=C.UTF-8 grep -nE ".{$((columns + 1))}" "$tmp/results" >&2 ||
		die 1 "$name: lines are longer than $columns columns"
}

# What the command prints, below the kernel's version without what Debian calls it.
run_in_vm() {
	local script="{ uname -r | sed 's/[+-].*//'; $2; } >\$TDXBENCH_RESULTS"

	scripts/vm.sh --clock virtual --cpus "$cpus" --mem 768 --idle-timeout 900 --results "$tmp/results" \
		--file "$build/tdxbench:/bin/tdxbench:755" \
		--file "$build/tdx_lab.ko:/build/tdx_lab.ko:644" \
		--file scripts/shell/session:/bin/shell-session:755 \
		--file scripts/shell/load:/bin/load:755 -- \
		env GUESTS="$guests" POLICY="$1" COLUMNS="$columns" shell-session "$script" >&2
}

### Documents

# Those that show captures.
documents() {
	grep -rlE --include='*.md' --exclude-dir="$build" --exclude-dir=.git '^<!-- capture ' . | LC_ALL=C sort
}

# Document $1 as it should be; names what it wants and there is not.
with_captures() {
	awk -v kept="$kept" '
	function show(file,	line, got) {
		print "```"
		while ((got = (getline line <file)) > 0)
			print line
		print "```"
		close(file)
		if (got < 0)
			fail("there is no " file)
	}
	function fail(why) {
		print "captures.sh: " FILENAME ":" FNR ": " why >"/dev/stderr"
		failed = 1
		exit 1
	}
	/^<!-- capture [a-z-]+ -->$/ {
		if (inside)
			fail("no <!-- end --> before this")
		print
		show(kept "/" $3 ".txt")
		inside = 1
	}
	/^<!-- end -->$/ { inside = 0 }
	!inside
	END { if (inside && !failed) fail("no <!-- end --> to the last capture") }
	' "$1"
}

update_documents() {
	local document

	for document in $(documents); do
		with_captures "$document" >"$tmp/document"
		cmp -s "$tmp/document" "$document" || cp "$tmp/document" "$document"
	done
}

check_documents() {
	local document failed=0

	for document in $(documents); do
		with_captures "$document" >"$tmp/document"
		cmp -s "$tmp/document" "$document" && continue
		echo "$document does not show what is in $kept: scripts/captures.sh --documents"
		failed=1
	done
	exit "$failed"
}

main "$@"
