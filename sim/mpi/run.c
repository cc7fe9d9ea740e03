/* skytwin-mpi run: one run of a scenario on all ranks at once. Each makes the whole run, and so knows and decides the same, but
 * for requests: each rank has those of its regions, and what comes of them reaches all when anybody looks. */
#include "run.h"

#include "job.h"
#include "partition.h"
#include "peers.h"
#include "world/service/traffic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCEPTED (OPTION_STRATEGY | OPTION_SEED | OPTION_SET | OPTION_OUTPUT | OPTION_JSON | OPTION_PROFILE)

typedef struct shared_run {
    job job;
    options options;
    simulation simulation;
    const char *strategy;
    uint32_t *rank_of; /* by region */
    peers *peers;
} shared_run;

/* ---- before ------------------------------------------------------------------------------------------------- */

/* By who asks whom. */
static sky_status deal_regions(shared_run *r, sky_error *error)
{
    const services_config *services = r->simulation.scenario.services;
    int64_t *work = calloc(services->regions, sizeof *work);
    services_flow *flows = NULL;
    partition_edge *edges = NULL;
    size_t count = 0;
    sky_status status = SKY_ERROR_MEMORY;

    r->rank_of = calloc(services->regions, sizeof *r->rank_of);
    if (work != NULL && r->rank_of != NULL)
        status = services_traffic(services, work, &flows, &count, error);
    if (status == SKY_OK) {
        edges = malloc((count + 1) * sizeof *edges);
        for (size_t i = 0; edges != NULL && i < count; i++)
            edges[i] = (partition_edge){ flows[i].a, flows[i].b, flows[i].messages };
        status = edges == NULL ? SKY_ERROR_MEMORY
                               : partition_make(services->regions, work, edges, count, (uint32_t)r->job.count,
                                                r->rank_of, error);
    }
    if (status == SKY_ERROR_MEMORY)
        snprintf(error->message, sizeof error->message, "out of memory for regions and who asks whom");
    free(edges);
    free(flows);
    free(work);
    return status;
}

static command_exit load(shared_run *r, int argc, char **argv, sky_error *error)
{
    const services_config *services;
    command_exit code = command_exit_of(options_parse(ACCEPTED, argc, argv, &r->options, error));

    if (code != COMMAND_DONE)
        return code;
    if (r->options.argument_count != 1) {
        snprintf(error->message, sizeof error->message,
                 "run: expected: mpirun -n N skytwin-mpi run SCENARIO [OPTION…]");
        return COMMAND_INPUT;
    }
    code = run_load(&r->options, &r->simulation, &r->strategy, error);
    if (code != COMMAND_DONE)
        return code;
    services = r->simulation.scenario.services;
    if (services == NULL || services->analytic) {
        snprintf(error->message, sizeof error->message,
                 "%.200s: found no services whose requests are simulated, expected some: ranks share nothing "
                 "else; see `skytwin run`",
                 r->options.arguments[0]);
        return COMMAND_INPUT;
    }
    return command_exit_of(deal_regions(r, error));
}

/* ---- after -------------------------------------------------------------------------------------------------- */

/* All ranks have made the same run, or machines or programs differ. */
static command_exit compare(const shared_run *r, sky_error *error)
{
    char first[RECORD_DIGEST_CHARS];

    memcpy(first, r->simulation.digest, sizeof first);
    MPI_Bcast(first, sizeof first, MPI_CHAR, 0, MPI_COMM_WORLD);
    if (memcmp(first, r->simulation.digest, sizeof first) == 0)
        return COMMAND_DONE;
    snprintf(error->message, sizeof error->message,
             "found another digest than that of rank 0: expected the same program on machines of one kind");
    return COMMAND_OURS;
}

/* What all ranks together have handed over. */
static void print_bytes(const shared_run *r)
{
    const peers_statistics own = peers_count(r->peers);
    uint64_t mine[] = { own.bytes, own.gathered_bytes }, all[2];

    MPI_Reduce(mine, all, 2, MPI_UINT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
    if (r->job.rank == 0)
        fprintf(stderr,
                "%d ranks met %" PRIu64 " times at the end of a window, %.0f bytes of all of them each, and "
                "%" PRIu64 " times at control points, %.0f bytes\n",
                r->job.count, own.meetings, (double)all[0] / (double)(own.meetings + !own.meetings),
                own.gatherings, (double)all[1] / (double)(own.gatherings + !own.gatherings));
}

/* ---- all of it ---------------------------------------------------------------------------------------------- */

/* Whoever fails tells the others, which then have nothing to say. */
static command_exit run(shared_run *r, sky_error *error)
{
    command_exit code;
    uint32_t failed;

    r->simulation.ranks = peers_ranks(r->peers);
    code = simulation_run(&r->options, &r->strategy, 1, 1, &r->simulation, error);
    failed = peers_close(r->peers, code != COMMAND_DONE);
    if (failed == SKY_NONE)
        return compare(r, error);
    if (failed == (uint32_t)r->job.rank)
        return code;
    error->message[0] = '\0';
    return COMMAND_DONE;
}

static command_exit all_of_it(shared_run *r, int argc, char **argv, sky_error *error)
{
    command_exit code = job_agree(load(r, argc, argv, error)), own;

    if (code != COMMAND_DONE)
        return code;
    r->peers = peers_create(MPI_COMM_WORLD, r->rank_of);
    if (r->peers == NULL)
        snprintf(error->message, sizeof error->message, "out of memory for %d ranks", r->job.count);
    code = job_agree(r->peers != NULL ? COMMAND_DONE : COMMAND_OURS);
    if (code != COMMAND_DONE)
        return code;
    own = run(r, error);
    code = job_agree(own);
    if (code != COMMAND_DONE)
        return own;
    if (r->options.profile)
        print_bytes(r);
    return r->job.rank == 0 ? run_print(&r->options, &r->simulation, error) : COMMAND_DONE;
}

command_exit job_run(const job *job, int argc, char **argv, sky_error *error)
{
    shared_run r = { .job = *job };
    command_exit code = all_of_it(&r, argc, argv, error);

    peers_destroy(r.peers);
    free(r.rank_of);
    simulation_free(&r.simulation);
    options_free(&r.options);
    return code;
}
