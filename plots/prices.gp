# Spot prices over time: a panel a machine type, a line a pool.
# gnuplot -c prices.gp FORMAT TABLE OUTPUT PROGRAMS TITLE "PANEL|LINES;PANEL|LINES;…" UNIT END
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
layout = ARG6; unit = ARG7; end = ARG8 + 0.0

# gnuplot knows words: panels become the words of one string, blanks in titles stand as "~".
swap(text, from, to) = (p = strstrt(text, from), p == 0 ? text : text[1:p - 1] . to . swap(text[p + strlen(from):*], from, to))
panels = swap(swap(layout, " ", "~"), ";", " ")
count = words(panels)
bar(i) = strstrt(word(panels, i), "|")
title_of(i) = (w = word(panels, i), swap(w[1:bar(i) - 1], "~", " "))
lines_of(i) = (w = word(panels, i), int(w[bar(i) + 1:*]))

columns = count > 1 ? 2 : 1
rows = (count + columns - 1) / columns
wide = columns == 1 ? 1000 : 1300; high = 60 + 300 * rows
load programs . "/style.gp"
array line_colour[7] = [blue, vermilion, green, orange, purple, sky, black]

set xlabel "time (" . unit . ")"
set ylabel "USD per machine hour"
set xrange [0:end]
set yrange [0:*]
set key outside right top vertical Left reverse font ",10"
set multiplot layout rows, columns title heading font "DejaVu Sans,14"
first = 0
do for [i = 1:count] {
    set title title_of(i)
    plot for [k = 1:lines_of(i)] table index first + k - 1 using 1:2 with steps linewidth 1.4 \
        linecolor rgb line_colour[k] title columnheader(1)
    first = first + lines_of(i)
}
unset multiplot
