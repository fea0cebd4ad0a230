#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Captures that documents show: they are the ones that are kept, and how captures.sh
# makes and shows them (with a VM that is none: what a VM prints takes minutes).
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

usage=129
names=$(scripts/captures.sh --help | sed -n '/There are:$/,/^$/s/^  \([a-z-]*\) .*/\1/p')

### What is kept

check "documents show what is kept" "scripts/captures.sh --check" 0 '!.'
check "and all that there is" "diff <(echo '$names' | sort) <(ls results/captures | sed -n 's/[.]txt$//p')" 0 '!.'
for name in $names; do
	file=results/captures/$name.txt
	check "$name is shown by a document" "grep -rlF --include='*.md' '<!-- capture $name -->' README.md results tracepoints" 0 '[.]md$'
	check "$name says what made it" "head -n 3 $file" 0 \
		'^tdxbench [0-9a-z.-]+, Linux [0-9.]+, virtual clock, software TDX module: a model$' \
		'^64 guests that ask without pause, policy (posted|default), 4 CPUs$' '^# tdxbench [a-z]' '!dirty'
	check "$name fits into 80 columns" "LC_ALL=C.UTF-8 grep -nE '.{81}|[[:blank:]]$' $file" 1
done

### How they are made

# A checkout with one document, and a VM that prints what the file "guest" has.
tree=$work/tree
mkdir -p "$tree"/{scripts/shell,build,results/captures}
cp scripts/captures.sh "$tree/scripts/"
cat >"$tree/scripts/vm.sh" <<'END'
#!/bin/bash
while [[ $1 != --results ]]; do shift; done
cat guest >"$2"
[[ ! -e broken ]]
END
printf '#!/bin/sh\necho tdxbench 1.0\n' >"$tree/build/tdxbench"
printf 'all module build/tdxbench:\n' >"$tree/Makefile"
printf '/build/\n/guest\n/broken\n' >"$tree/.gitignore"
chmod +x "$tree"/scripts/*.sh "$tree/build/tdxbench"
first=${names%%$'\n'*}
printf 'before\n<!-- capture %s -->\n```\nold\n```\n<!-- end -->\nafter\n' "$first" >"$tree/page.md"
printf '6.12\nit   \nprints\n' >"$tree/guest"
git_there() { git -C "$tree" -c user.name=x -c user.email=x@x "$@"; }
git_there init -q
git_there add -A
git_there commit -qm x

captures="$tree/scripts/captures.sh"
check "a capture" "$captures $first && cat $tree/results/captures/$first.txt" 0 \
	'^tdxbench 1.0, Linux 6.12, virtual clock, software TDX module: a model$' '^it$' '^prints$'
check "the document shows it" "cat $tree/page.md" 0 '^before$' '^```$' '^prints$' '^after$' '!old'
cp -r "$tree" "$work/once"
check "once more gives the same" "$captures $first && diff -r -x .git $work/once $tree" 0 "^capture $first$" '!diff|Only'
check "which is what --check finds" "$captures --check" 0 '!.'
echo more >>"$tree/results/captures/$first.txt"
check "another file" "$captures --check" 1 '^./page.md does not show what is in results/captures: '
check "--documents" "$captures --documents && $captures --check && cat $tree/page.md" 0 '^more$'
sed -i s/prints/says/ "$tree/page.md"
check "another document" "$captures --check" 1 '^./page.md does not show'

check "--to elsewhere" "$captures --to $work/there $first && ls $work/there && cat $tree/page.md" 0 \
	"^$first.txt$" '^says$' '!^prints$'
printf '%081d\n' 0 >>"$tree/guest"
check "lines that are too long" "$captures --to $work/wide $first; e=\$?; ls $work/wide; exit \$e" 1 \
	"^captures.sh: $first: lines are longer than 80 columns$" 'wide.: No such file'
touch "$tree/broken"
check "a command that fails" "$captures --to $work/wide $first" 1 "^captures.sh: $first: the command failed"
touch "$tree/scripts/more.c"
check "something that is not committed" "$captures $first" 1 '^captures.sh: commit first, there are changes: .*more.c$'

echo '<!-- capture wind -->' >>"$tree/page.md"
check "a document that wants what there is not" "$captures --documents" 1 \
	'^captures.sh: ./page.md:[0-9]+: there is no results/captures/wind.txt$'
sed -i '/^<!-- end/d; /capture wind/d' "$tree/page.md"
check "a document without an end" "$captures --documents" 1 'page.md:[0-9]+: no <!-- end --> to the last capture$'
check "and stays as it is" "cat $tree/page.md" 0 '^after$'

check "no such capture" "$captures wind" $usage "^captures.sh: there is no capture 'wind', there are: $first "
check "no such option" "$captures --fly" $usage "^captures.sh: unknown option '--fly', see --help$"

checks_done
