/* Creates recorded from upstream, put through defaulting, preparation and validation: the stored object must be
 * upstream's, a refusal must name the same causes, and every body that kubeadm, kubelet and kubectl post must pass. */
#include "apiserver/defaults.h"
#include "apiserver/fields.h"
#include "apiserver/service_ip.h"
#include "apiserver/validate.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "reference.h"
#include <string.h>

#define NOW 1795413600000 /* 2026-11-23T06:00:00Z */

static int failures, passed;

static void fail(const char *what, const char *got, const char *want)
{
    printf("FAIL %s\n  got  %s\n  want %s\n", what, got, want);
    failures++;
}

/* What a POST to a collection is for; false for subresources, reviews and other paths. */
static bool parse_path(const char *path, struct cu_strlist *parts, struct api_write *w)
{
    cu_autofree char *clean = cu_strndup(path, strcspn(path, "?"));
    cu_strlist_split(parts, clean + 1, '/');
    char **v = parts->v;
    size_t n = parts->n, i = n > 0 && cu_streq(v[0], "api") ? 2 : 3;
    const char *group = i == 2 ? "" : n > 1 ? v[1] : "", *version = n >= i ? v[i - 1] : "";
    w->ns = "";
    if (n == i + 3 && cu_streq(v[i], "namespaces")) {
        w->ns = v[i + 1];
        i += 2;
    }
    if (n != i + 1)
        return false;
    w->r = api_resource_find(group, version, v[i]);
    return w->r && w->r->etcd_prefix && w->r->namespaced == (w->ns[0] != '\0');
}

static int create(const struct api_write *w, struct val *obj, struct cu_strlist *unknown,
                  struct api_status *s)
{
    cu_autostrlist struct cu_strlist ranges = CU_STRLIST_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autoval struct val *others = val_new_list(), *dns = val_new_map();
    val_set_str(val_need_map(dns, "metadata"), "name", "kube-dns");
    val_set_str(val_need_map(dns, "metadata"), "namespace", "kube-system");
    val_set_str(val_need_map(dns, "spec"), "clusterIP", "10.96.0.10");
    val_append(others, val_ref(dns));
    cu_strlist_add(&ranges, "10.96.0.0/12");
    if (api_conform(w->r->group, w->r->version, w->r->kind, obj, unknown, &err) < 0)
        return api_fail_bad_request(s, "%s", cu_err_text(&err));
    api_default(w->r, obj);
    if (api_prepare_create(w, obj, s) < 0 || api_validate_create(w, obj, s) < 0)
        return -1;
    return cu_streq(w->r->resource, "services") ? api_service_assign(obj, &ranges, others, s) : 0;
}

/* Parts that differ from run to run, and those that only admission adds. */
static void cut(struct val *obj)
{
    static const char *const meta_keys[] = { "uid", "resourceVersion", "creationTimestamp" };
    static const char *const spec_keys[] = { "clusterIP", "clusterIPs" };
    static const char *const pod_keys[] = { "volumes",        "tolerations",
                                            "serviceAccount", "serviceAccountName",
                                            "priority",       "preemptionPolicy" };
    struct val *meta = val_get(obj, "metadata"), *spec = val_get(obj, "spec");
    for (size_t i = 0; i < CU_LEN(meta_keys); i++)
        val_del(meta, meta_keys[i]);
    if (val_get(meta, "generateName"))
        val_del(meta, "name");
    if (cu_streq(val_get_str(obj, "kind"), "Service")) {
        for (size_t i = 0; i < CU_LEN(spec_keys); i++)
            val_del(spec, spec_keys[i]);
    }
    if (cu_streq(val_get_str(obj, "kind"), "Pod")) {
        for (size_t i = 0; i < CU_LEN(pod_keys); i++)
            val_del(spec, pod_keys[i]);
        for (size_t i = 0; i < val_len(val_get(spec, "containers")); i++)
            val_del(val_at(val_get(spec, "containers"), i), "volumeMounts");
    }
}

/* Causes one by one; a recorded message is only given up to its free detail. */
static bool same_causes(const struct val *got, const struct val *want)
{
    if (val_len(got) != val_len(want))
        return false;
    for (size_t i = 0; i < val_len(want); i++) {
        const struct val *g = val_at(got, i), *t = val_at(want, i);
        const char *text = cu_or(val_get_str(t, "message"), ""), *detail = strstr(text, "<detail>");
        size_t n = detail ? (size_t)(detail - text) : strlen(text) + 1;
        if (!cu_streq(val_get_str(g, "field"), val_get_str(t, "field")) ||
            !cu_streq(val_get_str(g, "reason"), val_get_str(t, "reason")) ||
            strncmp(cu_or(val_get_str(g, "message"), ""), text, n) != 0)
            return false;
    }
    return true;
}

static void check_answer(const char *what, int r, struct val *obj, const struct api_status *s,
                         const struct val *answer)
{
    cu_autofree char *want = NULL, *got = NULL;
    int code = (int)val_get_int(answer, "code", 0);
    if (code == 0) {
        cu_autoval struct val *theirs = val_copy(answer);
        cut(theirs);
        cut(obj);
        got = val_dump_json(r < 0 ? s->body : obj, VAL_JSON_SORT);
        want = val_dump_json(theirs, VAL_JSON_SORT);
        if (r == 0 && cu_streq(got, want)) {
            passed++;
            return;
        }
    } else {
        got = val_dump_json(r < 0 ? s->body : obj, VAL_JSON_SORT);
        want = val_dump_json(answer, VAL_JSON_SORT);
        if (r < 0 && s->code == code &&
            same_causes(val_find(s->body, "details", "causes", NULL),
                        val_find(answer, "details", "causes", NULL))) {
            passed++;
            return;
        }
    }
    fail(what, got, want);
}

static char user_name[] = "kubernetes-admin";
static const struct api_user user = { .name = user_name, .authenticated = true };

/* One request. `answer` is NULL where only success was recorded. */
static void replay(const struct val *request, const struct val *answer)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT, unknown = CU_STRLIST_INIT;
    struct api_write w = { .sub = "", .name = "", .user = &user, .now_ms = NOW };
    struct api_status s = API_STATUS_INIT;
    const char *path = cu_or(val_get_str(request, "path"), "/");

    if (!cu_streq(val_get_str(request, "method"), "POST") || !val_is_map(val_get(request, "body")) ||
        strstr(path, "=Bad") || !parse_path(path, &parts, &w))
        return;
    cu_autoval struct val *obj = val_copy(val_get(request, "body"));
    int r = create(&w, obj, &unknown, &s);
    if (answer)
        check_answer(path, r, obj, &s, answer);
    else if (r < 0 || unknown.n > 0)
        fail(path, r < 0 ? cu_or(val_get_str(s.body, "message"), "") : unknown.v[0], "success");
    else
        passed++;
    api_status_clear(&s);
}

/* Judged elsewhere: what the store, admission and the path's namespace decide. */
static bool is_ours(const struct val *answer)
{
    int64_t code = val_get_int(answer, "code", 0);
    return code == 0 || code == 422;
}

static void walk_examples(const struct val *e)
{
    const struct val *answer = val_get(e, "response");
    if (val_is_map(answer) && is_ours(answer))
        replay(val_get(e, "request"), answer);
}

/* Texts the recording replaced ("<value>") are not what was sent. */
static bool is_verbatim(const struct val *request)
{
    cu_autofree char *text = val_dump_json(request, VAL_JSON_COMPACT);
    return !strstr(text, "<value>") && !strstr(text, "<csr>") && !strstr(text, "\\u003c");
}

static void walk_requests(const struct val *e)
{
    const struct val *list = val_get(e, "requests");
    for (size_t i = 0; i < val_len(list); i++) {
        if (val_get_int(val_at(list, i), "status", 0) == 201 && is_verbatim(val_at(list, i)))
            replay(val_at(list, i), NULL);
    }
    if (!list && val_get_int(e, "status", 0) == 201 && is_verbatim(e))
        replay(e, NULL);
}

static void each_line(const char *name, void (*fn)(const struct val *e))
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *path = cu_asprintf("%s/apiserver/%s", reference_dir(), name), *text = NULL;
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    size_t n;
    if (cu_file_read(path, LIM_TEXT, &text, &n, &err) < 0) {
        fail(path, cu_err_text(&err), "a file");
        return;
    }
    cu_strlist_split(&lines, text, '\n');
    for (size_t i = 0; i < lines.n; i++) {
        cu_autoval struct val *e = NULL;
        if (lines.v[i][0] == '\0')
            continue;
        if (val_parse_json(lines.v[i], strlen(lines.v[i]), &e, &err) < 0)
            fail(path, cu_err_text(&err), "JSON");
        else
            fn(e);
    }
}

int main(void)
{
    each_line("status-examples.jsonl", walk_examples);
    each_line("kubeadm-requests.jsonl", walk_requests);
    each_line("kubelet-requests.jsonl", walk_requests);
    each_line("kubectl-requests.jsonl", walk_requests);
    printf("%d as recorded, %d not\n", passed, failures);
    return failures || passed < 40 ? 1 : 0;
}
