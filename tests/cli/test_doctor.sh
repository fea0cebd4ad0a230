#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What doctor says of TDX servers, in each state on the way to the first figures.
# The servers are directories: $TDXBENCH_ROOT is where doctor takes facts from.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

# put SERVER FILE [LINE]...
put() {
	local file=$work/$1$2

	mkdir -p "${file%/*}"
	shift 2
	printf '%s\n' "$@" >"$file"
}

# A server that lacks nothing: Linux 7.3 with the path, a TDX module with quoting, a TD.
server() {
	rm -rf "${work:?}/$1"
	put "$1" /proc/cpuinfo 'vendor_id	: GenuineIntel' 'model name	: INTEL(R) XEON(R) PLATINUM' 'flags		: fpu tdx_host_platform vmx'
	put "$1" /proc/sys/kernel/osrelease 7.3.4
	put "$1" /proc/sys/kernel/perf_event_paranoid 2
	put "$1" /proc/sys/kernel/tainted 0
	put "$1" /proc/cmdline 'root=/dev/sda1 nohibernate kvm_intel.tdx=1'
	put "$1" /proc/kallsyms 'ffffffff81000000 T _text' 'ffffffff81111111 T __traceiter_quote_end	[tdx_lab]'
	put "$1" /proc/mounts 'tracefs /sys/kernel/tracing tracefs rw 0 0'
	put "$1" /proc/self/status 'Name:	tdxbench' 'CapEff:	000001ffffffffff'
	put "$1" /boot/config-7.3.4 CONFIG_KVM_INTEL=m CONFIG_INTEL_TDX_HOST=y
	put "$1" /sys/kernel/tracing/events/tdx_ext/enable 0
	put "$1" /sys/kernel/btf/vmlinux BTF
	put "$1" /sys/kernel/security/lockdown 'none [integrity] confidentiality'
	put "$1" /sys/power/state 'freeze mem'
	put "$1" /sys/devices/faux/tdx_host/version 1.5.30
	put "$1" /sys/module/kvm_intel/parameters/tdx Y
	put "$1" /sys/fs/cgroup/misc.current 'tdx 3'
	put "$1" /dev/kmsg '6,0,0,-;Linux version 7.3.4' \
		'6,310,1,-;virt/tdx: BIOS enabled: private KeyID range [64, 128)' \
		'6,311,2,-;virt/tdx: 51200 KB of memory given to the TDX module for extensions' \
		'6,312,3,-;virt/tdx: quoting enabled, quotes of up to 131048 bytes, 8 buffers' \
		'6,313,4,-;virt/tdx: TDX-Module initialized'
}

# doctor SERVER [OPTION]...: where nothing else can be measured
doctor() {
	local root=$work/$1

	shift
	env PATH=/nonexistent TDXBENCH_CACHE=/nonexistent TDXBENCH_ROOT="$root" "$bench" doctor "$@"
}

# lacks NAME SERVER STEP-REGEX [REGEX]...: that step is missing, and said so
lacks() {
	local name=$1 server=$2 step=$3

	shift 3
	check "$name" "doctor $server" 77 '^host   no ' "^ +missing +$step" '^ +check  ' '^ +get  ' "$@"
}

server whole
check "a server that lacks nothing" "doctor whole" 0 '^vm +no' '^host   yes: ' '^ +ok +1 CPU made by Intel +INTEL.R. XEON' \
	'^ +ok +3 kernel with the quoting path +tdx_ext events in tracefs$' '^ +ok +7 TDX module initialised +version 1.5.30$' \
	'^ +ok +9 TDX module with extensions ' '^ +ok +10 quoting enabled +virt/tdx: quoting enabled, quotes of up to' \
	'^ +ok +14 a TD is running +3 running$' '!missing +1?[0-9] ' '!not checked' '!unknown' '!a model: figures'
check "as JSON" "doctor whole --json" 0 '^  "host": \{$' '"model": null' '"state": "ok"' '"seen": "version 1.5.30"' \
	'"check": "cat /sys/kernel/security/lockdown"' '!"state": "(missing|unknown|not)'

server amd
sed -i s/GenuineIntel/AuthenticAMD/ "$work/amd/proc/cpuinfo"
lacks "a CPU of another vendor" amd '1 CPU made by Intel' 'vendor is AuthenticAMD$' \
	'^ +not checked +5 TDX on in firmware +step 1 comes first$' '^ +not checked +7 .* step 5 comes first$' \
	'^ +not checked +14 a TD is running +step 8 comes first$' '^ +ok +4 kernel with BTF$'

server config
put config /boot/config-7.3.4 '# CONFIG_INTEL_TDX_HOST is not set'
lacks "a kernel without TDX" config '2 kernel built with TDX host' 'zgrep CONFIG_INTEL_TDX_HOST' 'not checked +5 TDX on in firmware +step 2'
gzip -c "$work/whole/boot/config-7.3.4" >"$work/config/proc/config.gz"
check "its own configuration comes first, compressed" "doctor config" 0 'ok +2 kernel built with TDX host support$'
rm -r "$work/config/boot" "$work/config/proc/config.gz"
check "no configuration anywhere" "doctor config" 0 '^ +unknown +2 kernel built .* no configuration of this kernel in'
put config /lib/modules/7.3.4/config CONFIG_INTEL_TDX_HOST=y
check "a configuration beside the modules" "doctor config" 0 'ok +2 kernel built with TDX host support$'

server path
rm -r "$work/path/sys/kernel/tracing/events/tdx_ext"
check "events cannot be seen, symbols can" "doctor path" 0 'ok +3 kernel with the quoting path +the events. functions in /proc/kallsyms'
put path /proc/kallsyms 'ffffffff81000000 T __traceiter_quote_end_not'
lacks "a kernel without the path" path '3 kernel with the quoting path' 'scripts/kernel.sh apply DIR' \
	'not checked +9 TDX module with extensions +step 3' 'ok +7 TDX module initialised'

server btf
rm "$work/btf/sys/kernel/btf/vmlinux"
lacks "no BTF" btf '4 kernel with BTF$' 'CONFIG_DEBUG_INFO_BTF=y'

server firmware
sed -i 's/tdx_host_platform//' "$work/firmware/proc/cpuinfo"
check "firmware: the log knows" "doctor firmware" 0 'ok +5 TDX on in firmware +virt/tdx: BIOS enabled'
put firmware /dev/kmsg '6,0,0,-;Linux version 7.3.4'
lacks "TDX off in firmware" firmware '5 TDX on in firmware' 'no flag tdx_host_platform$' 'TME-MT/TDX key split' \
	'not checked +7 TDX module initialised +step 5'
put firmware /sys/power/state 'freeze mem disk'
put firmware /dev/kmsg '6,977,0,-;later'
check "hibernation hides firmware" "doctor firmware" 77 'unknown +5 .*hibernation hides it, and the kernel.s log has lost its beginning$' \
	'missing +6 hibernation off'
put firmware /proc/cpuinfo 'vendor_id	: GenuineIntel' 'flags		: fpu hypervisor'
lacks "a virtual machine" firmware '5 TDX on in firmware' 'this is a virtual machine'

server hibernation
put hibernation /sys/power/state 'freeze mem disk'
lacks "hibernation" hibernation '6 hibernation off' 'nohibernate on the kernel' 'not checked +7 TDX module initialised +step 6'

server module
rm "$work/module/sys/devices/faux/tdx_host/version"
check "the module without its driver" "doctor module" 0 'ok +7 TDX module initialised +in use by KVM'
put module /sys/module/kvm_intel/parameters/tdx N
check "the module in the log" "doctor module" 77 'ok +7 TDX module initialised +virt/tdx: TDX-Module initialized' \
	'missing +8 KVM with TDX +kvm_intel.tdx=N' 'not checked +14 a TD is running +step 8'
put module /dev/kmsg '6,0,0,-;Linux version 7.3.4' '3,9,0,-;virt/tdx: module not loaded'
lacks "no TDX module" module '7 TDX module initialised +virt/tdx: module not loaded' 'not checked +9 .*step 7' 'not checked +8 '
put module /dev/kmsg '6,0,0,-;Linux version 7.3.4'
lacks "nothing about a TDX module" module '7 TDX module initialised +no driver tdx_host, nothing in'

server kvm
rm "$work/kvm/sys/module/kvm_intel/parameters/tdx"
lacks "KVM is not loaded" kvm '8 KVM with TDX +kvm_intel is not loaded'

server released
put released /dev/kmsg '6,0,0,-;Linux version 7.3.4' '6,313,4,-;virt/tdx: TDX-Module initialized'
lacks "a TDX module without extensions" released '9 TDX module with extensions' 'no TDX module released so far has them' \
	'not checked +10 quoting enabled +step 9'
put released /dev/kmsg '6,0,0,-;Linux' '6,311,2,-;virt/tdx: 51200 KB of memory given to the TDX module for extensions'
lacks "a TDX module without quoting" released '10 quoting enabled' 'ok +9 TDX module with extensions +virt/tdx: 51200 KB'
put released /dev/kmsg '6,0,0,-;Linux' '6,1,0,-;tdx: quoting enabled, quotes' '3,2,0,-;tdx: TDH.QUOTE.INIT failed, status 0x8'
check "quoting lost by an update" "doctor released" 0 'unknown +10 quoting enabled +it was; since then: TDH.QUOTE.INIT failed$'
echo '6,3,0,-;tdx: quoting enabled, again' >>"$work/released/dev/kmsg"
check "and brought back" "doctor released" 0 'ok +10 quoting enabled +tdx: quoting enabled, again$'
put released /dev/kmsg '6,700,0,-;the beginning is gone'
check "a log without its beginning" "doctor released" 0 '^ +unknown +9 .*lost its beginning$' '^ +unknown +10 .*lost its beginning$'
for ((i = 0; i < 60000; i++)); do echo "6,$i,0,-;a message like many others"; done >"$work/released/dev/kmsg"
echo '6,60000,0,-;tdx: quoting enabled' >>"$work/released/dev/kmsg"
check "a log of two megabytes" "doctor released" 0 '^ +ok +10 quoting enabled +tdx: quoting enabled$'
rm "$work/released/dev/kmsg"
check "a log that cannot be read" "doctor released" 0 '^ +unknown +10 quoting enabled +the kernel.s log cannot be read, try as root$'

server user
put user /proc/self/status 'CapEff:	0000000000000000'
lacks "no privilege" user '11 root, or CAP_BPF and CAP_PERFMON +no CAP_BPF' 'use sudo'
put user /proc/self/status 'CapEff:	000000c000000000'
check "just enough privilege" "doctor user" 0 'ok +11 .*CAP_BPF and CAP_PERFMON$'
put user /proc/self/status 'CapEff:	0000008000000000'
lacks "half of it" user '11 root, or CAP_BPF'

server tracefs
put tracefs /proc/mounts 'proc /proc proc rw 0 0'
lacks "no tracefs" tracefs '12 tracefs mounted' 'mount -t tracefs'
server lockdown
put lockdown /sys/kernel/security/lockdown 'none integrity [confidentiality]'
lacks "lockdown" lockdown '13 BPF may trace the kernel +lockdown is confidentiality'

server guests
put guests /sys/fs/cgroup/misc.current 'tdx 0'
check "no TD: one may measure, there is nothing to see" "doctor guests" 0 '^host   yes' 'missing +14 a TD is running +0 running' 'SERVER.md'
rm "$work/guests/sys/fs/cgroup/misc.current"
check "nobody counts TDs" "doctor guests" 0 '^host   yes' 'unknown +14 a TD is running'

server model
put model /proc/cmdline 'root=/dev/sda1 tdx_emu=on'
put model /proc/sys/kernel/tainted 266240
put model /proc/cpuinfo 'vendor_id	: AuthenticAMD'
put model /sys/module/kvm_intel/parameters/tdx N
check "the software module of a kernel" "doctor model" 0 '^host   yes' \
	'software TDX module, a model: .* .tdx_emu= on the kernel.s command line.$' 'not needed +1 CPU made by Intel' \
	'not needed +14 a TD is running' 'ok +7 TDX module initialised' 'ok +10 quoting enabled'
check "as JSON, it says which" "doctor model --json" 0 '"model": "tdx_emu= on' '"state": "not needed"'
rm "$work/model/sys/devices/faux/tdx_host/version"
put model /dev/kmsg '6,0,0,-;Linux'
lacks "the software module, not brought up" model '7 TDX module initialised'
put model /proc/sys/kernel/tainted 4096
lacks "a software module that did not come: mistyped, or none in this kernel" model '1 CPU made by Intel' '!a model: '
put model /proc/sys/kernel/tainted 266240
put model /proc/cmdline 'root=/dev/sda1 tdx_emulation=on'
lacks "a taint of something else" model '1 CPU made by Intel' '!a model: '
mkdir -p "$work/model/sys/module/tdx_lab"
check "the software module of tdx_lab" "doctor model" 0 'a model: .* .tdx_lab is loaded.$' 'not needed +10 quoting enabled'

mkdir "$work/nothing"
check "a machine without anything" "doctor nothing" 77 '^host   no ' 'missing +1 CPU made by Intel +vendor is unknown'

checks_done
