/* `where`: conditions between axes, or between an axis and a number. */
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const comparisons[] = { "<=", ">=", "==", "!=", "<", ">" };

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " ");
}

/* The axis whose key is text[0…length); the count where there is none. */
static size_t find_axis(const sweep *s, const char *text, size_t length)
{
    size_t a = 0;

    while (a < s->axis_count &&
           (strlen(s->axes[a].key) != length || memcmp(s->axes[a].key, text, length) != 0))
        a++;
    return a;
}

static const char *read_condition(const sweep *s, const char *text, sweep_condition *c)
{
    size_t length = strcspn(text = skip_blanks(text), " <>=!"),
           count = sizeof comparisons / sizeof *comparisons;
    char unit[32];

    c->left_axis = find_axis(s, text, length);
    if (c->left_axis == s->axis_count)
        return "the key of an axis, a comparison (<= >= == != < >), and another key or a number";
    text = skip_blanks(text + length);
    for (c->comparison = 0; c->comparison < (int)count; c->comparison++)
        if (strncmp(text, comparisons[c->comparison], strlen(comparisons[c->comparison])) == 0)
            break;
    if (c->comparison == (int)count)
        return "one of <= >= == != < > after the key";
    text = skip_blanks(text + strlen(comparisons[c->comparison]));
    c->left = &s->axes[c->left_axis];
    c->right_axis = find_axis(s, text, strcspn(text, " "));
    c->right = c->right_axis < s->axis_count ? &s->axes[c->right_axis] : NULL;
    if (c->left->is_text || (c->right != NULL && c->right->is_text))
        return "axes of numbers";
    if (c->right != NULL)
        return strcmp(c->left->unit, c->right->unit) == 0 ? NULL : "axes of the same unit";
    if (!sweep_read_number(text, &c->number, unit, sizeof unit))
        return "the key of an axis or a number after the comparison";
    return strcmp(c->left->unit, unit) == 0 ? NULL : "a number in the unit of the axis";
}

sky_status sweep_load_conditions(loader *l, const config_setting_t *root, sweep *s)
{
    char **texts = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, root, "where", 0, &texts, &count);

    if (status != SKY_OK || count == 0)
        return status;
    s->conditions = config_alloc(l, count, sizeof *s->conditions);
    if (s->conditions == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const char *expected = read_condition(s, texts[i], &s->conditions[i]);

        if (expected != NULL)
            return config_fail(l, root, "where", texts[i], expected);
    }
    s->condition_count = count;
    return SKY_OK;
}

int sweep_meets(const sweep *s, const double *numbers)
{
    for (size_t i = 0; i < s->condition_count; i++) {
        const sweep_condition *c = &s->conditions[i];
        double left = numbers[c->left_axis], right = c->right != NULL ? numbers[c->right_axis] : c->number;
        const int is[] = { left <= right, left >= right, left == right, left != right,
                           left<right, left> right };

        if (!is[c->comparison])
            return 0;
    }
    return 1;
}
