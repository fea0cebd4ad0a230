#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tdxbench load: what it is told. What it does is watched in tests/vm.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

usage=129
load="$bench load"

check "--help" "$load --help" 0 '^usage: tdxbench load' '^examples:' '--guests' '--hog'
check "a word" "$load wind" $usage "^tdxbench load: 'wind' is not NAME=VALUE, such as quote_ns=5ms$"
check "no such parameter" "$load wind=5" $usage "^tdxbench load: neither profile nor policy has a 'wind'"
check "a value out of range" "$load quote_ns=1ns" $usage '^tdxbench load: quote_ns is .1ns., allowed is 1us to'
check "a knob's answer that there is not" "$load buffers=two" $usage \
	"^tdxbench load: buffers is 'two', allowed is shared, per-call$"
check "a profile that there is not" "$load --profile wind" $usage '^tdxbench load: --profile: .*wind.ini: No such file'
check "a duration that is none" "$load --duration ever" $usage "^tdxbench load: --duration is 'ever', allowed is"
check "no guests" "$load --guests 0" $usage '--guests is .0., allowed is a number from 1 to 4096'
check "arrivals of no rate" "$load --arrivals fixed" $usage '^tdxbench load: --arrivals goes with --rate: how requests are spread$'
check "more updates than it has keys for" "$load --updates 201" $usage '--updates is .201., allowed is a number from 1 to 200'
check "a module that there is not" "$load --yes --module $work/none.ko" 77 \
	"^tdxbench: cannot run here: there is no lab module $work/none.ko: No such file or directory; make, or where tdxbench is installed tdxbench setup, builds one; or give --module$"
check "nobody to ask" "$load" $usage \
	'^tdxbench load: it loads a module into the running kernel; say --yes if that is fine$'

checks_done
