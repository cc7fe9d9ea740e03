/* Records made by hand, for the tests that read, damage or cut them off. */
#ifndef SKYTWIN_TESTS_RECORD_FILES_H
#define SKYTWIN_TESTS_RECORD_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record.h"

#define RECORD_FILES_ROWS 20000 /* of each stream: one block or several, and a part of one */

static const char *const record_providers[] = { "aws", "gcp" },
                         *const record_regions[] = { "aws:us-east-1", "gcp:a-rather-long-name" },
                         *const record_pools[] = { "p" }, *const record_classes[] = { "c" },
                         *const record_workloads[] = { "w" };
static const uint32_t record_region_provider[] = { 0, 1 }, record_pool_region[] = { 1 };

static const record_about record_files_about = {
    .command_line = "skytwin run x",
    .scenario_path = "x.cfg",
    .scenario_name = "x",
    .scenario_text = "name = \"x\"; # ü\n",
    .build_id = "test",
    .names = { record_providers, 2, record_regions, record_region_provider, 2, record_pools,
               record_pool_region, 1, record_classes, 1, record_workloads, 1 }
};

/* Rows with every byte set, none like its neighbours. The caller frees them. */
static unsigned char *record_files_rows(record_stream stream, size_t count)
{
    size_t size = count * record_row_bytes(stream);
    unsigned char *rows = malloc(size);

    assert_non_null(rows);
    for (size_t i = 0; i < size; i++)
        rows[i] = (unsigned char)(i * 7 + (size_t)stream + i / 251);
    return rows;
}

static record_summary record_files_summary(void)
{
    record_summary summary;
    unsigned char *rows = record_files_rows(RECORD_SUMMARY, 1);

    memcpy(&summary, rows, sizeof summary);
    free(rows);
    return summary;
}

/* All rows of all streams but the summary, block by block; tells their digest. */
static inline void record_files_write_rows(record_run *run, record_digest *digest)
{
    sky_error error;

    for (int s = 0; s < RECORD_SUMMARY; s++) {
        size_t size = record_row_bytes((record_stream)s), most = record_block_rows((record_stream)s), part;
        unsigned char *rows = record_files_rows((record_stream)s, RECORD_FILES_ROWS);

        for (size_t done = 0; done < RECORD_FILES_ROWS; done += part) {
            part = done + most < RECORD_FILES_ROWS ? most : RECORD_FILES_ROWS - done;
            if (record_append(run, (record_stream)s, rows + done * size, part, &error) != SKY_OK)
                fail_msg("%s", error.message);
        }
        record_digest_add(digest, (record_stream)s, rows, RECORD_FILES_ROWS * size);
        free(rows);
    }
}

static void record_files_end_run(record_run *run, record_digest *digest)
{
    record_summary summary = record_files_summary();
    char text[RECORD_DIGEST_CHARS];
    sky_error error;

    record_digest_add(digest, RECORD_SUMMARY, &summary, sizeof summary);
    record_digest_text(digest, text);
    if (record_run_end(run, &summary, text, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

#endif
