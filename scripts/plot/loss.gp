# SPDX-License-Identifier: GPL-2.0
# Events lost by rate. The data file has one block per way of looking, headed by its
# name. See style.gp for arguments.
heading = "Events lost at rising rates"
data = ARG1; out = ARG2; subtitle = ARG3
load "style.gp"
load "series.gp"

set rmargin at screen 1.0 - key_width / width
set key outside right center Left reverse
set logscale x
set format x "%.0s%c"
set xlabel "iterations per second, reached"
set ylabel "events lost, %"
set yrange [-3:103]
set offsets graph 0.05, graph 0.05, 0, 0

array hue[8] = [blue, orange, green, pink, sky, amber, brown, grey]
plot for [i = 1:blocks] data index i - 1 using 1:2 with linespoints lw 2 \
	pt 3 + i ps 0.8 lc rgb hue[(i - 1) % 8 + 1] title columnheader(1)
