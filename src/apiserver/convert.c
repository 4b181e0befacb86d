/* apiserver/convert.c - objects that are served under two groups: events of the core group and of events.k8s.io
 * are the same objects with some fields named otherwise (field names: Kubernetes API, v1.Event, events/v1.Event).
 * Must not know requests. */
#include "apiserver/call.h"
#include "base/str.h"
#include <string.h>

static const struct {
    const char *core, *events;
} RENAMED[] = {
    { "involvedObject", "regarding" },
    { "message", "note" },
    { "source", "deprecatedSource" },
    { "firstTimestamp", "deprecatedFirstTimestamp" },
    { "lastTimestamp", "deprecatedLastTimestamp" },
    { "count", "deprecatedCount" },
    { "reportingComponent", "reportingController" },
};

static const char *renamed(const char *key, bool to_events)
{
    for (size_t i = 0; i < CU_LEN(RENAMED); i++) {
        const char *from = to_events ? RENAMED[i].core : RENAMED[i].events;
        if (strcmp(key, from) == 0)
            return to_events ? RENAMED[i].events : RENAMED[i].core;
    }
    return key;
}

static struct val *rename_all(const struct val *v, const char *api_version, bool to_events)
{
    struct val *out = val_new_map(), *child;
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    while (val_next(v, &it, &key, &child))
        val_set(out, renamed(key, to_events), val_ref(child));
    val_set_str(out, "apiVersion", api_version);
    return out;
}

/* The row the object is stored under: the first with the same etcd prefix. */
static const struct api_resource *stored_row(const struct api_resource *r)
{
    for (size_t i = 0; r->etcd_prefix && i < api_n_resources; i++)
        if (cu_streq(api_resources[i].etcd_prefix, r->etcd_prefix))
            return &api_resources[i];
    return r;
}

static char *api_version_of(const struct api_resource *r)
{
    return *r->group ? cu_asprintf("%s/%s", r->group, r->version) : cu_strdup(r->version);
}

struct val *api_present(const struct api_resource *r, const struct val *stored)
{
    if (stored_row(r) == r)
        return val_ref(stored);
    cu_autofree char *version = api_version_of(r);
    return rename_all(stored, version, cu_streq(r->kind, "Event"));
}

struct val *api_unpresent(const struct api_resource *r, struct val *v)
{
    const struct api_resource *row = stored_row(r);
    if (row == r)
        return v;
    cu_autoval __attribute__((unused)) struct val *taken = v;
    cu_autofree char *version = api_version_of(row);
    return rename_all(v, version, false);
}
