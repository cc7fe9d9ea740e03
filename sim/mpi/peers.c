#include "peers.h"

#include <skytwin/engine.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* What all meet for. */
typedef enum occasion { WINDOW_ENDS, GATHERING, AGREEMENT, CLOSING } occasion;

/* What one rank tells another. */
typedef struct letter {
    ranks_word word;
    uint64_t count; /* events that follow; of a gathering, bytes */
    uint64_t occasion;
} letter;

struct peers {
    ranks ranks;
    MPI_Comm communicator;
    letter *out, *in; /* by rank */
    MPI_Request *requests;
    kernel_event *events;
    size_t capacity;
    ranks_part *parts; /* by rank, in `gathered` */
    int *sizes, *places;
    unsigned char *gathered;
    size_t gathered_room;
    uint32_t failed; /* the rank that has; SKY_NONE */
    peers_statistics count;
};

static _Noreturn void give_up(const peers *p, const char *why)
{
    fprintf(stderr, "skytwin-mpi: rank %u: %s\n", p->ranks.rank, why);
    MPI_Abort(p->communicator, 3);
    abort();
}

static void make_room(peers *p, size_t count)
{
    kernel_event *events;

    if (count <= p->capacity)
        return;
    events = realloc(p->events, 2 * count * sizeof *events);
    if (events == NULL)
        give_up(p, "out of memory for messages");
    p->events = events;
    p->capacity = 2 * count;
}

static int bytes_of(const peers *p, size_t count)
{
    if (count > INT_MAX / sizeof(kernel_event))
        give_up(p, "more than 2 GB of messages in one window");
    return (int)(count * sizeof(kernel_event));
}

/* All letters, both ways. Returns 1 where all go on: what the letters announce may follow. */
static int exchange(peers *p, occasion occasion, const size_t *count, ranks_word *word)
{
    int same = 1;

    for (uint32_t i = 0; i < p->ranks.count; i++)
        p->out[i] = (letter){ .word = *word, .count = count != NULL ? count[i] : 0, .occasion = occasion };
    MPI_Alltoall(p->out, sizeof *p->out, MPI_BYTE, p->in, sizeof *p->in, MPI_BYTE, p->communicator);
    for (uint32_t i = 0; i < p->ranks.count; i++) {
        ranks_join(word, &p->in[i].word);
        same &= p->in[i].occasion == occasion;
    }
    if (word->failed_ns < SKY_NEVER_NS)
        p->failed = word->failed_rank;
    else if (!same)
        give_up(p, "ranks have come to do different things: expected the same program and machines on all");
    return word->failed_ns == SKY_NEVER_NS;
}

static void meet(void *context, const kernel_event *const *out, const size_t *out_count, ranks_word *word,
                 const kernel_event **in, size_t *in_count)
{
    peers *p = context;
    size_t count = 0, place = 0;
    int requests = 0;

    *in = p->events;
    *in_count = 0;
    if (!exchange(p, WINDOW_ENDS, out_count, word))
        return;
    for (uint32_t i = 0; i < p->ranks.count; i++)
        count += p->in[i].count;
    make_room(p, count);
    for (uint32_t i = 0; i < p->ranks.count; i++) {
        if (p->in[i].count > 0)
            MPI_Irecv(p->events + place, bytes_of(p, p->in[i].count), MPI_BYTE, (int)i, 0, p->communicator,
                      &p->requests[requests++]);
        if (out_count[i] > 0)
            MPI_Isend(out[i], bytes_of(p, out_count[i]), MPI_BYTE, (int)i, 0, p->communicator,
                      &p->requests[requests++]);
        place += p->in[i].count;
        p->count.bytes += sizeof(letter) + out_count[i] * sizeof(kernel_event);
    }
    MPI_Waitall(requests, p->requests, MPI_STATUSES_IGNORE);
    p->count.meetings++;
    *in = p->events;
    *in_count = count;
}

static void make_room_for_parts(peers *p)
{
    size_t size = 0;

    for (uint32_t i = 0; i < p->ranks.count; i++) {
        p->sizes[i] = (int)p->in[i].count;
        p->places[i] = (int)size;
        size += p->in[i].count;
    }
    if (size > INT_MAX)
        give_up(p, "more than 2 GB of figures at one control point");
    if (size > p->gathered_room) {
        free(p->gathered);
        p->gathered_room = 2 * size;
        p->gathered = malloc(p->gathered_room);
    }
    if (p->gathered == NULL && size > 0)
        give_up(p, "out of memory for figures");
}

static const ranks_part *gather(void *context, const void *bytes, size_t size, ranks_word *word)
{
    peers *p = context;
    size_t count[p->ranks.count];

    for (uint32_t i = 0; i < p->ranks.count; i++)
        count[i] = size;
    if (!exchange(p, GATHERING, count, word))
        return NULL;
    make_room_for_parts(p);
    MPI_Allgatherv(bytes, (int)size, MPI_BYTE, p->gathered, p->sizes, p->places, MPI_BYTE, p->communicator);
    for (uint32_t i = 0; i < p->ranks.count; i++)
        p->parts[i] = (ranks_part){ p->gathered + p->places[i], (size_t)p->sizes[i] };
    p->count.gathered_bytes += size;
    p->count.gatherings++;
    return p->parts;
}

static uint32_t agree(void *context, uint32_t leave)
{
    ranks_word word = { .next_ns = SKY_NEVER_NS, .failed_ns = SKY_NEVER_NS, .leave = leave };

    return !exchange(context, AGREEMENT, NULL, &word) || word.leave;
}

uint32_t peers_close(peers *p, int failed)
{
    ranks_word word = { .next_ns = SKY_NEVER_NS,
                        .failed_ns = failed ? INT64_MIN : SKY_NEVER_NS,
                        .failed_order = p->ranks.rank, /* of several, the first */
                        .failed_rank = p->ranks.rank };

    if (p->failed == SKY_NONE)
        exchange(p, CLOSING, NULL, &word);
    return p->failed;
}

peers *peers_create(MPI_Comm communicator, const uint32_t *rank_of)
{
    peers *p = calloc(1, sizeof *p);
    int rank, count;

    if (p == NULL)
        return NULL;
    MPI_Comm_rank(communicator, &rank);
    MPI_Comm_size(communicator, &count);
    p->communicator = communicator;
    p->ranks = (ranks){ .rank = (uint32_t)rank,
                        .count = (uint32_t)count,
                        .rank_of = rank_of,
                        .context = p,
                        .meet = meet,
                        .gather = gather,
                        .agree = agree };
    p->failed = SKY_NONE;
    p->out = calloc((size_t)count, sizeof *p->out);
    p->in = calloc((size_t)count, sizeof *p->in);
    p->requests = malloc(2 * (size_t)count * sizeof(MPI_Request));
    p->parts = calloc((size_t)count, sizeof *p->parts);
    p->sizes = calloc((size_t)count, sizeof *p->sizes);
    p->places = calloc((size_t)count, sizeof *p->places);
    if (p->out == NULL || p->in == NULL || p->requests == NULL || p->parts == NULL || p->sizes == NULL ||
        p->places == NULL) {
        peers_destroy(p);
        return NULL;
    }
    return p;
}

void peers_destroy(peers *p)
{
    if (p == NULL)
        return;
    free(p->out);
    free(p->in);
    free(p->requests);
    free(p->events);
    free(p->parts);
    free(p->sizes);
    free(p->places);
    free(p->gathered);
    free(p);
}

const ranks *peers_ranks(const peers *p)
{
    return &p->ranks;
}

peers_statistics peers_count(const peers *p)
{
    return p->count;
}
