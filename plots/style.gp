# What all pictures share. Expects: format ("svg" or "png"), output, wide and high (points).
# Colours: Okabe and Ito, "Color Universal Design", 2008: told apart by colour-blind readers.
if (format eq "svg") {
    set terminal svg size wide, high font "DejaVu Sans,12" background "#ffffff" dynamic noenhanced
} else {
    set terminal pngcairo size 2 * wide, 2 * high font "DejaVu Sans,12" fontscale 2 linewidth 2 pointscale 2 \
        background "#ffffff" noenhanced
}
set output output

blue = 0x0072b2; orange = 0xe69f00; green = 0x009e73; vermilion = 0xd55e00
purple = 0xcc79a7; sky = 0x56b4e9; black = 0x000000; grey = 0xb3b3b3
array palette_of[8] = [blue, orange, green, purple, sky, vermilion, black, grey]

set border 3 linecolor rgb "#555555"
set tics nomirror out textcolor rgb "#222222"
set grid linecolor rgb "#dddddd" linewidth 1 linetype 1
set title font "DejaVu Sans,14"
set key noautotitle samplen 2 spacing 1.2
