#include "offer.h"

network_offer network_offer_of(network *n, int64_t now_ns, const topology_route *route)
{
    network_offer offer = { 0 };

    if (route->count == 0)
        return offer;
    offer.bytes_per_s = topology_tcp_rate(&n->topology, route, n->scenario->network->streams,
                                          n->scenario->network->window_bytes);
    for (uint32_t i = 0; i < route->count; i++) {
        const topology_link *link = &n->topology.links[route->links[i]];

        offer.latency_ns += topology_rtt_ns(link) / 2;
        offer.nusd_per_gb += network_link_price(n, now_ns, route->links[i]);
        for (uint32_t p = 0; p < link->pipe_count; p++) {
            int64_t rate = flows_offer(&n->flows, link->pipes[p]);

            offer.bytes_per_s = rate < offer.bytes_per_s ? rate : offer.bytes_per_s;
        }
    }
    return offer;
}
