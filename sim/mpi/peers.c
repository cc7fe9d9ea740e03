#include "peers.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* What one rank tells another. */
typedef struct letter {
    ranks_word word;
    uint64_t count; /* events that follow */
    uint64_t reserved;
} letter;

struct peers {
    ranks ranks;
    MPI_Comm communicator;
    letter *out, *in; /* by rank */
    MPI_Request *requests;
    kernel_event *events;
    size_t capacity;
    uint64_t bytes, meetings;
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

static void meet(void *context, const kernel_event *const *out, const size_t *out_count, ranks_word *word,
                 const kernel_event **in, size_t *in_count)
{
    peers *p = context;
    size_t count = 0, place = 0;
    int requests = 0;

    for (uint32_t i = 0; i < p->ranks.count; i++)
        p->out[i] = (letter){ .word = *word, .count = out_count[i] };
    MPI_Alltoall(p->out, sizeof *p->out, MPI_BYTE, p->in, sizeof *p->in, MPI_BYTE, p->communicator);
    for (uint32_t i = 0; i < p->ranks.count; i++) {
        ranks_join(word, &p->in[i].word);
        count += p->in[i].count;
    }
    make_room(p, count);
    for (uint32_t i = 0; i < p->ranks.count; i++) {
        if (p->in[i].count > 0)
            MPI_Irecv(p->events + place, bytes_of(p, p->in[i].count), MPI_BYTE, (int)i, 0, p->communicator,
                      &p->requests[requests++]);
        if (out_count[i] > 0)
            MPI_Isend(out[i], bytes_of(p, out_count[i]), MPI_BYTE, (int)i, 0, p->communicator,
                      &p->requests[requests++]);
        place += p->in[i].count;
        p->bytes += sizeof(letter) + out_count[i] * sizeof(kernel_event);
    }
    MPI_Waitall(requests, p->requests, MPI_STATUSES_IGNORE);
    p->meetings++;
    *in = p->events;
    *in_count = count;
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
    p->ranks = (ranks){
        .rank = (uint32_t)rank, .count = (uint32_t)count, .rank_of = rank_of, .context = p, .meet = meet
    };
    p->out = calloc((size_t)count, sizeof *p->out);
    p->in = calloc((size_t)count, sizeof *p->in);
    p->requests = malloc(2 * (size_t)count * sizeof(MPI_Request));
    if (p->out == NULL || p->in == NULL || p->requests == NULL) {
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
    free(p);
}

const ranks *peers_ranks(const peers *p)
{
    return &p->ranks;
}

uint64_t peers_bytes(const peers *p)
{
    return p->bytes;
}

uint64_t peers_meetings(const peers *p)
{
    return p->meetings;
}
