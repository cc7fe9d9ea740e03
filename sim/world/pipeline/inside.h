/* Inside of pipelines.h: what the logical processes of the regions hold, and how its parts speak to each other. A stage,
 * the sending side of the streams out of it and the receiving side of those into it belong to the process of its region,
 * and no other touches them; how many tasks a stage has all may read, as it changes between windows alone. */
#ifndef SKYTWIN_PIPELINE_INSIDE_H
#define SKYTWIN_PIPELINE_INSIDE_H

#include "../../kernel/pace.h"
#include "keys.h"
#include "panes.h"
#include "pipelines.h"
#include "ring.h"

#define PIPELINE_NONE      UINT32_MAX
#define PIPELINE_LANE_BITS 10 /* of PIPELINES_MOST_TASKS */
#define PIPELINE_LANE_MASK ((1u << PIPELINE_LANE_BITS) - 1)

typedef enum pipeline_event {
    PIPELINE_NEXT,      /* subject = stage: its next record comes into being */
    PIPELINE_MARK,      /* subject = stage: a source promises */
    PIPELINE_DONE,      /* subject = stage, other = task: has served what it has */
    PIPELINE_RECORD,    /* subject = stream and lane, other = key, a = event time: has arrived */
    PIPELINE_WATERMARK, /* subject = stream and lane, other = task that it comes from, a = its time */
    PIPELINE_CREDIT,    /* subject = stream and lane, a = so many places are free again */
    PIPELINE_LINGER,    /* subject = stream, a = batch: has waited long enough */
    PIPELINE_RESUME,    /* subject = stage: has been scaled, or its region is there again */
    PIPELINE_OPEN,      /* subject = stream, other = 1: at the receiver; holds nothing back any more */
    PIPELINE_KINDS
} pipeline_event;

typedef enum task_state {
    TASK_IDLE,
    TASK_RUNNING, /* in the handler that is under way */
    TASK_BUSY,    /* serves */
    TASK_BLOCKED, /* waits for a place at a task of the next stage */
    TASK_HELD     /* has served, while its region was out */
} task_state;

typedef struct pipeline_task {
    pipeline_ring queue;    /* records, and watermarks behind them */
    pipeline_ring results;  /* of windows that have ended */
    pipeline_entry current; /* that it serves, or whose results it sends */
    task_state state;
    uint32_t copies, at;         /* results that are still to be sent; by which stream the next copy goes */
    uint32_t lane, next_blocked; /* while it is blocked: for which task, and who waits after it */
    uint32_t records;            /* of the queue's entries */
    int64_t watermark_ns, forwarded_ns;
    int64_t *heard_ns; /* watermarks, by stream into the stage and task that it comes from */
    panes panes;
    stream times;
    random_key results_key, sample_key;
    uint64_t results_drawn, samples_drawn;
} pipeline_task;

typedef struct pipeline_stage {
    const pipeline_stage_config *config;
    uint32_t number, part, tasks;        /* part: see pipeline_part */
    uint32_t *in, *out;                  /* streams */
    uint32_t in_count, out_count, slots; /* slots: of heard_ns */
    uint32_t by_key, turn;      /* by_key: records come so; turn: of a source's task, or of sharing out */
    uint32_t is_out, unused;    /* with its region */
    uint32_t busy, blocked;     /* tasks */
    pipeline_task *task;        /* most */
    pipeline_stage_count count; /* integrals up to changed_ns */
    int64_t changed_ns, resume_ns;
    demand_arrivals arrivals; /* of a source */
    stream disorder;
    key_law keys;
    random_key keys_key;
    uint64_t keys_drawn;
    histogram *latency; /* of a sink */
} pipeline_stage;

typedef struct pipeline_stream {
    const pipeline_stream_config *config;
    uint32_t number;
    uint32_t direct, limited; /* direct: records are handed over at once; limited: room is */
    uint32_t slot, place;     /* at the receiver: of the first heard_ns; which of the streams into it */
    uint32_t is_closed,
        holds; /* holds: ships nothing, as it has no way, or is from or to a region that is out */
    /* the sender's */
    uint32_t *credits, *first_blocked, *last_blocked; /* by lane */
    uint32_t turn;
    pipeline_ring batch;
    uint64_t batch_number;
    int64_t free_ns, last_ns; /* when the line has sent what it has; when that will have arrived */
    int64_t latency_ns, bytes_per_s;
    pipeline_stream_count count; /* but for arrived */
    /* the receiver's */
    uint32_t *owed; /* credits that it has not sent back yet, by lane */
    uint64_t arrived;
} pipeline_stream;

/* What all processes see. */
typedef struct pipeline_shared {
    pipelines_config config;
    pipeline_stage *stages;
    pipeline_stream *streams;
    uint32_t part, unused; /* of the processes that see this */
} pipeline_shared;

/* Stages that streams connect. Nothing that happens in one part has to do with another: each has processes, and windows, of
 * its own. */
typedef struct pipeline_part {
    pipeline_shared shared;
    windows *windows;
    sky_status status; /* of the last run */
    sky_error error;
} pipeline_part;

struct pipelines {
    pipeline_shared shared;
    pipeline_part *parts;
    uint32_t part_count;
    pace pace; /* parts one after the other, or on threads */
    int64_t now_ns;
};

/* parts.c */
/* Finds them and makes their windows; stages and streams are there. */
sky_status parts_begin(pipelines *p, sky_error *error);
void parts_end(pipelines *p);
/* All of them up to and at a time; the status and the error of the first that failed. */
sky_status parts_run(pipelines *p, int64_t to_ns, sky_error *error);
/* A line has changed: windows are as long as the least latency between two regions. */
void part_set_lookahead(pipeline_part *part);

/* stages.c */
int stage_begin(const pipeline_shared *shared, pipeline_stage *s); /* -1: no memory */
void stage_end(pipeline_stage *s);
/* Integrals over time, before anything changes. */
void stage_count_to(pipeline_stage *s, int64_t now_ns);
/* An entry is there, for a task. */
void stage_take(process_context *c, pipeline_stage *s, uint32_t task, pipeline_entry entry);
/* Lets an idle task go on. */
void task_go(process_context *c, pipeline_stage *s, uint32_t task);
/* A place that it waited for is its. */
void task_unblock(process_context *c, pipeline_stage *s, uint32_t task);
process_handler stage_done, stage_resume;

/* rescale.c. Between windows; -1: no memory. */
int stage_share_out(pipeline_shared *shared, pipeline_stage *s, uint32_t tasks, int64_t now_ns);

/* operators.c: what a stage does with what a task has served: how many results it has. */
uint32_t operator_apply(process_context *c, pipeline_stage *s, pipeline_task *t);
/* A watermark was raised: results of windows that it ends. */
void operator_watermark(process_context *c, pipeline_stage *s, pipeline_task *t);

/* sources.c */
void source_begin(process_context *c, const pipeline_shared *shared, pipeline_stage *s);
process_handler source_next, source_mark;

/* streams.c */
int stream_begin(const pipeline_shared *shared, pipeline_stream *st);
void stream_end(pipeline_stream *st);
/* The task of the receiver that a record goes to, whose turn is then over. */
uint32_t stream_lane(process_context *c, pipeline_stream *st, uint32_t key);
/* 0: there is no room for it; the task waits in line. */
int stream_reserve(pipeline_stream *st, uint32_t lane, pipeline_stage *from, uint32_t task);
/* Puts a task at the end of the line. */
void stream_wait(pipeline_stream *st, uint32_t lane, pipeline_stage *from, uint32_t task);
void stream_send(process_context *c, pipeline_stream *st, uint32_t lane, pipeline_entry entry);
void stream_send_watermark(process_context *c, pipeline_stream *st, uint32_t task, int64_t time_ns);
/* The receiver has taken an entry up. */
void stream_free_place(process_context *c, pipeline_stream *st, uint32_t lane);
/* Between windows: a stage or a way is there, or not. 1: it held batches back until now. */
int stream_update(const pipeline_shared *shared, pipeline_stream *st);
/* Gives the tasks that wait in line the places that came while their region was out. */
void stream_wake(process_context *c, pipeline_stream *st);
process_handler stream_record, stream_watermark, stream_credit, stream_linger, stream_open;

static inline pipeline_stage *stage_of(process_context *c, uint32_t stage)
{
    return &((const pipeline_shared *)c->shared)->stages[stage];
}

static inline pipeline_stream *stream_of(process_context *c, uint32_t stream)
{
    return &((const pipeline_shared *)c->shared)->streams[stream];
}

static inline void pipeline_out_of_memory(process_context *c)
{
    process_fail(c, SKY_ERROR_MEMORY, "out of memory for pipelines");
}

#endif
