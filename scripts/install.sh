#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is installed, and where: `make install` and `make uninstall` call this with the
# directories in the environment.
set -euo pipefail
umask 022

cd "$(dirname "$(readlink -f "$0")")/.."
: "${BUILD:?}" "${DESTDIR=}" "${PREFIX:?}" "${LIBDIR:?}" "${MANDIR:?}" "${DOCDIR:?}" "${BASHDIR:?}" "${ZSHDIR:?}"
build=${BUILD%/}

# "MODE SOURCE TARGET" of every file, below $DESTDIR.
list() {
	program
	module_sources
	put 644 "$LIBDIR" bench/suites/*.ini kernel/emu/profiles/*.ini scripts/plot/* bench/man/*.mdoc
	scripts
	recipes
	pages
	documents
	echo "644 $build/completion/tdxbench $BASHDIR/tdxbench"
	echo "644 $build/completion/_tdxbench $ZSHDIR/_tdxbench"
}

# put MODE DIR FILE...: at the same place below DIR
put() {
	local file

	for file in "${@:3}"; do echo "$1 $file $2/$file"; done
}

program() {
	echo "755 $build/tdxbench $LIBDIR/build/tdxbench"
	echo "644 $build/count.so $LIBDIR/build/count.so"
}

module_sources() {
	local files

	mapfile -t files < <(scripts/module.sh --list)
	put 644 "$LIBDIR" "${files[@]}"
}

# Those that the program calls, and what they call.
scripts() {
	put 755 "$LIBDIR" scripts/{setup,module,vm,kallsyms,ab}.sh scripts/vm-{init,console}
	put 644 "$LIBDIR" scripts/debian.sh
}

# Those that need no source tree.
recipes() {
	local file

	while read -r file; do
		if [[ $(head -c 2 "$file") == '#!' ]]; then put 755 "$LIBDIR" "$file"; else put 644 "$LIBDIR" "$file"; fi
	done < <(find tracepoints -type f ! -name '*.[ch7]' ! -name README.md ! -name 'in-*' | sort)
}

pages() {
	local page

	for page in "$build"/man/*.[17]; do echo "644 $page $MANDIR/man${page##*.}/${page##*/}"; done
}

documents() {
	put 644 "$DOCDIR" README.md COPYING results/README.md results/*schema.json \
		bench/{suites,top}/README.md tracepoints/README.md kernel/README.md \
		kernel/linux-7.3/SERVER.md scripts/ci/*
}

# All of $LIBDIR is ours: nothing of another version may be taken for this one's.
install_all() {
	local mode source target

	rm -rf "$DESTDIR${LIBDIR:?}"
	list | while read -r mode source target; do
		install -D -m "$mode" "$source" "$DESTDIR$target"
	done
	scripts/module.sh --id >"$DESTDIR$LIBDIR/build/tdx_lab.id"
	install -d "$DESTDIR$PREFIX/bin"
	ln -sfr "$DESTDIR$LIBDIR/build/tdxbench" "$DESTDIR$PREFIX/bin/tdxbench"
}

# All that is in directories of our own, our files in those of all, and then directories
# that are empty, up to the prefix.
uninstall_all() {
	local target dir

	rm -f "$DESTDIR$PREFIX/bin/tdxbench" "$DESTDIR$MANDIR"/man1/tdxbench{,-*}.1 \
		"$DESTDIR$MANDIR/man7/tdx_ext.7" "$DESTDIR$BASHDIR/tdxbench" "$DESTDIR$ZSHDIR/_tdxbench"
	rm -rf "$DESTDIR${LIBDIR:?}" "$DESTDIR${DOCDIR:?}"
	for dir in "$PREFIX/bin" "${LIBDIR%/*}" "$MANDIR"/man{1,7} "${DOCDIR%/*}" "$BASHDIR" "$ZSHDIR"; do
		remove_empty "$dir"
	done
}

remove_empty() {
	local dir=$1

	while [[ $dir == "$PREFIX"/* ]] && rmdir "$DESTDIR$dir" 2>/dev/null; do dir=${dir%/*}; done
}

case ${1-} in
install) install_all ;;
uninstall) uninstall_all ;;
*) echo "usage: make install | make uninstall" >&2 && exit 129 ;;
esac
