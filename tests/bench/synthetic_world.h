/* A made-up world of any size, as a scenario file: regions with a pool of nodes each, tasks that share them, scheduled
 * transfers between regions, services with their users. Header only. */
#ifndef SKYTWIN_TESTS_SYNTHETIC_WORLD_H
#define SKYTWIN_TESTS_SYNTHETIC_WORLD_H

#include <stdio.h>
#include <stdlib.h>

typedef struct synthetic_world {
    unsigned regions, nodes; /* nodes: of all regions together */
    unsigned tasks;          /* over the whole run */
    unsigned flows, services;
    double days, task_hours; /* task_hours: mean work */
} synthetic_world;

/* Regions lie around the equator, so that distances differ. */
static inline void synthetic_catalog(FILE *out, const synthetic_world *w)
{
    fprintf(out, "catalog: { synth: {\n"
                 "title = \"Made up\"; kind = \"cloud\"; spot_notice = \"0 s\"; billing_minimum = \"60 s\"; "
                 "billing_increment = \"1 s\";\n"
                 "egress: { between_regions = \"0.02 USD/GB\"; internet = ( { price = \"0.09 USD/GB\"; } ); "
                 "source = \"made up\"; date = \"2026-01-01\"; };\nregions = (\n");
    for (unsigned r = 0; r < w->regions; r++)
        fprintf(out,
                "{ name = \"r%u\"; title = \"r%u\"; country = \"US\"; jurisdictions = [ \"US\" ]; latitude = "
                "0.0; "
                "longitude = %.3f; zones = [ \"a\" ]; carbon = \"300 gCO2/kWh\"; source = \"made up\"; "
                "date = \"2026-01-01\"; }%s\n",
                r, r, -180.0 + 360.0 * r / w->regions, r + 1 < w->regions ? "," : "");
    fprintf(out, ");\nmachines = ( { name = \"m16\"; cpus = 16; memory = \"64 GiB\"; accelerator = \"\"; "
                 "accelerators = 0; tpu = false; source = \"made up\"; date = \"2026-01-01\"; prices = (\n");
    for (unsigned r = 0; r < w->regions; r++)
        fprintf(out, "{ region = \"r%u\"; on_demand = \"%.4f USD/h\"; }%s\n", r, 0.5 + 0.001 * r,
                r + 1 < w->regions ? "," : "");
    fprintf(out, "); } ); }; };\n");
}

static inline void synthetic_work(FILE *out, const synthetic_world *w)
{
    enum { WORKLOADS = 8 };

    fprintf(out, "pools = ( { machine = \"synth:m16\"; nodes = %u; regions = [", w->nodes / w->regions);
    for (unsigned r = 0; r < w->regions; r++)
        fprintf(out, " \"synth:r%u\"%s", r, r + 1 < w->regions ? "," : " ] } );\n");
    fprintf(out, "classes = (\n");
    for (int i = 0; i < WORKLOADS; i++)
        fprintf(out, "{ name = \"c%d\"; request = { cpus = %.1f; memory = \"%d GiB\"; }; }%s\n", i,
                0.5 * (i + 1), i + 1, i + 1 < WORKLOADS ? "," : " );\nworkloads = (");
    for (int i = 0; i < WORKLOADS; i++)
        fprintf(out,
                "{ name = \"w%d\"; class = \"c%d\"; arrival = \"poisson\"; rate = \"%.6f /d\"; "
                "work = { distribution = \"exponential\"; mean = \"%.6f h\"; }; }%s\n",
                i, i, (double)w->tasks / WORKLOADS / w->days, w->task_hours, i + 1 < WORKLOADS ? "," : " );");
}

static inline void synthetic_traffic(FILE *out, const synthetic_world *w)
{
    if (w->flows > 0)
        fprintf(out, "network: { transfers = (\n");
    for (unsigned f = 0; f < w->flows; f++)
        fprintf(out,
                "{ name = \"t%u\"; from = \"synth:r%u\"; to = \"synth:r%u\"; size = \"10 GB\"; "
                "first = \"%.3f s\"; }%s\n",
                f, f % w->regions, (f % w->regions + 1 + f / w->regions % (w->regions - 1)) % w->regions,
                w->days * 86400 * 0.9 * f / w->flows, f + 1 < w->flows ? "," : " ); };");
    if (w->services > 0)
        fprintf(out, "services = (\n");
    for (unsigned s = 0; s < w->services; s++)
        fprintf(out,
                "{ name = \"s%u\"; time = { distribution = \"exponential\"; mean = \"20 ms\"; }; places = ( "
                "{ region = \"synth:r%u\"; replicas = 2; price = \"0.5 USD/h\"; } ); }%s\n",
                s, s % w->regions, s + 1 < w->services ? "," : " );\npopulations = (");
    for (unsigned s = 0; s < w->services; s++)
        fprintf(out, "{ name = \"p%u\"; region = \"synth:r%u\"; service = \"s%u\"; rate = 5.0; }%s\n", s,
                (s + 1) % w->regions, s, s + 1 < w->services ? "," : " );");
}

/* `path`: where it goes. */
static inline int synthetic_write(const char *path, const synthetic_world *w)
{
    FILE *out = fopen(path, "w");

    if (out == NULL)
        return 0;
    fprintf(out,
            "name = \"synthetic-world\"; title = \"Made up\"; seed = 1; duration = \"%.6f d\";\n"
            "control_interval = \"10 min\"; strategies = [ \"best-fit\" ];\n",
            w->days);
    synthetic_catalog(out, w);
    synthetic_work(out, w);
    synthetic_traffic(out, w);
    return fclose(out) == 0;
}

#endif
