# SPDX-License-Identifier: GPL-2.0
# For data files of blocks, each headed by the name of its policy and what else
# there is to tell: blocks, their number, shade[], a colour for each, and longest,
# the length of a name: a key outside needs key_width. Warm is the series as posted, cool the default policy.
# Load it after style.gp.

set datafile nocolumnheaders
stats data using 1 nooutput
blocks = STATS_blocks

array warm[4] = [orange, amber, pink, brown]
array cool[4] = [blue, sky, green, grey]
array name[blocks]
array shade[blocks]
longest = 0
posted = 0; best = 0
do for [i = 1:blocks] {
	stats data index i - 1 every ::0::0 using (name[i] = strcol(1), 0) nooutput
	if (strlen(name[i]) > longest) { longest = strlen(name[i]) }
	if (name[i][1:6] eq "posted") {
		shade[i] = warm[posted % 4 + 1]; posted = posted + 1
	} else {
		shade[i] = cool[best % 4 + 1]; best = best + 1
	}
}
is_posted(i) = name[i][1:6] eq "posted"
key_width = 90.0 + 8.8 * longest
