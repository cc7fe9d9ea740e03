/* Inside of a run of the twin: shared by the files of this folder only. */
#ifndef SKYTWIN_TWIN_INSIDE_H
#define SKYTWIN_TWIN_INSIDE_H

#include "../twin.h"
#include "../world/world.h"

typedef struct twin_block {
    unsigned char *bytes;
    size_t count, capacity, row_size;
} twin_block;

typedef struct twin_facts {
    sky_event *events;
    size_t count, room;
} twin_facts;

typedef struct twin {
    const scenario *scenario;
    twin_options now;            /* as they are: a change may take effect in the middle of the run */
    const twin_options *options; /* these */
    const twin_output *output;
    world world;
    sky_engine *engine;
    twin_block block[RECORD_STREAM_COUNT];
    int64_t cost_before_tick_nusd;                /* compute and probes, at the last control point */
    int64_t turns_before_tick;                    /* see turns_so_far; likewise */
    int64_t tick_ns, next_tick_ns;                /* the last control point, and the next */
    int64_t checkpoint_ns, restart_ns, change_ns; /* when each comes next; SKY_NEVER_NS */
    twin_facts *facts; /* the catalog is only listed, here; NULL: the engine and the record hear */
    int64_t
        *carried_bytes; /* by each link of the network, as last written down; then room for what it is now */
    struct twin_way *ways;            /* links.c; NULL: there is no network */
    struct twin_storage *storage;     /* storage.c; NULL: there are no datasets */
    struct twin_requests *requests;   /* requests.c; NULL: there are no services */
    struct twin_mesh *mesh;           /* mesh.c; likewise */
    struct twin_pipelines *pipelines; /* pipelines.c; NULL: there are none */
    int over;
    sky_error *error;
} twin;

/* twin.c */
sky_status twin_open(twin *t);
/* All but the blocks of rows; opened again, it is another one. */
void twin_close(twin *t);
/* Room for rows of a stream that are not handed over yet. SKY_ERROR_MEMORY. */
sky_status twin_make_block(twin *t, record_stream stream);
sky_status twin_flush(twin *t, record_stream stream);
/* One stops alone at any event; ranks of one run stop together, at a control point or in their windows. 0: without ranks. */
int twin_all_ranks_stop(const twin *t);
sky_status twin_write_row(twin *t, record_stream stream, const void *row);
sky_event twin_fact(const twin *t, sky_event_kind kind);
sky_status twin_tell(twin *t, const sky_event *event);

/* checkpoint.c */
/* Of a twin that has been opened, and has told nothing: it is where the checkpoint was made. */
sky_status twin_resume(twin *t, const void *bytes, size_t size);
void twin_plan_checkpoints(twin *t);
/* At the end of an instant: a checkpoint, and then a change, where its time has come. */
sky_status twin_pass_instant(twin *t);
/* The change alone: of a run that goes on from a checkpoint of that very moment. */
sky_status twin_pass_change(twin *t);

/* catalog.c */
sky_status twin_tell_price(twin *t, uint32_t pool, sky_purchase purchase);
sky_status twin_write_price(twin *t, uint32_t pool);
sky_status twin_tell_grid(twin *t, uint32_t region);
/* Where racks are known; the node is empty. */
sky_status twin_tell_rack(twin *t, uint32_t node);
sky_status twin_tell_catalog(twin *t);

/* events.c */
sky_status twin_write_placement(twin *t, uint32_t instance, world_end why);
sky_event twin_instance_fact(const twin *t, sky_event_kind kind, uint32_t instance);
/* Its machines are taken away: a spot market's preemption, or an outage. */
sky_status twin_reclaim(twin *t, uint32_t instance, world_end why);
sky_status twin_out_of_events(twin *t);
sky_status twin_give_up(twin *t, uint32_t index, uint32_t state, sky_failure why);
int twin_all_over(const twin *t);
sky_status twin_happen(twin *t, const kernel_event *event);

/* tasks.c */
sky_status twin_tell_terms(twin *t, uint32_t job);
sky_status twin_write_task(twin *t, uint32_t job, world_end why);
sky_status twin_task_event(twin *t, const kernel_event *event);
sky_status twin_place(twin *t, const sky_action *a);
sky_status twin_pause(twin *t, const sky_action *a);
sky_status twin_preempt(twin *t, const sky_action *a);
sky_status twin_retry(twin *t, const sky_action *a);
/* A run ends before its time, and the task waits again; order: that it answers, or SKY_NONE. */
sky_status twin_stop_task(twin *t, uint32_t job, world_end why, uint32_t order);

sky_event twin_node_fact(const twin *t, sky_event_kind kind, uint32_t node);
/* By an outage, whatever becomes of it by itself. */
sky_status twin_lose_node(twin *t, uint32_t node);
sky_status twin_regain_node(twin *t, uint32_t node);

/* faults.c */
sky_status twin_tell_capacity(twin *t, uint32_t pool);
sky_status twin_fault(twin *t, uint32_t fault);
/* In a silence: the value is told when it has the age that telemetry has there, or not at all. what: as in WORLD_TELEMETRY. */
sky_status twin_tell_later(twin *t, uint32_t pool, uint32_t what, int64_t value);
sky_status twin_tell_old(twin *t, const kernel_event *event);

/* invariants.c */
sky_status twin_check(twin *t, int all_answered);
/* fleet.c: nodes that come and go */
sky_status twin_start_fleet(twin *t);
sky_status twin_grow(twin *t, const sky_action *a);
sky_status twin_drain(twin *t, const sky_action *a);
sky_status twin_release(twin *t, const sky_action *a);
sky_status twin_node_ready(twin *t, const kernel_event *event);
sky_status twin_node_reclaim(twin *t, const kernel_event *event);
sky_status twin_move_stock(twin *t, uint32_t pool);
/* Spot capacity of a pool is gone: its nodes get notice, or go at once. */
sky_status twin_preempt_fleet(twin *t, uint32_t pool);
/* An outage: all of the pool's at once, without notice. */
sky_status twin_lose_fleet(twin *t, uint32_t pool);
/* And one of its nodes. */
sky_status twin_lose_fleet_node(twin *t, uint32_t node);

/* transfers.c */
sky_status twin_take_transfers(twin *t);
/* What happens in the network now. */
sky_status twin_move_data(twin *t);
/* Once an instant, at its end. */
sky_status twin_watch_network(twin *t);
sky_status twin_write_links(twin *t);
sky_status twin_close_network(twin *t);
/* What was written and told of it. */
void twin_network_state(twin *t, state *s);

/* links.c */
sky_status twin_tell_first_links(twin *t);
/* Those that have changed since they were told. */
sky_status twin_tell_links(twin *t, int routes_changed);
void twin_links_state(twin *t, state *s);

/* requests.c */
/* Where the scenario has services. */
sky_status twin_open_services(twin *t);
struct services;
/* Requests up to now, without rows: for faults. *services: NULL where there are none. */
sky_status twin_run_services(twin *t, struct services **services);
/* What services have been billed so far, and the egress of it. */
int64_t twin_service_bills(const twin *t, int64_t *egress_nusd);
/* Requests up to now, their rows and their bill. */
sky_status twin_serve(twin *t);
/* Their costs, and what all requests met, in the record and the summary. */
sky_status twin_close_services(twin *t);
/* What their replicas cost now. */
int64_t twin_service_rate(const twin *t);
/* At the end of an instant: requests go on up to when they are asked for next, where threads are to spare. */
void twin_serve_ahead(twin *t);
void twin_free_services(twin *t);
/* After the world, whose network ways follow. */
void twin_services_state(twin *t, state *s);

/* mesh.c: what is seen of services, and what gateways cost */
struct services_config;
sky_status twin_open_mesh(twin *t, const struct services_config *config);
sky_status twin_write_mesh(twin *t, struct services *s);
/* Of gateways, so far: part of what data costs. */
int64_t twin_gateway_bills(const twin *t);
sky_status twin_close_mesh(twin *t);
void twin_free_mesh(twin *t);
void twin_mesh_state(twin *t, state *s);

/* storage.c */
/* Where the scenario has datasets. */
sky_status twin_open_storage(twin *t);
void twin_free_storage(twin *t);
sky_status twin_tell_storage(twin *t);
/* Copies that came, or did not. */
sky_status twin_tell_copies(twin *t);
sky_status twin_order_data(twin *t, const sky_action *a);
/* Bills storage up to now, and writes its rows; tells: the engine hears what was read. */
sky_status twin_write_storage(twin *t, int tells);
/* Of a region, so far. */
int64_t twin_storage_cost(const twin *t, uint32_t region);
/* Of all rows so far. */
int64_t twin_storage_rows(const twin *t);
/* What was read, into the summary. */
void twin_sum_storage(twin *t);
/* What was written of it. */
void twin_storage_state(twin *t, state *s);

/* Requests up to now, and what their bytes cost over the links as they are: before these change. */
sky_status twin_bill_services(twin *t);

/* ways.c */
/* The network has changed: ways of services follow, and the engine hears of them. After twin_run_services. */
sky_status twin_change_ways(twin *t);

/* serving.c */
/* What there is of services, after the catalog. */
sky_status twin_tell_services(twin *t);
sky_status twin_scale_service(twin *t, const sky_action *a);
sky_status twin_route(twin *t, const sky_action *a);

/* pipelines.c */
/* Where the scenario has pipelines. */
sky_status twin_open_pipelines(twin *t);
/* Records up to now, their rows and their bill; streams take the network's ways as they are now. */
sky_status twin_stream(twin *t, int tells); /* tells: the engine hears how fast stages are */
/* A fault came or went: regions are out, or there again, and the network is another one. */
sky_status twin_change_pipelines(twin *t);
/* As twin_serve_ahead. */
void twin_stream_ahead(twin *t);
/* Their costs, and what all records met, in the record and the summary. */
sky_status twin_close_pipelines(twin *t);
/* What the tasks of their stages cost now. */
int64_t twin_pipeline_rate(const twin *t);
/* What tasks were billed so far, and streams; 0 without pipelines. */
int64_t twin_pipeline_bills(const twin *t, int64_t *egress_nusd);
void twin_free_pipelines(twin *t);
void twin_pipelines_state(twin *t, state *s);

/* streaming.c */
/* What there is of pipelines, after the catalog. */
sky_status twin_tell_pipelines(twin *t);
sky_status twin_scale_stage(twin *t, const sky_action *a);

/* orders.c */
sky_status twin_carry_out(twin *t, const sky_action *a);

/* books.c */
sky_status twin_close_books(twin *t);

#endif
