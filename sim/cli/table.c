#define _GNU_SOURCE 1 /* vasprintf */
#include "table.h"

#include <stdarg.h>
#include <stdlib.h>

#define GAP 2 /* blanks between columns */

table table_of(const table_column *columns, size_t column_count)
{
    return (table){ .columns = columns, .column_count = column_count };
}

static int grow(table *table)
{
    size_t capacity = table->capacity == 0 ? 64 : 2 * table->capacity;
    char **cells = realloc(table->cells, capacity * sizeof *cells);

    if (cells == NULL)
        return 0;
    table->cells = cells;
    table->capacity = capacity;
    return 1;
}

void table_cell(table *table, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    if (table->out_of_memory || (table->cell_count == table->capacity && !grow(table))) {
        table->out_of_memory = 1;
        return;
    }
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        table->out_of_memory = 1;
    else
        table->cells[table->cell_count++] = text;
    va_end(arguments);
}

/* Characters, not bytes: those of UTF-8 that go on a character don't count. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++)
        width += (*text & 0xc0) != 0x80;
    return width;
}

static int column_width(const table *table, size_t column)
{
    int width = width_of(table->columns[column].title);

    for (size_t i = column; i < table->cell_count; i += table->column_count) {
        int cell = width_of(table->cells[i]);

        width = cell > width ? cell : width;
    }
    return width;
}

static void print_row(const table *table, char *const *cells, const int *width, FILE *file)
{
    int blanks = 0; /* kept back, so that no line ends in them */

    for (size_t c = 0; c < table->column_count; c++) {
        const char *text = cells != NULL ? cells[c] : table->columns[c].title;
        int free_width = width[c] - width_of(text);
        int before = table->columns[c].is_text ? 0 : free_width;

        if (*text != '\0') {
            fprintf(file, "%*s%s", blanks + before, "", text);
            blanks = 0;
            before = 0;
        }
        blanks += before + (table->columns[c].is_text ? free_width : 0) + GAP;
    }
    putc('\n', file);
}

int table_print(const table *table, FILE *file)
{
    int *width = calloc(table->column_count, sizeof *width);
    int titled = 0;

    if (width == NULL || table->out_of_memory) {
        free(width);
        return 0;
    }
    for (size_t c = 0; c < table->column_count; c++) {
        width[c] = column_width(table, c);
        titled |= table->columns[c].title[0] != '\0';
    }
    if (titled)
        print_row(table, NULL, width, file);
    for (size_t i = 0; i + table->column_count <= table->cell_count; i += table->column_count)
        print_row(table, &table->cells[i], width, file);
    free(width);
    return 1;
}

void table_free(table *table)
{
    for (size_t i = 0; i < table->cell_count; i++)
        free(table->cells[i]);
    free(table->cells);
}

void table_time(table *t, double ns)
{
    if (ns < 0)
        table_cell(t, "-");
    else if (ns < 1e6)
        table_cell(t, "%.3g us", ns / 1e3);
    else if (ns < 1e9)
        table_cell(t, "%.3g ms", ns / 1e6);
    else if (ns < 120e9)
        table_cell(t, "%.3g s", ns / 1e9);
    else
        table_cell(t, "%.3g min", ns / 60e9);
}

void table_share(table *t, double part, double all)
{
    if (all > 0)
        table_cell(t, "%.2f %%", 100 * part / all);
    else
        table_cell(t, "-");
}

sky_status table_finish(table *t, const char *what, sky_error *error)
{
    int printed = table_print(t, stdout);

    table_free(t);
    if (printed)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "out of memory for %s", what);
    return SKY_ERROR_MEMORY;
}
