/* A tiny world in a folder of its own, for tests of whatever reads scenarios: a catalog of two clouds, and a
 * scenario with two pools, two classes and two workloads. */
#ifndef SKYTWIN_TESTS_SCENARIO_FILES_H
#define SKYTWIN_TESTS_SCENARIO_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TINY_AWS                                                                                             \
    "title = \"Amazon Web Services\";\n"                                                                     \
    "kind = \"cloud\";\n"                                                                                    \
    "spot_notice = \"120 s\"; billing_minimum = \"60 s\"; billing_increment = \"1 s\";\n"                    \
    "egress: { between_regions = \"0.02 USD/GB\";\n"                                                         \
    "          internet = ( { up_to = \"10 TB\"; price = \"0.09 USD/GB\"; }, { price = \"0.05 USD/GB\"; } "  \
    "); };\n"                                                                                                \
    "spot: { mean_available = \"18 h\"; mean_unavailable = \"2 h\"; lifetime_shape = 0.8; };\n"              \
    "regions = ( { name = \"us-east-1\"; country = \"US\"; jurisdictions = [\"US\"]; latitude = 38.9;\n"     \
    "              longitude = -77.4; zones = [\"a\", \"b\", \"c\"]; carbon = \"379 gCO2/kWh\"; },\n"        \
    "            { name = \"eu-west-1\"; jurisdictions = [\"EU\", \"IE\"]; zones = [\"a\"]; } );\n"          \
    "machines = ( { name = \"m5\"; cpus = 16; memory = \"64 GiB\";\n"                                        \
    "               prices = ( { region = \"us-east-1\"; on_demand = \"0.768 USD/h\"; spot = \"0.29 "        \
    "USD/h\"; },\n"                                                                                          \
    "                          { region = \"eu-west-1\"; on_demand = \"0.856 USD/h\"; } ); } );\n"

#define TINY_GCP                                                                                             \
    "title = \"Google Cloud\";\n"                                                                            \
    "kind = \"cloud\";\n"                                                                                    \
    "egress: { between_regions = \"0.01 USD/GB\"; internet = ( { price = \"0.12 USD/GB\"; } ); };\n"         \
    "regions = ( { name = \"europe-west3\"; jurisdictions = [\"EU\", \"DE\"]; zones = [\"a\", \"b\"]; } "    \
    ");\n"                                                                                                   \
    "machines = ( { name = \"n2\"; cpus = 8; memory = \"32 GB\"; accelerator = \"TPU v5e\";\n"               \
    "               accelerators = 4; tpu = true;\n"                                                         \
    "               prices = ( { region = \"europe-west3\"; on_demand = \"0.5 USD/h\"; spot = \"0.1 "        \
    "USD/h\"; } ); } );\n"

#define TINY_CATALOG                                                                                         \
    "catalog: {\n"                                                                                           \
    "  aws: {\n"                                                                                             \
    "    @include \"aws.cfg\"\n"                                                                             \
    "  };\n"                                                                                                 \
    "  gcp: {\n"                                                                                             \
    "    @include \"gcp.cfg\"\n"                                                                             \
    "  };\n"                                                                                                 \
    "  links: ( { from = \"aws:us-east-1\"; to = \"gcp:europe-west3\"; rtt = \"92 ms\"; } );\n"              \
    "};\n"

#define TINY_SCENARIO                                                                                        \
    "@include \"catalog/catalog.cfg\"\n"                                                                     \
    "name = \"tiny\"; title = \"A tiny world\";\n"                                                           \
    "seed = 7;\n"                                                                                            \
    "duration = \"3 d\";\n"                                                                                  \
    "control_interval = \"10 min\";\n"                                                                       \
    "strategies = [\"on-demand-cheapest\", \"spot-greedy\"];\n"                                              \
    "replications = 3;\n"                                                                                    \
    "pools = (\n"                                                                                            \
    "  { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; zones = 2; capacity = 40; boot = \"60 s\";\n"  \
    "    purchases = [\"on-demand\", \"spot\"]; spot: { lifetime_shape = 1.5; }; },\n"                       \
    "  { machine = \"gcp:n2\"; regions = [\"gcp:europe-west3\"]; }\n"                                        \
    ");\n"                                                                                                   \
    "classes = (\n"                                                                                          \
    "  { name = \"any\"; runs_on = ( { machine = \"gcp:n2\"; count = 2; speed = 0.5; }, { machine = "        \
    "\"aws:m5\"; } ); },\n"                                                                                  \
    "  { name = \"eu\"; runs_on = ( { machine = \"gcp:n2\"; } ); allowed_jurisdictions = [\"EU\"]; }\n"      \
    ");\n"                                                                                                   \
    "workloads = (\n"                                                                                        \
    "  { name = \"train\"; class = \"any\"; arrival = \"poisson\"; rate = \"4 /d\"; count = 100;\n"          \
    "    work = { distribution = \"lognormal\"; mean = \"10 h\"; sigma = 1.0; max = \"60 h\"; };\n"          \
    "    deadline_factor = 1.5; checkpoint = \"50 GB\"; checkpoint_interval = \"10 min\"; restart = \"12 "   \
    "min\"; },\n"                                                                                            \
    "  { name = \"batch\"; class = \"eu\"; arrival = \"replay\"; file = \"jobs.csv\"; }\n"                   \
    ");\n"

/* Nodes with accelerators of all modes, and a class for each; self-contained. */
#define TINY_ACCELERATORS                                                                                    \
    "name = \"accelerators\"; duration = \"1 d\"; strategies = [\"best-fit\"];\n"                            \
    "catalog: { x: { kind = \"on-premises\"; egress: { between_regions = \"0 USD/GB\"; internet = ( { "      \
    "price = \"0 USD/GB\"; } ); };\n"                                                                        \
    "  regions = ( { name = \"r\"; jurisdictions = [\"X\"]; zones = [\"a\"]; } );\n"                         \
    "  machines = (\n"                                                                                       \
    "    { name = \"gpu\"; cpus = 64; memory = \"1 TiB\"; accelerator = \"A100\"; accelerators = 8;\n"       \
    "      interconnect = \"4+4\"; mig_model = \"A100-40GB\"; prices = ( { region = \"r\"; on_demand = \"1 " \
    "USD/h\"; } ); },\n"                                                                                     \
    "    { name = \"old\"; cpus = 64; memory = \"1 TiB\"; accelerator = \"V100\"; accelerators = 8;\n"       \
    "      prices = ( { region = \"r\"; on_demand = \"1 USD/h\"; } ); },\n"                                  \
    "    { name = \"tpu\"; cpus = 64; memory = \"1 TiB\"; accelerator = \"TPU v5e\"; accelerators = 8; tpu " \
    "= true;\n"                                                                                              \
    "      torus = \"v5e\"; prices = ( { region = \"r\"; on_demand = \"1 USD/h\"; } ); } ); }; };\n"         \
    "pools = (\n"                                                                                            \
    "  { machine = \"x:gpu\"; regions = [\"x:r\"]; nodes = 2; mig = true; },\n"                              \
    "  { machine = \"x:old\"; regions = [\"x:r\"]; nodes = 2; },\n"                                          \
    "  { machine = \"x:tpu\"; regions = [\"x:r\"]; pod = \"8x16\"; } );\n"                                   \
    "classes = (\n"                                                                                          \
    "  { name = \"serve\"; request = { cpus = 1.0; profile = \"1g.5gb\"; }; },\n"                            \
    "  { name = \"train\"; request = { cpus = 1.0; accelerators = 4; }; },\n"                                \
    "  { name = \"tune\"; request = { cpus = 1.0; slice = \"4x4\"; }; } );\n"                                \
    "workloads = ( { name = \"w\"; class = \"serve\"; arrival = \"start\"; work = { mean = \"1 h\"; }; } "   \
    ");\n"

typedef struct tiny_file {
    const char *name, *text;
} tiny_file;

static const tiny_file tiny_files[] = {
    { "catalog/aws.cfg", TINY_AWS },
    { "catalog/gcp.cfg", TINY_GCP },
    { "catalog/catalog.cfg", TINY_CATALOG },
    { "tiny.cfg", TINY_SCENARIO },
    { "accelerators.cfg", TINY_ACCELERATORS },
    { "jobs.csv", "arrival_time,length,cpus\n0,1.5,1\n2,0.25,4\n" },
    { "egress.csv", "from_region,to_region,price_usd_per_gb\nus-x1,eu-y1,0.05\neu-y1,us-x1,0.07\n" },
    { "traced.cfg",
      "name = \"traced\";\nstrategies = [\"uniform-progress\"];\ntraces = \"\";\n"
      "zones = \"us-x1-a,us-x1-b,eu-y1-a\";\nwindows = \"0,1,2\";\nratio = 1.2;\n"
      "deadline_hours = 10.0;\ncheckpoint_gb = 50.0;\nrestart_hours = 0.2;\negress = \"flat:0.02\";\n" },
};

static int tiny_write(const char *folder, const char *name, const void *bytes, size_t size)
{
    char path[512];
    FILE *file;
    int ok;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    if (file == NULL)
        return 0;
    ok = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && ok;
}

/* 600 ticks of 600 s; spot is gone from one of them on. */
static int tiny_write_trace(const char *folder, const char *zone, const char *on_demand, int unavailable_from)
{
    static char text[16384];
    char name[64];
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "{\"metadata\": {\"gap_seconds\": 600, \"price_info\": "
                                   "{\"on_demand_price\": %s}}, \"data\": [",
                                   on_demand);

    for (int i = 0; i < 600; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", i > 0 ? "," : "",
                                 i >= unavailable_from);
    used += (size_t)snprintf(text + used, sizeof text - used, "], \"prices\": [");
    for (int i = 0; i < 600; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d.5", i > 0 ? "," : "", 1 + i / 100);
    used += (size_t)snprintf(text + used, sizeof text - used, "]}\n");
    snprintf(name, sizeof name, "traces/%s/full.json", zone);
    return tiny_write(folder, name, text, used);
}

/* Fills an empty folder. 1: done. */
static int tiny_write_all(const char *folder)
{
    char command[512];
    int ok;

    snprintf(command, sizeof command,
             "cd '%s' && mkdir -p catalog traces/us-x1-a traces/us-x1-b traces/eu-y1-a", folder);
    ok = system(command) == 0;
    for (size_t i = 0; i < sizeof tiny_files / sizeof tiny_files[0]; i++)
        ok = ok && tiny_write(folder, tiny_files[i].name, tiny_files[i].text, strlen(tiny_files[i].text));
    return ok && tiny_write_trace(folder, "us-x1-a", "10.0", 600) &&
           tiny_write_trace(folder, "us-x1-b", "11.0", 3) && tiny_write_trace(folder, "eu-y1-a", "12.0", 600);
}

#endif
