#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Completion of command lines, in bash as readline calls it and in zsh as its line editor
# does.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

script=$work/tdxbench
"$bench" --completion bash >"$script"
mkdir -p "$work/here/some dir" "$work/here/results"
touch "$work/here/mine.ini" "$work/here/notes.txt" "$work/here/r.json"

commands() { "$bench" --help | sed -n '/^commands:/,/^$/s/^  \([^ ]*\) .*/\1/p'; }
options() { "$bench" "$@" --help | sed -nE 's/^ {2}( {4}|-., )(--[^ ]+).*/\1\n\2/p' | tr -d ', ' | grep . | sort; }

# complete WORD...: what bash offers for the last of these words, which "=" divides.
complete_words() {
	(cd "$work/here" && bash --norc -c '
		source "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_tdxbench
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$script" tdxbench "$@" | sort)
}

check "of what there is none" "$bench --completion fish" 129 'for which shell: bash or zsh$'
check "of nothing" "$bench --completion" 129 'for which shell'
check "shellcheck" "command -v shellcheck >/dev/null || exit 0; shellcheck -S warning $script" 0 '!.'

check "commands" "diff <(complete_words '' | grep -v ^-) <(commands | sort)" 0 '!.'
check "a command that is begun" "complete_words re" 0 '^report$' '!run'
check "options of tdxbench" "complete_words --v" 0 '^--version$'
check "pages of a shell" "complete_words --completion ''" 0 '^bash$' '^zsh$'

for command in $(commands); do
	if "$bench" "$command" --help | grep -q '^actions:'; then
		mapfile -t actions < <("$bench" "$command" --help | sed -n '/^actions:/,/^$/s/^  \([^ ]*\) .*/\1/p')
		check "$command: actions" "diff <(complete_words $command '' | grep -v ^-) <(printf '%s\n' ${actions[*]} | sort)" 0 '!.'
		for action in "${actions[@]}"; do
			check "$command $action: options" "diff <(complete_words $command $action -) <(options $command $action)" 0 '!.'
		done
	else
		check "$command: options" "diff <(complete_words $command -) <(options $command)" 0 '!.'
	fi
done

check "a choice" "complete_words run --target ''" 0 '^vm$' '^local$' '^host$' '!mine'
check "a choice by letter" "complete_words run -t l" 0 '^local$' '!vm'
check "a choice behind =" "complete_words run --target = ''" 0 '^vm$' '^local$' '^host$'
check "a choice behind =, begun" "complete_words run --target = h" 0 '^host$' '!vm'
check "a choice right behind =" "complete_words run --target =" 0 '^vm$' '^host$'
check "a number" "complete_words profile --top ''" 0 '!.'
check "a file" "complete_words compare --output n" 0 '^notes.txt$'
check "a directory" "complete_words run --results ''" 0 '^results$' '^some dir$' '!notes'
check "a suite" "complete_words run ''" 0 '^quick$' '^gate$' '^mine.ini$' '^some dir$' '!notes' '!r.json'
check "every suite" "diff <(complete_words profile '' | grep -vE '[ .]|results') <(cd bench/suites && ls -- *.ini | sed s/.ini//)" 0
check "a result" "complete_words report r" 0 '^r.json$' '^results$'
check "two sides" "complete_words compare A n" 0 '^notes.txt$'
check "a measurement, a topic" "complete_words list ''" 0 '^throughput$' '^policy$' '^profiles$' '!notes'
check "no operand: options" "complete_words doctor ''" 0 '^--json$'
check "a command that there is not" "complete_words fly ''" 0 '!.'

### As it is typed

# type_in SHELL-COMMAND KEYS: on a terminal, where tdxbench prints what it was called with.
# Keys are pressed when the shell asks for them, however long it takes to.
type_in() {
	local keys screen pid

	coproc TYPED { cd "$work/here" && TERM=dumb HOME=$work/here exec timeout 60 script -qec "$1" /dev/null; }
	pid=$TYPED_PID
	exec {screen}<&"${TYPED[0]}" {keys}>&"${TYPED[1]}"
	await_prompt
	printf '%b' "$2" >&"$keys"
	await_prompt
	printf 'exit\n' >&"$keys"
	cat <&"$screen"
	wait "$pid" || :
}
await_prompt() {
	local seen='' letter

	until [[ $seen == *'ready> ' ]]; do
		read -r -t 30 -N 1 letter <&"$screen" || return 0
		[[ $letter == $'\r' ]] || printf '%s' "$letter"
		seen+=$letter
	done
}
echo "source '$script'; tdxbench() { printf '<%s>' \"\$@\"; echo; }; PS1='ready> '; bind 'set enable-bracketed-paste off'" >"$work/bashrc"
check "bash: typed" "type_in 'bash --rcfile $work/bashrc -i' 'tdxbench run --cou\tX\n'" 0 '^<run><--count><X>$'
check "bash: a word with a blank" "type_in 'bash --rcfile $work/bashrc -i' 'tdxbench run --results so\t\n'" 0 \
	'^<run><--results><some dir/>$'
check "bash: behind =" "type_in 'bash --rcfile $work/bashrc -i' 'tdxbench run --target=lo\t\n'" 0 '^<run><--target=local>$'

loader=/usr/share/bash-completion/bash_completion
if [[ -r $loader ]]; then
	mkdir -p "$work/share/bash-completion/completions"
	cp "$script" "$work/share/bash-completion/completions/tdxbench"
	echo "XDG_DATA_HOME='$work/share'; source $loader; tdxbench() { printf '<%s>' \"\$@\"; echo; }; PS1='ready> '; bind 'set enable-bracketed-paste off'" >"$work/loadrc"
	check "bash: loaded by bash-completion" "type_in 'bash --rcfile $work/loadrc -i' 'tdxbench doc\t\t--js\t\n'" 0 '^<doctor><--json>$'
else
	skip "bash: loaded by bash-completion" "bash-completion is not installed"
fi

if command -v zsh >/dev/null; then
	mkdir "$work/functions"
	"$bench" --completion zsh >"$work/functions/_tdxbench"
	cat >"$work/here/.zshrc" <<-RC
		fpath=($work/functions \$fpath)
		autoload -Uz compinit && compinit -u -D
		tdxbench() { print -rn -- "<\${(j:><:)@}>"; echo; }
		PS1='ready> ' RPS1= PROMPT_EOL_MARK=
		unsetopt zle_bracketed_paste 2>/dev/null
	RC
	check "zsh: a command" "type_in 'zsh -i' 'tdxbench dash\t\n'" 0 '<dashboard>$'
	check "zsh: an option" "type_in 'zsh -i' 'tdxbench run --cou\tX\n'" 0 '<run><--count><X>$'
	check "zsh: a choice" "type_in 'zsh -i' 'tdxbench run --target lo\t\n'" 0 '<run><--target><local>$'
	check "zsh: a choice behind =" "type_in 'zsh -i' 'tdxbench run --target=ho\t\n'" 0 '<run><--target=host>$'
	check "zsh: an action's option" "type_in 'zsh -i' 'tdxbench history show --ste\t\n'" 0 '<history><show><--steps>$'
	check "zsh: a suite" "type_in 'zsh -i' 'tdxbench run quic\t\n'" 0 '<run><quick>$'
	check "zsh: a suite's file" "type_in 'zsh -i' 'tdxbench run mi\t\n'" 0 '<run><mine.ini>$'
	check "zsh: descriptions" "type_in 'zsh -i' 'tdxbench run --\t\t\n'" 0 'where to measure'
else
	skip "zsh" "zsh is not installed"
fi

checks_done
