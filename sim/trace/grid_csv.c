/* time_s,carbon_gco2_per_kwh[,energy_usd_per_mwh]: the power grid of a place; each row holds from its time to the next
 * row's, the last as long as the one before it. */
#include "text.h"

#include <math.h>
#include <stdlib.h>

typedef struct columns {
    size_t time, carbon, price; /* price: SIZE_MAX where there is none */
} columns;

static sky_status read_header(text_file *t, columns *c)
{
    char *field[TEXT_MAX_FIELDS];
    size_t fields;
    int more = text_next(t);

    if (more < 0)
        return SKY_ERROR_INPUT;
    if (more == 0)
        return text_fail(t, "header", "an empty file", "time_s,carbon_gco2_per_kwh");
    fields = text_split(t, field);
    *c = (columns){ text_column(field, fields, "time_s"), text_column(field, fields, "carbon_gco2_per_kwh"),
                    text_column(field, fields, "energy_usd_per_mwh") };
    if (c->time == fields || c->carbon == fields)
        return text_fail(t, "header", field[0], "columns time_s and carbon_gco2_per_kwh");
    if (c->price == fields)
        c->price = SIZE_MAX;
    return SKY_OK;
}

static sky_status read_row(text_file *t, const columns *c, trace_grid *grid)
{
    char *field[TEXT_MAX_FIELDS];
    size_t fields = text_split(t, field);
    double carbon = 0, price = 0;
    int64_t from_ns = 0, last_ns = grid->count > 0 ? grid->steps[grid->count - 1].from_ns : -1;
    trace_grid_step *step;
    sky_status status;

    if (c->time >= fields || c->carbon >= fields || (c->price != SIZE_MAX && c->price >= fields))
        return text_fail(t, "row", "too few columns", "as many as the header has");
    status = text_seconds(t, "time_s", field[c->time], &from_ns);
    if (status == SKY_OK)
        status = text_number(t, "carbon_gco2_per_kwh", field[c->carbon], 0, 1e5, &carbon);
    if (status == SKY_OK && c->price != SIZE_MAX)
        status = text_number(t, "energy_usd_per_mwh", field[c->price], -1e6, 1e6, &price);
    if (status != SKY_OK)
        return status;
    if (grid->count == 0 && from_ns != 0)
        return text_fail(t, "time_s", field[c->time], "0 in the first row");
    if (from_ns <= last_ns)
        return text_fail(t, "time_s", field[c->time], "rising times");
    step = text_grow((void **)&grid->steps, &grid->count, sizeof *step);
    if (step == NULL)
        return text_no_memory(t);
    *step = (trace_grid_step){ .from_ns = from_ns,
                               .gco2_per_mwh = llround(carbon * 1000),
                               .nusd_per_mwh = llround(price * 1e9) };
    grid->span_ns = last_ns >= 0 ? 2 * from_ns - last_ns : SKY_NS_PER_HOUR;
    return SKY_OK;
}

sky_status trace_grid_read(const char *path, trace_grid *grid, sky_error *error)
{
    text_file t;
    columns c = { 0 };
    int more = 0;
    sky_status status = text_open(&t, path, error);

    *grid = (trace_grid){ 0 };
    if (status != SKY_OK)
        return status;
    status = read_header(&t, &c);
    while (status == SKY_OK && (more = text_next(&t)) > 0)
        status = read_row(&t, &c, grid);
    if (status == SKY_OK && more < 0)
        status = SKY_ERROR_INPUT;
    if (status == SKY_OK && grid->count == 0)
        status = text_fail(&t, "rows", "none", "at least one");
    text_close(&t);
    if (status != SKY_OK)
        trace_grid_free(grid);
    return status;
}

void trace_grid_free(trace_grid *grid)
{
    free(grid->steps);
    *grid = (trace_grid){ 0 };
}
