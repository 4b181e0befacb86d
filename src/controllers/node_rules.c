/* controllers/node_rules.c - rules about nodes. Must not know the API server. */
#include "controllers/node_rules.h"

#include "base/str.h"
#include "base/timefmt.h"

#include <string.h>

#define PREFIX "node.kubernetes.io/"

static const struct rule {
    const char *condition, *status; /* NULL condition: spec.unschedulable */
    const char *key;
    bool execute; /* a NoExecute taint, too */
} rules[] = {
    { "Ready", "False", PREFIX "not-ready", true },
    { "Ready", "Unknown", PREFIX "unreachable", true },
    { "MemoryPressure", "True", PREFIX "memory-pressure", false },
    { "DiskPressure", "True", PREFIX "disk-pressure", false },
    { "PIDPressure", "True", PREFIX "pid-pressure", false },
    { "NetworkUnavailable", "True", PREFIX "network-unavailable", false },
    { NULL, NULL, PREFIX "unschedulable", false },
};

const char *ctl_node_condition(const struct val *node, const char *type)
{
    const struct val *list = val_find(node, "status", "conditions", NULL);
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "type"), type))
            return val_get_str(val_at(list, i), "status");
    return NULL;
}

static bool applies(const struct rule *r, const struct val *node)
{
    return r->condition ? cu_streq(ctl_node_condition(node, r->condition), r->status)
                        : val_get_bool(val_get(node, "spec"), "unschedulable", false);
}

static bool is_taint(const struct val *taint, const char *key, const char *effect)
{
    return cu_streq(val_get_str(taint, "key"), key) && cu_streq(val_get_str(taint, "effect"), effect);
}

static bool has_taint(const struct val *list, const char *key, const char *effect)
{
    for (size_t i = 0; i < val_len(list); i++)
        if (is_taint(val_at(list, i), key, effect))
            return true;
    return false;
}

/* Of a node that never reported, nothing is known: what was set at its creation stays. */
static bool is_open(const struct rule *r, const struct val *node)
{
    return r->condition && !ctl_node_condition(node, r->condition);
}

/* Is this one of our taints whose reason is gone? */
static bool is_stale(const struct val *taint, const struct val *node)
{
    for (size_t i = 0; i < CU_LEN(rules); i++) {
        bool ours = is_taint(taint, rules[i].key, "NoSchedule") ||
                    (rules[i].execute && is_taint(taint, rules[i].key, "NoExecute"));
        if (ours)
            return !applies(&rules[i], node) && !is_open(&rules[i], node);
    }
    return false;
}

static void add_taint(struct val *list, const char *key, const char *effect, int64_t now_ms)
{
    char now[CU_RFC3339_MAX];
    cu_rfc3339(now_ms, now);
    struct val *t = val_new_map();
    val_set_str(t, "effect", effect);
    val_set_str(t, "key", key);
    if (strcmp(effect, "NoExecute") == 0)
        val_set_str(t, "timeAdded", now);
    val_append(list, t);
}

struct val *ctl_node_taints(const struct val *node, bool evict, int64_t now_ms)
{
    const struct val *have = val_find(node, "spec", "taints", NULL);
    struct val *want = val_new_list();
    bool changed = false;
    for (size_t i = 0; i < val_len(have); i++) {
        if (is_stale(val_at(have, i), node))
            changed = true;
        else
            val_append(want, val_ref(val_at(have, i)));
    }
    for (size_t i = 0; i < CU_LEN(rules); i++) {
        if (!applies(&rules[i], node))
            continue;
        if (!has_taint(want, rules[i].key, "NoSchedule")) {
            add_taint(want, rules[i].key, "NoSchedule", now_ms);
            changed = true;
        }
        if (evict && rules[i].execute && !has_taint(want, rules[i].key, "NoExecute")) {
            add_taint(want, rules[i].key, "NoExecute", now_ms);
            changed = true;
        }
    }
    if (changed)
        return want;
    val_unref(want);
    return NULL;
}

struct val *ctl_node_unknown_patch(const struct val *node, int64_t now_ms)
{
    static const char *const types[] = { "Ready", "MemoryPressure", "DiskPressure", "PIDPressure" };
    char now[CU_RFC3339_MAX];
    cu_rfc3339(now_ms, now);
    struct val *patch = val_new_map();
    struct val *list = val_need_list(val_need_map(patch, "status"), "conditions");
    for (size_t i = 0; i < CU_LEN(types); i++) {
        const char *status = ctl_node_condition(node, types[i]);
        if (cu_streq(status, "Unknown"))
            continue;
        struct val *c = val_new_map();
        val_set_str(c, "type", types[i]);
        val_set_str(c, "status", "Unknown");
        val_set_str(c, "reason", status ? "NodeStatusUnknown" : "NodeStatusNeverUpdated");
        val_set_str(c, "message",
                    status ? "The node agent stopped reporting." : "The node agent never reported.");
        val_set_str(c, "lastTransitionTime", now);
        if (!status)
            val_set_str(c, "lastHeartbeatTime", val_find_str(node, "metadata", "creationTimestamp", NULL));
        val_append(list, c);
    }
    if (val_len(list))
        return patch;
    val_unref(patch);
    return NULL;
}

static const struct val *find_toleration(const struct val *tolerations, const struct val *taint)
{
    for (size_t i = 0; i < val_len(tolerations); i++) {
        const struct val *t = val_at(tolerations, i);
        const char *effect = val_get_str(t, "effect"), *key = val_get_str(t, "key");
        bool exists = cu_streq(val_get_str(t, "operator"), "Exists");
        if (!cu_is_empty(effect) && !cu_streq(effect, val_get_str(taint, "effect")))
            continue;
        if (cu_is_empty(key) ? !exists : !cu_streq(key, val_get_str(taint, "key")))
            continue;
        if (exists || cu_streq(cu_or(val_get_str(t, "value"), ""), cu_or(val_get_str(taint, "value"), "")))
            return t;
    }
    return NULL;
}

int64_t ctl_pod_may_stay_ms(const struct val *tolerations, const struct val *taints, int64_t now_ms)
{
    int64_t least = -1;
    for (size_t i = 0; i < val_len(taints); i++) {
        const struct val *taint = val_at(taints, i);
        if (!cu_streq(val_get_str(taint, "effect"), "NoExecute"))
            continue;
        const struct val *t = find_toleration(tolerations, taint);
        int64_t seconds = t ? val_get_int(t, "tolerationSeconds", -1) : 0;
        if (seconds < 0 && t && !val_get(t, "tolerationSeconds"))
            continue; /* for ever */
        int64_t added = now_ms;
        const char *time = val_get_str(taint, "timeAdded");
        if (time && cu_parse_rfc3339(time, &added, NULL) < 0)
            added = now_ms;
        int64_t left = added + (seconds > 0 ? seconds * 1000 : 0) - now_ms;
        left = left > 0 ? left : 0;
        least = least < 0 || left < least ? left : least;
    }
    return least;
}
