#include "certificates.h"

#include "../../../engine/model/arith.h"
#include "../../kernel/random.h"

#define WHOLE_PPM 1000000

/* When it renews first, in (0, every]. */
static int64_t phase_ns(const certificates_config *config, const random_key *key)
{
    return 1 + (int64_t)((sky_int128)(random_u64(key, 0) >> 1) * config->every_ns >> 63);
}

static int has_failed(const certificates_config *config, const random_key *key, int64_t renewal,
                      int64_t time_ns)
{
    for (uint32_t i = 0; i < config->outage_count; i++)
        if (time_ns >= config->outages[i].from_ns && time_ns < config->outages[i].to_ns)
            return 1;
    return config->failure_ppm > 0 &&
           (int64_t)((random_u64(key, 1 + (uint64_t)renewal) >> 32) * WHOLE_PPM >> 32) < config->failure_ppm;
}

int64_t certificates_at(const certificates_config *config, certificates_owner owner, int64_t now_ns)
{
    const random_key key = { .seed = owner.seed,
                             .replication = owner.replication,
                             .thing = owner.identity,
                             .purpose = RANDOM_CERTIFICATE };
    int64_t first_ns, renewal, issued_ns;

    if (config->every_ns == 0)
        return 0;
    first_ns = phase_ns(config, &key);
    renewal = now_ns < first_ns ? -1 : (now_ns - first_ns) / config->every_ns;
    for (;; renewal--) {
        issued_ns = renewal < 0 ? 0 : first_ns + renewal * config->every_ns;
        if (now_ns - issued_ns >= config->lifetime_ns)
            return -1;
        if (renewal < 0 || !has_failed(config, &key, renewal, issued_ns))
            return renewal + 1;
    }
}
