#include "certificates.h"

#include "../../../engine/model/arith.h"

#define WHOLE_PPM 1000000

static int has_failed(const certificates_config *config, const random_key *key, int64_t renewal,
                      int64_t time_ns)
{
    for (uint32_t i = 0; i < config->outage_count; i++)
        if (time_ns >= config->outages[i].from_ns && time_ns < config->outages[i].to_ns)
            return 1;
    return config->failure_ppm > 0 &&
           (int64_t)((random_u64(key, 1 + (uint64_t)renewal) >> 32) * WHOLE_PPM >> 32) < config->failure_ppm;
}

certificates_owner certificates_of(const certificates_config *config, uint64_t seed, uint32_t replication,
                                   uint32_t identity)
{
    certificates_owner owner = { .draws = { .seed = seed,
                                            .replication = replication,
                                            .thing = identity,
                                            .purpose = RANDOM_CERTIFICATE } };

    /* In (0, every]. */
    owner.first_ns = 1 + (int64_t)((sky_int128)(random_u64(&owner.draws, 0) >> 1) * config->every_ns >> 63);
    return owner;
}

int64_t certificates_at(const certificates_config *config, const certificates_owner *owner, int64_t now_ns)
{
    int64_t renewal, issued_ns;

    if (config->every_ns == 0)
        return 0;
    renewal = now_ns < owner->first_ns ? -1 : (now_ns - owner->first_ns) / config->every_ns;
    for (;; renewal--) {
        issued_ns = renewal < 0 ? 0 : owner->first_ns + renewal * config->every_ns;
        if (now_ns - issued_ns >= config->lifetime_ns)
            return -1;
        if (renewal < 0 || !has_failed(config, &owner->draws, renewal, issued_ns))
            return renewal + 1;
    }
}
