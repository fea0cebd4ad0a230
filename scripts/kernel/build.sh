# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh build: configure and compile the tree, and the lab module for it. What
# comes out is in $work/FLAVOUR:
#
#   bzImage, vmlinux     the kernel; vmlinux without symbols, which QEMU boots sooner
#   release, cmdline     its name, and what to boot it with
#   *.ko                 its modules, and tdx_lab.ko where it has the software module
#   log, obj/            of the build

# About how many steps a first build takes, for its progress.
declare -A steps_of=([vm]=2300 [debug]=2400 [server]=20000)

# The same sources make the same kernel, wherever and whenever.
export KBUILD_BUILD_USER=tdxbench KBUILD_BUILD_HOST=tdxbench KBUILD_BUILD_VERSION=1
export KBUILD_BUILD_TIMESTAMP='2026-01-01 00:00:00 UTC'

verb_build() {
	choose_config
	find_source
	enter_work
	install_tools
	update_tree
	build_flavour
}

build_flavour() {
	out=$work/$flavour obj=$work/$flavour/obj
	mkdir -p "$obj"
	last_settings ${base:+"$base"} "${fragments[@]}" >"$tmp/config"
	if is_built; then
		say "nothing to do: $out has Linux $(<"$out/release")"
		return
	fi
	rm -f "$out/.built"
	touch "$tmp/began"
	: >"$out/log"
	configure
	compile
	collect
	build_lab
	identity >"$tmp/built"
	touch -r "$tmp/began" "$tmp/built"
	mv "$tmp/built" "$out/.built"
	say "$out has Linux $(<"$out/release")"
}

# Newer than its beginning is what was edited meanwhile.
is_built() {
	local newer

	[[ -e $out/.built ]] && identity | cmp -s - "$out/.built" || return 1
	newer=$(find -L "$tree" kernel/*.h kernel/{include,lab,Kbuild} tracepoints/tdx_ext.h -type f -newer "$out/.built" -print -quit 2>/dev/null) || :
	[[ ! $newer ]]
}

# What makes a build another one, beside the files.
identity() {
	echo "$source"
	gcc --version | head -n 1
	cat "$tmp/config"
}

### The configuration: fragments over no, or over a configuration of the user's

choose_config() {
	fragments=("$port/$flavour.config") base=''
	[[ $flavour != debug ]] || fragments=("$port/vm.config" "${fragments[@]}")
	[[ $flavour != server ]] || base=/boot/config-$(uname -r)
	[[ ! ${KCONFIG-} ]] || base=$(from_caller "$KCONFIG")
	[[ ! $base || -r $base ]] ||
		die 1 "there is no configuration '$base' to start from; give one as KCONFIG=FILE"
}

# Of each symbol the last setting; "# CONFIG_X is not set" becomes CONFIG_X=n.
last_settings() {
	sed -nE 's/^# (CONFIG_[A-Za-z0-9_]+) is not set$/\1=n/; /^CONFIG_[A-Za-z0-9_]+=/p' "$@" |
		awk -F = '{ last[$1] = $0; if (!seen[$1]++) names[++n] = $1 }
			END { for (i = 1; i <= n; i++) print last[names[i]] }'
}

configure() {
	say "configuring $obj"
	if [[ $base ]]; then
		cp "$tmp/config" "$obj/.config"
		run_make olddefconfig
	else
		KCONFIG_ALLCONFIG=$tmp/config run_make allnoconfig
	fi
	check_config
}

# Kconfig drops what it does not know and what lacks something else, silently.
check_config() {
	local lost

	lost=$(comm -13 \
		<({ last_settings "$obj/.config"; unnamed; } | sort) \
		<(last_settings "${fragments[@]}" | sort) | paste -sd ' ')
	[[ ! $lost ]] || die 1 "the configuration did not take (unknown to the sources, or they need something): $lost"
}

# What fragments switch off need not be named in .config.
unnamed() {
	last_settings "${fragments[@]}" | grep -E '=(n|"")$' | grep -vFf <(last_settings "$obj/.config" | sed 's/=.*/=/') || :
}

### Make, with signs of life

run_make() {
	make -C "$tree" O="$(readlink -f "$obj")" "$@" >>"$out/log" 2>&1 </dev/null &
	watch_make "$!"
}

# The number of steps to come is known for a first build only.
compile() {
	local total=''

	[[ -e $obj/vmlinux ]] || total=" of about ${steps_of[$flavour]}"
	say "building $obj, log in $out/log"
	run_make -j"$(nproc)" bzImage modules
	! grep 'warning: ' "$out/log" || :
}

watch_make() {
	local began=$SECONDS shown=$SECONDS status=0

	making=$1
	while kill -0 "$making" 2>/dev/null; do
		sleep 0.2
		((SECONDS - shown >= 10)) || continue
		shown=$SECONDS
		say "$((SECONDS - began)) s, step $(grep -cE '^  [A-Z0-9_]+ ' "$out/log")${total-}"
	done
	wait "$making" || status=$?
	making=
	((status == 0)) || build_failed
}

build_failed() {
	{ grep -m 5 -E -A 4 'error: |ERROR: |undefined reference|undefined!|\*\*\* ' "$out/log" || tail -n 15 "$out/log"; } |
		head -n 25 >&2
	die 1 "make failed, see $out/log"
}

### What comes out

has() { grep -qx "CONFIG_$1=y" "$obj/.config"; }

collect() {
	local module

	cp "$obj/arch/x86/boot/bzImage" "$tmp/bzImage"
	strip --strip-all -o "$tmp/vmlinux" "$obj/vmlinux"
	cp "$obj/include/config/kernel.release" "$tmp/release"
	if has INTEL_TDX_MODULE_EMU; then echo 'tdx_emu=on' >"$tmp/cmdline"; fi
	rm -f "$out"/{bzImage,vmlinux,release,cmdline,*.ko}
	mv "$tmp"/{bzImage,vmlinux,release} "$out"
	[[ ! -e $tmp/cmdline ]] || mv "$tmp/cmdline" "$out"
	[[ $flavour != server ]] || return 0	# install them: make -C obj modules_install
	while read -r module; do
		strip --strip-debug -o "$out/$(basename "${module%.o}.ko")" "$obj/${module%.o}.ko"
	done <"$obj/modules.order"
}

# The Makefile knows how; with BUILD it puts all below $out.
build_lab() {
	has INTEL_TDX_MODULE_EMU || return 0
	say "building tdx_lab.ko"
	make --silent BUILD="$out" KDIR="$(readlink -f "$obj")" TDX_LAB_IN_TREE=y module >>"$out/log" 2>&1 </dev/null &
	watch_make "$!"
	[[ -e $out/tdx_lab.ko ]] || die 1 "there is no $out/tdx_lab.ko after its build"
}
