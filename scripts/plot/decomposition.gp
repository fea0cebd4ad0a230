# SPDX-License-Identifier: GPL-2.0
# Where the time of a quote goes: mean of each part, stacked as shares of the
# mean total, which stands above each bar. See style.gp for arguments.
heading = "Where the time of a quote goes (mean)"
data = ARG1; out = ARG2; subtitle = ARG3

# A line for each word below a bar, and room for all bars and words.
wrap(text, i) = i > words(text) ? "" : word(text, i)."\n".wrap(text, i + 1)
name(policy, guests) = wrap(policy, 1).wrap(guests, 1)
set datafile separator comma
set datafile columnheaders
most = 0
longest = 9
max(a, b) = a > b ? a : b
letters(text, i) = i > words(text) ? 0 : max(strlen(word(text, i)), letters(text, i + 1))
note(text) = (most = max(most, words(text)), longest = max(longest, letters(text, 1)), 0)
stats data using (note(strcol(1)." ".strcol(2))) nooutput
width = max(900, 325 + 7.8 * longest * STATS_records)
height = 430 + 15 * most
load "style.gp"

set rmargin at screen 1.0 - 235.0 / width
set bmargin at screen (58.0 + 15 * most) / height
set key outside right center Left reverse invert
set style data histograms
set style histogram rowstacked
set style fill solid 1.0 border rgb 0xffffff
set boxwidth 0.72
set grid noxtics
set xtics scale 0 noenhanced font ",12"
set xlabel "policy and guests" offset 0, 1.1 - 0.8 * most
set ylabel "share of the mean total, %"
set yrange [0:108]
set ytics 0, 20, 100

share(part) = 100.0 * column(part) / column("total_ms")

plot \
	data using (share("copy_in_ms")):xtic(name(strcol("policy"), strcol("guests"))) lc rgb green title "copy in", \
	'' using (share("wait_ms")) lc rgb orange title "wait for a buffer", \
	'' using (share("seam_ms")) lc rgb blue title "in SEAM", \
	'' using (share("gap_ms")) lc rgb amber title "between iterations", \
	'' using (share("copy_out_ms")) lc rgb pink title "copy out", \
	'' using (share("other_ms")) lc rgb grey title "other", \
	'' using 0:(103):(sprintf("%.4g ms", column("total_ms"))) with labels font ",12" notitle
