/* A run of logical processes that is saved, and goes on in another one on another number of threads, is the run that was
 * not: the same digest of every event at every process, the same bytes when it is saved again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "phold.h"

#define PROCESSES    24
#define LOOKAHEAD_NS 100000000
#define END_NS       (60 * SKY_NS_PER_SECOND)

/* Sends from outside too, and changes how long windows are. */
typedef struct world {
    windows *w;
    uint64_t acted;
} world;

static const phold load = { .seed = 7, .remote = UINT32_MAX / 4, .mean_ns = 1e9, .digests = 1 };

static int64_t act(void *context, windows *w, int64_t now_ns)
{
    world *of = context;

    of->acted++;
    windows_set_lookahead(w, of->acted % 2 ? LOOKAHEAD_NS / 2 : LOOKAHEAD_NS);
    if (of->acted % 8 == 0)
        assert_int_equal(windows_send(w, (uint32_t)(of->acted % PROCESSES), now_ns + 5, 0, 0, 0, 1), SKY_OK);
    return now_ns + 777777777;
}

static world *new_world(int threads, int adaptive)
{
    const process_model **models = phold_models(PROCESSES);
    world *of = calloc(1, sizeof *of);
    const windows_config config = { .processes = PROCESSES,
                                    .model = models,
                                    .shared = &load,
                                    .lookahead_ns = LOOKAHEAD_NS,
                                    .threads = threads,
                                    .adaptive = adaptive,
                                    .context = of,
                                    .control = act,
                                    .control_first_ns = 3 };
    sky_error error;

    assert_true(models != NULL && of != NULL);
    assert_int_equal(windows_create(&config, &of->w, &error), SKY_OK);
    free(models);
    return of;
}

static void free_world(world *of)
{
    windows_destroy(of->w);
    free(of);
}

static void run(world *of, int64_t to_ns)
{
    sky_error error;

    assert_int_equal(windows_run(of->w, to_ns, &error), SKY_OK);
}

static void world_state(world *of, state *s)
{
    state_part(s, "phold");
    STATE_VALUE(s, of->acted);
    for (uint32_t i = 0; i < PROCESSES; i++)
        state_bytes(s, windows_process(of->w, i), sizeof(phold_state));
    windows_state(of->w, s, NULL, NULL);
}

/* Its bytes are the ones of `expected`, which may be NULL. */
static state *save(world *of, state *expected)
{
    state *s = state_save();
    sky_error error;
    size_t size, expected_size;

    assert_non_null(s);
    world_state(of, s);
    assert_int_equal(state_end(s, &error), SKY_OK);
    state_saved(s, &size);
    if (expected != NULL) {
        state_saved(expected, &expected_size);
        assert_int_equal(size, expected_size);
        assert_memory_equal(state_saved(s, &size), state_saved(expected, &expected_size), size);
    }
    return s;
}

static sky_status restore(world *of, const unsigned char *bytes, size_t size)
{
    state *s = state_restore(bytes, size);
    sky_error error;
    sky_status status;

    assert_non_null(s);
    world_state(of, s);
    status = state_end(s, &error);
    state_free(s);
    return status;
}

static void test_goes_on_as_if_it_had_not_ended(void **unused)
{
    world *whole = new_world(1, 0), *at = new_world(1, 0);
    const random_key key = { .seed = 11 };
    state *end;
    int64_t now_ns = 0;

    (void)unused;
    for (int i = 0; now_ns < END_NS; i++) {
        int threads = 1 + i % 4;
        world *next = new_world(threads, i % 3 == 0);
        state *saved;
        const unsigned char *bytes;
        size_t size;

        now_ns += (int64_t)(random_u64(&key, (uint64_t)i) % (END_NS / 6));
        now_ns = now_ns < END_NS ? now_ns : END_NS;
        run(at, now_ns);
        saved = save(at, NULL);
        bytes = state_saved(saved, &size);
        run(next, now_ns / 2); /* what it did before is forgotten */
        assert_int_equal(restore(next, bytes, size), SKY_OK);
        state_free(save(next, saved));
        run(at, now_ns + SKY_NS_PER_SECOND); /* saving has not changed it */
        state_free(saved);
        saved = save(at, NULL);
        free_world(at);
        at = next;
        run(at, now_ns + SKY_NS_PER_SECOND);
        state_free(save(at, saved));
        state_free(saved);
        now_ns += SKY_NS_PER_SECOND;
    }
    run(at, END_NS + 2 * SKY_NS_PER_SECOND);
    run(whole, END_NS + 2 * SKY_NS_PER_SECOND);
    end = save(whole, NULL);
    state_free(save(at, end));
    assert_true(phold_digest(at->w, PROCESSES) == phold_digest(whole->w, PROCESSES));
    assert_int_equal(windows_count(at->w).events, windows_count(whole->w).events);
    assert_int_equal(windows_count(at->w).messages, windows_count(whole->w).messages);
    state_free(end);
    free_world(at);
    free_world(whole);
}

/* A control point that sends for the present instant leaves an event there; a run may also end between control points. */
static void test_bytes_do_not_depend_on_threads(void **unused)
{
    (void)unused;
    for (int64_t at_ns = 0; at_ns < 20 * SKY_NS_PER_SECOND; at_ns += 3999999999) {
        world *alone = new_world(1, 0);
        state *expected;

        run(alone, at_ns);
        assert_int_equal(windows_send(alone->w, 5, at_ns, 0, 0, 0, 9), SKY_OK);
        expected = save(alone, NULL);
        for (int threads = 2; threads <= 5; threads++) {
            world *of = new_world(threads, threads % 2);

            run(of, at_ns);
            assert_int_equal(windows_send(of->w, 5, at_ns, 0, 0, 0, 9), SKY_OK);
            state_free(save(of, expected));
            free_world(of);
        }
        state_free(expected);
        free_world(alone);
    }
}

/* Any byte may be another: then it is refused, or goes on in whatever order of events that is, and ends. */
static void test_hostile_bytes(void **unused)
{
    world *from = new_world(1, 0);
    state *saved;
    const unsigned char *bytes;
    unsigned char *hostile;
    size_t size;
    unsigned refused = 0, ran = 0;

    (void)unused;
    run(from, SKY_NS_PER_SECOND);
    saved = save(from, NULL);
    bytes = state_saved(saved, &size);
    hostile = malloc(size);
    assert_non_null(hostile);
    for (size_t i = 0; i < size; i++) {
        world *of = new_world(1 + (int)(i % 2), 0);
        sky_error error;

        memcpy(hostile, bytes, size);
        hostile[i] ^= (unsigned char)(1 << i % 8);
        if (restore(of, hostile, size) == SKY_OK) {
            windows_run(of->w, SKY_NS_PER_SECOND + SKY_NS_PER_SECOND / 10, &error);
            ran++;
        } else {
            refused++;
        }
        free_world(of);
    }
    assert_true(refused > 0 && ran > 0);
    free(hostile);
    state_free(saved);
    free_world(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on_as_if_it_had_not_ended),
        cmocka_unit_test(test_bytes_do_not_depend_on_threads),
        cmocka_unit_test(test_hostile_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
