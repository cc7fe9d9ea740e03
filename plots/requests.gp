# How long users waited: a line a population, the median and the 99th percentile of each control interval, in ms; and below,
# where any failed, the share that did.
# gnuplot -c requests.gp FORMAT TABLE OUTPUT PROGRAMS TITLE POPULATIONS UNIT END FAILED
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
populations = int(ARG6); unit = ARG7; end = ARG8 + 0.0; failed = int(ARG9)
wide = 1000; high = failed ? 840 : 620
load programs . "/style.gp"

array line_colour[7] = [blue, vermilion, green, orange, purple, sky, black]
set xrange [0:end]
set key outside top center horizontal Left reverse
set lmargin 11
set format x ""
set multiplot layout failed ? 3 : 2, 1 title heading font "DejaVu Sans,14"
set ylabel "median (ms)"
set yrange [0:*]
plot for [k = 1:populations] table index k - 1 using 1:2 with lines linewidth 1.6 linecolor rgb line_colour[k] \
    title columnheader(1)
unset key
set ylabel "99th percentile (ms)"
set yrange [*:*]
set logscale y
if (!failed) {
    set format x "%g"
    set xlabel "time (" . unit . ")"
}
plot for [k = 1:populations] table index k - 1 using 1:3 with lines linewidth 1.6 linecolor rgb line_colour[k]
if (failed) {
    unset logscale y
    set yrange [0:*]
    set ylabel "failed (%)"
    set format x "%g"
    set xlabel "time (" . unit . ")"
    plot for [k = 1:populations] table index k - 1 using 1:4 with lines linewidth 1.6 linecolor rgb line_colour[k]
}
unset multiplot
