# Pipelines: latency at the sinks above, back-pressure and queues below, a line a stage.
# gnuplot -c pipelines.gp FORMAT TABLE OUTPUT PROGRAMS TITLE "SINKS BLOCKED QUEUES" UNIT END
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
sinks = int(word(ARG6, 1)); blocked = int(word(ARG6, 2)); queues = int(word(ARG6, 3)); unit = ARG7; end = ARG8 + 0.0
wide = 1000; high = 760
load programs . "/style.gp"

set xrange [0:end]
set lmargin 11
set rmargin 34
set key at graph 1.02, graph 1 left top vertical Left reverse
array line_colour[7] = [blue, vermilion, green, orange, purple, sky, black]
set multiplot layout 3, 1 title heading font "DejaVu Sans,14"
set format x ""
set bmargin 1
set ylabel "99 % latency (s)"
set logscale y
plot for [k = 1:sinks] table index k - 1 using 1:2 with lines linewidth 1.6 linecolor rgb line_colour[k] \
    title columnheader(1)
unset logscale y
set ylabel "blocked (% of time)"
set yrange [0:100]
plot NaN notitle, for [k = 1:blocked] table index sinks + k - 1 using 1:2 with lines linewidth 1.6 \
    linecolor rgb line_colour[k] title columnheader(1)
set yrange [0:*]
set ylabel "records waiting"
set format x "%g"
set format y "%.0s%c"
set bmargin 3.5
set xlabel "time (" . unit . ")"
plot NaN notitle, for [k = 1:queues] table index sinks + blocked + k - 1 using 1:2 with lines linewidth 1.6 \
    linecolor rgb line_colour[k] title columnheader(1)
unset multiplot
