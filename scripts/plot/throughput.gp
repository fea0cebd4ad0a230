# SPDX-License-Identifier: GPL-2.0
# Quotes per second and their p99 latency against the number of guests, closed
# loop. The data file has one block for each policy, and for whatever else was
# varied, headed by its name. See style.gp for arguments.
heading = "Quote throughput and latency against guests"
data = ARG1; out = ARG2; subtitle = ARG3
load "style.gp"
load "series.gp"

set logscale x 2
set xlabel "guests"
set format y "%g"
unset key
shape(i) = is_posted(i) ? 5 : 7
right = 1.0 - key_width / width
middle = right / 2

set multiplot
set rmargin at screen middle
set ylabel "quotes per second"
set yrange [0:*]
set offsets graph 0.06, graph 0.06, graph 0.1, 0
plot for [i = 1:blocks] data index i - 1 using 1:2 with linespoints \
	lw 2.5 pt shape(i) ps 0.8 lc rgb shade[i]

unset label
set key outside right center Left reverse
set lmargin at screen middle + 92.0 / width
set rmargin at screen right
set ylabel "p99 latency, ms"
set yrange [*:*]
set logscale y
set offsets graph 0.06, graph 0.06, 0, 0
plot for [i = 1:blocks] data index i - 1 using 1:3 with linespoints \
	lw 2.5 pt shape(i) ps 0.8 lc rgb shade[i] title columnheader(1)
unset multiplot
