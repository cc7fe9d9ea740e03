# Where the time of requests goes: a bar a population for all of its sampled requests, and one for the slowest hundredth.
# gnuplot -c spans.gp FORMAT TABLE OUTPUT PROGRAMS TITLE
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
wide = 1000; high = 520
load programs . "/style.gp"

array part_colour[7] = [black, orange, vermilion, blue, purple, sky, green]
set title heading
set ylabel "mean (ms)"
set yrange [0:*]
set key outside top center horizontal Left reverse
set style data histograms
set style histogram rowstacked
set style fill solid 0.85 noborder
set boxwidth 0.6
set xtics rotate by -15 nomirror
set datafile separator tab
plot for [k = 2:8] table using k:xticlabels(1) linecolor rgb part_colour[k - 1] title columnheader(k)
