# SPDX-License-Identifier: GPL-2.0
# For plots of one row per name, with a dot for each time: makes room for rows and
# names, and loads style.gp. A plot sets heading, data, out and subtitle, loads
# this file and plots dots at x and y:
#
#   dot(NAME)     the column's value; 0 is no dot, as it has no place on a logarithmic axis
#   at(OFFSET)    the row; OFFSET, in rows, keeps equal times from covering each other

set datafile separator comma
set datafile columnheaders
longest = 0
stats data using (longest = strlen(strcol(1)) > longest ? strlen(strcol(1)) : longest, 0) nooutput
rows = STATS_records

width = 900
height = 150 + 30 * (rows > 4 ? rows : 4)
load "style.gp"

set lmargin at screen (40 + 7.4 * longest) / width
set rmargin at screen 1.0 - 225.0 / width
set key outside right center Left reverse
set logscale x
set format x "%g"
set autoscale xfix
set offsets graph 0.04, graph 0.08, 0, 0
set yrange [rows - 0.5:-0.5]
set ytics scale 0 noenhanced
set border 1
set xlabel "ms"

dot(name) = column(name) > 0 ? column(name) : NaN
at(offset) = $0 + offset
