/* from_region,to_region,price_usd_per_gb */
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_pair(const void *a, const void *b)
{
    const struct trace_egress_row *x = a, *y = b;
    int order = strcmp(x->from, y->from);

    return order != 0 ? order : strcmp(x->to, y->to);
}

static sky_status read_rows(text_file *t, trace_egress *table)
{
    char *field[TEXT_MAX_FIELDS];
    int more = text_next(t);

    if (more <= 0)
        return more < 0 ? SKY_ERROR_INPUT
                        : text_fail(t, "header", "an empty file", "from_region,to_region,price_usd_per_gb");
    if (text_split(t, field) != 3 || strcmp(field[0], "from_region") != 0 ||
        strcmp(field[1], "to_region") != 0 || strcmp(field[2], "price_usd_per_gb") != 0)
        return text_fail(t, "header", field[0], "from_region,to_region,price_usd_per_gb");
    while ((more = text_next(t)) > 0) {
        struct trace_egress_row *row;
        double price = 0;
        sky_status status;

        if (text_split(t, field) != 3)
            return text_fail(t, "row", field[0], "three columns");
        status = text_number(t, "price_usd_per_gb", field[2], 0, 1e6, &price);
        if (status != SKY_OK)
            return status;
        row = text_grow((void **)&table->rows, &table->row_count, sizeof *row);
        if (row == NULL || (row->from = strdup(field[0])) == NULL || (row->to = strdup(field[1])) == NULL) {
            snprintf(t->error->message, sizeof t->error->message, "%.300s: out of memory", t->path);
            return SKY_ERROR_MEMORY;
        }
        row->nusd_per_gb = llround(price * 1e9);
    }
    return more < 0 ? SKY_ERROR_INPUT : SKY_OK;
}

sky_status trace_egress_read(const char *path, trace_egress *table, sky_error *error)
{
    text_file t;
    sky_status status;

    memset(table, 0, sizeof *table);
    status = text_open(&t, path, error);
    if (status != SKY_OK)
        return status;
    status = read_rows(&t, table);
    text_close(&t);
    if (status != SKY_OK) {
        trace_egress_free(table);
        return status;
    }
    if (table->row_count > 0)
        qsort(table->rows, table->row_count, sizeof *table->rows, by_pair);
    return SKY_OK;
}

int64_t trace_egress_price(const trace_egress *table, const char *from, const char *to)
{
    struct trace_egress_row key = { .from = (char *)from, .to = (char *)to };
    const struct trace_egress_row *row =
        table->row_count > 0 ? bsearch(&key, table->rows, table->row_count, sizeof key, by_pair) : NULL;

    return row != NULL ? row->nusd_per_gb : -1;
}

void trace_egress_free(trace_egress *table)
{
    for (size_t i = 0; i < table->row_count; i++) {
        free(table->rows[i].from);
        free(table->rows[i].to);
    }
    free(table->rows);
    memset(table, 0, sizeof *table);
}
