/* controllers/control.c - the shared state as a whole, and small questions about objects. */
#include "controllers/control.h"

#include "base/str.h"
#include "controllers/parts.h"

void ctl_clear(struct ctl *c)
{
    ctl_watches_free(c);
    ctl_queues_free(c);
    ctl_accounts_free(c);
}

void ctl_set_active(struct ctl *c, bool active)
{
    c->active = active;
    ctl_queues_kick(c);
}

const char *ctl_name(const struct val *obj)
{
    return cu_or(val_find_str(obj, "metadata", "name", NULL), "");
}

const char *ctl_ns(const struct val *obj)
{
    return cu_or(val_find_str(obj, "metadata", "namespace", NULL), "");
}

char *ctl_key(const struct val *obj)
{
    const char *ns = ctl_ns(obj);
    return *ns ? cu_asprintf("%s/%s", ns, ctl_name(obj)) : cu_strdup(ctl_name(obj));
}

bool ctl_is_deleting(const struct val *obj)
{
    return val_find_str(obj, "metadata", "deletionTimestamp", NULL) != NULL;
}
