# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh tree: the patched view of the sources. It is a farm of links in which
# only what the map and the patches touch are files. They are made anew aside, and
# those that differ replace the tree's: so make sees as new what is new.

verb_tree() {
	find_source
	enter_work
	update_tree
}

verb_map() {
	local target

	read_map
	for target in "${!map[@]}"; do
		printf '%s\t%s\n' "${map[$target]}" "$target"
	done | LC_ALL=C sort
	for target in "${!stays[@]}"; do
		printf '%s\t-\t%s\n' "$target" "${stays[$target]}"
	done | LC_ALL=C sort
}

update_tree() {
	read_map
	read_series
	stage "$source"
	make_farm
	stage_leftovers
	install_stage
}

### The map and the series

# Lines of the map are SOURCE, tabs, TARGET; a * in SOURCE stands for all such
# files that no other line names, a TARGET that ends with / for a file of the same
# name there. With TARGET - and a reason, SOURCE stays out of trees.
declare -A map=()	# target: source
declare -A stays=()	# source: reason

read_map() {
	local rows=() row number source target reason named=$'\n' file
	local -A went=()

	[[ -r $port/map ]] || die 1 "there is no $port/map"
	mapfile -t rows < <(grep -nvE '^[[:blank:]]*(#|$)' "$port/map")
	for row in "${rows[@]}"; do
		row=${row#*:}
		named+=${row%%$'\t'*}$'\n'
	done
	for row in "${rows[@]}"; do
		number=${row%%:*}
		IFS=$'\t' read -r source target reason <<<"${row#*:}"
		check_row
		for file in $source; do
			[[ $source == "$file" || $named != *$'\n'"$file"$'\n'* ]] || continue
			add_to_map
		done
	done
}

check_row() {
	[[ $target ]] || map_error "'$source' has no target; between source and target there are tabs"
	[[ /$target/ != */../* && $target != /* ]] || map_error "target '$target' is not inside a tree"
	if [[ $target == - ]]; then
		[[ $reason ]] || map_error "no reason why $source stays"
	else
		[[ ! $reason ]] || map_error "more than source and target: '$reason'"
		[[ $source != *'*'* || $target == */ ]] || map_error "the target of $source has to end with /"
	fi
}

add_to_map() {
	[[ -f $file ]] || map_error "there is no file $file"
	[[ ! ${went[$file]-} ]] || map_error "$file is in it twice"
	went[$file]=1
	if [[ $target == - ]]; then
		stays[$file]=$reason
		return
	fi
	set -- "$target"
	[[ $1 != */ ]] || set -- "$1$(basename "$file")"
	[[ ! ${map[$1]-} ]] || map_error "both ${map[$1]} and $file go to $1"
	map[$1]=$file
}

map_error() { die 1 "$port/map line $number: $1"; }

read_series() {
	series=("$port"/patches/*.patch)
	[[ -e ${series[0]} ]] || die 1 "there are no patches in $port/patches"
}

# What the patch $1 touches, one a line.
patched_by() {
	local files

	files=$(git apply --numstat "$1" 2>&1) || die 1 "$1 is not a patch: ${files##*$'\n'}"
	cut -f 3 <<<"$files"
}

### The stage: what has to be in a tree beside or instead of its own

# Make $tmp/stage from the tree $1, which it fits or not.
stage() {
	local patch file files

	rm -rf "$tmp/stage"
	mkdir "$tmp/stage"
	for patch in "${series[@]}"; do
		files=$(patched_by "$patch") || exit
		for file in $files; do
			[[ ! ${map[$file]-} ]] || die 1 "$patch changes $file, and $port/map puts ${map[$file]} there"
			[[ -e $tmp/stage/$file ]] || copy_to_stage "$1/$file" "$file"
		done
		stage_patch "$patch" "$1"
	done
	for file in "${!map[@]}"; do
		[[ ! -e $1/$file ]] || die 1 "$port/map puts ${map[$file]} to $file, which is in $1 already"
		copy_to_stage "${map[$file]}" "$file"
	done
}

copy_to_stage() {
	[[ -e $1 ]] || return 0
	mkdir -p "$(dirname "$tmp/stage/$2")"
	cp "$1" "$tmp/stage/$2"
	chmod u+w "$tmp/stage/$2"
}

# git apply takes no fuzz, as git am.
stage_patch() {
	local complaint

	complaint=$(GIT_CEILING_DIRECTORIES=$tmp git -C "$tmp/stage" apply ${3-} "$PWD/$1" 2>&1) ||
		die 1 "$1 does not apply to $2: $(sed -n 's/^error: //p' <<<"$complaint" | tail -n 1)"
}

files_below() { (cd "$1" && find . -type f -printf '%P\n' | LC_ALL=C sort); }

### The farm

# Made anew for other sources, and where the user's may have changed.
make_farm() {
	local known=$source

	[[ ! -e $work/source ]] || known=$(<"$work/source")
	[[ $known != "$source" || ${KDIR-} || ! -d $tree ]] || return 0
	if [[ $known != "$source" ]]; then
		say "the sources were $known: all will be built anew"
		rm -rf "$work"/*/obj "$tree"
	fi
	plant "$tmp/tree"
	[[ ! -d $tree ]] || files_below "$tree" | move_files "$tree" "$tmp/tree"
	rm -rf "$tree"
	mv "$tmp/tree" "$tree"
	echo "$source" >"$work/source"
}

# Links to all that is source: not to what was built there.
plant() {
	say "linking the sources in $source"
	cp -rs "$source" "$1"
	if [[ -e $source/.git ]]; then
		rm -rf "$1/.git"
		git -C "$source" ls-files -z --others --ignored --exclude-standard | (cd "$1" && xargs -0r rm -f)
		find "$1" -type d -empty -delete
	elif [[ -e $source/.config || -e $source/include/config ]]; then
		die 1 "KDIR: '$KDIR' has been built in; run make mrproper there, or give a clean tree"
	fi
}

# Files named on stdin, from below $1 to below $2, in place of what is there.
move_files() {
	local file

	while read -r file; do
		mkdir -p "$(dirname "$2/$file")"
		mv -f "$1/$file" "$2/$file"
	done
}

# What the port does not touch any more becomes what it was. As a file, since a link
# would be older than what was built from the file before.
stage_leftovers() {
	local file

	comm -23 <(files_below "$tree") <(files_below "$tmp/stage") | while read -r file; do
		if [[ -e $source/$file ]]; then
			copy_to_stage "$source/$file" "$file"
		else
			rm "$tree/$file"
			(cd "$tree" && rmdir -p --ignore-fail-on-non-empty "$(dirname "$file")")
			say "removed $file"
		fi
	done
}

install_stage() {
	local file news=0

	while read -r file; do
		[[ -L $tree/$file ]] || ! cmp -s "$tmp/stage/$file" "$tree/$file" || continue
		mkdir -p "$(dirname "$tree/$file")"
		cp --remove-destination "$tmp/stage/$file" "$tree/$file"
		news=$((news + 1))
	done < <(files_below "$tmp/stage")
	say "$tree: Linux $(linux_version "$source"), ${#map[@]} files, ${#series[@]} patches;" \
		"$news files are new"
}
