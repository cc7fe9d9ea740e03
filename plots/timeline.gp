# Where few jobs ran: a row a pool, a bar an instance.
# gnuplot -c timeline.gp FORMAT TABLE OUTPUT PROGRAMS TITLE POOLS UNIT
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
pools = int(ARG6); unit = ARG7
wide = 1150; high = 140 + 34 * pools; high = high < 240 ? 240 : high
load programs . "/style.gp"

stats table index 1 using ($5 == 2) nooutput
any_reserved = STATS_max > 0
set title heading
set xlabel "time (" . unit . ")"
set xrange [0:*]
set yrange [pools - 0.4:-0.6]
set ytics scale 0
set grid noytics
set key outside right top vertical Left reverse
set style fill solid 1.0 border rgb "#ffffff"

plot table index 0 using (NaN):1:ytic(2), \
     "" index 1 using ($5 == 1 ? $1 : NaN):3:1:2:3:4 with boxxyerror linecolor rgb blue title "spot", \
     "" index 1 using ($5 == 0 ? $1 : NaN):3:1:2:3:4 with boxxyerror linecolor rgb orange title "on demand", \
     "" index 1 using ($5 == 2 ? $1 : NaN):3:1:2:3:4 with boxxyerror linecolor rgb green title (any_reserved ? "reserved" : ""), \
     "" index 1 using ($6 == 1 ? $2 : NaN):(($3 + $4) / 2) with points pointtype 2 pointsize 0.7 linewidth 1.5 \
        linecolor rgb black title "preempted", \
     "" index 1 using ($6 == 0 ? $2 : NaN):(($3 + $4) / 2) with points pointtype 7 pointsize 0.6 \
        linecolor rgb black title "done"
