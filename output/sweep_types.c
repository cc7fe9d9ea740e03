#include "sweep_types.h"

#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(sweep_row) == sizeof(uint64_t) + RECORD_DIGEST_CHARS - 1 + sizeof(record_summary),
               "a row's bytes are its value");

hid_t sweep_row_type(void)
{
    hid_t row = H5Tcreate(H5T_COMPOUND, sizeof(sweep_row)), text = H5Tcopy(H5T_C_S1),
          summary = record_stream_type(RECORD_SUMMARY);
    int ok = row >= 0 && text >= 0 && summary >= 0 && H5Tset_size(text, RECORD_DIGEST_CHARS - 1) >= 0 &&
             H5Tset_strpad(text, H5T_STR_NULLPAD) >= 0 &&
             H5Tinsert(row, "run", offsetof(sweep_row, run), H5T_STD_U64LE) >= 0 &&
             H5Tinsert(row, "digest", offsetof(sweep_row, digest), text) >= 0 &&
             H5Tinsert(row, "summary", offsetof(sweep_row, summary), summary) >= 0;

    if (summary >= 0)
        H5Tclose(summary);
    if (text >= 0)
        H5Tclose(text);
    if (ok)
        return row;
    if (row >= 0)
        H5Tclose(row);
    return -1;
}

void sweep_digest_points(record_digest *digest, const double *numbers, size_t count)
{
    record_digest_add(digest, RECORD_EVENTS, numbers, count * sizeof *numbers);
}

void sweep_digest_rows(record_digest *digest, const sweep_row *rows, size_t count)
{
    record_digest_add(digest, RECORD_SUMMARY, rows, count * sizeof *rows);
}

uint64_t sweep_run_count(const sweep_about *about)
{
    return about->point_count * about->strategy_count * about->replications;
}

static void add_text(record_digest *digest, const char *text)
{
    record_digest_add(digest, RECORD_EVENTS, text, strlen(text) + 1);
}

void sweep_identity(const sweep_about *a, char text[RECORD_DIGEST_CHARS], sky_status *status)
{
    const uint64_t numbers[] = { a->replications, a->seed, a->point_count, a->axis_count, a->strategy_count };
    record_digest *digest = record_digest_new();

    *status = digest != NULL ? SKY_OK : SKY_ERROR_MEMORY;
    text[0] = '\0';
    if (digest == NULL)
        return;
    add_text(digest, a->build_id);
    add_text(digest, a->sweep_text);
    add_text(digest, a->scenario_text);
    for (size_t i = 0; i < a->strategy_count; i++)
        add_text(digest, a->strategies[i]);
    for (size_t i = 0; i < a->axis_count; i++)
        add_text(digest, a->axes[i].key);
    record_digest_add(digest, RECORD_ACTIONS, numbers, sizeof numbers);
    record_digest_text(digest, text);
    record_digest_free(digest);
}
