/* Accesses per second of each cache, a tenth of a million objects read by Zipf's law held, beside a bare hash table
 * that holds the most popular ones, as many, and only looks up. Arguments: none. */
#include "bench.h"
#include "world/storage/cache.h"
#include "zipf.h"

#define OBJECTS 1000000
#define ROOM    100000
#define READS   4000000
#define CELLS   (1u << 18) /* as full as the caches' */

static uint64_t *draw_reads(void)
{
    const random_key key = { .seed = 1 };
    double *p = bench_need(malloc(OBJECTS * sizeof *p)), *below = bench_need(malloc(OBJECTS * sizeof *below));
    uint64_t *reads = bench_need(malloc(READS * sizeof *reads));

    zipf_fill(p, OBJECTS, 1.0);
    zipf_cumulate(below, p, OBJECTS);
    for (uint64_t n = 0; n < READS; n++)
        reads[n] = zipf_draw(below, OBJECTS, &key, n);
    free(p);
    free(below);
    return reads;
}

typedef struct bare_cell {
    uint64_t object;
    uint32_t value; /* 0: empty */
} bare_cell;

static uint32_t bare_find(const bare_cell *cells, uint64_t object)
{
    uint32_t i = (uint32_t)cache_mix(object) & (CELLS - 1);

    while (cells[i].value != 0 && cells[i].object != object)
        i = (i + 1) & (CELLS - 1);
    return i;
}

static double bare_lookups(const uint64_t *reads)
{
    bare_cell *cells = bench_need(calloc(CELLS, sizeof *cells));
    volatile int64_t result;
    int64_t hits = 0;
    double start;

    for (uint64_t object = 0; object < ROOM; object++)
        cells[bare_find(cells, object)] = (bare_cell){ object, 1 };
    start = bench_thread_s();
    for (size_t n = 0; n < READS; n++)
        hits += cells[bare_find(cells, reads[n])].value;
    start = bench_thread_s() - start;
    result = hits;
    (void)result;
    free(cells);
    return READS / start;
}

static double accesses(const uint64_t *reads, const cache_config *config, double *hit_rate)
{
    cache c;
    double start;

    if (cache_init(&c, config) != SKY_OK)
        exit(3);
    start = bench_thread_s();
    for (size_t n = 0; n < READS; n++)
        (void)cache_access(&c, &(cache_read){ (int64_t)n, reads[n], 1, 1000 });
    start = bench_thread_s() - start;
    *hit_rate = (double)c.counts.hits / READS;
    cache_free(&c);
    return READS / start;
}

int main(void)
{
    static const char *const names[] = { "lru", "lfu", "sieve", "w-tinylfu" };
    const storage_tier tier = {
        .bytes_per_s = 1, .priced_bytes = 1000000000, .nusd_per_gb_month = 1000000, .write_nusd = 1
    };
    const cache_admission_terms terms = { &tier, 1000000 };
    uint64_t *reads = draw_reads();

    for (size_t i = 0; i <= sizeof names / sizeof names[0]; i++) {
        int weighed = i == sizeof names / sizeof names[0];
        cache_config config = { cache_find_policy(weighed ? "lru" : names[i]), ROOM, 1, ROOM,
                                weighed ? &terms : NULL };
        double bare = bare_lookups(reads), hit_rate, rate = accesses(reads, &config, &hit_rate);
        char name[96];

        snprintf(name, sizeof name, "cache %s, Zipf 1.0, 100,000 of 1,000,000 objects, %.1f %% hits",
                 weighed ? "lru with cost-aware admission" : names[i], hit_rate * 100);
        bench_report(name, rate, "accesses/s", "bare hash table", bare);
    }
    free(reads);
    return 0;
}
