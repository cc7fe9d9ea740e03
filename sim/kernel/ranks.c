#include "shard.h"

ranks_word shard_meet(shard *s, const ranks *r, int leave)
{
    const kernel_event *out[r->count], *in;
    size_t out_count[r->count], in_count;
    ranks_word word = { .next_ns = shard_next_ns(s),
                        .failed_ns = s->status != SKY_OK ? s->failed_at.time_ns : SKY_NEVER_NS,
                        .failed_order = s->status != SKY_OK ? s->failed_at.order : UINT64_MAX,
                        .failed_rank = r->rank,
                        .leave = (uint32_t)(leave || s->status != SKY_OK) };

    for (uint32_t i = 0; i < r->count; i++) {
        const shard_box *box = s->boxes != NULL ? &s->boxes[s->turn * s->shards + i] : &(shard_box){ 0 };

        out[i] = box->events;
        out_count[i] = box->count;
    }
    r->meet(r->context, out, out_count, &word, &in, &in_count);
    if (s->boxes == NULL) /* it had no memory to begin with */
        return word;
    shard_turn(s);
    shard_take(s, in, in_count);
    return word;
}
