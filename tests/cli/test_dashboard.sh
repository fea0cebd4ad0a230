#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The dashboard of a made-up history with known steps: its data, its pages in a browser,
# and what becomes of the directory that it is written to.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

here=tests/cli/dashboard
db=$work/history.db site=$work/site

# make_runs NAME MACHINE [name=value]...
make_runs() {
	local name=$1 machine=$2 arguments=() a

	shift 2
	for a; do arguments+=(-v "$a"); done
	awk -f "$here/history.awk" -v "out=$work/$name" "${arguments[@]}"
	"$bench" history add --db "$db" --machine "$machine" "$work/$name" >/dev/null
}

make_runs gate ci-1 runs=40 suite=gate
make_runs gate-2 metal-2 runs=40 suite=gate cpus=8 from=8
make_runs quick ci-1 runs=40 suite=quick points=3
make_runs real metal-2 runs=40 suite=quick points=2 clock=real cpus=8

dashboard="$bench dashboard --db $db --out $site"
check "a dashboard" "$dashboard && ls -A $site" 0 "^dashboard: $site/index.html$" '^index.html$' '^dashboard.js$' '!part'

### Its data: an independent reading of them, with every step that was put in

if command -v node >/dev/null; then
	check "its data" "node $here/data.js $site" 0 '^153 runs, ' \
		'^gate path path.instructions value ci-1 code 48210->48230$' '^gate path path.instructions value ci-1 code 48230->48195$' \
		'^gate path path.instructions value metal-2 code 48210->48230$' '^quick path path.per_iteration value ci-1 code 422->387$' \
		'^quick default/guests=1 quote.rate value ci-1 environment change: kernel 6.12.117-amd64 -> 6.12.118-amd64 ' \
		'!^gate .* environment'
	check "and no other of the path" "node $here/data.js $site | grep -c '^gate path path.instructions'" 0 '^4$'
else
	skip "its data" "no node"
fi

### The directory: whole or not at all, and nothing of others is touched

digest() { (cd "$1" && find . -type f -exec sha256sum {} + | sort | sha256sum); }
export -f digest

before=$(digest "$site")
check "again, in its place" "$dashboard && digest $site" 0 "^$before$"
touch "$site/CNAME"
check "with a file of somebody else in it" "$dashboard; ls $site/CNAME" 0 \
	"^tdxbench dashboard: $site has 'CNAME' in it, which is not of the dashboard: move it away$" "^$site/CNAME$"
rm "$site/CNAME"
ln -s /etc/passwd "$site/data/link"
check "with a link in it" "$dashboard" 1 "has 'data/link' in it"
rm "$site/data/link"
mkdir "$work/mine"
echo precious >"$work/mine/file"
check "a directory of somebody else" "$bench dashboard --db $db --out $work/mine; cat $work/mine/file; ls -A $work/mine" 0 \
	"^tdxbench dashboard: $work/mine is there and no dashboard: allowed is a new or empty directory, or a dashboard to replace$" '^precious$' '!index'
printf 'tdxbench-dashboard/1\n../mine/file\n' >"$work/mine/dashboard.files"
check "a list that lies" "$bench dashboard --db $db --out $work/mine; cat $work/mine/file" 0 "has 'dashboard.files' in it|has 'file' in it" '^precious$'
check "a file" "$bench dashboard --db $db --out $work/mine/file; cat $work/mine/file" 0 'is there and no dashboard' '^precious$'
mkdir "$work/empty"
check "an empty directory" "$bench dashboard --db $db --out $work/empty/ && ls $work/empty/index.html" 0 'index.html$'
ln -s site "$work/link"
check "through a link, which stays one" "$bench dashboard --db $db --out $work/link && readlink $work/link && digest $site" 0 '^site$' "^$before$"
check "no place" "$bench dashboard --db $db --out $work/none/site" 1 "^tdxbench dashboard: cannot write $work/none/site: No such file or directory$"
check "no history" "$bench dashboard --db $work/none.db --out $site; digest $site" 0 "^tdxbench.*: .*$work/none.db" "^$before$"
check "a history that is none" "$bench dashboard --db $here/drive.js --out $work/new; ls $work/new" 2 "^tdxbench.*drive.js" 'cannot access'
check "no room on the disk" "(ulimit -f 8; trap '' XFSZ; $dashboard); digest $site" 0 '^tdxbench dashboard: cannot write .*: File too large$' "^$before$"
"$bench" dashboard --db "$db" --out "$work/cut" >/dev/null 2>&1 &
sleep 0.05
kill -INT $! 2>/dev/null || :
wait $! || :
check "nothing is left beside any of them" "ls -dA $work/*.part* $work/.*part*" 2 '!part-'
check "an argument" "$bench dashboard $site" 129 "takes no arguments, got '$site'"
check "a URL that is none" "$bench dashboard --commit-url javascript:alert --db $db --out $site" 129 'allowed is http:// or https://$'
check "help" "$bench dashboard --help" 0 '--db FILE' '--out DIR' 'results/dashboard'

### In a browser

# A page of the site as a browser has it when its scripts are done.
browse() {
	TMPDIR=$work HOME=$work timeout 90 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir="$work/browser" \
		--window-size="${2:-1440,1000}" --virtual-time-budget=30000 --dump-dom "file://$1" 2>/dev/null
}

# drive SITE SERIES COMMIT...: what drive.js saw on a copy of it
drive() {
	local copy=$work/driven commits

	rm -rf "$copy"
	cp -r "$1" "$copy"
	printf -v commits '"%s",' "${@:3}"
	echo "window.seriesHash = '$2'; window.badCommits = [$commits];" | cat - "$here/drive.js" >"$copy/drive.js"
	sed -i 's|</body>|<script src="drive.js"></script>&|' "$copy/index.html"
	browse "$copy/index.html" "${size:-}" | sed -n '/<pre id="seen">/,/<\/pre>/p' | sed 's/<[^>]*>//g; s/&gt;/>/g; s/&lt;/</g; s/&amp;/\&/g'
}

# The label of commit N of the made-up history.
commit() { sed -n 's/.*"commit":"\(.\{12\}\).*/\1/p' "$(printf '%s/gate/%05d/result.json' "$work" "$1")"; }

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || :)
[[ ! $browser ]] || browse /dev/null >/dev/null || browser=''
if [[ ! $browser ]]; then
	for name in "front page" "series" "run" "search" "hostile texts" "phone"; do
		skip "$name" "no Chromium that runs"
	done
	checks_done
	exit
fi

seen=$work/seen
drive "$site" '#/series/gate/path/path.instructions/value/steady' "$(commit 20)" "$(commit 21)" "$(commit 22)" >"$seen"
check "front page" "grep '^front' $seen" 0 '^front worst: ✗ [0-9]+ worse · code change [0-9a-f]{12}\.\.[0-9a-f]{12}.*path.per_iteration.*\+20 instructions' \
	'^front environment: .*environment change: kernel 6.12.117-amd64 → 6.12.118-amd64' '^front keys: 9 with [1-9]' '^front classes: exact sampled steady' \
	'^front nature: (virtual|real) clock.*model, not hardware'
check "steps are marked" "grep '^series' $seen" 0 '^series badges: .*→ 48,230 instructions1 \| .*→ 48,195 instructions2$' \
	"^series steps: .*2✓ better48,230 instructions → 48,195 instructions−35 instructions.*code change $(commit 23)\.\.$(commit 24)" \
	"1✗ worse48,210 instructions → 48,230 instructions\+20 instructions.*code change $(commit 11)\.\.$(commit 12)"
check "a line for each machine and environment" "grep '^series' $seen" 0 '^series lines: 4$' '^series curves: 4$'
check "crosshair, zoom, zero, legend" "grep '^series' $seen" 0 "^series tip: 48,195 instructionssame to the run before$(commit 40) 2026-01-06.*cpus 8" '^series zoom: true$' '^series all: true$' \
	'^series from zero: 0 true$' '^series hidden: false$'
check "from a point to its run" "cat $seen" 0 '^click goes to: #/run/$' "^run: Run of $(commit 40) / virtual clock: .* / 1 points / path.instructions48,195 instructions=steady$" '^run books: .*books closed'
check "runs not to be trusted" "grep -E '^(commit|warning)' $seen" 0 '^commit: ✗ books open$' '^warning: BOOKS OPEN in 1 of 1 points' '^warning: EVENTS LOST: 3' '^warning: INCOMPLETE: the VM went away'
check "search" "grep '^search' $seen" 0 '^search metric: 3 path.instructionspathgatesteady48,195 instructions4$' '^search point: 1 quote.ratedefault/guests=4' "^search commit: $(commit 20)2026-01-03" '^search none: 0$'
check "theme, unknown page, nothing foreign" "cat $seen" 0 '^theme: light rgb\(251, 250, 248\)$' '^unknown: Not here$' '^foreign: 0$' '^wide: false$' '!^(error|timeout)'

size=390,844 drive "$site" '#/series/gate/path/path.instructions/value/steady' "$(commit 20)" >"$seen"
check "phone" "cat $seen" 0 '^wide: false$' '^click goes to: #/run/$' '!^(error|timeout)'

db=$work/hostile.db site=$work/hostile-site
make_runs hostile ci-1 runs=12 suite=quick points=1 hostile=1
"$bench" dashboard --db "$db" --out "$site" >/dev/null
check "hostile texts, as data" "! command -v node >/dev/null || node $here/data.js $site" 0 '!Error'
drive "$site" "#/series/quick%3Cimg%20src%3Dx%20onerror%3Ddocument.title%3D1%3E/path/path.instructions/value/steady" "$(commit 6)" >"$seen"
check "hostile texts, on pages" "cat $seen" 0 '^foreign: 0$' '^click goes to: #/run/$' 'run: Run of ' '!^(error|timeout)'

checks_done
