#include "h5_parts.h"

#include <stdlib.h>
#include <string.h>
#include <stdio.h>

/* ---- writing ------------------------------------------------------------------------------------------------ */

/* `room`: bytes to set apart, so that a longer text can take this one's place. */
int h5_create_text(hid_t at, const char *name, const char *text, size_t room)
{
    size_t size = strlen(text) + 1 > room ? strlen(text) + 1 : room;
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute = -1;
    char *block = calloc(1, size);
    int ok = block != NULL && type >= 0 && space >= 0 && H5Tset_size(type, size) >= 0 &&
             H5Tset_cset(type, H5T_CSET_UTF8) >= 0;

    if (ok) {
        memcpy(block, text, strlen(text));
        attribute = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    }
    ok = ok && attribute >= 0 && H5Awrite(attribute, type, block) >= 0;
    if (attribute >= 0)
        ok = H5Aclose(attribute) >= 0 && ok;
    free(block);
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

int h5_write_text(hid_t at, const char *name, const char *text)
{
    return h5_create_text(at, name, text, 0);
}

/* In the room of the old text, cut to it: what is there is never deleted, and no space is asked for. */
int h5_change_text(hid_t at, const char *name, const char *text)
{
    hid_t attribute = H5Aopen(at, name, H5P_DEFAULT), type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    size_t size = type >= 0 ? H5Tget_size(type) : 0;
    char *block = calloc(1, size + 1);
    int ok = size > 0 && block != NULL;

    if (ok) {
        snprintf(block, size, "%s", text);
        ok = H5Awrite(attribute, type, block) >= 0;
    }
    free(block);
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        ok = H5Aclose(attribute) >= 0 && ok;
    return ok;
}

int h5_write_number(hid_t at, const char *name, uint64_t value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Aexists(at, name) > 0
                          ? H5Aopen(at, name, H5P_DEFAULT)
                          : H5Acreate2(at, name, H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    int ok = attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_UINT64, &value) >= 0;

    if (attribute >= 0)
        ok = H5Aclose(attribute) >= 0 && ok;
    H5Sclose(space);
    return ok;
}

/* Creation properties without times, so that the same content gives the same bytes. */
hid_t h5_plain_dataset(void)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    if (list >= 0 && H5Pset_obj_track_times(list, 0) < 0) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

/* Texts of one length, that of the longest: HDF5 reads texts of any length through its heap, and a damaged heap
 * makes it crash. */
int h5_write_strings(hid_t group, const char *name, const char *const *text, size_t count)
{
    hsize_t size = count;
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &size, NULL), list = h5_plain_dataset(),
          set = -1;
    size_t longest = 0;
    char *block;
    int ok;

    for (size_t i = 0; i < count; i++)
        longest = strlen(text[i]) > longest ? strlen(text[i]) : longest;
    block = calloc(count + 1, longest + 1);
    for (size_t i = 0; block != NULL && i < count; i++)
        memcpy(block + i * (longest + 1), text[i], strlen(text[i]));
    ok = block != NULL && type >= 0 && space >= 0 && list >= 0 && H5Tset_size(type, longest + 1) >= 0 &&
         H5Tset_cset(type, H5T_CSET_UTF8) >= 0;
    if (ok)
        set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ok = ok && set >= 0 && (count == 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, block) >= 0);
    if (set >= 0)
        ok = H5Dclose(set) >= 0 && ok;
    free(block);
    H5Pclose(list);
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

int h5_write_indices(hid_t group, const char *name, const uint32_t *index, size_t count)
{
    hsize_t size = count;
    hid_t space = H5Screate_simple(1, &size, NULL), list = h5_plain_dataset(), set = -1;
    int ok = space >= 0 && list >= 0;

    if (ok)
        set = H5Dcreate2(group, name, H5T_STD_U32LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ok = ok && set >= 0 &&
         (count == 0 || H5Dwrite(set, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, index) >= 0);
    if (set >= 0)
        ok = H5Dclose(set) >= 0 && ok;
    H5Pclose(list);
    H5Sclose(space);
    return ok;
}

hid_t h5_create_group(hid_t at, const char *name)
{
    hid_t list = H5Pcreate(H5P_GROUP_CREATE), group = -1;

    if (list >= 0 && H5Pset_obj_track_times(list, 0) >= 0)
        group = H5Gcreate2(at, name, H5P_DEFAULT, list, H5P_DEFAULT);
    H5Pclose(list);
    return group;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* NULL: it isn't there, or is no fixed string. The caller frees it. */
char *h5_read_text(hid_t at, const char *name)
{
    hid_t attribute = H5Aexists(at, name) > 0 ? H5Aopen(at, name, H5P_DEFAULT) : -1, type = -1;
    char *text = NULL;
    size_t size;

    if (attribute < 0)
        return NULL;
    type = H5Aget_type(attribute);
    size = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 ? H5Tget_size(type)
                                                                                          : 0;
    if (size > 0 && size < ((size_t)1 << 20) && (text = calloc(1, size + 1)) != NULL &&
        H5Aread(attribute, type, text) < 0) {
        free(text);
        text = NULL;
    }
    if (type >= 0)
        H5Tclose(type);
    H5Aclose(attribute);
    return text;
}

int h5_read_number(hid_t at, const char *name, uint64_t *value)
{
    hid_t attribute = H5Aexists(at, name) > 0 ? H5Aopen(at, name, H5P_DEFAULT) : -1;
    int ok = attribute >= 0 && H5Aread(attribute, H5T_NATIVE_UINT64, value) >= 0;

    if (attribute >= 0)
        H5Aclose(attribute);
    return ok;
}

/* Elements of a one-dimensional dataset; -1: it isn't there or has another shape. */
hssize_t h5_count(hid_t set)
{
    hid_t space = set >= 0 ? H5Dget_space(set) : -1;
    hssize_t count = space >= 0 && H5Sget_simple_extent_ndims(space) == 1
                         ? H5Sget_simple_extent_npoints(space)
                         : -1;

    if (space >= 0)
        H5Sclose(space);
    return count;
}

/* Size of a dataset's texts, their ends included; 0: they are no texts of one length, or too long. */
size_t h5_text_size(hid_t set)
{
    hid_t type = H5Dget_type(set);
    size_t size = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0
                      ? H5Tget_size(type)
                      : 0;

    if (type >= 0)
        H5Tclose(type);
    return size <= H5_TEXT_MOST ? size : 0;
}

int h5_read_strings(hid_t file, const char *name, size_t most, char ***out, size_t *count)
{
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
    hssize_t n = h5_count(set);
    size_t size = set >= 0 ? h5_text_size(set) : 0;
    char **text = NULL, *block;
    int ok = n >= 0 && (size_t)n <= most && size > 0 && (size_t)n * size <= H5_TEXT_MOST &&
             H5Tset_size(type, size) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0;

    if (ok)
        text = calloc(1, ((size_t)n + 1) * (sizeof *text + size));
    block = (char *)(text + (ok ? n + 1 : 0));
    ok = text != NULL && (n == 0 || H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, block) >= 0);
    for (hssize_t i = 0; ok && i < n; i++) {
        text[i] = block + (size_t)i * size;
        text[i][size - 1] = '\0';
    }
    if (set >= 0)
        H5Dclose(set);
    H5Tclose(type);
    *out = text;
    *count = ok ? (size_t)n : 0;
    return ok;
}
