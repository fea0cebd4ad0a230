#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Style that machines can see: every file says its licence, no trailing blanks.
# Where they are installed, what shellcheck and sparse find; and checkpatch, if
# CHECKPATCH names it.
set -euo pipefail

cd "$(dirname "$0")/.."
build=${BUILD:-build}
status=0

mapfile -t files < <(git ls-files -co --exclude-standard -- '*.c' '*.h' '*.sh' '*.mk' '*.ini' Makefile .ci/run scripts/vm-init scripts/vm-console 'scripts/shell/*' |
	while read -r file; do [[ ! -e $file ]] || echo "$file"; done)
mapfile -t scripts < <(grep -lm1 '^#!/bin/bash' "${files[@]}")
mapfile -t code < <(printf '%s\n' "${files[@]}" | grep -E '^(bench|tests/vm)/.*\.c$')

complain() {
	echo "$1"
	status=1
}

! grep -nE '[[:blank:]]+$' "${files[@]}" || complain "trailing blanks"
! grep -LE 'SPDX-License-Identifier: GPL-2.0' "${files[@]}" | grep -v '\.ini$' || complain "no licence"

if command -v shellcheck >/dev/null; then
	shellcheck -x -S warning "${scripts[@]}" || complain "shellcheck"
fi
if command -v sparse >/dev/null; then
	for file in "${code[@]}"; do
		sparse -Wno-decl -Wno-non-pointer-null -D_GNU_SOURCE -DTDXBENCH_VERSION='""' -DTDXBENCH_COMMIT='""' -DTDXBENCH_COMMIT_TIME='""' -DTDXBENCH_COMPILER='""' \
			-Ibpf -Ibench "-I$build/bpf" "$file" 2>&1
	done | { ! grep -E '^[^:]+\.c:.*: (error|warning):'; } || complain "sparse"
fi
if [[ -x ${CHECKPATCH:-} ]]; then
	"$CHECKPATCH" --no-tree --terse --file --max-line-length=100 "${files[@]}" || complain "checkpatch"
fi
exit "$status"
