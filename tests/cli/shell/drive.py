#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# Somebody at a terminal: drive.py COMMAND [ARG]... runs a command on a terminal of its
# own and does what the lines on stdin say:
#
#   expect SECONDS REGEX   until it is on the screen, after what was expected before
#   type TEXT              with the escapes of a Python string
#   size ROWS COLUMNS      the window is another one
#   signal NAME PROGRAM    to the one process of that name on this terminal
#   end SECONDS            until the command has ended
#
# Then it prints "status N", "settings as before" or what differs, and "left: NAMES" of
# the processes that still are there. What was on the screen stands before it. Exits
# with 1 when a line could not be done, and nothing stays then either.
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

screen = b""
seen = 0


# The session's leader is what a login shell is to a job of it, and stays to the end: with
# it the terminal would go. It tells the job's status by a pipe.
def start(command):
    master, slave = pty.openpty()
    resize(slave, 24, 80)
    told, tell = os.pipe()
    leader = os.fork()
    if leader:
        os.close(tell)
        return leader, master, slave, told
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(slave, fd)
    lead(command, tell)


def lead(command, tell):
    for name in ("HUP", "TTOU"):
        signal.signal(getattr(signal, "SIG" + name), signal.SIG_IGN)
    job = os.fork()
    if not job:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        for name in ("HUP", "TTOU"):
            signal.signal(getattr(signal, "SIG" + name), signal.SIG_DFL)
        os.closerange(3, 256)
        os.execvp(command[0], command)
    how = os.waitpid(job, 0)[1]
    os.tcsetpgrp(0, os.getpid())
    os.write(tell, b"%d" % os.waitstatus_to_exitcode(how))
    while True:
        signal.pause()


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


# For so long at most; whether there was anything.
def read_screen(seconds):
    global screen
    if not select.select([master], [], [], seconds)[0]:
        return False
    try:
        screen += os.read(master, 65536)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
    return True


def ended():
    global status
    if status is None and select.select([told], [], [], 0)[0]:
        status = int(os.read(told, 16))
    return status is not None


def expect(seconds, regex):
    global seen
    end = time.monotonic() + float(seconds)
    while True:
        found = re.search(regex.encode(), screen[seen:])
        if found:
            seen += found.end()
            return
        if time.monotonic() > end or (ended() and not read_screen(0.1)):
            give_up("'%s' is not on the screen" % regex)
        read_screen(0.1)


# Those of the session, but for the dead.
def processes():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as stat:
                name, rest = re.match(r"\d+ \((.*)\) (.*)", stat.read(), re.S).groups()
        except OSError:
            continue
        state, _, _, session = rest.split()[:4]
        if int(session) == leader and int(pid) != leader and state != "Z":
            yield int(pid), name


def send_signal(name, program):
    pids = [pid for pid, called in processes() if called == program]
    if not pids:
        give_up("there is no process '%s'" % program)
    os.kill(min(pids), getattr(signal, "SIG" + name))


def await_end(seconds):
    end = time.monotonic() + float(seconds)
    while not ended():
        if time.monotonic() > end:
            give_up("it does not end")
        read_screen(0.1)


def left():
    for _ in range(50):
        names = [name for _, name in processes()]
        if not names:
            break
        read_screen(0.1)
    return names


def say(line):
    sys.stdout.write(line + "\n")


def give_up(why):
    show_screen()
    say("drive.py: " + why)
    for name in ("TERM", "KILL"):
        signal_all(name)
        left()
    os.kill(leader, signal.SIGKILL)
    sys.exit(1)


def signal_all(name):
    for pid, _ in processes():
        try:
            os.kill(pid, getattr(signal, "SIG" + name))
        except ProcessLookupError:
            pass


def show_screen():
    say(screen.decode(errors="replace").replace("\r", ""))


def do(line):
    verb, _, rest = line.partition(" ")
    if verb == "expect":
        expect(*rest.split(" ", 1))
    elif verb == "type":
        os.write(master, rest.encode().decode("unicode_escape").encode())
    elif verb == "size":
        resize(slave, *map(int, rest.split()))
    elif verb == "signal":
        send_signal(*rest.split())
    elif verb == "end":
        await_end(rest)
    else:
        give_up("what is '%s'?" % line)


status = None
leader, master, slave, told = start(sys.argv[1:])
before = termios.tcgetattr(slave)
for step in sys.stdin.read().splitlines():
    do(step)
names = left()
after = termios.tcgetattr(slave)
os.kill(leader, signal.SIGKILL)
show_screen()
say("status %s" % status)
say("settings " + ("as before" if after == before else "differ: %s, %s" % (before, after)))
say("left: " + " ".join(names))
