#include "hdf5_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)1 << 30) /* of one dataset */

int rows_write_text(hid_t at, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute = -1;
    int ok = H5Tset_size(type, strlen(text) + 1) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0;

    if (ok)
        attribute = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    ok = ok && attribute >= 0 && H5Awrite(attribute, type, text) >= 0;
    if (attribute >= 0)
        ok = H5Aclose(attribute) >= 0 && ok;
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

int rows_write_number(hid_t at, const char *name, int64_t value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(at, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    int ok = attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0;

    if (attribute >= 0)
        ok = H5Aclose(attribute) >= 0 && ok;
    H5Sclose(space);
    return ok;
}

int rows_write(hid_t at, const char *name, hid_t type, const void *rows, size_t count)
{
    hsize_t size = count;
    hid_t space = H5Screate_simple(1, &size, NULL), list = H5Pcreate(H5P_DATASET_CREATE), set = -1;
    int ok = H5Pset_obj_track_times(list, 0) >= 0 && count <= MAX_BYTES / H5Tget_size(type);

    if (!ok)
        errno = EFBIG;
    else
        set = H5Dcreate2(at, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ok = ok && set >= 0 && (count == 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0);
    if (set >= 0)
        ok = H5Dclose(set) >= 0 && ok;
    H5Pclose(list);
    H5Sclose(space);
    return ok;
}

/* An attribute that holds one value: an array would run over whatever it is read into. < 0: there is none. */
static hid_t open_attribute(hid_t at, const char *name)
{
    hid_t attribute = H5Aexists(at, name) > 0 ? H5Aopen(at, name, H5P_DEFAULT) : -1;
    hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    int one = space >= 0 && H5Sget_simple_extent_npoints(space) == 1;

    if (space >= 0)
        H5Sclose(space);
    if (attribute >= 0 && !one) {
        H5Aclose(attribute);
        return -1;
    }
    return attribute;
}

char *rows_read_text(hid_t at, const char *name)
{
    hid_t attribute = open_attribute(at, name);
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    size_t size = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0
                      ? H5Tget_size(type)
                      : 0;
    char *text = size > 0 && size < 4096 ? calloc(1, size + 1) : NULL;

    if (text != NULL && H5Aread(attribute, type, text) < 0) {
        free(text);
        text = NULL;
    }
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    return text;
}

int rows_read_number(hid_t at, const char *name, int64_t *value)
{
    hid_t attribute = open_attribute(at, name);
    int ok = attribute >= 0 && H5Aread(attribute, H5T_NATIVE_INT64, value) >= 0;

    if (attribute >= 0)
        H5Aclose(attribute);
    return ok;
}

/* Of exactly this type: the library's own conversions trust what a damaged file says of its rows. */
static int is_of_type(hid_t set, hid_t type)
{
    hid_t found = set >= 0 ? H5Dget_type(set) : -1;
    int same = found >= 0 && H5Tequal(found, type) > 0;

    if (found >= 0)
        H5Tclose(found);
    return same;
}

int rows_read(hid_t at, const char *name, hid_t type, size_t row, void **rows, size_t *count)
{
    hid_t set = H5Dopen2(at, name, H5P_DEFAULT), space = set >= 0 ? H5Dget_space(set) : -1;
    hssize_t n = space >= 0 ? H5Sget_simple_extent_npoints(space) : -1;
    int ok = n >= 0 && (size_t)n <= MAX_BYTES / row && is_of_type(set, type);

    *rows = ok ? calloc((size_t)n + 1, row) : NULL;
    ok = *rows != NULL && (n == 0 || H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, *rows) >= 0);
    *count = ok ? (size_t)n : 0;
    if (space >= 0)
        H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    return ok;
}
