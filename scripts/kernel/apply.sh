# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh apply: our files and patches into a tree of the user's, or out of it. All
# is made aside first; what then goes wrong while it is moved over is undone.

verb_apply() {
	local way=${options[*]}

	dir=$(from_caller "${arguments[0]}")
	is_linux "$dir" || die 1 "'${arguments[0]}' is not a Linux source tree with TDX host support"
	enter_work
	read_map
	read_series
	case $way in
	'') apply_files ;;
	--am) apply_commits ;;
	--reverse) reverse_files ;;
	*) die 129 "$way: commits are undone with git reset or git revert" ;;
	esac
}

apply_files() {
	local present

	present=$(mapped | while read -r target; do [[ ! -e $dir/$target ]] || echo "$target"; done)
	if [[ $present == "$(mapped)" ]]; then
		stage_reverse
		say "nothing to do: $dir has it all already"
		return
	fi
	[[ ! $present ]] || die 1 "$dir has $(head -n 1 <<<"$present") already, but not all of it: clean it first"
	stage "$dir"
	: >"$tmp/gone"
	exchange
	say "$dir: ${#map[@]} files added, ${#series[@]} patches applied; --reverse takes them out again"
}

reverse_files() {
	stage_reverse
	exchange
	say "$dir: ${#map[@]} files removed, ${#series[@]} patches taken back"
}

# In $tmp/stage the patched files as they were; in $tmp/gone what was added.
stage_reverse() {
	local target i file files

	for target in $(mapped); do
		[[ -e $dir/$target ]] || die 1 "$dir does not have it: there is no $target"
		cmp -s "${map[$target]}" "$dir/$target" || die 1 "$dir/$target is not our ${map[$target]}"
	done
	mkdir "$tmp/stage"
	for ((i = ${#series[@]} - 1; i >= 0; i--)); do
		files=$(patched_by "${series[i]}") || exit
		for file in $files; do
			[[ -e $tmp/stage/$file ]] || copy_to_stage "$dir/$file" "$file"
		done
		stage_patch "${series[i]}" "$dir" --reverse
	done
	{
		mapped
		patched_by_all | while read -r file; do [[ -e $tmp/stage/$file ]] || echo "$file"; done
	} >"$tmp/gone"
}

patched_by_all() {
	local patch

	for patch in "${series[@]}"; do patched_by "$patch"; done | LC_ALL=C sort -u
}

### Moving over

# Put the stage's files into $dir and remove those in $tmp/gone.
exchange() {
	local file

	cat "$tmp/gone" <(files_below "$tmp/stage") >"$tmp/touched"
	while read -r file; do
		[[ ! -e $dir/$file ]] || { mkdir -p "$(dirname "$tmp/before/$file")" && cp -p "$dir/$file" "$tmp/before/$file"; }
	done <"$tmp/touched"
	undo=exchange_back
	while read -r file; do
		mkdir -p "$(dirname "$dir/$file")"
		cp --remove-destination "$tmp/stage/$file" "$dir/$file"
	done < <(files_below "$tmp/stage")
	remove_files <"$tmp/gone"
	undo=
}

# shellcheck disable=SC2317	# called by clean_up
exchange_back() {
	local file

	while read -r file; do
		[[ -e $tmp/before/$file ]] || echo "$file"
	done <"$tmp/touched" | remove_files
	[[ ! -d $tmp/before ]] || cp -a --remove-destination "$tmp/before/." "$dir/"
	echo "$me: $dir is as it was before" >&2
}

# Of $dir, named on stdin, with the directories that they leave empty.
remove_files() {
	local file

	while read -r file; do
		rm -f "$dir/$file"
		[[ ! -d $dir/$(dirname "$file") ]] ||
			(cd "$dir" && rmdir -p --ignore-fail-on-non-empty "$(dirname "$file")")
	done
}

### As commits: our files in one, so that each of the series builds

apply_commits() {
	[[ $(git -C "$dir" rev-parse --show-cdup 2>/dev/null || echo none) == '' ]] ||
		die 1 "--am: $dir is not the top of a git work tree"
	git -C "$dir" diff-index --quiet HEAD -- 2>/dev/null ||
		die 1 "--am: $dir has changes that are not committed"
	git -C "$dir" var GIT_COMMITTER_IDENT >"$tmp/log" 2>&1 ||
		die 1 "--am: git does not know who commits: set user.name and user.email in $dir"
	stage "$dir"
	head=$(git -C "$dir" rev-parse HEAD)
	undo=commits_back
	commit_files
	logged git -C "$dir" am --quiet "${series[@]/#/$PWD/}"
	undo=
	say "$dir: $((1 + ${#series[@]})) commits on top of ${head:0:12}; git reset takes them back"
}

commit_files() {
	local target

	for target in $(mapped); do
		mkdir -p "$(dirname "$dir/$target")"
		cp "$tmp/stage/$target" "$dir/$target"
	done
	mapped | git -C "$dir" add -f --pathspec-from-file=-
	cat >"$tmp/message" <<MESSAGE
x86/virt/tdx: Add the quoting path of tdxbench

The files of $(git describe --always --dirty 2>/dev/null || echo 'tdxbench') that go into a tree as they are. The patches
behind this one build and call them.
MESSAGE
	logged git -C "$dir" commit --quiet --no-verify --signoff -F "$tmp/message"
}

# shellcheck disable=SC2317	# called by clean_up
commits_back() {
	git -C "$dir" am --abort 2>/dev/null || :
	git -C "$dir" reset --quiet --hard "$head"
	mapped | remove_files
	echo "$me: $dir is as it was before" >&2
}
