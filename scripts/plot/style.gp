# SPDX-License-Identifier: GPL-2.0
# What all plots share. A plot sets heading (and may set width, height), loads
# this file, then plots. It does so in variables, as a loaded file has arguments
# of its own. Arguments of every plot script:
#
#   gnuplot -d -c NAME.gp DATA.csv OUT.svg "SUBTITLE"     (in this directory)
#
# Colours are those of Okabe and Ito, told apart by colour-blind readers too;
# what matters also differs in point or dash. report.html swaps black, the
# white ground and the grid's grey for its own in dark mode.

if (!exists("width")) width = 900
if (!exists("height")) height = 460

set terminal svg size width,height dynamic \
	font "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif,14" background '#ffffff'
set encoding utf8
set output out
set datafile separator comma
set datafile columnheaders

blue = 0x0072b2; orange = 0xd55e00; green = 0x009e73
sky = 0x56b4e9; amber = 0xe69f00; pink = 0xcc79a7; brown = 0x994f00; grey = 0x888888

set label 1 heading at screen 0.02, screen 1.0 - 24.0 / height left font ",18" noenhanced
set label 2 subtitle at screen 0.02, screen 1.0 - 47.0 / height left font ",12" tc rgb grey noenhanced
set tmargin at screen 1.0 - 76.0 / height
set bmargin at screen 70.0 / height
set lmargin at screen 90.0 / width

set xlabel offset 0, 0.4
set ylabel offset 1, 0
set border 3 lw 1
set tics nomirror out scale 0.6
set grid back lc rgb 0xdddddd lt 1 lw 1
set key noenhanced spacing 1.25 samplen 2.5
