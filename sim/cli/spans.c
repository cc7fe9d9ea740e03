#include "spans.h"

#include "../world/service/client.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const kind_names[RECORD_SPAN_COUNT] = {
    [RECORD_SPAN_REQUEST] = "request",     [RECORD_SPAN_ATTEMPT] = "attempt",
    [RECORD_SPAN_PAUSE] = "pause",         [RECORD_SPAN_NAME] = "name lookup",
    [RECORD_SPAN_HANDSHAKE] = "handshake", [RECORD_SPAN_ENCRYPTION] = "encryption",
    [RECORD_SPAN_NETWORK] = "network",     [RECORD_SPAN_GATEWAY] = "gateway",
    [RECORD_SPAN_QUEUE] = "queue",         [RECORD_SPAN_SERVICE] = "service",
    [RECORD_SPAN_ANSWER] = "answer",
};

static const char *const outcome_names[CLIENT_OUTCOME_COUNT] = {
    [CLIENT_SERVED] = "served",
    [CLIENT_QUEUE_FULL] = "queue full",
    [CLIENT_REFUSED] = "refused",
    [CLIENT_TOO_LARGE] = "too large",
    [CLIENT_TIMED_OUT] = "timed out",
    [CLIENT_NO_PLACE] = "no place",
    [CLIENT_UNREACHABLE] = "unreachable",
    [CLIENT_EXPIRED] = "certificate expired",
    [CLIENT_GONE] = "endpoint gone",
    [CLIENT_NO_NAME] = "no name",
    [CLIENT_GATEWAY_FULL] = "gateway full",
};

const char *spans_kind_name(uint32_t kind)
{
    return kind < RECORD_SPAN_COUNT ? kind_names[kind] : "?";
}

const char *spans_outcome_name(uint32_t outcome)
{
    return outcome < CLIENT_OUTCOME_COUNT ? outcome_names[outcome] : "?";
}

const char *spans_by_name(const record_names *names, uint32_t kind, uint32_t index)
{
    const char *const *all[] = { names->populations, names->places, names->gateways };
    const size_t counts[] = { names->population_count, names->place_count, names->gateway_count };

    return kind < 3 && index < counts[kind] ? all[kind][index] : "?";
}

static int compare(const void *x, const void *y)
{
    const record_span_row *a = x, *b = y;
    const int64_t keys[][2] = { { a->population, b->population },
                                { a->trace, b->trace },
                                { a->attempt, b->attempt },
                                { a->kind > RECORD_SPAN_ATTEMPT, b->kind > RECORD_SPAN_ATTEMPT },
                                { a->start_ns, b->start_ns },
                                { a->end_ns, b->end_ns },
                                { a->kind, b->kind } };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return 0;
}

size_t spans_end(const spans *s, size_t first)
{
    size_t at = first;

    while (at < s->count && s->rows[at].trace == s->rows[first].trace &&
           s->rows[at].population == s->rows[first].population)
        at++;
    return at;
}

static void drop_unfinished(spans *s)
{
    size_t kept = 0;

    for (size_t at = 0, end; at < s->count; at = end) {
        end = spans_end(s, at);
        for (size_t i = at; s->rows[at].kind == RECORD_SPAN_REQUEST && i < end; i++)
            s->rows[kept++] = s->rows[i];
    }
    s->count = kept;
}

sky_status spans_read(record_file *file, size_t run, spans *out, sky_error *error)
{
    sky_status status;

    *out = (spans){ .count = record_run_info_of(file, run)->rows[RECORD_SPANS] };
    out->rows = malloc((out->count + 1) * sizeof *out->rows);
    if (out->rows == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for %zu spans", out->count);
        return SKY_ERROR_MEMORY;
    }
    if (out->count == 0)
        return SKY_OK;
    status = record_read(file, run, RECORD_SPANS, 0, out->count, out->rows, error);
    if (status != SKY_OK) {
        out->count = 0;
        return status;
    }
    qsort(out->rows, out->count, sizeof *out->rows, compare);
    drop_unfinished(out);
    return SKY_OK;
}

void spans_free(spans *s)
{
    free(s->rows);
}
