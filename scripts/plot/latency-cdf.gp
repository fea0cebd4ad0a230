# SPDX-License-Identifier: GPL-2.0
# Share of quotes answered within a time. The data file has one block per point,
# headed by its name; later ones are thinner where they cover earlier ones. See style.gp for arguments.
heading = "Quotes answered within a time"
data = ARG1; out = ARG2; subtitle = ARG3
load "style.gp"

load "series.gp"

set rmargin at screen 1.0 - key_width / width
set key outside right center Left reverse
set logscale x
set format x "%g"
set xlabel "latency seen by the guest, ms"
set ylabel "quotes, %"
set yrange [0:100]
set autoscale xfix
set offsets graph 0.04, graph 0.04, 0, 0

plot for [i = 1:blocks] data index i - 1 using 1:2 with steps lw (is_posted(i) ? 3.5 : 1.8) \
	lc rgb shade[i] title columnheader(1)
