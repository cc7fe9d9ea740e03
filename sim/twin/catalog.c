/* What the engine is told before anything happens: regions, pools, prices, classes, tenants, nodes. */
#include "inside.h"

static sky_status tell_regions(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->provider_count && status == SKY_OK; i++) {
        sky_event e = twin_fact(t, SKY_EVENT_PROVIDER);

        e.other = i;
        e.a = s->providers[i].spot_notice_ns;
        e.b = s->providers[i].energy_billed;
        status = twin_tell(t, &e);
    }
    for (uint32_t i = 0; i < s->region_count && status == SKY_OK; i++) {
        sky_event e = twin_fact(t, SKY_EVENT_REGION);

        e.region = i;
        e.other = s->regions[i].provider;
        e.b = s->regions[i].carbon_gco2_per_mwh;
        status = twin_tell(t, &e);
    }
    for (uint32_t from = 0; from < s->region_count; from++)
        for (uint32_t to = 0; to < s->region_count && status == SKY_OK; to++) {
            sky_event e = twin_fact(t, SKY_EVENT_EGRESS);

            e.region = from;
            e.other = to;
            e.a = s->network == NULL ? s->egress_nusd_per_gb[from * s->region_count + to]
                                     : network_price(&t->world.network, t->world.now_ns, from, to);
            if (e.a > 0)
                status = twin_tell(t, &e);
        }
    return status;
}

sky_status twin_tell_grid(twin *t, uint32_t region)
{
    const grid_step *now = grid_now(&t->world.grids[region]);
    sky_event e = twin_fact(t, SKY_EVENT_GRID);

    e.region = region;
    e.a = now->gco2_per_mwh;
    e.b = now->nusd_per_mwh;
    return twin_tell(t, &e);
}

/* What machines draw, and what its carbon is worth. */
static sky_status tell_power(twin *t)
{
    const scenario *s = t->scenario;
    sky_event e = twin_fact(t, SKY_EVENT_CARBON_PRICE);
    sky_status status = SKY_OK;

    if (t->world.grids == NULL)
        return SKY_OK;
    e.a = s->carbon_nusd_per_ton;
    if (e.a > 0)
        status = twin_tell(t, &e);
    for (uint32_t p = 0; p < s->pool_count && status == SKY_OK; p++) {
        const scenario_machine *m = &s->machines[s->pools[p].machine];

        e = twin_fact(t, SKY_EVENT_POWER);
        e.pool = p;
        e.a = m->idle_mw;
        e.b = m->idle_mw + m->cores_mw + m->accelerators * m->accelerator_mw;
        status = twin_tell(t, &e);
    }
    return status;
}

sky_status twin_tell_price(twin *t, uint32_t pool, sky_purchase purchase)
{
    sky_event e = twin_fact(t, SKY_EVENT_PRICE);

    if (t->world.pools[pool].silences > 0)
        return twin_tell_later(t, pool, purchase, world_price(&t->world, pool, purchase));
    e.pool = pool;
    e.detail = (uint16_t)purchase;
    e.a = world_price(&t->world, pool, purchase);
    return twin_tell(t, &e);
}

static sky_status tell_pools(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->pool_count && status == SKY_OK; i++) {
        sky_event e = twin_fact(t, SKY_EVENT_POOL);

        e.pool = i;
        e.region = s->pools[i].region;
        e.other = s->pools[i].zone;
        e.detail = (uint16_t)s->pools[i].purchases;
        e.a = s->pools[i].capacity;
        e.b = world_billing_minimum(&t->world, i);
        e.c = world_billing_increment(&t->world, i);
        e.d = s->pools[i].boot_ns;
        status = twin_tell(t, &e);
    }
    return status;
}

static sky_status tell_accelerators(twin *t, uint32_t job_class)
{
    const node_request *r = &t->scenario->classes[job_class].request;
    sky_event e = twin_fact(t, SKY_EVENT_ACCELERATE);

    e.other = job_class;
    if (node_asks_slice(r)) {
        e.kind = SKY_EVENT_SLICE;
        e.a = r->slice.sizes[0];
        e.b = r->slice.sizes[1];
        e.c = r->slice.sizes[2];
        e.d = (int64_t)r->models;
    } else if (r->profiles != 0) {
        e.kind = SKY_EVENT_PROFILE;
        e.a = r->profiles;
        e.b = (int64_t)r->models;
    } else {
        e.a = r->devices;
        e.b = r->mgpu;
        e.c = (int64_t)r->models;
        e.detail = r->one_group;
    }
    return twin_tell(t, &e);
}

static sky_status tell_scales(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->pool_count && status == SKY_OK; i++) {
        const scenario_scale *scale = &s->pools[i].scale;
        sky_event e = twin_fact(t, SKY_EVENT_SCALE);

        if (scale->most == 0)
            continue;
        e.pool = i;
        e.a = scale->least;
        e.b = scale->most;
        e.c = scale->committed;
        status = twin_tell(t, &e);
        e.kind = SKY_EVENT_SHAPE;
        e.detail = (uint16_t)scale->shape.model;
        e.other = scale->shape.devices;
        e.a = scale->shape.mcpu;
        e.b = scale->shape.memory_bytes;
        e.c = scale->shape.disk_bytes;
        e.d = scale->shape.group_starts | (int64_t)scale->shape.mig_model << 16;
        if (status == SKY_OK)
            status = twin_tell(t, &e);
        e = twin_fact(t, SKY_EVENT_SHAPE_MARKS);
        e.pool = i;
        e.a = (int64_t)scale->shape.labels;
        e.b = (int64_t)scale->shape.taints;
        if (status == SKY_OK && (e.a | e.b) != 0)
            status = twin_tell(t, &e);
    }
    for (size_t i = 0; i < s->quota_count && status == SKY_OK; i++) {
        sky_event e = twin_fact(t, SKY_EVENT_QUOTA);

        e.other = s->quotas[i].provider;
        e.region = s->quotas[i].region;
        e.detail = (uint16_t)s->quotas[i].counts;
        e.a = s->quotas[i].most;
        status = twin_tell(t, &e);
    }
    return status;
}

static sky_status tell_request(twin *t, uint32_t job_class)
{
    const scenario_class *c = &t->scenario->classes[job_class];
    sky_event e = twin_fact(t, SKY_EVENT_REQUEST);
    sky_status status;

    e.other = job_class;
    e.a = c->request.mcpu;
    e.b = c->request.memory_bytes;
    e.c = c->request.disk_bytes;
    e.d = c->expected;
    status = twin_tell(t, &e);
    if (status == SKY_OK && c->request.devices > 0)
        status = tell_accelerators(t, job_class);
    if (status == SKY_OK && (c->request.labels | c->request.tolerations) != 0) {
        e.kind = SKY_EVENT_SELECT;
        e.a = (int64_t)c->request.labels;
        e.b = (int64_t)c->request.tolerations;
        e.c = e.d = 0;
        status = twin_tell(t, &e);
    }
    return status;
}

static sky_status tell_terms(twin *t, uint32_t job_class)
{
    const scenario_class *c = &t->scenario->classes[job_class];
    sky_event e = twin_fact(t, SKY_EVENT_GROUPS);
    sky_status status = SKY_OK;

    e.other = job_class;
    e.a = (int64_t)c->groups;
    if (c->groups != 0)
        status = twin_tell(t, &e);
    for (size_t i = 0; i < c->term_count && status == SKY_OK; i++) {
        const terms_term *term = &c->terms[i];

        e = twin_fact(t, (sky_event_kind)(SKY_EVENT_PREFER + (term->kind - TERMS_PREFERENCE)));
        e.other = job_class;
        e.detail = term->level;
        e.a = (int64_t)term->bits;
        e.d = term->weight;
        if (term->kind == TERMS_SPREAD) {
            e.b = term->skew;
        } else if (term->kind == TERMS_PREFERENCE && term->level >= SKY_PREFER_POOL) {
            e.region = term->region;
            e.pool = term->level == SKY_PREFER_POOL ? term->place : SKY_NONE;
            e.b = term->level == SKY_PREFER_ZONE ? term->place : 0;
        }
        status = twin_tell(t, &e);
    }
    return status;
}

static sky_status tell_classes(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->class_count && status == SKY_OK; i++) {
        sky_event e = twin_fact(t, SKY_EVENT_CLASS);

        e.other = i;
        status = twin_tell(t, &e);
        for (size_t k = 0; k < s->classes[i].eligible_count && status == SKY_OK; k++) {
            e.kind = SKY_EVENT_ELIGIBLE;
            e.pool = s->classes[i].eligible[k].pool;
            e.a = s->classes[i].eligible[k].machines;
            e.b = s->classes[i].eligible[k].speed_ppm;
            status = twin_tell(t, &e);
        }
        if (status == SKY_OK && s->classes[i].is_task)
            status = tell_request(t, i);
        if (status == SKY_OK && s->classes[i].is_task)
            status = tell_terms(t, i);
        if (status == SKY_OK && s->classes[i].data_bytes > 0) {
            e = twin_fact(t, SKY_EVENT_DATA);
            e.other = i;
            e.region = s->classes[i].data_region;
            e.a = s->classes[i].data_bytes;
            status = twin_tell(t, &e);
        }
        for (size_t k = 0; k < s->classes[i].forbidden_count && status == SKY_OK; k++) {
            e = twin_fact(t, SKY_EVENT_FORBIDDEN);
            e.other = i;
            e.region = s->classes[i].forbidden_regions[k];
            e.detail = 1; /* rule 1: jurisdiction */
            status = twin_tell(t, &e);
        }
    }
    return status;
}

static sky_status tell_rates(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (size_t i = 0; i < s->rate_count && status == SKY_OK; i++) {
        const scenario_rate *rate = &s->rates[i];
        sky_event e = twin_fact(t, rate->partner == SKY_NONE ? SKY_EVENT_RATE : SKY_EVENT_PAIR_RATE);

        e.other = rate->job_class;
        e.detail = (uint16_t)rate->model;
        e.a = rate->usteps;
        e.b = rate->workers;
        e.c = rate->spread_usteps;
        e.d = rate->partner == SKY_NONE ? 0 : rate->partner;
        status = twin_tell(t, &e);
    }
    return status;
}

static sky_status tell_tenants(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (size_t i = 0; s->tenant_weight_ppm != NULL && i < s->tenant_count && status == SKY_OK; i++) {
        sky_event e = twin_fact(t, SKY_EVENT_TENANT);

        if (s->tenant_weight_ppm[i] == 0)
            continue;
        e.other = (uint32_t)i;
        e.a = s->tenant_weight_ppm[i];
        status = twin_tell(t, &e);
    }
    return status;
}

static sky_status tell_links_and_mode(twin *t, uint32_t index)
{
    const node *n = &t->world.nodes[index];
    sky_event e = twin_fact(t, SKY_EVENT_NODE_LINKS);
    sky_status status = SKY_OK;

    e.instance = index;
    e.a = n->group_starts;
    if (e.a != 0)
        status = twin_tell(t, &e);
    e.a = 0;
    if (n->mode == NODE_MIG) {
        e.kind = SKY_EVENT_NODE_MIG;
        e.detail = mig_unpack(n->mig[0]).model;
    } else if (n->mode == NODE_POD) {
        e.kind = SKY_EVENT_NODE_POD;
        e.detail = n->pod.is.type;
        e.other = n->model;
        e.a = n->pod.is.shape.sizes[0];
        e.b = n->pod.is.shape.sizes[1];
        e.c = n->pod.is.shape.sizes[2];
    }
    return status == SKY_OK && n->mode != NODE_DEVICES ? twin_tell(t, &e) : status;
}

sky_status twin_tell_rack(twin *t, uint32_t node)
{
    sky_event e = twin_fact(t, SKY_EVENT_NODE_RACK);

    if (t->world.machines[node].rack == SKY_NONE)
        return SKY_OK;
    e.instance = node;
    e.a = t->world.machines[node].rack;
    return twin_tell(t, &e);
}

static sky_status tell_nodes(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->node_count && status == SKY_OK; i++) {
        const node *n = &t->world.nodes[i];
        sky_event e = twin_fact(t, SKY_EVENT_NODE);

        e.instance = i;
        e.pool = n->pool;
        e.region = s->pools[n->pool].region;
        e.detail = n->devices > 0 ? n->model : 0;
        e.other = n->devices;
        e.a = n->mcpu;
        e.b = n->memory_bytes;
        e.c = n->disk_bytes;
        e.d = n->rank;
        status = twin_tell(t, &e);
        if (status == SKY_OK && (n->labels | n->taints) != 0) {
            e.kind = SKY_EVENT_NODE_MARKS;
            e.a = (int64_t)n->labels;
            e.b = (int64_t)n->taints;
            e.c = e.d = 0;
            status = twin_tell(t, &e);
        }
        if (status == SKY_OK)
            status = tell_links_and_mode(t, i);
        if (status == SKY_OK)
            status = twin_tell_rack(t, i);
    }
    return status;
}

sky_status twin_write_price(twin *t, uint32_t pool)
{
    const market *m = &t->world.pools[pool].market;
    record_price_row row = { .time_ns = t->world.now_ns,
                             .spot_nusd_per_hour = world_price(&t->world, pool, SKY_SPOT),
                             .pool = pool,
                             .available = (uint32_t)m->available };

    return twin_write_row(t, RECORD_PRICES, &row);
}

static sky_status tell_first_prices(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t r = 0; r < s->region_count && t->world.grids != NULL && status == SKY_OK; r++)
        if (t->world.grids[r].count > 0)
            status = twin_tell_grid(t, r);
    for (uint32_t i = 0; i < s->pool_count && status == SKY_OK; i++) {
        for (int purchase = 0; purchase < SKY_PURCHASE_COUNT && status == SKY_OK; purchase++)
            if (s->pools[i].purchases & 1u << purchase)
                status = twin_tell_price(t, i, (sky_purchase)purchase);
        if (status == SKY_OK && s->pools[i].purchases & 1u << SKY_SPOT)
            status = twin_write_price(t, i);
    }
    return status;
}

/* Only to a strategy that is marked as an oracle: all that the markets will do. */
static sky_status tell_the_future(twin *t)
{
    const scenario *s = t->scenario;
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < s->pool_count && status == SKY_OK; i++) {
        market m = t->world.pools[i].market;
        sky_event e = twin_fact(t, SKY_EVENT_FORESIGHT);

        if (!(s->pools[i].purchases & 1u << SKY_SPOT))
            continue;
        if (s->pools[i].replay != NULL) /* all that was recorded, beyond the run's end too */
            market_init(&m, &s->pools[i], i, t->world.seed, t->world.replication, m.window_ns, SKY_NEVER_NS);
        e.pool = i;
        for (; status == SKY_OK && e.a != SKY_NEVER_NS; e.a = market_next_ns(&m), market_advance(&m)) {
            e.detail = (uint16_t)m.available;
            e.b = m.spot_nusd_per_hour;
            status = twin_tell(t, &e);
        }
    }
    return status;
}

sky_status twin_tell_catalog(twin *t)
{
    sky_status status = tell_regions(t);

    if (status == SKY_OK)
        status = tell_pools(t);
    if (status == SKY_OK)
        status = tell_power(t);
    if (status == SKY_OK)
        status = tell_scales(t);
    if (status == SKY_OK)
        status = tell_classes(t);
    if (status == SKY_OK)
        status = tell_rates(t);
    if (status == SKY_OK)
        status = tell_tenants(t);
    if (status == SKY_OK) /* with it the catalog is complete */
        status = twin_tell_storage(t);
    if (status == SKY_OK)
        status = tell_first_prices(t);
    if (status == SKY_OK)
        status = twin_tell_first_links(t);
    if (status == SKY_OK && sky_strategy_find(t->options->strategy)->oracle)
        status = tell_the_future(t);
    if (status == SKY_OK)
        status = tell_nodes(t);
    if (status == SKY_OK)
        status = twin_tell_services(t);
    if (status == SKY_OK)
        status = twin_tell_pipelines(t);
    return status == SKY_OK ? twin_start_fleet(t) : status;
}
