/* The loading pipelines: file or flags, checks, decoding, defaults, validation (spec config 10).
 * Must not know field tables or rules. */
#include "config/load.h"
#include "base/buf.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/default.h"
#include "config/encode.h"
#include "config/read.h"
#include "config/validate.h"

static void warn(const struct cfg_load_options *o, const char *fmt, ...) CU_PRINTF(2, 3);
static void warn(const struct cfg_load_options *o, const char *fmt, ...)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(65536);
    va_list ap;

    va_start(ap, fmt);
    cu_buf_vaddf(&b, fmt, ap);
    va_end(ap);
    if (o->warnings)
        cu_strlist_add(o->warnings, cu_buf_str(&b));
}

/* Reports findings and hands them to the options' list. */
static int finish(struct cfg_errors *e, const struct cfg_load_options *o, struct cu_err *err)
{
    int r = cfg_errors_report(e, err);
    cfg_errors_move(o->errors, e);
    return r;
}

static void ignored(const struct cfg_source *s, const struct cfg_load_options *o)
{
    warn(o, "ignored configuration document with GroupVersionKind %s", s->gvk);
}

/* --- init --- */

static bool is_component_group(const struct cfg_source *s)
{
    return cu_streq(s->group, cfg_kinds[CFG_KIND_KUBELET].group) ||
           cu_streq(s->group, cfg_kinds[CFG_KIND_PROXY].group);
}

static void take_component(const struct cfg_source *s, struct cfg_init *c, struct cfg_errors *e)
{
    struct cfg_document *d = s->id == CFG_KIND_KUBELET ? &c->cluster.kubelet : &c->cluster.kube_proxy;

    if (!s->known || (s->id != CFG_KIND_KUBELET && s->id != CFG_KIND_PROXY)) {
        bool kubelet = cu_streq(s->group, cfg_kinds[CFG_KIND_KUBELET].group);
        const struct cfg_kind *k = &cfg_kinds[kubelet ? CFG_KIND_KUBELET : CFG_KIND_PROXY];
        cfg_errors_say(e, CFG_ERR_UNKNOWN_KIND, "",
                       "line %u: unsupported %s/%s, Kind=%s; bring it to %s/%s, Kind=%s by hand",
                       s->doc->first_line, s->group, s->version, s->kind, k->group, k->versions[0], k->kind);
        return;
    }
    val_unref(d->doc);
    d->doc = val_ref(s->doc->root);
    d->user_supplied = true;
}

/* timeoutForControlPlane of v1beta3 has moved to timeouts (spec config 6). */
static void move_timeout(struct cfg_init *c)
{
    const struct cfg_duration old = c->cluster.api_server.timeout_for_control_plane;
    const int64_t four_minutes = 4 * 60 * INT64_C(1000000000);

    if (old.set && old.ns != 0 && old.ns != four_minutes)
        c->timeouts.control_plane_component_health_check = old;
}

static void old_habits(const struct cfg_init *c, const struct cfg_load_options *o)
{
    if (cu_streq(c->cluster.image_repository, CFG_OLD_IMAGE_REPOSITORY))
        warn(o, "imageRepository %s is frozen and has no image newer than v1.26; use %s",
             CFG_OLD_IMAGE_REPOSITORY, CFG_IMAGE_REPOSITORY);
    if (cu_has_suffix(cu_or(c->node.cri_socket, ""), "dockershim.sock"))
        warn(o, "criSocket %s: the dockershim left the kubelet with v1.24; use %s, or %s for Docker",
             c->node.cri_socket, CFG_CRI_CONTAINERD, CFG_CRI_DOCKERD);
}

/* Documents of the component groups, kube-proxy's first. Every document was checked before; upstream tells the
 * findings of these a second time (spec config 11.2). */
static void take_components(const struct cfg_file *f, const struct cfg_load_options *o, struct cfg_init *c,
                            struct cfg_errors *e)
{
    static const enum cfg_kind_id order[] = { CFG_KIND_PROXY, CFG_KIND_KUBELET };

    for (size_t k = 0; k < CU_LEN(order); k++) {
        for (size_t i = 0; i < f->n && !e->n; i++) {
            const struct cfg_source *s = &f->v[i];
            if (!cu_streq(s->group, cfg_kinds[order[k]].group))
                continue;
            if (s->known)
                cfg_source_check(s, true, o, e);
            if (!e->n)
                take_component(s, c, e);
        }
    }
}

static void decode_init(const struct cfg_file *f, const struct cfg_load_options *o, struct cfg_init *c,
                        struct cfg_errors *e)
{
    enum cfg_version cluster_version = CFG_V1BETA4;
    bool any = false;

    for (size_t i = 0; i < f->n && !e->n; i++) {
        const struct cfg_source *s = &f->v[i];
        bool ours = s->id == CFG_KIND_INIT || s->id == CFG_KIND_CLUSTER;

        cfg_source_check(s, ours, o, e);
        if (e->n)
            return;
        if (s->id == CFG_KIND_INIT) {
            cfg_decode_object(cfg_kinds[s->id].object, s->doc->root, s->api, c);
        } else if (s->id == CFG_KIND_CLUSTER) {
            cfg_decode_object(cfg_kinds[s->id].object, s->doc->root, s->api, &c->cluster);
            cluster_version = s->api;
        } else if (!is_component_group(s)) {
            ignored(s, o);
        }
        any = any || ours;
    }
    if (!any && !e->n)
        cfg_errors_say(e, CFG_ERR_OTHER, "",
                       "the file holds no InitConfiguration and no ClusterConfiguration");
    take_components(f, o, c, e);
    if (e->n)
        return;
    old_habits(c, o);
    if (o->embedded)
        cfg_set_embedded(c);
    cfg_default_cluster(&c->cluster, cluster_version);
    cfg_default_init_node(c);
    move_timeout(c);
}

static int complete_init(struct cfg_init *c, const struct cfg_load_options *o, struct cu_err *err)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    int r = cfg_default_init_dynamic(c, o, err);

    if (r < 0)
        return r;
    if (o->warnings)
        cfg_validate_warn(&c->cluster, o->warnings);
    if (!o->skip_validation)
        cfg_validate_init(c, &e);
    r = finish(&e, o, err);
    if (r == 0 && !cu_is_empty(o->node_name))
        cfg_set_str(&c->node.name, o->node_name);
    return r;
}

int cfg_load_init_file(const struct cfg_file *f, const struct cfg_load_options *o, struct cfg_init **out,
                       struct cu_err *err)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    struct cfg_init *c = cfg_init_new();
    int r;

    decode_init(f, o, c, &e);
    r = finish(&e, o, err);
    if (r == 0)
        r = complete_init(c, o, err);
    if (r == 0)
        *out = c;
    else
        cfg_init_free(c);
    return r;
}

/* Opens and reports what is wrong with the file as a whole. */
static int open_file(const char *path, const char *text, const struct cfg_load_options *o, struct cfg_file *f,
                     struct cu_err *err)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    int r = cfg_file_open(path, text, f, &e, err);

    return r < 0 ? r : finish(&e, o, err);
}

int cfg_load_init(const char *path, const struct cfg_load_options *o, struct cfg_init **out,
                  struct cu_err *err)
{
    int r;

    if (path) {
        cfg_autofile struct cfg_file f = CFG_FILE_INIT;
        r = open_file(path, NULL, o, &f, err);
        if (r == 0)
            r = cfg_load_init_file(&f, o, out, err);
        if (r < 0)
            cu_wrap(err, "%s", path);
        return r;
    }
    struct cfg_init *c = o->init_flags ? cfg_init_copy(o->init_flags) : cfg_init_new();
    if (o->embedded)
        cfg_set_embedded(c);
    cfg_default_init_static(c);
    r = complete_init(c, o, err);
    if (r == 0)
        *out = c;
    else
        cfg_init_free(c);
    return r;
}

int cfg_from_cluster(const char *text, const struct cfg_load_options *o, struct cfg_init **out,
                     struct cu_err *err)
{
    static const char name[] = "ConfigMap " CFG_NS_SYSTEM "/" CFG_CM_KUBEADM;
    cfg_autofile struct cfg_file f = CFG_FILE_INIT;
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    struct cfg_load_options loose = *o;
    struct cfg_init *c;
    const struct cfg_source *s;
    int r;

    loose.strict = false;
    loose.quiet_deprecated = true;
    r = open_file(name, text, &loose, &f, err);
    if (r < 0) {
        cu_wrap(err, "%s", name);
        return r;
    }
    s = cfg_file_find(&f, CFG_KIND_CLUSTER);
    if (!s)
        return cu_fail(err, CU_E_INVALID, "%s holds no ClusterConfiguration", name);
    cfg_source_check(s, true, &loose, &e);
    r = finish(&e, &loose, err);
    if (r < 0) {
        cu_wrap(err, "%s", name);
        return r;
    }
    c = cfg_init_new();
    cfg_decode_object(cfg_kinds[s->id].object, s->doc->root, s->api, &c->cluster);
    cfg_default_cluster(&c->cluster, s->api);
    cfg_default_init_node(c);
    move_timeout(c);
    *out = c;
    return 0;
}

int cfg_set_component(struct cfg_init *c, const char *text, bool user_supplied,
                      const struct cfg_load_options *o, struct cu_err *err)
{
    cfg_autofile struct cfg_file f = CFG_FILE_INIT;
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    int r = open_file("component configuration", text, o, &f, err);

    for (size_t i = 0; r == 0 && i < f.n; i++) {
        cfg_source_check(&f.v[i], true, o, &e);
        if (!e.n)
            take_component(&f.v[i], c, &e);
        if (!e.n)
            (f.v[i].id == CFG_KIND_KUBELET ? &c->cluster.kubelet : &c->cluster.kube_proxy)->user_supplied =
                user_supplied;
    }
    return r < 0 ? r : finish(&e, o, err);
}

/* --- join, reset, upgrade: one kind each --- */

/* Decodes the one wanted kind of a file into `object`. */
static int decode_one(const struct cfg_file *f, enum cfg_kind_id id, const struct cfg_load_options *o,
                      void *object, struct cu_err *err)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    const struct cfg_source *wanted = cfg_file_find(f, id);

    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].id != id)
            ignored(&f->v[i], o);
    if (!wanted) {
        cfg_errors_say(&e, CFG_ERR_OTHER, "", "the file holds no %s", cfg_kinds[id].kind);
        return finish(&e, o, err);
    }
    cfg_source_check(wanted, true, o, &e);
    if (!e.n)
        cfg_decode_object(cfg_kinds[id].object, wanted->doc->root, wanted->api, object);
    return finish(&e, o, err);
}

static int complete_join(struct cfg_join *c, const struct cfg_load_options *o, struct cu_err *err)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    int r;

    cfg_default_join_static(c);
    if (c->discovery.timeout.set)
        c->timeouts.discovery = c->discovery.timeout;
    r = cfg_default_join_dynamic(c, o, err);
    if (r < 0)
        return r;
    if (!o->skip_validation)
        cfg_validate_join(c, &e);
    r = finish(&e, o, err);
    if (r == 0 && !cu_is_empty(o->node_name))
        cfg_set_str(&c->node.name, o->node_name);
    return r;
}

static int complete_reset(struct cfg_reset *c, const struct cfg_load_options *o, struct cu_err *err)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    int r;

    cfg_default_reset_static(c);
    r = cfg_default_reset_dynamic(c, o, err);
    if (r < 0)
        return r;
    if (!o->skip_validation)
        cfg_validate_reset(c, &e);
    return finish(&e, o, err);
}

static int complete_upgrade(struct cfg_upgrade *c, const struct cfg_load_options *o, struct cu_err *err)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;

    cfg_default_upgrade_static(c);
    if (!o->skip_validation)
        cfg_validate_upgrade(c, &e);
    return finish(&e, o, err);
}

/* The three loaders differ in their types alone. */
#define LOADER(what, id)                                                                                     \
    int cfg_load_##what##_file(const struct cfg_file *f, const struct cfg_load_options *o,                   \
                               struct cfg_##what **out, struct cu_err *err)                                  \
    {                                                                                                        \
        struct cfg_##what *c = cfg_##what##_new();                                                           \
        int r = decode_one(f, id, o, c, err);                                                                \
        if (r == 0)                                                                                          \
            r = complete_##what(c, o, err);                                                                  \
        if (r == 0)                                                                                          \
            *out = c;                                                                                        \
        else                                                                                                 \
            cfg_##what##_free(c);                                                                            \
        return r;                                                                                            \
    }                                                                                                        \
    int cfg_load_##what(const char *path, const struct cfg_load_options *o, struct cfg_##what **out,         \
                        struct cu_err *err)                                                                  \
    {                                                                                                        \
        cfg_autofile struct cfg_file f = CFG_FILE_INIT;                                                      \
        int r;                                                                                               \
        if (path) {                                                                                          \
            r = open_file(path, NULL, o, &f, err);                                                           \
            if (r == 0)                                                                                      \
                r = cfg_load_##what##_file(&f, o, out, err);                                                 \
            if (r < 0)                                                                                       \
                cu_wrap(err, "%s", path);                                                                    \
            return r;                                                                                        \
        }                                                                                                    \
        struct cfg_##what *c = o->what##_flags ? cfg_##what##_copy(o->what##_flags) : cfg_##what##_new();    \
        r = complete_##what(c, o, err);                                                                      \
        if (r == 0)                                                                                          \
            *out = c;                                                                                        \
        else                                                                                                 \
            cfg_##what##_free(c);                                                                            \
        return r;                                                                                            \
    }

LOADER(join, CFG_KIND_JOIN)
LOADER(reset, CFG_KIND_RESET)
LOADER(upgrade, CFG_KIND_UPGRADE)
