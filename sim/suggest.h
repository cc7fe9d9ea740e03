/* "Did you mean …?": the closest of the names that would have been right. */
#ifndef SKYTWIN_SUGGEST_H
#define SKYTWIN_SUGGEST_H

#include <stddef.h>

typedef struct suggest_search {
    const char *wanted;
    const char *best;
    size_t distance; /* of best */
} suggest_search;

suggest_search suggest_for(const char *wanted);
/* `skip`: characters of the wanted name to leave out (the hyphens of an option). */
void suggest_offer(suggest_search *search, const char *name, size_t skip);
/* NULL: nothing is close enough to be what was meant. */
const char *suggest_best(const suggest_search *search);

#endif
