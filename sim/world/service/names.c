#include "names.h"

int64_t names_resolve_ns(names_cache *cache, const names_config *config, int64_t now_ns, int resolver_is_down)
{
    cache->lookups++;
    if (now_ns < cache->until_ns)
        return cache->ready_ns > now_ns ? cache->ready_ns - now_ns : 0;
    if (resolver_is_down) {
        cache->failures++;
        return NAMES_NOT_FOUND;
    }
    cache->misses++;
    cache->ready_ns = now_ns + config->lookup_ns;
    cache->until_ns = cache->ready_ns + config->ttl_ns;
    return config->lookup_ns;
}
