# SPDX-License-Identifier: GPL-2.0
# What the module's memory pool costs against its size. The data file has one
# block for each way to allocate and each kind of memory, headed by its name;
# the last column says which. See style.gp for arguments.
heading = "Cost of the memory pool against its size"
width = 1080; height = 500
data = ARG1; out = ARG2; subtitle = ARG3
load "style.gp"

set datafile nocolumnheaders
stats data using 1 nooutput
blocks = STATS_blocks

# Colour is the way to allocate, dash and point are the memory, flushed is thin.
array way[blocks]
array memory[blocks]
array flushed[blocks]
do for [i = 1:blocks] {
	stats data index i - 1 using 5 nooutput
	kind = int(STATS_min)
	memory[i] = kind % 3
	way[i] = kind / 3 % 2
	flushed[i] = kind / 6
}
colour(i) = way[i] ? (memory[i] == 0 ? blue : (memory[i] == 1 ? sky : green)) : \
	(memory[i] == 0 ? orange : (memory[i] == 1 ? amber : pink))
weight(i) = flushed[i] ? 1 : 2.5
shape(i) = memory[i] == 0 ? 7 : (memory[i] == 1 ? 5 : 9)
dash(i) = int(memory[i]) + 1

set xlabel "pool, MiB"
set logscale y
set format y "%g"
set xrange [0:*]
set autoscale yfixmin
set autoscale yfixmax
set offsets 0, graph 0.08, graph 0.1, graph 0.1
set multiplot

set rmargin at screen 0.35
set ylabel "time to allocate, ms"
unset key
plot for [i = 1:blocks] data index i - 1 using 1:2 with linespoints \
	lw weight(i) dt dash(i) pt shape(i) ps 0.8 lc rgb colour(i)

unset label
set lmargin at screen 0.35 + 80.0 / width
set rmargin at screen 1.0 - 300.0 / width
set key outside right center Left reverse maxcols 1 spacing 1.05 font ",13"
set ylabel "time to flush and to hand over, ms"
unset logscale y
set yrange [0:*]
set offsets 0, graph 0.08, graph 0.1, 0
plot for [i = 1:blocks] data index i - 1 using 1:($3 + $4) with linespoints \
	lw weight(i) dt dash(i) pt shape(i) ps 0.8 lc rgb colour(i) title columnheader(1)
unset multiplot
