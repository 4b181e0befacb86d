/* apiserver/health.c - is the server alive, is it ready: named checks in one table.
 * Must not change anything. */
#include "apiserver/health.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include <string.h>

static bool always(const struct api_server *s)
{
    (void)s;
    return true;
}
static bool store_answers(const struct api_server *s)
{
    return store_ping(s->store, NULL) == 0;
}
static bool policy_ready(const struct api_server *s)
{
    return s->policy_ready;
}
static bool not_stopping(const struct api_server *s)
{
    return !s->stopping;
}

static const struct check {
    const char *name;
    bool ready_only;
    bool (*ok)(const struct api_server *s);
} CHECKS[] = {
    { "ping", false, always },
    { "log", false, always },
    { "etcd", false, store_answers },
    { "informer-sync", true, always },
    { "poststarthook/start-system-namespaces-controller", false, policy_ready },
    { "poststarthook/rbac/bootstrap-roles", false, policy_ready },
    { "poststarthook/scheduling/bootstrap-system-priority-classes", false, policy_ready },
    { "poststarthook/bootstrap-controller", false, policy_ready },
    { "shutdown", true, not_stopping },
};

static const char *const ENDPOINTS[] = { "healthz", "livez", "readyz" };
#define TEXT "text/plain; charset=utf-8"

static bool applies(const struct check *k, const char *endpoint)
{
    return !k->ready_only || strcmp(endpoint, "readyz") == 0;
}

void api_health_paths(struct cu_strlist *out)
{
    for (size_t e = 0; e < CU_LEN(ENDPOINTS); e++) {
        cu_strlist_addf(out, "/%s", ENDPOINTS[e]);
        for (size_t i = 0; i < CU_LEN(CHECKS); i++)
            if (applies(&CHECKS[i], ENDPOINTS[e]))
                cu_strlist_addf(out, "/%s/%s", ENDPOINTS[e], CHECKS[i].name);
    }
}

static bool excluded(const struct api_call *c, const char *name)
{
    for (size_t i = 0; i < c->query.n; i++)
        if (strcmp(c->query.v[i].name, "exclude") == 0 && strcmp(c->query.v[i].value, name) == 0)
            return true;
    return false;
}

static void warn_unknown(const struct api_call *c, const char *endpoint, struct cu_buf *b)
{
    for (size_t i = 0; i < c->query.n; i++) {
        bool known = strcmp(c->query.v[i].name, "exclude") != 0;
        for (size_t k = 0; k < CU_LEN(CHECKS) && !known; k++)
            known = applies(&CHECKS[k], endpoint) && strcmp(CHECKS[k].name, c->query.v[i].value) == 0;
        if (!known)
            cu_buf_addf(b, "warn: some health checks cannot be excluded: no matches for \"%s\"\n",
                        c->query.v[i].value);
    }
}

static void answer_all(struct api_call *c, const char *endpoint)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    bool ok = true;
    for (size_t i = 0; i < CU_LEN(CHECKS); i++) {
        const struct check *k = &CHECKS[i];
        if (!applies(k, endpoint))
            continue;
        if (excluded(c, k->name)) {
            cu_buf_addf(&b, "[+]%s excluded: ok\n", k->name);
        } else if (k->ok(c->srv)) {
            cu_buf_addf(&b, "[+]%s ok\n", k->name);
        } else {
            ok = false;
            cu_buf_addf(&b, "[-]%s failed: reason withheld\n", k->name);
        }
    }
    warn_unknown(c, endpoint, &b);
    cu_buf_addf(&b, "%s check %s\n", endpoint, ok ? "passed" : "failed");
    bool verbose = http_query_get(&c->query, "verbose") != NULL;
    api_answer_text(c, ok ? 200 : 500, TEXT, cu_strdup(ok && !verbose ? "ok" : cu_buf_str(&b)));
}

static void answer_one(struct api_call *c, const char *endpoint, const char *name)
{
    for (size_t i = 0; i < CU_LEN(CHECKS); i++)
        if (applies(&CHECKS[i], endpoint) && strcmp(CHECKS[i].name, name) == 0) {
            bool ok = CHECKS[i].ok(c->srv);
            api_answer_text(c, ok ? 200 : 500, TEXT,
                            ok ? cu_strdup("ok") : cu_asprintf("internal server error: %s failed\n", name));
            return;
        }
    api_answer_not_found_page(c);
}

bool api_health(struct api_call *c)
{
    const char *path = c->path.path;
    for (size_t e = 0; e < CU_LEN(ENDPOINTS); e++) {
        size_t n = strlen(ENDPOINTS[e]);
        if (strncmp(path + 1, ENDPOINTS[e], n) != 0)
            continue;
        const char *rest = path + 1 + n;
        if (!*rest || strcmp(rest, "/") == 0)
            answer_all(c, ENDPOINTS[e]);
        else if (*rest == '/')
            answer_one(c, ENDPOINTS[e], rest + 1);
        else
            continue;
        return true;
    }
    return false;
}
