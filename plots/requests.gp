# How long users waited: a line a population, the 99th percentile of each control interval, in ms.
# gnuplot -c requests.gp FORMAT TABLE OUTPUT PROGRAMS TITLE POPULATIONS UNIT END
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
populations = int(ARG6); unit = ARG7; end = ARG8 + 0.0
wide = 1000; high = 420
load programs . "/style.gp"

set title heading
set xlabel "time (" . unit . ")"
set ylabel "99th percentile (ms)"
set logscale y
set xrange [0:end]
set key outside top center horizontal Left reverse
array line_colour[7] = [blue, vermilion, green, orange, purple, sky, black]
plot for [k = 1:populations] table index k - 1 using 1:2 with lines linewidth 1.6 linecolor rgb line_colour[k] \
    title columnheader(1)
