#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every recipe of tracepoints/recipes, in a VM with the tools of this machine: what it
# prints against what the kernel counted, and that a wrong count or a lost event is seen.
# With a DIRECTORY of scripts/kernel.sh, on the kernel there.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

in_vm=tracepoints/recipes/in-vm
kernel=(${1:+--kernel "$1"})
cpus=2		# of that VM
answers=(getquote_ok getquote_refused getquote_retry getquote_user getquote_killed)
mapfile -t recipes < <(cd tracepoints/recipes && ls ./*.bt ./*.sh | sed 's|^./||')

### What a recipe printed, in $printed

# Times in a histogram of bpftrace: its buckets follow a line "NAME:".
hist() {
	awk -v name="$1:" 'index($0, name) == 1 { on = 1; next } !/^[[(]/ { on = 0 }
		on { sub(/ *\|.*/, ""); sum += $NF } END { print sum + 0 }' "$printed"
}

# Values of bpftrace's maps, of lines that begin so; of stats(), the number NAME.
values() {
	awk -v begin="^$1" -v part="${2-}" '$0 ~ begin { sub(/.*]: |^[^:]*: /, "")
		if (part) { sub(".*" part " ", ""); sub(/,.*/, "") } sum += $0 } END { print sum + 0 }' "$printed"
}

# Of a map that is printed again and again, the last value of that line.
latest() { awk -v begin="^$1" '$0 ~ begin { last = $NF } END { print last + 0 }' "$printed"; }

lines() { grep -cE -- "$1" "$printed" || :; }

# The sum of that column of such lines.
column() { awk -v column="$1" -v such="$2" '$0 ~ such { sum += $column } END { print sum + 0 }' "$printed"; }

# How many values NAME=VALUE are not above a limit.
within() { grep -oP "$1=\K[0-9]+" "$printed" | awk -v limit="$2" '$1 <= limit' | wc -l; }

# The sum of a field NAME=VALUE, NAME: VALUE or so, of lines with EVENT.
field() {
	grep -E -- "$1" "$printed" | grep -oE "\\b$2[=:] *[0-9]+" |
		awk -F '[=: ]+' '{ sum += $NF } END { print sum + 0 }'
}

# Of ftrace's histograms: hit counts of entries that look so.
hits() { field "^\\{ .*$1" hitcount; }

# Quotes whose parts do not add up, of quote_end however it was printed. Parts that
# are 0 may be left out.
unsound() {
	grep -E 'quote_end' "$printed" | sed 's/[(,]/ /g; s/: \([0-9]\)/=\1/g' | awk '{ sum = total = 0
		for (i = 1; i <= NF; i++) {
			n = split($i, pair, "=")
			if (n == 2 && pair[1] == "total_ns") total = pair[2]
			else if (n == 2 && pair[1] ~ /^(copy_in|wait|seam|gap|copy_out|other)_ns$/) sum += pair[2]
		}
		bad += !total || sum != total } END { print bad + 0 }'
}

### Against what the kernel counted, in $counted as lines "NAME COUNT"

fault() { echo "$1" && faults=$((faults + 1)); }

counter() { awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' "$counted"; }

# WHAT SEEN COUNTER...: exactly the sum of these.
same() {
	local what=$1 seen=$2 sum=0 name

	shift 2
	for name; do
		sum=$((sum + $(counter "$name")))
		used[$name]=same
	done
	[[ $seen == "$sum" ]] || fault "$what: $seen, the kernel counted $sum ($*)"
}

# WHAT SEEN COUNTER: not more, and not none.
some() {
	used[$3]=${used[$3]-some}
	((0 < $2 && $2 <= $(counter "$3"))) || fault "$1: $2, the kernel counted $(counter "$3") ($3)"
}

is() { [[ $2 == "$3" ]] || fault "$1: $2, not $3"; }
no() { ! grep -E -- "$1" "$printed" || fault "there is '$1'"; }
has() { grep -qE -- "$1" "$printed" || fault "there is no '$1'"; }

### What all recipes of a tool must say

sound_bpftrace() {
	no 'Lost [0-9]|WARNING:|ERROR:'
	has '^Attaching [0-9]+ probes?'
}

sound_perf_records() {
	no '\[UNKNOWN|unknown|leaf=[0-9]|not found'
	has '^records of lost events: 0$'
}

sound_trace_cmd() { no 'EVENTS (DROPPED|LOST)|UNKNOWN|leaf=[0-9]|(overrun|dropped events): [^0]'; }
sound_histograms() {
	no 'Dropped: [^0]'
	is "histograms" "$(lines '^ +Dropped: 0$')" "$1"
}

# Every event of the path for each quote, decoded.
all_events() {
	local event

	for event in getquote_enter quote_begin quote_buffer quote_end getquote_exit; do
		same "$event" "$(lines " (tdx_ext:)?$event: ")" getquote_ok
	done
	for event in seamcall_enter seamcall_exit; do
		same "$event" "$(lines " (tdx_ext:)?$event: .*leaf=QUOTE.GET ")" QUOTE.GET.entries
	done
	same "iterations" "$(field quote_end: iterations)" QUOTE.GET.entries
	is "quotes that do not add up" "$(unsound)" 0
}

### Recipe by recipe

examine() {
	local printed=$2 counted=$3 faults=0 by

	by=examine_${1//[^a-z]/_}
	if declare -F "$by" >/dev/null; then "$by"; else fault "there is no $by here"; fi
	((!faults))
}

examine_answers_bt() {
	sound_bpftrace
	same "requests" "$(values '@asked')" "${answers[@]}"
	same "TDs" "$(lines '^@asked')" guests
	same "told a quote" "$(values '@told\[[0-9]+, quote\]')" getquote_ok
	same "told anything" "$(values '@told')" "${answers[@]}"
}

examine_bringup_bt() {
	sound_bpftrace
	same "entries of EXT.MEM.ADD" "$(values '@pool_entries')" EXT.MEM.ADD.entries
	same "batches" "$(hist @batch_us)" EXT.MEM.ADD.success
	same "entries of EXT.INIT" "$(values '@init_entries\[60')" EXT.INIT.entries
	same "entries of QUOTE.INIT" "$(values '@init_entries\[100')" QUOTE.INIT.entries
	is "chunks with a time" "$(hist @chunk_us)" "$(values '@pool_chunks')"
	has "pool: $(values '@pool_pages') of $(values '@pool_pages') pages, error 0"
	has 'extensions: ready, error 0'
	has 'quoting: available, error 0'
}

examine_buffers_bt() {
	sound_bpftrace
	same "waits" "$(hist @wait_us)" getquote_ok
	same "waits by TD" "$(values '@waited_us' count)" getquote_ok
	same "holds by TD" "$(values '@held_us' count)" getquote_ok
	same "TDs that wait" "$(lines '^@waited_us')" guests
	same "TDs that hold" "$(lines '^@held_us')" guests
	some "waits behind another" "$(values '@behind')" getquote_ok
}

examine_gaps_bt() {
	local others

	sound_bpftrace
	others=$(hist '@gap_us[others ran]')
	same "gaps" "$((others + $(hist '@gap_us[none]')))" QUOTE.GET.resumable
	some "gaps in which others ran" "$others" QUOTE.GET.resumable
	((others <= $(values '@instead'))) || fault "tasks switched to: fewer than such gaps"
}

examine_iterations_bt() {
	sound_bpftrace
	same "calls begun" "$(latest '@entries\[begin')" QUOTE.GET.success QUOTE.GET.failed
	same "calls resumed" "$(latest '@entries\[resume')" QUOTE.GET.resumable
	same "calls ended" "$(hist '@iterations[98]')" QUOTE.GET.success QUOTE.GET.failed
	has '^[0-9]{2}:[0-9]{2}:[0-9]{2}$'
}

examine_lateness_bt() {
	sound_bpftrace
	same "stays" "$(values '@stays')" QUOTE.GET.entries
	some "timers late in SEAM" "$(hist @late_in_seam_us)" QUOTE.GET.entries
	((0 < $(hist @late_elsewhere_us))) || fault "no timers elsewhere"
}

examine_quotes_bt() {
	sound_bpftrace
	same "lines" "$(lines '^0x')" getquote_ok
	same "stays" "$(column 5 '^0x')" QUOTE.GET.entries
	same "quotes by TD" "$(values '@total_ns' count)" getquote_ok
	is "time by TD" "$(values '@total_ns' total)" "$(column 6 '^0x')"
	is "quotes that do not add up" \
		"$(awk '/^0x/ && (!$6 || $6 != $7 + $8 + $9 + $10 + $11 + $12)' "$printed" | wc -l)" 0
}

examine_slow_bt() {
	sound_bpftrace
	same "all" "$(values '@quotes\[all')" getquote_ok
	some "slow" "$(lines ' 0x')" getquote_ok
	is "slow, counted" "$(values '@quotes\[slow')" "$(lines ' 0x')"
	is "slow ones that are not" "$(awk '/ 0x/ && $7 < 20000' "$printed" | wc -l)" 0
}

examine_stays_bt() {
	sound_bpftrace
	same "stays" "$(hist '@stay_us[QUOTE.GET]')" QUOTE.GET.entries
	same "gaps" "$(hist '@gap_us[QUOTE.GET]')" QUOTE.GET.resumable
	same "ended" "$(values '@ends\[QUOTE.GET, SUCCESS')" QUOTE.GET.success
	same "left half-way" "$(values '@ends\[QUOTE.GET, RESUMABLE')" QUOTE.GET.resumable
	same "ends" "$(values '@ends')" QUOTE.GET.entries
}

examine_updates_bt() {
	sound_bpftrace
	same "lines" "$(lines '^[0-9:]+ +[0-9]+ +0 ')" updates
	same "updates without an error" "$(values '@updates\[0\]')" QUOTE.INIT.success
	same "CPUs stopped, by $cpus" "$(($(values '@irqs_off_ns' count) / cpus))" updates
	same "in the histogram" "$(($(hist @irqs_off_all_ns) / cpus))" updates
	is "CPUs" "$(lines '^@irqs_off_ns')" $cpus
}

examine_why_left_bt() {
	sound_bpftrace
	same "left half-way" "$(values '@resumable')" QUOTE.GET.resumable
	same "done" "$(values '@done')" QUOTE.GET.success
	has '^@resumable\[tracepoint:irq_vectors:local_timer_entry\]: [1-9]'
}

examine_ftrace_events_sh() {
	no '(overrun|dropped events): [^0]|leaf=[0-9]'
	is "CPUs" "$(lines '^cpu[0-9]+: overrun: 0 dropped events: 0')" $cpus
	same "stays" "$(lines ' seamcall_exit: .*leaf=QUOTE.GET ')" QUOTE.GET.entries
	for event in getquote_enter quote_end getquote_exit; do
		same "$event" "$(lines " $event: ")" getquote_ok
	done
	is "quotes that do not add up" "$(unsound)" 0
}

examine_hist_buffer_sh() {
	sound_histograms 2
	same "waits and holds, by 2" "$(($(hits tdr:) / 2))" getquote_ok
	same "TDs, by 2" "$(($(lines '^\{ tdr: ') / 2))" guests
	is "histograms without a TD or a time" "$(lines '^\{ tdr: .* us: +0$')" 0
}

examine_hist_quotes_sh() {
	sound_histograms 2
	same "quotes" "$(hits '[0-9] }.*total_ns')" getquote_ok
	same "answers" "$(hits 'ret: 0, status: 0 ')" getquote_ok
	same "TDs" "$(lines '^\{ tdr: .*total_ns')" guests
}

# The snapshot ends with the event that it was taken for.
examine_hist_slowest_sh() {
	sound_histograms 1
	same "quotes" "$(hits tdr:)" getquote_ok
	same "TDs" "$(lines '	max: +[1-9]')" guests
	has 'sched_switch: '
	is "the slowest" "$(tail -n 1 "$printed" | grep -oP ' quote_end: .*total_ns=\K[0-9]+')" \
		"$(grep -oP '	max: +\K[0-9]+' "$printed" | sort -n | tail -n 1)"
}

examine_hist_stays_sh() {
	sound_histograms 2
	same "ended" "$(hits 'leaf: +98, status: 0 ')" QUOTE.GET.success
	same "left half-way" "$(hits 'leaf: +98, status: 8000000300000000 ')" QUOTE.GET.resumable
	same "stays" "$(hits 'leaf: +98, duration_ns: ')" QUOTE.GET.entries
}

examine_perf_record_sh() {
	sound_perf_records
	all_events
}

examine_perf_slow_sh() {
	sound_perf_records
	some "slow" "$(lines 'tdx_ext:quote_end: ')" getquote_ok
	is "slow ones that are not" "$(within total_ns 10000000)" 0
	is "quotes that do not add up" "$(unsound)" 0
	# Guests wait for no less than the quote takes.
	(($(counter p50_ns) <= 10500000 || 2 * $(lines 'quote_end: ') >= $(counter getquote_ok))) ||
		fault "slow: less than half of them, and the median is slow"
}

examine_perf_stat_sh() {
	no '<not'
	counted_by_perf getquote_exit getquote_ok
	counted_by_perf quote_end getquote_ok
	counted_by_perf seamcall_enter QUOTE.GET.entries
	counted_by_perf seamcall_exit QUOTE.GET.entries
}

counted_by_perf() {
	same "$1" "$(column 1 "^ +[0-9]+ +tdx_ext:$1")" "$2"
	same "$1, each second" "$(column 2 "^ +[0-9]+[.][0-9]+ +[0-9]+ +tdx_ext:$1")" "$2"
}

examine_perf_sums_sh() {
	sound_perf_records
	same "ended" "$(column 3 '^QUOTE.GET +0x0 ')" QUOTE.GET.success
	same "left half-way" "$(column 3 '^QUOTE.GET +0x8000000300000000 ')" QUOTE.GET.resumable
	same "stays" "$(column 3 '^[A-Z.]+ +0x')" QUOTE.GET.entries
}

examine_perf_trace_sh() {
	no 'LOST'
	for event in getquote_enter quote_end getquote_exit; do
		same "$event" "$(lines "tdx_ext:$event\(")" getquote_ok
	done
	same "iterations" "$(field quote_end iterations)" QUOTE.GET.entries
	is "quotes that do not add up" "$(unsound)" 0
}

examine_trace_cmd_record_sh() {
	sound_trace_cmd
	all_events
	is "CPUs without a loss" "$(lines '^dropped events: 0$')" $cpus
}

examine_trace_cmd_slow_sh() {
	sound_trace_cmd
	some "slow" "$(lines 'seamcall_exit: .*leaf=QUOTE.GET ')" QUOTE.GET.entries
	is "slow ones that are not" "$(within duration_ns 2000000)" 0
}

examine_trace_cmd_hist_sh() {
	sound_histograms 1
	same "stays" "$(hits 'leaf: +98, duration_ns: ')" QUOTE.GET.entries
}

### The checks see what is wrong

# Every counter that the recipe was compared with, one at a time: one more than there
# was, or none where it was a limit only.
sees_wrong_counters() {
	local -A used=()
	local name missed=0

	examine "$1" "$work/printed/$1" "$work/counted/$1" >"$work/said"
	for name in "${!used[@]}"; do
		awk -v name="$name" -v how="${used[$name]}" \
			'$1 == name { $2 = how == "same" ? $2 + 1 : 0 } 1' "$work/counted/$1" >"$work/wrong"
		! examine "$1" "$work/printed/$1" "$work/wrong" >"$work/said" ||
			{ echo "not seen: $name is wrong" && missed=1; }
	done
	((${#used[@]})) || { echo "compared with nothing" && missed=1; }
	return $missed
}

# The recipe's output as its tool prints it when events are lost.
with_losses() {
	case $1 in
	*.bt) cat "$2" && echo "Lost 5 events" ;;
	perf-trace.sh) cat "$2" && echo "LOST 3 events!" ;;
	perf-stat.sh) sed 's/^ *[0-9]* \( *tdx_ext:quote_end\)/ <not counted> \1/' "$2" ;;
	perf-*) sed 's/^\(records of lost events: \)0/\11/' "$2" ;;
	trace-cmd-hist.sh | hist-*) sed 's/Dropped: 0/Dropped: 2/' "$2" ;;
	trace-cmd-*) cat "$2" && echo "CPU:1 [832 EVENTS DROPPED]" ;;
	ftrace-*) sed 's/overrun: 0/overrun: 7/' "$2" ;;
	esac
}

sees_losses() {
	local -A used=()

	with_losses "$1" "$work/printed/$1" >"$work/lossy"
	! examine "$1" "$work/lossy" "$work/counted/$1" >"$work/said" || { echo "not seen" && return 1; }
}

### All of them

# "### RECIPE …" begins what there is of one: a file each in the directory $2.
split() {
	mkdir -p "$2"
	awk -v dir="$2" '/^### [a-z-]+\.(bt|sh)( |$)/ { file = dir "/" $2; printf "" >file; next }
		file { print >file }' "$1"
}

# JSON to lines "NAME COUNT"; a leaf's name before those of its counts.
flatten() {
	awk -F '"' '/\{$/ { of = $2 ~ /^(kernel|leaves)?$/ ? "" : $2 "." } /^ *}/ { of = "" }
		$3 ~ /^: [0-9]/ { sub(/,$/, "", $3); print of $2, substr($3, 3) }' "$1" >"$1.flat"
	mv "$1.flat" "$1"
}

# All that is there of those that failed, or left something behind.
failed() {
	tail -n 5 "$work/output"
	grep -A 3 -E '^(in-guest|insmod|rmmod)' "$work/output"
	awk '/^### / && $3 { print $2 " ended with " $3 }' "$work/counts"
	return 1
}

run_all() {
	local recipe

	"$in_vm" "${kernel[@]}" --counted "$work/counts" "${recipes[@]}" >"$work/output" 2>&1 || failed || return
	split "$work/output" "$work/printed"
	split "$work/counts" "$work/counted"
	for recipe in "${recipes[@]}"; do flatten "$work/counted/$recipe"; done
}

# Ctrl-C: what was seen is shown, nothing is left. All of the shell's, and bpftrace once.
interrupt_all() {
	local some=(stays.bt) recipe

	for recipe in "${recipes[@]}"; do [[ $recipe == *.bt ]] || some+=("$recipe"); done
	"$in_vm" "${kernel[@]}" --counted "$work/counts" --interrupt 4 "${some[@]}" --rate 20 >"$work/output" 2>&1 ||
		failed || return
	split "$work/output" "$work/interrupted"
	for recipe in "${some[@]}"; do
		grep -qE 'leaf=QUOTE.GET|quote_end|hitcount|@ends|records of' "$work/interrupted/$recipe" ||
			{ echo "$recipe shows nothing" && return 1; }
	done
}

# Of files beside recipes: those that run them.
strangers() { find tracepoints/recipes -type f ! -name '*.bt' ! -name '*.sh' ! -name 'in-*'; }

undocumented() {
	"$in_vm" --help | sed -n '/^Recipes:/,$ { s/^  \([^ ]*\) *\(.*\)/| `\1` | \2 |/p }' |
		while read -r row; do grep -qF -- "$row" tracepoints/README.md || echo "$row"; done
}

### in-vm, and what is written of recipes

check "in-vm --help" "$in_vm --help" 0 '^Usage: ' '^examples:' '^  stays.bt +How long is a CPU away'
check "no recipe" "$in_vm" 129 '^in-vm: which recipe\? see --help$'
check "no such recipe" "$in_vm wind.bt" 129 \
	"^in-vm: there is no recipe 'wind.bt', see --help for those that there are$"
check "not a time" "$in_vm --interrupt ever stays.bt" 129 \
	"^in-vm: --interrupt: 'ever' is not a number from 1 to 999$"
check "a tool that is missing" "without perf $in_vm ${kernel[*]} perf-stat.sh" 77 \
	'^in-vm: perf is missing: apt-get install linux-perf$'
check "nothing is built" "BUILD=$work/none $in_vm stays.bt" 77 \
	'^in-vm: build/tdx_lab.ko is missing: run make$'
check "a kernel that is not built" "$in_vm --kernel $work/none stays.bt" 77 \
	"^in-vm: $work/none/tdx_lab.ko is missing: run make kernel\$"
check "every file is a recipe" strangers 0 '!.'
check "README.md has each with its question" undocumented 0 '!.'

for tool in bpftrace perf trace-cmd; do
	type -P $tool >/dev/null && continue
	skip "recipes" "there is no $tool: run scripts/setup.sh"
	checks_done
	exit
done

### All of them, and again with Ctrl-C

check "all recipes run, and leave nothing behind" run_all 0
for recipe in "${recipes[@]}"; do
	check "$recipe: what the kernel counted" \
		"declare -A used=(); examine $recipe $work/printed/$recipe $work/counted/$recipe" 0
	check "$recipe: a wrong count is seen" "sees_wrong_counters $recipe" 0
	check "$recipe: lost events are seen" "sees_losses $recipe" 0
done
check "Ctrl-C: they show what they saw, and leave nothing behind" interrupt_all 0

checks_done
