# A sweep's cost, and deadlines met, against one axis: a line a strategy, bars are 95 % intervals.
# gnuplot -c sweep.gp FORMAT TABLE OUTPUT PROGRAMS TITLE STRATEGIES LABEL linear|log|text PANELS
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
strategies = int(ARG6); label = ARG7; scale = ARG8; panels = int(ARG9)
wide = 1100; high = 140 + 330 * panels
load programs . "/style.gp"

stats table using 1 nooutput
if (scale eq "log") {
    set logscale x
    set xrange [STATS_min / 1.08:STATS_max * 1.08]
} else {
    margin = STATS_max > STATS_min ? 0.05 * (STATS_max - STATS_min) : 1
    set xrange [STATS_min - margin:STATS_max + margin]
}
set key outside right top vertical Left reverse
set bars 0.5
colour(i) = palette_of[1 + i % 8]

set multiplot layout panels, 1 title heading font "DejaVu Sans,14"
set lmargin 12
set rmargin 34
if (panels == 1) { set xlabel label }
set ylabel "mean cost (USD)"
set yrange [0:*]
plot for [i = 0:strategies - 1] table index i using 1:2:3:xtic(6) with yerrorlines \
    linecolor rgb colour(i) linewidth 1.5 pointtype 7 pointsize 0.7 title columnheader(1)
if (panels == 2) {
    set xlabel label
    set ylabel "deadlines met (%)"
    set yrange [*:100]
    plot for [i = 0:strategies - 1] table index i using 1:4:5:xtic(6) with yerrorlines \
        linecolor rgb colour(i) linewidth 1.5 pointtype 7 pointsize 0.7 title columnheader(1)
}
unset multiplot
