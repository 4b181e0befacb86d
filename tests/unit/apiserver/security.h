/* tests/unit/apiserver/security.h - a registry with the startup objects, and users, for tests of who may do what. */
#ifndef TESTS_APISERVER_SECURITY_H
#define TESTS_APISERVER_SECURITY_H

#include "apiserver/admission.h"
#include "apiserver/authn.h"
#include "apiserver/authz.h"
#include "apiserver/options.h"
#include "apiserver/registry.h"
#include "apiserver/startup.h"
#include "base/encode.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "store/sqlite.h"
#include "test_util.h"

struct world {
    char dir[64];
    char *db;
    struct store *store;
    struct api_registry *g;
    struct api_options opt;
    struct api_authz *z;
    struct api_admission *ad;
    struct api_status st;
};

static inline void world_open(struct world *w)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    *w = (struct world){ .dir = "/tmp/security-XXXXXX" };
    assert_non_null(mkdtemp(w->dir));
    w->db = cu_asprintf("%s/state.db", w->dir);
    assert_int_equal(store_sqlite_open(w->db, &w->store, NULL), 0);
    assert_int_equal(api_registry_open(w->store, "/registry", &w->g, NULL), 0);
    cu_strlist_add(&w->opt.authorization_mode, "Node");
    cu_strlist_add(&w->opt.authorization_mode, "RBAC");
    cu_strlist_add(&w->opt.enable_admission_plugins, "NodeRestriction");
    cu_strlist_add(&w->opt.service_cluster_ip_range, "10.96.0.0/12");
    assert_true(cu_cidr_parse("10.96.0.0/12", &w->opt.service_cidrs[0]));
    w->opt.n_service_cidrs = 1;
    w->opt.advertise_address = cu_strdup("10.0.0.1");
    if (api_startup_objects(w->g, &w->opt, 6443, cu_now_ms(), &err) < 0)
        fail_msg("%s", cu_err_text(&err));
    assert_int_equal(api_authz_new(&w->opt.authorization_mode, w->g, &w->z, NULL), 0);
    w->ad = api_admission_new(&w->opt, w->g, w->z);
}

static inline void world_close(struct world *w)
{
    api_admission_free(w->ad);
    api_authz_free(w->z);
    api_registry_close(w->g);
    store_close(w->store);
    api_options_clear(&w->opt);
    api_status_clear(&w->st);
    assert_int_equal(cu_rm_rf(w->dir, false, NULL), 0);
    free(w->db);
}

/* Stores an object given as JSON with ' for ", kind and apiVersion included. Borrowed. */
static inline struct api_object *world_put(struct world *w, const char *json)
{
    struct val *v = tu_json(json);
    const char *gv = val_get_str(v, "apiVersion"), *slash = strchr(gv, '/');
    cu_autofree char *group = slash ? cu_strndup(gv, (size_t)(slash - gv)) : cu_strdup("");
    const struct api_resource *r =
        api_resource_by_kind(group, slash ? slash + 1 : gv, val_get_str(v, "kind"));
    struct api_object *o = NULL;
    assert_non_null(r);
    api_registry_stamp(r, v);
    if (api_registry_create(w->g, r, v, &o, &w->st) < 0)
        fail_msg("%s", val_get_str(w->st.body, "message"));
    return o;
}

static inline struct api_user user(const char *name, const char *groups)
{
    struct api_user u = { .name = cu_strdup(name), .authenticated = true };
    cu_strlist_split(&u.groups, groups, ',');
    return u;
}

/* "verb resource[/sub][@group] [ns/]name [field selector]" or "verb /path"; "-" for no name. */
struct ask {
    struct api_attributes a;
    struct cu_strlist parts, res, where;
};

static inline void ask_parse(struct ask *q, const char *text, const struct api_user *u)
{
    *q = (struct ask){ 0 };
    cu_strlist_split(&q->parts, text, ' ');
    assert_true(q->parts.n >= 2);
    q->a = (struct api_attributes){ .user = u,
                                    .verb = q->parts.v[0],
                                    .path = "",
                                    .group = "",
                                    .version = "v1",
                                    .resource = "",
                                    .subresource = "",
                                    .ns = "",
                                    .name = "",
                                    .field_selector = "",
                                    .label_selector = "" };
    if (q->parts.v[1][0] == '/') {
        q->a.path = q->parts.v[1];
        return;
    }
    char *at = strchr(q->parts.v[1], '@');
    if (at) {
        *at = '\0';
        q->a.group = at + 1;
    }
    q->a.resource_request = true;
    cu_strlist_split(&q->res, q->parts.v[1], '/');
    q->a.resource = q->res.v[0];
    q->a.subresource = q->res.n > 1 ? q->res.v[1] : "";
    const char *where = q->parts.n > 2 ? q->parts.v[2] : "-";
    if (cu_streq(q->a.resource, "signers")) /* cluster scope, and their names hold slashes */
        cu_strlist_add(&q->where, where);
    else
        cu_strlist_split(&q->where, where, '/');
    if (q->where.n > 1)
        q->a.ns = q->where.v[0];
    const char *name = q->where.v[q->where.n - 1];
    q->a.name = cu_streq(name, "-") ? "" : name;
    q->a.field_selector = q->parts.n > 3 ? q->parts.v[3] : "";
}

static inline void ask_clear(struct ask *q)
{
    cu_strlist_clear(&q->parts);
    cu_strlist_clear(&q->res);
    cu_strlist_clear(&q->where);
}

static inline bool may(struct world *w, const struct api_user *u, const char *text)
{
    struct ask q;
    ask_parse(&q, text, u);
    bool yes = api_authorize(w->z, &q.a, NULL);
    ask_clear(&q);
    return yes;
}

#endif
