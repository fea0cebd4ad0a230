# SPDX-License-Identifier: GPL-2.0
# What the module's memory pool costs against its size. See style.gp for arguments.
heading = "Cost of the memory pool against its size"
data = ARG1; out = ARG2; subtitle = ARG3
load "style.gp"

set rmargin at screen 0.97
set key top left Left reverse
set xlabel "pool, MiB"
set ylabel "time, ms"
set xrange [0:*]
set yrange [0:*]
set offsets 0, graph 0.05, graph 0.05, 0

plot \
	data using "pool_mib":"alloc_ms" with linespoints lw 2.5 pt 7 ps 0.8 lc rgb blue title "to allocate", \
	'' using "pool_mib":"add_ms" with linespoints lw 2.5 pt 5 ps 0.7 lc rgb orange title "to give to the module"
