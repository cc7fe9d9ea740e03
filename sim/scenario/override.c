/* --set PATH=VALUE: one value of the scenario, written over what the files say. Errors name "--set PATH". */
#include "config.h"

#include "../suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OVERRIDE 500

static sky_status fail(loader *l, const char *path, size_t length, const char *found, const char *expected)
{
    snprintf(l->error->message, sizeof l->error->message, "--set %.*s: found %.120s, expected %.200s",
             length < 120 ? (int)length : 120, path, found, expected);
    return SKY_ERROR_INPUT;
}

/* No member `name` in `group`: says so, with the member that it may have been. */
static sky_status fail_unknown(loader *l, const char *path, size_t length, const config_setting_t *group,
                               const char *name)
{
    suggest_search search = suggest_for(name);
    char found[100], expected[160];

    for (int i = 0; config_setting_is_group(group) && i < config_setting_length(group); i++)
        suggest_offer(&search, config_setting_name(config_setting_get_elem(group, (unsigned)i)), 0);
    snprintf(found, sizeof found, "no \"%.60s\"", name);
    if (suggest_best(&search) != NULL)
        snprintf(expected, sizeof expected, "a path of the scenario (did you mean \"%.60s\"?)",
                 suggest_best(&search));
    else
        snprintf(expected, sizeof expected, "a path of the scenario, such as workloads[0].count");
    return fail(l, path, length, found, expected);
}

/* Goes one step of a path on from *at: "name", ".name" or "[2]". Where `last` is a name that the group does not
 * have, *at becomes NULL and *parent and name tell where it would be. */
static sky_status step(loader *l, const char *text, size_t length, size_t *used, config_setting_t **at,
                       config_setting_t **parent, char name[64])
{
    const char *from = text + *used;
    char *end;

    *parent = *at;
    if (*from == '[') {
        unsigned long index = strtoul(from + 1, &end, 10);

        if (!isdigit((unsigned char)from[1]) || *end != ']')
            return fail(l, text, length, "a broken index", "a path such as workloads[0].count");
        snprintf(name, 64, "%.*s", end + 1 - from < 60 ? (int)(end + 1 - from) : 60, from);
        *used = (size_t)(end + 1 - text);
        *at = config_setting_is_aggregate(*parent) && !config_setting_is_group(*parent) && index <= 1000000
                  ? config_setting_get_elem(*parent, (unsigned)index)
                  : NULL;
        return *at != NULL ? SKY_OK : fail_unknown(l, text, length, *parent, name);
    }
    from += *from == '.' && *used > 0;
    for (end = (char *)from; isalnum((unsigned char)*end) || (*end != '\0' && strchr("-_*", *end) != NULL);)
        end++;
    if (end == from || end - from >= 64 || !isalpha((unsigned char)*from) ||
        (*end != '.' && *end != '[' && *end != '='))
        return fail(l, text, length, "a broken path",
                    "keys of letters, digits, - and _, such as workloads[0].count");
    snprintf(name, 64, "%.*s", (int)(end - from), from);
    *used = (size_t)(end - text);
    *at = config_setting_is_group(*parent) ? config_setting_get_member(*parent, name) : NULL;
    if (*at == NULL && (*used < length || !config_setting_is_group(*parent)))
        return fail_unknown(l, text, length, *parent, name);
    return SKY_OK;
}

/* Copies a scalar, or an array or list of scalars. 0: it can't be. */
static int copy_value(config_setting_t *to, const config_setting_t *from)
{
    switch (config_setting_type(from)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return config_setting_set_int64(to, config_setting_get_int64(from));
    case CONFIG_TYPE_FLOAT:
        return config_setting_set_float(to, config_setting_get_float(from));
    case CONFIG_TYPE_BOOL:
        return config_setting_set_bool(to, config_setting_get_bool(from));
    case CONFIG_TYPE_STRING:
        return config_setting_set_string(to, config_setting_get_string(from));
    case CONFIG_TYPE_ARRAY:
    case CONFIG_TYPE_LIST:
        break;
    default:
        return 0;
    }
    for (int i = 0; i < config_setting_length(from); i++) {
        const config_setting_t *element = config_setting_get_elem(from, (unsigned)i);
        int type = config_setting_type(element) == CONFIG_TYPE_INT ? CONFIG_TYPE_INT64
                                                                   : config_setting_type(element);
        config_setting_t *added = config_setting_is_aggregate(element) ? NULL
                                                                       : config_setting_add(to, NULL, type);

        if (added == NULL || !copy_value(added, element))
            return 0;
    }
    return 1;
}

/* Writes `value` at the place found. `parsed` is the value in libconfig's syntax; NULL: a bare word. */
static config_setting_t *write_value(config_setting_t *parent, config_setting_t *old, const char *name,
                                     const char *value, const config_setting_t *parsed)
{
    int type = parsed != NULL ? config_setting_type(parsed) : CONFIG_TYPE_STRING;
    int is_text = old != NULL && config_setting_type(old) == CONFIG_TYPE_STRING;

    if (type == CONFIG_TYPE_INT)
        type = CONFIG_TYPE_INT64;
    if (is_text && type != CONFIG_TYPE_ARRAY && type != CONFIG_TYPE_LIST) /* text stays text, "3" as well */
        return config_setting_set_string(old, type == CONFIG_TYPE_STRING && parsed != NULL
                                                  ? config_setting_get_string(parsed)
                                                  : value)
                   ? old
                   : NULL;
    if (old != NULL && !config_setting_is_group(parent)) /* an element stays what it is */
        return parsed != NULL && !config_setting_is_aggregate(old) && copy_value(old, parsed) ? old : NULL;
    if (old != NULL && !config_setting_remove(parent, name))
        return NULL;
    old = config_setting_add(parent, name, type);
    if (old == NULL)
        return NULL;
    return (parsed != NULL ? copy_value(old, parsed) : config_setting_set_string(old, value)) ? old : NULL;
}

/* Reads "v = VALUE;" as libconfig would. NULL: it is no such value, hence a bare word. */
static const config_setting_t *parse_value(config_t *scratch, const char *value)
{
    char text[MAX_OVERRIDE + 16];

    snprintf(text, sizeof text, "v = %s;", value);
    if (config_read_string(scratch, text) != CONFIG_TRUE ||
        config_setting_length(config_root_setting(scratch)) != 1)
        return NULL;
    return config_setting_get_member(config_root_setting(scratch), "v");
}

static sky_status set_value(loader *l, const char *text, size_t length, config_setting_t *parent,
                            config_setting_t *old, const char *name)
{
    const char *value = text + length + 1;
    const config_setting_t *parsed;
    config_setting_t *written;
    config_t scratch;

    if (old != NULL &&
        (config_setting_is_group(old) || (config_setting_is_list(old) && config_setting_length(old) > 0 &&
                                          config_setting_is_group(config_setting_get_elem(old, 0)))))
        return fail(l, text, length, "a path to a group", "the path of a value within it");
    config_init(&scratch);
    parsed = parse_value(&scratch, value);
    written = write_value(parent, old, name, value, parsed);
    config_destroy(&scratch);
    if (written == NULL)
        return fail(l, text, length, value, "a number, true, false, text, or [\"a\", \"b\"]");
    config_setting_set_hook(written, l); /* errors in it name --set, not a line */
    return SKY_OK;
}

sky_status config_override(loader *l, const char *text)
{
    const char *equals = strchr(text, '=');
    config_setting_t *at = config_root_setting(&l->config), *parent = at;
    size_t length = equals != NULL ? (size_t)(equals - text) : strlen(text), used = 0;
    char name[64] = "";
    sky_status status = SKY_OK;

    if (equals == NULL || length == 0)
        return fail(l, text, length, equals == NULL ? "no =" : "no key",
                    "KEY=VALUE, such as \"duration=3 d\"");
    for (const char *c = text; *c != '\0'; c++)
        if (iscntrl((unsigned char)*c) || c - text >= MAX_OVERRIDE)
            return fail(l, text, length,
                        c - text >= MAX_OVERRIDE ? "over 500 characters" : "a control character",
                        "one line of text");
    while (status == SKY_OK && used < length)
        status = step(l, text, length, &used, &at, &parent, name);
    return status == SKY_OK ? set_value(l, text, length, parent, at, name) : status;
}
