/* Broken input, and the one line that each earns: file, line, key, what was found, what was expected. Built
 * with the address sanitizer, it shows as well that nothing leaks on the way out. */
#define _GNU_SOURCE 1 /* mkdtemp, mkfifo */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/scenario_files.h"
#include "tests/folder.h"

/* Not ours: what libhdf5 1.10 leaves behind when it gives up on a damaged file, and libconfig 1.5 on a text that
 * doesn't end. Handles that we leave open are closed by libhdf5 at exit, and would not show here anyway. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\nleak:strbuf_append\n";
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A file of the tiny world in which `old` became `new`, and a --set ("@" stands for the world's folder). */
typedef struct scenario_case {
    const char *file, *old, *new, *set, *expected;
} scenario_case;

typedef struct trace_case {
    const char *format, *name, *text, *expected;
} trace_case;

static const scenario_case tiny[] = {
    { "tiny.cfg", "seed = 7;", "seed 7;", NULL, "tiny.cfg:3: found syntax error, expected key = value;" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; name = \"twice\"; ", NULL,
      "tiny.cfg:2: found duplicate setting name, expected key = value;" },
    { "tiny.cfg", "title = \"A tiny world\"", "title = \"A tiny world", NULL,
      "tiny.cfg:4: found syntax error, expected key = value;" },
    { "tiny.cfg", "@include \"catalog/catalog.cfg\"", "@include \"catalog/catalogue.cfg\"", NULL,
      "tiny.cfg:1: @include: catalog/catalogue.cfg: can't be read: No such file or directory" },
    { "tiny.cfg", "@include \"catalog/catalog.cfg\"", "@include \"catalog\"", NULL,
      "tiny.cfg:1: @include: catalog: found a directory, expected a scenario file" },
    { "tiny.cfg", "@include \"catalog/catalog.cfg\"", "@include \"tiny.cfg\"", NULL,
      "tiny.cfg:1: @include: found more than 10 levels, expected fewer (does a file include itself?)" },
    { "catalog/catalog.cfg", "@include \"gcp.cfg\"", "@include \"azure.cfg\"", NULL,
      "catalog/catalog.cfg:6: @include: catalog/azure.cfg: can't be read: No such file or directory" },
    { "catalog/aws.cfg", "kind = \"cloud\";", "kind = ;", NULL,
      "catalog/aws.cfg:2: found syntax error, expected key = value;" },
    { "tiny.cfg", ");\nclasses", ";\nclasses", NULL,
      "tiny.cfg:12: found syntax error, expected key = value;" },
    { "tiny.cfg", "duration = \"3 d\"", "duratoin = \"3 d\"", NULL,
      "tiny.cfg:4: duratoin: found an unknown key, expected a known key (did you mean \"duration\"?)" },
    { "tiny.cfg", "seed = 7;", "xyzzy = 7;", NULL,
      "tiny.cfg:3: xyzzy: found an unknown key, expected one of name title seed strategies replications "
      "duration control_interval deadline_guard stop_at_deadline whole_ticks probe_bill catalog pool" },
    { "tiny.cfg", "capacity = 40", "capacitty = 40", NULL,
      "tiny.cfg:9: pools[0].capacitty: found an unknown key, expected a known key (did you mean "
      "\"capacity\"?)" },
    { "tiny.cfg", "lifetime_shape = 1.5", "lifetime_shap = 1.5", NULL,
      "tiny.cfg:10: pools[0].spot.lifetime_shap: found an unknown key, expected a known key (did you mean "
      "\"lifetime_shape\"?)" },
    { "tiny.cfg", "sigma = 1.0", "sigmas = 1.0", NULL,
      "tiny.cfg:19: workloads[0].work.sigmas: found an unknown key, expected a known key (did you mean "
      "\"sigma\"?)" },
    { "catalog/aws.cfg", "spot_notice", "spot_notices", NULL,
      "catalog/aws.cfg:3: catalog.aws.spot_notices: found an unknown key, expected a known key (did you mean "
      "\"spot_notice\"?)" },
    { "catalog/aws.cfg", "latitude", "lattitude", NULL,
      "catalog/aws.cfg:7: catalog.aws.regions[0].lattitude: found an unknown key, expected a known key (did "
      "you mean \"latitude\"?)" },
    { "catalog/aws.cfg", "on_demand = \"0.768", "ondemand = \"0.768", NULL,
      "catalog/aws.cfg:11: catalog.aws.machines[0].prices[0].ondemand: found an unknown key, expected a "
      "known key (did you mean \"on_demand\"?)" },
    { "catalog/catalog.cfg", "rtt =", "rrt =", NULL,
      "catalog/catalog.cfg:8: catalog.links[0].rrt: found an unknown key, expected a known key (did you mean "
      "\"rtt\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ", "", NULL, "tiny.cfg:1: name: found nothing, expected a string" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"\"; ", NULL,
      "tiny.cfg:2: name: found \"\", expected a string that is not empty" },
    { "tiny.cfg", "[\"on-demand-cheapest\", \"spot-greedy\"]", "[\"horizon\", \"horizon\"]", NULL,
      "tiny.cfg:6: strategies: found horizon, expected each strategy once" },
    { "tiny.cfg", "[\"on-demand-cheapest\", \"spot-greedy\"]", "[\"best-fit+esay\"]", NULL,
      "tiny.cfg:6: strategies: found best-fit+esay, expected behind + a discipline that `skytwin list "
      "queues` "
      "names (did you mean \"easy\"?)" },
    { "tiny.cfg", "regions = [\"gcp:europe-west3\"]", "regions = []", NULL,
      "tiny.cfg:11: pools[1].regions: found none, expected at least one region" },
    { "tiny.cfg", "duration = \"3 d\";", "", NULL,
      "tiny.cfg:1: duration: found nothing, expected a time with its unit (ns, us, ms, s, min, h, d), such "
      "as \"90 s\"" },
    { "tiny.cfg", "strategies = [\"on-demand-cheapest\", \"spot-greedy\"];", "", NULL,
      "tiny.cfg:1: strategies: found nothing, expected strings in [ ]" },
    { "tiny.cfg", "machine = \"aws:m5\"; regions", "regions", NULL,
      "tiny.cfg:9: pools[0].machine: found nothing, expected a string" },
    { "tiny.cfg", "class = \"any\"; ", "", NULL,
      "tiny.cfg:18: workloads[0].class: found nothing, expected a string" },
    { "tiny.cfg", "mean = \"10 h\"; ", "", NULL,
      "tiny.cfg:19: workloads[0].work.mean: found nothing, expected a time with its unit (ns, us, ms, s, "
      "min, h, d), such as \"90 s\"" },
    { "tiny.cfg", "@include \"catalog/catalog.cfg\"", "", NULL,
      "tiny.cfg:1: catalog: found nothing, expected a group { … }" },
    { "catalog/gcp.cfg", "kind = \"cloud\";", "", NULL,
      "catalog/catalog.cfg:5: catalog.gcp.kind: found nothing, expected a string" },
    { "catalog/gcp.cfg", "internet = ( { price = \"0.12 USD/GB\"; } );", "", NULL,
      "catalog/gcp.cfg:3: catalog.gcp.egress.internet: found nothing, expected a list ( { … }, … )" },
    { "tiny.cfg", "\"3 d\"", "3", NULL,
      "tiny.cfg:4: duration: found 3, expected a time with its unit (ns, us, ms, s, min, h, d), such as \"90 "
      "s\"" },
    { "tiny.cfg", "\"3 d\"", "\"3\"", NULL,
      "tiny.cfg:4: duration: found \"3\", expected a time with its unit (ns, us, ms, s, min, h, d), such as "
      "\"90 s\"" },
    { "tiny.cfg", "\"3 d\"", "\"3 days\"", NULL,
      "tiny.cfg:4: duration: found \"3 days\", expected a time with its unit (ns, us, ms, s, min, h, d), "
      "such as \"90 s\"" },
    { "tiny.cfg", "\"3 d\"", "\"-3 d\"", NULL,
      "tiny.cfg:4: duration: found \"-3 d\", expected a number that is not negative" },
    { "tiny.cfg", "\"3 d\"", "\"nan d\"", NULL,
      "tiny.cfg:4: duration: found \"nan d\", expected a time with its unit (ns, us, ms, s, min, h, d), such "
      "as \"90 s\"" },
    { "tiny.cfg", "\"3 d\"", "\"1e308 d\"", NULL,
      "tiny.cfg:4: duration: found \"1e308 d\", expected a time with its unit (ns, us, ms, s, min, h, d), "
      "such as \"90 s\"" },
    { "tiny.cfg", "\"3 d\"", "\"99999999999999 d\"", NULL,
      "tiny.cfg:4: duration: found \"99999999999999 d\", expected a number that is not so large" },
    { "tiny.cfg", "\"3 d\"", "\"0 s\"", NULL,
      "tiny.cfg:4: duration: found less than a second, expected a time of at least \"1 s\"" },
    { "tiny.cfg", "\"10 min\";\nstrategies", "\"0.1 s\";\nstrategies", NULL,
      "tiny.cfg:5: control_interval: found less than a second, expected a time of at least \"1 s\"" },
    { "tiny.cfg", "\"50 GB\"", "\"50 Gb\"", NULL,
      "tiny.cfg:20: workloads[0].checkpoint: found \"50 Gb\", expected a size with its unit (B, kB, MB, GB, "
      "TB, KiB, MiB, GiB, TiB), such as \"12 GB\"" },
    { "tiny.cfg", "\"4 /d\"", "\"0 /d\"", NULL,
      "tiny.cfg:18: workloads[0].rate: found 0, expected a rate above 0, such as \"4 /d\"" },
    { "tiny.cfg", "\"4 /d\"", "\"4\"", NULL,
      "tiny.cfg:18: workloads[0].rate: found \"4\", expected a rate, such as \"4 /d\"" },
    { "catalog/aws.cfg", "\"0.768 USD/h\"", "\"0.768 EUR/h\"", NULL,
      "catalog/aws.cfg:11: catalog.aws.machines[0].prices[0].on_demand: found \"0.768 EUR/h\", expected a "
      "price per hour, such as \"1.20 USD/h\"" },
    { "catalog/aws.cfg", "\"0.768 USD/h\"", "\"-0.768 USD/h\"", NULL,
      "catalog/aws.cfg:11: catalog.aws.machines[0].prices[0].on_demand: found \"-0.768 USD/h\", expected a "
      "number that is not negative" },
    { "catalog/aws.cfg", "\"0.02 USD/GB\"", "\"0.02 USD\"", NULL,
      "catalog/aws.cfg:4: catalog.aws.egress.between_regions: found \"0.02 USD\", expected a price per GB, "
      "such as \"0.02 USD/GB\"" },
    { "catalog/aws.cfg", "\"64 GiB\"", "64", NULL,
      "catalog/aws.cfg:10: catalog.aws.machines[0].memory: found 64, expected a size with its unit (B, kB, "
      "MB, GB, TB, KiB, MiB, GiB, TiB), such as \"12 GB\"" },
    { "catalog/aws.cfg", "\"379 gCO2/kWh\"", "\"379 g\"", NULL,
      "catalog/aws.cfg:8: catalog.aws.regions[0].carbon: found \"379 g\", expected a carbon intensity, such "
      "as \"379 gCO2/kWh\"" },
    { "catalog/catalog.cfg", "\"92 ms\"", "\"92\"", NULL,
      "catalog/catalog.cfg:8: catalog.links[0].rtt: found \"92\", expected a time with its unit (ns, us, ms, "
      "s, min, h, d), such as \"90 s\"" },
    { "tiny.cfg", "seed = 7", "seed = -1", NULL,
      "tiny.cfg:3: seed: found -1, expected a whole number from 0 to 9223372036854775807" },
    { "tiny.cfg", "seed = 7", "seed = 1.5", NULL,
      "tiny.cfg:3: seed: found 1.5, expected a whole number from 0 to 9223372036854775807" },
    { "tiny.cfg", "seed = 7", "seed = 99999999999999999999", NULL,
      "tiny.cfg:3: seed: found -1, expected a whole number from 0 to 9223372036854775807" },
    { "tiny.cfg", "replications = 3", "replications = 0", NULL,
      "tiny.cfg:7: replications: found 0, expected a whole number from 1 to 1000000" },
    { "tiny.cfg", "capacity = 40", "capacity = 0", NULL,
      "tiny.cfg:9: pools[0].capacity: found 0, expected a whole number from 1 to 1000000000" },
    { "tiny.cfg", "zones = 2", "zones = \"two\"", NULL,
      "tiny.cfg:9: pools[0].zones: found \"two\", expected a whole number from 1 to 1000" },
    { "tiny.cfg", "speed = 0.5", "speed = 0.0", NULL,
      "tiny.cfg:14: classes[0].runs_on[0].speed: found 0, expected a number from 0.001 to 1000" },
    { "tiny.cfg", "speed = 0.5", "speed = 1e308", NULL,
      "tiny.cfg:14: classes[0].runs_on[0].speed: found 1e+308, expected a number from 0.001 to 1000" },
    { "tiny.cfg", "speed = 0.5", "speed = 1e-400", NULL,
      "tiny.cfg:14: classes[0].runs_on[0].speed: found 0, expected a number from 0.001 to 1000" },
    { "tiny.cfg", "speed = 0.5", "speed = 1e999", NULL,
      "tiny.cfg:14: classes[0].runs_on[0].speed: found inf, expected a number from 0.001 to 1000" },
    { "tiny.cfg", "count = 100", "count = -1", NULL,
      "tiny.cfg:18: workloads[0].count: found -1, expected a whole number from 0 to 100000000" },
    { "tiny.cfg", "deadline_factor = 1.5", "deadline_factor = 0.5", NULL,
      "tiny.cfg:20: workloads[0].deadline_factor: found 0.5, expected a number from 1 to 1e+06" },
    { "tiny.cfg", "sigma = 1.0", "sigma = -1.0", NULL,
      "tiny.cfg:19: workloads[0].work.sigma: found -1, expected a number from 0 to 10" },
    { "catalog/aws.cfg", "latitude = 38.9", "latitude = 91.0", NULL,
      "catalog/aws.cfg:7: catalog.aws.regions[0].latitude: found 91, expected a number from -90 to 90" },
    { "catalog/aws.cfg", "cpus = 16", "cpus = 0", NULL,
      "catalog/aws.cfg:10: catalog.aws.machines[0].cpus: found 0, expected a whole number from 1 to 100000" },
    { "catalog/aws.cfg", "lifetime_shape = 0.8", "lifetime_shape = 0.0", NULL,
      "catalog/aws.cfg:6: catalog.aws.spot.lifetime_shape: found 0, expected a number from 0.1 to 10" },
    { "tiny.cfg", "strategies = [\"on-demand-cheapest\", \"spot-greedy\"]", "strategies = 5.5", NULL,
      "tiny.cfg:6: strategies: found 5.5, expected strings in [ ]" },
    { "tiny.cfg", "regions = [\"aws:us-east-1\"]", "regions = { }", NULL,
      "tiny.cfg:9: pools[0].regions: found a group { }, expected strings in [ ]" },
    { "tiny.cfg", "seed = 7", "deadline_guard = 1", NULL,
      "tiny.cfg:3: deadline_guard: found 1, expected true or false" },
    { "tiny.cfg", "work = { distribution = \"lognormal\"; mean = \"10 h\"; sigma = 1.0; max = \"60 h\"; }",
      "work = \"10 h\"", NULL, "tiny.cfg:19: workloads[0].work: found \"10 h\", expected a group { … }" },
    { "catalog/catalog.cfg", "links: (", "links: ( 5,", NULL,
      "catalog/catalog.cfg:8: catalog.links[0]: found 5, expected a group { … }" },
    { "catalog/gcp.cfg", "tpu = true", "tpu = \"yes\"", NULL,
      "catalog/gcp.cfg:6: catalog.gcp.machines[0].tpu: found \"yes\", expected true or false" },
    { "tiny.cfg", "\"spot-greedy\"", "\"spot-gready\"", NULL,
      "tiny.cfg:6: strategies: found spot-gready, expected strategies that `skytwin list strategies` names "
      "(did you mean \"spot-greedy\"?)" },
    { "tiny.cfg", "\"spot-greedy\"", "\"xyzzy\"", NULL,
      "tiny.cfg:6: strategies: found xyzzy, expected strategies that `skytwin list strategies` names" },
    { "tiny.cfg", "machine = \"aws:m5\"; regions", "machine = \"aws:m6\"; regions", NULL,
      "tiny.cfg:9: pools[0].machine: found aws:m6, expected a machine of the catalog, such as "
      "\"aws:m5.4xlarge\" (did you mean \"aws:m5\"?)" },
    { "tiny.cfg", "\"aws:us-east-1\"", "\"aws:us-east-2\"", NULL,
      "tiny.cfg:9: pools[0].regions: found aws:us-east-2, expected a region of the catalog, such as "
      "\"aws:us-east-1\" (did you mean \"aws:us-east-1\"?)" },
    { "tiny.cfg", "\"aws:us-east-1\"", "\"gcp:europe-west3\"", NULL,
      "tiny.cfg:9: pools[0].regions: found gcp:europe-west3, expected regions of the machine's provider" },
    { "tiny.cfg", "\"on-demand\", \"spot\"", "\"on-demand\", \"spott\"", NULL,
      "tiny.cfg:10: pools[0].purchases: found spott, expected some of: on-demand spot reserved" },
    { "tiny.cfg", "machine = \"gcp:n2\"; count", "machine = \"gcp:n3\"; count", NULL,
      "tiny.cfg:14: classes[0].runs_on[0].machine: found gcp:n3, expected a machine of the catalog, such as "
      "\"aws:m5.4xlarge\" (did you mean \"gcp:n2\"?)" },
    { "tiny.cfg", "class = \"any\"", "class = \"anny\"", NULL,
      "tiny.cfg:18: workloads[0].class: found anny, expected the name of one of `classes` (did you mean "
      "\"any\"?)" },
    { "tiny.cfg", "\"poisson\"", "\"poison\"", NULL,
      "tiny.cfg:18: workloads[0].arrival: found \"poison\", expected one of: start poisson diurnal replay "
      "(did you mean \"poisson\"?)" },
    { "tiny.cfg", "\"lognormal\"", "\"normal\"", NULL,
      "tiny.cfg:19: workloads[0].work.distribution: found \"normal\", expected one of: fixed exponential "
      "lognormal pareto" },
    { "tiny.cfg", "[\"EU\"]", "[\"MARS\"]", NULL,
      "tiny.cfg:15: classes[1].allowed_jurisdictions: found MARS, expected jurisdictions of the catalog's "
      "regions" },
    { "tiny.cfg", "\"jobs.csv\"", "\"jabs.csv\"", NULL,
      "tiny.cfg:21: workloads[1].file: found jabs.csv, expected a path that can be read (No such file or "
      "directory)" },
    { "tiny.cfg", "file = \"jobs.csv\"", "file = \"jobs.csv\"; format = \"jobs-csv\"", NULL,
      "tiny.cfg:21: workloads[1].format: found jobs-csv, expected a format that `skytwin list formats` names "
      "(did you mean \"job-csv\"?)" },
    { "catalog/gcp.cfg", "kind = \"cloud\"", "kind = \"clod\"", NULL,
      "catalog/gcp.cfg:2: catalog.gcp.kind: found \"clod\", expected one of: cloud on-premises edge (did you "
      "mean \"cloud\"?)" },
    { "catalog/catalog.cfg", "\"gcp:europe-west3\"", "\"gcp:europe-west4\"", NULL,
      "catalog/catalog.cfg:8: catalog.links[0].to: found gcp:europe-west4, expected a region of the catalog, "
      "such as \"aws:us-east-1\" (did you mean \"gcp:europe-west3\"?)" },
    { "tiny.cfg", "\"aws:us-east-1\"", "\"aws:eu-west-1\"", NULL,
      "tiny.cfg:10: pools[0].purchases: found spot, for which the catalog has no price there, expected "
      "on-demand only" },
    { "tiny.cfg", "  { machine = \"gcp:n2\"; regions = [\"gcp:europe-west3\"]; }\n",
      "  { machine = \"gcp:n2\"; regions = [\"gcp:europe-west3\", \"gcp:europe-west3\"]; }\n", NULL,
      "tiny.cfg:11: pools[1].regions: found gcp:europe-west3a/n2, expected pools that are not declared "
      "twice" },
    { "tiny.cfg", "; },\n  { machine = \"gcp:n2\"; regions = [\"gcp:europe-west3\"]; }", "; }", NULL,
      "tiny.cfg:14: classes[1].runs_on: found machines of which there is no pool, expected at least one "
      "machine of `pools`" },
    { "tiny.cfg", "name = \"eu\"; runs_on", "name = \"any\"; runs_on", NULL,
      "tiny.cfg:15: classes[1].name: found any, expected a name of its own" },
    { "tiny.cfg", "deadline_factor = 1.5;", "deadline_factor = 1.5; deadline = \"9 h\";", NULL,
      "tiny.cfg:20: workloads[0].deadline: found both deadline and deadline_factor, expected one of them" },
    { "catalog/aws.cfg", "name = \"eu-west-1\"", "name = \"us-east-1\"", NULL,
      "catalog/aws.cfg:9: catalog.aws.regions[1].name: found a second region of that name, expected a name "
      "of its own" },
    { "catalog/aws.cfg", "{ up_to = \"10 TB\"; price", "{ price", NULL,
      "catalog/aws.cfg:5: catalog.aws.egress.internet[0].up_to: found nothing, expected a size with its unit "
      "(B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), such as \"12 GB\"" },
    { "catalog/aws.cfg", "billing_increment = \"1 s\"", "billing_increment = \"0 s\"", NULL,
      "catalog/aws.cfg:3: catalog.aws.billing_increment: found 0, expected a time of at least \"1 ns\"" },
    { "catalog/aws.cfg", "zones = [\"a\", \"b\", \"c\"]", "zones = []", NULL,
      "catalog/aws.cfg:8: catalog.aws.regions[0].zones: found none, expected at least one zone" },
    { "tiny.cfg", "seed = 7;", "seed = 7; energy: { carbon_prize = \"5 USD/t\"; };", NULL,
      "tiny.cfg:3: energy.carbon_prize: found an unknown key, expected a known key (did you mean "
      "\"carbon_price\"?)" },
    { "tiny.cfg", "seed = 7;", "seed = 7; energy: { carbon_price = \"5 USD\"; };", NULL,
      "tiny.cfg:3: energy.carbon_price: found \"5 USD\", expected a price of carbon, such as \"100 USD/t\"" },
    { "tiny.cfg", "seed = 7;", "seed = 7; energy: { billed = [ \"awz\" ]; };", NULL,
      "tiny.cfg:3: energy.billed: found awz, expected providers of the catalog (did you mean \"aws\"?)" },
    { "tiny.cfg", "seed = 7;", "seed = 7; energy: { grids = ( { carbon_swing = 1.5; } ); };", NULL,
      "tiny.cfg:3: energy.grids[0].carbon_swing: found 1.5, expected a number from 0 to 1" },
    { "tiny.cfg", "seed = 7;", "seed = 7; energy: { grids = ( { cleanest = \"25 h\"; } ); };", NULL,
      "tiny.cfg:3: energy.grids[0].cleanest: found a day or more, expected a time of day" },
    { "tiny.cfg", "seed = 7;", "seed = 7; energy: { grids = ( { regions = [ \"aws:us-west-1\" ]; } ); };",
      NULL,
      "tiny.cfg:3: energy.grids[0].regions: found aws:us-west-1, expected a region of the catalog, such as "
      "\"aws:us-east-1\" (did you mean \"aws:us-east-1\"?)" },
    { "tiny.cfg", "seed = 7;", "seed = 7; energy: { grids = ( { file = \"none.csv\"; } ); };", NULL,
      "tiny.cfg:3: energy.grids[0].file: found none.csv, expected a path that can be read (No such file or "
      "directory)" },
    { "tiny.cfg", "seed = 7;", "seed = 7; energy: { grids = ( { file = \"jobs.csv\"; } ); };", NULL,
      "jobs.csv:1: header: found arrival_time, expected columns time_s and carbon_gco2_per_kwh" },
    { "catalog/aws.cfg", "kind = \"cloud\";",
      "kind = \"cloud\"; power: { cpu_idle = \"2 W\"; cpu_peak = \"1 W\"; pue = 1.1; };", NULL,
      "catalog/aws.cfg:2: catalog.aws.power.cpu_peak: found less than cpu_idle, or over 1 MW, expected the "
      "power "
      "of a core in full use" },
    { "catalog/aws.cfg", "kind = \"cloud\";",
      "kind = \"cloud\"; power: { cpu_idle = \"2\"; cpu_peak = \"1 W\"; pue = 1.1; };", NULL,
      "catalog/aws.cfg:2: catalog.aws.power.cpu_idle: found \"2\", expected a power with its unit (W, kW, "
      "MW), "
      "such as \"3.5 W\"" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; faults: ( { kind = \"outtage\"; target = \"aws\"; at = \"1 d\"; lasts = \"1 h\"; } );", NULL,
      "tiny.cfg:3: faults[0].kind: found \"outtage\", expected one of: outage price-shock quota-cut "
      "stale-telemetry control-plane link-outage brown-out rack-outage dns-failure (did you mean "
      "\"outage\"?)" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; faults: ( { kind = \"rack-outage\"; target = \"aws\"; at = \"1 d\"; lasts = \"1 h\"; } );",
      NULL, "tiny.cfg:3: faults[0].target: found pools without racks, expected pools with nodes_per_rack" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; faults: ( { kind = \"dns-failure\"; target = \"aws\"; at = \"1 d\"; lasts = \"1 h\"; } );",
      NULL, "tiny.cfg:3: faults[0].kind: found a fault of names, expected a scenario with `services`" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; network: { transfers = ( { name = \"t\"; from = \"aws:us-east-1a\"; to = "
      "\"aws:us-east-1b\"; size = "
      "\"1 GB\"; } ); };",
      NULL,
      "tiny.cfg:3: network.transfers[0].from: found a zone, expected two regions; or two zones of one, and "
      "`zones` "
      "in `network`" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; network: { zones: { rtt = \"1 ms\"; }; transfers = ( { name = \"t\"; from = "
      "\"aws:us-east-1a\"; to = "
      "\"gcp:europe-west3\"; size = \"1 GB\"; } ); };",
      NULL,
      "tiny.cfg:3: network.transfers[0].from: found a zone, expected two regions; or two zones of one, and "
      "`zones` "
      "in `network`" },
    { "tiny.cfg", "seed = 7;", "seed = 7; network: { zones: { rtt = \"0 s\"; }; };", NULL,
      "tiny.cfg:3: network.zones.rtt: found 0, expected a round-trip time above 0" },
    { "tiny.cfg", "capacity = 40;", "capacity = 40; nodes_per_rack = 4;", NULL,
      "tiny.cfg:9: pools[0].nodes_per_rack: found a pool without nodes, or of pods, expected nodes" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; faults: ( { kind = \"outage\"; target = \"awz\"; at = \"1 d\"; lasts = \"1 h\"; } );", NULL,
      "tiny.cfg:3: faults[0].target: found awz, expected a provider, region, zone or pool of `pools` (did "
      "you mean \"aws\"?)" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; faults: ( { kind = \"outage\"; target = \"aws\"; lasts = \"1 h\"; } );", NULL,
      "tiny.cfg:3: faults[0].at: found neither at nor every, expected one of them" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; faults: ( { kind = \"outage\"; target = \"aws\"; at = \"1 d\"; every = \"2 d\"; lasts = \"1 "
      "h\"; } );",
      NULL, "tiny.cfg:3: faults[0].every: found both at and every, expected one of them" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; faults: ( { kind = \"outage\"; target = \"aws\"; at = \"1 d\"; lasts = \"0 s\"; } );", NULL,
      "tiny.cfg:3: faults[0].lasts: found less than a second, expected a time of at least \"1 s\"" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; faults: ( { kind = \"outage\"; target = \"aws\"; at = \"1 d\"; lasts = \"1 h\"; factor = "
      "2.0; } );",
      NULL,
      "tiny.cfg:3: faults[0].factor: found a key that this kind of fault does not have, expected none" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; faults: ( { kind = \"price-shock\"; target = \"aws\"; at = \"1 d\"; lasts = \"1 h\"; factor "
      "= -2.0; } );",
      NULL, "tiny.cfg:3: faults[0].factor: found -2, expected a number from 0.01 to 1000" },
    { "tiny.cfg", "seed = 7;",
      "seed = 7; faults: ( { kind = \"link-outage\"; target = \"aws:us-east-1\"; at = \"1 d\"; lasts = \"1 "
      "h\"; } );",
      NULL,
      "tiny.cfg:3: faults[0].kind: found a fault of links, expected a scenario with a section `network`, or "
      "with `services`" },
    { "tiny.cfg", "", "", "seed", "--set seed: found no =, expected KEY=VALUE, such as \"duration=3 d\"" },
    { "tiny.cfg", "", "", "=5", "--set : found no key, expected KEY=VALUE, such as \"duration=3 d\"" },
    { "tiny.cfg", "", "", "sede=5",
      "--set sede: found an unknown key, expected a known key (did you mean \"seed\"?)" },
    { "tiny.cfg", "", "", "seed=abc",
      "--set seed: found \"abc\", expected a whole number from 0 to 9223372036854775807" },
    { "tiny.cfg", "", "", "duration=3",
      "--set duration: found \"3\", expected a time with its unit (ns, us, ms, s, min, h, d), such as \"90 "
      "s\"" },
    { "tiny.cfg", "", "", "worklods[0].count=5",
      "--set worklods[0].count: found no \"worklods\", expected a path of the scenario (did you mean "
      "\"workloads\"?)" },
    { "tiny.cfg", "", "", "workloads[9].count=5",
      "--set workloads[9].count: found no \"[9]\", expected a path of the scenario, such as "
      "workloads[0].count" },
    { "tiny.cfg", "", "", "workloads[0].conut=5",
      "--set workloads[0].conut: found an unknown key, expected a known key (did you mean \"count\"?)" },
    { "tiny.cfg", "", "", "workloads[x].count=5",
      "--set workloads[x].count: found a broken index, expected a path such as workloads[0].count" },
    { "tiny.cfg", "", "", "workloads=5",
      "--set workloads: found a path to a group, expected the path of a value within it" },
    { "tiny.cfg", "", "", "workloads[0]=5",
      "--set workloads[0]: found a path to a group, expected the path of a value within it" },
    { "tiny.cfg", "", "", "catalog.awz.egress.between_regions=0.02 USD/GB",
      "--set catalog.awz.egress.between_regions: found no \"awz\", expected a path of the scenario (did you "
      "mean \"aws\"?)" },
    { "tiny.cfg", "", "", "catalog.aws.egress.between_regions=0.02",
      "--set catalog.aws.egress.between_regions: found \"0.02\", expected a price per GB, such as \"0.02 "
      "USD/GB\"" },
    { "tiny.cfg", "", "", "strategies=[\"spot-greedy\", \"spot-gredy\"]",
      "--set strategies: found spot-gredy, expected strategies that `skytwin list strategies` names (did you "
      "mean \"spot-greedy\"?)" },
    { "tiny.cfg", "", "", "strategies=[]", "--set strategies: found none, expected at least one" },
    { "tiny.cfg", "", "", "..=1",
      "--set ..: found a broken path, expected keys of letters, digits, - and _, such as "
      "workloads[0].count" },
    { "tiny.cfg", "", "", "seed={ a = 1; }",
      "--set seed: found { a = 1; }, expected a number, true, false, text, or [\"a\", \"b\"]" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; network: { transfers = ( { name = \"t\"; from = \"aws:us-east-1\"; to = "
      "\"gcp:europe-west3\"; size = \"1 TB\"; goal = \"1 Gbit/s\"; most = \"1 USD/GB\"; } ); };",
      NULL, "tiny.cfg:2: network.transfers[0].most: found a price beside a goal, expected one of them" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; "
      "services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; batch = 8; places = ( { region = "
      "\"aws:us-east-1\";  } ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service = "
      "\"s\"; rate = 1.0;  } ); services_path = \"analytic\"; ",
      NULL,
      "tiny.cfg:2: services_path: found \"analytic\", where s at aws:us-east-1 has `batch`, expected "
      "\"events\", or services and users without that" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; "
      "services = ( { name = \"s\"; time = { mean = \"1 ms\"; };  places = ( { region = \"aws:us-east-1\";  "
      "} ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service = \"s\"; rate = 1.0; "
      "attempts = 2; } ); services_path = \"analytic\"; ",
      NULL,
      "tiny.cfg:2: services_path: found \"analytic\", where p has `attempts`, `timeout` or `breaker`, "
      "expected \"events\", or services and users without that" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; "
      "services = ( { name = \"s\"; time = { mean = \"1 ms\"; };  places = ( { region = \"aws:us-east-1\"; "
      "most = 4; } ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service = \"s\"; rate "
      "= 1.0;  } ); services_path = \"analytic\"; ",
      NULL,
      "tiny.cfg:2: services_path: found \"analytic\", where s at aws:us-east-1 has an autoscaler of its "
      "own, expected \"events\", or services and users without that" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; "
      "services = ( { name = \"s\"; time = { mean = \"1 ms\"; };  places = ( { region = \"aws:us-east-1\"; "
      "replicas = 0; } ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service = \"s\"; "
      "rate = 1.0;  } ); ",
      NULL,
      "tiny.cfg:2: populations[0].service: found s, expected a service that has replicas somewhere from the "
      "start" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; "
      "services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; allowed_jurisdictions = [ \"EU\" ]; "
      "places "
      "= ( { region = \"aws:us-east-1\";  } ); } ); populations = ( { name = \"p\"; region = "
      "\"aws:us-east-1\"; service = \"s\"; rate = 1.0;  } ); ",
      NULL,
      "tiny.cfg:2: services[0].places[0].region: found aws:us-east-1, expected a region in the service's "
      "`allowed_jurisdictions`, or `replicas = 0`" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; "
      "services = ( { name = \"s\"; time = { mean = \"1 ms\"; };  places = ( { region = "
      "\"aws:us-east-1\";  "
      "} ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service = \"s\"; rate = "
      "1.0;  } "
      "); serving = \"latncy-cost\"; ",
      NULL,
      "tiny.cfg:2: serving: found latncy-cost, expected a policy that `skytwin list serving` names (did "
      "you "
      "mean \"latency-cost\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; "
      "services = ( { name = \"s\"; time = { mean = \"1 ms\"; };  places = ( { region = "
      "\"aws:us-east-1\";  "
      "} ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service = \"s\"; rate = "
      "1.0;  } "
      "); serving = { policy = \"latency-cost\"; target = 1.5; }; ",
      NULL, "tiny.cfg:2: serving.target: found 1.5, expected a number from 0.01 to 1" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service = \"s\"; "
      "rate = "
      "1.0; } );",
      NULL, "tiny.cfg:2: populations: found users of no service, expected a list `services` beside it" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { datasets = ( { name = \"d\"; size = \"1 GB\"; home = \"aws:us-east-1\"; "
      "} ); };",
      NULL,
      "tiny.cfg:2: storage.tiers: found no tier of storage, expected @include \"catalog/storage.cfg\", or a "
      "list `extra_tiers`" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } );  };",
      NULL, "tiny.cfg:2: storage.datasets: found nothing, expected a list ( { … }, … )" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = (); };",
      NULL, "tiny.cfg:2: storage.datasets: found an empty list, expected at least one dataset" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; latency = \"1 ms\"; throughput = \"1 "
      "Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; objects = 10; "
      "home = \"aws:us-east-1\";  } );  };",
      NULL, "tiny.cfg:2: storage.extra_tiers[0].kind: found nothing, expected a string" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\"; sise = 1; } );  };",
      NULL,
      "tiny.cfg:2: storage.datasets[0].sise: found an unknown key, expected a known key (did you mean "
      "\"size\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"5 B\"; "
      "objects = 10; home = \"aws:us-east-1\"; } ); };",
      NULL,
      "tiny.cfg:2: storage.datasets[0].size: found a size out of range, expected from a byte an object to "
      "\"1000 PB\"" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "home = \"aws:us-east-7\"; } ); };",
      NULL,
      "tiny.cfg:2: storage.datasets[0].home: found aws:us-east-7, expected a region of the catalog, such as "
      "\"aws:us-east-1\" (did you mean \"aws:us-east-1\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\"; tier = \"cool\"; } );  };",
      NULL,
      "tiny.cfg:2: storage.datasets[0].tier: found cool, expected a tier that aws:us-east-1 has, by name or "
      "as one of memory nvme hot cool archive" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\"; allowed_jurisdictions = [ \"EU\" ]; } );  };",
      NULL,
      "tiny.cfg:2: storage.datasets[0].home: found aws:us-east-1, expected a region of an allowed "
      "jurisdiction" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\"; allowed_jurisdictions = [ \"US\" ]; replicas = ( { region = "
      "\"aws:eu-west-1\"; } ); } );  };",
      NULL,
      "tiny.cfg:2: storage.datasets[0].replicas[0].region: found aws:eu-west-1, expected a region of an "
      "allowed jurisdiction" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\"; replicas = ( { region = \"aws:us-east-1\"; } ); } );  };",
      NULL,
      "tiny.cfg:2: storage.datasets[0].replicas[0].region: found aws:us-east-1, expected a region without a "
      "copy so far" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\"; lifecycle = ( { after = \"3 d\"; to = \"hot\"; }, { after = "
      "\"2 d\"; to = \"delete\"; } ); } );  };",
      NULL,
      "tiny.cfg:2: storage.datasets[0].lifecycle[1].after: found no later than the rule before, expected "
      "rising times" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\"; lifecycle = ( { after = \"3 d\"; to = \"cool\"; } ); } );  };",
      NULL,
      "tiny.cfg:2: storage.datasets[0].lifecycle[0].to: found cool, expected a farther tier than before that "
      "the home's region has, or \"delete\"" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\"; growth = \"2000000 /d\"; } );  };",
      NULL,
      "tiny.cfg:2: storage.datasets[0].growth: found too many, expected at most 1 million new objects and "
      "100 million updates a day" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\";  } ); readers = ( { name = \"r\"; dataset = \"e\"; region = "
      "\"aws:us-east-1\"; rate = 1.0; } ); };",
      NULL,
      "tiny.cfg:2: storage.readers[0].dataset: found e, expected the name of one of `datasets` (did you mean "
      "\"d\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\";  } ); readers = ( { name = \"r\"; dataset = \"d\"; region = "
      "\"aws:us-east-1\"; rate = 0.0; } ); };",
      NULL, "tiny.cfg:2: storage.readers[0].rate: found 0, expected a number from 1e-06 to 1e+06" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\";  } ); readers = ( { name = \"r\"; dataset = \"d\"; region = "
      "\"aws:us-east-1\"; pattern = \"stream\"; } ); };",
      NULL,
      "tiny.cfg:2: storage.readers[0].pattern: found the stream of a dataset that does not grow, expected a "
      "dataset with `growth`" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\";  } ); readers = ( { name = \"r\"; dataset = \"d\"; region = "
      "\"aws:us-east-1\"; pattern = \"scan\"; exponent = 1.0; rate = 1.0; } ); };",
      NULL,
      "tiny.cfg:2: storage.readers[0].exponent: found an exponent, expected none, but of the pattern zipf" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\";  } ); caches = ( { region = \"aws:us-east-1\"; tier = "
      "\"hot\"; size = \"1 MB\"; } ); };",
      NULL,
      "tiny.cfg:2: storage.caches[0].size: found a size out of range, expected room for 1 to 16777216 of the "
      "smallest objects, of 100000000 bytes" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\";  } ); caches = ( { region = \"aws:us-east-1\"; tier = "
      "\"hot\"; size = \"1 GB\"; policy = \"fifo\"; } ); };",
      NULL,
      "tiny.cfg:2: storage.caches[0].policy: found \"fifo\", expected one of: lru lfu sieve w-tinylfu" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\";  } ); caches = ( { region = \"aws:us-east-1\"; tier = "
      "\"hot\"; size = \"1 GB\"; stay = \"1 h\"; } ); };",
      NULL,
      "tiny.cfg:2: storage.caches[0].stay: found a time, expected none, but beside admission = \"cost\"" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\";  } ); caches = ( { region = \"aws:us-east-1\"; tier = "
      "\"hot\"; size = \"1 GB\"; }, { region = \"aws:us-east-1\"; tier = \"hot\"; size = \"2 GB\"; } ); };",
      NULL, "tiny.cfg:2: storage.caches[1].region: found aws:us-east-1, expected one cache a region" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\";  } ); jobs = ( { class = \"anny\"; dataset = \"d\"; size = "
      "\"1 GB\"; } ); };",
      NULL,
      "tiny.cfg:2: storage.jobs[0].class: found anny, expected the name of one of `classes` (did you mean "
      "\"any\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage = { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; held = \"0.02 USD/GB\"; } ); datasets = ( { name = \"d\"; size = \"1 GB\"; "
      "objects = 10; home = \"aws:us-east-1\";  } ); jobs = ( { class = \"any\"; dataset = \"d\"; } ); };",
      NULL,
      "tiny.cfg:2: storage.jobs[0].size: found nothing, expected a size that each start reads, or an hourly "
      "one" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; places = ( { region = "
      "\"aws:us-east-1\"; } ); } ); ",
      NULL, "tiny.cfg:1: populations: found nothing, expected a list ( { … }, … )" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; places = ( { region = "
      "\"aws:us-east-1\"; } ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service "
      "= "
      "\"t\"; rate = 1.0; } );",
      NULL,
      "tiny.cfg:2: populations[0].service: found t, expected the name of one of `services` (did you mean "
      "\"s\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; services = ( { name = \"s\"; time = { mean = \"2 d\"; }; places = ( { region = "
      "\"aws:us-east-1\"; } ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service "
      "= "
      "\"s\"; rate = 1.0; } );",
      NULL, "tiny.cfg:2: services[0].time.mean: found more than a day, expected a time of at most \"1 d\"" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; places = ( { region = "
      "\"aws:us-east-7\"; } ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service "
      "= "
      "\"s\"; rate = 1.0; } );",
      NULL,
      "tiny.cfg:2: services[0].places[0].region: found aws:us-east-7, expected a region of the catalog, "
      "such "
      "as "
      "\"aws:us-east-1\" (did you mean \"aws:us-east-1\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; places = ( { region = "
      "\"aws:us-east-1\"; replicas = 5; most = 2; } ); } ); populations = ( { name = \"p\"; region = "
      "\"aws:us-east-1\"; service = \"s\"; rate = 1.0; } );",
      NULL, "tiny.cfg:2: services[0].places[0].most: found 2, expected a whole number from 5 to 100000" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; places = ( { region = "
      "\"aws:us-east-1\"; zone = \"d\"; } ); } ); populations = ( { name = \"p\"; region = "
      "\"aws:us-east-1\"; service = \"s\"; rate = 1.0; } );",
      NULL,
      "tiny.cfg:2: services[0].places[0].zone: found d, expected a zone of the region (did you mean "
      "\"a\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; places = ( { region = "
      "\"aws:us-east-1\"; } ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service "
      "= "
      "\"s\"; rate = 1.0; timeuot = \"1 s\"; } );",
      NULL,
      "tiny.cfg:2: populations[0].timeuot: found an unknown key, expected a known key (did you mean "
      "\"timeout\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; places = ( { region = "
      "\"aws:us-east-1\"; } ); } ); populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service "
      "= "
      "\"s\"; rate = 1.0; crowds = ( { from = \"2 h\"; to = \"1 h\"; factor = 2.0; } ); } );",
      NULL, "tiny.cfg:2: populations[0].crowds[0].to: found no later than `from`, expected a later time" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; services = ( { name = \"s\"; time = { distribution = \"weibull\"; mean = \"1 "
      "ms\"; "
      "}; places = ( { region = \"aws:us-east-1\"; } ); } ); populations = ( { name = \"p\"; region = "
      "\"aws:us-east-1\"; service = \"s\"; rate = 1.0; } );",
      NULL, "tiny.cfg:2: services[0].time.shape: found nothing, expected a number from 0.05 to 20" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; places = ( ); } ); "
      "populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service = \"s\"; rate = 1.0; } );",
      NULL, "tiny.cfg:2: services[0].places: found an empty list, expected at least one place" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage: { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; gb = \"1 GB\"; held = \"0.02 USD/GB\"; } ); replication = \"always\"; };",
      NULL, "tiny.cfg:2: storage.replication: found \"always\", expected one of: none break-even" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage: { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; gb = \"1 GB\"; held = \"0.02 USD/GB\"; } ); tiering = \"cold\"; };",
      NULL, "tiny.cfg:2: storage.tiering: found \"cold\", expected one of: none by-reads" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; storage: { extra_tiers = ( { name = \"t\"; kind = \"hot\"; latency = \"1 ms\"; "
      "throughput = \"1 Gbit/s\"; gb = \"1 GB\"; held = \"0.02 USD/GB\"; } ); time_value = \"20 USD\"; };",
      NULL,
      "tiny.cfg:2: storage.time_value: found \"20 USD\", expected a price per hour, such as \"1.20 USD/h\"" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"end\"; kind = \"sink\"; region = \"aws:us-east-1\"; } "
      "); streams = ( { from = \"src\"; to = \"edn\"; size = \"1 kB\"; } ); } );",
      NULL,
      "tiny.cfg:2: pipelines[0].streams[0].to: found edn, expected the name of one of `stages` (did you mean "
      "\"end\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"end\"; kind = \"sink\"; region = \"aws:us-east-1\"; } "
      "); streams = ( { from = \"end\"; to = \"src\"; size = \"1 kB\"; } ); } );",
      NULL,
      "tiny.cfg:2: pipelines[0].streams[0].to: found src, expected a stage further down the list than "
      "`from`" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"end\"; kind = \"sink\"; region = \"aws:us-east-1\"; } "
      "); streams = ( { from = \"src\"; to = \"end\"; } ); } );",
      NULL,
      "tiny.cfg:2: pipelines[0].streams[0].size: found nothing, expected a size with its unit (B, kB, MB, "
      "GB, TB, KiB, MiB, GiB, TiB), such as \"12 GB\"" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; } ); streams = ( { from = \"src\"; to = \"src\"; size = \"1 kB\"; } "
      "); } );",
      NULL,
      "tiny.cfg:2: pipelines[0].streams[0].to: found src, expected a stage further down the list than "
      "`from`" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"src\"; kind = \"source\"; region = \"aws:us-east-1\"; "
      "rate = 1.0; }, { name = \"end\"; kind = \"sink\"; region = \"aws:us-east-1\"; } ); streams = ( { from "
      "= \"src\"; to = \"end\"; size = \"1 kB\"; } ); } );",
      NULL, "tiny.cfg:2: pipelines[0].stages[1].name: found src, expected a name of its own" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"end\"; kind = \"snik\"; region = \"aws:us-east-1\"; } "
      "); streams = ( { from = \"src\"; to = \"end\"; size = \"1 kB\"; } ); } );",
      NULL,
      "tiny.cfg:2: pipelines[0].stages[1].kind: found \"snik\", expected one of: source map window join sink "
      "(did you mean \"sink\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"end\"; kind = \"sink\"; region = \"aws:us-east-1\"; "
      "window = \"1 s\"; } ); streams = ( { from = \"src\"; to = \"end\"; size = \"1 kB\"; } ); } );",
      NULL,
      "tiny.cfg:2: pipelines[0].stages[1].window: found an unknown key, expected one of name kind region "
      "tasks most price time buffer rescale " },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"w\"; kind = \"window\"; region = \"aws:us-east-1\"; "
      "window = \"10 s\"; slide = \"3 s\"; }, { name = \"end\"; kind = \"sink\"; region = \"aws:us-east-1\"; "
      "} ); streams = ( { from = \"src\"; to = \"end\"; size = \"1 kB\"; } ); } );",
      NULL,
      "tiny.cfg:2: pipelines[0].stages[1].slide: found a time that `window` is not a multiple of, expected a "
      "part of it, 1024th at least" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"j\"; kind = \"join\"; region = \"aws:us-east-1\"; }, { "
      "name = \"end\"; kind = \"sink\"; region = \"aws:us-east-1\"; } ); streams = ( { from = \"src\"; to = "
      "\"j\"; size = \"1 kB\"; }, { from = \"j\"; to = \"end\"; size = \"1 kB\"; } ); } );",
      NULL,
      "tiny.cfg:2: pipelines[0].stages[1]: found a join of another number of streams, expected two streams "
      "to it" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"m\"; kind = \"map\"; region = \"aws:us-east-1\"; }, { "
      "name = \"end\"; kind = \"sink\"; region = \"aws:us-east-1\"; } ); streams = ( { from = \"src\"; to = "
      "\"end\"; size = \"1 kB\"; } ); } );",
      NULL,
      "tiny.cfg:2: pipelines[0].stages[1]: found a stage that no stream goes to, expected a stream to it" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"end\"; kind = \"sink\"; region = \"aws:us-east-7\"; } "
      "); streams = ( { from = \"src\"; to = \"end\"; size = \"1 kB\"; } ); } );",
      NULL,
      "tiny.cfg:2: pipelines[0].stages[1].region: found aws:us-east-7, expected a region of the catalog, "
      "such as \"aws:us-east-1\" (did you mean \"aws:us-east-1\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = ( { name = \"src\"; kind = \"source\"; region "
      "= \"aws:us-east-1\"; rate = 1.0; }, { name = \"end\"; kind = \"sink\"; region = \"aws:us-east-1\"; "
      "tasks = 5; most = 2; } ); streams = ( { from = \"src\"; to = \"end\"; size = \"1 kB\"; } ); } );",
      NULL, "tiny.cfg:2: pipelines[0].stages[1].most: found 2, expected a whole number from 5 to 1024" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; pipelines = ( { name = \"p\"; stages = (  ); streams = (  ); } );", NULL,
      "tiny.cfg:2: pipelines: found no stages, expected 1 to 4096 of each, of all pipelines" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; streaming: { target = 0.5; };", NULL,
      "tiny.cfg:2: streaming: found a target for no pipelines, expected a list `pipelines` beside it" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; network: { stremas = 3; };", NULL,
      "tiny.cfg:2: network.stremas: found an unknown key, expected a known key (did you mean "
      "\"streams\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; network: { routing = \"fast\"; };", NULL,
      "tiny.cfg:2: network.routing: found \"fast\", expected one of: least-latency least-cost "
      "private-first" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; network: { streams = 0; };", NULL,
      "tiny.cfg:2: network.streams: found 0, expected a whole number from 1 to 10000" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; network: { window = \"100 B\"; };", NULL,
      "tiny.cfg:2: network.window: found less than a packet, expected at least \"1500 B\"" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; network: { relays = [\"aws:us-east-7\"]; };", NULL,
      "tiny.cfg:2: network.relays: found aws:us-east-7, expected a region of the catalog, such as "
      "\"aws:us-east-1\" (did you mean \"aws:us-east-1\"?)" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; network: { public: { capacity = \"5 GB\"; }; };",
      NULL,
      "tiny.cfg:2: network.public.capacity: found \"5 GB\", expected a bandwidth with its unit (kbit/s, "
      "Mbit/s, Gbit/s, Tbit/s), such as \"10 Gbit/s\"" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; network: { public: { capacity = \"0 Gbit/s\"; }; };",
      NULL,
      "tiny.cfg:2: network.public.capacity: found a bandwidth out of range, expected from \"1 kbit/s\" "
      "to "
      "\"100 Tbit/s\"" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; network: { public: { loss = 0.9; }; };", NULL,
      "tiny.cfg:2: network.public.loss: found 0.9, expected a number from 0 to 0.5" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; network: { public: { jitter_tail = 0.5; }; };", NULL,
      "tiny.cfg:2: network.public.jitter_tail: found between 0 and 1.1, expected 0 (exponential) or a "
      "shape "
      "of at least 1.1" },
    { "tiny.cfg", "name = \"tiny\"; ", "name = \"tiny\"; network: { public: { jitter_memory = \"0 s\"; }; };",
      NULL, "tiny.cfg:2: network.public.jitter_memory: found 0, expected a time above 0" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; network: { links = ( { from = \"aws:us-east-1\"; } ); };", NULL,
      "tiny.cfg:2: network.links[0].name: found nothing, expected a string" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; network: { links = ( { name = \"l\"; from = \"aws:us-east-1\"; to = "
      "\"aws:us-east-1\"; } ); };",
      NULL, "tiny.cfg:2: network.links[0].to: found aws:us-east-1, expected another region than `from`" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; network: { links = ( { name = \"l\"; from = \"aws:us-east-1\"; to = "
      "\"gcp:europe-west3\"; rtt = \"0 s\"; } ); };",
      NULL, "tiny.cfg:2: network.links[0].rtt: found 0, expected a round-trip time above 0" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; network: { links = ( { name = \"l\"; from = \"aws:us-east-1\"; to = "
      "\"gcp:europe-west3\"; port = \"2 USD/GB\"; } ); };",
      NULL,
      "tiny.cfg:2: network.links[0].port: found \"2 USD/GB\", expected a price per hour, such as \"1.20 "
      "USD/h\"" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; network: { transfers = ( { name = \"t\"; from = \"aws:us-east-1\"; to = "
      "\"gcp:europe-west3\";  } ); };",
      NULL,
      "tiny.cfg:2: network.transfers[0].size: found nothing, expected a size with its unit (B, kB, MB, "
      "GB, "
      "TB, KiB, MiB, GiB, TiB), such as \"12 GB\"" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; network: { transfers = ( { name = \"t\"; from = \"aws:us-east-1\"; to = "
      "\"gcp:europe-west3\"; size = \"0 B\"; } ); };",
      NULL, "tiny.cfg:2: network.transfers[0].size: found 0, expected at least \"1 B\"" },
    { "tiny.cfg", "name = \"tiny\"; ",
      "name = \"tiny\"; network: { transfers = ( { name = \"t\"; from = \"aws:us-east-1\"; to = "
      "\"gcp:europe-west3\"; size = \"1 TB\"; every = \"1 ms\"; } ); };",
      NULL,
      "tiny.cfg:2: network.transfers[0].every: found less than a second, expected a time of at least \"1 "
      "s\"" },
    { "tiny.cfg", "boot = \"60 s\"", "nodes = { mots = 3; }", NULL,
      "tiny.cfg:9: pools[0].nodes.mots: found an unknown key, expected a known key (did you mean "
      "\"most\"?)" },
    { "tiny.cfg", "boot = \"60 s\"", "nodes = { least = 3; }", NULL,
      "tiny.cfg:9: pools[0].nodes.most: found nothing, expected a whole number from 1 to 1000000" },
    { "tiny.cfg", "boot = \"60 s\"", "nodes = { least = 3; most = 2; }", NULL,
      "tiny.cfg:9: pools[0].nodes.least: found 3, expected a whole number from 0 to 2" },
    { "tiny.cfg", "boot = \"60 s\"", "nodes = { most = 2; committed = 1; }", NULL,
      "tiny.cfg:9: pools[0].nodes: found committed nodes, for which the catalog has no reserved price "
      "there, "
      "expected none" },
    { "tiny.cfg", "boot = \"60 s\"", "boot = { mean = \"60 s\"; }", NULL,
      "tiny.cfg:9: pools[0].boot: found a distribution, expected a time, as the pool's nodes do not come "
      "and "
      "go" },
    { "tiny.cfg", "boot = \"60 s\"", "nodes = { most = 2; }; boot = { distribution = \"gamma\"; }", NULL,
      "tiny.cfg:9: pools[0].boot.distribution: found \"gamma\", expected one of: fixed exponential "
      "lognormal "
      "weibull" },
    { "tiny.cfg", "boot = \"60 s\"",
      "nodes = { most = 2; }; stock = { mean_available = \"0 s\"; "
      "mean_unavailable = \"1 h\"; }",
      NULL, "tiny.cfg:9: pools[0].stock.mean_available: found 0, expected a time above 0" },
    { "tiny.cfg", "seed = 7;", "scaling = { policy = \"demnad\"; };", NULL,
      "tiny.cfg:3: scaling.policy: found demnad, expected a policy that `skytwin list scaling` names "
      "(did "
      "you "
      "mean \"demand\"?)" },
    { "tiny.cfg", "seed = 7;", "quotas = ( { region = \"aws:us-east-9\"; machines = 3; } );", NULL,
      "tiny.cfg:3: quotas[0].region: found aws:us-east-9, expected a region of the catalog, such as "
      "\"aws:us-east-1\" (did you mean \"aws:us-east-1\"?)" },
    { "tiny.cfg", "seed = 7;", "quotas = ( { provider = \"ibm\"; machines = 3; } );", NULL,
      "tiny.cfg:3: quotas[0].provider: found ibm, expected a provider of the catalog" },
};

/* A class whose tasks share nodes, in the place of class "eu", and placement terms of it. */
#define EU_CLASS                                                                                             \
    "{ name = \"eu\"; runs_on = ( { machine = \"gcp:n2\"; } ); allowed_jurisdictions = [\"EU\"]; }"
#define SHARED(terms) "{ name = \"eu\"; request = { cpus = 1.0; };\n" terms " }"
#define WITH_NODES    "pools[1].nodes=2"

static const scenario_case shared[] = {
    { "tiny.cfg", "name = \"any\";", "name = \"any\"; groups = [\"web\"];", NULL,
      "tiny.cfg:14: classes[0].groups: found a class that has machines of its own, expected a class with a "
      "request" },
    { "tiny.cfg", EU_CLASS, SHARED("zones = [\"gcp:europe-west3b\"];"), WITH_NODES,
      "tiny.cfg:16: classes[1].zones: found gcp:europe-west3b, expected zones in which pools have nodes (did "
      "you "
      "mean \"gcp:europe-west3a\"?)" },
    { "tiny.cfg", EU_CLASS, SHARED("regions = [\"gcp:europe-west3\"]; pools = [\"n2\"];"), WITH_NODES,
      "tiny.cfg:16: classes[1].pools: found n2, expected pools with nodes" },
    { "tiny.cfg", EU_CLASS, SHARED("spread = ( { level = \"zone\"; } );"), WITH_NODES,
      "tiny.cfg:16: classes[1].spread[0].groups: found none, of a class without groups, expected at least "
      "one "
      "group" },
    { "tiny.cfg", EU_CLASS, SHARED("groups = [\"web\"]; spread = ( { level = \"shelf\"; } );"), WITH_NODES,
      "tiny.cfg:16: classes[1].spread[0].level: found \"shelf\", expected one of: node zone region rack" },
    { "tiny.cfg", EU_CLASS, SHARED("groups = [\"web\"]; spread = ( { level = \"node\"; max_skew = 0; } );"),
      WITH_NODES,
      "tiny.cfg:16: classes[1].spread[0].max_skew: found 0, expected a whole number from 1 to 1000000" },
    { "tiny.cfg", EU_CLASS,
      SHARED("groups = [\"web\"]; affinity = ( { groups = [\"wed\"]; level = \"node\"; } );"), WITH_NODES,
      "tiny.cfg:16: classes[1].affinity[0].groups: found wed, expected groups that classes belong to (did "
      "you "
      "mean \"web\"?)" },
    { "tiny.cfg", EU_CLASS,
      SHARED("groups = [\"web\"]; anti_affinity = ( { level = \"node\"; max_skew = 1; } );"), WITH_NODES,
      "tiny.cfg:16: classes[1].anti_affinity[0].max_skew: found an unknown key, expected one of groups level "
      "weight" },
    { "tiny.cfg", EU_CLASS, SHARED("prefer = ( { zones = [\"gcp:europe-west3a\"]; } );"), WITH_NODES,
      "tiny.cfg:16: classes[1].prefer[0].weight: found nothing, expected a whole number from 1 to 1000" },
    { "tiny.cfg", EU_CLASS, SHARED("prefer = ( { weight = 5; } );"), WITH_NODES,
      "tiny.cfg:16: classes[1].prefer[0]: found other than one thing preferred, expected one of models "
      "labels pools "
      "zones regions, and its weight" },
    { "tiny.cfg", EU_CLASS, SHARED("prefer = ( { labels = [\"ssd\"]; weight = 5; } );"), WITH_NODES,
      "tiny.cfg:16: classes[1].prefer[0].labels: found ssd, expected labels of `pools`" },
    { "tiny.cfg", EU_CLASS, SHARED("prefer = ( { models = [\"H100\"]; weight = 5000; } );"), WITH_NODES,
      "tiny.cfg:16: classes[1].prefer[0].weight: found 5000, expected a whole number from 1 to 1000" },
};

static const scenario_case traced[] = {
    { "traced.cfg", "", "",
      "traces=", "--set traces: found no folder, expected the folder of the traces: --set traces=DIR" },
    { "traced.cfg", "", "", "traces=/nowhere",
      "--set traces: found /nowhere, expected a path that can be read (No such file or directory)" },
    { "traced.cfg", "", "", "zones=", "--set zones: found none, expected subfolders of `traces`" },
    { "traced.cfg", "", "", "zones=us-x1-a,us-x1-z",
      "traces/us-x1-z: can't be read: No such file or directory" },
    { "traced.cfg", "", "", "zones=us-x1-a,us-x1-a", "--set zones: found us-x1-a, expected each zone once" },
    { "traced.cfg", "", "", "zones=../catalog",
      "--set zones: found ../catalog, expected names of subfolders of `traces`" },
    { "traced.cfg", "", "", "windows=", "--set windows: found none, expected numbers from 0, such as 0,1,2" },
    { "traced.cfg", "", "", "windows=0,one",
      "--set windows: found one, expected numbers from 0, such as 0,1,2" },
    { "traced.cfg", "", "", "windows=-1", "--set windows: found -1, expected numbers from 0, such as 0,1,2" },
    { "traced.cfg", "", "", "windows=1.5",
      "--set windows: found 1.5, expected numbers from 0, such as 0,1,2" },
    { "traced.cfg", "", "", "windows=10",
      "--set windows: found window 10, beyond the 100.00 h that the trace of us-x1-a spans, expected windows "
      "that lie within every zone's trace" },
    { "traced.cfg", "", "", "windows=1000000",
      "--set windows: found 1000000, expected windows within every zone's trace" },
    { "traced.cfg", "", "", "ratio=0.9", "--set ratio: found 0.9, expected a number from 1 to 1000" },
    { "traced.cfg", "", "", "ratio=much", "--set ratio: found \"much\", expected a number from 1 to 1000" },
    { "traced.cfg", "", "", "deadline_hours=-1",
      "--set deadline_hours: found -1, expected a number from 0.01 to 100000" },
    { "traced.cfg", "", "", "deadline_hours=1e308",
      "--set deadline_hours: found 1e+308, expected a number from 0.01 to 100000" },
    { "traced.cfg", "", "", "deadline_hours=101",
      "traced.cfg:5: windows: found window 0, beyond the 100.00 h that the trace of us-x1-a spans, expected "
      "windows that lie within every zone's trace" },
    { "traced.cfg", "", "", "restart_hours=nan",
      "--set restart_hours: found \"nan\", expected a number from 0 to 1000" },
    { "traced.cfg", "", "", "checkpoint_gb=-50",
      "--set checkpoint_gb: found -50, expected a number from 0 to 1e+06" },
    { "traced.cfg", "", "", "egress=flat:",
      "--set egress: found flat:, expected flat:PRICE in USD per GB, such as flat:0.02, or a CSV file" },
    { "traced.cfg", "", "", "egress=flat:-1",
      "--set egress: found flat:-1, expected flat:PRICE in USD per GB, such as flat:0.02, or a CSV file" },
    { "traced.cfg", "", "", "egress=nowhere.csv",
      "--set egress: found nowhere.csv, expected a path that can be read (No such file or directory)" },
    { "traced.cfg", "", "", "trace_format=spot",
      "--set trace_format: found spot, expected a format that `skytwin list formats` names (did you mean "
      "\"spot-json\"?)" },
    { "traced.cfg", "", "", "task_hour=5",
      "--set task_hour: found an unknown key, expected a known key (did you mean \"task_hours\"?)" },
    { "traced.cfg", "ratio = 1.2;", "ratoi = 1.2;", NULL,
      "traced.cfg:6: ratoi: found an unknown key, expected a known key (did you mean \"ratio\"?)" },
    { "egress.csv", "eu-y1,us-x1,0.07\n", "", "egress=@/egress.csv",
      "--set egress: found no price from eu-y1 to us-x1, expected a row for every pair of regions" },
    { "egress.csv", "0.07", "a lot", "egress=@/egress.csv",
      "egress.csv:3: price_usd_per_gb: found a lot, expected a number from 0 to 1e+06" },
    { "egress.csv", "0.07", "-0.07", "egress=@/egress.csv",
      "egress.csv:3: price_usd_per_gb: found -0.07, expected a number from 0 to 1e+06" },
    { "egress.csv", "eu-y1,us-x1,0.07", "eu-y1,0.07", "egress=@/egress.csv",
      "egress.csv:3: row: found eu-y1, expected three columns" },
    { "egress.csv", "price_usd_per_gb", "price", "egress=@/egress.csv",
      "egress.csv:1: header: found from_region, expected from_region,to_region,price_usd_per_gb" },
};

#define NODES "sn,cpu_milli,memory_mib,gpu,model\n"
#define TASKS "name,cpu_milli,memory_mib,num_gpu,gpu_milli"
#define TIMES ",creation_time,deletion_time,scheduled_time\n"

static const scenario_case accelerators[] = {
    { "accelerators.cfg", "name = \"accelerators\";",
      "name = \"accelerators\"; faults: ( { kind = \"rack-outage\"; target = \"x\"; rack = 2; at = \"1 h\"; "
      "lasts = \"1 h\"; } );",
      "pools[0].nodes_per_rack=1",
      "accelerators.cfg:1: faults[0].rack: found 2, expected a whole number from 0 to 1" },
    { "accelerators.cfg", "profile = \"1g.5gb\"", "profile = \"1g.6gb\"", NULL,
      "accelerators.cfg:16: classes[0].request.profile: found 1g.6gb, expected a MIG profile of the pools' "
      "GPUs, such as \"1g.10gb\" (did you mean \"1g.5gb\"?)" },
    { "accelerators.cfg", "profile = \"1g.5gb\"", "profile = \"half\"", NULL,
      "accelerators.cfg:16: classes[0].request.profile: found half, expected a MIG profile of the pools' "
      "GPUs, such as \"1g.10gb\"" },
    { "accelerators.cfg", "nodes = 2; mig = true;", "nodes = 2;", NULL,
      "accelerators.cfg:16: classes[0].request.profile: found 1g.5gb, expected a pool with mig = true, whose "
      "GPUs have such profiles" },
    { "accelerators.cfg", "nodes = 2; },", "nodes = 2; mig = true; },", NULL,
      "accelerators.cfg:13: pools[1].mig: found x:old, expected a machine for which the catalog names one "
      "of: A100-40GB A100-80GB H100-80GB H200-141GB B200-180GB" },
    { "accelerators.cfg", "nodes = 2; mig", "mig", NULL,
      "accelerators.cfg:12: pools[0].mig: found a pool without nodes, expected nodes = NUMBER" },
    { "accelerators.cfg", "\"4+4\"", "\"4+2\"", NULL,
      "accelerators.cfg:6: catalog.x.machines[0].interconnect: found 4+2, expected sizes of groups that sum "
      "to the accelerators, \"8\" or \"4+4\"" },
    { "accelerators.cfg", "\"4+4\"", "\"4,4\"", NULL,
      "accelerators.cfg:6: catalog.x.machines[0].interconnect: found 4,4, expected sizes of groups that sum "
      "to the accelerators, \"8\" or \"4+4\"" },
    { "accelerators.cfg", "\"4+4\"", "\"0+8\"", NULL,
      "accelerators.cfg:6: catalog.x.machines[0].interconnect: found 0+8, expected sizes of groups that sum "
      "to the accelerators, \"8\" or \"4+4\"" },
    { "accelerators.cfg", "\"A100-40GB\"", "\"A100-40\"", NULL,
      "accelerators.cfg:6: catalog.x.machines[0].mig_model: found A100-40, expected one of: A100-40GB "
      "A100-80GB H100-80GB H200-141GB B200-180GB (did you mean \"A100-40GB\"?)" },
    { "accelerators.cfg", "\"A100-40GB\"", "\"V100\"", NULL,
      "accelerators.cfg:6: catalog.x.machines[0].mig_model: found V100, expected one of: A100-40GB A100-80GB "
      "H100-80GB H200-141GB B200-180GB" },
    { "accelerators.cfg", "\"v5e\"", "\"v5\"", NULL,
      "accelerators.cfg:10: catalog.x.machines[2].torus: found v5, expected one of: v4 v5p v5e v6e (did you "
      "mean \"v4\"?)" },
    { "accelerators.cfg", "torus = \"v5e\"", "mig_model = \"v5e\"", NULL,
      "accelerators.cfg:10: catalog.x.machines[2].mig_model: found v5e, expected one of: A100-40GB A100-80GB "
      "H100-80GB H200-141GB B200-180GB" },
    { "accelerators.cfg", "tpu = true;", "", NULL,
      "accelerators.cfg:10: catalog.x.machines[2].torus: found a machine without TPUs, expected tpu = true, "
      "and accelerators" },
    { "accelerators.cfg", "\"8x16\"", "\"8x15\"", NULL,
      "accelerators.cfg:14: pools[2].pod: found 8x15, expected chips along two axes, of whole hosts of 2x4, "
      "at most \"16x16\"" },
    { "accelerators.cfg", "\"8x16\"", "\"8*16\"", NULL,
      "accelerators.cfg:14: pools[2].pod: found 8*16, expected chips along two axes, of whole hosts of 2x4, "
      "at most \"16x16\"" },
    { "accelerators.cfg", "\"8x16\"", "\"32x16\"", NULL,
      "accelerators.cfg:14: pools[2].pod: found 32x16, expected chips along two axes, of whole hosts of 2x4, "
      "at most \"16x16\"" },
    { "accelerators.cfg", "pod = \"8x16\";", "pod = \"8x16\"; nodes = 3;", NULL,
      "accelerators.cfg:14: pools[2].nodes: found both nodes and pod, expected pods = NUMBER: their hosts "
      "are the nodes" },
    { "accelerators.cfg", "pod = \"8x16\";", "nodes = 3; pods = 2;", NULL,
      "accelerators.cfg:14: pools[2].pods: found no pod, expected pod = \"16x16\", the chips of one" },
    { "accelerators.cfg", "pod = \"8x16\";", "nodes = 3;", NULL,
      "accelerators.cfg:18: classes[2].request.slice: found 4x4, expected a pool with pod = \"16x16\" to "
      "take slices of" },
    { "accelerators.cfg", "nodes = 2; },", "pod = \"8x16\"; },", NULL,
      "accelerators.cfg:13: pools[1].pod: found x:old, expected a machine of which the catalog names the "
      "torus" },
    { "accelerators.cfg", "pod = \"8x16\";", "pod = \"8x16\"; pods = 0;", NULL,
      "accelerators.cfg:14: pools[2].pods: found 0, expected a whole number from 1 to 10000" },
    { "accelerators.cfg", "slice = \"4x4\"", "slice = \"4x5\"", NULL,
      "accelerators.cfg:18: classes[2].request.slice: found 4x5, expected one that is legal in a pool's pod: "
      "1x1 2x2 2x4 4x4 4x8 8x8 8x16 (did you mean \"4x4\"?)" },
    { "accelerators.cfg", "slice = \"4x4\"", "slice = \"16x16\"", NULL,
      "accelerators.cfg:18: classes[2].request.slice: found 16x16, expected one that is legal in a pool's "
      "pod: 1x1 2x2 2x4 4x4 4x8 8x8 8x16 (did you mean \"8x16\"?)" },
    { "accelerators.cfg", "slice = \"4x4\"", "chips = 12", NULL,
      "accelerators.cfg:18: classes[2].request.chips: found 12, expected one that is legal in a pool's pod: "
      "1 4 8 16 32 64 128" },
    { "accelerators.cfg", "slice = \"4x4\"", "chips = 16; slice = \"4x4\"", NULL,
      "accelerators.cfg:18: classes[2].request: found more than one of accelerators, profile, slice, chips, "
      "expected one of them (of a profile, accelerators = 1)" },
    { "accelerators.cfg", "slice = \"4x4\"", "accelerators = 4; slice = \"4x4\"", NULL,
      "accelerators.cfg:18: classes[2].request: found more than one of accelerators, profile, slice, chips, "
      "expected one of them (of a profile, accelerators = 1)" },
    { "accelerators.cfg", "accelerators = 4;", "accelerators = 1; one_group = true;", NULL,
      "accelerators.cfg:17: classes[1].request.one_group: found fewer than two whole accelerators, expected "
      "accelerators = 2 or more" },
    { "accelerators.cfg", "slice = \"4x4\"", "share = 0.5; slice = \"4x4\"", NULL,
      "accelerators.cfg:18: classes[2].request.share: found a share of other than one accelerator, expected "
      "accelerators = 1" },
    { "accelerators.cfg", "profile = \"1g.5gb\"", "share = 0.5; accelerators = 1; profile = \"1g.5gb\"", NULL,
      "accelerators.cfg:16: classes[0].request.share: found a share of an instance or slice, expected no "
      "share" },
    { "accelerators.cfg", "slice = \"4x4\"", "slice = \"4x4\"; models = [\"TPU v6e\"]", NULL,
      "accelerators.cfg:18: classes[2].request.models: found TPU v6e, expected models of accelerators that "
      "the pools' nodes have (did you mean \"TPU v5e\"?)" },
    { "accelerators.cfg", "slice = \"4x4\"", "slice = 16", NULL,
      "accelerators.cfg:18: classes[2].request.slice: found 16, expected a string" },
    { "accelerators.cfg", "slice = \"4x4\"", "slices = \"4x4\"", NULL,
      "accelerators.cfg:18: classes[2].request.slices: found an unknown key, expected a known key (did you "
      "mean \"slice\"?)" },
    { "accelerators.cfg", "profile = \"1g.5gb\"", "profile = \"1g.5gb\"; models = [\"V100\"]", NULL,
      "accelerators.cfg:16: classes[0].request.models: found none in MIG mode with that profile, expected "
      "some of those that have it: A100" },
    { "accelerators.cfg", "slice = \"4x4\"", "slice = \"4x4\"; models = [\"A100\"]", NULL,
      "accelerators.cfg:18: classes[2].request.models: found none in a pod with such slices, expected some "
      "of those that have it: TPU v5e" },
    { "accelerators.cfg", "slice = \"4x4\"", "slice = \"2x2x4\"", NULL,
      "accelerators.cfg:18: classes[2].request.slice: found 2x2x4, expected one that is legal in a pool's "
      "pod: 1x1 2x2 2x4 4x4 4x8 8x8 8x16 (did you mean \"2x2\"?)" },
};

static const trace_case traces[] = {
    { "spot-json", "a.json", "", "a.json:1: found '[' or '{' expected near end of file, expected JSON" },
    { "spot-json", "a.json", "{", "a.json:1: found string or '}' expected near end of file, expected JSON" },
    { "spot-json", "a.json", "{\"data\": [0],\n\"data\": [0]}",
      "a.json:2: found duplicate object key near '\"data\"', expected JSON" },
    { "spot-json", "a.json", "[1]", "a.json: top level: found no object, expected an object" },
    { "spot-json", "a.json", "{\"data\": [0]}",
      "a.json: metadata.gap_seconds: found nothing, expected whole seconds between two samples, at least 1" },
    { "spot-json", "a.json", "{\"metadata\": {\"gap_seconds\": 0}, \"data\": [0]}",
      "a.json: metadata.gap_seconds: found 0, expected whole seconds between two samples, at least 1" },
    { "spot-json", "a.json", "{\"metadata\": {\"gap_seconds\": -600}, \"data\": [0]}",
      "a.json: metadata.gap_seconds: found -600, expected whole seconds between two samples, at least 1" },
    { "spot-json", "a.json", "{\"metadata\": {\"gap_seconds\": \"600\"}, \"data\": [0]}",
      "a.json: metadata.gap_seconds: found \"600\", expected whole seconds between two samples, at least 1" },
    { "spot-json", "a.json", "{\"metadata\": {\"gap_seconds\": 1e308}, \"data\": [0]}",
      "a.json: metadata.gap_seconds: found 1e308, expected whole seconds between two samples, at least 1" },
    { "spot-json", "a.json",
      "{\"metadata\": {\"gap_seconds\": 600, \"price_info\": {\"on_demand_price\": -1}}, \"data\": [0]}",
      "a.json: metadata.price_info.on_demand_price: found -1, expected a price in USD per hour from 0 to "
      "1000000" },
    { "spot-json", "a.json", "{\"metadata\": {\"gap_seconds\": 600}, \"data\": []}",
      "a.json: data: found [], expected an array of 0 and 1" },
    { "spot-json", "a.json", "{\"metadata\": {\"gap_seconds\": 600}, \"data\": 0}",
      "a.json: data: found 0, expected an array of 0 and 1" },
    { "spot-json", "a.json", "{\"metadata\": {\"gap_seconds\": 600}, \"data\": [0, 2]}",
      "a.json: data[1]: found 2, expected 0 or 1" },
    { "spot-json", "a.json", "{\"metadata\": {\"gap_seconds\": 600}, \"data\": [0, null]}",
      "a.json: data[1]: found null, expected 0 or 1" },
    { "spot-json", "a.json", "{\"metadata\": {\"gap_seconds\": 600}, \"data\": [0, 1], \"prices\": [1.0]}",
      "a.json: prices: found 1, expected as many as there are in `data`" },
    { "spot-json", "a.json",
      "{\"metadata\": {\"gap_seconds\": 600}, \"data\": [0, 1], \"prices\": [1.0, -2.0]}",
      "a.json: prices[1]: found -2.0, expected a price in USD per hour from 0 to 1000000" },
    { "spot-json", "a.json",
      "{\"metadata\": {\"gap_seconds\": 600}, \"data\": [0, 1], \"prices\": [1.0, \"2\"]}",
      "a.json: prices[1]: found \"2\", expected a price in USD per hour from 0 to 1000000" },
    { "spot-json", "a.json",
      "{\"metadata\": {\"gap_seconds\": 600}, \"data\": [0, 1], \"prices\": [1.0, 1e999]}",
      "a.json:1: found real number overflow near '1e999', expected JSON" },
    { "spot-json", "a.json",
      "{\"metadata\": {\"gap_seconds\": 600}, \"data\": [0, 1], \"prices\": [1.0, NaN]}",
      "a.json:1: found invalid token near 'NaN', expected JSON" },
    { "spot-json", "a.json", "{\"metadata\": {\"gap_seconds\": 600}, \"data\": [0, 1], \"prices\": {}}",
      "a.json: prices: found {}, expected an array" },
    { "price-csv", "p.csv", "", "p.csv:1: header: found an empty file, expected time_s,price_usd_per_hour" },
    { "price-csv", "p.csv", "time_s,price\n0,1\n",
      "p.csv:1: header: found time_s, expected columns time_s and price_usd_per_hour" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour\n",
      "p.csv:1: rows: found none, expected at least one" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour\n5,1\n",
      "p.csv:2: time_s: found 5, expected 0 in the first row" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour\n0,1\n0,2\n",
      "p.csv:3: time_s: found 0, expected rising times" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour\n0,1\n9,1\n8,2\n",
      "p.csv:4: time_s: found 8, expected rising times" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour\n0,one\n",
      "p.csv:2: price_usd_per_hour: found one, expected a number from 0 to 1e+06" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour\n0,1x\n",
      "p.csv:2: price_usd_per_hour: found 1x, expected a number from 0 to 1e+06" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour\r\n0,1\r\n7,-1\r\n",
      "p.csv:3: price_usd_per_hour: found -1, expected a number from 0 to 1e+06" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour\n0\n",
      "p.csv:2: row: found too few columns, expected as many as the header has" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour,available\n0,1,2\n",
      "p.csv:2: available: found 2, expected a number from 0 to 1" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour,available\n0,1,0.5\n",
      "p.csv:2: available: found 0.5, expected 0 or 1" },
    { "price-csv", "p.csv", "time_s,price_usd_per_hour\n0,inf\n",
      "p.csv:2: price_usd_per_hour: found inf, expected a number from 0 to 1e+06" },
    { "job-csv", "j.csv", "", "j.csv:1: header: found an empty file, expected arrival_time,length,cpus" },
    { "job-csv", "j.csv", "arrival_time,cpus\n0,1\n",
      "j.csv:1: header: found arrival_time, expected columns arrival_time and length (and cpus)" },
    { "job-csv", "j.csv", "arrival_time,length,cpus\n0,-1,1\n",
      "j.csv:2: length: found -1, expected a number from 0 to 1.11111e+06" },
    { "job-csv", "j.csv", "arrival_time,length,cpus\n0,0,1\n",
      "j.csv:2: length: found 0, expected a length above 0" },
    { "job-csv", "j.csv", "arrival_time,length,cpus\n0,1,1\n1,nan,1\n",
      "j.csv:3: length: found nan, expected a number from 0 to 1.11111e+06" },
    { "job-csv", "j.csv", "arrival_time,length,cpus\n-1,1,1\n",
      "j.csv:2: arrival_time: found -1, expected a number from 0 to 1.11111e+06" },
    { "job-csv", "j.csv", "arrival_time,length,cpus\n0,1e308,1\n",
      "j.csv:2: length: found 1e308, expected a number from 0 to 1.11111e+06" },
    { "job-csv", "j.csv", "arrival_time,length,cpus\n0,1\n",
      "j.csv:2: cpus: found nothing, expected as many columns as the header has" },
    { "job-csv", "j.csv", "arrival_time,length,cpus\n\n\n0,,1\n",
      "j.csv:4: length: found nothing, expected a number from 0 to 1.11111e+06" },
    { "job-csv", "j.csv", "arrival_time,length,cpus\n0, 1h,1\n",
      "j.csv:2: length: found  1h, expected a number from 0 to 1.11111e+06" },
    { "skytwin", "s.h5", "", "s.h5: found another kind of file, expected a trace made by `skytwin import`" },
    { "skytwin", "s.h5", "arrival_time,length,cpus\n",
      "s.h5: found another kind of file, expected a trace made by `skytwin import`" },
    { "openb-nodes", "n.csv", "",
      "n.csv:1: header: found an empty file, expected the columns "
      "sn,cpu_milli,memory_mib,gpu,model" },
    { "openb-nodes", "n.csv", "sn,cpu_milli,memory_mib,model\n",
      "n.csv:1: gpu: found no such column, "
      "expected the columns sn,cpu_milli,memory_mib,gpu,model" },
    { "openb-nodes", "n.csv", NODES "a,1,1,1\n",
      "n.csv:2: row: found too few columns, expected as many as the header has" },
    { "openb-nodes", "n.csv", NODES "a,1,1,0,,\n",
      "n.csv:2: row: found too many columns, expected as many as the header has" },
    { "openb-nodes", "n.csv", NODES "a,1,1,0,\n,1,1,0,\n", "n.csv:3: sn: found nothing, expected a name" },
    { "openb-nodes", "n.csv", NODES "a,-1,1,0,\n",
      "n.csv:2: cpu_milli: found -1, expected a whole number from 0 to 1000000000" },
    { "openb-nodes", "n.csv", NODES "a,1,1.5,0,\n",
      "n.csv:2: memory_mib: found 1.5, expected a whole number from 0 to 1000000000" },
    { "openb-nodes", "n.csv", NODES "a,1,1,99999999999999999999,T4\n",
      "n.csv:2: gpu: found 99999999999999999999, expected a whole number from 0 to 100000" },
    { "openb-nodes", "n.csv", NODES "a,1,1,8,\n",
      "n.csv:2: model: found nothing, expected the model of the GPUs" },
    { "openb-tasks", "t.csv", "\n",
      "t.csv:1: header: found an empty file, expected the columns "
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli" },
    { "openb-tasks", "t.csv", "name;cpu_milli\n",
      "t.csv:1: name: found no such column, expected the columns "
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli" },
    { "openb-tasks", "t.csv", TASKS "\na,1,1,0\n",
      "t.csv:2: row: found too few columns, expected as many as the header has" },
    { "openb-tasks", "t.csv", TASKS "\nnan,1,1,0,0\n", "t.csv:2: name: found nothing, expected a name" },
    { "openb-tasks", "t.csv", TASKS "\na,1e3,1,0,0\n",
      "t.csv:2: cpu_milli: found 1e3, expected a whole number from 0 to 1000000000" },
    { "openb-tasks", "t.csv", TASKS "\na,1,1,-1,0\n",
      "t.csv:2: num_gpu: found -1, expected a whole number from 0 to 100000" },
    { "openb-tasks", "t.csv", TASKS "\na,1,1,0,500\n",
      "t.csv:2: gpu_milli: found 500, expected 0 where num_gpu is 0" },
    { "openb-tasks", "t.csv", TASKS "\na,1,1,1,0\n",
      "t.csv:2: gpu_milli: found 0, expected at least 1 where num_gpu is 1" },
    { "openb-tasks", "t.csv", TASKS "\na,1,1,2,500\n",
      "t.csv:2: gpu_milli: found 500, expected 1000 where num_gpu is above 1" },
    { "openb-tasks", "t.csv", TASKS ",creation_time\na,1,1,0,0,\n",
      "t.csv:2: creation_time: found nothing, expected a number from 0 to 4e+09" },
    { "openb-tasks", "t.csv", TASKS TIMES "a,1,1,0,0,0,5,x\n",
      "t.csv:2: scheduled_time: found x, expected a number from 0 to 4e+09" },
    { "openb-tasks", "t.csv", TASKS TIMES "a,1,1,0,0,0,5,6\n",
      "t.csv:2: deletion_time: found 5, expected no earlier than scheduled_time" },
    { "swf", "a.swf", "", "a.swf:1: jobs: found none, expected at least one" },
    { "swf", "a.swf", "; MaxProcs: 8\n", "a.swf:1: jobs: found none, expected at least one" },
    { "swf", "a.swf", "1 0 -1 9 4 -1 -1 4 9 -1 1 1 1 1 1 1 -1 -1\n1 0 -1 9 4\n",
      "a.swf:2: fields: found 5, expected 18" },
    { "swf", "a.swf", "1 0 -1 9 4 -1 -1 4 9 -1 1 1 1 1 1 1 -1 -1 7\n",
      "a.swf:1: fields: found 19, expected 18" },
    { "swf", "a.swf", "x 0 -1 9 4 -1 -1 4 9 -1 1 1 1 1 1 1 -1 -1",
      "a.swf:1: job number: found x, expected a whole number from -1 to 9223372036854775807" },
    { "swf", "a.swf", "1 -1 -1 9 4 -1 -1 4 9 -1 1 1 1 1 1 1 -1 -1",
      "a.swf:1: submit time: found -1, expected a number from 0 to 4e+09" },
    { "swf", "a.swf", "1 0 -1 -2 4 -1 -1 4 9 -1 1 1 1 1 1 1 -1 -1",
      "a.swf:1: run time: found -2, expected a number from 0 to 4e+09" },
    { "swf", "a.swf", "1 0 -1 9 4 -1 -1 4 1h -1 1 1 1 1 1 1 -1 -1",
      "a.swf:1: requested time: found 1h, expected a number from 0 to 4e+09" },
    { "swf", "a.swf", "1 0 -1 9 4.5 -1 -1 4 9 -1 1 1 1 1 1 1 -1 -1",
      "a.swf:1: allocated processors: found 4.5, expected a whole number from -1 to 10000000" },
    { "swf", "a.swf", "1 0 -1 9 4 -1 -1 99999999999 9 -1 1 1 1 1 1 1 -1 -1",
      "a.swf:1: requested processors: found 99999999999, expected a whole number from -1 to 10000000" },
    { "swf", "a.swf", "1 0 -1 9 -1 -1 -1 -1 9 -1 1 1 1 1 1 1 -1 -1",
      "a.swf:1: allocated processors: found -1, expected at least 1 for a job that ran" },
    { "swf", "a.swf", "1 0 -1 9 4 -1 nan 4 9 -1 1 1 1 1 1 1 -1 -1",
      "a.swf:1: used memory: found nan, expected a number from -1 to 1e+12" },
    { "swf", "a.swf", "1 0 -1 9 4 -1 -1 4 9 -1 6 1 1 1 1 1 -1 -1",
      "a.swf:1: status: found 6, expected a whole number from -1 to 5" },
    { "swf", "a.swf", "1 0 -1 9 4 -1 -1 4 9 -1 1 alice 1 1 1 1 -1 -1",
      "a.swf:1: user: found alice, expected a whole number from -1 to 9223372036854775807" },
    { "swf", "a.swf", "; MaxProcs: many\n1 0 -1 9 4 -1 -1 4 9 -1 1 1 1 1 1 1 -1 -1",
      "a.swf:1: MaxProcs: found many, expected a whole number from -1 to 10000000" },
    { "swf", "a.swf", "; MaxProcs: 4\n; MaxNodes: 8\n1 0 -1 9 4 -1 -1 4 9 -1 1 1 1 1 1 1 -1 -1",
      "a.swf:2: MaxNodes: found 8, expected no more than MaxProcs" },
    { "gavel-trace", "g.trace", "", "g.trace:1: jobs: found none, expected at least one" },
    { "gavel-trace", "g.trace", "LM python 5\n",
      "g.trace:1: columns: found 1, expected 10 between tabs, or 9 without working_directory" },
    { "gavel-trace", "g.trace",
      "LM\tpython\tlm\t-n\t1\t5\t1\t1\t-1\t0\nLM\tpython\tlm\t-n\t1\t5\t1\t1\t-1\t0\t3\n",
      "g.trace:2: columns: found 11, expected 10 between tabs, or 9 without working_directory" },
    { "gavel-trace", "g.trace", "\tpython\tlm\t-n\t1\t5\t1\t1\t-1\t0",
      "g.trace:1: job_type: found nothing, expected a name" },
    { "gavel-trace", "g.trace", "LM\tpython\tlm\t-n\t1\t0\t1\t1\t-1\t0",
      "g.trace:1: total_steps: found 0, expected a whole number from 1 to 9223372036854775807" },
    { "gavel-trace", "g.trace", "LM\tpython\tlm\t-n\t1\t1e5\t1\t1\t-1\t0",
      "g.trace:1: total_steps: found 1e5, expected a whole number from 1 to 9223372036854775807" },
    { "gavel-trace", "g.trace", "LM\tpython\tlm\t-n\t1\t5\t0\t1\t-1\t0",
      "g.trace:1: scale_factor: found 0, expected a whole number from 1 to 100000" },
    { "gavel-trace", "g.trace", "LM\tpython\tlm\t-n\t1\t5\t1\theavy\t-1\t0",
      "g.trace:1: priority_weight: found heavy, expected a number from 0 to 1e+06" },
    { "gavel-trace", "g.trace", "LM\tpython\tlm\t-n\t1\t5\t1\t1\t\t0",
      "g.trace:1: SLO: found nothing, expected a number from -1 to 1e+09" },
    { "gavel-trace", "g.trace", "LM\tpython\tlm\t-n\t1\t5\t1\t1\t-1\t-3",
      "g.trace:1: arrival_time: found -3, expected a number from 0 to 4e+09" },
    { "kubernetes-json", "k.json", "",
      "k.json:1: found '[' or '{' expected near end of file, expected JSON" },
    { "kubernetes-json", "k.json", "[]", "k.json: top level: found no object, expected an object" },
    { "kubernetes-json", "k.json", "{\"kind\": \"List\"}",
      "k.json: items: found nothing, expected a list of nodes and pods" },
    { "kubernetes-json", "k.json", "{\"items\": []}",
      "k.json: items: found [], expected a list of nodes and pods" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"},\"status\":{\"allocatable\":{\"cpu\":"
      "\"4\"}}},{}]}",
      "k.json: items[1].kind: found nothing, expected Node or Pod" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"\"},\"status\":{\"allocatable\":{\"cpu\":"
      "\"4\"}}}]}",
      "k.json: items[0].metadata.name: found \"\", expected a name" },
    { "kubernetes-json", "k.json", "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"}}]}",
      "k.json: items[0].status.allocatable: found nothing, expected an object of quantities" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"},\"status\":{\"allocatable\":{\"cpu\":\"4 "
      "cores\"}}}]}",
      "k.json: items[0].status.allocatable.cpu: found \"4 cores\", expected a quantity of at least 0, as "
      "\"500m\" or \"1.5Gi\"" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"},\"status\":{\"allocatable\":{\"cpu\":"
      "\"4\",\"memory\":-1}}}]}",
      "k.json: items[0].status.allocatable.memory: found -1, expected a quantity of at least 0, as \"500m\" "
      "or \"1.5Gi\"" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"},\"status\":{\"allocatable\":{\"cpu\":"
      "\"4\",\"nvidia.com/gpu\":\"1M\"}}}]}",
      "k.json: items[0].status.allocatable.nvidia.com/gpu: found \"1M\", expected at most 100000 devices" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\",\"labels\":\"zone=b\"},\"status\":{"
      "\"allocatable\":{\"cpu\":\"4\"}}}]}",
      "k.json: items[0].metadata.labels: found \"zone=b\", expected an object of labels" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\",\"labels\":{\"zone\":\"a,b=c\"}},"
      "\"status\":{\"allocatable\":{\"cpu\":\"4\"}}}]}",
      "k.json: items[0].metadata.labels.zone: found \"a,b=c\", expected a label of letters, digits and - _ . "
      "/" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\",\"labels\":{\"zone\":3}},\"status\":{"
      "\"allocatable\":{\"cpu\":\"4\"}}}]}",
      "k.json: items[0].metadata.labels.zone: found 3, expected a label of letters, digits and - _ . /" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"},\"status\":{\"allocatable\":{\"cpu\":"
      "\"4\"}},\"spec\":{\"taints\":{}}}]}",
      "k.json: items[0].spec.taints: found {}, expected a list" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"},\"status\":{\"allocatable\":{\"cpu\":"
      "\"4\"}},\"spec\":{\"taints\":[{\"key\":\"k\",\"effect\":\"Never\"}]}}]}",
      "k.json: items[0].spec.taints[0]: found {\"key\":\"k\",\"effect\":\"Never\"}, expected a taint with "
      "key, value and effect" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"},\"status\":{\"allocatable\":{\"cpu\":"
      "\"4\"}}},{\"kind\":\"Pod\",\"metadata\":{\"creationTimestamp\":\"2025-01-01T00:00:00Z\"},\"spec\":{"
      "\"containers\":[{}]}}]}",
      "k.json: items[1].metadata.name: found nothing, expected a name" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{}]}}]}",
      "k.json: items[0].metadata.creationTimestamp: found nothing, expected a time, as "
      "2025-01-31T12:00:00Z" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-02-30T00:00:"
      "00Z\"},\"spec\":{\"containers\":[{}]}}]}",
      "k.json: items[0].metadata.creationTimestamp: found \"2025-02-30T00:00:00Z\", expected a time, as "
      "2025-01-31T12:00:00Z" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01 "
      "00:00:00\"},\"spec\":{\"containers\":[{}]}}]}",
      "k.json: items[0].metadata.creationTimestamp: found \"2025-01-01 00:00:00\", expected a time, as "
      "2025-01-31T12:00:00Z" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"1969-12-31T23:59:"
      "59Z\"},\"spec\":{\"containers\":[{}]}}]}",
      "k.json: items[0].metadata.creationTimestamp: found \"1969-12-31T23:59:59Z\", expected a time, as "
      "2025-01-31T12:00:00Z" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":1735689600},\"spec\":"
      "{\"containers\":[{}]}}]}",
      "k.json: items[0].metadata.creationTimestamp: found 1735689600, expected a time, as "
      "2025-01-31T12:00:00Z" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":\"none\"}]}",
      "k.json: items[0].spec.containers: found nothing, expected a list of containers" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":{\"containers\":[]}}]}",
      "k.json: items[0].spec.containers: found [], expected a list of containers" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":{\"containers\":[{},7]}}]}",
      "k.json: items[0].spec.containers[1].resources.requests: found 7, expected a container" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":{\"containers\":[{\"resources\":{\"requests\":{\"cpu\":\"1.5K\"}}}]}}]}",
      "k.json: items[0].spec.containers[0].resources.requests.cpu: found \"1.5K\", expected a quantity of at "
      "least 0, as \"500m\" or \"1.5Gi\"" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":{\"containers\":[{\"resources\":{\"requests\":[\"cpu\"]}}]}}]}",
      "k.json: items[0].spec.containers[0].resources.requests: found [\"cpu\"], expected an object of "
      "quantities" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":{\"containers\":[{}],\"initContainers\":{}}}]}",
      "k.json: items[0].spec.initContainers: found {}, expected a list of containers" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":{\"containers\":[{}],\"overhead\":{\"memory\":true}}}]}",
      "k.json: items[0].spec.overhead.memory: found true, expected a quantity of at least 0, as \"500m\" or "
      "\"1.5Gi\"" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":{\"containers\":[{}],\"priority\":3000000000}}]}",
      "k.json: items[0].spec.priority: found 3000000000, expected a whole number of 32 bits" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":{\"containers\":[{}],\"nodeSelector\":[\"zone\"]}}]}",
      "k.json: items[0].spec.nodeSelector: found [\"zone\"], expected an object of labels" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":{\"containers\":[{}],\"tolerations\":[{\"key\":\"k\",\"operator\":\"Gt\"}]}}]}",
      "k.json: items[0].spec.tolerations[0]: found {\"key\":\"k\",\"operator\":\"Gt\"}, expected a "
      "toleration with key, operator Exists or Equal, value and effect" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"},\"spec\":{\"containers\":[{}],\"tolerations\":[{\"value\":\"v\"}]}}]}",
      "k.json: items[0].spec.tolerations[0]: found {\"value\":\"v\"}, expected a toleration with key, "
      "operator Exists or Equal, value and effect" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":[]}}]}",
      "k.json: items[0].spec.affinity: found [], expected an object" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDur"
      "ingExecution\":{}}}}}]}",
      "k.json: items[0].spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
      ": found {}, expected nodeSelectorTerms, at least one" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDur"
      "ingExecution\":{\"nodeSelectorTerms\":[{}]}}}}}]}",
      "k.json: items[0].spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
      ".nodeSelectorTerms[0]: found {}, expected at least one requirement" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDur"
      "ingExecution\":{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"Near\"}]}]"
      "}"
      "}}}}]}",
      "k.json: items[0].spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
      ".nodeSelectorTerms[0].matchExpressions[0]: found {\"key\":\"k\",\"operator\":\"Near\"}, expected a"
      " requirement with key, operator and the values that it takes" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDur"
      "ingExecution\":{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"In\","
      "\"value"
      "s\":[\"a,b\"]}]}]}}}}}]}",
      "k.json: items[0].spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
      ".nodeSelectorTerms[0].matchExpressions[0].values[0]: found \"a,b\", expected a value of lett"
      "ers, digits and - _ . /" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDur"
      "ingExecution\":{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"Gt\","
      "\"value"
      "s\":[\"x\"]}]}]}}}}}]}",
      "k.json: items[0].spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
      ".nodeSelectorTerms[0].matchExpressions[0]: found {\"key\":\"k\",\"operator\":\"Gt\",\"values\":[\"x\"]"
      "}, expected a requirement with key, operator and the values that it takes" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDur"
      "ingExecution\":{\"nodeSelectorTerms\":[{\"matchFields\":[{\"key\":\"spec.x\",\"operator\":\"Exists\"}]"
      "}"
      "]}}}}}]}",
      "k.json: items[0].spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
      ".nodeSelectorTerms[0].matchFields[0]: found {\"key\":\"spec.x\",\"operator\":\"Exists\"}, expected"
      " a requirement of metadata.name" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"nodeAffinity\":{\"preferredDuringSchedulingIgnoredDu"
      "ringExecution\":[{\"weight\":0}]}}}}]}",
      "k.json: items[0].spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecutio"
      "n[0].weight: found 0, expected a whole number from 1 to 100" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"podAffinity\":{\"requiredDuringSchedulingIgnoredDuri"
      "ngExecution\":{}}}}}]}",
      "k.json: items[0].spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution:"
      " found {}, expected a list" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"podAffinity\":{\"requiredDuringSchedulingIgnoredDuri"
      "ngExecution\":[{\"topologyKey\":\"rack\",\"labelSelector\":{}}]}}}}]}",
      "k.json: items[0].spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution["
      "0].topologyKey: found \"rack\", expected kubernetes.io/hostname, topology.kubernetes.io/zone"
      " or topology.kubernetes.io/region" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"podAntiAffinity\":{\"requiredDuringSchedulingIgnored"
      "DuringExecution\":[{\"topologyKey\":\"kubernetes.io/hostname\"}]}}}}]}",
      "k.json: items[0].spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecut"
      "ion[0].labelSelector: found nothing, expected a selector: without one no pod matches" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"podAntiAffinity\":{\"preferredDuringSchedulingIgnore"
      "dDuringExecution\":[{\"weight\":\"9\",\"podAffinityTerm\":{\"topologyKey\":\"kubernetes.io/hostname\""
      ",\"labelSelector\":{}}}]}}}}]}",
      "k.json: items[0].spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecu"
      "tion[0].weight: found \"9\", expected a whole number from 1 to 100" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"affinity\":{\"podAntiAffinity\":{\"requiredDuringSchedulingIgnored"
      "DuringExecution\":[{\"topologyKey\":\"kubernetes.io/hostname\",\"labelSelector\":{},\"namespaceSel"
      "ector\":{\"matchLabels\":{\"a\":\"b\"}}}]}}}}]}",
      "k.json: items[0].spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecut"
      "ion[0].namespaceSelector: found {\"matchLabels\":{\"a\":\"b\"}}, expected none, or {}: snapshots"
      " don't have the namespaces' labels" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"topologySpreadConstraints\":{}}}]}",
      "k.json: items[0].spec.topologySpreadConstraints: found {}, expected a list" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"topologySpreadConstraints\":[{\"maxSkew\":0,\"whenUnsatisfiable\":\""
      "DoNotSchedule\",\"topologyKey\":\"kubernetes.io/hostname\",\"labelSelector\":{}}]}}]}",
      "k.json: items[0].spec.topologySpreadConstraints[0].maxSkew: found 0, expected a whole numb"
      "er from 1 to 1000000" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"topologySpreadConstraints\":[{\"maxSkew\":1,\"whenUnsatisfiable\":\""
      "Never\",\"topologyKey\":\"kubernetes.io/hostname\",\"labelSelector\":{}}]}}]}",
      "k.json: items[0].spec.topologySpreadConstraints[0].whenUnsatisfiable: found \"Never\", expec"
      "ted DoNotSchedule or ScheduleAnyway" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"topologySpreadConstraints\":[{\"maxSkew\":1,\"whenUnsatisfiable\":\""
      "DoNotSchedule\",\"topologyKey\":\"kubernetes.io/hostname\",\"labelSelector\":{},\"minDomains\":3}]}"
      "}]}",
      "k.json: items[0].spec.topologySpreadConstraints[0].minDomains: found 3, expected none, or "
      "1" },
    { "kubernetes-json", "k.json",
      "{\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2025-01-01T00:00:"
      "00Z\"}"
      ",\"spec\":{\"containers\":[{}],\"topologySpreadConstraints\":[{\"maxSkew\":1,\"whenUnsatisfiable\":\""
      "DoNotSchedule\",\"topologyKey\":\"kubernetes.io/hostname\",\"labelSelector\":{},\"matchLabelKeys\":"
      "\"app\"}]}}]}",
      "k.json: items[0].spec.topologySpreadConstraints[0].matchLabelKeys: found \"app\", expected a"
      " list" },
};

/* The text with every `old` for `new`; the caller frees it. */
static char *replaced(const char *text, const char *old, const char *new)
{
    size_t times = 0, before = strlen(old), after = strlen(new);
    char *result, *to;

    for (const char *at = text; before > 0 && (at = strstr(at, old)) != NULL; at += before)
        times++;
    result = to = malloc(strlen(text) + times * after + 1);
    assert_non_null(result);
    while (*text != '\0') {
        if (before > 0 && strncmp(text, old, before) == 0) {
            memcpy(to, new, after);
            to += after;
            text += before;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
    return result;
}

static const char *text_of(const char *name)
{
    for (size_t i = 0; i < COUNT(tiny_files); i++)
        if (strcmp(tiny_files[i].name, name) == 0)
            return tiny_files[i].text;
    fail_msg("no file %s in the tiny world", name);
    return NULL;
}

/* 1: the message is what was expected, paths taken relative to the folder. Else says what differs. */
static int message_is(const char *table, size_t number, sky_status status, const char *message,
                      const char *expected)
{
    char here[sizeof folder + 1], *found;
    int same;

    snprintf(here, sizeof here, "%s/", folder);
    found = replaced(message, here, "");
    same = status == SKY_ERROR_INPUT && strcmp(found, expected) == 0;
    if (!same)
        print_message("%s %zu: status %d\n  found    %s\n  expected %s\n", table, number, (int)status, found,
                      expected);
    free(found);
    return same;
}

/* What a failed load leaves behind is an empty scenario: freeing it again is harmless. */
static void assert_empty(scenario *s)
{
    static const scenario empty;

    assert_memory_equal(s, &empty, sizeof empty);
    scenario_free(s);
}

static size_t wrong_scenarios(const char *table, const scenario_case *cases, size_t count, const char *top)
{
    size_t wrong = 0;
    char path[256], traces[256];

    snprintf(path, sizeof path, "%s/%s", folder, top);
    snprintf(traces, sizeof traces, "traces=%s/traces", folder);
    for (size_t i = 0; i < count; i++) {
        const char *original = text_of(cases[i].file), *overrides[2];
        char *text = replaced(original, cases[i].old, cases[i].new);
        char *set = cases[i].set != NULL ? replaced(cases[i].set, "@", folder) : NULL;
        sky_error error = { "" };
        size_t sets = 0;
        scenario s;

        assert_true(cases[i].old[0] == '\0' || strcmp(text, original) != 0);
        if (strcmp(top, "traced.cfg") == 0)
            overrides[sets++] = traces;
        if (set != NULL)
            overrides[sets++] = set;
        assert_true(tiny_write(folder, cases[i].file, text, strlen(text)));
        wrong += !message_is(table, i, scenario_load(path, overrides, sets, &s, &error), error.message,
                             cases[i].expected);
        assert_true(tiny_write(folder, cases[i].file, original, strlen(original)));
        assert_empty(&s);
        free(text);
        free(set);
    }
    return wrong;
}

static void test_broken_scenarios(void **state)
{
    (void)state;
    assert_int_equal(wrong_scenarios("tiny", tiny, COUNT(tiny), "tiny.cfg"), 0);
}

/* What only tasks that share nodes have: said of a pool, a class, the queue or the workload. */
typedef struct task_case {
    const char *pool, *job_class, *queue, *workload, *expected;
} task_case;

static const task_case tasks[] = {
    { "node_mtbf = \"5\"; ", "", "", "", "tasks.cfg:3: pools[0].node_mtbf: found \"5\", expected" },
    { "node_repair = \"-1 h\"; ", "", "", "", "tasks.cfg:3: pools[0].node_repair: found \"-1 h\", expected" },
    { "", "mtbf = \"often\"; ", "", "", "tasks.cfg:5: classes[0].mtbf: found \"often\", expected" },
    { "", "failure_shape = 0.0; ", "", "", "tasks.cfg:5: classes[0].failure_shape: found 0, expected" },
    { "", "", "preempt = 3; ", "", "tasks.cfg:4: queue.preempt: found 3, expected" },
    { "", "", "grace = \"1\"; ", "", "tasks.cfg:4: queue.grace: found \"1\", expected" },
    { "", "", "", "array = 0; ", "tasks.cfg:6: workloads[0].array: found 0, expected" },
    { "", "", "", "array = 3; at_once = 4; ", "tasks.cfg:6: workloads[0].at_once: found 4, expected" },
    { "", "", "", "at_once = 4; ",
      "tasks.cfg:6: workloads[0].at_once: found a workload without array, expected" },
    { "", "", "", "array = 3; chain = 2; ",
      "tasks.cfg:6: workloads[0].chain: found array, expected one of array, chain, fan and stages" },
    { "", "", "", "chain = 1001; ", "tasks.cfg:6: workloads[0].chain: found 1001, expected" },
    { "", "", "", "fan = 1000000; ",
      "tasks.cfg:6: workloads[0].fan: found more than a million tasks, expected" },
    { "", "", "", "stages = ( ); ", "workloads[0].stages: found an empty list, expected 1 to 1000 stages" },
    { "", "", "", "stages = ( { count = 2; } ); ",
      "tasks.cfg:6: workloads[0].stages[0].name: found nothing" },
    { "", "", "", "stages = ( { name = \"a\"; }, { name = \"a\"; } ); ",
      "tasks.cfg:6: workloads[0].stages[1].name: found a, expected a name of its own for each stage" },
    { "", "", "", "stages = ( { name = \"prepare\"; },\n { name = \"b\"; after = [\"prepaer\"]; } ); ",
      "tasks.cfg:7: workloads[0].stages[1].after: found prepaer, expected names of stages of the same "
      "workload "
      "(did you mean \"prepare\"?)" },
    { "", "", "",
      "stages = ( { name = \"a\"; },\n { name = \"b\"; after = [\"a\", \"c\"]; },\n { name = \"c\"; "
      "after = [\"b\"]; } ); ",
      "tasks.cfg:7: workloads[0].stages[1].after: found b, expected stages that do not wait for each other "
      "in a "
      "circle" },
    { "", "", "", "stages = ( { name = \"a\"; after = [\"a\"]; } ); ",
      "tasks.cfg:6: workloads[0].stages[0].after: found a, expected stages that do not wait for each other" },
    { "", "", "", "stages = ( { name = \"a\"; }, { name = \"b\"; after = [\"a\", \"a\"]; } ); ",
      "workloads[0].stages[1].after: found a, expected each stage once" },
    { "", "", "", "stages = ( { name = \"a\"; class = \"tsak\"; } ); ",
      "workloads[0].stages[0].class: found tsak, expected the name of one of `classes` with a request (did "
      "you "
      "mean \"task\"?)" },
    { "", "", "",
      "stages = ( { name = \"a\"; count = 5000; }, { name = \"b\"; count = 5000; after = [\"a\"]; } ); ",
      "workloads[0].stages: found more than 4 million pairs of tasks that wait for each other, expected" },
    { "", "", "", "stages = ( { name = \"a\"; work_factor = 0.0; } ); ",
      "workloads[0].stages[0].work_factor: found 0, expected" },
    { "", "", "", "retries = 65536; ", "tasks.cfg:6: workloads[0].retries: found 65536, expected" },
    { "", "", "", "retry_after = \"2 h\"; retry_longest = \"1 h\"; ",
      "tasks.cfg:6: workloads[0].retry_longest: found less than retry_after, expected at least retry_after" },
    { "", "", "", "on_failure = \"stop\"; ",
      "tasks.cfg:6: workloads[0].on_failure: found \"stop\", expected" },
    { "", "", "", "checkpoint_time = \"1 min\"; ",
      "tasks.cfg:6: workloads[0].checkpoint_time: found no checkpoint_interval, expected one" },
    { "", "", "", "estimate_least = 2.0; ", "tasks.cfg:6: workloads[0].estimate_least: found 2, expected" },
};

static void test_broken_lives_of_tasks(void **state)
{
    char text[2048], path[256];
    size_t wrong = 0;

    (void)state;
    snprintf(path, sizeof path, "%s/tasks.cfg", folder);
    for (size_t i = 0; i < COUNT(tasks); i++) {
        const task_case *c = &tasks[i];
        sky_error error = { "" };
        scenario s;

        snprintf(text, sizeof text,
                 "@include \"catalog/catalog.cfg\"\n"
                 "name = \"tasks\"; duration = \"1 d\"; strategies = [\"best-fit\"];\n"
                 "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; nodes = 2; %s} );\n"
                 "queue = { discipline = \"fcfs\"; %s};\n"
                 "classes = ( { name = \"task\"; request = { cpus = 1.0; }; %s} );\n"
                 "workloads = ( { name = \"w\"; class = \"task\"; arrival = \"start\"; %s"
                 "work = { mean = \"1 h\"; }; } );\n",
                 c->pool, c->queue, c->job_class, c->workload);
        assert_true(tiny_write(folder, "tasks.cfg", text, strlen(text)));
        if (scenario_load(path, NULL, 0, &s, &error) == SKY_OK) {
            scenario_free(&s);
            print_error("task case %zu: no error, expected \"%s\"\n", i, c->expected);
            wrong++;
        } else if (strstr(error.message, c->expected) == NULL) {
            print_error("task case %zu: found \"%s\", expected \"%s\"\n", i, error.message, c->expected);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_broken_accelerators(void **state)
{
    (void)state;
    assert_int_equal(wrong_scenarios("accelerators", accelerators, COUNT(accelerators), "accelerators.cfg"),
                     0);
}

static void test_broken_placement_terms(void **state)
{
    (void)state;
    assert_int_equal(wrong_scenarios("shared", shared, COUNT(shared), "tiny.cfg"), 0);
}

static void test_broken_replays(void **state)
{
    (void)state;
    assert_int_equal(wrong_scenarios("traced", traced, COUNT(traced), "traced.cfg"), 0);
}

static void test_broken_traces(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(traces); i++) {
        char path[256];
        sky_error error = { "" };
        trace_set set = { 0 };

        snprintf(path, sizeof path, "%s/%s", folder, traces[i].name);
        assert_true(tiny_write(folder, traces[i].name, traces[i].text, strlen(traces[i].text)));
        wrong += !message_is("traces", i, trace_format_find(traces[i].format)->read(path, &set, &error),
                             error.message, traces[i].expected);
        trace_set_free(&set);
    }
    assert_int_equal(wrong, 0);
}

/* ---- files that are none ------------------------------------------------------------------------------------ */

static void assert_refused(const char *name, const char *part)
{
    char path[256];
    sky_error error = { "" };
    size_t count = 0;
    const trace_format *const *formats = trace_formats(&count);
    scenario s;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(scenario_load(path, NULL, 0, &s, &error), SKY_ERROR_INPUT);
    if (strstr(error.message, path) == NULL || strstr(error.message, part) == NULL)
        fail_msg("%s: found \"%s\", expected \"… %s …\"", name, error.message, part);
    assert_empty(&s);
    for (size_t i = 0; i < count; i++) {
        trace_set set = { 0 };

        error.message[0] = '\0';
        if (formats[i]->read(path, &set, &error) != SKY_ERROR_INPUT)
            fail_msg("%s: %s takes it", name, formats[i]->name);
        assert_non_null(strstr(error.message, path));
        assert_null(strchr(error.message, '\n'));
        trace_set_free(&set);
    }
}

static void test_what_is_no_file(void **state)
{
    char pipe_path[256];

    (void)state;
    snprintf(pipe_path, sizeof pipe_path, "%s/pipe", folder);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_refused("nowhere.cfg", "No such file or directory");
    assert_refused("catalog", "found a directory, expected a scenario file");
    assert_refused("pipe",
                   "found no plain file, expected a scenario file"); /* and does not wait for a writer */
    assert_refused("tiny.cfg/x", "Not a directory");
}

static void test_what_is_no_text(void **state)
{
    static const char binary[] = "\x89HDF\r\n\x1a\n\0\0\0\0", lonely[] = "\xff\xfe=\x01;";

    (void)state;
    assert_true(tiny_write(folder, "empty.cfg", "", 0));
    assert_refused("empty.cfg", "empty.cfg:1: found an empty scenario, expected");
    assert_true(tiny_write(folder, "binary.cfg", binary, sizeof binary));
    assert_refused("binary.cfg", "found binary data, expected text");
    assert_true(tiny_write(folder, "lonely.cfg", lonely, sizeof lonely - 1));
    assert_refused("lonely.cfg", "lonely.cfg:1: found syntax error, expected key = value;");
}

static void test_unreadable_file(void **state)
{
    char path[256];

    (void)state;
    if (geteuid() == 0) {
        print_message("skipped: root can read everything\n");
        skip();
    }
    assert_true(tiny_write(folder, "secret.cfg", "a = 1;", 6));
    snprintf(path, sizeof path, "%s/secret.cfg", folder);
    assert_int_equal(chmod(path, 0), 0);
    assert_refused("secret.cfg", "Permission denied");
}

/* A file that includes itself many times over must not be read until the end of time. */
static void test_includes_without_end(void **state)
{
    static char text[60 * 32];

    (void)state;
    for (int i = 0; i < 60; i++)
        strcat(text, "@include \"again.cfg\"\n");
    assert_true(tiny_write(folder, "again.cfg", text, strlen(text)));
    assert_refused("again.cfg", "again.cfg:1: @include: found more than 10 levels, expected fewer");
}

static void test_deep_nesting(void **state)
{
    static char text[400000];
    static const char *const brackets[] = { "(", "{ a: ", "[" };

    (void)state;
    for (size_t b = 0; b < COUNT(brackets); b++) {
        size_t used = (size_t)snprintf(text, sizeof text, "name = ");

        while (used < 300000)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", brackets[b]);
        assert_true(tiny_write(folder, "deep.cfg", text, used));
        assert_refused("deep.cfg", "deep.cfg:1: found ");
    }
}

/* ---- any damage at all: an error of one line, or a scenario --------------------------------------------------- */

static void load_or_refuse(const char *path)
{
    sky_error error = { "" };
    scenario s;

    if (scenario_load(path, NULL, 0, &s, &error) == SKY_OK) {
        assert_true(s.pool_count > 0 && s.workload_count > 0 && s.class_count > 0);
        scenario_free(&s);
        return;
    }
    assert_true(error.message[0] != '\0');
    assert_null(strchr(error.message, '\n'));
    assert_empty(&s);
}

static void test_every_kind_of_damage(void **state)
{
    static const char *const names[] = { "tiny.cfg", "catalog/aws.cfg", "catalog/catalog.cfg", "jobs.csv" };
    char path[256];
    uint64_t random = 1;

    (void)state;
    snprintf(path, sizeof path, "%s/tiny.cfg", folder);
    for (size_t f = 0; f < COUNT(names); f++) {
        const char *original = text_of(names[f]);
        size_t size = strlen(original);
        char *text = strdup(original);

        assert_non_null(text);
        for (size_t cut = 0; cut < size; cut += 11) {
            assert_true(tiny_write(folder, names[f], original, cut));
            load_or_refuse(path);
        }
        for (int i = 0; i < 200; i++) {
            random = random * UINT64_C(6364136223846793005) + 1;
            size_t at = (size_t)(random >> 33) % size;

            text[at] = "\0;(){}[]\"=,0-9e\n@#\xff"[(random >> 20) % 19];
            assert_true(tiny_write(folder, names[f], text, size));
            load_or_refuse(path);
            text[at] = original[at];
        }
        assert_true(tiny_write(folder, names[f], original, size));
        free(text);
    }
    load_or_refuse(path);
}

static void read_or_refuse(const char *format, const char *path)
{
    sky_error error = { "" };
    trace_set set = { 0 };

    if (trace_format_find(format)->read(path, &set, &error) != SKY_OK) {
        assert_true(error.message[0] != '\0');
        assert_null(strchr(error.message, '\n'));
    }
    trace_set_free(&set);
}

static void test_every_kind_of_damage_to_traces(void **state)
{
    static const char *const good[][2] = {
        { "openb-nodes", NODES "a,1000,1,0,\nb,2000,2,8,T4\n" },
        { "openb-tasks", TASKS TIMES "x,1,1,1,500,0,9,3\ny,1,1,0,0,0,,\n" },
        { "swf", "; MaxProcs: 8\n; MaxNodes: 2\n1 0 5 9 4 -1 64 4 9 -1 1 1 1 1 1 1 -1 -1\n" },
        { "gavel-trace", "LM\tpython\tfolder\t-n\t1\t5\t1\t1\t-1\t0.5\n" },
        { "kubernetes-json",
          "{\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\",\"labels\":{\"a\":\"b\"}},\"spec\":{"
          "\"taints\":[{\"key\":\"k\",\"effect\":\"NoExecute\"}]},\"status\":{\"allocatable\":{\"cpu\":\"4\","
          "\"amd.com/gpu\":\"2\"}}},{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"creationTimestamp\":"
          "\"2025-01-01T00:00:00Z\"},\"spec\":{\"containers\":[{\"resources\":{\"requests\":{\"cpu\":\"1."
          "5m\","
          "\"memory\":\"2e3\"}}}],\"tolerations\":[{\"operator\":\"Exists\"}],\"priority\":3}}]}" },
    };
    char path[256], text[2048];
    uint64_t random = 1;

    (void)state;
    snprintf(path, sizeof path, "%s/damaged", folder);
    for (size_t f = 0; f < COUNT(good); f++) {
        size_t size = strlen(good[f][1]);

        assert_in_range(size, 1, sizeof text - 1);
        strcpy(text, good[f][1]);
        for (size_t cut = 0; cut <= size; cut++) {
            assert_true(tiny_write(folder, "damaged", text, cut));
            read_or_refuse(good[f][0], path);
        }
        for (int i = 0; i < 2000; i++) {
            random = random * UINT64_C(6364136223846793005) + 1;
            size_t at = (size_t)(random >> 33) % size;

            text[at] = "\0;\t{}[]\"=,0-9e\n@:.\xff"[(random >> 20) % 19];
            assert_true(tiny_write(folder, "damaged", text, size));
            read_or_refuse(good[f][0], path);
            text[at] = good[f][1][at];
        }
    }
}

/* The internal form, with a byte turned over here and there. */
static void test_damaged_internal_form(void **state)
{
    static const char nodes[] = NODES "a,1000,1,0,\nb,2000,2,8,T4\n";
    static const char tasks[] = TASKS TIMES "x,1,1,1,500,0,9,3\ny,1,1,0,0,0,,\n";
    static char bytes[1 << 16];
    trace_set set = { 0 };
    sky_error error = { "" };
    char path[256], jobs[256];
    FILE *file;
    size_t size;

    (void)state;
    snprintf(path, sizeof path, "%s/whole.h5", folder);
    snprintf(jobs, sizeof jobs, "%s/traces/us-x1-b", folder);
    assert_int_equal(trace_format_find("spot-json")->read(jobs, &set, &error), SKY_OK);
    snprintf(jobs, sizeof jobs, "%s/jobs.csv", folder);
    assert_int_equal(trace_format_find("job-csv")->read(jobs, &set, &error), SKY_OK);
    snprintf(jobs, sizeof jobs, "%s/n.csv", folder);
    assert_true(tiny_write(folder, "n.csv", nodes, strlen(nodes)));
    assert_int_equal(trace_format_find("openb-nodes")->read(jobs, &set, &error), SKY_OK);
    assert_true(tiny_write(folder, "n.csv", tasks, strlen(tasks)));
    assert_int_equal(trace_format_find("openb-tasks")->read(jobs, &set, &error), SKY_OK);
    assert_int_equal(trace_write(path, &set, &error), SKY_OK);
    trace_set_free(&set);
    file = fopen(path, "r");
    assert_non_null(file);
    size = fread(bytes, 1, sizeof bytes, file);
    assert_int_equal(fclose(file), 0);
    assert_in_range(size, 1000, sizeof bytes - 1);
    snprintf(path, sizeof path, "%s/damaged.h5", folder);
    for (size_t at = 0; at < size; at += 17) {
        bytes[at] = (char)~bytes[at];
        assert_true(tiny_write(folder, "damaged.h5", bytes, size));
        assert_int_equal(trace_format_find("skytwin")->read(path, &set, &error), SKY_ERROR_INPUT);
        assert_non_null(strstr(error.message, "damaged.h5: found "));
        trace_set_free(&set);
        bytes[at] = (char)~bytes[at];
    }
}

static int make_world(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || !tiny_write_all(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_scenarios),      cmocka_unit_test(test_broken_lives_of_tasks),
        cmocka_unit_test(test_broken_accelerators),   cmocka_unit_test(test_broken_placement_terms),
        cmocka_unit_test(test_broken_replays),        cmocka_unit_test(test_broken_traces),
        cmocka_unit_test(test_what_is_no_file),       cmocka_unit_test(test_what_is_no_text),
        cmocka_unit_test(test_unreadable_file),       cmocka_unit_test(test_includes_without_end),
        cmocka_unit_test(test_deep_nesting),          cmocka_unit_test(test_every_kind_of_damage),
        cmocka_unit_test(test_damaged_internal_form), cmocka_unit_test(test_every_kind_of_damage_to_traces),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
