#include "record_writer.h"

#include "command.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum piece_kind { PIECE_BEGIN, PIECE_GO_ON, PIECE_ROWS, PIECE_CHECKPOINT, PIECE_END } piece_kind;

typedef struct piece {
    struct piece *next;
    piece_kind kind;
    union {
        struct {
            const char *strategy;
            unsigned replication;
            uint64_t seed;
        } begin;
        struct {
            record_writer_beginner *begin;
            void *context;
        } go_on;
        struct {
            record_stream stream;
            void *rows;
            size_t count;
        } rows;
        struct {
            int64_t time_ns;
            void *bytes;
            size_t size;
        } checkpoint;
        struct {
            const record_summary *summary;
            const char *digest;
        } end;
    };
} piece;

struct record_writer {
    record *file;
    record_run *run; /* the thread's: the one under way */
    pthread_t thread;
    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t changed;
    piece *first, *last; /* to be written */
    size_t bytes;        /* of their rows, and of those being written */
    int busy;            /* writing one */
    int over;            /* no more will come */
    sky_status status;   /* of what was written */
    sky_error error;
};

/* ---- the thread --------------------------------------------------------------------------------------------------- */

static size_t bytes_of(const piece *p)
{
    return p->kind == PIECE_ROWS         ? p->rows.count * record_row_bytes(p->rows.stream)
           : p->kind == PIECE_CHECKPOINT ? p->checkpoint.size
                                         : 0;
}

static sky_status write_piece(record_writer *w, const piece *p, sky_error *error)
{
    switch (p->kind) {
    case PIECE_BEGIN:
        return record_run_begin(w->file, p->begin.strategy, p->begin.replication, p->begin.seed, &w->run,
                                error);
    case PIECE_GO_ON:
        return p->go_on.begin(p->go_on.context, w->file, &w->run, error);
    case PIECE_CHECKPOINT:
        return record_checkpoint_append(w->run, p->checkpoint.time_ns, command_version(), p->checkpoint.bytes,
                                        p->checkpoint.size, error);
    case PIECE_ROWS:
        return record_append(w->run, p->rows.stream, p->rows.rows, p->rows.count, error);
    default:
        return record_run_end(w->run, p->end.summary, p->end.digest, error);
    }
}

static void free_bytes(const piece *p)
{
    if (p->kind == PIECE_ROWS)
        free(p->rows.rows);
    else if (p->kind == PIECE_CHECKPOINT)
        free(p->checkpoint.bytes);
}

/* The mutex is held, and is again on return. */
static void write_first(record_writer *w)
{
    piece *p = w->first;
    sky_status status = w->status;
    sky_error error;

    w->first = p->next;
    w->last = w->first != NULL ? w->last : NULL;
    w->busy = 1;
    pthread_mutex_unlock(&w->mutex);
    if (status == SKY_OK)
        status = write_piece(w, p, &error);
    pthread_mutex_lock(&w->mutex);
    w->busy = 0;
    w->bytes -= bytes_of(p);
    if (w->status == SKY_OK && status != SKY_OK) {
        w->status = status;
        w->error = error;
    }
    pthread_cond_broadcast(&w->changed);
    free_bytes(p);
    free(p);
}

static void *work(void *of)
{
    record_writer *w = of;

    pthread_mutex_lock(&w->mutex);
    while (!w->over || w->first != NULL) {
        if (w->first == NULL)
            pthread_cond_wait(&w->changed, &w->mutex);
        else
            write_first(w);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

/* ---- its callers -------------------------------------------------------------------------------------------------- */

sky_status record_writer_new(record *file, record_writer **out, sky_error *error)
{
    record_writer *w = calloc(1, sizeof *w);

    if (w == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the record's writer");
        return SKY_ERROR_MEMORY;
    }
    w->file = file;
    pthread_mutex_init(&w->mutex, NULL); /* glibc's never fail without attributes */
    pthread_cond_init(&w->changed, NULL);
    if (pthread_create(&w->thread, NULL, work, w) != 0) {
        pthread_cond_destroy(&w->changed);
        pthread_mutex_destroy(&w->mutex);
        free(w);
        snprintf(error->message, sizeof error->message, "the system gives no thread for the record's writer");
        return SKY_ERROR_MEMORY;
    }
    *out = w;
    return SKY_OK;
}

static sky_status result(const record_writer *w, sky_error *error)
{
    if (w->status != SKY_OK)
        *error = w->error;
    return w->status;
}

/* Takes its bytes even if it can't take the piece. */
static sky_status hand_over(record_writer *w, const piece *what, sky_error *error)
{
    piece *p = malloc(sizeof *p);
    sky_status status;

    if (p == NULL) {
        free_bytes(what);
        snprintf(error->message, sizeof error->message, "out of memory for rows that wait to be written");
        return SKY_ERROR_MEMORY;
    }
    *p = *what;
    pthread_mutex_lock(&w->mutex);
    while (w->bytes > 0 && w->bytes + bytes_of(p) > RECORD_WRITER_BYTES) /* a checkpoint may be more alone */
        pthread_cond_wait(&w->changed, &w->mutex);
    if (w->last == NULL)
        w->first = p;
    else
        w->last->next = p;
    w->last = p;
    w->bytes += bytes_of(p);
    status = result(w, error);
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    return status;
}

sky_status record_writer_begin(record_writer *w, const char *strategy, unsigned replication, uint64_t seed,
                               sky_error *error)
{
    return hand_over(w, &(piece){ .kind = PIECE_BEGIN, .begin = { strategy, replication, seed } }, error);
}

sky_status record_writer_go_on(record_writer *w, record_writer_beginner *begin, void *context,
                               sky_error *error)
{
    return hand_over(w, &(piece){ .kind = PIECE_GO_ON, .go_on = { begin, context } }, error);
}

sky_status record_writer_checkpoint(record_writer *w, int64_t time_ns, void *bytes, size_t size,
                                    sky_error *error)
{
    return hand_over(w, &(piece){ .kind = PIECE_CHECKPOINT, .checkpoint = { time_ns, bytes, size } }, error);
}

sky_status record_writer_append(record_writer *w, record_stream stream, void *rows, size_t count,
                                sky_error *error)
{
    return hand_over(w, &(piece){ .kind = PIECE_ROWS, .rows = { stream, rows, count } }, error);
}

sky_status record_writer_end(record_writer *w, const record_summary *summary, const char *digest,
                             sky_error *error)
{
    return hand_over(w, &(piece){ .kind = PIECE_END, .end = { summary, digest } }, error);
}

sky_status record_writer_wait(record_writer *w, sky_error *error)
{
    sky_status status;

    pthread_mutex_lock(&w->mutex);
    while (w->first != NULL || w->busy)
        pthread_cond_wait(&w->changed, &w->mutex);
    status = result(w, error);
    pthread_mutex_unlock(&w->mutex);
    return status;
}

void record_writer_free(record_writer *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->mutex);
    w->over = 1;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}
