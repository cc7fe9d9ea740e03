#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- memory --------------------------------------------------------------------------------------------- */

void *config_alloc(loader *l, size_t count, size_t size)
{
    config_block *block;

    if (size != 0 && count > (SIZE_MAX / 2) / size) {
        config_no_memory(l);
        return NULL;
    }
    block = calloc(1, sizeof *block + count * size);
    if (block == NULL) {
        config_no_memory(l);
        return NULL;
    }
    block->next = l->arena;
    l->arena = block;
    return block + 1;
}

char *config_strdup(loader *l, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = config_alloc(l, size, 1);

    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

void config_free_arena(void *arena)
{
    config_block *block = arena, *next;

    for (; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
}

/* ---- errors --------------------------------------------------------------------------------------------- */

sky_status config_no_memory(loader *l)
{
    snprintf(l->error->message, sizeof l->error->message, "scenario: out of memory");
    return SKY_ERROR_MEMORY;
}

/* Path of a setting from the root: "regions[3].price". */
static void write_path(const config_setting_t *at, const char *key, char *out, size_t size)
{
    const config_setting_t *parent = at != NULL ? config_setting_parent(at) : NULL;
    size_t length;

    out[0] = '\0';
    if (parent != NULL) {
        write_path(parent, NULL, out, size);
        length = strlen(out);
        if (config_setting_name(at) != NULL)
            snprintf(out + length, size - length, "%s%s", length > 0 ? "." : "", config_setting_name(at));
        else
            snprintf(out + length, size - length, "[%d]", config_setting_index(at));
    }
    length = strlen(out);
    if (key != NULL)
        snprintf(out + length, size - length, "%s%s", length > 0 ? "." : "", key);
}

sky_status config_fail(loader *l, const config_setting_t *at, const char *key, const char *found,
                       const char *expected)
{
    const config_setting_t *culprit = at;
    char path[200];
    const char *file;
    unsigned line;

    if (key != NULL && config_setting_is_group(at) && config_setting_get_member(at, key) != NULL)
        culprit = config_setting_get_member(at, key);
    write_path(at, key, path, sizeof path);
    source_place(&l->source, config_setting_source_line(culprit), &file, &line);
    if (config_setting_get_hook(culprit) != NULL)
        snprintf(l->error->message, sizeof l->error->message, "--set %.100s: found %.120s, expected %.200s",
                 path, found, expected);
    else
        snprintf(l->error->message, sizeof l->error->message,
                 "%.120s:%u: %.100s%sfound %.100s, expected %.140s", file, line, path,
                 *path != '\0' ? ": " : "", found, expected);
    return SKY_ERROR_INPUT;
}

sky_status config_fail_near(loader *l, const config_setting_t *at, const char *key, const char *found,
                            const char *expected, const suggest_search *search)
{
    char text[200];

    if (suggest_best(search) == NULL)
        return config_fail(l, at, key, found, expected);
    snprintf(text, sizeof text, "%.100s (did you mean \"%.60s\"?)", expected, suggest_best(search));
    return config_fail(l, at, key, found, text);
}

void config_show(const config_setting_t *setting, char *out, size_t size)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        snprintf(out, size, "%lld", config_setting_get_int64(setting));
        return;
    case CONFIG_TYPE_FLOAT:
        snprintf(out, size, "%g", config_setting_get_float(setting));
        return;
    case CONFIG_TYPE_BOOL:
        snprintf(out, size, "%s", config_setting_get_bool(setting) ? "true" : "false");
        return;
    case CONFIG_TYPE_STRING:
        snprintf(out, size, "\"%.60s\"", config_setting_get_string(setting));
        return;
    case CONFIG_TYPE_GROUP:
        snprintf(out, size, "a group { }");
        return;
    case CONFIG_TYPE_ARRAY:
        snprintf(out, size, "an array [ ]");
        return;
    default:
        snprintf(out, size, "a list ( )");
        return;
    }
}

static sky_status fail_shown(loader *l, const config_setting_t *group, const char *key, const char *expected)
{
    char found[100];

    config_show(config_setting_get_member(group, key), found, sizeof found);
    return config_fail(l, group, key, found, expected);
}

static sky_status fail_missing(loader *l, const config_setting_t *group, const char *key,
                               const char *expected)
{
    return config_fail(l, group, key, "nothing", expected);
}

/* ---- keys ----------------------------------------------------------------------------------------------- */

static int in_words(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return 1;
    return 0;
}

/* 1: out is the word that is nearest to `wrong`, and near enough. */
static int nearest_word(const char *words, const char *wrong, char *out, size_t size)
{
    suggest_search search = suggest_for(wrong);
    char word[64];

    for (size_t length; *words != '\0'; words += length + (words[length] == ' ')) {
        length = strcspn(words, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        suggest_offer(&search, word, 0);
        if (search.best == word) {
            snprintf(out, size, "%s", word);
            search.best = NULL;
        }
    }
    return search.distance != SIZE_MAX;
}

sky_status config_check_keys(loader *l, const config_setting_t *group, const char *keys)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(member);
        char close[64], expected[200];

        if (in_words(keys, name))
            continue;
        if (nearest_word(keys, name, close, sizeof close))
            snprintf(expected, sizeof expected, "a known key (did you mean \"%s\"?)", close);
        else
            snprintf(expected, sizeof expected, "one of %.180s", keys);
        return config_fail(l, member, NULL, "an unknown key", expected);
    }
    return SKY_OK;
}

/* ---- values --------------------------------------------------------------------------------------------- */

sky_status config_get_quantity(loader *l, const config_setting_t *group, const char *key, unit_kind unit,
                               int required, int64_t *out)
{
    const config_setting_t *member = config_setting_get_member(group, key);
    const char *why;

    if (member == NULL)
        return required ? fail_missing(l, group, key, unit_expected(unit)) : SKY_OK;
    if (config_setting_type(member) != CONFIG_TYPE_STRING)
        return fail_shown(l, group, key, unit_expected(unit));
    why = unit_parse(config_setting_get_string(member), unit, out);
    return why == NULL ? SKY_OK : fail_shown(l, group, key, why);
}

static int is_integer(const config_setting_t *s)
{
    return config_setting_type(s) == CONFIG_TYPE_INT || config_setting_type(s) == CONFIG_TYPE_INT64;
}

sky_status config_get_integer(loader *l, const config_setting_t *group, const char *key, int required,
                              int64_t least, int64_t most, int64_t *out)
{
    const config_setting_t *member = config_setting_get_member(group, key);
    char expected[120];
    int64_t value;

    snprintf(expected, sizeof expected, "a whole number from %" PRId64 " to %" PRId64, least, most);
    if (member == NULL)
        return required ? fail_missing(l, group, key, expected) : SKY_OK;
    value = is_integer(member) ? config_setting_get_int64(member) : 0;
    if (!is_integer(member) || value < least || value > most)
        return fail_shown(l, group, key, expected);
    *out = value;
    return SKY_OK;
}

sky_status config_get_real(loader *l, const config_setting_t *group, const char *key, int required,
                           double least, double most, double *out)
{
    const config_setting_t *member = config_setting_get_member(group, key);
    char expected[120];
    double value = NAN;

    snprintf(expected, sizeof expected, "a number from %g to %g", least, most);
    if (member == NULL)
        return required ? fail_missing(l, group, key, expected) : SKY_OK;
    if (config_setting_type(member) == CONFIG_TYPE_FLOAT)
        value = config_setting_get_float(member);
    else if (is_integer(member))
        value = (double)config_setting_get_int64(member);
    if (!(value >= least && value <= most))
        return fail_shown(l, group, key, expected);
    *out = value;
    return SKY_OK;
}

sky_status config_get_count(loader *l, const config_setting_t *group, const char *key, int64_t least,
                            int64_t most, uint32_t *out)
{
    int64_t value = *out;
    sky_status status = config_get_integer(l, group, key, 0, least, most, &value);

    *out = (uint32_t)value;
    return status;
}

sky_status config_get_share(loader *l, const config_setting_t *group, const char *key, double least,
                            int64_t *ppm)
{
    double share = (double)*ppm / 1e6;
    sky_status status = config_get_real(l, group, key, 0, least, 1, &share);

    *ppm = (int64_t)(share * 1e6 + 0.5);
    return status;
}

sky_status config_get_flag(loader *l, const config_setting_t *group, const char *key, int *out)
{
    const config_setting_t *member = config_setting_get_member(group, key);

    if (member == NULL)
        return SKY_OK;
    if (config_setting_type(member) != CONFIG_TYPE_BOOL)
        return fail_shown(l, group, key, "true or false");
    *out = config_setting_get_bool(member) != 0;
    return SKY_OK;
}

sky_status config_get_string(loader *l, const config_setting_t *group, const char *key, int required,
                             const char **out)
{
    const config_setting_t *member = config_setting_get_member(group, key);

    if (member == NULL)
        return required ? fail_missing(l, group, key, "a string") : SKY_OK;
    if (config_setting_type(member) != CONFIG_TYPE_STRING)
        return fail_shown(l, group, key, "a string");
    *out = config_setting_get_string(member);
    return SKY_OK;
}

sky_status config_get_name(loader *l, const config_setting_t *group, const char **out)
{
    sky_status status = config_get_string(l, group, "name", 1, out);

    return status != SKY_OK || (*out)[0] != '\0' ? status
                                                 : fail_shown(l, group, "name", "a string that is not empty");
}

sky_status config_get_path(loader *l, const config_setting_t *group, const char *key, int required,
                           const char **out)
{
    const config_setting_t *member = config_setting_get_member(group, key);
    const char *file, *slash;
    char *path;
    size_t size;
    unsigned line;
    sky_status status = config_get_string(l, group, key, required, out);

    if (status != SKY_OK || member == NULL || **out == '\0' || **out == '/' ||
        config_setting_get_hook(member) != NULL)
        return status;
    source_place(&l->source, config_setting_source_line(member), &file, &line);
    slash = strrchr(file, '/');
    if (slash == NULL)
        return SKY_OK;
    size = (size_t)(slash - file) + strlen(*out) + 2;
    path = config_alloc(l, size, 1);
    if (path == NULL)
        return SKY_ERROR_MEMORY;
    snprintf(path, size, "%.*s/%s", (int)(slash - file), file, *out);
    *out = path;
    return SKY_OK;
}

sky_status config_check_readable(loader *l, const config_setting_t *group, const char *key, const char *path)
{
    char found[120], expected[120];

    if (access(path, R_OK) == 0) {
        config_take_input(l, path);
        return SKY_OK;
    }
    snprintf(expected, sizeof expected, "a path that can be read (%.60s)", strerror(errno));
    snprintf(found, sizeof found, "%.110s", path);
    return config_fail(l, group, key, found, expected);
}

sky_status config_get_choice(loader *l, const config_setting_t *group, const char *key, int required,
                             const char *names, int *out)
{
    const char *text = NULL, *at = names;
    char expected[200], close[64];
    sky_status status = config_get_string(l, group, key, required, &text);

    if (status != SKY_OK || text == NULL)
        return status;
    for (int i = 0; *at != '\0'; i++) {
        size_t length = strcspn(at, " ");

        if (strlen(text) == length && memcmp(at, text, length) == 0) {
            *out = i;
            return SKY_OK;
        }
        at += length + (at[length] == ' ');
    }
    if (nearest_word(names, text, close, sizeof close))
        snprintf(expected, sizeof expected, "one of: %s (did you mean \"%s\"?)", names, close);
    else
        snprintf(expected, sizeof expected, "one of: %s", names);
    return fail_shown(l, group, key, expected);
}

/* "a,b,c" to its parts. */
static sky_status split_commas(loader *l, const char *text, char ***out, size_t *count)
{
    size_t most = 1;

    for (const char *c = text; *c != '\0'; c++)
        most += *c == ',';
    *out = config_alloc(l, most, sizeof **out);
    if (*out == NULL)
        return SKY_ERROR_MEMORY;
    for (*count = 0; *text != '\0';) {
        size_t length = strcspn(text, ",");
        char *part = config_alloc(l, length + 1, 1), *end;

        if (part == NULL)
            return SKY_ERROR_MEMORY;
        while (length > 0 && isspace((unsigned char)*text))
            text++, length--;
        memcpy(part, text, length);
        end = part + length;
        while (end > part && isspace((unsigned char)end[-1]))
            *--end = '\0';
        if (*part != '\0')
            (*out)[(*count)++] = part;
        text += length + (text[length] == ',');
    }
    return SKY_OK;
}

sky_status config_get_strings(loader *l, const config_setting_t *group, const char *key, int required,
                              char ***out, size_t *count)
{
    const config_setting_t *member = config_setting_get_member(group, key);
    char number[32];

    if (member == NULL)
        return required ? fail_missing(l, group, key, "strings in [ ]") : SKY_OK;
    if (config_setting_type(member) == CONFIG_TYPE_STRING)
        return split_commas(l, config_setting_get_string(member), out, count);
    if (is_integer(member)) {
        snprintf(number, sizeof number, "%lld", config_setting_get_int64(member));
        return split_commas(l, number, out, count);
    }
    if (!config_setting_is_array(member) && !config_setting_is_list(member))
        return fail_shown(l, group, key, "strings in [ ]");
    *count = (size_t)config_setting_length(member);
    *out = config_alloc(l, *count + 1, sizeof **out);
    if (*out == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < *count; i++) {
        const config_setting_t *element = config_setting_get_elem(member, (unsigned)i);

        if (is_integer(element)) {
            snprintf(number, sizeof number, "%lld", config_setting_get_int64(element));
            (*out)[i] = config_strdup(l, number);
        } else if (config_setting_type(element) == CONFIG_TYPE_STRING) {
            (*out)[i] = config_strdup(l, config_setting_get_string(element));
        } else {
            return fail_shown(l, group, key, "strings in [ ]");
        }
        if ((*out)[i] == NULL)
            return SKY_ERROR_MEMORY;
    }
    return SKY_OK;
}

sky_status config_get_list(loader *l, const config_setting_t *group, const char *key, int required,
                           const config_setting_t **out)
{
    *out = config_setting_get_member(group, key);
    if (*out == NULL)
        return required ? fail_missing(l, group, key, "a list ( { … }, … )") : SKY_OK;
    if (!config_setting_is_list(*out))
        return fail_shown(l, group, key, "a list ( { … }, … )");
    for (int i = 0; i < config_setting_length(*out); i++)
        if (!config_setting_is_group(config_setting_get_elem(*out, (unsigned)i))) {
            char found[100];

            config_show(config_setting_get_elem(*out, (unsigned)i), found, sizeof found);
            return config_fail(l, config_setting_get_elem(*out, (unsigned)i), NULL, found, "a group { … }");
        }
    return SKY_OK;
}

sky_status config_get_group(loader *l, const config_setting_t *group, const char *key, int required,
                            const config_setting_t **out)
{
    *out = config_setting_get_member(group, key);
    if (*out == NULL)
        return required ? fail_missing(l, group, key, "a group { … }") : SKY_OK;
    if (!config_setting_is_group(*out))
        return fail_shown(l, group, key, "a group { … }");
    return SKY_OK;
}

/* ---- reading and overriding ----------------------------------------------------------------------------- */

/* What is in the source now, for as long as the scenario lives. */
static sky_status keep_text(loader *l)
{
    const source *from = &l->source;
    scenario_source *text = &l->out->text;
    const char **files = config_alloc(l, from->file_count + 1, sizeof *files);
    uint32_t *places = config_alloc(l, from->line_count + 1, 2 * sizeof *places);

    text->text = config_strdup(l, from->text);
    if (files == NULL || places == NULL || text->text == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < from->file_count; i++)
        if ((files[i] = config_strdup(l, from->files[i])) == NULL)
            return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < from->line_count; i++) {
        places[2 * i] = from->lines[i].file;
        places[2 * i + 1] = from->lines[i].line;
    }
    text->files = files;
    text->file_count = from->file_count;
    text->places = places;
    text->line_count = from->line_count;
    return SKY_OK;
}

static sky_status take_override(loader *l, const char *override)
{
    sky_status status = config_override(l, override);

    return status == SKY_OK ? source_append_override(&l->source, override, l->error) : status;
}

/* Those that the text had, but for the last. */
static sky_status take_overrides_again(loader *l)
{
    const char *at = NULL, *found;
    size_t line = 0, length, count = 0;
    sky_status status = SKY_OK;

    while (source_next_override(l->again, &at, &line, &length) != NULL)
        count++;
    line = 0;
    for (size_t i = 0; i + l->dropped < count && status == SKY_OK; i++) {
        char *override;

        found = source_next_override(l->again, &at, &line, &length);
        override = config_alloc(l, length + 1, 1);
        if (override == NULL)
            return SKY_ERROR_MEMORY;
        memcpy(override, found, length);
        status = take_override(l, override);
    }
    return status;
}

sky_status config_read_sources(loader *l, const char *path, const char *const *overrides, size_t count)
{
    sky_status status = l->again != NULL ? source_read_text(&l->source, l->again, l->error)
                                         : source_read(&l->source, path, l->error);

    if (status != SKY_OK)
        return status;
    if (config_read_string(&l->config, l->source.text) != CONFIG_TRUE) {
        const char *file;
        unsigned line;

        source_place(&l->source, (unsigned)config_error_line(&l->config), &file, &line);
        snprintf(l->error->message, sizeof l->error->message,
                 "%.300s:%u: found %.100s, expected key = value;", file, line,
                 config_error_text(&l->config) != NULL ? config_error_text(&l->config) : "a syntax error");
        return SKY_ERROR_INPUT;
    }
    if (l->again != NULL)
        status = take_overrides_again(l);
    for (size_t i = 0; i < count && status == SKY_OK; i++)
        status = take_override(l, overrides[i]);
    return status == SKY_OK ? keep_text(l) : status;
}
