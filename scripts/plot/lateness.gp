# SPDX-License-Identifier: GPL-2.0
# How late hrtimers fire that expire while the CPU is in SEAM, against the slice
# after which the TDX module looks for interrupts. See style.gp for arguments.
heading = "Timer lateness in SEAM against the module's slice"
data = ARG1; out = ARG2; subtitle = ARG3
load "style.gp"

set rmargin at screen 1.0 - 225.0 / width
set key outside right center Left reverse
set logscale xy
set xtics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
set format y "%g"
set autoscale yfixmax
set offsets graph 0.05, graph 0.05, graph 0.05, 0
set xlabel "slice, µs"
set ylabel "lateness, µs"

plot \
	data using "slice_us":"never_p99_us" with lines lw 2 dt (6,4) lc rgb pink title "p99, never yields", \
	'' using "slice_us":"limit_us" with lines lw 1.5 dt (3,3) lc rgb grey title "slice + 2 µs", \
	'' using "slice_us":"max_us" with linespoints lw 2 pt 9 ps 0.8 lc rgb orange title "max", \
	'' using "slice_us":"p99_us" with linespoints lw 2.5 pt 7 ps 0.8 lc rgb blue title "p99", \
	'' using "slice_us":"p50_us" with linespoints lw 2 pt 5 ps 0.7 lc rgb green title "p50", \
	'' using "slice_us":"idle_p99_us" with lines lw 2 dt (10,3,2,3) lc rgb sky title "p99, no quotes"
