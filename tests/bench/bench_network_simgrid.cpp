// The same flows in SimGrid: its plain max-min model (CM02), without its corrections for TCP.
#include <chrono>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

extern "C" {
#include "bench_network.h"
}

namespace sg4 = simgrid::s4u;

static void build(const bench_network *n, std::vector<sg4::Host *> &hosts)
{
    sg4::NetZone *zone = sg4::create_full_zone("world");
    std::vector<sg4::Link *> links;

    for (int s = 0; s < BENCH_SITES; s++)
        hosts.push_back(zone->create_host("site" + std::to_string(s), 1e9));
    for (int l = 0; l < BENCH_LINKS; l++)
        links.push_back(
            zone->create_link("link" + std::to_string(l), double(n->bytes_per_s[l]))->set_latency(0)->seal());
    for (int from = 0; from < BENCH_SITES; from++)
        for (int to = 0; to < BENCH_SITES; to++) {
            std::vector<sg4::LinkInRoute> route;

            for (uint32_t h = 0; h < n->hops[from][to]; h++)
                route.emplace_back(links[n->route[from][to][h]]);
            if (from != to)
                zone->add_route(hosts[from]->get_netpoint(), hosts[to]->get_netpoint(), nullptr, nullptr,
                                route, false);
        }
    zone->seal();
}

static sg4::Engine *engine()
{
    static int count = 1;
    static char name[] = "bench", log[] = "--log=root.thresh:error";
    static char *arguments[] = { name, log, nullptr };
    static sg4::Engine *only = nullptr;

    if (only == nullptr) {
        count = 2;
        only = new sg4::Engine(&count, arguments);
        for (const char *setting :
             { "network/model:CM02", "network/TCP-gamma:0", "network/latency-factor:1",
               "network/bandwidth-factor:1", "network/weight-S:0", "network/crosstraffic:0" })
            sg4::Engine::set_config(setting);
    }
    return only;
}

extern "C" double bench_simgrid(const bench_network *n, bench_flow *flows)
{
    std::vector<sg4::Host *> hosts;
    sg4::Engine *e = engine();
    std::chrono::steady_clock::time_point start;

    build(n, hosts);
    sg4::Actor::create("sender", hosts[0], [&]() {
        std::vector<sg4::CommPtr> comms;

        for (size_t i = 0; i < n->flow_count; i++)
            comms.push_back(
                sg4::Comm::sendto_async(hosts[flows[i].from], hosts[flows[i].to], uint64_t(flows[i].bytes)));
        for (size_t i = 0; i < n->flow_count; i++) {
            comms[i]->wait();
            flows[i].end_ns = int64_t(comms[i]->get_finish_time() * 1e9 + 0.5);
        }
    });
    start = std::chrono::steady_clock::now();
    e->run();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
