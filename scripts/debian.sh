# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What setup.sh and kernel.sh share: telling, and getting things from Debian.
# Sourced; wants $me (who speaks), $quiet, and $tmp before anything is fetched.

### Telling

say() { [[ $quiet ]] || echo "$me: $*"; }

die() {
	local status=$1

	shift
	echo "$me: $*" >&2
	exit "$status"
}

# For what says far too much unless it fails, like apt.
logged() {
	"$@" >"$tmp/log" 2>&1 </dev/null && return
	tail -n 15 "$tmp/log" >&2
	die 1 "failed: $*"
}

### One at a time

# Lock the file $1 until release. The others wait here and then find the work done.
claim() {
	{ mkdir -p "${1%/*}" && : >>"$1"; } 2>/dev/null || die 1 "cannot write to ${1%/*}"
	exec {lock}<"$1"
	flock -n "$lock" || { say "waiting for another one that works on ${1%/*}" && flock "$lock"; }
}

release() { exec {lock}<&-; }

### Packages

is_debian() { [[ $(. /etc/os-release && echo "${ID:-}") == debian ]]; }

# Which of these are not installed; one query for all of them, to be instant.
missing_of() {
	comm -13 \
		<({ dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || :; } |
			sed -n 's/^installed //p' | sort -u) \
		<(printf '%s\n' "$@" | sort -u)
}

# Does nothing without arguments.
install_packages() {
	(($#)) || return 0
	((EUID == 0)) || command -v sudo >/dev/null || die 77 "root or sudo is needed to install $*"
	say "installing $*"
	logged as_root apt-get update
	logged as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"
}

as_root() {
	if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

### Suites that the machine need not be configured for

# From here on private_apt knows this suite only; false if the machine's mirror
# is not known to have it. It is an apt state of our own: it needs no root, does
# not depend on how fresh the machine's lists are, and leaves them alone.
use_suite() {
	local source

	source=$(mirror_of "$@")
	[[ $source ]] || return 1
	mkdir -p "$tmp"/apt/{lists,cache/archives}/partial
	: >"$tmp/apt/status"
	echo "$source" >"$tmp/apt/sources.list"
	logged private_apt apt-get update
}

private_apt() {
	local keep=$tmp/apt command=$1

	shift
	"$command" -o Dir::Etc::sourcelist="$keep/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State="$keep" -o Dir::State::status="$keep/status" -o Dir::Cache="$keep/cache" \
		-o APT::Sandbox::User=root "$@"
}

# The sources.list line for suite $1, from the machine's own configuration in
# whichever format that is: its mirror is that of suite $2, which is configured.
# Backports are beside the main suite, so $2 is needed for other releases only.
mirror_of() {
	local suite=$1 beside=${2:-${1%-backports}} keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	[[ -r $keyring ]] && keyring="[signed-by=$keyring] " || keyring=
	apt-get --no-release-info indextargets --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' \
		'Created-By: Packages' |
		awk -v suite="$suite" -v beside="$beside" -v keyring="$keyring" '
			$1 == "main" && $2 == beside && !found++ { print "deb " keyring $3, suite, "main" }'
}

debian_codename() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }
