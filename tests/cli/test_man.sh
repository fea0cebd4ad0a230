#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Manual pages say what --help says, no more options and no fewer; tdx_ext(7) has every
# event and field of tdx_ext.h; and all of them are pages that people can read.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

pages=$work/pages
mkdir "$pages"
mapfile -t names < <("$bench" --man)
for name in "${names[@]}"; do "$bench" --man "$name" >"$pages/$name.1"; done
cp tracepoints/tdx_ext.7 "$pages"

commands() { "$bench" --help | sed -n '/^commands:/,/^$/s/^  \([^ ]*\) .*/\1/p'; }
actions() { "$bench" "$1" --help | sed -n '/^actions:/,/^$/s/^  \([^ ]*\) .*/\1/p'; }

# As a terminal without any letters but ASCII shows it.
shown() { mandoc -T ascii -O width=80 "$pages/$1" | col -bx; }
# section PAGE NAME
section() { shown "$1" | sed -n "/^$2\$/,/^[A-Z]/p"; }

### What is in a page

help_options() {
	# shellcheck disable=SC2068	# "history add" are two
	"$bench" $@ --help | sed -nE 's/^ {2}( {4}|-., )(--[^ ]+( [^ ]+)?)( {2,}.*)?$/\1\2/p' |
		sed 's/^ *//' | sort
}
listed_options() { sed -nE 's/^ {5}((-., )?--[^ ]+( [^ ]+)?)$/\1/p' | sort; }
page_options() { section "$1" OPTIONS | listed_options; }
action_options() { shown "$1" | sed -n "/^   $2\$/,/^ \\{0,3\\}[A-Za-z]/p" | listed_options; }

same_options() { diff <(help_options "${@:2}") <(page_options "$1"); }
same_action_options() { diff <(help_options "$2" "$3") <(action_options "$1" "$3"); }

# The usage line, but for its remark, is in the page; troff may break it.
has_synopsis() {
	local usage

	usage=$("$bench" "${@:2}" --help | sed -n '1 { s/^usage: //; s/   *.*//; p }' | tr -d ' \n')
	[[ $usage ]] && section "$1" SYNOPSIS | tr -d ' \n' | grep -qF -- "$usage"
}

exit_codes() {
	"$bench" "$@" --help | sed -n '/^exit codes:/,/^$/p' |
		grep -oP '(?<![\w.])(0|1|2|77|129|130|143)(?= [a-z])' | sort -u
}
lacks_exit_code() {
	local code

	for code in $(exit_codes "${@:2}"); do
		section "$1" 'EXIT STATUS' | grep -qE "^ {5}(.* or )?$code( or .*)?( |\$)" || echo "$code"
	done
}

# Headings in a help's text that would not be known as such.
unconventional() {
	"$bench" "$@" --help | grep -iE '^ *(examples?|exit (codes?|status))\b' |
		grep -vE '^(examples:|exit codes: .*)$'
}

lacks_example() {
	"$bench" "$@" --help | sed -n '/^examples:/,$s/^  \([^ ].*\)/\1/p' | sed 's/   *.*//' |
		while read -r line; do
			section "tdxbench-$1.1" EXAMPLES | tr -d ' \n\\' |
				grep -qF -- "$(tr -d ' \\' <<<"$line")" || echo "$line"
		done
}

check "pages there are" "printf '%s\n' ${names[*]}" 0 '^tdxbench$' '^tdxbench-run$' '^tdxbench-history$'
check "one for each command" "diff <(printf '%s\n' ${names[*]:1}) <(commands | sed 's/^/tdxbench-/')" 0
check "by its short name" "$bench --man run" 0 '^\.Nm tdxbench-run$'
check "of no command" "$bench --man fly" 129 "'fly' is no command, there are: run "
check "tdxbench: commands" "section tdxbench.1 COMMANDS" 0 '^     tdxbench-run\(1\)' '^     tdxbench-doctor\(1\)'
check "tdxbench: options" "same_options tdxbench.1" 0
check "tdxbench: exit codes" "lacks_exit_code tdxbench.1" 0 '!.'
check "tdxbench: sections" "shown tdxbench.1" 0 '^PLACES' '^CLOCKS' '^ENVIRONMENT' '^FILES' '^SEE ALSO'

for command in $(commands); do
	page=tdxbench-$command.1
	check "$command: sections" "shown $page" 0 '^NAME' '^SYNOPSIS' '^DESCRIPTION' '^EXIT STATUS' '^SEE ALSO'
	check "$command: exit codes" "lacks_exit_code $page $command" 0 '!.'
	check "$command: help by the convention" "unconventional $command" 1
	mapfile -t parts < <(actions "$command")
	if ((${#parts[@]} == 0)); then
		check "$command: options" "same_options $page $command" 0
		check "$command: synopsis" "has_synopsis $page $command" 0
		check "$command: examples" "lacks_example $command" 0 '!.'
	fi
	for action in "${parts[@]}"; do
		check "$command $action: options" "same_action_options $page $command $action" 0
		check "$command $action: synopsis" "has_synopsis $page $command $action" 0
		check "$command $action: exit codes" "lacks_exit_code $page $command $action" 0 '!.'
		check "$command $action: help by the convention" "unconventional $command $action" 1
		check "$command $action: examples" "lacks_example $command $action" 0 '!.'
	done
done

# The tests would see it.
sed '/^\.It .*Fl \\-count/d' "$pages/tdxbench-run.1" >"$pages/less.1"
check "an option that a page lacks" "same_options less.1 run" 1 '^< --count$'
sed 's/^\.It Fl \\-count/&er/' "$pages/tdxbench-run.1" >"$pages/other.1"
check "an option that there is not" "same_options other.1 run" 1 '^> --counter$'
sed '/^\.It 77/d' "$pages/tdxbench-run.1" >"$pages/code.1"
check "an exit code that a page lacks" "lacks_exit_code code.1 run" 0 '^77$'
rm "$pages"/{less,other,code}.1

missing_pages() {
	cat "$pages"/* | grep -oE 'Xr tdx[^ ]+ [17]' | sort -u | while read -r _ page section; do
		[[ -e $pages/$page.$section ]] || echo "$page($section)"
	done
}
check "pages that are referred to" "missing_pages" 0 '!.'

### tdx_ext(7): "EVENT FIELD TYPE", of header and page

header_fields() {
	awk '
		/^TRACE_EVENT\(/ { sub(/.*\(/, ""); sub(/,.*/, ""); event = $0 }
		/^DEFINE_EVENT_PRINT\(/ {
			sub(/.*\(/, ""); split($0, part, /, */)
			n = split(fields[part[1]], field, "\n")
			for (i = 1; i <= n; i++) print part[2], field[i]
		}
		/__field\(/ {
			gsub(/.*__field\(|\).*|[ \t]/, ""); split($0, part, ",")
			print event, part[2], part[1]
			fields[event] = fields[event] (fields[event] ? "\n" : "") part[2] " " part[1]
		}' tracepoints/tdx_ext.h | sort
}
page_fields() {
	awk '
		/^\.Sh / { events = /EVENTS/ }
		/^\.Ss / { event = $2 }
		/^\.It Va / && events { print event, $3, $5 }' tracepoints/tdx_ext.7 | sort
}
page_events() { sed -n '/^\.Sh EVENTS/,/^\.Sh STATUS/s/^\.Ss //p' tracepoints/tdx_ext.7 | sort; }

check "header is understood" "header_fields | cut -d ' ' -f 1 | sort -u | wc -l" 0 '^15$'
check "tdx_ext(7): every event, and no other" "diff <(header_fields | cut -d ' ' -f 1 | sort -u) <(page_events)" 0
check "tdx_ext(7): every field with its type, and no other" "diff <(header_fields) <(page_fields)" 0
check "tdx_ext(7): units, context, tools" "shown tdx_ext.7" 0 'Units and clock' 'nanoseconds' 'Context' \
	'perf record' 'bpftrace -e' 'trace-cmd record' 'hist:keys'

### Environment: what is read is in tdxbench(1), and nothing else

read_variables() {
	{
		grep -rhoE 'getenv\("[A-Z_]+"\)' bench | grep -oE '[A-Z_]{3,}'
		grep -hoE '\$\{?(TDXBENCH_[A-Z]+|KDIR|TMPDIR)\b' scripts/vm.sh scripts/ab.sh scripts/setup.sh \
			scripts/kallsyms.sh | grep -oE '[A-Z_]{3,}'
	} | grep -vxE 'HOME|XDG_CACHE_HOME' | sort -u
}
told_variables() { sed -n '/^\.Sh ENV/,/^\.Sh FILES/s/^\.It Ev //p' bench/man/tdxbench.mdoc | sort; }
check "tdxbench(1): environment" "diff <(read_variables) <(told_variables)" 0

### Pages are well-formed, and fit a terminal

lint() {
	case $1 in
	mandoc) mandoc -T lint -W warning "$2" ;;
	mdoc) groff -mdoc -T utf8 -ww -z "$2" ;;
	man) groff -man -T utf8 -ww -z "$2" ;;
	esac
}
too_wide() { MANWIDTH=80 LC_ALL=C man -P cat "$1" | col -bx | awk 'length > 80'; }

for page in "$pages"/*; do
	for tool in mandoc mdoc man; do
		check "${page##*/}: $tool has nothing to say" "lint $tool $page" 0 '!.'
	done
	check "${page##*/}: man shows it in 80 columns" "too_wide $page" 0 '!.'
	check "${page##*/}: is a manual page to man" "lexgrog $page" 0 ': "[^ ]+ - .+"$'
done
check "a line that is wide would be seen" \
	"{ cat $pages/tdx_ext.7; printf '.Bd -literal\n%0100d\n.Ed\n' 1; } >$work/wide.7; too_wide $work/wide.7" 0 '0000'

checks_done
