/* controllers/node_ipam.c - gives every node its blocks of the pod network (spec apiserver 6.5). */
#include "base/ip.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "controllers/nodes.h"
#include "kube/client.h"
#include "kube/informer.h"

#define MAX_FAMILIES 2

struct family {
    struct cu_cidr net;
    int bits;
    uint64_t n_blocks, next; /* where the search goes on */
};

struct ipam {
    struct ctl *c;
    struct ctl_watch *nodes;
    struct ctl_queue *queue;
    struct family family[MAX_FAMILIES];
    size_t n;
    struct cu_map *owner; /* block text to node name (owned) */
};

static void take(struct ipam *s, const char *block, const char *node)
{
    cu_map_set(s->owner, block, cu_strdup(node));
}

static void take_existing(struct ipam *s, const struct val *node)
{
    const struct val *list = val_find(node, "spec", "podCIDRs", NULL);
    const char *one = val_find_str(node, "spec", "podCIDR", NULL);
    for (size_t i = 0; i < val_len(list); i++)
        if (val_str(val_at(list, i)))
            take(s, val_str(val_at(list, i)), ctl_name(node));
    if (!cu_is_empty(one))
        take(s, one, ctl_name(node));
}

static void release(struct ipam *s, const char *node)
{
    size_t pos = 0;
    const char *block;
    void *owner;
    while (cu_map_next(s->owner, &pos, &block, &owner))
        if (cu_streq(owner, node))
            cu_map_remove(s->owner, block);
}

static int next_free(struct ipam *s, struct family *f, char out[CU_CIDR_MAX], struct cu_err *err)
{
    for (uint64_t i = 0; i < f->n_blocks; i++) {
        struct cu_cidr block;
        uint64_t index = (f->next + i) % f->n_blocks;
        if (!cu_cidr_subnet(&f->net, f->bits, index, &block))
            break;
        cu_cidr_format(&block, out);
        if (!cu_map_get(s->owner, out)) {
            f->next = (index + 1) % f->n_blocks;
            return 0;
        }
    }
    cu_cidr_format(&f->net, out);
    return cu_fail(err, CU_E_FINAL,
                   "no block is left in the pod network %s: delete nodes or use a larger network", out);
}

static int reconcile(void *arg, const char *key, struct cu_err *err)
{
    struct ipam *s = arg;
    const struct val *node = kube_informer_get(ctl_watch_informer(s->nodes), key);
    if (!node || ctl_is_deleting(node) || !cu_is_empty(val_find_str(node, "spec", "podCIDR", NULL)) ||
        !ctl_watch_synced(s->nodes))
        return 0;
    release(s, key); /* of an earlier try that failed */
    cu_autoval struct val *patch = val_new_map();
    struct val *spec = val_need_map(patch, "spec"), *list = val_need_list(spec, "podCIDRs");
    for (size_t i = 0; i < s->n; i++) {
        char block[CU_CIDR_MAX];
        int r = next_free(s, &s->family[i], block, err);
        if (r < 0)
            return r;
        take(s, block, key);
        val_append_str(list, block);
        if (i == 0)
            val_set_str(spec, "podCIDR", block);
    }
    struct kube_client *k = NULL;
    cu_autofree char *path = kube_path("v1", "nodes", NULL, key);
    int r = ctl_as(s->c, "node-controller", &k, err);
    if (r == 0)
        r = kube_patch(k, path, KUBE_PATCH_STRATEGIC, patch, NULL, err);
    return r == -CU_E_NOTFOUND ? 0 : r;
}

static void on_node(void *arg, const struct val *obj, const struct val *old)
{
    struct ipam *s = arg;
    if (!obj) {
        release(s, ctl_name(old));
        return;
    }
    take_existing(s, obj);
    ctl_queue_add(s->queue, ctl_name(obj));
}

static bool add_family(struct ipam *s, const char *text)
{
    struct family *f = &s->family[s->n];
    const struct ctl_options *o = s->c->o;
    if (s->n == MAX_FAMILIES || !cu_cidr_parse_sloppy(text, &f->net))
        return false;
    int64_t mask = f->net.ip.v6 ? o->mask_v6 : o->mask_v4;
    f->bits = (int)(mask ? mask : o->mask ? o->mask : f->net.ip.v6 ? 64 : 24);
    int width = f->bits - f->net.bits;
    if (width < 0 || f->bits > (f->net.ip.v6 ? 128 : 32))
        return false;
    f->n_blocks = width >= 32 ? UINT32_MAX : 1ull << width;
    s->n++;
    return true;
}

static void *start(struct ctl *c)
{
    if (!c->o->allocate_cidrs || c->o->cluster_cidr.n == 0)
        return NULL;
    struct ipam *s = cu_calloc(1, sizeof(*s));
    s->c = c;
    for (size_t i = 0; i < c->o->cluster_cidr.n; i++) {
        if (add_family(s, c->o->cluster_cidr.v[i]))
            continue;
        cu_log_error("--cluster-cidr %s does not fit the mask size of nodes: pod networks are not given out",
                     c->o->cluster_cidr.v[i]);
        free(s);
        return NULL;
    }
    s->owner = cu_map_new(free);
    s->queue = ctl_queue_new(c, "node ipam", reconcile, s);
    s->nodes = ctl_watch(c, "/api/v1/nodes", NULL);
    ctl_watch_listen(s->nodes, on_node, NULL, s);
    return s;
}

static void stop(void *self)
{
    struct ipam *s = self;
    cu_map_free(s->owner);
    free(s);
}

const struct ctl_controller ctl_node_ipam = { "node-ipam-controller", "nodeipam", true, start, stop };
