# How full links were: a line a link, the mean of each control interval.
# gnuplot -c links.gp FORMAT TABLE OUTPUT PROGRAMS TITLE LINKS UNIT END
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
links = int(ARG6); unit = ARG7; end = ARG8 + 0.0
wide = 1000; high = 420
load programs . "/style.gp"

set title heading
set xlabel "time (" . unit . ")"
set ylabel "Gbit/s"
set xrange [0:end]
set yrange [0:*]
set key outside top center horizontal Left reverse
array line_colour[7] = [blue, vermilion, green, orange, purple, sky, black]
plot for [k = 1:links] table index k - 1 using 1:2 with steps linewidth 1.4 linecolor rgb line_colour[k] \
    title columnheader(1)
