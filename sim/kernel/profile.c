#include "profile.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void profile_begin(profile *p, uint32_t track, int64_t span_least_ns)
{
    memset(p, 0, sizeof *p);
    p->begin_ns = p->since_ns = profile_clock_ns();
    p->track = track;
    p->span_least_ns = span_least_ns;
}

void profile_free(profile *p)
{
    free(p->spans);
    memset(p, 0, sizeof *p);
}

static int has_room(profile *p)
{
    size_t capacity = p->span_capacity == 0 ? 1024 : p->span_capacity * 2;
    profile_span *spans;

    if (p->span_count < p->span_capacity)
        return 1;
    if (p->span_count >= PROFILE_MAX_SPANS)
        return 0;
    spans = realloc(p->spans, capacity * sizeof *spans);
    if (spans == NULL)
        return 0;
    p->spans = spans;
    p->span_capacity = capacity;
    return 1;
}

void profile_change(profile *p, uint32_t part)
{
    int64_t now_ns = profile_clock_ns(), took_ns = now_ns - p->since_ns;

    p->ns[p->current] += took_ns;
    if (p->current != PROFILE_OTHER && took_ns >= p->span_least_ns && has_room(p))
        p->spans[p->span_count++] = (profile_span){
            .begin_ns = p->since_ns, .end_ns = now_ns, .part = p->current, .track = p->track
        };
    p->current = part;
    p->since_ns = now_ns;
}

void profile_end(profile *p)
{
    profile_change(p, PROFILE_OTHER);
}

void profile_add(profile *p, const profile *other)
{
    for (int i = 0; i < PROFILE_PARTS; i++) {
        p->count[i] += other->count[i];
        p->ns[i] += other->ns[i];
    }
    for (size_t i = 0; i < other->span_count && has_room(p); i++)
        p->spans[p->span_count++] = other->spans[i];
}

/* ---- what people see ------------------------------------------------------------------------------------- */

static const char *name_of(const char *const *names, uint32_t part)
{
    return names[part] != NULL ? names[part] : "?";
}

void profile_print(const profile *p, const char *const *names, FILE *file)
{
    int64_t whole_ns = 0;
    int printed[PROFILE_PARTS] = { 0 };

    for (int i = 0; i < PROFILE_PARTS; i++)
        whole_ns += p->ns[i];
    fprintf(file, "%-24s %12s %10s %7s %12s\n", "part", "times", "seconds", "share", "ns a time");
    for (int row = 0; row < PROFILE_PARTS; row++) {
        int next = -1;

        for (int i = 0; i < PROFILE_PARTS; i++)
            if (!printed[i] && p->ns[i] > 0 && (next < 0 || p->ns[i] > p->ns[next]))
                next = i;
        if (next < 0)
            break;
        printed[next] = 1;
        fprintf(file, "%-24s %12" PRIu64 " %10.3f %6.1f%% %12.0f\n", name_of(names, (uint32_t)next),
                p->count[next], (double)p->ns[next] * 1e-9,
                100 * (double)p->ns[next] / (double)(whole_ns > 0 ? whole_ns : 1),
                p->count[next] > 0 ? (double)p->ns[next] / (double)p->count[next] : 0);
    }
}

static json_t *parts_json(const profile *p, const char *const *names)
{
    json_t *parts = json_object();

    for (uint32_t i = 0; i < PROFILE_PARTS; i++)
        if (p->ns[i] > 0)
            json_object_set_new(
                parts, name_of(names, i),
                json_pack("{s:I, s:I}", "times", (json_int_t)p->count[i], "ns", (json_int_t)p->ns[i]));
    return parts;
}

sky_status profile_write_trace(const profile *p, const char *const *names, const char *path, sky_error *error)
{
    FILE *file = fopen(path, "w");
    char *parts = NULL;
    json_t *json;
    int failed = file == NULL;

    json = parts_json(p, names);
    if (json != NULL)
        parts = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (file != NULL) {
        fprintf(file, "{\"displayTimeUnit\":\"ns\",\"otherData\":%s,\"traceEvents\":[",
                parts != NULL ? parts : "{}");
        for (size_t i = 0; i < p->span_count; i++) {
            const profile_span *s = &p->spans[i];

            fprintf(file,
                    "%s\n{\"name\":\"%s\",\"ph\":\"X\",\"pid\":1,\"tid\":%" PRIu32
                    ",\"ts\":%.3f,\"dur\":%.3f}",
                    i > 0 ? "," : "", name_of(names, s->part), s->track,
                    (double)(s->begin_ns - p->begin_ns) * 1e-3, (double)(s->end_ns - s->begin_ns) * 1e-3);
        }
        fprintf(file, "\n]}\n");
        failed = ferror(file) != 0;
        failed |= fclose(file) != 0;
    }
    free(parts);
    if (!failed)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "%s: cannot write the profile: %s", path,
             strerror(errno));
    return SKY_ERROR_IO;
}
