/* Checkpoints of the serving side. Its batches are known by the events that end them: the station is whole again when these
 * have been restored too (station_claim_batch, station_settle). */
#include "inside.h"

#define CLAIMED 2 /* on top of a job's `live`, while it is restored: it has been found in a list */

/* ---- jobs ---------------------------------------------------------------------------------------------------------- */

/* No job is found twice: lists don't meet, and end. */
static int claim(station *s, uint32_t at, uint32_t live)
{
    if (at >= s->job_count || s->jobs[at].live != live)
        return 0;
    s->jobs[at].live += CLAIMED;
    return 1;
}

/* 0: the queue, or the list of free places, is none. */
static int claim_lists(station *s)
{
    s->waiting = 0;
    for (uint32_t at = s->first; at != STATION_NONE; at = s->jobs[at].next) {
        if (!claim(s, at, 1))
            return 0;
        s->last = at;
        s->waiting++;
    }
    for (uint32_t at = s->free_job; at != STATION_NONE; at = s->jobs[at].next)
        if (!claim(s, at, 0))
            return 0;
    return 1;
}

static int job_can_be(const services *all, const station_job *job)
{
    return job->live <= 1 && job->tokens >= 0 && job->tokens <= SERVICE_MOST && job->arrived_ns >= 0 &&
           job->arrived_ns <= all->now_ns && job->started_ns >= 0 && job->started_ns <= all->now_ns &&
           (!job->live || (job->population < all->shared.config.population_count &&
                           client_knows(service_client(all, job->population), job->call)));
}

static void jobs_state(const services *all, station *s, state *saved)
{
    uint32_t first = s->waiting > 0 ? s->first : STATION_NONE;

    state_list32(saved, &s->jobs, &s->job_count, &s->job_room, sizeof *s->jobs);
    STATE_VALUE(saved, s->free_job);
    STATE_VALUE(saved, first);
    if (!state_restores(saved))
        return;
    s->first = first;
    s->in_service = s->busy = 0;
    for (uint32_t r = 0; s->replicas != NULL && r < s->config->scaling.most; r++)
        s->replicas[r] = (station_replica){ 0 };
    for (uint32_t i = 0; i < s->job_count; i++)
        state_check(saved, job_can_be(all, &s->jobs[i]));
    state_check(saved, claim_lists(s));
}

int station_claim_batch(station *s, uint32_t first)
{
    station_replica *replica = NULL;
    uint32_t at;

    if (first >= s->job_count || (s->replicas != NULL && s->jobs[first].replica >= s->config->scaling.most))
        return 0;
    if (s->replicas != NULL)
        replica = &s->replicas[s->jobs[first].replica];
    for (at = first; at != STATION_NONE; at = s->jobs[at].next) {
        if (!claim(s, at, 1))
            return 0;
        s->in_service++;
        if (replica != NULL)
            replica->tokens += s->jobs[at].tokens;
    }
    s->busy++;
    if (replica != NULL)
        replica->busy++;
    return 1;
}

void station_settle(station *s, state *saved, uint64_t starting)
{
    for (uint32_t i = 0; i < s->job_count; i++) {
        state_check(saved, s->jobs[i].live >= CLAIMED);
        s->jobs[i].live -= s->jobs[i].live >= CLAIMED ? CLAIMED : 0;
    }
    state_check(saved, starting == (uint64_t)s->ordered - s->up + s->cancelled);
}

/* ---- replicas ------------------------------------------------------------------------------------------------------ */

static void check_replicas(const station *s, state *saved, int64_t now_ns)
{
    const station_config *config = s->config;
    sky_int128 replicas_ns = (sky_int128)now_ns * s->replicas_most;
    sky_int128 most_ns = replicas_ns * config->concurrency + (sky_int128)now_ns * s->job_count;

    state_check(saved, s->up <= s->ordered && s->ordered <= s->replicas_most && s->out <= 1);
    if (s->replicas != NULL || s->endpoint_born_ns != NULL)
        state_check(saved, s->ordered <= config->scaling.most);
    state_check(saved, s->changed_ns >= 0 && s->changed_ns <= now_ns);
    state_check(saved, s->busy_ns >= 0 && s->busy_ns <= most_ns && s->replica_ns >= 0 &&
                           s->replica_ns <= replicas_ns);
    state_check(saved, s->scaled_busy_ns >= 0 && s->scaled_busy_ns <= s->busy_ns &&
                           s->reported_busy_ns >= 0 && s->reported_busy_ns <= most_ns);
}

static void replicas_state(station *s, state *saved, int64_t now_ns)
{
    STATE_VALUE(saved, s->up);
    STATE_VALUE(saved, s->ordered);
    STATE_VALUE(saved, s->replicas_most);
    STATE_VALUE(saved, s->governed);
    STATE_VALUE(saved, s->cancelled);
    STATE_VALUE(saved, s->out);
    STATE_VALUE(saved, s->outages);
    STATE_VALUE(saved, s->changed_ns);
    STATE_VALUE(saved, s->busy_ns);
    STATE_VALUE(saved, s->replica_ns);
    STATE_VALUE(saved, s->scaled_busy_ns);
    STATE_VALUE(saved, s->reported_busy_ns);
    autoscaler_state(&s->scaler, saved);
    state_array(saved, s->endpoint_born_ns, s->endpoint_born_ns != NULL ? s->config->scaling.most : 0,
                sizeof *s->endpoint_born_ns);
    if (state_restores(saved))
        check_replicas(s, saved, now_ns);
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

static void counts_state(station *s, state *saved)
{
    uint64_t *const counts[] = { &s->received,     &s->served,  &s->full,    &s->refused,
                                 &s->too_large,    &s->cut_off, &s->expired, &s->gone,
                                 &s->replacements, &s->batches, &s->answers };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        STATE_VALUE(saved, *counts[i]);
        state_check(saved, *counts[i] <= SERVICE_MOST);
    }
    STATE_VALUE(saved, s->waiting_most);
}

void station_state(const services *all, station *s, state *saved)
{
    counts_state(s, saved);
    jobs_state(all, s, saved);
    replicas_state(s, saved, all->now_ns);
    STATE_VALUE(saved, s->due_ns);
    state_check(saved, s->due_ns >= -1 && s->due_ns <= SERVICE_LAST_NS);
    stream_state(&s->times, saved);
    stream_state(&s->token_draws, saved);
    mtls_session_state(&s->session, saved, all->now_ns);
    state_array(saved, s->answered, all->shared.config.population_count, sizeof *s->answered);
    for (uint32_t p = 0; p < all->shared.config.population_count; p++)
        state_check(saved, s->answered[p] <= SERVICE_MOST);
}
