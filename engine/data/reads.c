#include "reads.h"

#include "copies.h"

int reads_are_here(const model *m, uint32_t job_class, uint32_t region)
{
    uint32_t count;
    const model_reading *r = model_readings_of(m, job_class, &count);

    for (uint32_t i = 0; i < count; i++)
        if (model_copy_at(m, r[i].dataset, region)->state != SKY_REPLICA_READY)
            return 0;
    return 1;
}

/* Requests that so many bytes are. */
static int64_t requests_of(const model_dataset *set, int64_t bytes)
{
    return set->bytes > 0 ? muldiv_ceil_i64(bytes, set->objects, set->bytes) : 0;
}

int64_t reads_nusd(const model *m, uint32_t job_class, uint32_t region, int64_t work_ns, reads_from from)
{
    uint32_t count;
    const model_reading *r = model_readings_of(m, job_class, &count);
    int64_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        int64_t bytes = add_sat_i64(r[i].start_bytes, muldiv_i64(r[i].hour_bytes, work_ns, SKY_NS_PER_HOUR));
        int64_t requests = requests_of(model_dataset_at(m, r[i].dataset), bytes);

        sum = add_sat_i64(sum, from == READS_WITH_COPIES
                                   ? copies_read_here_nusd(m, r[i].dataset, region, requests, bytes)
                                   : copies_read_nusd(m, r[i].dataset, model_source(m, r[i].dataset, region),
                                                      region, requests, bytes));
    }
    return sum;
}

int64_t reads_start_ns(const model *m, uint32_t job_class, uint32_t region, reads_from from)
{
    uint32_t count;
    const model_reading *r = model_readings_of(m, job_class, &count);
    int64_t longest_ns = 0;

    for (uint32_t i = 0; i < count; i++) { /* all of them at once */
        uint32_t source = from == READS_WITH_COPIES ? region : model_source(m, r[i].dataset, region);
        const model_tier *tier = copies_tier(m, r[i].dataset, source);
        int64_t way_ns = model_transfer_ns(m, source, region, r[i].start_bytes), tier_ns;

        if (r[i].start_bytes == 0)
            continue;
        if (tier == NULL || way_ns == SKY_NEVER_NS)
            return SKY_NEVER_NS;
        tier_ns = muldiv_ceil_i64(r[i].start_bytes, SKY_NS_PER_SECOND, tier->bytes_per_s);
        way_ns = add_sat_i64(tier->latency_ns, way_ns > tier_ns ? way_ns : tier_ns);
        longest_ns = way_ns > longest_ns ? way_ns : longest_ns;
    }
    return longest_ns;
}

int64_t reads_job_start_ns(const model *m, const model_job *job, uint32_t pool, reads_from from)
{
    int64_t start_ns = model_start_ns(m, job, pool);
    int64_t read_ns = add_sat_i64(job->restart_ns,
                                  reads_start_ns(m, job->job_class, model_pools(m)[pool].region, from));

    return read_ns > start_ns ? read_ns : start_ns;
}

int64_t reads_bring_nusd(const model *m, uint32_t job_class, uint32_t region, int64_t hold_ns)
{
    uint32_t count;
    const model_reading *r = model_readings_of(m, job_class, &count);
    int64_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        const model_copy *copy = model_copy_at(m, r[i].dataset, region);

        if (copy->state != SKY_REPLICA_NONE || copy->ordered)
            continue;
        sum = add_sat_i64(sum, copies_bring_nusd(m, r[i].dataset, region));
        sum = add_sat_i64(sum, copies_hold_nusd(m, r[i].dataset, region, hold_ns));
    }
    return sum;
}

int64_t reads_bring_ns(const model *m, uint32_t job_class, uint32_t region)
{
    uint32_t count;
    const model_reading *r = model_readings_of(m, job_class, &count);
    int64_t longest_ns = 0;

    for (uint32_t i = 0; i < count; i++) {
        const model_copy *copy = model_copy_at(m, r[i].dataset, region);
        int64_t left_ns = copies_bring_ns(m, r[i].dataset, region);

        if (copy->state == SKY_REPLICA_READY)
            continue;
        if (copy->state == SKY_REPLICA_COMING && left_ns < SKY_NEVER_NS)
            left_ns -= m->is.now_ns - copy->since_ns;
        longest_ns = left_ns > longest_ns ? left_ns : longest_ns;
    }
    return longest_ns;
}
