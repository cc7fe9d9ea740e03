# Power over time above, carbon so far below, a line a strategy.
# gnuplot -c energy.gp FORMAT TABLE OUTPUT PROGRAMS TITLE STRATEGIES UNIT
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
strategies = int(ARG6); unit = ARG7
wide = 1000; high = 560
load programs . "/style.gp"

set xrange [0:*]
set yrange [0:*]
set lmargin 11
set rmargin 26
set key at graph 1.02, graph 1 left top vertical Left reverse
set multiplot layout 2, 1 title heading font "DejaVu Sans,14"
set ylabel "power (kW)"
set format x ""
set bmargin 1
plot for [c = 1:strategies] table using 1:(column(2 * c)) with lines linewidth 1.5 linecolor rgb palette_of[c] \
         title columnhead(2 * c)
unset key
set ylabel "kg CO2 so far"
set format x "%g"
set bmargin 3.5
set xlabel "time (" . unit . ")"
plot for [c = 1:strategies] table using 1:(column(2 * c + 1)) every ::1 with lines linewidth 2 linecolor rgb palette_of[c]
unset multiplot
