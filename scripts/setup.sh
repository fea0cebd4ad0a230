#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make a bare Debian 12 or 13 machine able to build and run tdxbench: Debian
# packages for the tools, and in the user's cache an unpacked stock Debian
# cloud kernel (6.12 or newer) with its headers, for the VM. Nothing is said
# or done where all is there.
#
# Where tdxbench is installed (build/tdx_lab.id is there) it wants less, for nothing but
# tdx_lab.ko is built: of the installed sources, into the cache beside the kernel.
set -Eeuo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=scripts/debian.sh
source "$here/debian.sh"

packages=(
	gcc libc6-dev make git				# user space
	clang llvm bpftool libbpf-dev			# BPF programs
	libclang-rt-dev					# fuzz targets
	libelf-dev zlib1g-dev libzstd-dev
	libcbor-dev libssl-dev				# quotes
	libjansson-dev libinih-dev			# results and suites
	libsqlite3-dev					# history
	libcmocka-dev sparse				# tests
	perl python3 python3-jsonschema libxml2-utils	# readers of exports, in tests
	python3-prometheus-client python3-junitparser
	mandoc groff-base man-db zsh			# manual pages and completion, in tests
	pahole kmod					# kernel modules
	qemu-system-x86 busybox-static cpio xz-utils zstd	# the VM
	gnuplot-nox					# plots
	linux-perf bpftrace trace-cmd			# what probe-cost and recipes look with
)
packages_installed=(
	gcc make pahole kmod				# tdx_lab.ko
	qemu-system-x86 busybox-static cpio xz-utils zstd	# the VM
	gnuplot-nox					# plots
)
cache=${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-${HOME-}/.cache}/tdxbench}
kernels=$cache/kernel
current=$kernels/current
oldest_kernel=6.12
me=setup.sh
usage=scripts/setup.sh
module=	# where tdxbench is installed
quiet=
tmp=

usage() {
	cat <<EOF
Usage: $usage [OPTION]

Install and cache what tdxbench needs and does not find on this machine.

  --check      change nothing: print what is missing and how to get it
  -q           print errors only
  -h, --help   this text

The kernel for the VM is kept in $kernels;
remove that directory and run setup.sh again to get the newest one.

Exit status: 0 all there, 1 error, 77 something is missing, 129 usage.
EOF
}

main() {
	local action=set_up

	find_installation
	while (($#)); do
		case $1 in
		--check) action=check ;;
		-q) quiet=1 ;;
		-h | --help) action=usage ;;
		*) die 129 "unknown argument '$1', allowed are --check, -q and --help" ;;
		esac
		shift
	done
	"$action"
}

find_installation() {
	local id

	[[ -r $here/../build/tdx_lab.id ]] || return 0
	id=$(<"$here/../build/tdx_lab.id")
	module=$current/module/$id
	packages=("${packages_installed[@]}")
	me='tdxbench setup' usage='tdxbench setup'
}

check() {
	local missing=() p

	mapfile -t missing < <(missing_packages)
	for p in "${missing[@]}"; do
		echo "$p: apt-get install --no-install-recommends $p"
	done
	has_kernel || echo "kernel $oldest_kernel or newer: $usage, which gets it with apt-get download"
	has_module || echo "tdx_lab.ko: $usage, which builds it"
	has_kernel && has_module && ((${#missing[@]} == 0)) || exit 77
}

set_up() {
	all_there && return
	claim_cache
	install_missing
	has_kernel || cache_kernel
	# Only the kernel's headers know which compiler built it.
	install_missing
	has_module || build_module
}

all_there() { has_kernel && has_module && [[ -z $(missing_packages) ]]; }
has_kernel() { [[ -e $current/release ]]; }
has_module() { [[ ! $module || -e $module/tdx_lab.ko ]]; }

claim_cache() {
	is_debian ||
		die 1 "something is missing (see $usage --check) and only Debian is known how to be set up"
	claim "$cache/.lock"
	mkdir -p "$kernels"
	rm -rf "$kernels"/.new.*
	tmp=$(mktemp -d "$kernels/.new.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'echo "$me: failed: $BASH_COMMAND" >&2' ERR
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

### Packages

missing_packages() {
	local wanted=("${packages[@]}")

	! has_kernel || wanted+=("$(kernel_compiler)")
	missing_of "${wanted[@]}"
}

# The headers say CC = $(CROSS_COMPILE)gcc-12; the package is called gcc-12.
kernel_compiler() {
	grep -o -m1 'gcc-[0-9]*' "$current/build/.kernelvariables" || echo gcc
}

install_missing() {
	local missing=()

	mapfile -t missing < <(missing_packages)
	install_packages "${missing[@]}"
}

### The module, of installed sources; beside it the one with debug data, for profiles

build_module() {
	local made=$tmp/module

	say "building tdx_lab.ko for $(<"$current/release")"
	mkdir "$made"
	logged env -u MAKEFLAGS "$here/module.sh" "$current/build" "$made/lab" "$made/tdx_lab.ko"
	find "$made/lab" -mindepth 1 ! -name tdx_lab.ko -delete
	rm -rf "${module:?}"	# somebody may have taken the module out of it
	mkdir -p "${module%/*}"
	mv -T "$made" "$module"
}

### The kernel

cache_kernel() {
	local meta names=() release deb

	find_kernel
	mapfile -t names < <(kernel_packages "$meta")
	release=$(printf '%s\n' "${names[@]}" | sed -n 's/^linux-image-//p')
	say "caching kernel $release in $kernels"
	mkdir "$tmp/debs" "$tmp/root"
	(cd "$tmp/debs" && logged private_apt apt-get download "${names[@]}")
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root"
		rm "$deb"
	done
	arrange_kernel "$tmp/root" "$release"
	rm -rf "${kernels:?}/$release"
	mv "$tmp/root" "$kernels/$release"
	ln -s "$release" "$tmp/current"
	mv -T "$tmp/current" "$current"
}

# Set $meta to the metapackage of the oldest series that will do, so that all
# machines run the same one and their figures can be compared. The suites are
# asked one after the other.
find_kernel() {
	local codename suite

	codename=$(debian_codename)
	say "looking for a Debian cloud kernel $oldest_kernel or newer"
	for suite in "$codename-security" "$codename" "$codename-backports"; do
		use_suite "$suite" || continue
		meta=$(oldest_series)
		[[ -z $meta ]] || return 0
	done
	die 1 "no Debian cloud kernel $oldest_kernel or newer in $codename-security, $codename or" \
		"$codename-backports of the mirror that apt is configured for"
}

oldest_series() {
	local name version

	private_apt apt-cache search --names-only '^linux-image-([0-9.]+-)?cloud-amd64$' |
		while read -r name _; do
			version=$(private_apt apt-cache show --no-all-versions "$name" | sed -n 's/^Version: //p')
			! dpkg --compare-versions "$version" ge "$oldest_kernel" || echo "$version $name"
		done | sort -V | awk 'NR == 1 { print $2 }'
}

# Image, headers and what they need that is of this kernel: all "linux-…-6.12.…".
kernel_packages() {
	private_apt apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "$1" "${1/image/headers}" |
		grep -xE 'linux-(image|headers|kbuild|binary|modules)-[0-9]+\.[0-9]+\.[0-9].*' |
		grep -vE -- '-(unsigned|dbg)$' | sort -u
}

# Give the unpacked packages in $1 the shape that vm.sh and the makefiles know:
# vmlinuz, vmlinux, build, modules and release. All links are relative.
arrange_kernel() {
	local root=$1 release=$2 common=../linux-headers-${2%%-cloud-*}-common lib=lib

	[[ -d $root/lib/modules ]] || lib=usr/lib	# since Debian 13
	mv "$root/boot/vmlinuz-$release" "$root/vmlinuz"
	extract_vmlinux "$root/vmlinuz" "$root/vmlinux"
	ln -s "usr/src/linux-headers-$release" "$root/build"
	ln -s "$lib/modules/$release" "$root/modules"
	# Debian's makefile looks under /usr/src, where nothing is installed.
	printf 'include $(dir $(lastword $(MAKEFILE_LIST)))%s/Makefile\n' "$common" >"$root/build/Makefile"
	rm -rf "${root:?}/boot" "${root:?}/usr/share"
	find "$root/build/$common/arch" -mindepth 1 -maxdepth 1 ! -name x86 -exec rm -rf {} +
	echo "$release" >"$root/release"
}

# The payload of a bzImage, so that the VM need not unpack it at every boot. Its
# place is in the setup header (Documentation/arch/x86/boot.rst); the last four
# bytes are its unpacked size. QEMU boots the vmlinuz too: other formats may stay.
extract_vmlinux() {
	local sectors offset length unpack

	sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
	read -r offset length < <(od -An -tu4 -j $((0x248)) -N 8 "$1")
	offset=$(((sectors + 1) * 512 + offset))
	case $(od -An -tx1 -j "$offset" -N 4 "$1") in
	' 28 b5 2f fd') unpack=zstd ;;
	' fd 37 7a 58') unpack=xz ;;
	*) return 0 ;;
	esac
	dd if="$1" iflag=skip_bytes,count_bytes skip="$offset" count=$((length - 4)) bs=1M status=none |
		"$unpack" -dc >"$2"
}

main "$@"
