# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh source: Linux sources, Debian's in the cache or the user's. Either way
# they are only read.

linux=7.3
suite=trixie-backports

verb_source() {
	find_source
	say "Linux $(linux_version "$source") in $source"
}

# Set $source. The newest of Debian's sources is asked for once and then kept, like
# the VM's kernel: remove it from the cache to get the newest again.
find_source() {
	if [[ ${KDIR-} ]]; then
		source=$(from_caller "$KDIR")
		is_linux "$source" || die 1 "KDIR: '$KDIR' is not a Linux source tree with TDX host support"
		return
	fi
	[[ -e $cache/linux/current/version ]] || cache_source
	source=$(readlink -f "$cache/linux/current")/source
	check_pristine
}

is_linux() { [[ -r $1/Makefile && -r $1/arch/x86/virt/vmx/tdx/tdx.c ]]; }

linux_version() {
	sed -nE 's/^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) *= *//p' "$1/Makefile" |
		head -n 4 | paste -sd . | sed -E 's/\.(-|$)/\1/g'
}

# Through the links of a tree one may edit the cache.
check_pristine() {
	local changed

	changed=$(find "$source" -newer "$source/../version" -type f -print -quit)
	[[ ! $changed ]] || die 1 "$changed was changed, remove $(dirname "$source") to get it anew"
}

cache_source() {
	is_debian || die 77 "Debian has Linux $linux as linux-source-$linux; elsewhere give a tree as KDIR="
	claim "$cache/.lock"
	if [[ ! -e $cache/linux/current/version ]]; then
		enter_room "$cache/linux"
		install_tools
		find_in_debian
		download
		unpack "$(dpkg-deb -f "$tmp"/deb/*.deb Version)"
		leave_room
	fi
	release
}

find_in_debian() {
	say "looking for linux-source-$linux in $suite"
	use_suite "$suite" "$(debian_codename)" ||
		die 77 "apt is not configured for a mirror that could have $suite; give a tree as KDIR="
	[[ $(private_apt apt-cache search --names-only "^linux-source-$linux\$") ]] ||
		die 77 "no linux-source-$linux in $suite of the mirror that apt is configured for; give a tree as KDIR="
}

download() {
	say "downloading linux-source-$linux"
	mkdir "$tmp/deb"
	(cd "$tmp/deb" && logged private_apt apt-get download "linux-source-$linux")
}

# The file "version" is the newest of all, see check_pristine().
unpack() {
	local version=$1 new=$tmp/new

	say "unpacking linux-source-$linux $version into $cache/linux"
	mkdir -p "$new" "$tmp/root"
	dpkg-deb -x "$tmp"/deb/*.deb "$tmp/root"
	tar -xJf "$tmp/root/usr/src/linux-source-$linux.tar.xz" -C "$new"
	mv "$new/linux-source-$linux" "$new/source"
	find "$new/source" -type f -exec chmod a-w {} +
	echo "$version" >"$new/version"
	rm -rf "${cache:?}/linux/$version"
	mv "$new" "$cache/linux/$version"
	ln -s "$version" "$tmp/current"
	mv -T "$tmp/current" "$cache/linux/current"
}
