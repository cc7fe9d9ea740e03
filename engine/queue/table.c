/* The disciplines, in the order in which they are listed. A new one is a file and a line here. */
#include "discipline.h"

#include <string.h>

extern const queue_discipline queue_fcfs;
extern const queue_discipline queue_sjf;

static const queue_discipline *const table[] = {
    &queue_fcfs,
    &queue_sjf,
};

const queue_discipline *queue_discipline_at(size_t index)
{
    return index < sizeof table / sizeof table[0] ? table[index] : NULL;
}

const queue_discipline *queue_discipline_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->info.name, name) == 0)
            return table[i];
    return NULL;
}

const queue_discipline_info *queue_discipline_about(const queue_discipline *discipline)
{
    return &discipline->info;
}
