#include "suggest.h"

#include <stdint.h>
#include <string.h>

#define LONGEST 63 /* longer names are cut: nobody mistypes them into something else */

/* Edits (insert, delete, replace, swap of neighbours) between two names; Damerau 1964, the variant that
 * edits no place twice. */
static size_t distance_between(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[3][LONGEST + 1];
    size_t *before = row[0], *last = row[1], *now = row[2];

    for (size_t j = 0; j <= b_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *spare = before;

        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t least = last[j - 1] + (a[i - 1] != b[j - 1]);

            if (last[j] + 1 < least)
                least = last[j] + 1;
            if (now[j - 1] + 1 < least)
                least = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < least)
                least = before[j - 2] + 1;
            now[j] = least;
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[b_length];
}

static size_t length_of(const char *name)
{
    size_t length = strcspn(name, "=");

    return length < LONGEST ? length : LONGEST;
}

suggest_search suggest_for(const char *wanted)
{
    return (suggest_search){ .wanted = wanted, .distance = SIZE_MAX };
}

void suggest_offer(suggest_search *search, const char *name, size_t skip)
{
    size_t wanted = length_of(search->wanted + skip), length = length_of(name), shorter, distance;
    const char *text = search->wanted + skip;

    if (strcmp(text, name) == 0 || name[0] == '\0')
        return; /* nobody means what stands there, or nothing */
    distance = distance_between(text, wanted, name, length);
    shorter = wanted < length ? wanted : length;
    if (shorter >= 3 && strncmp(text, name, shorter) == 0)
        distance = 1; /* cut short: as good as one slip */
    if (distance <= 1 + shorter / 4 && distance < search->distance) {
        search->best = name;
        search->distance = distance;
    }
}

const char *suggest_best(const suggest_search *search)
{
    return search->best;
}
