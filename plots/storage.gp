# How much of datasets was read so far, by the way that the bytes took; below, what keeping and moving them has cost.
# gnuplot -c storage.gp FORMAT TABLE OUTPUT PROGRAMS TITLE UNIT END
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
unit = ARG6; end = ARG7 + 0.0
wide = 1000; high = 620
load programs . "/style.gp"

set xrange [0:end]
set yrange [0:*]
set lmargin 13
set format y "%.10g"
set key outside top center horizontal Left reverse
set multiplot layout 2, 1 title heading font "DejaVu Sans,14"
set format x ""
set ylabel "GB so far"
plot table using 1:2 with lines linewidth 1.6 linecolor rgb green title "from caches", \
    table using 1:3 with lines linewidth 1.6 linecolor rgb blue title "from a copy there", \
    table using 1:4 with lines linewidth 1.6 linecolor rgb vermilion title "from other regions", \
    table using 1:5 with lines linewidth 1.6 linecolor rgb grey title "sent to copies"
set format x "%g"
set xlabel "time (" . unit . ")"
set ylabel "USD so far"
plot table using 1:6 with lines linewidth 1.6 linecolor rgb blue title "storage", \
    table using 1:7 with lines linewidth 1.6 linecolor rgb vermilion title "egress"
unset multiplot
