# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh files: prove that the tree is the sources, our files byte for byte and
# the patches, and that kernels were built from that.

verb_files() {
	[[ -e $work/source && -d $tree ]] || die 1 "there is no $tree: run scripts/kernel.sh tree"
	source=$(<"$work/source")
	[[ ! -e $source/../version ]] || check_pristine
	enter_work
	read_map
	read_series
	stage "$source"
	check_mapped
	check_patched
	check_rest
	check_built
	tell_sum
}

check_mapped() {
	local target

	for target in $(mapped); do
		cmp -s "${map[$target]}" "$tree/$target" ||
			die 1 "$tree/$target is not ${map[$target]}: run scripts/kernel.sh tree"
	done
}

mapped() { printf '%s\n' "${!map[@]}" | LC_ALL=C sort; }

# Files that the patches touch, and what was touched once and is as it was again.
check_patched() {
	local file wanted

	while read -r file; do
		wanted=$tmp/stage/$file
		[[ -e $wanted ]] || wanted=$source/$file
		cmp -s "$wanted" "$tree/$file" || die 1 "$tree/$file is not what sources and patches make"
	done < <(files_below "$tree")
}

# All else is a link to where it belongs, and none is missing.
check_rest() {
	local wrong

	wrong=$(find "$tree" -type l -printf '%P\t%l\n' |
		awk -F '\t' -v source="$source/" '$2 != source $1 && !n++ { print $1 }')
	[[ ! $wrong ]] || die 1 "$tree/$wrong is not a link to the file of the sources"
	names_below "$tree" >"$tmp/has"
	{ source_names; files_below "$tmp/stage"; } | LC_ALL=C sort -u >"$tmp/wanted"
	wrong=$(LC_ALL=C comm -3 "$tmp/has" "$tmp/wanted" | tr -d '\t' | sed -n 1p)
	[[ ! $wrong ]] || die 1 "$wrong is in only one of $tree and its sources: run scripts/kernel.sh tree"
}

names_below() { find "$1" ! -type d -printf '%P\n' | LC_ALL=C sort; }

source_names() {
	local name

	if [[ ! -e $source/.git ]]; then
		names_below "$source"
	else
		git -C "$source" ls-files --cached --others --exclude-standard | (cd "$source" &&
			while read -r name; do [[ ! -L $name && ! -e $name ]] || echo "$name"; done)
	fi
}

# Every source of ours has its object, made after it, in each kernel that is built.
check_built() {
	local kernel target object

	for kernel in "$work"/*/.built; do
		kernel=${kernel%/.built}
		[[ -e $kernel/tdx_lab.ko ]] || continue	# without the software module, not all are
		for target in $(mapped | grep '\.c$'); do
			object=$kernel/obj/${target%.c}.o
			[[ $object -nt $tree/$target ]] ||
				die 1 "$object is not made from ${map[$target]}: run scripts/kernel.sh build"
		done
		built+=" ${kernel##*/}"
	done
}

tell_sum() {
	local sum target

	sum=$(for target in $(mapped); do sha256sum <"$tree/$target" | sed "s|-|$target|"; done | sha256sum)
	say "${#map[@]} files of ours are in $tree, byte for byte;" \
		"beside them and ${#series[@]} patches it is $source"
	say "built from them:${built:- nothing}"
	say "sha256 of all ${#map[@]}: ${sum%% *}"
}
