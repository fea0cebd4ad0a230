#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make a bare Debian 12 or 13 machine able to build and run tdxbench: Debian
# packages for the tools, and in the user's cache an unpacked stock Debian
# cloud kernel (6.12 or newer) with its headers, for the VM. Nothing is said
# or done where all is there.
set -Eeuo pipefail

packages=(
	gcc libc6-dev make git				# user space
	clang llvm bpftool libbpf-dev			# BPF programs
	libclang-rt-dev					# fuzz targets
	libelf-dev zlib1g-dev libzstd-dev
	libcbor-dev libssl-dev				# quotes
	libjansson-dev libinih-dev			# results and suites
	libcmocka-dev sparse				# tests
	pahole kmod					# kernel modules
	qemu-system-x86 busybox-static cpio xz-utils zstd	# the VM
	gnuplot-nox					# plots
)
cache=${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxbench}
kernels=$cache/kernel
current=$kernels/current
oldest_kernel=6.12
quiet=
tmp=

usage() {
	cat <<EOF
Usage: scripts/setup.sh [OPTION]

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

check() {
	local missing=() p

	mapfile -t missing < <(missing_packages)
	for p in "${missing[@]}"; do
		echo "$p: apt-get install --no-install-recommends $p"
	done
	has_kernel || echo "kernel $oldest_kernel or newer: scripts/setup.sh, which gets it with apt-get download"
	has_kernel && ((${#missing[@]} == 0)) || exit 77
}

set_up() {
	all_there && return
	claim_cache
	install_packages
	has_kernel || cache_kernel
	# Only the kernel's headers know which compiler built it.
	install_packages
}

all_there() { has_kernel && [[ -z $(missing_packages) ]]; }
has_kernel() { [[ -e $current/release ]]; }

# One set-up at a time; the others wait here and then find the work done.
claim_cache() {
	[[ $(. /etc/os-release && echo "${ID:-}") == debian ]] ||
		die 1 "something is missing (see setup.sh --check) and only Debian is known how to be set up"
	{ mkdir -p "$kernels" && : >>"$cache/.lock"; } 2>/dev/null || die 1 "cannot write to the cache $cache"
	exec {lock}<"$cache/.lock"
	flock -n "$lock" || { say "waiting for another setup.sh" && flock "$lock"; }
	rm -rf "$kernels"/.new.*
	tmp=$(mktemp -d "$kernels/.new.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'echo "setup.sh: failed: $BASH_COMMAND" >&2' ERR
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

### Packages

# One query for all of them, to be instant.
missing_packages() {
	local wanted=("${packages[@]}")

	! has_kernel || wanted+=("$(kernel_compiler)")
	comm -13 \
		<({ dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || :; } |
			sed -n 's/^installed //p' | sort -u) \
		<(printf '%s\n' "${wanted[@]}" | sort -u)
}

# The headers say CC = $(CROSS_COMPILE)gcc-12; the package is called gcc-12.
kernel_compiler() {
	grep -o -m1 'gcc-[0-9]*' "$current/build/.kernelvariables" || echo gcc
}

install_packages() {
	local missing=()

	mapfile -t missing < <(missing_packages)
	((${#missing[@]})) || return 0
	((EUID == 0)) || command -v sudo >/dev/null ||
		die 77 "root or sudo is needed to install ${missing[*]}"
	say "installing ${missing[*]}"
	logged as_root apt-get update
	logged as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=600 "${missing[@]}"
}

as_root() {
	if ((EUID == 0)); then "$@"; else sudo "$@"; fi
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
# asked one after the other, in an apt state of our own: it needs no root, does
# not depend on how fresh the machine's lists are, and leaves them alone.
find_kernel() {
	local codename suite source

	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	say "looking for a Debian cloud kernel $oldest_kernel or newer"
	mkdir -p "$tmp"/apt/{lists,cache/archives}/partial
	: >"$tmp/apt/status"
	for suite in "$codename-security" "$codename" "$codename-backports"; do
		source=$(mirror_of "$suite")
		[[ $source ]] || continue
		echo "$source" >"$tmp/apt/sources.list"
		logged private_apt apt-get update
		meta=$(oldest_series)
		[[ -z $meta ]] || return 0
	done
	die 1 "no Debian cloud kernel $oldest_kernel or newer in $codename-security, $codename or" \
		"$codename-backports of the mirror that apt is configured for"
}

private_apt() {
	local keep=$tmp/apt command=$1

	shift
	"$command" -o Dir::Etc::sourcelist="$keep/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State="$keep" -o Dir::State::status="$keep/status" -o Dir::Cache="$keep/cache" \
		-o APT::Sandbox::User=root "$@"
}

# The sources.list line for a suite, from the machine's own configuration in
# whichever format that is; backports are beside the main suite.
mirror_of() {
	local beside=${1%-backports} keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	[[ -r $keyring ]] && keyring="[signed-by=$keyring] " || keyring=
	apt-get --no-release-info indextargets --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' \
		'Created-By: Packages' |
		awk -v suite="$1" -v beside="$beside" -v keyring="$keyring" '
			$1 == "main" && $2 == beside && !found++ { print "deb " keyring $3, suite, "main" }'
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

### Telling

say() { [[ $quiet ]] || echo "setup.sh: $*"; }

die() {
	local status=$1

	shift
	echo "setup.sh: $*" >&2
	exit "$status"
}

# apt says far too much unless it fails.
logged() {
	"$@" >"$tmp/log" 2>&1 </dev/null && return
	tail -n 15 "$tmp/log" >&2
	die 1 "failed: $*"
}

main "$@"
