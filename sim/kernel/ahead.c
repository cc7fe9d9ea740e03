#include "ahead.h"

#include <pthread.h>
#include <stdlib.h>

typedef enum ahead_state { AHEAD_IDLE, AHEAD_ASKED, AHEAD_DONE, AHEAD_OVER } ahead_state;

struct ahead {
    ahead_go *go;
    void *part;
    pthread_t thread;
    pthread_mutex_t mutex; /* over the state; the rest is whose turn it is */
    pthread_cond_t changed;
    ahead_state state;
    int under_way; /* the caller's */
    int64_t to_ns;
    sky_status status;
    sky_error error;
};

static ahead_state wait_while(ahead *a, ahead_state state, ahead_state or_state)
{
    pthread_mutex_lock(&a->mutex);
    while (a->state == state || a->state == or_state)
        pthread_cond_wait(&a->changed, &a->mutex);
    state = a->state;
    pthread_mutex_unlock(&a->mutex);
    return state;
}

static void change(ahead *a, ahead_state state)
{
    pthread_mutex_lock(&a->mutex);
    a->state = state;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->mutex);
}

static void *work(void *of)
{
    ahead *a = of;

    while (wait_while(a, AHEAD_IDLE, AHEAD_DONE) == AHEAD_ASKED) {
        a->status = a->go(a->part, a->to_ns, &a->error);
        change(a, AHEAD_DONE);
    }
    return NULL;
}

ahead *ahead_new(ahead_go *go, void *part)
{
    ahead *a = calloc(1, sizeof *a);

    if (a == NULL)
        return NULL;
    a->go = go;
    a->part = part;
    pthread_mutex_init(&a->mutex, NULL); /* glibc's never fail without attributes */
    pthread_cond_init(&a->changed, NULL);
    if (pthread_create(&a->thread, NULL, work, a) == 0)
        return a;
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->mutex);
    free(a);
    return NULL;
}

void ahead_free(ahead *a)
{
    sky_error unheard;

    if (a == NULL)
        return;
    ahead_wait(a, &unheard);
    change(a, AHEAD_OVER);
    pthread_join(a->thread, NULL);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->mutex);
    free(a);
}

void ahead_start(ahead *a, int64_t to_ns)
{
    a->to_ns = to_ns;
    a->under_way = 1;
    change(a, AHEAD_ASKED);
}

int ahead_is_under_way(const ahead *a)
{
    return a->under_way;
}

sky_status ahead_wait(ahead *a, sky_error *error)
{
    if (!a->under_way)
        return SKY_OK;
    wait_while(a, AHEAD_ASKED, AHEAD_ASKED);
    a->under_way = 0;
    if (a->status != SKY_OK)
        *error = a->error;
    return a->status;
}
