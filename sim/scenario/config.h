/* Inside of the scenario loader: a libconfig file, read key by key, each with its place for errors. */
#ifndef SKYTWIN_SCENARIO_CONFIG_H
#define SKYTWIN_SCENARIO_CONFIG_H

#include "../scenario.h"
#include "../suggest.h"
#include "source.h"
#include "units.h"

#include <libconfig.h>

typedef struct config_block {
    struct config_block *next;
} config_block;

typedef struct loader {
    config_t config;
    source source;
    const scenario_source *again; /* NULL: files are read */
    size_t dropped;               /* of its overrides, the last */
    scenario *out;
    sky_error *error;
    config_block *arena; /* everything that `out` points to */
} loader;

/* Zeroed memory that lives as long as the scenario; NULL: none (the error is written). */
void *config_alloc(loader *l, size_t count, size_t size);
char *config_strdup(loader *l, const char *text);
void config_free_arena(void *arena);

/* "file:line: key: found …, expected …". key: NULL for the setting itself. */
sky_status config_fail(loader *l, const config_setting_t *at, const char *key, const char *found,
                       const char *expected);
/* The same, with the name that may have been meant, if any. */
sky_status config_fail_near(loader *l, const config_setting_t *at, const char *key, const char *found,
                            const char *expected, const suggest_search *search);
sky_status config_no_memory(loader *l);
/* What a setting holds, as a person would write it (clipped). */
void config_show(const config_setting_t *setting, char *out, size_t size);

/* Adds what is in a file, or of a trace's folder, to l->out->inputs. */
void config_take_input(loader *l, const char *path);

/* Reads the file and its includes, or l->again, and the overrides into l->config and l->out->text. */
sky_status config_read_sources(loader *l, const char *path, const char *const *overrides, size_t count);

/* Writes "PATH=VALUE" over what was read. */
sky_status config_override(loader *l, const char *text);

/* Every key of a group must be one of `keys` (blank-separated); else an error with a suggestion. */
sky_status config_check_keys(loader *l, const config_setting_t *group, const char *keys);

/* Each reads `key` of `group`; a key that is absent leaves *out alone where required is 0. */
sky_status config_get_quantity(loader *l, const config_setting_t *group, const char *key, unit_kind unit,
                               int required, int64_t *out);
sky_status config_get_integer(loader *l, const config_setting_t *group, const char *key, int required,
                              int64_t least, int64_t most, int64_t *out);
sky_status config_get_real(loader *l, const config_setting_t *group, const char *key, int required,
                           double least, double most, double *out);
/* A whole number that fits into 32 bits. */
sky_status config_get_count(loader *l, const config_setting_t *group, const char *key, int64_t least,
                            int64_t most, uint32_t *out);
/* A share from `least` to 1, in millionths. */
sky_status config_get_share(loader *l, const config_setting_t *group, const char *key, double least,
                            int64_t *ppm);
sky_status config_get_flag(loader *l, const config_setting_t *group, const char *key, int *out);
sky_status config_get_string(loader *l, const config_setting_t *group, const char *key, int required,
                             const char **out);
/* The key `name`, which must be there and say something. */
sky_status config_get_name(loader *l, const config_setting_t *group, const char **out);
/* The path of a file: as it is where it comes from --set, else relative to the file that names it. */
sky_status config_get_path(loader *l, const config_setting_t *group, const char *key, int required,
                           const char **out);
/* SKY_ERROR_INPUT, at the key that names it: there is no such file, or not for us. Else it is one of the scenario's inputs. */
sky_status config_check_readable(loader *l, const config_setting_t *group, const char *key, const char *path);
/* One of blank-separated names, to its place among them. */
sky_status config_get_choice(loader *l, const config_setting_t *group, const char *key, int required,
                             const char *names, int *out);
/* An array or list of strings (or one string with commas); copies live in the arena. */
sky_status config_get_strings(loader *l, const config_setting_t *group, const char *key, int required,
                              char ***out, size_t *count);
/* A list of groups; NULL where it is absent and not required. */
sky_status config_get_list(loader *l, const config_setting_t *group, const char *key, int required,
                           const config_setting_t **out);
sky_status config_get_group(loader *l, const config_setting_t *group, const char *key, int required,
                            const config_setting_t **out);

/* ---- the parts of a scenario, each in its file --------------------------------------------------------- */
sky_status load_catalog(loader *l, const config_setting_t *root);
/* Inside of a provider: its `power`. */
sky_status load_power(loader *l, const config_setting_t *provider, scenario_provider *p);
/* After pools and network. */
sky_status load_faults(loader *l, const config_setting_t *root);
/* After the catalog: what machines draw, and the grids. */
sky_status load_energy(loader *l, const config_setting_t *root, const config_setting_t *catalog);
/* 1: a scenario of services and their users, or of pipelines, alone, which needs no pools, classes and workloads. */
int load_is_of_services(const config_setting_t *root);
sky_status load_pools(loader *l, const config_setting_t *root);
sky_status load_workloads(loader *l, const config_setting_t *root);
/* Of a workload: how many tasks a submission has, and who waits for whom. */
sky_status load_stages(loader *l, const config_setting_t *group, scenario_workload *w);
sky_status load_replay(loader *l, const config_setting_t *root);
sky_status load_cluster(loader *l, const config_setting_t *root);
/* After those whose tasks name the tenants. */
sky_status load_queue(loader *l, const config_setting_t *root);
/* After all that may be beyond it: whether `services` are events or go by the analytic path. */
sky_status load_services_path(loader *l, const config_setting_t *root);
/* How the engine serves them: `serving`. */
sky_status load_serving(loader *l, const config_setting_t *root);
/* After the catalog and workloads: `services` and the `populations` that use them. */
sky_status load_services(loader *l, const config_setting_t *root);
/* After those: `mesh`, and what services and populations say of it. */
sky_status load_mesh(loader *l, const config_setting_t *root);
/* Of a caller, the keys MTLS_KEYS and its trust domain. */
#define MTLS_KEYS "identity handshake resumed resumed_share ticket idle per_connection encryption"
struct mtls_config;
sky_status load_mtls(loader *l, const config_setting_t *group, struct mtls_config *m);
/* After classes and network: datasets, who reads them, and what that costs. */
sky_status load_storage(loader *l, const config_setting_t *root);
/* By region, 1: outside of a group's `allowed_jurisdictions`. */
sky_status load_closed_regions(loader *l, const config_setting_t *group, unsigned char **closed);
/* After the catalog: `pipelines`. */
sky_status load_pipelines(loader *l, const config_setting_t *root);
/* Where there is a section of that name: data takes time to move. */
sky_status load_network(loader *l, const config_setting_t *root);
/* The nodes of the pools that have some; and what a class's tasks ask of one. */
sky_status load_nodes(loader *l, const config_setting_t *root);
sky_status load_request(loader *l, const config_setting_t *group, scenario_class *c);

/* accelerators.c: of a machine once its accelerators are known, of a pool once its machine and nodes are, and of a
 * request once its devices are. */
sky_status load_machine_accelerators(loader *l, const config_setting_t *group, scenario_machine *m);
sky_status load_pool_accelerators(loader *l, const config_setting_t *group, scenario_pool *p);
sky_status load_accelerator_request(loader *l, const config_setting_t *group, node_request *r);
/* Once its models are known: some must have the profile, or the slice. */
sky_status check_accelerator_models(loader *l, const config_setting_t *group, const node_request *r);
/* A node of the pool that has one machine's cores, memory and devices so far. */
void accelerators_of_node(const scenario *s, uint32_t pool, scenario_node *n);
/* Of a pool: `nodes`, `boot` and `stock`; of a class: `data`; of the whole: `scaling` and `quotas`. */
sky_status load_pool_nodes(loader *l, const config_setting_t *group, scenario_pool *p);
sky_status load_data(loader *l, const config_setting_t *group, scenario_class *c);
sky_status load_scaling(loader *l, const config_setting_t *root);

/* A key's models of accelerators, as a bit set; 0 where the key is absent or empty. */
sky_status load_models(loader *l, const config_setting_t *group, uint64_t *models);
/* A key's names, as a bit set. known: what those are called that there are already, and no other will do; NULL: the
 * others are new. */
sky_status load_name_set(loader *l, const config_setting_t *group, const char *key, scenario_names *names,
                         const char *known, uint64_t *bits);
/* The groups of all classes, which terms may name before their class comes; then the terms of one. */
sky_status load_class_groups(loader *l, const config_setting_t *classes);
sky_status load_class_terms(loader *l, const config_setting_t *group, scenario_class *c);
/* SKY_ERROR_INPUT: the group has keys of terms. */
sky_status refuse_class_terms(loader *l, const config_setting_t *group);

/* Overwrites those fields of a spot model that the group names. */
sky_status load_spot_model(loader *l, const config_setting_t *group, scenario_spot_model *m);

/* By name; the count where there is none. */
size_t scenario_find_region(const scenario *s, const char *name);
size_t scenario_find_machine(const scenario *s, const char *name);
size_t scenario_find_provider(const scenario *s, const char *name);

/* A name that is none of the catalog's, or of the trace formats. */
sky_status load_fail_machine(loader *l, const config_setting_t *at, const char *key, const char *name);
sky_status load_fail_region(loader *l, const config_setting_t *at, const char *key, const char *name);
sky_status load_fail_format(loader *l, const config_setting_t *at, const char *key, const char *name);

#endif
