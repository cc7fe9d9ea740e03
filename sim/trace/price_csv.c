/* time_s,price_usd_per_hour[,available]: one market; each row holds from its time to the next row's. */
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Times of the last two rows: the last one holds as long as the one before it did. */
typedef struct row_times {
    int64_t before_ns, last_ns;
    size_t rows;
} row_times;

static sky_status add_change(trace_market *m, int64_t at_ns, int64_t nusd, int available)
{
    trace_change *last = m->change_count > 0 ? &m->changes[m->change_count - 1] : NULL;

    if (last != NULL && last->spot_nusd_per_hour == nusd && last->available == available)
        return SKY_OK;
    last = text_grow((void **)&m->changes, &m->change_count, sizeof *last);
    if (last == NULL)
        return SKY_ERROR_MEMORY;
    *last = (trace_change){ .at_ns = at_ns, .spot_nusd_per_hour = nusd, .available = available };
    return SKY_OK;
}

static sky_status read_row(text_file *t, trace_market *m, row_times *times, char *field[], size_t fields,
                           const size_t column[3])
{
    double time_s = 0, price = 0, available = 1;
    int64_t at_ns;
    sky_status status;

    if (column[0] >= fields || column[1] >= fields)
        return text_fail(t, "row", "too few columns", "as many as the header has");
    status = text_number(t, "time_s", field[column[0]], 0, 4e9, &time_s);
    if (status == SKY_OK)
        status = text_number(t, "price_usd_per_hour", field[column[1]], 0, 1e6, &price);
    if (status == SKY_OK && column[2] < fields)
        status = text_number(t, "available", field[column[2]], 0, 1, &available);
    if (status != SKY_OK)
        return status;
    if (available != 0 && available != 1)
        return text_fail(t, "available", field[column[2]], "0 or 1");
    at_ns = llround(time_s * 1e9);
    if (times->rows == 0 && at_ns != 0)
        return text_fail(t, "time_s", field[column[0]], "0 in the first row");
    if (times->rows > 0 && at_ns <= times->last_ns)
        return text_fail(t, "time_s", field[column[0]], "rising times");
    *times = (row_times){ times->last_ns, at_ns, times->rows + 1 };
    return add_change(m, at_ns, llround(price * 1e9), available == 1);
}

static sky_status read_rows(text_file *t, trace_market *m)
{
    char *field[TEXT_MAX_FIELDS];
    row_times times = { 0 };
    size_t fields, column[3];
    int more = text_next(t);
    sky_status status = SKY_OK;

    if (more <= 0)
        return more < 0 ? SKY_ERROR_INPUT
                        : text_fail(t, "header", "an empty file", "time_s,price_usd_per_hour");
    fields = text_split(t, field);
    column[0] = text_column(field, fields, "time_s");
    column[1] = text_column(field, fields, "price_usd_per_hour");
    column[2] = text_column(field, fields, "available");
    if (column[0] == fields || column[1] == fields)
        return text_fail(t, "header", field[0], "columns time_s and price_usd_per_hour");
    if (column[2] == fields)
        column[2] = SIZE_MAX;
    while (status == SKY_OK && (more = text_next(t)) > 0) {
        fields = text_split(t, field);
        status = read_row(t, m, &times, field, fields, column);
    }
    if (status == SKY_OK && more < 0)
        status = SKY_ERROR_INPUT;
    if (status == SKY_OK && times.rows == 0)
        status = text_fail(t, "rows", "none", "at least one");
    m->span_ns = times.rows > 1 ? 2 * times.last_ns - times.before_ns : SKY_NS_PER_HOUR;
    if (status == SKY_ERROR_MEMORY)
        snprintf(t->error->message, sizeof t->error->message, "%.300s: out of memory", t->path);
    return status;
}

static sky_status read_price_csv(const char *path, trace_set *set, sky_error *error)
{
    text_file t;
    trace_market *m;
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    sky_status status = text_open(&t, path, error);

    if (status != SKY_OK)
        return status;
    m = text_grow((void **)&set->markets, &set->market_count, sizeof *m);
    if (m != NULL) {
        char region[128];

        m->zone = strndup(name, strcspn(name, "."));
        trace_region_of_zone(m->zone != NULL ? m->zone : "", region, sizeof region);
        m->region = strdup(region);
        m->machine = strdup("");
    }
    if (m == NULL || m->zone == NULL || m->region == NULL || m->machine == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", path);
        text_close(&t);
        return SKY_ERROR_MEMORY;
    }
    status = read_rows(&t, m);
    text_close(&t);
    return status;
}

const trace_format trace_price_csv = {
    .name = "price-csv",
    .about = "one spot market: time_s,price_usd_per_hour[,available], a row a change",
    .read = read_price_csv,
};
