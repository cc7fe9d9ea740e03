#include "inside.h"

/* Identities of stations and gateways, above those of populations. */
#define OF_STATIONS (UINT32_C(1) << 30)
#define OF_GATEWAYS (UINT32_C(2) << 30)

mesh_end mesh_population(const service_shared *shared, uint32_t population)
{
    const mtls_config *mtls = &shared->config.populations[population].mtls;

    return (mesh_end){ .mtls = mtls, .trust_domain = mtls->trust_domain, .identity = population };
}

mesh_end mesh_station(const service_shared *shared, uint32_t station)
{
    const station_config *s = &shared->config.stations[station];

    return (mesh_end){ .mtls = &s->mtls, .trust_domain = s->trust_domain, .identity = OF_STATIONS | station };
}

mesh_end mesh_gateway(const service_shared *shared, uint32_t gateway)
{
    const mtls_config *mtls = &shared->config.gateways[gateway].mtls;

    return (mesh_end){ .mtls = mtls, .trust_domain = mtls->trust_domain, .identity = OF_GATEWAYS | gateway };
}

client_outcome mesh_check(const service_shared *shared, const mesh_end *caller, const mesh_end *callee,
                          int64_t now_ns, int64_t *certificates)
{
    const services_config *config = &shared->config;
    certificates_owner owner = { .seed = config->seed, .replication = config->replication };
    int64_t of_caller, of_callee;

    *certificates = MESH_PLAIN;
    if (service_is_plain(shared, caller->trust_domain, callee->trust_domain))
        return CLIENT_SERVED;
    if (!caller->mtls->has_identity)
        return CLIENT_REFUSED;
    owner.identity = caller->identity;
    of_caller = certificates_at(&config->certificates, owner, now_ns);
    owner.identity = callee->identity;
    of_callee = certificates_at(&config->certificates, owner, now_ns);
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
