/* The disciplines, in the order in which they are listed. A new one is a file and a line here. */
#include "discipline.h"

#include <string.h>

extern const queue_discipline queue_fcfs;
extern const queue_discipline queue_sjf;
extern const queue_discipline queue_largest_first;
extern const queue_discipline queue_multifactor;
extern const queue_discipline queue_easy;
extern const queue_discipline queue_conservative;
extern const queue_discipline queue_fair_share;
extern const queue_discipline queue_drf;

static const queue_discipline *const table[] = {
    &queue_fcfs, &queue_sjf,          &queue_largest_first, &queue_multifactor,
    &queue_easy, &queue_conservative, &queue_fair_share,    &queue_drf,
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

const sky_queue_info *queue_discipline_about(const queue_discipline *discipline)
{
    return &discipline->info;
}

const sky_queue_info *sky_queue_at(size_t index)
{
    const queue_discipline *discipline = queue_discipline_at(index);

    return discipline != NULL ? &discipline->info : NULL;
}

const sky_queue_info *sky_queue_find(const char *name)
{
    const queue_discipline *discipline = queue_discipline_find(name);

    return discipline != NULL ? &discipline->info : NULL;
}
