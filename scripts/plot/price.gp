# SPDX-License-Identifier: GPL-2.0
# What each way of looking costs per iteration: a bar each, the cheapest on top, its
# colour by kind, its length logarithmic. See style.gp for arguments.
heading = "Price of looking, per iteration"
data = ARG1; out = ARG2; subtitle = ARG3

set datafile separator comma
set datafile columnheaders
longest = 0
stats data using (longest = strlen(strcol(1)) > longest ? strlen(strcol(1)) : longest, column("cost_ns")) nooutput
rows = STATS_records
most = STATS_max

width = 900
height = 160 + 21 * (rows > 4 ? rows : 4)
load "style.gp"

set lmargin at screen (30 + 7.4 * longest) / width
set rmargin at screen 1.0 - 190.0 / width
set key outside right center Left reverse
set logscale x
set format x "%g"
set xrange [1:3 * most]
set yrange [rows - 0.4:-0.6]
set ytics scale 0 noenhanced
set border 1
set grid noytics
set xlabel "ns; instructions under the virtual clock"
set style fill solid 1.0 noborder

array shade[4] = [grey, blue, sky, orange]
array kind[4] = ["the tracepoints", "tdxbench's own", "BPF programs", "tools"]
length(k) = column("kind") == k && column("cost_ns") > 1 ? column("cost_ns") : NaN

plot for [k = 0:3] data using (1):0:(1):(length(k)):($0 - 0.36):($0 + 0.36):yticlabels(1) \
	with boxxyerror lc rgb shade[k + 1] title kind[k + 1], \
	'' using (column("cost_ns") > 1 ? column("cost_ns") : 1):0:(sprintf(" %.0f · %.3g× ours", column("cost_ns"), column("times_ours"))) \
	with labels left font ",11" notitle
