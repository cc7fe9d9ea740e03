#include "trace.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const trace_format trace_spot_json, trace_spot_json_available, trace_price_csv, trace_job_csv,
    trace_job_csv_seconds, trace_skytwin;

static const trace_format *const formats[] = {
    &trace_spot_json, &trace_spot_json_available, &trace_price_csv,
    &trace_job_csv,   &trace_job_csv_seconds,     &trace_skytwin,
};

const trace_format *const *trace_formats(size_t *count)
{
    *count = sizeof formats / sizeof formats[0];
    return formats;
}

const trace_format *trace_format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

static void free_market(trace_market *m)
{
    free(m->zone);
    free(m->region);
    free(m->machine);
    free(m->changes);
}

void trace_set_free(trace_set *set)
{
    for (size_t i = 0; i < set->market_count; i++)
        free_market(&set->markets[i]);
    free(set->markets);
    free(set->jobs);
    memset(set, 0, sizeof *set);
}

void trace_region_of_zone(const char *zone, char *out, size_t size)
{
    size_t length = strlen(zone);

    if (length > 2 && isalpha((unsigned char)zone[length - 1])) {
        length--;
        if (zone[length - 1] == '-')
            length--;
    }
    snprintf(out, size, "%.*s", (int)length, zone);
}
