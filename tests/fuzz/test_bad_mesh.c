/* Broken meshes of services, and the one line that each earns. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/folder.h"

/* Line 1: the rest of what a scenario needs; 2 and 3: services, populations, with a key more each; 4: the mesh. */
typedef struct bad_case {
    const char *service, *population, *mesh, *message;
} bad_case;

static const bad_case cases[] = {
    { "", "", "mesh = { sampel = 10; };",
      "bad.cfg:4: mesh.sampel: found an unknown key, expected a known key (did you mean \"sample\"?)" },
    { "", "", "mesh = { sample = 0; };",
      "bad.cfg:4: mesh.sample: found 0, expected a whole number from 1 to 1000000000" },
    { "", "", "mesh = { mtls = \"never\"; };",
      "bad.cfg:4: mesh.mtls: found \"never\", expected one of: between-domains everywhere" },
    { "", "", "mesh = { certificates = { lifetime = \"1 h\"; }; };",
      "bad.cfg:4: mesh.certificates.every: found nothing, expected a time with its unit (ns, us, ms, s, min, "
      "h, d), "
      "such as \"90 s\"" },
    { "", "", "mesh = { certificates = { every = \"1 ms\"; }; };",
      "bad.cfg:4: mesh.certificates.every: found a time out of range, expected a time from \"1 s\" to "
      "\"100000 "
      "h\"" },
    { "", "", "mesh = { certificates = { every = \"2 h\"; lifetime = \"1 h\"; }; };",
      "bad.cfg:4: mesh.certificates.lifetime: found less than `every`, expected a time that lasts to the "
      "next "
      "renewal" },
    { "", "", "mesh = { certificates = { every = \"2 h\"; failure = 1.5; }; };",
      "bad.cfg:4: mesh.certificates.failure: found 1.5, expected a number from 0 to 1" },
    { "", "",
      "mesh = { certificates = { every = \"2 h\"; outages = ( { from = \"2 h\"; to = \"1 h\"; } ); }; };",
      "bad.cfg:4: mesh.certificates.outages[0].to: found no later than `from`, expected a later time" },
    { "", "", "mesh = { discovery = { every = \"1 ms\"; }; };",
      "bad.cfg:4: mesh.discovery.every: found less than 10 ms, expected a time of at least \"10 ms\"" },
    { "", "", "mesh = { dns = { ttl = \"0 s\"; }; };",
      "bad.cfg:4: mesh.dns.ttl: found 0, expected a time above 0" },
    { "", "", "mesh = { locality = { threshold = 2.0; }; };",
      "bad.cfg:4: mesh.locality.threshold: found 2, expected a number from 0.01 to 1" },
    { "", "routing = \"locality\";", "mesh = { sample = 10; };",
      "bad.cfg:3: populations[0].routing: found locality without `mesh.discovery`, expected a `mesh` with "
      "it: "
      "that is how load and health are known" },
    { "", "gateway = \"pop\";", "",
      "bad.cfg:3: populations[0].gateway: found pop, expected the name of one of `mesh.gateways`" },
    { "", "gateway = \"popp\";",
      "mesh = { gateways = ( { name = \"pop\"; region = \"aws:us-east-1\"; } ); };",
      "bad.cfg:3: populations[0].gateway: found popp, expected the name of one of `mesh.gateways` (did you "
      "mean "
      "\"pop\"?)" },
    { "", "", "mesh = { gateways = ( { name = \"pop\"; region = \"aws:us-east-7\"; } ); };",
      "bad.cfg:4: mesh.gateways[0].region: found aws:us-east-7, expected a region of the catalog, such as "
      "\"aws:us-east-1\" (did you mean \"aws:us-east-1\"?)" },
    { "", "",
      "mesh = { gateways = ( { name = \"pop\"; region = \"aws:us-east-1\"; }, { name = \"pop\"; region = "
      "\"aws:us-east-1\"; } ); };",
      "bad.cfg:4: mesh.gateways[1].name: found pop, expected a name of its own" },
    { "", "", "mesh = { gateways = ( { name = \"pop\"; region = \"aws:us-east-1\"; rate = -5.0; } ); };",
      "bad.cfg:4: mesh.gateways[0].rate: found -5, expected a number from 0.001 to 1e+09" },
    { "passes_to = \"t\";", "", "",
      "bad.cfg:2: services[0].passes_to: found t, expected the name of another one of `services` (did you "
      "mean "
      "\"s\"?)" },
    { "passes_to = \"s\";", "", "",
      "bad.cfg:2: services[0].passes_to: found s, expected the name of another one of `services`" },
    { "per_connection = 0;", "", "",
      "bad.cfg:2: services[0].per_connection: found 0, expected a whole number from 1 to 1000000000" },
};

static sky_status load(const char *service, const char *population, const char *mesh, scenario *s,
                       sky_error *error)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/bad.cfg", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(
        file,
        "@include \"%s/scenarios/catalog/catalog.cfg\" \n"
        "services = ( { name = \"s\"; time = { mean = \"1 ms\"; }; places = ( { region = \"aws:us-east-1\"; "
        "} "
        "); %s } );\n"
        "populations = ( { name = \"p\"; region = \"aws:us-east-1\"; service = \"s\"; rate = 1.0; %s } );\n"
        "%s\n"
        "name = \"bad\"; duration = \"1 h\"; control_interval = \"10 min\"; strategies = [ "
        "\"on-demand-cheapest\" ];\n"
        "pools = ( { machine = \"aws:m5.4xlarge\"; regions = [ \"aws:us-east-1\" ]; } );\n"
        "classes = ( { name = \"c\"; runs_on = ( { machine = \"aws:m5.4xlarge\"; } ); } );\n"
        "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"start\"; count = 1;\n"
        "work = { distribution = \"fixed\"; mean = \"10 min\"; }; deadline = \"1 h\"; } );\n",
        SKYTWIN_SOURCE_DIR, service, population, mesh);
    assert_int_equal(fclose(file), 0);
    return scenario_load(path, NULL, 0, s, error);
}

static void test_each_mistake_earns_its_line(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bad_case *c = &cases[i];
        sky_error error = { "" };
        scenario s;
        const char *message;

        assert_int_equal(load(c->service, c->population, c->mesh, &s, &error), SKY_ERROR_INPUT);
        message = strstr(error.message, "bad.cfg");
        if (message == NULL || strcmp(message, c->message) != 0) {
            print_message("%zu\n  found    %s\n  expected %s\n", i, error.message, c->message);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_the_unbroken_one_is_taken(void **state)
{
    sky_error error = { "" };
    scenario s;

    (void)state;
    assert_int_equal(load("", "", "mesh = { sample = 10; };", &s, &error), SKY_OK);
    scenario_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_mistake_earns_its_line),
        cmocka_unit_test(test_the_unbroken_one_is_taken),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
