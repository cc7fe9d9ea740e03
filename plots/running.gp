# Where many jobs ran: running jobs over time, by region above and by purchase below.
# gnuplot -c running.gp FORMAT TABLE OUTPUT PROGRAMS TITLE REGIONS UNIT
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
regions = int(ARG6); unit = ARG7
wide = 1000; high = 640
load programs . "/style.gp"

# Columns: 1 time, 2…8 regions, 9 other regions, 10 on demand, 11 spot, 12 reserved.
set style fill solid 1.0 noborder
set xrange [0:*]
set yrange [0:*]
set ylabel "running jobs"
set key at graph 1.02, graph 1 left top vertical Left reverse
set lmargin 9
set rmargin 24
upto(first, last) = sum [c = first:last] column(c)

stats table using 12 every ::1 nooutput
any_reserved = STATS_max > 0
stats table using 11 every ::1 nooutput
any_spot = STATS_max > 0
set multiplot layout 2, 1 title heading font "DejaVu Sans,14"
set format x ""
set bmargin 1
# From the top of the stack down: each area covers all below it, so that no seam shows. A title of columnhead skips the
# first row by itself.
plot table using 1:(upto(2, 9)) every ::1 with filledcurves x1 linecolor rgb grey \
         title (regions == 7 ? "other regions" : ""), \
     for [c = regions + 1:2:-1] table using 1:(upto(2, c)) with filledcurves x1 \
         linecolor rgb palette_of[c - 1] title columnhead(c)
set format x "%g"
set bmargin 3.5
set xlabel "time (" . unit . ")"
plot table using 1:(upto(10, 12)) every ::1 with filledcurves x1 linecolor rgb green title (any_reserved ? "reserved" : ""), \
     "" using 1:(upto(10, 11)) every ::1 with filledcurves x1 linecolor rgb blue title (any_spot ? "spot" : ""), \
     "" using 1:10 every ::1 with filledcurves x1 linecolor rgb orange title "on demand"
unset multiplot
