/* Caches: every access against a plain reference that searches arrays; LRU's hit rate against the exact one of
 * King, and against Che's approximation; LFU against the best there can be; SIEVE and W-TinyLFU against LRU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>

#define ESTIMATE_OF "Cache"
#include "oracle/estimate.h"
#include "world/storage/cache.h"
#include "world/storage/cache_sketch.h"
#include "zipf.h"

static const cache_policy *const policies[] = { &cache_lru, &cache_lfu, &cache_sieve, &cache_w_tinylfu };

/* ---- the reference ------------------------------------------------------------------------------------------------ */

#define MOST 600

typedef struct thing {
    uint64_t object;
    int64_t bytes, count;
    int visited;
} thing;

/* An array in the order of the policy, [0] the first to leave. */
typedef struct row {
    thing things[MOST];
    int count;
} row;

typedef struct reference {
    const cache_config *config;
    row rows[3]; /* w-tinylfu: window, probation, protected; else [0] */
    row departed;
    int hand;
    cache_sketch sketch;
} reference;

static int find(const row *r, uint64_t object)
{
    for (int i = 0; i < r->count; i++)
        if (r->things[i].object == object)
            return i;
    return -1;
}

static thing take(row *r, int i)
{
    thing t = r->things[i];

    memmove(&r->things[i], &r->things[i + 1], (size_t)(--r->count - i) * sizeof t);
    return t;
}

static void append(row *r, thing t)
{
    assert_true(r->count < MOST);
    r->things[r->count++] = t;
}

static int64_t bytes_of(const row *r)
{
    int64_t bytes = 0;

    for (int i = 0; i < r->count; i++)
        bytes += r->things[i].bytes;
    return bytes;
}

static void depart(reference *f, thing t)
{
    if (f->config->policy == &cache_lfu && f->config->history > 0) {
        if (f->departed.count == (int)f->config->history)
            take(&f->departed, 0);
        append(&f->departed, t);
    }
}

static void drop(reference *f, int i)
{
    depart(f, take(&f->rows[0], i));
    f->hand -= f->hand > i;
    if (f->hand == f->rows[0].count)
        f->hand = 0; /* past the newest comes the oldest, whoever is added in between */
}

/* Which leaves of a single row. */
static int victim(reference *f)
{
    row *r = &f->rows[0];
    int first = 0;

    if (f->config->policy == &cache_sieve) {
        for (;; f->hand++) {
            f->hand = f->hand < r->count ? f->hand : 0;
            if (!r->things[f->hand].visited)
                return f->hand;
            r->things[f->hand].visited = 0;
        }
    }
    for (int i = 1; i < r->count && f->config->policy == &cache_lfu; i++)
        if (r->things[i].count < r->things[first].count)
            first = i; /* the row is in the order of the last read */
    return first;
}

static int64_t window_limit(const reference *f)
{
    int64_t block = f->config->block_bytes, percent = (f->config->capacity_bytes + 50) / 100;

    return percent == 0 ? block : (percent + block - 1) / block * block;
}

static int joins_main(reference *f, thing t)
{
    int64_t limit = f->config->capacity_bytes - window_limit(f);
    int64_t need = bytes_of(&f->rows[1]) + bytes_of(&f->rows[2]) + t.bytes - limit;
    uint32_t against = 0;
    int victims = 0;

    if (t.bytes > limit)
        return 0;
    while (need > 0) {
        const thing *v = victims < f->rows[1].count ? &f->rows[1].things[victims]
                                                    : &f->rows[2].things[victims - f->rows[1].count];

        against += cache_sketch_count(&f->sketch, v->object);
        need -= v->bytes;
        victims++;
    }
    if (victims > 0 && cache_sketch_count(&f->sketch, t.object) <= against)
        return 0;
    while (victims-- > 0)
        take(&f->rows[f->rows[1].count > 0 ? 1 : 2], 0);
    append(&f->rows[1], t);
    return 1;
}

static cache_outcome reference_tinylfu_miss(reference *f, thing t)
{
    if (t.bytes > window_limit(f))
        return joins_main(f, t) ? CACHE_ADMITTED : CACHE_REFUSED;
    while (bytes_of(&f->rows[0]) + t.bytes > window_limit(f))
        joins_main(f, take(&f->rows[0], 0));
    append(&f->rows[0], t);
    return CACHE_ADMITTED;
}

static void reference_tinylfu_hit(reference *f, int segment, int i)
{
    int64_t main_limit = f->config->capacity_bytes - window_limit(f);
    thing t = take(&f->rows[segment], i);

    append(&f->rows[segment == 0 ? 0 : 2], t);
    while (bytes_of(&f->rows[2]) > (main_limit * 80 + 50) / 100)
        append(&f->rows[1], take(&f->rows[2], 0));
}

static cache_outcome reference_miss(reference *f, thing t)
{
    int known = find(&f->departed, t.object);

    while (bytes_of(&f->rows[0]) + t.bytes > f->config->capacity_bytes) {
        drop(f, victim(f));
        known = find(&f->departed, t.object);
    }
    if (known >= 0)
        t.count += take(&f->departed, known).count;
    append(&f->rows[0], t);
    return CACHE_ADMITTED;
}

static cache_outcome reference_access(reference *f, uint64_t object, int64_t bytes)
{
    int64_t block = f->config->block_bytes;
    thing t = { object, (bytes + block - 1) / block * block, 1, 0 };

    if (f->config->policy == &cache_w_tinylfu)
        cache_sketch_add(&f->sketch, object);
    for (int s = 0; s < 3; s++) {
        int i = find(&f->rows[s], object);

        if (i >= 0 && f->rows[s].things[i].bytes != t.bytes) {
            if (f->config->policy == &cache_w_tinylfu)
                take(&f->rows[s], i);
            else
                drop(f, i);
            break;
        }
        if (i < 0)
            continue;
        f->rows[s].things[i].count++;
        f->rows[s].things[i].visited = 1;
        if (f->config->policy == &cache_w_tinylfu)
            reference_tinylfu_hit(f, s, i);
        else if (f->config->policy != &cache_sieve)
            append(&f->rows[0], take(&f->rows[0], i));
        return CACHE_HIT;
    }
    if (t.bytes > f->config->capacity_bytes)
        return CACHE_REFUSED;
    return f->config->policy == &cache_w_tinylfu ? reference_tinylfu_miss(f, t) : reference_miss(f, t);
}

/* ---- exact replay ------------------------------------------------------------------------------------------------- */

static void assert_same_holdings(const cache *c, const reference *f)
{
    int64_t bytes = 0;
    uint32_t count = 0;

    for (int s = 0; s < 3; s++) {
        bytes += bytes_of(&f->rows[s]);
        count += (uint32_t)f->rows[s].count;
        for (int i = 0; i < f->rows[s].count; i++)
            assert_true(cache_holds(c, f->rows[s].things[i].object));
    }
    assert_int_equal(c->slots.count, count);
    assert_int_equal(c->bytes, bytes);
    assert_true(c->bytes <= c->config.capacity_bytes);
    assert_int_equal(c->counts.reads, c->counts.hits + c->counts.admitted + c->counts.refused);
    assert_int_equal(c->counts.admitted, c->counts.evicted + count);
}

/* Sizes by object; one read in 50 finds another version, of another size. */
static void replay(const cache_config *config, uint32_t replication, int64_t most_bytes)
{
    static reference f;
    static double p[400], below[400];
    const random_key reads = { .seed = 1, .replication = replication, .purpose = 1 };
    const random_key sizes = { .seed = 1, .replication = replication, .purpose = 2 };
    cache c;

    memset(&f, 0, sizeof f);
    f.config = config;
    zipf_fill(p, 400, 0.8);
    zipf_cumulate(below, p, 400);
    assert_int_equal(cache_init(&c, config), SKY_OK);
    assert_int_equal(cache_sketch_init(&f.sketch, c.slots.room), SKY_OK);
    for (uint64_t n = 0; n < 20000; n++) {
        uint64_t object = zipf_draw(below, 400, &reads, n);
        uint64_t version = object + (random_u64(&sizes, n) % 50 == 0 ? 1000 : 0);
        int64_t bytes = 1 + (int64_t)(random_u64(&sizes, 1000000 + version) % (uint64_t)most_bytes);
        const cache_read read = { .now_ns = (int64_t)n, .object = object, .bytes = bytes };

        assert_int_equal(cache_access(&c, &read), reference_access(&f, object, bytes));
        if (n % 500 == 0)
            assert_same_holdings(&c, &f);
    }
    assert_same_holdings(&c, &f);
    cache_sketch_free(&f.sketch);
    cache_free(&c);
}

static void test_every_access_is_as_the_plain_reference_has_it(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
        replay(&(cache_config){ policies[p], 60, 1, 0, NULL }, 0, 1);     /* all of one size */
        replay(&(cache_config){ policies[p], 500, 1, 70, NULL }, 1, 40);  /* of many */
        replay(&(cache_config){ policies[p], 555, 10, 10, NULL }, 2, 90); /* in blocks */
        replay(&(cache_config){ policies[p], 7, 3, 2, NULL }, 3, 9);      /* hardly any fit */
    }
    validation_row("LRU, LFU, SIEVE, W-TinyLFU, 320,000 accesses of objects of many sizes",
                   "the same outcomes", "the same", "plain references that search arrays");
}

static void test_what_is_out_of_date_leaves(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
        const cache_config config = { policies[p], 100, 1, 10, NULL };
        cache c;

        assert_int_equal(cache_init(&c, &config), SKY_OK);
        for (uint64_t n = 0; n < 300; n++)
            (void)cache_access(&c, &(cache_read){ 0, n % 150, 1, 0 });
        for (uint64_t object = 0; object < 150; object++) {
            cache_forget(&c, object);
            assert_false(cache_holds(&c, object));
        }
        assert_int_equal(c.bytes, 0);
        assert_int_equal(cache_access(&c, &(cache_read){ 0, 1, 1, 0 }), CACHE_ADMITTED);
        assert_int_equal(cache_access(&c, &(cache_read){ 0, 1, 1, 0 }), CACHE_HIT);
        cache_free(&c);
        assert_ptr_equal(cache_find_policy(cache_policy_name(policies[p])), policies[p]);
    }
    assert_null(cache_find_policy("fifo"));
}

static void test_figures_out_of_range_are_refused(void **state)
{
    const storage_tier free_of_charge = { .bytes_per_s = 1, .priced_bytes = 1 }, slow = { .priced_bytes = 1 };
    const cache_admission_terms never = { &free_of_charge, 0 }, nowhere = { &slow, 1 };
    cache c;

    (void)state;
    assert_int_equal(cache_init(&c, &(cache_config){ NULL, 1, 1, 0, NULL }), SKY_ERROR_INPUT);
    assert_int_equal(cache_init(&c, &(cache_config){ &cache_lru, 1, 0, 0, NULL }), SKY_ERROR_INPUT);
    assert_int_equal(cache_init(&c, &(cache_config){ &cache_lru, 9, 10, 0, NULL }), SKY_ERROR_INPUT);
    assert_int_equal(cache_init(&c, &(cache_config){ &cache_lru, INT64_C(1) << 50, 1, 0, NULL }),
                     SKY_ERROR_INPUT);
    assert_int_equal(cache_init(&c, &(cache_config){ &cache_lru, 1, 1, 0, &never }), SKY_ERROR_INPUT);
    assert_int_equal(cache_init(&c, &(cache_config){ &cache_lru, 1, 1, 0, &nowhere }), SKY_ERROR_INPUT);
}

/* ---- hit rates of independent reads ------------------------------------------------------------------------------- */

#define OBJECTS 10000

typedef struct law {
    double p[OBJECTS], below[OBJECTS];
    int64_t bytes[OBJECTS];
    size_t count;
} law;

static void make_law(law *l, size_t count, double exponent, int64_t most_bytes)
{
    const random_key key = { .seed = 5 };

    l->count = count;
    zipf_fill(l->p, count, exponent);
    zipf_cumulate(l->below, l->p, count);
    for (size_t i = 0; i < count; i++)
        l->bytes[i] = 1 + (int64_t)(random_u64(&key, i) % (uint64_t)most_bytes);
}

/* Share of `reads` that hit, after `before` reads. */
static double hit_rate(const law *l, const cache_config *config, uint32_t replication, uint64_t before,
                       uint64_t reads)
{
    const random_key key = { .seed = 11, .replication = replication };
    int64_t hits = 0;
    cache c;

    assert_int_equal(cache_init(&c, config), SKY_OK);
    for (uint64_t n = 0; n < before + reads; n++) {
        size_t object = zipf_draw(l->below, l->count, &key, n);

        if (n == before)
            hits = c.counts.hits;
        (void)cache_access(&c, &(cache_read){ (int64_t)n, object, l->bytes[object], 0 });
    }
    hits = c.counts.hits - hits;
    cache_free(&c);
    return (double)hits / (double)reads;
}

/* King, "Analysis of demand paging algorithms", IFIP 1971: the cache holds i1, …, iC in this order with probability
 * product of p_ij / (1 - p_i1 - … - p_i(j-1)). */
static double king(const double *p, unsigned count, unsigned room, unsigned taken, double probability,
                   double mass)
{
    double sum = 0;

    if (room == 0)
        return probability * mass;
    for (unsigned i = 0; i < count; i++)
        if (!(taken >> i & 1))
            sum += king(p, count, room - 1, taken | 1u << i, probability * p[i] / (1 - mass), mass + p[i]);
    return sum;
}

static void test_lru_hits_as_king_says(void **state)
{
    static law l;
    estimate LRU_hit_rate_3_of_8_objects = { 0 };

    (void)state;
    make_law(&l, 8, 1.0, 1);
    for (uint32_t r = 0; r < 10; r++)
        estimate_add(&LRU_hit_rate_3_of_8_objects,
                     hit_rate(&l, &(cache_config){ &cache_lru, 3, 1, 0, NULL }, r, 100, 40000));
    assert_estimate(&LRU_hit_rate_3_of_8_objects, king(l.p, 8, 3, 0, 1, 0), 0.004);
}

typedef struct che {
    const law *law;
    int64_t capacity_bytes;
} che;

static double che_held(double reads, void *context)
{
    const che *c = context;
    double held = 0;

    for (size_t i = 0; i < c->law->count; i++)
        held -= (double)c->law->bytes[i] * expm1(-c->law->p[i] * reads);
    return held - (double)c->capacity_bytes;
}

/* Che, Tung and Wang, IEEE JSAC 20(7), 2002: an object leaves when it was not read for a characteristic time T that
 * is the same for all, with sum of bytes × (1 - exp(-p T)) = capacity. */
static double che_hit_rate(const law *l, int64_t capacity_bytes)
{
    che c = { l, capacity_bytes };
    gsl_function held = { che_held, &c };
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    double rate = 0, reads;

    assert_int_equal(gsl_root_fsolver_set(solver, &held, 1, 1e8), GSL_SUCCESS);
    do
        assert_int_equal(gsl_root_fsolver_iterate(solver), GSL_SUCCESS);
    while (gsl_root_test_interval(gsl_root_fsolver_x_lower(solver), gsl_root_fsolver_x_upper(solver), 0,
                                  1e-12) == GSL_CONTINUE);
    reads = gsl_root_fsolver_root(solver);
    gsl_root_fsolver_free(solver);
    for (size_t i = 0; i < l->count; i++)
        rate -= l->p[i] * expm1(-l->p[i] * reads);
    return rate;
}

/* Why it is so good for catalogs like these: Fricker, Robert and Roberts, "A versatile and accurate approximation
 * for LRU cache performance", ITC 2012. `within` is what it may be off by, on top of chance (99 % interval). With
 * many sizes, what stays free is half an object on average. */
static void test_lru_hits_as_che_says(void **state)
{
    static const struct {
        const char *what;
        double exponent;
        int64_t capacity, most_bytes;
        double within; /* relative */
    } cases[] = { { "LRU hit rate, Zipf 0.8, 10,000 objects, room for 100", 0.8, 100, 1, 0.002 },
                  { "LRU hit rate, Zipf 0.8, 10,000 objects, room for 1,000", 0.8, 1000, 1, 0.002 },
                  { "LRU hit rate, Zipf 1.0, 10,000 objects, room for 1,000", 1.0, 1000, 1, 0.002 },
                  { "LRU hit rate, Zipf 0.8, 1,000 of 10,000 by bytes, 1 … 20 each", 0.8, 10500, 20,
                    0.005 } };
    static law l;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const cache_config config = { &cache_lru, cases[i].capacity, 1, 0, NULL };
        estimate found = { 0 };
        char expected[32], measured[64];
        double rate, half;

        make_law(&l, OBJECTS, cases[i].exponent, cases[i].most_bytes);
        rate = che_hit_rate(&l, cases[i].capacity);
        for (uint32_t r = 0; r < (SKYTWIN_SANITIZED ? 3 : 10); r++)
            estimate_add(&found, hit_rate(&l, &config, r, 30000, SKYTWIN_SANITIZED ? 100000 : 400000));
        half = estimate_half_width(&found);
        print_message("    %s: expected %.5f found %.5f +- %.5f\n", cases[i].what, rate, found.mean, half);
        snprintf(expected, sizeof expected, "%.5g", rate);
        snprintf(measured, sizeof measured, "%.5g ± %.2g (99 %%)", found.mean, half);
        validation_row(cases[i].what, expected, measured, "Che, Tung, Wang, JSAC 2002");
        assert_true(fabs(found.mean - rate) <= half + cases[i].within * rate);
        assert_true(half < (SKYTWIN_SANITIZED ? 0.02 : 0.003));
    }
}

/* Objects of one size: no cache can hit more than the mass of those most read, if reads are independent. */
static void test_lfu_tends_to_the_best(void **state)
{
    static law l;
    const cache_config config = { &cache_lfu, 100, 1, 2000, NULL };
    double best = 0, early, late;
    char expected[32], measured[32];

    (void)state;
    make_law(&l, 2000, 0.8, 1);
    for (size_t i = 0; i < 100; i++)
        best += l.p[i];
    early = hit_rate(&l, &config, 0, 2000, 20000);
    late = hit_rate(&l, &config, 0, 400000, 200000);
    print_message("    best %.5f, LFU early %.5f, late %.5f\n", best, early, late);
    snprintf(expected, sizeof expected, "%.4g", best);
    snprintf(measured, sizeof measured, "%.4g", late);
    validation_row("LFU hit rate, Zipf 0.8, room for 100 of 2,000 objects, after 400,000 reads", expected,
                   measured, "mass of the 100 most read");
    assert_true(late > early);
    /* three standard deviations of a share; one place of a hundred is always the newcomer's */
    assert_true(late < best + 3 * sqrt(best * (1 - best) / 200000));
    assert_true(late > best - l.p[99] - 0.004);
}

/* The same reads, each replication; a one-sided 99.5 % bound of the differences. */
static void test_sieve_and_tinylfu_hit_more_than_lru(void **state)
{
    static const struct {
        const char *what;
        const cache_policy *policy;
    } cases[] = { { "SIEVE hits above LRU's, Zipf 1.0, room for 500 of 10,000", &cache_sieve },
                  { "W-TinyLFU hits above LRU's, Zipf 1.0, room for 500 of 10,000", &cache_w_tinylfu } };
    static law l;

    (void)state;
    make_law(&l, OBJECTS, 1.0, 1);
    for (size_t i = 0; i < 2; i++) {
        estimate more = { 0 };
        char measured[64];

        for (uint32_t r = 0; r < 5; r++)
            estimate_add(&more,
                         hit_rate(&l, &(cache_config){ cases[i].policy, 500, 1, 0, NULL }, r, 30000, 50000) -
                             hit_rate(&l, &(cache_config){ &cache_lru, 500, 1, 0, NULL }, r, 30000, 50000));
        print_message("    %s: %.4f +- %.4f\n", cases[i].what, more.mean, estimate_half_width(&more));
        snprintf(measured, sizeof measured, "%.3g ± %.1g (99 %%)", more.mean, estimate_half_width(&more));
        validation_row(cases[i].what, "above 0", measured, "the same reads");
        assert_true(more.mean - estimate_half_width(&more) > 0);
    }
}

/* ---- counting, and what is worth its place ------------------------------------------------------------------------ */

static void test_sketches_never_count_too_few(void **state)
{
    static law l;
    static uint32_t truth[2000];
    const random_key key = { .seed = 3 };
    cache_sketch s;
    double over = 0;

    (void)state;
    make_law(&l, 2000, 0.6, 1);
    assert_int_equal(cache_sketch_init(&s, 1000), SKY_OK);
    for (uint64_t n = 0; n < 9999; n++) {
        size_t object = zipf_draw(l.below, l.count, &key, n);

        truth[object]++;
        assert_int_equal(cache_sketch_add(&s, object), 0);
    }
    for (size_t i = 0; i < 2000; i++) {
        uint32_t count = cache_sketch_count(&s, i);

        assert_true(count >= truth[i]);
        over += count - truth[i];
    }
    assert_true(over / 2000 < 0.05);
    truth[0] = cache_sketch_count(&s, 0);
    assert_int_equal(cache_sketch_add(&s, 1999), 1);
    assert_int_equal(cache_sketch_count(&s, 0), truth[0] / 2);
    cache_sketch_free(&s);
    assert_int_equal(cache_sketch_init(&s, 10000), SKY_OK);
    for (int n = 1; n < 65535; n++)
        assert_int_equal(cache_sketch_add(&s, 7), 0);
    assert_int_equal(cache_sketch_add(&s, 7), 1); /* a count is full */
    assert_int_equal(cache_sketch_count(&s, 7), 32767);
    cache_sketch_free(&s);
}

/* An object is worth its place if it is read more often than space / saved: 1 GB at 0.03 USD a month, whose
 * retrieval costs 0.01 USD, from three reads a month on. Two objects, read every 5 and every 20 days. */
static void test_admission_breaks_even_where_reads_pay_for_space(void **state)
{
    const int64_t day_ns = 24 * SKY_NS_PER_HOUR, gb = 1000000000, usd = 1000000000;
    const storage_tier tier = { .bytes_per_s = 1, .priced_bytes = gb, .nusd_per_gb_month = usd * 3 / 100 };
    const cache_admission_terms terms = { &tier, 30 * day_ns };
    const cache_config config = { &cache_lru, 100 * gb, gb, 0, &terms };
    int64_t often = 0, seldom = 0;
    cache c;

    (void)state;
    assert_int_equal(cache_init(&c, &config), SKY_OK);
    for (int64_t day = 0; day < 300; day++) {
        if (day % 5 == 0)
            often += cache_access(&c, &(cache_read){ day * day_ns, 1, gb, usd / 100 }) == CACHE_HIT;
        if (day % 20 == 7)
            seldom += cache_access(&c, &(cache_read){ day * day_ns, 2, gb, usd / 100 }) == CACHE_HIT;
    }
    assert_true(often > 40); /* of 60, the first few seen before it was known how often */
    assert_int_equal(seldom, 0);
    assert_int_equal(c.counts.saved_nusd, often * usd / 100);
    cache_free(&c);
}

/* Bringing it in must pay, too: it does not where objects leave too soon to be read again. */
static void test_admission_weighs_the_stay_against_the_fill(void **state)
{
    const storage_tier tier = { .bytes_per_s = 1, .priced_bytes = 1, .write_nusd = 100 };
    const cache_admission_terms terms = { &tier, 1000 };
    cache_admission a;

    (void)state;
    assert_int_equal(cache_admission_init(&a, &terms, 100), SKY_OK);
    for (int64_t n = 0; n <= 10; n++)
        cache_admission_seen(&a, n * 900, 1); /* ten reads before in 10,000 ns: one a stay */
    assert_true(cache_admission_pays(&a, 1, 1, 101));
    assert_false(cache_admission_pays(&a, 1, 1, 100));
    for (int n = 0; n < 200; n++)
        cache_admission_left(&a, 500);
    assert_false(cache_admission_pays(&a, 1, 1, 150));
    assert_true(cache_admission_pays(&a, 1, 1, 250));
    cache_admission_free(&a);
}

/* USD a read, in units of what a read from afar costs, of an LRU with room for all that is rented by what it holds. */
static double rented(const law *l, const cache_admission_terms *terms, int weighed, double byte_price)
{
    const random_key key = { .seed = 21 };
    const int64_t step_ns = 1000000, before = 300000, reads = 600000, saved_nusd = 1000000;
    const cache_config config = { &cache_lru, 600000, 1, 0, weighed ? terms : NULL };
    double cost = 0;
    cache c;

    assert_int_equal(cache_init(&c, &config), SKY_OK);
    for (int64_t n = 0; n < reads; n++) {
        size_t object = zipf_draw(l->below, l->count, &key, (uint64_t)n);
        const cache_read read = { n * step_ns, object, l->bytes[object], saved_nusd };
        int hit = cache_access(&c, &read) == CACHE_HIT;

        if (n >= before)
            cost += !hit + (double)c.bytes * byte_price;
    }
    cache_free(&c);
    return cost / (double)(reads - before);
}

/* Objects of 1 … 100 bytes, Zipf 0.9. At best a cache holds just those whose reads save more than their space
 * costs: sum of min(reads, bytes × price). Who takes in all pays for all. */
static void test_admission_is_nearly_the_cheapest(void **state)
{
    static law l;
    storage_tier tier = { .bytes_per_s = 1, .priced_bytes = 1 };
    const cache_admission_terms terms = { &tier, INT64_C(100000000000) }; /* 100,000 reads */

    (void)state;
    make_law(&l, OBJECTS, 0.9, 100);
    for (int64_t price_nusd = 2000000000; price_nusd <= 6000000000; price_nusd *= 3) {
        double byte_price = (double)price_nusd / (double)SKY_NS_PER_MONTH; /* from read to read, over saved */
        double best = 0, all = rented(&l, &terms, 0, byte_price), found;
        char what[96], measured[64];

        tier.nusd_per_gb_month = price_nusd;
        found = rented(&l, &terms, 1, byte_price);
        for (size_t i = 0; i < l.count; i++)
            best += fmin(l.p[i], (double)l.bytes[i] * byte_price);
        print_message("    best %.4f, weighed %.4f, all %.4f\n", best, found, all);
        snprintf(measured, sizeof measured, "%.3f of it (%.2f where all are let in)", found / best,
                 all / best);
        snprintf(what, sizeof what, "cost-aware admission, Zipf 0.9, space %s: reads and space cost",
                 price_nusd < 3000000000 ? "cheap" : "dear");
        validation_row(what, "the least", measured, "sum of min(reads saved, space) over 10,000 objects");
        assert_true(found >= 0.995 * best); /* less by chance only */
        assert_true(found < 1.04 * best);
        assert_true(all > 1.3 * best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_access_is_as_the_plain_reference_has_it),
        cmocka_unit_test(test_what_is_out_of_date_leaves),
        cmocka_unit_test(test_figures_out_of_range_are_refused),
        cmocka_unit_test(test_lru_hits_as_king_says),
        cmocka_unit_test(test_lru_hits_as_che_says),
        cmocka_unit_test(test_lfu_tends_to_the_best),
        cmocka_unit_test(test_sieve_and_tinylfu_hit_more_than_lru),
        cmocka_unit_test(test_sketches_never_count_too_few),
        cmocka_unit_test(test_admission_breaks_even_where_reads_pay_for_space),
        cmocka_unit_test(test_admission_weighs_the_stay_against_the_fill),
        cmocka_unit_test(test_admission_is_nearly_the_cheapest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
