#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Boot QEMU with an initramfs made for this run, run one command in the guest,
# show what it prints, bring its results and its exit status back.
#
# Guest and host talk over three virtio-serial ports, each a plain file here:
# tdxbench.progress (the command's output), tdxbench.results (what it writes to
# $TDXBENCH_RESULTS) and tdxbench.status. The kernel's console is a fourth file,
# watched for signs of trouble.
#
# With --interactive the command has a virtio console besides, which is this terminal.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
cache=${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-${HOME-}/.cache}/tdxbench}

clock=virtual
cpus=4
mem=1024
idle_timeout=120
ticks=$(getconf CLK_TCK)
salt=${TDXBENCH_VM_SALT:-}
kernel='' append='' progress='' results='' console='' plugin='' interactive=0
files=() modules=() tools=() plugin_options=() guest_command=()

# What a kernel says when it is in trouble, right after the time stamp.
trouble_pattern='^\[[ 0-9.]+\] (WARNING: |BUG[ :]|\[ BUG: |Oops|kernel BUG |Kernel panic|general protection fault|UBSAN: |INFO: task .* blocked|INFO: trying to register |rcu: INFO: .*stall|watchdog: |.* \[#[0-9]+\] )'

usage() {
	cat <<EOF
Usage: scripts/vm.sh [OPTION]... -- COMMAND [ARG]...

Run COMMAND in a QEMU guest with a kernel of its own.

  --clock virtual|real      virtual: an instruction is a nanosecond, runs repeat
                            exactly; real: KVM where it works, else TCG ($clock)
  --cpus N                  virtual CPUs, 1 to 64 ($cpus)
  --mem MIB                 memory, 256 to 65536 ($mem)
  --kernel PATH             bzImage or vmlinux (the one that setup.sh cached)
  --append ARGS             more kernel arguments
  --file HOST:GUEST[:MODE]  put a file into the guest, a program with its libraries
  --module PATH.ko[.xz]     put a module into the guest's /lib, not loaded
  --tool NAME               put a program of the host into the guest at its own path
  --results FILE            where \$TDXBENCH_RESULTS of the guest goes
  --progress FILE           keep the command's output, which is also shown
  --console FILE            keep the kernel's console
  --plugin FILE             a plugin for QEMU
  --plugin-option KEY=VALUE an option of it
  --interactive             COMMAND runs on this terminal, which is the guest's for so
                            long: Ctrl-C goes there, Ctrl-] x switches the guest off.
                            No idle timeout
  --idle-timeout SEC        longest silence before the guest counts as hung, of QEMU's CPU
                            time with the virtual clock ($idle_timeout)
  -h, --help                this text

With TDXBENCH_VM_SALT=N, 1 to 99999, in the environment all else happens at other
moments: under the virtual clock, another run of what always runs alike.

Exit status: that of COMMAND; 1 if the VM failed, 77 if QEMU or the kernel is
missing, 129 for wrong usage, 130 or 143 when interrupted.
EOF
}

# The life of a VM.
main() {
	parse_options "$@"
	check_place
	make_room
	((!interactive)) || keep_terminal
	make_initramfs
	choose_accelerator
	((interactive)) || add_fingerprint
	start_qemu
	watch_qemu
	report_status
}

die() {
	local status=$1

	shift
	echo "vm.sh: $*" >&2
	exit "$status"
}

### Options

parse_options() {
	local option

	while (($#)); do
		option=$1
		shift
		case $option in
		--) guest_command=("$@"); break ;;
		-h | --help) usage; exit 0 ;;
		--interactive) interactive=1 ;;
		--clock | --cpus | --mem | --kernel | --append | --file | --module | --tool | \
			--results | --progress | --console | --plugin | --plugin-option | --idle-timeout)
			(($#)) || die 129 "$option needs a value, see --help"
			set_option "$option" "$1"
			shift
			;;
		*) die 129 "unknown option '$option', see --help (the command comes after --)" ;;
		esac
	done
	((${#guest_command[@]})) || die 129 "no command given, see --help (it comes after --)"
	[[ ! $salt ]] || in_range TDXBENCH_VM_SALT "$salt" 1 99999
}

set_option() {
	case $1 in
	--clock)
		[[ $2 == virtual || $2 == real ]] || die 129 "--clock: '$2' is neither virtual nor real"
		clock=$2
		;;
	--cpus) in_range "$1" "$2" 1 64; cpus=$2 ;;
	--mem) in_range "$1" "$2" 256 65536; mem=$2 ;;
	--idle-timeout) in_range "$1" "$2" 1 86400; idle_timeout=$2 ;;
	--kernel) is_file "$1" "$2"; kernel=$2 ;;
	--append) append+=" $2" ;;
	--file) files+=("$(file_spec "$2")") ;;
	--module)
		[[ $2 == *.ko || $2 == *.ko.xz ]] || die 129 "--module: '$2' is not a .ko or .ko.xz"
		is_file "$1" "$2"
		modules+=("$2")
		;;
	--tool)
		type -P "$2" >/dev/null || die 129 "--tool: no program '$2' in PATH"
		tools+=("$(type -P "$2")")
		;;
	--results) results=$2 ;;
	--progress) progress=$2 ;;
	--console) console=$2 ;;
	--plugin) is_file "$1" "$2"; plugin=$2 ;;
	--plugin-option)
		[[ $2 == ?*=* ]] || die 129 "--plugin-option: '$2' is not KEY=VALUE"
		plugin_options+=("$2")
		;;
	esac
}

in_range() {
	[[ $2 =~ ^[1-9][0-9]{0,5}$ ]] && (($2 >= $3 && $2 <= $4)) && return
	die 129 "$1: '$2' is not a number from $3 to $4"
}

is_file() {
	[[ -f $2 && -r $2 ]] || die 129 "$1: '$2' is not a file that can be read"
}

# HOST:GUEST[:MODE] as "MODE GUEST HOST"; programs stay programs. HOST may have
# colons.
file_spec() {
	local host guest mode

	[[ $1 =~ ^(.+):(/[^:]+)(:([0-7]{3,4}))?$ ]] ||
		die 129 "--file: '$1' is not HOST:GUEST[:MODE] with an absolute GUEST and an octal MODE"
	host=${BASH_REMATCH[1]} guest=${BASH_REMATCH[2]} mode=${BASH_REMATCH[4]}
	is_file --file "$host"
	[[ $mode ]] || { [[ -x $host ]] && mode=755 || mode=644; }
	echo "$mode $guest $host"
}

### The place

check_place() {
	local tool image

	((!interactive)) || is_terminal ||
		die 77 "--interactive needs a terminal for input and output"
	for tool in qemu-system-x86_64 busybox cpio setpriv; do
		type -P "$tool" >/dev/null || die 77 "$tool is missing: run tdxbench setup"
	done
	for image in vmlinux vmlinuz; do
		[[ $kernel || ! -r $cache/kernel/current/$image ]] || kernel=$cache/kernel/current/$image
	done
	[[ $kernel ]] || die 77 "no kernel in $cache: run tdxbench setup"
	[[ ! $plugin ]] || grep -q '^-plugin ' < <(qemu-system-x86_64 -help) ||
		die 77 "this qemu-system-x86_64 was built without plugins: run tdxbench setup for Debian's"
}

is_terminal() {
	[[ -t 0 && -t 1 ]] && { : <>/dev/tty; } 2>/dev/null
}

# Everything of this run that nobody asked to keep is in one directory.
make_room() {
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/tdxbench-vm.XXXXXX" 2>/dev/null) ||
		die 1 "cannot make a directory in '${TMPDIR:-/tmp}'"
	trap clean_up EXIT
	trap 'leave 129' HUP
	trap 'leave 130' INT
	trap 'leave 143' TERM
	: "${progress:=$tmp/progress}" "${results:=$tmp/results}" "${console:=$tmp/console}"
	for file in "$progress" "$results" "$console"; do
		{ : >"$file"; } 2>/dev/null || die 1 "cannot write to '$file'"
	done
	status=$tmp/status
	: >"$status"
}

# The first signal ends the run. A second one, say the caller's SIGTERM behind the
# terminal's Ctrl-C, must not end its cleaning up.
# shellcheck disable=SC2317	# called by trap
leave() {
	trap '' HUP INT TERM
	exit "$1"
}

# shellcheck disable=SC2317	# called by trap
clean_up() {
	if [[ ${qemu-} ]]; then
		kill -KILL "$qemu" 2>/dev/null || :
		wait "$qemu" 2>/dev/null || :
	fi
	give_back_terminal
	rm -rf "$tmp"
}

### The terminal, with --interactive

# QEMU puts it into raw mode and leaves it so. Somebody else puts it back who outlives
# both, however they end: the pipe that they have open is at its end then.
keep_terminal() {
	local before

	before=$(stty -g </dev/tty)
	mkfifo "$tmp/alive" "$tmp/size"
	exec {alive}<>"$tmp/alive" {size_pipe}<>"$tmp/size"
	(
		trap '' HUP INT TERM TTOU
		exec <"$tmp/alive" {alive}>&- {size_pipe}>&-
		read -r _ || :
		stty "$before" </dev/tty
	) >/dev/null 2>&1 &
	keeper=$!
	trap tell_size WINCH
	tell_size
}

# The guest reads it, at first and whenever it has changed.
tell_size() {
	{ stty size </dev/tty >&"$size_pipe"; } 2>/dev/null || :
}

give_back_terminal() {
	[[ ${keeper-} ]] || return 0
	exec {alive}>&-
	wait "$keeper" || :
	keeper=
}

### The initramfs

make_initramfs() {
	local message made

	set +e
	message=$(set -e; umask 022; populate "$tmp/root" 2>&1; pack "$tmp/root" "$tmp/initramfs" 2>&1)
	made=$?
	set -e
	((made == 0)) || die 1 "cannot make the initramfs in $tmp: ${message##*$'\n'}"
	rm -rf "$tmp/root"
}

populate() {
	local root=$1 spec mode guest host

	mkdir -p "$root"/{bin,sbin,dev,proc,sys,tmp,lib,usr/bin,usr/sbin}
	install "$(type -P busybox)" "$root/bin/busybox"
	install "$here/vm-init" "$root/init"
	((!interactive)) || {
		install "$here/vm-console" "$root/bin/vm-console"
		guest_command=(vm-console "${TERM:-dumb}" "${guest_command[@]}")
	}
	echo "set -- ${guest_command[*]@Q}" >"$root/command"
	for host in "${modules[@]}"; do
		guest=$root/lib/$(basename "${host%.xz}")
		case $host in
		*.xz) xz -dc "$host" >"$guest" ;;	# busybox loads no compressed ones
		*) install -m 644 "$host" "$guest" ;;
		esac
	done
	for host in "${tools[@]}"; do
		install -D "$host" "$root$host"
		copy_libraries "$host" "$root"
	done
	for spec in "${files[@]}"; do
		read -r mode guest host <<<"$spec"
		install -D -m "$mode" "$host" "$root$guest"
		copy_libraries "$host" "$root"
	done
	# Unpacking it takes time.
	[[ ! $salt ]] || head -c $((salt * 101)) /dev/zero >"$root/salt"
}

# What a dynamic program is linked with, at the same places; nothing for others.
copy_libraries() {
	local file

	{ ldd "$1" 2>/dev/null | grep -o '/[^ ]*' || :; } | while read -r file; do
		install -D "$file" "$2$file"
	done
}

# The same inputs give the same bytes: under the virtual clock, other bytes are
# another trajectory.
pack() {
	find "$1" -exec touch -hd @0 {} +
	find "$1" -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z |
		cpio --null --create --format=newc --reproducible --owner=+0:+0 --quiet --directory="$1" >"$2"
}

### QEMU

# Set $accel, and in $machine QEMU's options for it. Always without cx16: with it,
# the TCG of QEMU 7.2 corrupts flags around cmpxchg16b. The virtual clock also
# hides the random number instructions, whose answers differ from run to run, and
# the fast string ones: without them the kernel copies eight bytes per counted
# instruction, which is about what a real CPU does in that time.
choose_accelerator() {
	local exact=-cx16,-rdrand,-rdseed,-erms,-fsrm

	accel=tcg
	if [[ $clock == virtual ]]; then
		machine=(-accel tcg -icount "shift=0,sleep=off,align=off"
			-rtc "base=2026-01-01,clock=vm" -cpu "max,$exact")
	elif kvm_works; then
		accel=kvm
		machine=(-accel kvm -cpu host)
	else
		machine=(-accel "tcg,thread=single" -cpu "max,-cx16")
	fi
}

# /dev/kvm may be there and yet run no guest (nested, restricted), so boot one
# that panics for want of a root. The answer holds until the host is rebooted.
kvm_works() {
	local memory=$cache/kvm-works boot known='' answer=no

	[[ -w /dev/kvm ]] || return 1
	boot=$(</proc/sys/kernel/random/boot_id)
	[[ ! -r $memory ]] || read -r known answer <"$memory" || :
	if [[ $known != "$boot" ]]; then
		answer=no
		timeout -k 1 10 qemu-system-x86_64 "${board[@]}" -accel kvm -cpu host -m 256 \
			-kernel "$kernel" -append 'console=ttyS0 panic=-1' -serial "file:$tmp/probe" \
			</dev/null >/dev/null 2>&1 || :
		! grep -qs 'Kernel panic' "$tmp/probe" || answer=yes
		{ echo "$boot $answer" >"$memory"; } 2>/dev/null || :
	fi
	[[ $answer == yes ]]
}

# The least hardware that boots: whatever is probed costs instructions.
board=(-machine "pc,hpet=off,i8042=off,usb=off,vmport=off,smbus=off"
	-nodefaults -nic none -display none -no-reboot)

# preempt=full is what there is in kernels to come (7.3 has full and lazy only);
# loglevel=5 shows warnings and worse; the rest makes the boot short.
kernel_args() {
	echo "console=ttyS0 panic=-1 loglevel=5 mitigations=off nokaslr preempt=full" \
		"tsc=reliable no_timer_check cryptomgr.notests" \
		"tdxbench.accel=$accel tdxbench.clock=$clock$append"
}

# The guest finds it behind the initramfs. The kernel stirs its command line into its
# random numbers, so that there any byte anywhere would move every address and timer.
add_fingerprint() {
	mkdir "$tmp/root"
	fingerprint >"$tmp/root/tdxbench.fingerprint"
	pack "$tmp/root" "$tmp/fingerprint"
	cat "$tmp/fingerprint" >>"$tmp/initramfs"
	rm -rf "$tmp/root"
}

# Of all that decides what happens under the virtual clock.
fingerprint() {
	{
		sha256sum <"$tmp/initramfs"
		sha256sum <"$kernel"
		sha256sum <"$(type -P qemu-system-x86_64)"
		echo "${board[@]}" "${machine[@]}" "$cpus" "$mem" "$append"
	} | sha256sum | cut -d ' ' -f 1
}

# An option of QEMU's in one argument: a comma within is doubled.
joined() {
	local IFS=,

	echo "${*//,/,,}"
}

# The guest's console is the terminal; of what is typed, QEMU itself heeds Ctrl-] only,
# as telnet does. By the other port the guest is told of the terminal's size.
terminal_args() {
	printf '%s\n' -chardev serial,id=terminal,path=/dev/tty,mux=on -echr 0x1d \
		-device virtconsole,chardev=terminal,name=tdxbench.terminal \
		-chardev "$(joined pipe id=size "path=$tmp/size")" \
		-device virtserialport,chardev=size,name=tdxbench.size
}

# ioeventfd would hand the guest's writes to another thread of QEMU, which answers
# whenever the host lets it: the one thing that made runs differ.
start_qemu() {
	local port args=("${board[@]}" "${machine[@]}" -smp "$cpus" -m "$mem"
		-kernel "$kernel" -initrd "$tmp/initramfs" -append "$(kernel_args)"
		-chardev "$(joined file id=console "path=$console")" -serial chardev:console
		-device "virtio-serial-pci,ioeventfd=off")

	[[ ! $plugin ]] || args+=(-plugin "$(joined "$plugin" "${plugin_options[@]}")")
	for port in progress results status; do
		args+=(-chardev "$(joined file "id=$port" "path=${!port}")"
			-device "virtserialport,chardev=$port,name=tdxbench.$port")
	done
	((!interactive)) || mapfile -t -O "${#args[@]}" args < <(terminal_args)
	# Should this script be killed outright, the kernel kills QEMU. The pipe
	# tells of QEMU's end without polling.
	exec {pipe}< <(exec setpriv --pdeathsig KILL qemu-system-x86_64 "${args[@]}" \
		</dev/null 2>"$tmp/complaints")
	qemu=$!
}

### The watch

# Until QEMU ends: show what the command prints, and look for trouble.
watch_qemu() {
	local running=1 grown=$SECONDS used=0 looked=$SECONDS size=0 trouble='' unread='' since=0

	exec {shown}<"$progress" {seen}<"$console"
	while ((running)); do
		read -r -t 0.2 -u "$pipe" _ || (($? > 128)) || running=0
		show_progress
		read_console
		[[ ! $trouble ]] || ((SECONDS - since < 2 && running)) || vm_failed "$trouble"
		((SECONDS == looked)) || look_around
	done
}

show_progress() {
	local line eol=''

	((!interactive)) || eol=$'\r'
	while IFS= read -r -u "$shown" line; do
		printf '%s\n' "$line$eol"
		grown=$SECONDS
	done
	[[ ! $line ]] || { printf '%s' "$line" && grown=$SECONDS; }
}

# A trouble is reported two seconds later, when its trace is complete.
read_console() {
	local line

	while IFS= read -r -u "$seen" line; do
		grown=$SECONDS
		line=$unread${line%$'\r'}
		unread=
		[[ ! $trouble && $line =~ $trouble_pattern ]] || continue
		trouble="trouble in the guest's kernel: $line"
		since=$SECONDS
	done
	unread+=$line
}

# Once a second.
look_around() {
	local now parent

	looked=$SECONDS
	check_disk
	now=$(stat -c %s "$results")
	((now == size)) || grown=$SECONDS
	size=$now
	((interactive)) || check_silence
	read -r _ _ _ parent _ <"/proc/$$/stat"
	((parent == PPID)) || die 1 "the caller has gone"
}

# Under the virtual clock a guest never rests. One that is silent for it gets no CPU does
# not hang: what counts is the time that QEMU has used, though not without end.
check_silence() {
	local silence=$((SECONDS - grown)) stat

	if [[ $clock == virtual ]] && ((silence < 5 * idle_timeout)); then
		{ read -r -a stat <"/proc/$qemu/stat"; } 2>/dev/null || return 0	# it has ended
		((silence > 1)) || used=$((stat[13] + stat[14]))
		silence=$(((stat[13] + stat[14] - used) / ticks))
	fi
	((silence < idle_timeout)) ||
		vm_failed "the guest hangs: no output, result or console line for $((SECONDS - grown)) seconds"
}

# QEMU retries a failed write for ever and says nothing.
check_disk() {
	local full

	full=$(df --output=avail,target "$progress" "$results" "$console" "$tmp" |
		awk 'NR > 1 && $1 < 64 { full = $2 } END { print full }')
	[[ ! $full ]] || vm_failed "the disk is full: $full"
}

vm_failed() {
	kill -KILL "$qemu" 2>/dev/null || :
	give_back_terminal
	((!interactive)) || echo >&2	# the cursor is anywhere
	echo "vm.sh: $1" >&2
	tail -n 25 "$console" | tr -d '\r' >&2
	exit 1
}

report_status() {
	local word='' rest='' ended=0

	wait "$qemu" || ended=$?
	read -r word rest <"$status" || :
	case $word in
	exit) exit "$rest" ;;
	no) vm_failed "$word $rest" ;;
	esac
	check_disk
	((!interactive || ended)) || exit 0	# switched off
	((ended == 0)) || vm_failed "QEMU ended with status $ended: $(tail -n 1 "$tmp/complaints")"
	vm_failed "the guest went down before its command ended"
}

main "$@"
