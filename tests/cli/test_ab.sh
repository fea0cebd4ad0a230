#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two revisions side by side: which they are, what is built and kept of them, and what
# is left when something fails or somebody stops it. The revisions are of a project that
# builds in no time and measures nothing: its program execs $FAKE_RUN.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

usage=129
export TDXBENCH_CACHE=$work/cache FAKE_RUN=$work/run FAKE_BUILDS=$work/builds GIT_CONFIG_GLOBAL=$work/gitconfig
export KDIR=$work/kernel GIT_CONFIG_NOSYSTEM=1
ab=$PWD/scripts/ab.sh bench=$PWD/$bench
project=$work/project results=$work/results

# What the program of a tree does: its file "does" is compiled in.
cat >"$FAKE_RUN" <<'END'
#!/bin/bash
# run --results DIR SUITE
dir=$3/20260101T000000Z-gate
case $FAKE_DOES in
old) echo "tdxbench: $4: measure is 'path', allowed is another" >&2; exit 129 ;;
fails) exit 1 ;;
waits)	# until it is ended; says so once the other side is done
	trap 'exit 143' TERM
	while :; do
		[[ ! -e $3/../head/result.json ]] || touch "$FAKE_BUILDS.waits"
		sleep 0.1
	done
	;;
esac
trap '' TERM
mkdir "$dir"
ln -s "${dir##*/}" "$3/latest"
echo "$FAKE_DOES ${TDXBENCH_ORIGIN#* }" >"$dir/result.json"
cp "$4" "$dir/suite"
echo "[ 1/1] $FAKE_DOES" >&2
END
cat >"$work/compare" <<'END'
#!/bin/bash
# compare [--markdown|--json --output FILE] [OPTION]... BASE HEAD
base=${*: -2:1} head=${*: -1}
echo "compared: $(cut -d ' ' -f 1 "$base/result.json") $(cut -d ' ' -f 1 "$head/result.json") ${*:2:$#-3}"
[[ $3 != --output ]] || touch "$4"
[[ $(cut -d ' ' -f 1 "$head/result.json") != worse* ]] || exit 2
END
chmod +x "$FAKE_RUN" "$work/compare"

new_project() {
	git init -q -b main "$project"
	cd "$project"
	git config --global user.name tests
	git config --global user.email tests@invalid
	mkdir -p bench/suites
	echo "the suite of gate" >bench/suites/gate.ini
	echo /ignored >.gitignore
	cat >bench/main.c <<-'END'
		#include <stdlib.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			setenv("FAKE_DOES", DOES, 1);
			return argc ? execv(getenv("FAKE_RUN"), argv) : 1;
		}
	END
	printf '%s\n' 'all:' '	@echo "$(VERSION)" >>$(FAKE_BUILDS)' '	@! test -e slow || sleep 2' \
		'	@mkdir -p build' "	@gcc -g -DDOES='\"\$(shell cat does)\"' -o build/tdxbench bench/main.c" >Makefile
	commit first
}

# commit DOES [FILE]: a commit of that program
commit() {
	echo "$1" >does
	[[ ! ${2:-} ]] || touch "$2"
	git add -A
	git commit -qm "$1"
}

run_ab() { "$ab" "$work/compare" "$results" "$@"; }
builds() { grep -c . "$FAKE_BUILDS" || :; }
# What is left of the last: its directory, and what is in there.
last() { (cd "$(newest)" && find . -type f | sort); }
newest() { ls -td "$results"/ab-* | head -n 1; }

check "ab with an argument" "$bench ab main" $usage "^tdxbench ab: takes no arguments but options of compare behind --, got 'main'$"
check "too many options of compare" "$bench ab -- $(printf -- '--x %.0s' {1..40})" $usage 'up to [0-9]+ options of compare, got 40'
check "outside of git" "cd $work && $bench ab -r $results" 77 '^tdxbench ab: it builds from a clone of tdxbench, and here is none: fatal: not a git repository'
check "without git" "without git $ab $work/compare $results '' '' ''" 77 '^tdxbench ab: git is missing: run tdxbench setup$'

new_project
check "results cannot be written" "$bench ab -r /proc/none" 1 '^tdxbench ab: cannot write to /proc/none'
check "unknown base" "$bench ab -r $results --base v9" 1 "^tdxbench ab: --base: $project has no revision 'v9'$"
check "unknown head" "$bench ab -r $results --head v9" 1 "^tdxbench ab: --head: $project has no revision 'v9'$"
check "a base that is an option" "$bench ab -r $results --base=--all" 1 "has no revision '--all'$"
check "nothing before it" "$bench ab -r $results" 1 '^tdxbench ab: there is no commit before [0-9a-f]+ to compare it with$'
check "unreadable suite" "$bench ab -r $results --base HEAD --suite none.ini" $usage '^tdxbench ab: --suite: cannot read none.ini$'
check "nothing was built or measured for these" "ls -A $results $TDXBENCH_CACHE/ab" 0 '!^[^/]'

### Which revisions, and what is built once

commit second
check "on main the commit before" "run_ab '' '' '' --budget 1%" 0 '^base +[0-9a-f]+, tree ' '^compared: first second --budget 1%$' \
	'^base  \[ 1/1\] first$' '^head  \[ 1/1\] second$' '^head +running gate.ini$'
check "both were built" builds 0 '^2$'
check "results and comparison are there" last 0 '^./base/result.json$' '^./head/result.json$' '^./comparison.md$' '^./comparison.json$' '!/latest|/\.'
check "the results know their commits" "cat $results/ab-*/head/result.json" 0 "^second $(git rev-parse HEAD) 20..-..-..T..:..:..Z$"
check "again, nothing is built" "run_ab '' '' '' && builds" 0 '^2$' '!building'
git commit -q --allow-empty -m "the same tree"
check "another commit of the same tree" "run_ab HEAD~1 '' '' && builds" 0 '^2$' '^compared: second second $'

git switch -qc topic
commit worse
commit worse-again
check "on a branch, the merge base with main" "run_ab '' '' ''" 2 '^compared: second worse-again $'
git branch -f next HEAD~1
check "the merge base with another" "run_ab next... '' ''" 2 '^compared: worse worse-again $'
check "two revisions" "run_ab HEAD~1 main ''" 0 '^compared: worse second $'

git switch -q main
echo changed >does
touch untracked ignored
git status --porcelain >"$work/status"
objects=$(git count-objects)
before=$(builds)
check "on main with changes, HEAD" "run_ab '' '' ''" 0 '^head +[0-9a-f]+-dirty, ' '^compared: second changed $'
check "git sees what it saw before" "git status --porcelain | diff - $work/status && git count-objects" 0 "^$objects$"
check "new files are taken, ignored ones are not" "ls -d $TDXBENCH_CACHE/ab/*/{untracked,ignored} 2>&1" 2 '/untracked$' '!ab/[^*]*/ignored$'
check "a head is without them" "run_ab HEAD HEAD ''" 0 '^compared: second second $'
check "only that tree was built" builds 0 "^$((before + 1))$"
git checkout -q does
rm untracked ignored

printf '#!/bin/bash\n[[ $1 == --version ]] && echo gcc 99 || exec /usr/bin/gcc "$@"\n' >"$work/gcc"
chmod +x "$work/gcc"
mkdir -p "$work/bin"
mv "$work/gcc" "$work/bin"
check "another compiler builds anew" "PATH=$work/bin:$PATH run_ab HEAD HEAD ''" 0 '^base +building'
mkdir -p "$KDIR/include/config"
echo 6.99 >"$KDIR/include/config/kernel.release"
check "another kernel as well" "run_ab HEAD HEAD ''" 0 '^base +building'

### What goes wrong

git switch -qc wrong
echo 'error:' >Makefile.good
cp Makefile Makefile.good
printf 'all:\n	@echo "what is wrong"; exit 1\n' >Makefile
check "a build that fails" "run_ab HEAD '' ''" 1 '^what is wrong$' \
	'^tdxbench ab: head: the build of [^ ]+-dirty failed; all it said is in .*\.log$'
check "what it said is there" "cat $TDXBENCH_CACHE/ab/*.log" 0 '^what is wrong$'
check "nothing of it is in the cache" "ls -d $TDXBENCH_CACHE/ab/*.part" 2
mv Makefile.good Makefile
commit old
check "a base that does not know the suite" "run_ab HEAD main ''" 1 "measure is 'path'" \
	'^tdxbench ab: base: [0-9a-f]+ does not know all of gate.ini: it is too old for this suite$'
commit waits
commit fails
rm -f "$FAKE_BUILDS.waits"
check "a head that fails ends a base that runs" "run_ab HEAD~1 HEAD ''" 1 '^tdxbench ab: head: the run of [0-9a-f]+ failed'
git rm -q bench/suites/gate.ini
commit fourth
check "a head without the suite" "run_ab HEAD~1 '' ''" 1 '^tdxbench ab: head: [0-9a-f]+ has no bench/suites/gate.ini, say --suite FILE$'
check "a suite of one's own" "echo mine >$work/my.ini && run_ab HEAD HEAD $work/my.ini && cat \$(newest)/base/suite" 0 '^mine$'
git rm -qr bench
commit "no bench"
check "a tree of something else" "run_ab main HEAD ''" 1 '^tdxbench ab: head: [0-9a-f]+ is no tree of tdxbench'
git clone -q --depth 1 "file://$project" "$work/shallow" 2>/dev/null
check "a shallow clone" "cd $work/shallow && run_ab main '' ''" 1 "has no revision 'main'; the clone is shallow, git fetch --unshallow gets the rest$"
git branch -qm main trunk
check "no branch to compare with" "run_ab '' '' ''" 1 '^tdxbench ab: there is no origin/HEAD, main or master to compare with, say --base REV$'
git branch -qm trunk main
check "no empty directory of results is left" "find $results -mindepth 1 -type d -empty" 0 '!.'

### Several at once, and Ctrl-C

git switch -q main
commit third slow
before=$(builds)
check "two at once build a tree once" "run_ab HEAD HEAD '' & run_ab HEAD HEAD ''; wait \$! && builds" 0 "^$((before + 1))$" 'waiting for another'

# interrupted SIGNAL FILE ARG...: its status when the signal comes as FILE is there
interrupted() {
	local signal=$1 file=$2 pid status=0 i

	rm -f "$file" "$file.waits"
	setsid env --default-signal=INT,QUIT "MARK=$work" "$ab" "$work/compare" "$results" "${@:3}" >"$work/log" 2>&1 </dev/null &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		[[ ! -s $file && ! -e $file.waits ]] || break
		sleep 0.1
	done
	case $signal in
	INT) kill -INT -- "-$pid" ;;
	TERM) kill -TERM "$pid" ;;	# to it alone: it has to tell the others
	esac
	wait "$pid" || status=$?
	cat "$work/log"
	[[ ! $(grep -lzax "MARK=$work" /proc/[0-9]*/environ 2>/dev/null) ]] || echo "processes are left"
	return "$status"
}
export FAKE_BUILDS=$work/signals
for signal in INT:130 TERM:143; do
	echo "${signal%:*}" >does
	check "SIG${signal%:*} while it builds" "interrupted ${signal%:*} $FAKE_BUILDS HEAD '' ''" "${signal#*:}" 'building' '!processes|running'
	check "nothing of the build is left" "ls -d $TDXBENCH_CACHE/ab/*.part" 2
	git checkout -q does
	rm -f "$FAKE_BUILDS"*
	check "SIG${signal%:*} while it runs" "interrupted ${signal%:*} $FAKE_BUILDS wrong~3 HEAD ''" "${signal#*:}" 'running' '!processes'
	check "the side that was done is kept" last 0 '^./head/result.json$' '!base|comparison'
done

### The cache

for i in {1..12}; do
	mkdir "$TDXBENCH_CACHE/ab/old-$i"
	touch -d "2020-01-01 00:00:$i" "$TDXBENCH_CACHE/ab/old-$i.lock"
done
exec {used}<"$TDXBENCH_CACHE/ab/old-1.lock"
flock --shared "$used"
check "the last ten used are kept" "run_ab HEAD HEAD '' && ls -d $TDXBENCH_CACHE/ab/*.lock | wc -l" 0 '^11$'
check "and one that is in use" "ls -d $TDXBENCH_CACHE/ab/old-*" 0 '/old-1$' '!old-([2-9]|1[012])$'
exec {used}<&-

cd "$OLDPWD"
checks_done
