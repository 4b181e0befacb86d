/* apiserver/dispatch.c - from a request to its handler: who asks, what is asked, may they, who answers.
 * Must not know what handlers do. */
#include "apiserver/authn.h"
#include "apiserver/authz.h"
#include "apiserver/call.h"
#include "apiserver/fresh.h"
#include "base/encode.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/selector.h"
#include <string.h>
#include <strings.h>

/* Methods and what they mean on a collection, an object and a subresource. */
static const struct route {
    const char *method;
    const char *on_collection, *on_object; /* RBAC verbs */
    enum api_verb collection_bit, object_bit;
    api_handler collection, object, sub; /* NULL: 405 */
} ROUTES[] = {
    { "GET", "list", "get", API_LIST, API_GET, api_list, api_get, api_get_sub },
    { "POST", "create", "create", API_CREATE, API_CREATE, api_create, NULL, api_create_sub },
    { "PUT", "update", "update", API_UPDATE, API_UPDATE, NULL, api_update, api_update },
    { "PATCH", "patch", "patch", API_PATCH, API_PATCH, NULL, api_patch, api_patch },
    { "DELETE", "deletecollection", "delete", API_DELETECOLLECTION, API_DELETE, api_delete_collection,
      api_delete, NULL },
};

static const struct route *find_route(const char *method)
{
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    for (size_t i = 0; i < CU_LEN(ROUTES); i++)
        if (strcmp(ROUTES[i].method, method) == 0)
            return &ROUTES[i];
    return NULL;
}

static bool is_watch(const struct api_call *c, const struct route *route)
{
    return route && route->collection == api_list &&
           (c->path.old_watch || (!*c->path.name && api_query_bool(c, "watch", false)));
}

/* The name a list, watch or deletecollection is limited to; rules with resourceNames count then. */
static const char *name_from_selector(struct api_call *c)
{
    struct codec_fields *fields = NULL;
    const char *name = NULL;
    if (*api_query(c, "fieldSelector") &&
        codec_fields_parse(api_query(c, "fieldSelector"), &fields, NULL) == 0)
        name = codec_fields_exact(fields, "metadata.name");
    c->wanted_name = cu_strdup(cu_or(name, ""));
    codec_fields_free(fields);
    return c->wanted_name;
}

static void describe(struct api_call *c, const struct route *route, char *lower_method)
{
    const struct api_path *p = &c->path;
    struct api_attributes *a = &c->attr;
    *a = (struct api_attributes){ .user = &c->user,
                                  .resource_request = p->resource_request,
                                  .path = p->path,
                                  .verb = lower_method,
                                  .group = "",
                                  .version = "",
                                  .resource = "",
                                  .subresource = "",
                                  .ns = "",
                                  .name = "",
                                  .field_selector = api_query(c, "fieldSelector"),
                                  .label_selector = api_query(c, "labelSelector") };
    if (!p->resource_request)
        return;
    a->group = p->group;
    a->version = p->version;
    a->resource = p->resource;
    a->subresource = p->sub;
    a->ns = p->ns;
    a->name = p->name;
    if (is_watch(c, route))
        a->verb = "watch";
    else if (route)
        a->verb = *p->name ? route->on_object : route->on_collection;
    if (!*p->name && route && route->collection != api_create)
        a->name = name_from_selector(c);
}

static int impersonate(struct api_call *c, struct api_status *st)
{
    struct api_impersonation i = { 0 };
    cu_autoval struct val *extra = NULL;
    const char *name, *value;
    bool any = false;
    for (size_t k = 0; http_request_header_at(c->http, k, &name, &value); k++) {
        if (strncasecmp(name, "Impersonate-", 12) != 0)
            continue;
        any = true;
        if (strcasecmp(name + 12, "User") == 0) {
            i.user = value;
        } else if (strcasecmp(name + 12, "Uid") == 0) {
            i.uid = value;
        } else if (strcasecmp(name + 12, "Group") == 0) {
            cu_strlist_add(&i.groups, value);
        } else if (strncasecmp(name + 12, "Extra-", 6) == 0) {
            cu_autofree char *lower = cu_lower(name + 18), *key = NULL;
            if (http_url_decode(lower, strlen(lower), false, &key, NULL) < 0)
                key = cu_strdup(lower);
            if (!extra)
                extra = val_new_map();
            val_append_str(val_need_list(extra, key), value);
        }
    }
    i.extra = extra;
    int failed = any ? api_impersonate(c->srv->authz, &i, &c->user, st) : 0;
    cu_strlist_clear(&i.groups);
    return failed;
}

static int authenticate(struct api_call *c, struct api_status *st)
{
    size_t n = 0;
    const void *peer = http_request_peer_cert(c->http, &n);
    const struct api_credentials given = { peer, n, http_request_header(c->http, "Authorization") };
    if (api_authenticate(c->srv->auth, &given, c->now_ms, &c->user, st) < 0)
        return -1;
    return impersonate(c, st);
}

static int fail_with_empty_details(struct api_status *st, int code, const char *reason, const char *text)
{
    api_fail(st, code, reason, "%s", text);
    val_set(st->body, "details", val_new_map());
    return -1;
}

static int fail_method(struct api_status *st)
{
    return fail_with_empty_details(st, 405, "MethodNotAllowed",
                                   "the server does not allow this method on the requested resource");
}

static int fail_unknown(struct api_status *st)
{
    return fail_with_empty_details(st, 404, "NotFound", "the server could not find the requested resource");
}

/* The handler of a request for a known resource; NULL with *st filled. */
static api_handler choose(struct api_call *c, const struct route *route, struct api_status *st)
{
    const struct api_path *p = &c->path;
    const struct api_resource *r = p->r;
    bool in_namespace = *p->ns && strcmp(p->resource, "namespaces") != 0;
    if (in_namespace && !r->namespaced) {
        fail_unknown(st);
        return NULL;
    }
    if (*p->sub) {
        if (!p->s) { /* of an object that is not there, or not served */
            if (!api_registry_get(c->srv->registry, r, p->ns, p->name))
                api_fail_not_found(st, r, p->name);
            else
                fail_unknown(st);
            return NULL;
        }
        if (!route || !route->sub || !(p->s->verbs & route->object_bit)) {
            fail_method(st);
            return NULL;
        }
        return route->sub;
    }
    bool object = *p->name && !p->old_watch;
    unsigned bit = !route               ? 0
                   : is_watch(c, route) ? API_WATCH
                   : object             ? route->object_bit
                                        : route->collection_bit;
    api_handler h = !route               ? NULL
                    : is_watch(c, route) ? api_watch
                    : object             ? route->object
                                         : route->collection;
    /* without a namespace only looking is possible; an object needs one */
    if (r->namespaced && !in_namespace && (object || (h != api_list && h != api_watch)))
        h = NULL;
    if (!h || !(r->verbs & bit)) {
        fail_method(st);
        return NULL;
    }
    return h == api_create && strcmp(r->kind, "Binding") == 0 ? api_create_sub : h;
}

static int serve_resource(struct api_call *c, const struct route *route, struct api_status *st)
{
    const struct api_path *p = &c->path;
    if (!api_group_version_known(p->group, p->version) || (p->under_apis && !*p->group)) {
        api_answer_not_found_page(c);
        return 0;
    }
    if (!p->r)
        return fail_unknown(st);
    api_handler h = choose(c, route, st);
    if (!h)
        return -1;
    bool list = h == api_list || h == api_delete_collection;
    if (!api_accept_form(http_request_header(c->http, "Accept"), list, &c->form))
        return fail_with_empty_details(st, 406, "NotAcceptable",
                                       "only application/json is served, as it is, as Table or as "
                                       "PartialObjectMetadata of meta.k8s.io/v1");
    if (!api_include_parse(api_query(c, "includeObject"), &c->include))
        return api_fail_bad_request(st, "includeObject: \"%s\" is not one of None, Metadata, Object",
                                    api_query(c, "includeObject"));
    return api_fresh(c, h, st);
}

static int serve(struct api_call *c, struct api_status *st)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    const struct route *route = find_route(c->method);
    cu_autofree char *lower = cu_lower(c->method), *why = NULL;
    if (api_path_parse(http_request_path(c->http), &c->path, &err) < 0)
        return api_fail_bad_request(st, "%s", cu_err_text(&err));
    http_query_parse(http_request_query(c->http), &c->query);
    if (authenticate(c, st) < 0)
        return -1;
    describe(c, route, lower);
    if (!api_authorize(c->srv->authz, &c->attr, &why))
        return api_fail_denied(st, &c->attr, why);
    return c->path.resource_request ? serve_resource(c, route, st) : api_nonresource(c, st);
}

void api_dispatch(void *server, struct http_request *req)
{
    struct api_call *c = cu_calloc(1, sizeof(*c));
    c->srv = server;
    c->http = req;
    c->method = http_request_method(req);
    c->now_ms = cu_now_ms();
    struct api_status st = API_STATUS_INIT;
    api_call_end(c, serve(c, &st), &st);
}
