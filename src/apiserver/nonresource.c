/* apiserver/nonresource.c - everything that is not an object: version, discovery, OpenAPI, keys of tokens, metrics.
 * Must not write. */
#include "apiserver/discovery.h"
#include "apiserver/health.h"
#include "apiserver/openapi.h"
#include "apiserver/sa_token.h"
#include "apiserver/watch.h"
#include "base/buf.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/str.h"
#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>

#define VERSION_MAJOR "1"
#define VERSION_MINOR "36"
#define VERSION_GIT "v1.36.2" /* the release this server behaves as */

static void version(struct api_call *c)
{
    struct utsname u;
    const char *machine = uname(&u) == 0 ? u.machine : "unknown";
    if (strcmp(machine, "x86_64") == 0)
        machine = "amd64";
    else if (strcmp(machine, "aarch64") == 0)
        machine = "arm64";
    cu_autoval struct val *v = val_new_map();
    val_set_str(v, "major", VERSION_MAJOR);
    val_set_str(v, "minor", VERSION_MINOR);
    val_set_str(v, "emulationMajor", VERSION_MAJOR);
    val_set_str(v, "emulationMinor", VERSION_MINOR);
    val_set_str(v, "minCompatibilityMajor", VERSION_MAJOR);
    val_set_str(v, "minCompatibilityMinor", "35");
    val_set_str(v, "gitVersion", VERSION_GIT);
    val_set_str(v, "gitCommit", "cubeadm-" CUBEADM_VERSION);
    val_set_str(v, "gitTreeState", "clean");
    val_set_str(v, "buildDate", "1970-01-01T00:00:00Z");
    val_set_str(v, "goVersion", "none");
    val_set_str(v, "compiler", "cc " __VERSION__);
    val_set_strf(v, "platform", "linux/%s", machine);
    api_answer_json(c, 200, v, NULL);
}

static void root(struct api_call *c)
{
    cu_autostrlist struct cu_strlist paths = CU_STRLIST_INIT;
    static const char *const FIXED[] = { "/.well-known/openid-configuration",
                                         "/api",
                                         "/apis",
                                         "/apis/",
                                         "/metrics",
                                         "/openapi/v2",
                                         "/openapi/v3",
                                         "/openapi/v3/",
                                         "/openid/v1/jwks",
                                         "/version" };
    for (size_t i = 0; i < CU_LEN(FIXED); i++)
        cu_strlist_add(&paths, FIXED[i]);
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        cu_autofree char *group = *r->group ? cu_asprintf("/apis/%s", r->group) : cu_strdup("/api");
        cu_autofree char *versioned = cu_asprintf("%s/%s", group, r->version);
        cu_strlist_add_unique(&paths, group);
        cu_strlist_add_unique(&paths, versioned);
    }
    api_health_paths(&paths);
    cu_strlist_sort(&paths);
    cu_autoval struct val *v = val_new_map();
    for (size_t i = 0; i < paths.n; i++)
        val_append_str(val_need_list(v, "paths"), paths.v[i]);
    api_answer_json(c, 200, v, NULL);
}

/* Takes v; 404 page when NULL. */
static void answer_document(struct api_call *c, struct val *v, const char *content_type)
{
    cu_autoval __attribute__((unused)) struct val *taken = v;
    if (v)
        api_answer_json(c, 200, v, content_type);
    else
        api_answer_not_found_page(c);
}

static void discovery(struct api_call *c)
{
    const struct api_path *p = &c->path;
    bool aggregated = api_accept_aggregated(http_request_header(c->http, "Accept"));
    if (*p->version) {
        answer_document(c, api_discovery_resources(p->group, p->version), NULL);
    } else if (*p->group) {
        answer_document(c, api_discovery_group(p->group), NULL);
    } else if (aggregated) {
        answer_document(c, api_discovery_aggregated(p->under_api), API_AGGREGATED_CONTENT_TYPE);
    } else if (p->under_api) {
        cu_autofree char *address = cu_host_port(c->srv->opt.advertise_address, c->srv->port);
        answer_document(c, api_discovery_versions(address), NULL);
    } else {
        answer_document(c, api_discovery_groups(), NULL);
    }
}

static void openapi_v2(struct api_call *c)
{
    size_t n = 0;
    if (!api_accept_mentions(http_request_header(c->http, "Accept"), "proto-openapi.spec.v2")) {
        answer_document(c, api_openapi_v2(), NULL);
        return;
    }
    cu_autofree uint8_t *bytes = api_openapi_v2_protobuf(&n);
    static const struct http_header h[] = { { "Content-Type", API_OPENAPI_V2_CONTENT_TYPE },
                                            { "Cache-Control", "no-cache, private" },
                                            { NULL, NULL } };
    http_respond(c->http, 200, h, bytes, n);
    c->http = NULL;
    c->srv->requests[2]++;
}

static void openapi_v3(struct api_call *c)
{
    const char *rest = c->path.path + strlen("/openapi/v3");
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    cu_strlist_split(&parts, *rest == '/' ? rest + 1 : rest, '/');
    if (parts.n == 0 || (parts.n == 1 && !*parts.v[0]))
        answer_document(c, api_openapi_v3(), NULL);
    else if (parts.n == 2 && strcmp(parts.v[0], "api") == 0)
        answer_document(c, api_openapi_v3_document("", parts.v[1]), NULL);
    else if (parts.n == 3 && strcmp(parts.v[0], "apis") == 0)
        answer_document(c, api_openapi_v3_document(parts.v[1], parts.v[2]), NULL);
    else
        api_answer_not_found_page(c);
}

static void openid_configuration(struct api_call *c)
{
    cu_autofree char *address = cu_host_port(c->srv->opt.advertise_address, c->srv->port);
    cu_autofree char *url = cu_asprintf("https://%s/openid/v1/jwks", address);
    api_answer_text(c, 200, "application/json", api_openid_configuration(c->srv->auth, url));
}

static void jwks(struct api_call *c)
{
    api_answer_text(c, 200, "application/jwk-set+json", api_openid_jwks(c->srv->auth));
}

static void metrics(struct api_call *c)
{
    const struct api_server *s = c->srv;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    cu_buf_add(&b, "# HELP apiserver_request_total Answered requests by class of HTTP status.\n"
                   "# TYPE apiserver_request_total counter\n");
    for (int i = 1; i < 6; i++)
        cu_buf_addf(&b, "apiserver_request_total{code=\"%dxx\"} %" PRIu64 "\n", i, s->requests[i]);
    cu_buf_add(&b, "# HELP apiserver_longrunning_requests Watches under way.\n"
                   "# TYPE apiserver_longrunning_requests gauge\n");
    cu_buf_addf(&b, "apiserver_longrunning_requests{verb=\"WATCH\"} %zu\n", api_watches_count(s->watches));
    cu_buf_add(
        &b, "# HELP apiserver_resource_objects Stored objects.\n# TYPE apiserver_resource_objects gauge\n");
    for (size_t i = 0; i < api_n_resources; i++)
        if (api_resources[i].etcd_prefix)
            cu_buf_addf(&b, "apiserver_resource_objects{group=\"%s\",resource=\"%s\"} %zu\n",
                        api_resources[i].group, api_resources[i].resource,
                        api_registry_count(s->registry, &api_resources[i]));
    api_answer_text(c, 200, "text/plain; version=0.0.4; charset=utf-8", cu_strdup(cu_buf_str(&b)));
}

/* Every stored object with all its metadata, at one revision: this server does one thing at a time. */
static void export_objects(struct api_call *c)
{
    const struct api_registry *g = c->srv->registry;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_HTTP_RESPONSE);
    const char *comma = "";
    cu_buf_addf(&b,
                "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"%" PRId64
                "\"},\"items\":[",
                api_registry_revision(g));
    for (size_t i = 0; i < api_n_resources; i++) {
        struct api_walk w = API_WALK_INIT;
        struct api_object *o;
        while ((o = api_registry_next(g, &api_resources[i], NULL, &w)) && o->res == &api_resources[i]) {
            cu_buf_addf(&b, "%s%s", comma, api_object_json(o));
            comma = ",";
        }
        api_walk_end(&w);
    }
    cu_buf_add(&b, "]}");
    if (b.failed)
        api_answer_text(c, 500, "text/plain; charset=utf-8",
                        cu_asprintf("the objects have more than %d bytes together\n", LIM_HTTP_RESPONSE));
    else
        api_answer_text(c, 200, "application/json", cu_strdup(cu_buf_str(&b)));
}

static const struct {
    const char *path;
    bool below; /* paths below it too */
    void (*answer)(struct api_call *c);
} PAGES[] = {
    { "/", false, root },
    { "/api", true, discovery },
    { "/apis", true, discovery },
    { "/version", true, version },
    { "/openapi/v2", false, openapi_v2 },
    { "/openapi/v3", true, openapi_v3 },
    { "/.well-known/openid-configuration", false, openid_configuration },
    { "/openid/v1/jwks", false, jwks },
    { "/metrics", false, metrics },
    { "/cubeadm/export", false, export_objects },
};

int api_nonresource(struct api_call *c, struct api_status *st)
{
    const char *path = c->path.path;
    if (strcmp(c->method, "GET") != 0 && strcmp(c->method, "HEAD") != 0)
        return api_fail(st, 405, "MethodNotAllowed", "%s takes only GET", path);
    for (size_t i = 0; i < CU_LEN(PAGES); i++) {
        size_t n = strlen(PAGES[i].path);
        if (strcmp(path, PAGES[i].path) == 0 ||
            (PAGES[i].below && strncmp(path, PAGES[i].path, n) == 0 && path[n] == '/')) {
            PAGES[i].answer(c);
            return 0;
        }
    }
    if (!api_health(c))
        api_answer_not_found_page(c);
    return 0;
}
