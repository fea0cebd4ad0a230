# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh check: what reviewers' machines would say. TAP, a line for each check;
# fails on what the pristine sources do not have themselves.

verb_check() {
	find_source
	enter_work
	install_tools
	update_tree
	flavour=vm out=$work/check
	mkdir -p "$out"
	read_affected
	checks=0 failed=0
	run_check "git am: the series, on the sources" check_am
	run_check "checkpatch --strict: files" check_files_style
	run_check "checkpatch --strict: patches" check_patches_style
	run_check "checkpatch: every exception is needed" check_exceptions
	run_check "kernel-doc: files" check_kernel_doc
	run_check "sparse complains of what is wrong" check_sparse
	run_check "W=1 and sparse: ${affected[*]}" check_warnings
	run_check "sparse has read all of ours" check_read
	echo "1..$checks"
	((!failed)) || exit 1
}

# A check says what is wrong, on stdout; nothing if nothing is.
run_check() {
	local said began=$SECONDS

	checks=$((checks + 1))
	"$2" >"$tmp/said"
	if [[ ! -s $tmp/said ]]; then
		echo "ok $checks - $1 # $((SECONDS - began)) s"
		return
	fi
	failed=1
	echo "not ok $checks - $1"
	sed 's/^/# /' "$tmp/said"
}

### The series as mails: in a repository of just the files that it touches

check_am() {
	local repo=$tmp/repo file

	mkdir "$repo"
	patched_by_all >"$tmp/names"
	while read -r file; do
		[[ -e $source/$file ]] || continue
		mkdir -p "$(dirname "$repo/$file")"
		cp "$source/$file" "$repo/$file"
	done <"$tmp/names"
	if in_repo init -q && in_repo add -A && in_repo commit -qm pristine && in_repo am -q "${series[@]/#/$PWD/}"; then
		while read -r file; do
			cmp -s "$repo/$file" "$tree/$file" || echo "git am makes another $file than is in $tree"
		done <"$tmp/names"
	else
		cat "$tmp/log"
	fi
}

in_repo() {
	git -C "$tmp/repo" -c user.name=check -c user.email=check@localhost -c commit.gpgsign=false \
		"$@" >"$tmp/log" 2>&1
}

### checkpatch, of the tree itself

check_files_style() {
	{ (cd "$tree" && mapped_code | xargs scripts/checkpatch.pl --strict --terse --show-types --file 2>&1) || :; } |
		style_complaints
}

check_patches_style() {
	{ (cd "$tree" && scripts/checkpatch.pl --strict --terse --show-types "${series[@]/#/$OLDPWD/}" 2>&1) || :; } |
		sed "s|^$PWD/||" | style_complaints
}

mapped_code() { mapped | grep '\.[chS]$'; }

# What there is to say but for exceptions: lines of TYPE, FILES, REASON. Those used
# are kept. The tree's own names are a file's only in a tree.
style_complaints() {
	sed '/^total: /d; /^$/d' | awk -F '\t' -v port="$port" -v used="$tmp/used" '
		FNR == NR { if ($0 !~ /^(#|$)/) { type[++n] = $1; sub(/[ \t]+$/, "", $1); files[n] = $2 }; next }
		{
			for (i = 1; i <= n; i++) {
				if (index($0, ":" type[i] ": ") && $0 ~ "^" files[i] ":") {
					print i >>used
					next
				}
			}
			print
		}' <(tr -s '\t' <"$port/checkpatch") -
}

check_exceptions() {
	grep -vE '^(#|$)' "$port/checkpatch" | tr -s '\t' | awk -F '\t' -v used="$tmp/used" '
		BEGIN { while ((getline i <used) > 0) seen[i] = 1 }
		!seen[NR] { print "not needed any more: " $1 " in " $2 }
		NF != 3 { print "not TYPE, FILES, REASON: " $0 }'
}

check_kernel_doc() {
	{ (cd "$tree" && mapped_code | xargs scripts/kernel-doc -none -Wall 2>&1) || :; } | LC_ALL=C sort -u
}

### W=1 and sparse, against the same of the sources alone

# Where sources of ours are or are changed: directories that make can be told.
read_affected() {
	local file dir

	affected=()
	while read -r dir; do
		[[ ${affected[*]} && $dir == "${affected[-1]}"* ]] || affected+=("$dir")
	done < <(files_below "$tmp/stage" | grep '\.[ch]$' | grep -v '/include/\|^include/' | while read -r file; do
		file=$(dirname "$file")
		while [[ ! -e $tree/$file/Makefile && ! -e $tree/$file/Kbuild ]]; do file=$(dirname "$file"); done
		echo "$file/"
	done | LC_ALL=C sort -u)
}

# A checker that is heard of nothing might as well not be there.
check_sparse() {
	scripts/kernel/sparse - 2>&1 <<-'END' | grep -q 'dereference of noderef' || echo "sparse says nothing to a wrong program"
		static const char name[] = "x";
		_Static_assert(__builtin_strlen("x") == 1, "");
		static int read_it(int __attribute__((noderef, address_space(1))) *user) { __typeof_unqual__(name) *n = &name; return *user + !n; }
	END
}

check_read() {
	local file

	while read -r file; do
		[[ ! -e $out/obj/${file%.c}.o ]] || grep -q "^  CHECK .*$file\$" "$out/log" || echo "not read: $file"
	done < <(mapped | grep '\.c$')
	grep -q '^  CHECK ' "$out/log" || echo "sparse was never run, see $out/log"
}

check_warnings() {
	local ours=$out/warnings pristine=$out/pristine/warnings

	pristine_warnings
	warnings_of "$tree" "$out" "${affected[@]}"
	LC_ALL=C comm -13 "$pristine" "$ours"
}

# Of Debian's sources they are known once they were made.
pristine_warnings() {
	local at=$out/pristine dirs=() dir key

	for dir in "${affected[@]}"; do
		[[ ! -d $source/$dir ]] || dirs+=("$dir")
	done
	mkdir -p "$at"
	key=$(echo "$source ${dirs[*]}"; gcc --version; sparse --version; cat "$port/vm.config" scripts/kernel/{check.sh,sparse})
	if [[ ! ${KDIR-} && -e $at/warnings && -e $at/key && $(<"$at/key") == "$key" ]]; then
		return
	fi
	if [[ ${KDIR-} ]]; then	# which may have been built in
		rm -rf "${at:?}/tree"
		plant "$at/tree" >&2
		warnings_of "$at/tree" "$at" "${dirs[@]}"
	else
		warnings_of "$source" "$at" "${dirs[@]}"
	fi
	echo "$key" >"$at/key"
}

# In $2/warnings what the tree $1 gives for some directories. Its objects go before,
# so that each file is compiled and heard.
warnings_of() {
	local tree=$1 out=$2 obj=$2/obj dir fragments=("$port/vm.config") base=''

	mkdir -p "$obj"
	: >"$out/log"
	last_settings "${fragments[@]}" >"$tmp/config"
	KCONFIG_ALLCONFIG=$tmp/config run_make allnoconfig >&2
	run_make -j"$(nproc)" prepare >&2
	for dir in "${@:3}"; do
		[[ ! -d $obj/$dir ]] || find "$obj/$dir" -name '*.o' -delete
	done
	: >"$out/log"
	run_make -j"$(nproc)" W=1 C=1 CHECK="$PWD/scripts/kernel/sparse" CF=-D__CHECK_ENDIAN__ "${@:3}" >&2
	{ grep -E '(warning|error|Warning): ' "$out/log" || :; } | without_places "$(readlink -f "$tree")/" |
		LC_ALL=C sort >"$out/warnings"
}

# Names as below the tree $1, and no lines of files: patches move what was there.
without_places() {
	awk -v tree="$1" '{ while (i = index($0, tree)) $0 = substr($0, 1, i - 1) substr($0, i + length(tree)); print }' |
		sed -E 's/:[0-9]+(:[0-9]+)?[: ]/: /'
}
