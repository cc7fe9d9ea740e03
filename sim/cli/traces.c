/* skytwin traces: sampled requests of a run as OpenTelemetry traces, in OTLP's JSON
 * [opentelemetry-proto, docs/specification.md, "JSON Protobuf Encoding"]: ids in hex, times as decimal strings, enums as
 * numbers. What a population, place or gateway did is one resource. Time 0 of a run, a Monday's midnight UTC, is that of
 * 1 January 2024. */
#include "command.h"
#include "spans.h"

#include "../kernel/random.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define START_NS INT64_C(1704067200000000000)
#define ID_CHARS 33

/* Of SpanKind and StatusCode. */
enum { KIND_INTERNAL = 1, KIND_SERVER, KIND_CLIENT };
enum { STATUS_UNSET, STATUS_OK, STATUS_ERROR };

/* A row and where it stands in its trace. */
typedef struct placed {
    const record_span_row *row, *attempt; /* attempt: that it is a part of; NULL */
    uint32_t number, parent;              /* in its trace, from 0; parent: of the first its own */
} placed;

typedef struct writing {
    FILE *out;
    const record_names *names;
    random_key key;
    placed *all;
    size_t count;
} writing;

/* ---- ids ------------------------------------------------------------------------------------------------------------ */

static void trace_id(const writing *w, const record_span_row *row, char text[ID_CHARS])
{
    random_key key = w->key;
    uint64_t halves[2];

    key.thing = row->population;
    random_pair(&key, (uint64_t)row->trace << 20, halves);
    snprintf(text, ID_CHARS, "%016" PRIx64 "%016" PRIx64, halves[0], halves[1]);
}

static void span_id(const writing *w, const record_span_row *row, uint32_t number, char text[ID_CHARS])
{
    random_key key = w->key;

    key.thing = row->population;
    snprintf(text, ID_CHARS, "%016" PRIx64, random_u64(&key, (uint64_t)row->trace << 20 | (number + 1)));
}

/* ---- spans ---------------------------------------------------------------------------------------------------------- */

static json_t *attribute(const char *key, const char *text)
{
    return json_pack("{s:s, s:{s:s}}", "key", key, "value", "stringValue", text);
}

static json_t *number_attribute(const char *key, int64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, number);
    return json_pack("{s:s, s:{s:s}}", "key", key, "value", "intValue", text);
}

static json_t *flag_attribute(const char *key)
{
    return json_pack("{s:s, s:{s:b}}", "key", key, "value", "boolValue", 1);
}

static json_t *attributes_of(const writing *w, const placed *p)
{
    const record_span_row *row = p->row;
    json_t *list = json_array();
    int failed = json_array_append_new(list, attribute("cloud.region", row->region < w->names->region_count
                                                                           ? w->names->regions[row->region]
                                                                           : "?"));

    if (row->place < w->names->place_count)
        failed |= json_array_append_new(list, attribute("skytwin.place", w->names->places[row->place]));
    if (row->kind == RECORD_SPAN_REQUEST)
        failed |= json_array_append_new(list, number_attribute("skytwin.request", row->trace));
    else
        failed |= json_array_append_new(list, number_attribute("skytwin.attempt", row->attempt));
    /* Its caller did not wait for it any more. */
    if (p->attempt != NULL && row->end_ns > p->attempt->end_ns)
        failed |= json_array_append_new(list, flag_attribute("skytwin.abandoned"));
    if (failed) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static int kind_of(const record_span_row *row)
{
    if (row->kind == RECORD_SPAN_ATTEMPT)
        return KIND_CLIENT;
    return row->kind == RECORD_SPAN_SERVICE || row->kind == RECORD_SPAN_GATEWAY ? KIND_SERVER : KIND_INTERNAL;
}

static json_t *status_of(const record_span_row *row)
{
    if (row->kind > RECORD_SPAN_ATTEMPT)
        return json_pack("{s:i}", "code", STATUS_UNSET);
    if (row->outcome == 0)
        return json_pack("{s:i}", "code", STATUS_OK);
    return json_pack("{s:i, s:s}", "code", STATUS_ERROR, "message", spans_outcome_name(row->outcome));
}

static int write_span(const writing *w, const placed *p)
{
    char trace[ID_CHARS], id[ID_CHARS], parent[ID_CHARS] = "", start[24], end[24];
    json_t *span;
    int failed;

    trace_id(w, p->row, trace);
    span_id(w, p->row, p->number, id);
    if (p->parent != p->number)
        span_id(w, p->row, p->parent, parent);
    snprintf(start, sizeof start, "%" PRId64, START_NS + p->row->start_ns);
    snprintf(end, sizeof end, "%" PRId64, START_NS + p->row->end_ns);
    span = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:o, s:o}", "traceId", trace, "spanId", id,
                     "parentSpanId", parent, "name", spans_kind_name(p->row->kind), "kind", kind_of(p->row),
                     "startTimeUnixNano", start, "endTimeUnixNano", end, "attributes", attributes_of(w, p),
                     "status", status_of(p->row));
    failed = span == NULL || json_dumpf(span, w->out, JSON_COMPACT | JSON_PRESERVE_ORDER) != 0;
    json_decref(span);
    return failed;
}

static int write_resource(const writing *w, const record_span_row *row)
{
    static const char *const kinds[] = { "population", "place", "gateway" };
    json_t *resource = json_pack("{s:[o, o]}", "attributes",
                                 attribute("service.name", spans_by_name(w->names, row->by_kind, row->by)),
                                 attribute("skytwin.kind", row->by_kind < 3 ? kinds[row->by_kind] : "?"));
    int failed = resource == NULL;

    failed = failed || fputs("{\"resource\":", w->out) < 0 ||
             json_dumpf(resource, w->out, JSON_COMPACT | JSON_PRESERVE_ORDER) != 0 ||
             fputs(",\"scopeSpans\":[{\"scope\":{\"name\":\"skytwin\"},\"spans\":[\n", w->out) < 0;
    json_decref(resource);
    return failed;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------ */

static void place_rows(writing *w, const spans *s)
{
    for (size_t first = 0, end; first < s->count; first = end) {
        size_t attempt = first;

        end = spans_end(s, first);
        for (size_t i = first; i < end; i++) {
            const record_span_row *row = &s->rows[i];
            int is_part = row->kind > RECORD_SPAN_PAUSE;

            if (row->kind == RECORD_SPAN_ATTEMPT)
                attempt = i;
            w->all[w->count++] = (placed){ .row = row,
                                           .attempt = is_part ? &s->rows[attempt] : NULL,
                                           .number = (uint32_t)(i - first),
                                           .parent = is_part ? (uint32_t)(attempt - first) : 0 };
        }
    }
}

/* By whose they are, then as they stood. */
static int compare(const void *x, const void *y)
{
    const placed *a = x, *b = y;

    if (a->row->by_kind != b->row->by_kind)
        return a->row->by_kind < b->row->by_kind ? -1 : 1;
    if (a->row->by != b->row->by)
        return a->row->by < b->row->by ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static int write_all(writing *w)
{
    int failed = fputs("{\"resourceSpans\":[", w->out) < 0;

    qsort(w->all, w->count, sizeof *w->all, compare);
    for (size_t i = 0; i < w->count && !failed; i++) {
        const record_span_row *row = w->all[i].row, *last = i > 0 ? w->all[i - 1].row : NULL;
        int is_new = last == NULL || last->by_kind != row->by_kind || last->by != row->by;

        if (last != NULL)
            failed = fputs(is_new ? "]}]},\n" : ",\n", w->out) < 0;
        failed = failed || (is_new && write_resource(w, row)) || write_span(w, &w->all[i]);
    }
    return failed || fputs(w->count > 0 ? "]}]}]}\n" : "]}\n", w->out) < 0;
}

static sky_status write_traces(const record_file *file, size_t run, const spans *s, FILE *out,
                               sky_error *error)
{
    const record_run_info *info = record_run_info_of(file, run);
    writing w = { .out = out,
                  .names = &record_about_of(file)->names,
                  .key = { .seed = info->seed, .replication = info->replication, .purpose = RANDOM_TRACE },
                  .all = malloc((s->count + 1) * sizeof *w.all) };
    int failed = 0;

    if (w.all != NULL) {
        place_rows(&w, s);
        failed = write_all(&w);
        free(w.all);
    }
    if (w.all != NULL && !failed)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "traces: %s",
             failed ? "could not be written" : "out of memory");
    return failed ? SKY_ERROR_IO : SKY_ERROR_MEMORY;
}

/* Into the file that -o names, else to standard output. */
static sky_status write_file(const options *options, const record_file *file, size_t run, const spans *s,
                             sky_error *error)
{
    FILE *out = options->output != NULL ? fopen(options->output, "w") : stdout;
    sky_status status;

    if (out == NULL) {
        snprintf(error->message, sizeof error->message, "%s: found a name that can't be written to",
                 options->output);
        return SKY_ERROR_INPUT;
    }
    status = write_traces(file, run, s, out, error);
    if (out != stdout && fclose(out) != 0 && status == SKY_OK) {
        snprintf(error->message, sizeof error->message, "%s: could not be written", options->output);
        status = SKY_ERROR_IO;
    }
    return status;
}

static command_exit export_run(const options *options, record_file *file, sky_error *error)
{
    size_t run = options->run > 0 ? (size_t)options->run : 0, traces = 0;
    spans s = { 0 };
    sky_status status;

    if (run >= record_run_count(file)) {
        snprintf(error->message, sizeof error->message,
                 "--run: found %zu, expected less than the record's %zu runs", run, record_run_count(file));
        return COMMAND_INPUT;
    }
    status = spans_read(file, run, &s, error);
    if (status == SKY_OK && s.count == 0) {
        snprintf(error->message, sizeof error->message,
                 "%s: found no spans, expected a run whose scenario says `sample` in its `mesh`",
                 options->arguments[0]);
        status = SKY_ERROR_INPUT;
    }
    if (status == SKY_OK)
        status = write_file(options, file, run, &s, error);
    for (size_t i = 0; i < s.count; i++)
        traces += s.rows[i].kind == RECORD_SPAN_REQUEST;
    if (status == SKY_OK && options->output != NULL)
        printf("%s: %zu requests, %zu spans\n", options->output, traces, s.count);
    spans_free(&s);
    return command_exit_of(status);
}

command_exit command_traces(const options *options, sky_error *error)
{
    record_file *file;
    command_exit code = options->output != NULL ? command_check_file(options->output, error) : COMMAND_DONE;

    if (code == COMMAND_DONE)
        code = command_exit_of_named_file(record_open(options->arguments[0], &file, error));
    if (code != COMMAND_DONE)
        return code;
    code = export_run(options, file, error);
    record_close(file);
    return code;
}
