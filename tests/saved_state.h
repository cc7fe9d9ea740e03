/* What a module saves, as bytes, and back. */
#ifndef SKYTWIN_TESTS_SAVED_STATE_H
#define SKYTWIN_TESTS_SAVED_STATE_H

#include "kernel/state.h"

#include <stdlib.h>
#include <string.h>

typedef void state_function(void *thing, state *s);

/* To be freed. */
static unsigned char *save_state(state_function *of, void *thing, size_t *size)
{
    state *s = state_save();
    const unsigned char *saved;
    unsigned char *bytes;
    sky_error error;

    assert_non_null(s);
    of(thing, s);
    assert_int_equal(state_end(s, &error), SKY_OK);
    saved = state_saved(s, size);
    bytes = malloc(*size + 1);
    assert_non_null(bytes);
    memcpy(bytes, saved, *size);
    state_free(s);
    return bytes;
}

static sky_status restore_state(state_function *of, void *thing, const unsigned char *bytes, size_t size,
                                sky_error *error)
{
    state *s = state_restore(bytes, size);
    sky_status status;

    assert_non_null(s);
    of(thing, s);
    status = state_end(s, error);
    state_free(s);
    return status;
}

#endif
