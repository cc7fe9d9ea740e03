/* Tables for people: cells are put row by row, columns get as wide as they need. */
#ifndef SKYTWIN_TABLE_H
#define SKYTWIN_TABLE_H

#include <skytwin/engine.h>

#include <stddef.h>
#include <stdio.h>

typedef struct table_column {
    const char *title;
    int is_text; /* 1: to the left; 0: a number, to the right */
} table_column;

typedef struct table {
    const table_column *columns;
    size_t column_count;
    char **cells;
    size_t cell_count, capacity;
    int out_of_memory;
} table;

table table_of(const table_column *columns, size_t column_count);
/* The next cell of the row, as printf would write it. */
void table_cell(table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A time as people say it: 830 us, 12.5 ms, 2.1 s, 3.4 min; below 0: there is none. */
void table_time(table *table, double ns);
/* In per cent; of nothing: -. */
void table_share(table *table, double part, double all);
/* Prints it to standard output, and frees it. SKY_ERROR_MEMORY, naming what is in it. */
sky_status table_finish(table *table, const char *what, sky_error *error);
/* 0: the table is incomplete for want of memory. */
int table_print(const table *table, FILE *file);
void table_free(table *table);

#endif
