/* What a run is in the middle of, as bytes, and back: the body of a checkpoint.
 *
 * Each module has one function that both saves and restores what it has, MODULE_state(thing, state): what goes out is what
 * comes in. The sequence of the calls is the format; it is that of one build, and changes with it.
 *
 * What is restored has been made from the scenario as ever. So only what changes during a run is among the bytes:
 * configurations, pointers and whatever follows from the scenario stay as they were made, which is also how a changed
 * scenario takes effect in the middle of a run. Things that hold pointers are written field by field; rows that are written
 * as they lie have no padding, or were zero when they were made. Sets without an order (heaps, queues) are written in one
 * that depends on nothing but what is in them: the same run has the same bytes on any number of threads.
 *
 * Bytes may come from anywhere: a count is bounded by the bytes that there are, and whatever is used as an index is
 * checked after it was restored (state_check, state_check_indices). After the first failure saving writes nothing, restoring gives zeros, and
 * counts are 0: no caller needs to look before its own end. */
#ifndef SKYTWIN_KERNEL_STATE_H
#define SKYTWIN_KERNEL_STATE_H

#include <stddef.h>

#include <skytwin/engine.h>

typedef struct state state;

/* To save into. NULL: no memory. */
state *state_save(void);
/* To restore from bytes, which the caller keeps until state_free. NULL: no memory. */
state *state_restore(const void *bytes, size_t size);
void state_free(state *s);
/* 1: restores; 0: saves. */
int state_restores(const state *s);

/* A part begins: where another one is found, that fails, as does one that has been read too far or not to its end. Names are
 * of one module each, in its words; they stand in the error. */
void state_part(state *s, const char *name);

/* Plain bytes: numbers, arrays that were made for the scenario, structs without pointers. */
void state_bytes(state *s, void *bytes, size_t size);
#define STATE_VALUE(s, lvalue) state_bytes((s), &(lvalue), sizeof(lvalue))
/* So many things are in the scenario: fails where another number was saved. */
void state_things(state *s, size_t count);
/* An array that has its length from the scenario: fails where another length was saved. */
void state_array(state *s, void *items, size_t count, size_t item_size);
/* A count, of things that take at least so many bytes each here: when saving the one given is returned, when restoring the one
 * that was saved. item_size at least 1. */
size_t state_count(state *s, size_t count, size_t item_size);
/* A list that grows as realloc makes it: `items` is the address of the pointer to its items, of which `room` have memory.
 * Restoring makes room. */
void state_list(state *s, void *items, size_t *count, size_t *room, size_t item_size);
void state_list32(state *s, void *items, uint32_t *count, uint32_t *room, size_t item_size);

/* Fails where what was restored can't be; saving, nothing is checked. */
void state_check(state *s, int holds);
/* All of them are below the limit, or SKY_NONE; `stride`: bytes from one to the next. */
void state_check_indices(state *s, const uint32_t *first, size_t count, size_t stride, size_t limit);
/* All of them are amounts, from 0 to 2^62: counts, sums, times that can be added to. */
void state_check_amounts(state *s, const int64_t *first, size_t count);
/* Out of memory, met by the caller. */
void state_no_memory(state *s);

/* 1: nothing has failed so far. */
int state_is_sound(const state *s);
/* What became of it; restoring: all bytes must have been read. SKY_ERROR_MEMORY; SKY_ERROR_INPUT: the bytes are not those of
 * such a run ("checkpoint: PART …"). */
sky_status state_end(state *s, sky_error *error);
/* Saved so far; until state_free. */
const unsigned char *state_saved(const state *s, size_t *size);

#endif
