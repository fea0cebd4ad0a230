#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build tdx_lab.ko of the sources that lie beside this script: the one way to do it, for
# the Makefile and for an installed tdxbench.
#
#   module.sh KDIR DIR FILE   for the kernel whose build directory is KDIR; DIR is to
#                             work in, and keeps the module with its debug data
#   module.sh --id            a name for these sources: others have another one
#   module.sh --list          their files
#
# V=1 shows commands. DIR is a farm of links, so that nothing is built in the sources.
# What only a Linux tree gets stays out. The same sources make the same module, wherever
# they lie: no path is in it, and pahole, which kbuild would let sort types as its
# threads happen to run, has one thread if there is a time stamp.
set -euo pipefail

top=$(dirname "$(dirname "$(readlink -f "$0")")")

list() {
	(cd "$top" && find kernel -path kernel/linux-7.3 -prune -o \
		\( -name '*.[ch]' -o -name Kbuild \) -print && echo tracepoints/tdx_ext.h) | LC_ALL=C sort
}

id() {
	(cd "$top" && { list | xargs sha256sum; sha256sum <scripts/module.sh; }) | sha256sum | cut -c 1-16
}

plant_farm() {
	mkdir -p "$farm"
	find "$farm" -type l -delete
	cp -rs "$top/kernel/." "$farm/"
	rm -rf "$farm/linux-7.3"
	mkdir -p "$farm/include/trace/events"
	ln -s "$top/tracepoints/tdx_ext.h" "$farm/include/trace/events/"
}

make_module() {
	"${MAKE:-make}" -C "$kdir" M="$farm" KCFLAGS="-ffile-prefix-map=$farm/=" \
		KBUILD_BUILD_TIMESTAMP=1970-01-01 modules
}

build() {
	if [[ ${V-} == 1 ]]; then
		make_module
	else
		make_module >"$farm/log" 2>&1 || { cat "$farm/log" && exit 1; }
		grep -H 'warning:' "$farm/log" || :
	fi
	cp "$farm/tdx_lab.ko" "$file.new"
	strip --strip-debug "$file.new"
	mv "$file.new" "$file"
}

case $#:${1-} in
1:--id) id ;;
1:--list) list ;;
3:*)
	kdir=$1 farm=$(realpath -m "$2") file=$(realpath -m "$3")
	plant_farm
	build
	;;
*)
	echo "usage: module.sh KDIR DIR FILE | --id | --list" >&2
	exit 129
	;;
esac
