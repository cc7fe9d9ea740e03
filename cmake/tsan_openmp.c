/* Linked into builds with the thread sanitizer only. GCC's OpenMP runtime is not instrumented, so the
 * sanitizer does not see that a team starts after what came before it and ends before what comes after it,
 * and reports every hand-over of data as a race. To suppress reports that have the runtime on their stack
 * would silence all of a team's real races too; instead, the linker lets calls of GOMP_parallel pass through
 * here (--wrap), where fork and join are told to the sanitizer.
 *
 * Only `omp parallel` is known here. Other constructs that order memory (critical, barrier, worksharing
 * loops inside a team) would be reported as races: use a mutex, or add them here. */
#include <sanitizer/tsan_interface.h>

typedef struct team {
    void (*body)(void *data);
    void *data;
    char fork, join; /* two addresses: the end of one thread is not before the start of another */
} team;

void __real_GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
void __wrap_GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);

static void run_body(void *context)
{
    team *t = context;

    __tsan_acquire(&t->fork);
    t->body(t->data);
    __tsan_release(&t->join);
}

void __wrap_GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags)
{
    team t = { .body = body, .data = data };

    __tsan_release(&t.fork);
    __real_GOMP_parallel(run_body, &t, threads, flags);
    __tsan_acquire(&t.join);
}
