/* TPU pods: chips in a torus, sold as slices, which are boxes of neighbouring chips.
 *
 * A pod is sizes[0] × sizes[1] × sizes[2] chips (the last is 1 in two dimensions). Which boxes are slices:
 *
 * v4, v5p   3-D, built of cubes of 4x4x4 chips that optical switches join; hosts of 2x2x1 chips. Shapes:
 *           2x2x1, 2x2x2, 2x2x4, 2x4x4 within one cube, and AxBxC with A <= B <= C all multiples of 4; in v5p
 *           at most 6,144 chips. Slices of whole cubes are tori; smaller ones have no wrap-around links.
 * v5e, v6e  2-D, one torus of 16x16 chips, hosts of 2x4. Shapes: 1x1, 2x2, 2x4, 4x4, 4x8, 8x8, 8x16, 16x16.
 *           An axis of a slice wraps around where it has all 16 chips.
 *
 * Sources, read 2026-11-24 in stored copies: cloud.google.com/tpu/docs/v5p (shapes, 8,960 chips, largest job
 * 16x16x24; "all 4x4x4 and larger slices have full 3D torus connectivity", smaller have not), .../docs/v4 and
 * .../types-topologies (AxBxC, all <= 4 or all multiples of 4), .../docs/v5e, .../docs/v6e (256 chips, the
 * table of shapes); pods of 16x16x16 (v4) and 16x20x28 (v5p) and the rule for v5e axes of 16:
 * jax-ml.github.io/scaling-book, chapter "TPUs" (2025); 2x2x4: topologies of AI-Hypercomputer/xpk.
 *
 * Where a shape may lie is not documented; it follows from how the machine is built, and is our assumption:
 * - A slice is turned in any way that keeps hosts whole: 2x4x4 also lies as 4x2x4, but 2x2x1 not as 1x2x2.
 * - Whole cubes start at a cube. Whole hosts start at a host, within one cube where there are cubes. Less
 *   than a host lies within one, at a multiple of its own size.
 * - A slice may cross the pod's edge along an axis that wraps. (The switches of v4 and v5p could also join
 *   cubes that are not neighbours. That is not modelled: slices here are contiguous.)
 *
 * Occupied chips are a bitmap of the caller's: torus_words(pod) words, bit of chip (x, y, z) at
 * (z * sizes[1] + y) * sizes[0] + x, unused bits 0. Pure functions; no allocation; searching takes 40 kB of
 * stack. The structs have no padding and may be part of a snapshot. */
#ifndef SKYTWIN_TORUS_H
#define SKYTWIN_TORUS_H

#include <stdint.h>

#define TORUS_AXES       3
#define TORUS_AXIS_MAX   64    /* chips along an axis */
#define TORUS_CHIPS_MAX  12288 /* chips of a pod */
#define TORUS_SHAPES_MAX 256   /* legal shapes of a pod are fewer */

typedef enum torus_type { TORUS_V4, TORUS_V5P, TORUS_V5E, TORUS_V6E, TORUS_TYPE_COUNT } torus_type;

/* Chips along each axis. */
typedef struct torus_shape {
    uint16_t sizes[TORUS_AXES];
} torus_shape;

typedef struct torus_pod {
    torus_shape shape;
    uint8_t type;  /* torus_type */
    uint8_t wraps; /* axes with wrap-around, bits 1 << axis */
} torus_pod;

/* A box of chips: as it lies in the pod, turned. Ends modulo the pod's size along axes that wrap. */
typedef struct torus_slice {
    uint16_t start[TORUS_AXES];
    torus_shape shape;
} torus_slice;

const char *torus_type_name(uint32_t type); /* "v5p"; NULL if out of range */

/* Describes a pod of a type. A v4 or v5p pod is of whole cubes and wraps along all axes; a v5e or v6e pod is
 * of whole hosts, at most 16x16x1, and wraps along axes of 16.
 * 1; or 0, and nothing is written: no such type, sizes that are none of these or beyond the limits. */
int torus_pod_init(torus_pod *pod, uint32_t type, torus_shape shape);
uint32_t torus_chips(torus_shape shape);
uint32_t torus_words(const torus_pod *pod); /* of 64 bits, in the bitmap of occupied chips */

/* The legal shapes that fit into the empty pod, as documented (smallest axis first, but 2x2x1 and AxBx1), in
 * rising order of chips, then of axes. Returns how many there are; writes at most `most` of them. */
uint32_t torus_shapes(const torus_pod *pod, torus_shape *shapes, uint32_t most);
int torus_shape_is_legal(const torus_pod *pod, torus_shape shape); /* as documented: not turned */

/* 1: of a legal shape, turned and placed as above. */
int torus_slice_is_legal(const torus_pod *pod, const torus_slice *slice);
/* Axes along which a legal slice is a ring of its own, bits 1 << axis. */
uint32_t torus_slice_rings(const torus_pod *pod, const torus_slice *slice);

/* 1: all chips of a legal slice are free. */
int torus_is_free(const torus_pod *pod, const uint64_t *taken, const torus_slice *slice);
/* Links from chips of the slice to free chips outside it: the surface it leaves open. Few: it lies against
 * other slices and edges, and cuts little out of what is free. */
uint32_t torus_open_links(const torus_pod *pod, const uint64_t *taken, const torus_slice *slice);

/* The free slice of a legal shape that
 * 1. within a cube (or a host), leaves the fewest chips of it free: it breaks no other cube (host) if it can,
 * 2. has the fewest torus_open_links,
 * 3. starts at the chip of the lowest number, and is the first so turned.
 * 1; 0: there is none, or the shape is not legal. In a pod of 16x20x28: 0.02 to 0.4 ms (bench_slices). */
int torus_find(const torus_pod *pod, const uint64_t *taken, torus_shape shape, torus_slice *slice);

/* 1: there is a free slice of the shape, wherever. */
int torus_has_room(const torus_pod *pod, const uint64_t *taken, torus_shape shape);

/* Chips of the largest legal shape of which a free slice exists, and in *slice one that is (of shapes with as
 * many chips, the last of torus_shapes). 0: the pod is full. The share of free chips that this is not is a
 * measure of fragmentation. */
uint32_t torus_largest_free(const torus_pod *pod, const uint64_t *taken, torus_slice *slice);
uint32_t torus_free_chips(const torus_pod *pod, const uint64_t *taken);

/* Marks a legal slice as taken (all of it must be free) or free (all of it must be taken). */
void torus_take(const torus_pod *pod, uint64_t *taken, const torus_slice *slice);
void torus_release(const torus_pod *pod, uint64_t *taken, const torus_slice *slice);
/* Marks a legal slice as taken, whatever of it is free: what is promised twice, as somebody did not leave in time. */
void torus_cover(const torus_pod *pod, uint64_t *taken, const torus_slice *slice);
/* 1: no chip of a legal slice is free. */
int torus_is_taken(const torus_pod *pod, const uint64_t *taken, const torus_slice *slice);

/* A slice of a shape in 19 bits: the number of its first chip, and from bit 16 on how it is turned (the first of the
 * turns that give the same). Back: 1; 0: no such chip or turn. The slice may still be an illegal one. */
uint32_t torus_slice_pack(const torus_pod *pod, torus_shape shape, const torus_slice *slice);
int torus_slice_unpack(const torus_pod *pod, torus_shape shape, uint32_t packed, torus_slice *slice);

#endif
