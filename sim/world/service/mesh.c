#include "inside.h"

#include <stdlib.h>

mesh_end mesh_population(const service_shared *shared, uint32_t population)
{
    const mtls_config *mtls = &shared->config.populations[population].mtls;

    return (
        mesh_end){ .mtls = mtls, .owner = &shared->owners[population], .trust_domain = mtls->trust_domain };
}

mesh_end mesh_station(const service_shared *shared, uint32_t station)
{
    const station_config *s = &shared->config.stations[station];

    return (mesh_end){ .mtls = &s->mtls,
                       .owner = &shared->owners[shared->config.population_count + station],
                       .trust_domain = s->trust_domain };
}

mesh_end mesh_gateway(const service_shared *shared, uint32_t gateway)
{
    const services_config *config = &shared->config;
    const mtls_config *mtls = &config->gateways[gateway].mtls;

    return (mesh_end){ .mtls = mtls,
                       .owner = &shared->owners[config->population_count + config->station_count + gateway],
                       .trust_domain = mtls->trust_domain };
}

int mesh_begin(service_shared *shared)
{
    const services_config *config = &shared->config;
    uint32_t count = config->population_count + config->station_count + config->gateway_count;

    shared->owners = calloc(count, sizeof *shared->owners);
    for (uint32_t i = 0; shared->owners != NULL && i < count; i++)
        shared->owners[i] = certificates_of(&config->certificates, config->seed, config->replication, i);
    return shared->owners != NULL ? 0 : -1;
}

client_outcome mesh_check(const service_shared *shared, const mesh_end *caller, const mesh_end *callee,
                          int64_t now_ns, int64_t *certificates)
{
    const services_config *config = &shared->config;
    int64_t of_caller, of_callee;

    *certificates = MESH_PLAIN;
    if (service_is_plain(shared, caller->trust_domain, callee->trust_domain))
        return CLIENT_SERVED;
    if (!caller->mtls->has_identity)
        return CLIENT_REFUSED;
    of_caller = certificates_at(&config->certificates, caller->owner, now_ns);
    of_callee = certificates_at(&config->certificates, callee->owner, now_ns);
    if (of_caller < 0 || of_callee < 0)
        return CLIENT_EXPIRED;
    *certificates = of_caller + of_callee;
    return CLIENT_SERVED;
}

mesh_cost mesh_call(const service_shared *shared, const mesh_end *caller, const mesh_end *callee,
                    mtls_session *session, int64_t round_trip_ns, int64_t now_ns, const random_key *key,
                    uint64_t draw)
{
    mesh_cost cost = { 0 };
    int64_t certificates;

    if (mesh_check(shared, caller, callee, now_ns, &certificates) != CLIENT_SERVED ||
        certificates == MESH_PLAIN)
        return cost;
    cost.handshake_ns = mtls_handshake_ns(session, caller->mtls, round_trip_ns, certificates, now_ns, key,
                                          draw);
    cost.encryption_ns = caller->mtls->per_request_ns;
    return cost;
}
