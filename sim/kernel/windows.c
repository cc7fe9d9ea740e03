#include "windows.h"

#include "barrier.h"
#include "pace.h"
#include "shard.h"

#include <assert.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_EVENTS 1024 /* in a row without asking whether to stop, where one thread has all processes */

/* What a shard tells the others at a barrier; two, used in turn, as its boxes. */
typedef struct windows_word {
    _Alignas(SHARD_ALIGN) atomic_uint round; /* in which it was said */
    int leave;                               /* all threads are to leave the loop over windows */
    int64_t next_ns;
} windows_word;

struct windows {
    windows_config config;
    shard *shards;
    uint32_t shard_count; /* here */
    uint32_t *shard_of;   /* by process; where there are several ranks, the rank */
    windows_word *words;  /* by turn, shard */
    int64_t now_ns;       /* of the last control point, or the end of the last run */
    int64_t control_ns;   /* of the next one; SKY_NEVER_NS */
    uint64_t control_sequence;
    uint64_t windows, windows_on_threads;
    shard_process *merged; /* all of them, while the first shard has them; NULL: it never had */
    shard_process *own;    /* its own, meanwhile */
    int is_merged;
    pace pace;
    int64_t limit_ns; /* of the clock: when a try of the pace is over */
    unsigned round;   /* of the last barrier */
    _Alignas(SHARD_ALIGN) barrier barrier;
    sky_status status; /* once failed, for good */
    sky_error error;
};

static int64_t add_saturated(int64_t a, int64_t b)
{
    return a < SKY_NEVER_NS - b ? a + b : SKY_NEVER_NS;
}

/* The one that has a process; NULL: another rank has it. */
static shard *shard_with(const windows *w, uint32_t process)
{
    const ranks *r = w->config.ranks;

    if (r == NULL)
        return &w->shards[w->shard_of[process]];
    return w->shard_of[process] == r->rank ? &w->shards[0] : NULL;
}

/* ---- making and unmaking ---------------------------------------------------------------------------------- */

static sky_status check(const windows_config *c, sky_error *error)
{
    const char *expected = NULL;

    if (c->processes == 0 || c->processes >= KERNEL_MAX_PROCESSES)
        expected = "from 1 to 16777214 processes";
    else if (c->lookahead_ns < 1)
        expected = "a lookahead of at least 1 ns";
    else if (c->threads < 0)
        expected = "a number of threads, or 0";
    else if (c->ranks != NULL && (c->threads != 1 || c->ranks->rank >= c->ranks->count))
        expected = "one thread where there are several ranks, and a rank that is one of them";
    for (uint32_t i = 0; c->ranks != NULL && expected == NULL && i < c->processes; i++)
        if (c->ranks->rank_of[i] >= c->ranks->count)
            expected = "each process at one of the ranks";
    if (expected == NULL)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "windows: expected %s", expected);
    return SKY_ERROR_INPUT;
}

/* The first failure in the order of events, whatever thread met it. */
static sky_status find_failure(windows *w)
{
    const shard *first = NULL;

    for (uint32_t i = 0; i < w->shard_count; i++) {
        const shard *s = &w->shards[i];

        if (s->status != SKY_OK && (first == NULL || kernel_event_before(&s->failed_at, &first->failed_at)))
            first = s;
    }
    if (first != NULL && w->status == SKY_OK) {
        w->status = first->status;
        snprintf(w->error.message, sizeof w->error.message, "%s", first->message);
    }
    return w->status;
}

/* One shard, which has the processes of this rank and boxes for the others. */
static void deal_to_ranks(windows *w)
{
    const ranks *r = w->config.ranks;

    memcpy(w->shard_of, r->rank_of, w->config.processes * sizeof *w->shard_of);
    w->shards[0] = (shard){ .context = { .lookahead_ns = w->config.lookahead_ns,
                                         .processes = w->config.processes,
                                         .shared = w->config.shared },
                            .count = w->config.processes,
                            .self = r->rank,
                            .shards = r->count,
                            .shard_of = w->shard_of };
}

/* The first process of a shard; that of the one after the last: how many there are. */
static uint32_t first_of(const windows *w, uint32_t shard)
{
    return (uint32_t)((uint64_t)w->config.processes * shard / w->shard_count);
}

static void deal_processes(windows *w)
{
    uint32_t first = 0;

    if (w->config.ranks != NULL) {
        deal_to_ranks(w);
        return;
    }
    for (uint32_t i = 0; i < w->shard_count; i++) {
        uint32_t end = first_of(w, i + 1);

        w->shards[i] = (shard){ .context = { .lookahead_ns = w->config.lookahead_ns,
                                             .processes = w->config.processes,
                                             .shared = w->config.shared },
                                .first = first,
                                .count = end - first,
                                .self = i,
                                .shards = w->shard_count,
                                .shard_of = w->shard_of };
        for (; first < end; first++)
            w->shard_of[first] = i;
    }
}

/* The shards of the calling thread: one, where there are as many threads as were asked for. */
#define EACH_OF_MINE(w, i)                                                                                   \
    uint32_t i = (uint32_t)omp_get_thread_num();                                                             \
    i < (w)->shard_count;                                                                                    \
    i += (uint32_t)omp_get_num_threads()

static void begin_mine(windows *w)
{
    for (EACH_OF_MINE(w, i)) {
        shard *s = &w->shards[i];

        if (w->config.profile != NULL) {
            s->profile = &s->own_profile;
            profile_begin(s->profile, i, w->config.profile->span_least_ns);
        }
        shard_begin(s, w->config.model);
    }
}

static void fetch_all(windows *w, uint32_t i)
{
    for (uint32_t from = 0; from < w->shard_count; from++)
        if (from != i)
            shard_fetch(&w->shards[i], &w->shards[from]);
}

/* All ranks meet. What they say together; a failure anywhere is one here too. */
static ranks_word meet(windows *w, int leave)
{
    ranks_word all = shard_meet(&w->shards[0], w->config.ranks, leave);

    if (all.failed_ns < SKY_NEVER_NS && all.failed_rank != w->config.ranks->rank) {
        w->status = SKY_ERROR_STATE;
        snprintf(w->error.message, sizeof w->error.message, "windows: rank %u failed", all.failed_rank);
    }
    return all;
}

/* What was sent when processes began reaches those for whom it is. */
static void hand_over_first(windows *w)
{
    if (w->config.ranks != NULL) {
        meet(w, 0);
        return;
    }
    for (uint32_t i = 0; find_failure(w) == SKY_OK && i < w->shard_count; i++)
        shard_turn(&w->shards[i]);
    for (uint32_t i = 0; w->status == SKY_OK && i < w->shard_count; i++)
        fetch_all(w, i);
}

sky_status windows_create(const windows_config *config, windows **out, sky_error *error)
{
    uint32_t threads = (uint32_t)(config->threads > 0 ? config->threads : omp_get_max_threads());
    sky_status status = check(config, error);
    windows *w;

    *out = NULL;
    if (status != SKY_OK)
        return status;
    w = aligned_alloc(SHARD_ALIGN, sizeof *w);
    if (w != NULL) {
        memset(w, 0, sizeof *w);
        w->config = *config;
        w->shard_count = threads < config->processes ? threads : config->processes;
        w->shards = aligned_alloc(SHARD_ALIGN, w->shard_count * sizeof *w->shards);
        w->words = aligned_alloc(SHARD_ALIGN, 2 * w->shard_count * sizeof *w->words);
        w->shard_of = malloc(config->processes * sizeof *w->shard_of);
    }
    if (w == NULL || w->shards == NULL || w->words == NULL || w->shard_of == NULL) {
        if (w != NULL) {
            free(w->shards);
            free(w->words);
            free(w->shard_of);
        }
        free(w);
        snprintf(error->message, sizeof error->message, "windows: out of memory");
        return SKY_ERROR_MEMORY;
    }
    w->control_ns = config->control != NULL ? config->control_first_ns : SKY_NEVER_NS;
    deal_processes(w);
    pace_begin(&w->pace);
    barrier_init(&w->barrier, w->shard_count);
    for (uint32_t i = 0; i < 2 * w->shard_count; i++)
        atomic_init(&w->words[i].round, 0);
    w->limit_ns = SKY_NEVER_NS;
#pragma omp parallel num_threads((int)w->shard_count)
    begin_mine(w);
    hand_over_first(w);
    if (find_failure(w) != SKY_OK) {
        *error = w->error;
        status = w->status;
        windows_destroy(w);
        return status;
    }
    *out = w;
    return SKY_OK;
}

/* All that is pending there goes to where its process is. */
static sky_status deal_events(windows *w, kernel_queue *from)
{
    kernel_event event;
    sky_status status = SKY_OK;

    while (status == SKY_OK && kernel_queue_pop(from, &event))
        status = kernel_queue_put(&w->shards[w->shard_of[event.to]].queue, &event);
    if (status != SKY_OK) {
        w->status = status;
        snprintf(w->error.message, sizeof w->error.message, "windows: out of memory for events");
    }
    return status;
}

/* All that waits at one goes to where its process is now; which may be the same one. */
static sky_status move_events(windows *w, shard *from)
{
    kernel_queue waiting = from->queue;
    sky_status status = kernel_queue_init(&from->queue, 1);

    if (status == SKY_OK)
        status = deal_events(w, &waiting);
    kernel_queue_free(&waiting);
    return status;
}

/* Where the processes are: all at the first shard, in a list of their own, or each at its own. */
static void set_places(windows *w, int merged)
{
    shard *one = &w->shards[0];

    for (uint32_t i = 0; i < w->shard_count; i++) {
        uint32_t first = first_of(w, i), count = first_of(w, i + 1) - first;
        shard_process *own = i == 0 ? w->own : w->shards[i].processes;

        if (merged)
            memcpy(w->merged + first, own, count * sizeof *own);
        else
            memcpy(own, w->merged + first, count * sizeof *own);
        for (uint32_t p = first; p < first + count; p++)
            w->shard_of[p] = merged ? 0 : i;
    }
    one->processes = merged ? w->merged : w->own;
    one->count = merged ? w->config.processes : first_of(w, 1);
    w->is_merged = merged;
}

/* One thread is to run all: then with one queue and without windows, as if there never were more. */
static sky_status set_merged(windows *w, int merged)
{
    sky_status status = SKY_OK;

    if (merged == w->is_merged)
        return SKY_OK;
    if (w->merged == NULL) {
        w->own = w->shards[0].processes;
        w->merged = malloc(w->config.processes * sizeof *w->merged);
        if (w->merged == NULL) {
            snprintf(w->error.message, sizeof w->error.message, "windows: out of memory");
            return w->status = SKY_ERROR_MEMORY;
        }
    }
    set_places(w, merged);
    for (uint32_t i = merged ? 1 : 0; i < (merged ? w->shard_count : 1) && status == SKY_OK; i++)
        status = move_events(w, &w->shards[i]);
    return status;
}

void windows_destroy(windows *w)
{
    if (w == NULL)
        return;
    if (w->is_merged)
        set_places(w, 0);
    free(w->merged);
    for (uint32_t i = 0; i < w->shard_count; i++) {
        if (w->config.profile != NULL)
            profile_add(w->config.profile, &w->shards[i].own_profile);
        shard_end(&w->shards[i]);
    }
    free(w->shards);
    free(w->words);
    free(w->shard_of);
    free(w);
}

/* ---- windows ------------------------------------------------------------------------------------------------ */

static int asked_to_stop(const windows *w)
{
    return w->config.stop != NULL && w->config.stop(w->config.context);
}

static int is_over(const windows *w)
{
    return w->limit_ns < SKY_NEVER_NS && profile_clock_ns() >= w->limit_ns;
}

static int64_t first_next_ns(const windows *w)
{
    int64_t next_ns = SKY_NEVER_NS;

    for (uint32_t i = 0; i < w->shard_count; i++) {
        int64_t shard_ns = shard_next_ns(&w->shards[i]);

        next_ns = shard_ns < next_ns ? shard_ns : next_ns;
    }
    return next_ns;
}

/* All of what one thread has, for about so many events: no window is needed to keep order. */
static void run_alone(windows *w, int64_t before_ns, uint64_t most, int *stopped)
{
    shard *s = &w->shards[0];
    uint64_t events = 0, last;

    do {
        w->windows++;
        *stopped = asked_to_stop(w);
        last = *stopped ? 0 : shard_advance(s, before_ns, MOST_EVENTS);
        events += last;
    } while (last == MOST_EVENTS && events < most && s->status == SKY_OK && !is_over(w));
}

/* The windows of all ranks, until all have come to that time. */
static void run_among_ranks(windows *w, int64_t before_ns, int *stopped)
{
    for (;;) {
        ranks_word all = meet(w, asked_to_stop(w));

        *stopped = (int)all.leave;
        if (all.leave || all.next_ns >= before_ns)
            return;
        all.next_ns = add_saturated(all.next_ns, w->config.lookahead_ns);
        shard_advance(&w->shards[0], all.next_ns < before_ns ? all.next_ns : before_ns, UINT64_MAX);
        w->windows++;
    }
}

static void say(windows *w, uint32_t i, unsigned round, int leave)
{
    windows_word *word = &w->words[round % 2 * w->shard_count + i];
    const shard *s = &w->shards[i];

    word->next_ns = shard_next_ns(s);
    word->leave = leave || s->status != SKY_OK;
    barrier_arrive(&w->barrier, &word->round, round);
}

/* Waits for what all say: returns the time of the first event of all; *leave: one wants to leave. */
static int64_t hear_all(windows *w, unsigned round, int *leave)
{
    int64_t next_ns = SKY_NEVER_NS;

    *leave = 0;
    for (uint32_t i = 0; i < w->shard_count; i++) {
        windows_word *word = &w->words[round % 2 * w->shard_count + i];

        barrier_await(&w->barrier, &word->round, round);
        next_ns = word->next_ns < next_ns ? word->next_ns : next_ns;
        *leave |= word->leave;
    }
    return next_ns;
}

/* One thread's part, with one barrier a window: since boxes and words are used in turn, a thread that is already
 * in the next window fills others than those that a slower one still reads, and can't come to the one after
 * before that one is done with them. Returns its windows. */
static unsigned run_mine(windows *w, int64_t before_ns, int *stopped)
{
    unsigned count = 0;
    uint64_t events = 0, most = w->config.adaptive ? PACE_TRIAL_EVENTS / w->shard_count : UINT64_MAX;

    for (unsigned round = w->round + 1;; round++, count++) {
        int leave = events > most;
        int64_t next_ns, end_ns;

        if (omp_get_thread_num() == 0) {
            *stopped = asked_to_stop(w);
            leave |= *stopped || is_over(w);
        }
        for (EACH_OF_MINE(w, i))
            say(w, i, round, leave);
        next_ns = hear_all(w, round, &leave);
        for (EACH_OF_MINE(w, i)) {
            shard_turn(&w->shards[i]);
            fetch_all(w, i);
        }
        if (leave || next_ns >= before_ns)
            return count;
        end_ns = add_saturated(next_ns, w->config.lookahead_ns);
        end_ns = end_ns < before_ns ? end_ns : before_ns;
        for (EACH_OF_MINE(w, i))
            events += shard_advance(&w->shards[i], end_ns, UINT64_MAX);
    }
}

static void run_on_threads(windows *w, int64_t before_ns, int *stopped)
{
    unsigned windows = 0;

#pragma omp parallel num_threads((int)w->shard_count)
    {
        unsigned mine = run_mine(w, before_ns, stopped);

        if (omp_get_thread_num() == 0)
            windows = mine;
    }
    w->round += windows + 1;
    w->windows += windows;
    w->windows_on_threads += windows;
}

static uint64_t count_events(const windows *w)
{
    uint64_t events = 0;

    for (uint32_t i = 0; i < w->shard_count; i++)
        events += w->shards[i].events;
    return events;
}

/* All events before a time. */
static sky_status advance(windows *w, int64_t before_ns)
{
    int stopped = 0;

    if (w->config.ranks != NULL)
        run_among_ranks(w, before_ns, &stopped);
    while (w->config.ranks == NULL && !stopped && find_failure(w) == SKY_OK && first_next_ns(w) < before_ns) {
        int64_t start_ns = 0;
        uint64_t events = 0;

        if (w->shard_count == 1) {
            run_alone(w, before_ns, UINT64_MAX, &stopped);
            continue;
        }
        if (!w->config.adaptive) {
            run_on_threads(w, before_ns, &stopped);
            continue;
        }
        if (set_merged(w, !w->pace.threaded) != SKY_OK)
            break;
        start_ns = profile_clock_ns();
        w->limit_ns = add_saturated(start_ns, pace_limit_ns(&w->pace));
        events = count_events(w);
        if (w->pace.threaded)
            run_on_threads(w, before_ns, &stopped);
        else
            run_alone(w, before_ns, PACE_TRIAL_EVENTS, &stopped);
        pace_note(&w->pace, count_events(w) - events, profile_clock_ns() - start_ns);
    }
    return find_failure(w) == SKY_OK && stopped ? SKY_ERROR_STOPPED : w->status;
}

sky_status windows_run(windows *w, int64_t end_ns, sky_error *error)
{
    sky_status status = w->status;

    while (status == SKY_OK) {
        int64_t until_ns = w->control_ns < end_ns ? w->control_ns : end_ns;

        status = advance(w, add_saturated(until_ns, 1));
        if (status != SKY_OK || until_ns < w->control_ns)
            break;
        w->now_ns = until_ns;
        w->control_ns = w->config.control(w->config.context, w, until_ns);
        if (w->control_ns <= until_ns) {
            w->status = SKY_ERROR_STATE;
            snprintf(w->error.message, sizeof w->error.message,
                     "windows: the control process at %lld ns expected to act next no later than that",
                     (long long)until_ns);
        }
        status = find_failure(w);
    }
    if (status == SKY_OK)
        w->now_ns = end_ns;
    else if (status == SKY_ERROR_STOPPED)
        snprintf(error->message, sizeof error->message, "interrupted");
    else
        *error = w->error;
    return status;
}

/* ---- between windows ---------------------------------------------------------------------------------------- */

sky_status windows_send(windows *w, uint32_t to, int64_t time_ns, uint32_t kind, uint32_t subject,
                        uint32_t other, int64_t a)
{
    kernel_event event = { .time_ns = time_ns,
                           .order = kernel_event_order(w->config.processes, w->control_sequence),
                           .kind = kind,
                           .subject = subject,
                           .other = other,
                           .to = to,
                           .a = a };
    sky_status status;

    if (to >= w->config.processes || time_ns < w->now_ns || time_ns == SKY_NEVER_NS)
        return SKY_ERROR_INPUT;
    if (shard_with(w, to) == NULL) /* its rank does the same, with this number */
        status = SKY_OK;
    else
        status = kernel_queue_put(&shard_with(w, to)->queue, &event);
    w->control_sequence += status == SKY_OK;
    return status;
}

void windows_set_lookahead(windows *w, int64_t lookahead_ns)
{
    w->config.lookahead_ns = lookahead_ns < 1 ? 1 : lookahead_ns;
    for (uint32_t i = 0; i < w->shard_count; i++)
        w->shards[i].context.lookahead_ns = w->config.lookahead_ns;
}

void *windows_process(const windows *w, uint32_t process)
{
    const shard *s = &w->shards[w->config.ranks == NULL ? w->shard_of[process] : 0];

    return s->processes[process - s->first].state;
}

windows_statistics windows_count(const windows *w)
{
    windows_statistics n = { .windows = w->windows, .windows_on_threads = w->windows_on_threads };

    for (uint32_t i = 0; i < w->shard_count; i++) {
        n.events += w->shards[i].events;
        n.messages += w->shards[i].messages;
    }
    return n;
}

/* ---- checkpoints ------------------------------------------------------------------------------------------- */

typedef struct event_rule {
    const windows *w;
    kernel_event_check *can_be;
    const void *context;
} event_rule;

static int can_be_pending(const void *context, const kernel_event *event)
{
    const event_rule *rule = context;
    const process_model *model;
    const shard *s;

    if (event->to >= rule->w->config.processes || event->time_ns < rule->w->now_ns ||
        event->time_ns == SKY_NEVER_NS)
        return 0;
    s = shard_with(rule->w, event->to);
    model = s->processes[event->to - s->first].model;
    return event->kind < model->kinds && model->handlers[event->kind] != NULL &&
           (rule->can_be == NULL || rule->can_be(rule->context, event));
}

static uint64_t *sequence_of(windows *w, uint32_t process)
{
    shard *s;

    if (process == w->config.processes)
        return &w->control_sequence;
    s = shard_with(w, process);
    return &s->processes[process - s->first].sequence;
}

/* What is pending at all shards goes to one queue, which then has the sequences too. */
static sky_status gather_events(windows *w, kernel_queue *all)
{
    kernel_event event;
    sky_status status = kernel_queue_init(all, w->config.processes + 1);

    for (uint32_t i = 0; i < w->shard_count; i++)
        while (status == SKY_OK && kernel_queue_pop(&w->shards[i].queue, &event))
            status = kernel_queue_put(all, &event);
    for (uint32_t p = 0; status == SKY_OK && p <= w->config.processes; p++)
        all->sequence[p] = *sequence_of(w, p);
    if (status != SKY_OK) {
        w->status = status;
        snprintf(w->error.message, sizeof w->error.message, "windows: out of memory for events");
    }
    return status;
}

/* In one order, as if there was one queue: what is saved knows of no shards. */
static void pending_state(windows *w, state *s, kernel_event_check *can_be, const void *context)
{
    const event_rule rule = { .w = w, .can_be = can_be, .context = context };
    kernel_queue all;
    sky_status status = gather_events(w, &all);

    if (status == SKY_OK) {
        kernel_queue_state(&all, s, can_be_pending, &rule);
        for (uint32_t p = 0; p <= w->config.processes; p++)
            *sequence_of(w, p) = all.sequence[p];
        status = deal_events(w, &all);
    }
    if (status != SKY_OK)
        state_no_memory(s);
    kernel_queue_free(&all);
}

void windows_state(windows *w, state *s, kernel_event_check *can_be, const void *context)
{
    windows_statistics n = windows_count(w);

    assert(w->config.ranks == NULL);
    state_part(s, "windows");
    STATE_VALUE(s, w->now_ns);
    STATE_VALUE(s, w->control_ns);
    STATE_VALUE(s, w->config.lookahead_ns);
    STATE_VALUE(s, n.events);
    STATE_VALUE(s, n.messages);
    state_check(s, w->now_ns >= 0 && w->config.lookahead_ns >= 1);
    state_check(s, w->config.control != NULL ? w->control_ns >= w->now_ns : w->control_ns == SKY_NEVER_NS);
    pending_state(w, s, can_be, context);
    windows_set_lookahead(w, w->config.lookahead_ns);
    for (uint32_t i = 0; state_restores(s) && i < w->shard_count; i++) {
        w->shards[i].events = i == 0 ? n.events : 0;
        w->shards[i].messages = i == 0 ? n.messages : 0;
    }
}
