#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build a Debian package of this tree as git sees it, in $BUILD: the work of `make deb`.
# What that needs is installed if it is missing. The tree is copied, for debhelper wants
# a directory debian/ at its top and leaves files there.
set -Eeuo pipefail

cd "$(dirname "$(readlink -f "$0")")/.."
# shellcheck source=scripts/debian.sh
source scripts/debian.sh

me=deb.sh
quiet=
tmp=
build=${BUILD:-build}
work=$build/deb
packages=(debhelper dpkg-dev)

main() {
	is_debian || die 77 "only Debian makes Debian packages"
	git rev-parse --verify --quiet HEAD >/dev/null || die 77 "this needs a clone of the git repository"
	make_room
	get_packages
	find_version
	copy_tree
	write_changelog
	build_package
}

make_room() {
	rm -rf "$work"
	mkdir -p "$work"
	tmp=$work
	trap 'rm -rf "$work"' EXIT
}

get_packages() {
	local missing=()

	mapfile -t missing < <(missing_of "${packages[@]}")
	install_packages "${missing[@]}"
}

# A version that sorts as the commits do: 1.2 of tag v1.2, 1.2+5.gabc five commits later,
# and by the commit's time where there is no tag. What is not committed makes it newer.
find_version() {
	local described

	described=$(git describe --tags --match 'v[0-9]*' 2>/dev/null || :)
	if [[ $described =~ ^v(.*)-([0-9]+)-(g[0-9a-f]+)$ ]]; then
		version=${BASH_REMATCH[1]}+${BASH_REMATCH[2]}.${BASH_REMATCH[3]}
	elif [[ $described ]]; then
		version=${described#v}
	else
		version=0+$(commit_time %Y%m%d%H%M%S).g$(git rev-parse --short HEAD)
	fi
	version=${version//-/\~}
	[[ -z $(git status --porcelain) ]] || version+=+dirty
	dpkg --validate-version "$version" || die 1 "'$version' is no version of a Debian package"
}

commit_time() { TZ=UTC git log -1 --date="format-local:$1" --format=%cd; }

copy_tree() {
	local file

	tree=$work/tdxbench
	mkdir "$tree"
	git ls-files -co --exclude-standard -z | while IFS= read -rd '' file; do
		[[ ! -e $file ]] || printf '%s\0' "$file"
	done | tar -c --null -T - | tar -x -C "$tree"
	cp -r scripts/debian "$tree/debian"
	maintainer=$(git log -1 --format='%cn <%ce>')
	sed -i "s|@MAINTAINER@|${maintainer//[|&\\]/}|" "$tree/debian/control"
}

write_changelog() {
	cat >"$tree/debian/changelog" <<-EOF
		tdxbench ($version) unstable; urgency=medium

		  * As of commit $(git rev-parse HEAD).

		 -- $maintainer  $(TZ=UTC git log -1 --date=format-local:'%a, %d %b %Y %H:%M:%S +0000' --format=%cd)
	EOF
}

# Under its own name only when it is complete.
build_package() {
	say "building tdxbench $version"
	export TDXBENCH_VERSION TDXBENCH_COMMIT TDXBENCH_COMMIT_TIME
	TDXBENCH_VERSION=$(git describe --always --dirty) TDXBENCH_COMMIT=$(git rev-parse HEAD)
	TDXBENCH_COMMIT_TIME=$(commit_time %Y-%m-%dT%H:%M:%SZ)
	logged build_here
	mv "$work"/tdxbench_*.deb "$build/"
	say "$build/tdxbench_${version}_amd64.deb"
}

# shellcheck disable=SC2317	# called by logged
build_here() {
	(cd "$tree" && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u BUILD -u DESTDIR -u PREFIX \
		DEB_BUILD_OPTIONS="noautodbgsym parallel=$(nproc)" LC_ALL=C.UTF-8 \
		dpkg-buildpackage --build=binary --no-sign)
}

main "$@"
