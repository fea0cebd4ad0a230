#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Sums by the kernel itself, with no tool at all: histogram triggers of ftrace.
# tdx_lab is loaded.
set -e
cd /sys/kernel/tracing/events/tdx_ext

by_status='hist:keys=leaf,status.hex:vals=duration_ns'
by_td='hist:keys=tdr.hex:vals=total_ns,seam_ns'

ask 1 quote_ns=5ms		# brings the module up, which is not counted
echo "$by_status" >seamcall_exit/trigger
echo "$by_td" >quote_end/trigger
ask 20

echo '### stays in SEAM by leaf and status'
cat seamcall_exit/hist
echo '### quotes by TD'
cat quote_end/hist

echo "!$by_status" >seamcall_exit/trigger
echo "!$by_td" >quote_end/trigger
