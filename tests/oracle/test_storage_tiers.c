/* Datasets in tiers: bills worked by hand from the catalog's prices; and, over random histories, bytes and money
 * against a plain book that keeps every stay of every object and adds it all up at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/random.h"
#include "scenario/storage_catalog.h"
#include "validation.h"
#include "world/storage/storage.h"

#define GIB    (INT64_C(1) << 30)
#define HOUR   SKY_NS_PER_HOUR
#define DAY    (24 * HOUR)
#define STATIC 0, SKY_NEVER_NS /* does not grow */

static storage_catalog catalog;

static int load_catalog(void **state)
{
    sky_error error;

    (void)state;
    if (storage_catalog_load(SKYTWIN_SOURCE_DIR "/scenarios/catalog/storage.cfg", &catalog, &error) == SKY_OK)
        return 0;
    print_error("%s\n", error.message);
    return 1;
}

static int free_catalog(void **state)
{
    (void)state;
    storage_catalog_free(&catalog);
    return 0;
}

static storage_tier tier(const char *name)
{
    const storage_tier *t = storage_catalog_find(&catalog, name);

    assert_non_null(t);
    return *t;
}

/* ---- by hand ------------------------------------------------------------------------------------------------------ */

/* 100 GiB for a month at 0.023, a PUT at 0.005 and 1,000 GETs at 0.0004 USD per 1,000. */
static void test_a_month_of_hot_storage(void **state)
{
    const storage_tier tiers[] = { tier("aws-s3-standard") };
    const storage_dataset dataset = { "logs", 0, STATIC, NULL, 0 };
    int64_t read_ns = 0;
    uint64_t object;
    storage s;

    (void)state;
    assert_int_equal(storage_init(&s, tiers, 1, &dataset, 1), SKY_OK);
    assert_int_equal(storage_write(&s, 0, 0, 100 * GIB, &object), SKY_OK);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(storage_read(&s, i, object, 85000000, &read_ns), SKY_OK);
    assert_int_equal(read_ns, 1100000000); /* 0.1 s, and 85 MB at 85 MB/s */
    assert_int_equal(storage_advance(&s, 730 * HOUR), SKY_OK);
    assert_int_equal(storage_cost(&s, 0), INT64_C(2300000000) + 5000 + 400000);
    storage_free(&s);
}

/* 100 objects of 1 GiB: 30 days hot, 60 infrequent, 275 in the archive, then gone, by rules alone. */
static void test_lifecycle_rules_move_and_delete(void **state)
{
    const storage_tier tiers[] = { tier("aws-s3-standard"), tier("aws-s3-standard-ia"),
                                   tier("aws-s3-glacier-flexible") };
    const storage_rule rules[] = { { 30 * DAY, 1 }, { 90 * DAY, 2 }, { 365 * DAY, SKY_NONE } };
    const storage_dataset dataset = { "logs", 0, STATIC, rules, 3 };
    const int64_t expected = (INT64_C(2268493150) + 500000)     /* 100 × 0.023 × 720 / 730 h; 100 PUTs */
                             + (INT64_C(2465753424) + 1000000)  /* 100 × 0.0125 × 1440 / 730; 100 moves */
                             + (INT64_C(3254794520) + 3000000); /* 100 × 0.0036 × 6600 / 730; 100 moves */
    uint64_t object;
    char text[40];
    storage s;

    (void)state;
    assert_int_equal(storage_init(&s, tiers, 3, &dataset, 1), SKY_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(storage_write(&s, 0, 0, GIB, &object), SKY_OK);
    assert_int_equal(storage_next_ns(&s), 30 * DAY);
    assert_int_equal(storage_advance(&s, 90 * DAY - 1), SKY_OK);
    assert_int_equal(storage_find(&s, object)->tier, 1);
    assert_int_equal(storage_advance(&s, 90 * DAY), SKY_OK);
    assert_int_equal(storage_find(&s, object)->tier, 2);
    assert_int_equal(storage_advance(&s, 1000 * DAY), SKY_OK);
    assert_null(storage_find(&s, object));
    assert_int_equal(storage_held_bytes(&s, 0), 0);
    assert_int_equal(s.totals[0].deleted_bytes, 100 * GIB);
    assert_int_equal(storage_cost(&s, 0), expected);
    snprintf(text, sizeof text, "%.9f USD", (double)expected * 1e-9);
    validation_row("100 GiB, 30 days hot, 60 infrequent, 275 archived", text, "the same to the nano-dollar",
                   "worked by hand from the list prices");
    storage_free(&s);
}

/* A read starts a rule's time anew. */
static void test_what_is_read_stays(void **state)
{
    const storage_tier tiers[] = { tier("gcp-standard"), tier("gcp-coldline") };
    const storage_rule rule = { 30 * DAY, 1 };
    const storage_dataset dataset = { "models", 0, STATIC, &rule, 1 };
    int64_t read_ns, before_nusd;
    uint64_t object;
    storage s;

    (void)state;
    assert_int_equal(storage_init(&s, tiers, 2, &dataset, 1), SKY_OK);
    assert_int_equal(storage_write(&s, 0, 0, 10 * GIB, &object), SKY_OK);
    for (int day = 20; day <= 100; day += 20)
        assert_int_equal(storage_read(&s, day * DAY, object, GIB, &read_ns), SKY_OK);
    assert_int_equal(storage_find(&s, object)->tier, 0);
    assert_int_equal(storage_advance(&s, 130 * DAY), SKY_OK);
    assert_int_equal(storage_find(&s, object)->tier, 1);
    /* from there a read of 10 GiB costs 10 × 0.02 USD and a request; and it stays there */
    before_nusd = storage_cost(&s, 0);
    assert_int_equal(storage_read(&s, 130 * DAY, object, 10 * GIB, &read_ns), SKY_OK);
    assert_int_equal(storage_cost(&s, 0) - before_nusd, 200000000 + 10000);
    /* brought back at once: the same again, a PUT, and the 90 days that it did not stay, 10 × 0.004 × 2160 / 730 */
    before_nusd = storage_cost(&s, 0);
    assert_int_equal(storage_move(&s, 130 * DAY, object, 0), SKY_OK);
    assert_int_equal(storage_cost(&s, 0) - before_nusd, 200000000 + 10000 + 5000 + 118356164);
    assert_int_equal(storage_next_ns(&s), 160 * DAY);
    storage_free(&s);
}

/* 1 TiB deleted after 10 of 180 days; 1 kB billed as 128 KiB. */
static void test_minimum_retention_and_size(void **state)
{
    const storage_tier tiers[] = { tier("aws-s3-standard-ia"), tier("aws-s3-glacier-deep") };
    const storage_dataset datasets[] = { { "backup", 1, STATIC, NULL, 0 }, { "notes", 0, STATIC, NULL, 0 } };
    storage_bill bill;
    storage_usage usage;
    uint64_t object, small;
    storage s;

    (void)state;
    assert_int_equal(storage_init(&s, tiers, 2, datasets, 2), SKY_OK);
    assert_int_equal(storage_write(&s, 0, 0, 1024 * GIB, &object), SKY_OK);
    assert_int_equal(storage_write(&s, 0, 1, 1000, &small), SKY_OK);
    assert_int_equal(storage_delete(&s, 10 * DAY, object), SKY_OK);
    assert_int_equal(storage_delete(&s, 10 * DAY, object), SKY_ERROR_INPUT);
    assert_int_equal(storage_delete(&s, 30 * DAY, small), SKY_OK);
    usage = storage_usage_of(&s, 0, 1);
    bill = storage_bill_of(&tiers[1], &usage);
    assert_int_equal(bill.held_nusd, 333290958);   /* 1024 × 0.00099 × 240 / 730 */
    assert_int_equal(bill.early_nusd, 5665946301); /* 1024 × 0.00099 × 4080 / 730 */
    assert_int_equal(storage_cost(&s, 0), 333290958 + INT64_C(5665946301) + 50000);
    assert_int_equal(storage_held_bytes(&s, 1), 0);
    assert_int_equal(storage_cost(&s, 1), 1504 + 10000); /* 2^17 / 2^30 × 0.0125 × 720 / 730; a PUT */
    storage_free(&s);
}

/* A partition of 1 GiB a day, each kept for 7 days: 7 of them from the seventh day on, 6.5 in the mean before. */
static void test_growth_that_is_kept_for_a_week(void **state)
{
    const storage_tier tiers[] = { tier("gcp-standard") };
    const storage_rule rule = { 7 * DAY, SKY_NONE };
    const storage_dataset dataset = { "stream", 0, GIB, DAY, &rule, 1 };
    storage s;

    (void)state;
    assert_int_equal(storage_init(&s, tiers, 1, &dataset, 1), SKY_OK);
    assert_int_equal(storage_advance(&s, 8 * DAY - 1), SKY_OK);
    assert_int_equal(storage_held_bytes(&s, 0), 7 * GIB);
    assert_int_equal(storage_advance(&s, 100 * DAY), SKY_OK);
    assert_int_equal(storage_held_bytes(&s, 0), 7 * GIB);
    assert_int_equal(s.totals[0].written_bytes, 100 * GIB);
    /* days 1 … 7 hold 0 … 6 partitions (21 partition-days), the 93 after it 7 each */
    assert_true(storage_usage_of(&s, 0, 0).byte_ns == (sky_int128)GIB * (21 + 93 * 7) * DAY);
    storage_free(&s);
}

static void test_figures_out_of_range_are_refused(void **state)
{
    const storage_tier good[] = { tier("gcp-standard"), tier("gcp-archive") };
    const storage_tier bad = { .bytes_per_s = 1, .priced_bytes = GIB, .nusd_per_gb_month = -1 };
    const storage_rule falling[] = { { 30 * DAY, 1 }, { 20 * DAY, SKY_NONE } };
    const storage_rule deleted_twice[] = { { 30 * DAY, SKY_NONE }, { 40 * DAY, SKY_NONE } };
    const storage_rule nowhere = { 30 * DAY, 2 };
    const storage_dataset datasets[] = { { "a", 2, STATIC, NULL, 0 },
                                         { "a", 0, 0, DAY, NULL, 0 },
                                         { "a", 0, STATIC, falling, 2 },
                                         { "a", 0, STATIC, deleted_twice, 2 },
                                         { "a", 0, STATIC, &nowhere, 1 } };
    const storage_dataset fine = { "a", 0, STATIC, NULL, 0 };
    int64_t read_ns;
    uint64_t object;
    storage s;

    (void)state;
    for (size_t i = 0; i < sizeof datasets / sizeof datasets[0]; i++)
        assert_int_equal(storage_init(&s, good, 2, &datasets[i], 1), SKY_ERROR_INPUT);
    assert_int_equal(storage_init(&s, &bad, 1, &fine, 1), SKY_ERROR_INPUT);
    assert_int_equal(storage_init(&s, good, 2, &fine, 1), SKY_OK);
    assert_int_equal(storage_write(&s, 0, 1, 1, &object), SKY_ERROR_INPUT);
    assert_int_equal(storage_write(&s, 0, 0, 0, &object), SKY_ERROR_INPUT);
    assert_int_equal(storage_write(&s, 0, 0, 10, &object), SKY_OK);
    assert_int_equal(storage_read(&s, 0, object, 11, &read_ns), SKY_ERROR_INPUT);
    assert_int_equal(storage_read(&s, 0, object + 1, 1, &read_ns), SKY_ERROR_INPUT);
    assert_int_equal(storage_move(&s, 0, object, 2), SKY_ERROR_INPUT);
    storage_free(&s);
}

/* ---- against a plain book ----------------------------------------------------------------------------------------- */

#define MOST  4000
#define TIERS 3

typedef struct entry {
    uint64_t object; /* 0: grown, known to the book alone */
    int64_t bytes, touched_ns, placed_ns;
    uint32_t tier;
    int gone;
} entry;

typedef struct book {
    const storage_tier *tiers;
    const storage_dataset *dataset;
    entry entries[MOST];
    int count;
    int64_t grows_ns, written, deleted;
    storage_usage usage[TIERS];
} book;

static entry *open_entry(book *b, int64_t now_ns, uint64_t object, int64_t bytes)
{
    entry *e = &b->entries[b->count++];

    assert_true(b->count <= MOST);
    *e = (entry){ object, bytes, now_ns, now_ns, b->dataset->tier, 0 };
    b->usage[e->tier].writes++;
    b->written += bytes;
    return e;
}

static sky_int128 billed(const book *b, const entry *e)
{
    const storage_tier *t = &b->tiers[e->tier];

    return e->bytes < t->least_bytes ? t->least_bytes : e->bytes;
}

static void close_stay(book *b, entry *e, int64_t now_ns)
{
    int64_t stayed_ns = now_ns - e->placed_ns, retention_ns = b->tiers[e->tier].retention_ns;

    b->usage[e->tier].byte_ns += billed(b, e) * stayed_ns;
    if (stayed_ns < retention_ns)
        b->usage[e->tier].early_byte_ns += billed(b, e) * (retention_ns - stayed_ns);
    e->placed_ns = now_ns;
}

static void book_move(book *b, entry *e, int64_t now_ns, uint32_t to)
{
    close_stay(b, e, now_ns);
    if (to == SKY_NONE) {
        e->gone = 1;
        b->deleted += e->bytes;
        return;
    }
    if (to < e->tier) {
        b->usage[e->tier].reads++;
        b->usage[e->tier].retrieved_bytes += e->bytes;
        b->usage[to].writes++;
    } else {
        b->usage[to].moves++;
    }
    e->tier = to;
}

/* Each object by itself: what its rules did up to now. */
static void book_advance(book *b, int64_t now_ns)
{
    for (; b->grows_ns <= now_ns; b->grows_ns += b->dataset->grows_every_ns)
        open_entry(b, b->grows_ns, 0, b->dataset->grows_by_bytes);
    for (int i = 0; i < b->count; i++)
        for (size_t r = 0; r < b->dataset->rule_count && !b->entries[i].gone; r++)
            if (b->dataset->rules[r].tier > b->entries[i].tier &&
                b->entries[i].touched_ns + b->dataset->rules[r].after_ns <= now_ns)
                book_move(b, &b->entries[i], b->entries[i].touched_ns + b->dataset->rules[r].after_ns,
                          b->dataset->rules[r].tier);
}

static void assert_as_in_the_book(const storage *s, const book *b, int64_t now_ns)
{
    int64_t held = 0, nusd = 0;

    for (int i = 0; i < b->count; i++)
        held += b->entries[i].gone ? 0 : b->entries[i].bytes;
    assert_int_equal(held, b->written - b->deleted);
    assert_int_equal(storage_held_bytes(s, 0), held);
    assert_int_equal(s->totals[0].written_bytes - s->totals[0].deleted_bytes, held);
    for (uint32_t t = 0; t < TIERS; t++) {
        const storage_usage found = storage_usage_of(s, 0, t);
        storage_usage u = b->usage[t];
        storage_bill bill;

        for (int i = 0; i < b->count; i++)
            if (!b->entries[i].gone && b->entries[i].tier == t)
                u.byte_ns += billed(b, &b->entries[i]) * (now_ns - b->entries[i].placed_ns);
        assert_true(found.byte_ns == u.byte_ns && found.early_byte_ns == u.early_byte_ns);
        assert_int_equal(found.writes, u.writes);
        assert_int_equal(found.reads, u.reads);
        assert_int_equal(found.moves, u.moves);
        assert_int_equal(found.retrieved_bytes, u.retrieved_bytes);
        bill = storage_bill_of(&b->tiers[t], &u);
        nusd += storage_bill_total(&bill);
    }
    assert_int_equal(storage_cost(s, 0), nusd);
}

/* One random thing at a time; any object that the book knows by name, gone or not. */
static void do_something(storage *s, book *b, const random_key *key, uint64_t step, int64_t now_ns)
{
    uint64_t draw[2], object;
    int64_t read_ns, bytes;
    entry *e;
    int known;

    random_pair(key, step, draw);
    e = &b->entries[draw[1] % (uint64_t)(b->count > 0 ? b->count : 1)];
    known = b->count > 0 && e->object != 0;
    if (draw[0] % 10 < 3 || !known) {
        bytes = 1 + (int64_t)(draw[1] % (uint64_t)(draw[0] % 7 == 0 ? 4 * GIB : 300000));
        assert_int_equal(storage_write(s, now_ns, 0, bytes, &object), SKY_OK);
        open_entry(b, now_ns, object, bytes);
    } else if (draw[0] % 10 < 6) {
        bytes = 1 + (int64_t)(draw[1] % (uint64_t)e->bytes);
        assert_int_equal(storage_read(s, now_ns, e->object, bytes, &read_ns),
                         e->gone ? SKY_ERROR_INPUT : SKY_OK);
        b->usage[e->tier].reads += !e->gone;
        b->usage[e->tier].retrieved_bytes += e->gone ? 0 : bytes;
        e->touched_ns = now_ns;
    } else if (draw[0] % 10 < 8) {
        uint32_t to = (uint32_t)(draw[1] >> 40) % TIERS;

        assert_int_equal(storage_move(s, now_ns, e->object, to), e->gone ? SKY_ERROR_INPUT : SKY_OK);
        if (e->gone || to == e->tier)
            return;
        book_move(b, e, now_ns, to);
        e->touched_ns = now_ns;
    } else {
        assert_int_equal(storage_delete(s, now_ns, e->object), e->gone ? SKY_ERROR_INPUT : SKY_OK);
        if (!e->gone)
            book_move(b, e, now_ns, SKY_NONE);
    }
}

static void test_bytes_and_money_are_conserved(void **state)
{
    const storage_tier tiers[TIERS] = { tier("aws-s3-standard"), tier("aws-s3-standard-ia"),
                                        tier("aws-s3-glacier-flexible") };
    const storage_rule rules[] = { { 20 * DAY, 1 }, { 45 * DAY, 2 }, { 100 * DAY, SKY_NONE } };
    const storage_dataset dataset = { "all", 0, 123456789, 9 * HOUR + 1, rules, 3 };
    static book b;

    (void)state;
    for (uint32_t replication = 0; replication < 5; replication++) {
        const random_key key = { .seed = 1, .replication = replication };
        int64_t now_ns = 0, cost_nusd = 0;
        storage s;

        memset(&b, 0, sizeof b);
        b.tiers = tiers;
        b.dataset = &dataset;
        b.grows_ns = dataset.grows_every_ns;
        assert_int_equal(storage_init(&s, tiers, TIERS, &dataset, 1), SKY_OK);
        for (uint64_t step = 0; step < 2000; step++) {
            now_ns += (int64_t)(random_u64(&key, 100000 + step) % (uint64_t)(10 * HOUR));
            book_advance(&b, now_ns);
            do_something(&s, &b, &key, step, now_ns);
            if (step % 50 == 0)
                assert_as_in_the_book(&s, &b, now_ns);
            assert_true(storage_cost(&s, 0) >=
                        cost_nusd); /* asking changes nothing, and bills never shrink */
            cost_nusd = storage_cost(&s, 0);
        }
        assert_as_in_the_book(&s, &b, now_ns);
        storage_free(&s);
    }
    validation_row(
        "storage: bytes held and bill after 10,000 writes, reads, moves, deletions and rules' doings",
        "written − deleted; usage × price", "exact", "a book of every stay of every object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_month_of_hot_storage),
        cmocka_unit_test(test_lifecycle_rules_move_and_delete),
        cmocka_unit_test(test_what_is_read_stays),
        cmocka_unit_test(test_minimum_retention_and_size),
        cmocka_unit_test(test_growth_that_is_kept_for_a_week),
        cmocka_unit_test(test_figures_out_of_range_are_refused),
        cmocka_unit_test(test_bytes_and_money_are_conserved),
    };

    return cmocka_run_group_tests(tests, load_catalog, free_catalog);
}
