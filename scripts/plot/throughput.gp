# SPDX-License-Identifier: GPL-2.0
# Quotes per second and their p99 latency against the number of guests, for
# the series as posted and for the default policy, closed loop. See style.gp for arguments.
heading = "Quote throughput and latency against guests"
data = ARG1; out = ARG2; subtitle = ARG3
load "style.gp"

set logscale x 2
set xlabel "guests"
set format y "%g"
set key top left Left reverse

set multiplot
set rmargin at screen 0.47
set ylabel "quotes per second"
set yrange [0:*]
set offsets graph 0.06, graph 0.06, graph 0.3, 0
plot \
	data using "guests":"default_rate_per_s" with linespoints lw 2.5 pt 7 ps 0.8 lc rgb blue title "default policy", \
	'' using "guests":"posted_rate_per_s" with linespoints lw 2.5 pt 5 ps 0.7 lc rgb orange title "as posted"

unset label
set lmargin at screen 0.47 + 92.0 / width
set rmargin at screen 0.98
set ylabel "p99 latency, ms"
set yrange [*:*]
set logscale y
set autoscale yfixmax
set autoscale yfixmin
set offsets graph 0.06, graph 0.06, graph 0.25, graph 0.08
plot \
	data using "guests":"default_p99_ms" with linespoints lw 2.5 pt 7 ps 0.8 lc rgb blue title "default policy", \
	'' using "guests":"posted_p99_ms" with linespoints lw 2.5 pt 5 ps 0.7 lc rgb orange title "as posted"
unset multiplot
