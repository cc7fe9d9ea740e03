/* Two records hold the same: each dataset of one is in the other, with the same shape and the same bytes. Checkpoints don't
 * count: the same runs have them or not. */
#ifndef SKYTWIN_TESTS_RECORD_SAME_H
#define SKYTWIN_TESTS_RECORD_SAME_H

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <hdf5.h>

typedef struct record_datasets {
    hid_t other; /* 0: they are only counted */
    size_t count;
} record_datasets;

static void *record_same_read(hid_t file, const char *name, hid_t type, size_t *size)
{
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space;
    void *bytes;

    if (set < 0)
        fail_msg("%s is missing", name);
    space = H5Dget_space(set);
    *size = (size_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(type);
    bytes = calloc(1, *size + 1);
    assert_non_null(bytes);
    assert_true(*size == 0 || H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0);
    H5Sclose(space);
    H5Dclose(set);
    return bytes;
}

static herr_t record_same_visit(hid_t file, const char *name, const H5O_info_t *info, void *context)
{
    record_datasets *d = context;
    size_t size, other_size;
    void *bytes, *other;
    hid_t set, type;

    if (info->type != H5O_TYPE_DATASET || strstr(name, "/checkpoints/") != NULL)
        return 0;
    d->count++;
    if (d->other == 0)
        return 0;
    set = H5Dopen2(file, name, H5P_DEFAULT);
    type = H5Dget_type(set);
    bytes = record_same_read(file, name, type, &size);
    other = record_same_read(d->other, name, type, &other_size);
    if (size != other_size || memcmp(bytes, other, size) != 0)
        fail_msg("%s differs: %zu and %zu bytes", name, size, other_size);
    free(bytes);
    free(other);
    H5Tclose(type);
    H5Dclose(set);
    return 0;
}

static void assert_same_record(const char *a_path, const char *b_path)
{
    hid_t a = H5Fopen(a_path, H5F_ACC_RDONLY, H5P_DEFAULT), b = H5Fopen(b_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    record_datasets of_a = { .other = b }, of_b = { .other = 0 };

    assert_true(a >= 0 && b >= 0);
    assert_true(H5Ovisit(a, H5_INDEX_NAME, H5_ITER_NATIVE, record_same_visit, &of_a) >= 0);
    assert_true(H5Ovisit(b, H5_INDEX_NAME, H5_ITER_NATIVE, record_same_visit, &of_b) >= 0);
    assert_int_equal(of_a.count, of_b.count);
    assert_true(of_a.count > 0);
    H5Fclose(a);
    H5Fclose(b);
}

#endif
