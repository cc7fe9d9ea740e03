/* scenarios/service-mesh.cfg does what its paragraph in scenarios/README.md says, every request is on an edge once, and
 * certificates that expire are refused. `skytwin traces` writes what OpenTelemetry takes: structure, ids, times, parts
 * inside of what they are parts of, and adding up to what the client measured. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "record_rows.h"
#include "scenario.h"
#include "tests/validation.h"
#include "twin.h"

#define SCENARIO SKYTWIN_SOURCE_DIR "/scenarios/service-mesh.cfg"
#define MS       1000000

enum { DIRECTLY, BY_GATEWAY, BERLIN, POPULATIONS };
enum { FRANKFURT, VIRGINIA, PAYMENTS };

static char folder[] = "/tmp/skytwin-mesh-XXXXXX";

static record_summary run(const char *const *overrides, size_t count, record_rows *kept)
{
    const twin_options options = { "on-demand-cheapest", 0, 1, SKY_NEVER_NS };
    const twin_output output = { .context = kept, .rows = record_rows_keep };
    record_summary summary;
    scenario s;
    sky_error error;

    if (scenario_load(SCENARIO, overrides, count, &s, &error) != SKY_OK ||
        twin_run(&s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    scenario_free(&s);
    return summary;
}

static record_edge_row edge_of(const record_rows *kept, uint32_t caller_kind, uint32_t caller,
                               uint32_t callee_kind, uint32_t callee)
{
    const record_edge_row *rows = kept->of[RECORD_EDGES];
    record_edge_row sum = { 0 };

    for (size_t i = 0; i < kept->count[RECORD_EDGES]; i++) {
        const record_edge_row *row = &rows[i];

        if (row->caller_kind != caller_kind || row->caller != caller || row->callee_kind != callee_kind ||
            row->callee != callee)
            continue;
        sum.calls += row->calls;
        sum.served += row->served;
        sum.expired += row->expired;
        sum.gone += row->gone;
        sum.full += row->full;
        sum.resumed += row->resumed;
    }
    return sum;
}

static void test_what_the_scenario_says(void **state)
{
    const char *const shorter[] = { "duration=10 min", "workloads[0].work.mean=5 min",
                                    "services[0].endpoint_life=4 min" };
    record_rows kept = { 0 };
    record_summary sum = run(shorter, SKYTWIN_SANITIZED ? 3 : 0, &kept);
    const record_request_row *whole = kept.of[RECORD_SERVICES];
    record_edge_row near = edge_of(&kept, 0, BERLIN, 1, FRANKFURT),
                    far = edge_of(&kept, 0, BERLIN, 1, VIRGINIA);
    record_edge_row gateway = edge_of(&kept, 0, BY_GATEWAY, 2, 0), on = edge_of(&kept, 2, 0, 1, FRANKFURT);
    double stays = (double)near.calls / (double)(near.calls + far.calls);
    char found[100];

    (void)state;
    snprintf(found, sizeof found, "%.0f ms, by the gateway %.0f ms", (double)whole[DIRECTLY].p99_ns / MS,
             (double)whole[BY_GATEWAY].p99_ns / MS);
    print_message("    99th percentile %s; %.1f %% of Berlin stays in Frankfurt\n", found, 100 * stays);
    validation_row("scenarios/service-mesh.cfg: 99th percentile of users in Singapore",
                   "by the gateway at least 250 ms less", found, __FILE_NAME__);
    assert_true(whole[DIRECTLY].p99_ns - whole[BY_GATEWAY].p99_ns > 250 * MS);
    assert_true(stays > 0.45 && stays < 0.6);
    /* A new connection every fifth request, nearly all resumed; the gateway's own stays open. */
    assert_in_range((gateway.full + gateway.resumed) * 5, gateway.calls, gateway.calls + 100);
    assert_true(gateway.full < 12 && on.full + on.resumed < 12);
    assert_true(near.gone + far.gone > 0);
    assert_true(sum.requests_failed * 1000 < sum.requests_served);
    assert_in_range(sum.requests_within * 1000, sum.requests_served * 990, sum.requests_served * 1000);
    record_rows_free(&kept);
}

/* Half of all renewals fail, and one is enough to be without: callers are refused, and that is on the edges. */
static void test_certificates_expire(void **state)
{
    const char *const overrides[] = { "duration=10 min",
                                      "workloads[0].work.mean=5 min",
                                      "control_interval=1 min",
                                      "mesh.certificates.every=10 s",
                                      "mesh.certificates.lifetime=10 s",
                                      "mesh.certificates.failure=0.5" };
    record_rows kept = { 0 };
    record_edge_row edge;
    double expired;

    (void)state;
    run(overrides, 6, &kept);
    edge = edge_of(&kept, 0, DIRECTLY, 1, FRANKFURT);
    expired = (double)edge.expired / (double)edge.calls;
    /* Of either end, and of the two of the call to payments; 60 renewals of each are few. */
    assert_true(expired > 0.75 && expired <= 1);
    assert_true(edge.calls >= edge.served + edge.expired + edge.gone);
    record_rows_free(&kept);
}

/* ---- traces ---------------------------------------------------------------------------------------------------------- */

static int is_hex(const char *text, size_t chars)
{
    return strlen(text) == chars && strspn(text, "0123456789abcdef") == chars && strspn(text, "0") < chars;
}

static int64_t time_of(const json_t *span, const char *key)
{
    const char *text = json_string_value(json_object_get(span, key));

    assert_non_null(text);
    assert_int_equal(strspn(text, "0123456789"), strlen(text));
    return strtoll(text, NULL, 10);
}

static const char *text_of(const json_t *span, const char *key)
{
    const char *text = json_string_value(json_object_get(span, key));

    assert_non_null(text);
    return text;
}

/* All spans of the file, by trace and id: { trace: { id: span } }. */
static json_t *by_trace(const json_t *traces)
{
    json_t *all = json_object(), *resource, *span;
    size_t r, i;

    json_array_foreach(json_object_get(traces, "resourceSpans"), r, resource)
    {
        const json_t *scope = json_array_get(json_object_get(resource, "scopeSpans"), 0);

        assert_true(json_array_size(json_object_get(json_object_get(resource, "resource"), "attributes")) >
                    0);
        assert_string_equal(text_of(json_object_get(scope, "scope"), "name"), "skytwin");
        json_array_foreach(json_object_get(scope, "spans"), i, span)
        {
            const char *trace = text_of(span, "traceId"), *id = text_of(span, "spanId");
            json_t *spans = json_object_get(all, trace);

            assert_true(is_hex(trace, 32) && is_hex(id, 16));
            assert_in_range(json_integer_value(json_object_get(span, "kind")), 1, 3);
            if (spans == NULL) {
                spans = json_object();
                json_object_set_new(all, trace, spans);
            }
            assert_null(json_object_get(spans, id));
            json_object_set(spans, id, span);
        }
    }
    return all;
}

/* Of one trace: each span lies inside its parent; what is under a request, or an attempt that was served, adds up. */
static void check_trace(const json_t *spans)
{
    json_t *all = (json_t *)spans, *span, *other;
    const char *id, *other_id;
    int roots = 0;

    json_object_foreach(all, id, span)
    {
        const char *parent = text_of(span, "parentSpanId"), *name = text_of(span, "name");
        int64_t start_ns = time_of(span, "startTimeUnixNano"), end_ns = time_of(span, "endTimeUnixNano");
        int64_t parts_ns = 0;
        int status = (int)json_integer_value(json_object_get(json_object_get(span, "status"), "code"));

        assert_true(start_ns <= end_ns);
        if (*parent == '\0') {
            roots++;
            assert_string_equal(name, "request");
        } else {
            const json_t *whole = json_object_get(spans, parent);

            assert_non_null(whole);
            assert_true(start_ns >= time_of(whole, "startTimeUnixNano"));
            assert_true(end_ns <= time_of(whole, "endTimeUnixNano")); /* no time-outs here */
        }
        json_object_foreach(all, other_id, other) if (strcmp(text_of(other, "parentSpanId"), id) == 0)
            parts_ns += time_of(other, "endTimeUnixNano") - time_of(other, "startTimeUnixNano");
        if (strcmp(name, "request") == 0 || (strcmp(name, "attempt") == 0 && status == 1))
            assert_int_equal(parts_ns, end_ns - start_ns);
    }
    assert_int_equal(roots, 1);
}

static void test_traces_for_opentelemetry(void **state)
{
    char line[1000], path[128];
    json_t *traces, *all, *spans;
    json_error_t error;
    const char *trace;

    (void)state;
    snprintf(line, sizeof line,
             "cd %s && " SKYTWIN_BINARY " run " SCENARIO
             " --set 'duration=10 min' --set 'mesh.sample=200' -o m.h5 "
             ">out && " SKYTWIN_BINARY " traces m.h5 -o traces.json >out && " SKYTWIN_BINARY
             " traces m.h5 >again.json && cmp traces.json again.json && " SKYTWIN_BINARY
             " show m.h5 --run 0 >shown && grep -q 'The slowest of' shown && " SKYTWIN_BINARY
             " show m.h5 --verify >out",
             folder);
    assert_int_equal(system(line), 0);
    snprintf(path, sizeof path, "%s/traces.json", folder);
    traces = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (traces == NULL)
        fail_msg("%s", error.text);
    assert_int_equal(json_array_size(json_object_get(traces, "resourceSpans")), 3 + 3 + 1);
    all = by_trace(traces);
    assert_in_range(json_object_size(all), 1200, 1500); /* 460 a second for ten minutes, one in 200 */
    json_object_foreach(all, trace, spans) check_trace(spans);
    json_decref(all);
    json_decref(traces);
    snprintf(line, sizeof line, "rm -r %s", folder);
    assert_int_equal(system(line), 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_scenario_says),
        cmocka_unit_test(test_certificates_expire),
        cmocka_unit_test(test_traces_for_opentelemetry),
    };

    return cmocka_run_group_tests(tests, make_folder, NULL);
}
