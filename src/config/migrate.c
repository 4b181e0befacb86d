/* A whole file validated or brought to v1beta4, for `kubeadm config validate` and `config migrate` (spec config 6, 17).
 * Must not know field tables. */
#include "base/str.h"
#include "config/constants.h"
#include "config/encode.h"
#include "config/read.h"
#include "config/validate.h"

/* Versions no file may hold; old ones fail later, and only for kinds that are used (spec config 11.1). */
static void check_unknown(const struct cfg_file *f, struct cfg_errors *e)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct cfg_source *s = &f->v[i];
        if (!s->known && !cfg_is_old_version(s) && !cfg_is_foreign_kind(s))
            cfg_errors_say(e, CFG_ERR_UNKNOWN_KIND, "", "line %u: unrecognized apiVersion and kind: %s",
                           s->doc->first_line, s->gvk);
    }
}

static int open_known(const char *path, const struct cfg_load_options *o, struct cfg_file *f,
                      struct cu_err *err)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    int r = cfg_file_open(path, NULL, f, &e, err);

    if (r < 0)
        return r;
    if (!e.n)
        check_unknown(f, &e);
    r = cfg_errors_report(&e, err);
    cfg_errors_move(o->errors, &e);
    return r;
}

int cfg_validate_file(const char *path, const struct cfg_load_options *o, struct cu_err *err)
{
    cfg_autofile struct cfg_file f = CFG_FILE_INIT;
    int r = open_known(path, o, &f, err);

    if (r == 0 && (cfg_file_find(&f, CFG_KIND_INIT) || cfg_file_find(&f, CFG_KIND_CLUSTER))) {
        struct cfg_init *c = NULL;
        r = cfg_load_init_file(&f, o, &c, err);
        cfg_init_free(c);
    }
    if (r == 0 && cfg_file_find(&f, CFG_KIND_JOIN)) {
        struct cfg_join *c = NULL;
        r = cfg_load_join_file(&f, o, &c, err);
        cfg_join_free(c);
    }
    if (r == 0 && cfg_file_find(&f, CFG_KIND_RESET)) {
        struct cfg_reset *c = NULL;
        r = cfg_load_reset_file(&f, o, &c, err);
        cfg_reset_free(c);
    }
    if (r == 0 && cfg_file_find(&f, CFG_KIND_UPGRADE)) {
        struct cfg_upgrade *c = NULL;
        r = cfg_load_upgrade_file(&f, o, &c, err);
        cfg_upgrade_free(c);
    }
    if (r < 0)
        cu_wrap(err, "%s", path);
    return r;
}

/* The timeout a v1beta3 ClusterConfiguration brings along; 0: there was none, or 0s was written. It replaces
 * timeouts.controlPlaneComponentHealthCheck of everything written, and a missing one writes 0s into the
 * InitConfiguration, as upstream does (spec config 6, 21.1). */
static int64_t old_timeout_ns(const struct cfg_file *f, const struct cfg_init *c)
{
    const struct cfg_source *s = cfg_file_find(f, CFG_KIND_CLUSTER);

    return s && s->api == CFG_V1BETA3 ? c->cluster.api_server.timeout_for_control_plane.ns : 0;
}

struct migrated {
    struct val *docs[4];
    size_t n;
    int64_t timeout_ns; /* of v1beta3 */
};

static int migrate_init(const struct cfg_file *f, const struct cfg_load_options *o, struct migrated *m,
                        struct cu_err *err)
{
    struct cfg_init *c = NULL;
    int r = cfg_load_init_file(f, o, &c, err);

    if (r < 0)
        return r;
    m->timeout_ns = old_timeout_ns(f, c);
    c->timeouts.control_plane_component_health_check = (struct cfg_duration){ m->timeout_ns, true };
    m->docs[m->n++] = cfg_encode_init(c, CFG_V1BETA4);
    m->docs[m->n++] = cfg_encode_cluster(&c->cluster, CFG_V1BETA4);
    cfg_init_free(c);
    return 0;
}

static int migrate_join(const struct cfg_file *f, const struct cfg_load_options *o, struct migrated *m,
                        struct cu_err *err)
{
    struct cfg_join *c = NULL;
    int r = cfg_load_join_file(f, o, &c, err);

    if (r < 0)
        return r;
    if (m->timeout_ns != 0)
        c->timeouts.control_plane_component_health_check = (struct cfg_duration){ m->timeout_ns, true };
    m->docs[m->n++] = cfg_encode_join(c, CFG_V1BETA4);
    cfg_join_free(c);
    return 0;
}

static int migrate_reset(const struct cfg_file *f, const struct cfg_load_options *o, struct migrated *m,
                         struct cu_err *err)
{
    struct cfg_reset *c = NULL;
    int r = cfg_load_reset_file(f, o, &c, err);

    if (r < 0)
        return r;
    m->docs[m->n++] = cfg_encode_reset(c);
    cfg_reset_free(c);
    return 0;
}

static int no_upgrade(const struct cfg_load_options *o, struct cu_err *err)
{
    int r = cu_fail(err, CU_E_INVALID,
                    "an UpgradeConfiguration cannot be migrated: it exists in one API version only; take it "
                    "out of the file");
    if (o->errors)
        cfg_errors_say(o->errors, CFG_ERR_OTHER, "", "%s", cu_err_text(err));
    return r;
}

int cfg_migrate_file(const char *path, const struct cfg_load_options *o, char **out, struct cu_err *err)
{
    cfg_autofile struct cfg_file f = CFG_FILE_INIT;
    struct migrated m = { { NULL }, 0, 0 };
    int r = open_known(path, o, &f, err);

    if (r == 0 && (cfg_file_find(&f, CFG_KIND_INIT) || cfg_file_find(&f, CFG_KIND_CLUSTER)))
        r = migrate_init(&f, o, &m, err);
    if (r == 0 && cfg_file_find(&f, CFG_KIND_JOIN))
        r = migrate_join(&f, o, &m, err);
    if (r == 0 && cfg_file_find(&f, CFG_KIND_RESET))
        r = migrate_reset(&f, o, &m, err);
    if (r == 0 && cfg_file_find(&f, CFG_KIND_UPGRADE))
        r = no_upgrade(o, err);
    if (r == 0)
        *out = cfg_yaml(m.docs, m.n);
    for (size_t i = 0; i < m.n; i++)
        val_unref(m.docs[i]);
    if (r < 0)
        cu_wrap(err, "%s", path);
    return r;
}
