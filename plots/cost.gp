# Cost by strategy. gnuplot -c cost.gp FORMAT TABLE OUTPUT PROGRAMS TITLE ROWS RUNS
format = ARG1; table = ARG2; output = ARG3; programs = ARG4; heading = ARG5
rows = int(ARG6); runs = int(ARG7)
wide = 1100; high = 150 + 44 * rows; high = high < 260 ? 260 : high
load programs . "/style.gp"

stats table index 0 using 4 name "egress" nooutput
stats table index 0 using 5 name "probes" nooutput
stats table index 0 using 6 name "energy" nooutput
stats table index 0 using 7 name "storage" nooutput
only(most, text) = most > 0 ? text : "" # a kind of cost that nothing has stands in no legend

set title heading
set xlabel "mean cost (USD)"
set xrange [0:*]
set format x "%.10g"
set yrange [rows - 0.4:-0.6]
set grid noytics
set ytics scale 0
set key outside right top vertical Left reverse
set style fill solid 1.0 noborder
half = 0.32

plot table index 0 using (0):1:(0):3:($1 - half):($1 + half):ytic(2) with boxxyerror linecolor rgb blue title "compute", \
     "" index 0 using (0):1:3:($3 + $4):($1 - half):($1 + half) with boxxyerror linecolor rgb orange title only(egress_max, "egress"), \
     "" index 0 using (0):1:($3 + $4):($3 + $4 + $5):($1 - half):($1 + half) with boxxyerror linecolor rgb green title only(probes_max, "probes"), \
     "" index 0 using (energy_max > 0 ? $3 + $4 + $5 : NaN):1:($3 + $4 + $5):($3 + $4 + $5 + $6):($1 - half):($1 + half) with boxxyerror linecolor rgb sky title only(energy_max, "energy"), \
     "" index 0 using (storage_max > 0 ? $3 + $4 + $5 + $6 : NaN):1:($3 + $4 + $5 + $6):($3 + $4 + $5 + $6 + $7):($1 - half):($1 + half) with boxxyerror linecolor rgb purple title only(storage_max, "storage"), \
     "" index 0 using ($10 > 1 ? $3 + $4 + $5 + $6 + $7 : NaN):1:8:9 with xerrorbars pointtype 0 linewidth 1.5 linecolor rgb black \
        title (runs > 1 ? "range" : ""), \
     "" index 1 using (runs > 1 ? $2 : NaN):($1 + 0.22):($3 > 0 ? vermilion : black) with points pointtype 6 pointsize 0.4 \
        linecolor rgb variable title (runs > 1 ? "a run (red: late)" : "")
