/* Configuration objects: made, copied, freed.
 * Must not know how they are filled. */
#include "config/types.h"
#include "config/encode.h"
#include "config/field.h"

struct cfg_init *cfg_init_new(void)
{
    return cu_calloc(1, sizeof(struct cfg_init));
}

struct cfg_join *cfg_join_new(void)
{
    return cu_calloc(1, sizeof(struct cfg_join));
}

struct cfg_reset *cfg_reset_new(void)
{
    return cu_calloc(1, sizeof(struct cfg_reset));
}

struct cfg_upgrade *cfg_upgrade_new(void)
{
    return cu_calloc(1, sizeof(struct cfg_upgrade));
}

static void clear_kind(enum cfg_kind_id id, void *object)
{
    cfg_clear_object(cfg_kinds[id].object, object);
}

void cfg_init_free(struct cfg_init *c)
{
    if (!c)
        return;
    free(c->cluster.ci_kubernetes_version);
    free(c->cluster.ci_image_repository);
    val_unref(c->cluster.kubelet.doc);
    val_unref(c->cluster.kube_proxy.doc);
    clear_kind(CFG_KIND_CLUSTER, &c->cluster);
    clear_kind(CFG_KIND_INIT, c);
    free(c);
}

void cfg_join_free(struct cfg_join *c)
{
    if (c)
        clear_kind(CFG_KIND_JOIN, c);
    free(c);
}

void cfg_reset_free(struct cfg_reset *c)
{
    if (c)
        clear_kind(CFG_KIND_RESET, c);
    free(c);
}

void cfg_upgrade_free(struct cfg_upgrade *c)
{
    if (c)
        clear_kind(CFG_KIND_UPGRADE, c);
    free(c);
}

static void copy_kind(enum cfg_kind_id id, const void *from, void *to)
{
    cu_autoval struct val *v = cfg_encode_object(cfg_kinds[id].object, from, CFG_V1BETA4);
    cfg_decode_object(cfg_kinds[id].object, v, CFG_V1BETA4, to);
}

struct cfg_init *cfg_init_copy(const struct cfg_init *c)
{
    struct cfg_init *copy = cfg_init_new();

    copy_kind(CFG_KIND_INIT, c, copy);
    copy_kind(CFG_KIND_CLUSTER, &c->cluster, &copy->cluster);
    copy->cluster.api_server.timeout_for_control_plane = c->cluster.api_server.timeout_for_control_plane;
    cfg_set_str(&copy->cluster.ci_kubernetes_version, c->cluster.ci_kubernetes_version);
    cfg_set_str(&copy->cluster.ci_image_repository, c->cluster.ci_image_repository);
    copy->cluster.kubelet =
        (struct cfg_document){ val_ref(c->cluster.kubelet.doc), c->cluster.kubelet.user_supplied };
    copy->cluster.kube_proxy =
        (struct cfg_document){ val_ref(c->cluster.kube_proxy.doc), c->cluster.kube_proxy.user_supplied };
    return copy;
}

struct cfg_join *cfg_join_copy(const struct cfg_join *c)
{
    struct cfg_join *copy = cfg_join_new();

    copy_kind(CFG_KIND_JOIN, c, copy);
    copy->discovery.timeout = c->discovery.timeout;
    return copy;
}

struct cfg_reset *cfg_reset_copy(const struct cfg_reset *c)
{
    struct cfg_reset *copy = cfg_reset_new();

    copy_kind(CFG_KIND_RESET, c, copy);
    return copy;
}

struct cfg_upgrade *cfg_upgrade_copy(const struct cfg_upgrade *c)
{
    struct cfg_upgrade *copy = cfg_upgrade_new();

    copy_kind(CFG_KIND_UPGRADE, c, copy);
    return copy;
}
