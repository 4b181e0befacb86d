/* tests/unit/agent/fake_api.c - see fake_api.h. */
#include "fake_api.h"

#include "../cmocka_all.h"

#include <string.h>

#include "base/encode.h"
#include "base/map.h"
#include "base/random.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/patch.h"
#include "http/server.h"

static void free_value(void *v)
{
    val_unref(v);
}

static void respond(struct http_request *req, int code, const struct val *v)
{
    static const struct http_header headers[] = { { "Content-Type", "application/json" }, { NULL, NULL } };
    char *text = val_dump_json(v, 0);
    http_respond_take(req, code, headers, text, strlen(text));
}

static void refuse_with(struct http_request *req, int code, const char *reason)
{
    cu_autoval struct val *s = val_new_map();
    val_set_str(s, "kind", "Status");
    val_set_str(s, "apiVersion", "v1");
    val_set_str(s, "status", "Failure");
    val_set_str(s, "reason", reason);
    val_set_str(s, "message", reason);
    val_set_int(s, "code", code);
    respond(req, code, s);
}

static void tell(struct fake_api *f, const char *type, const char *path, const struct val *object)
{
    if (!f->watch || !strstr(path, "/pods/"))
        return;
    cu_autoval struct val *event = val_new_map();
    val_set_str(event, "type", type);
    val_set(event, "object", val_copy(object));
    cu_autofree char *text = val_dump_json(event, 0), *line = cu_asprintf("%s\n", text);
    http_stream_send(f->watch, line, strlen(line));
}

static void store(struct fake_api *f, const char *path, struct val *object)
{
    bool there = cu_map_get(f->objects, path) != NULL;
    struct val *meta = val_need_map(object, "metadata");
    val_set_strf(meta, "resourceVersion", "%d", ++f->serial);
    if (!val_get(meta, "uid"))
        val_set_strf(meta, "uid", "uid-%d", f->serial);
    tell(f, there ? "MODIFIED" : "ADDED", path, object);
    cu_map_set(f->objects, path, object);
}

static void sign(struct fake_api *f, struct val *csr)
{
    cu_autofree uint8_t *pem = NULL;
    cu_autostrlist struct cu_strlist usages = CU_STRLIST_INIT;
    pki_autocsr struct pki_csr *request = NULL;
    pki_autocert struct pki_cert *cert = NULL;
    struct val *condition = val_new_map(), *status = val_need_map(csr, "status");
    size_t n;
    val_set_str(condition, "type", f->deny ? "Denied" : "Approved");
    val_set_str(condition, "message", "by rule");
    val_append(val_need_list(status, "conditions"), condition);
    if (f->deny)
        return;
    cu_strlist_add(&usages, "client auth");
    assert_int_equal(cu_unbase64(val_find_str(csr, "spec", "request", NULL), &pem, &n, NULL), 0);
    assert_int_equal(pki_csr_parse((char *)pem, n, &request, NULL), 0);
    const struct pki_csr_terms terms = { .usages = &usages, .now_ms = cu_now_ms(), .ttl_ms = 3600000 };
    assert_int_equal(pki_csr_sign(request, &terms, f->ca, f->ca_key, &cert, NULL), 0);
    cu_autofree char *text = pki_cert_pem(cert), *data = cu_base64(text, strlen(text));
    val_set_str(status, "certificate", data);
}

static void create(struct fake_api *f, struct http_request *req, const char *all)
{
    size_t n;
    const char *body = http_request_body(req, &n);
    struct val *object = NULL;
    assert_int_equal(val_parse_json(body, n, &object, NULL), 0);
    struct val *meta = val_need_map(object, "metadata");
    if (!val_get(meta, "name"))
        val_set_strf(meta, "name", "csr-%d", f->serial);
    if (strstr(all, "certificatesigningrequests"))
        sign(f, object);
    cu_autofree char *path = cu_asprintf("%s/%s", all, val_get_str(meta, "name"));
    if (cu_map_get(f->objects, path)) {
        val_unref(object);
        refuse_with(req, 409, "AlreadyExists");
        return;
    }
    store(f, path, object);
    respond(req, 201, object);
}

static void patch(struct fake_api *f, struct http_request *req, const char *path)
{
    size_t n;
    const char *body = http_request_body(req, &n), *slash = strrchr(path, '/');
    bool sub = cu_streq(slash, "/status");
    cu_autofree char *owner = cu_strndup(path, sub ? (size_t)(slash - path) : strlen(path));
    cu_autoval struct val *change = NULL;
    struct val *old = cu_map_get(f->objects, owner), *made = NULL;
    assert_int_equal(val_parse_json(body, n, &change, NULL), 0);
    const char *uid = val_find_str(change, "metadata", "uid", NULL);
    if (!old) {
        refuse_with(req, 404, "NotFound");
        return;
    }
    if (uid && !cu_streq(uid, val_find_str(old, "metadata", "uid", NULL))) {
        refuse_with(req, 409, "Conflict");
        return;
    }
    const struct codec_merge_type *type =
        codec_merge_lookup(val_get_str(old, "apiVersion"), val_get_str(old, "kind"));
    assert_int_equal(codec_patch_strategic(old, change, type, &made, NULL), 0);
    store(f, owner, made);
    respond(req, 200, made);
}

static void list_pods(struct fake_api *f, struct http_request *req)
{
    cu_autoval struct val *list = val_new_map();
    size_t pos = 0;
    const char *key;
    void *value;
    val_set_str(list, "kind", "PodList");
    val_set_str(list, "apiVersion", "v1");
    val_set_strf(val_need_map(list, "metadata"), "resourceVersion", "%d", f->serial);
    struct val *items = val_need_list(list, "items");
    while (cu_map_next(f->objects, &pos, &key, &value))
        if (strstr(key, "/pods/"))
            val_append(items, val_copy(value));
    respond(req, 200, list);
}

static void remove_object(struct fake_api *f, struct http_request *req, const char *path)
{
    struct val *old = val_ref(cu_map_get(f->objects, path));
    size_t n;
    const char *body = http_request_body(req, &n);
    cu_autoval struct val *options = NULL;
    if (n)
        assert_int_equal(val_parse_json(body, n, &options, NULL), 0);
    const char *uid = val_find_str(options, "preconditions", "uid", NULL);
    if (!old) {
        refuse_with(req, 404, "NotFound");
    } else if (uid && !cu_streq(uid, val_find_str(old, "metadata", "uid", NULL))) {
        refuse_with(req, 409, "Conflict");
    } else {
        cu_map_remove(f->objects, path);
        tell(f, "DELETED", path, old);
        respond(req, 200, old);
    }
    val_unref(old);
}

static void watch_closed(void *arg)
{
    struct fake_api *f = arg;
    f->watch = NULL;
}

static void handle(void *arg, struct http_request *req)
{
    struct fake_api *f = arg;
    const char *method = http_request_method(req);
    cu_autofree char *path = cu_strdup(http_request_path(req));
    pthread_mutex_lock(&f->lock);
    cu_strlist_addf(&f->log, "%s %s", method, path);
    if (f->refuse_all) {
        refuse_with(req, 500, "InternalError");
    } else if (cu_streq(method, "POST")) {
        create(f, req, path);
    } else if (cu_streq(method, "PATCH")) {
        patch(f, req, path);
    } else if (cu_streq(method, "DELETE")) {
        remove_object(f, req, path);
    } else if (cu_streq(method, "PUT")) {
        size_t n;
        const char *body = http_request_body(req, &n);
        struct val *object = NULL;
        assert_int_equal(val_parse_json(body, n, &object, NULL), 0);
        store(f, path, object);
        respond(req, 200, object);
    } else if (strstr(http_request_query(req), "watch=")) {
        if (f->watch)
            http_stream_end(f->watch);
        f->watch = http_stream_begin(req, 200, "application/json", watch_closed, f);
    } else if (cu_streq(path, "/api/v1/pods")) {
        list_pods(f, req);
    } else {
        struct val *object = cu_map_get(f->objects, path);
        if (object)
            respond(req, 200, object);
        else
            refuse_with(req, 404, "NotFound");
    }
    pthread_mutex_unlock(&f->lock);
}

static void *run(void *arg)
{
    struct fake_api *f = arg;
    http_loop_run(f->loop);
    return NULL;
}

void fake_api_start(struct fake_api *f)
{
    *f = (struct fake_api){ .loop = http_loop_new(), .objects = cu_map_new(free_value), .serial = 100 };
    const struct pki_cert_spec spec = {
        .cn = "ca", .ca = true, .not_before_ms = cu_now_ms() - 1000, .not_after_ms = cu_now_ms() + 36000000
    };
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &f->ca_key, NULL), 0);
    assert_int_equal(pki_cert_self_sign(&spec, f->ca_key, &f->ca, NULL), 0);
    pthread_mutex_init(&f->lock, NULL);
    f->server = http_server_new(f->loop, &(struct http_server_options){ .handle = handle, .arg = f });
    assert_int_equal(http_server_listen(f->server, "127.0.0.1", 0, NULL, &f->port, NULL), 0);
    assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

void fake_api_stop(struct fake_api *f)
{
    http_loop_stop(f->loop);
    pthread_join(f->thread, NULL);
    http_server_free(f->server);
    http_loop_free(f->loop);
    cu_map_free(f->objects);
    cu_strlist_clear(&f->log);
    pki_key_free(f->ca_key);
    pki_cert_free(f->ca);
    pthread_mutex_destroy(&f->lock);
}

struct val *fake_api_get(struct fake_api *f, const char *path)
{
    pthread_mutex_lock(&f->lock);
    struct val *v = val_copy(cu_map_get(f->objects, path));
    pthread_mutex_unlock(&f->lock);
    return v;
}

struct change {
    struct fake_api *f;
    char *path;
    struct val *object; /* NULL: remove */
};

/* On the server's own thread, which owns the watch. */
static void apply(void *arg)
{
    struct change *c = arg;
    pthread_mutex_lock(&c->f->lock);
    struct val *old = val_ref(cu_map_get(c->f->objects, c->path));
    if (c->object) {
        store(c->f, c->path, c->object);
    } else if (old) {
        cu_map_remove(c->f->objects, c->path);
        tell(c->f, "DELETED", c->path, old);
    }
    val_unref(old);
    pthread_mutex_unlock(&c->f->lock);
    free(c->path);
    free(c);
}

static void post(struct fake_api *f, const char *path, struct val *object)
{
    struct change *c = cu_malloc(sizeof *c);
    *c = (struct change){ f, cu_strdup(path), object };
    http_loop_post(f->loop, apply, c);
}

void fake_api_put(struct fake_api *f, const char *path, struct val *object)
{
    post(f, path, object);
}

void fake_api_remove(struct fake_api *f, const char *path)
{
    post(f, path, NULL);
}

size_t fake_api_count(struct fake_api *f, const char *line)
{
    size_t n = 0;
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < f->log.n; i++)
        n += cu_streq(f->log.v[i], line);
    pthread_mutex_unlock(&f->lock);
    return n;
}
