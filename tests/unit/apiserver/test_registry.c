/* Objects in memory over the store: writes, order, conflicts, changes told and told again, restart. */
#include "apiserver/registry.h"
#include "base/buf.h"
#include "base/str.h"
#include "store/sqlite.h"
#include "test_util.h"
#include <inttypes.h>

struct fixture {
    char dir[64], *path;
    struct store *s;
    struct api_registry *g;
    const struct api_resource *pods, *nodes;
    char seen[4096];
    struct api_status st;
};

static void open_again(struct fixture *f)
{
    api_registry_close(f->g);
    store_close(f->s);
    assert_int_equal(store_sqlite_open(f->path, &f->s, NULL), 0);
    assert_int_equal(api_registry_open(f->s, "/registry", &f->g, NULL), 0);
}

static void setup(struct fixture *f)
{
    *f = (struct fixture){ .dir = "/tmp/registry-XXXXXX" };
    assert_non_null(mkdtemp(f->dir));
    f->path = cu_asprintf("%s/state.db", f->dir);
    open_again(f);
    f->pods = api_resource_find("", "v1", "pods");
    f->nodes = api_resource_find("", "v1", "nodes");
    assert_non_null(f->pods);
    assert_non_null(f->nodes);
}

static void teardown(struct fixture *f)
{
    api_registry_close(f->g);
    store_close(f->s);
    api_status_clear(&f->st);
    assert_int_equal(cu_rm_rf(f->dir, false, NULL), 0);
    free(f->path);
}

static struct val *pod(const char *ns, const char *name, const char *image)
{
    struct val *v = val_new_map(), *m = val_need_map(v, "metadata");
    val_set_str(m, "name", name);
    val_set_str(m, "namespace", ns);
    val_set_strf(m, "uid", "uid-%s-%s", ns, name);
    val_set_str(val_need_map(v, "spec"), "image", image);
    return v;
}

static struct api_object *create(struct fixture *f, const char *ns, const char *name)
{
    struct api_object *o = NULL;
    assert_int_equal(api_registry_create(f->g, f->pods, pod(ns, name, "a"), &o, &f->st), 0);
    assert_non_null(o);
    return o;
}

static void test_create_get(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    struct api_object *o = create(&f, "ns", "a");
    assert_string_equal(val_get_str(o->v, "kind"), "Pod");
    assert_string_equal(val_get_str(o->v, "apiVersion"), "v1");
    char rev[32];
    snprintf(rev, sizeof(rev), "%" PRId64, o->rev);
    assert_string_equal(val_find_str(o->v, "metadata", "resourceVersion", NULL), rev);
    assert_int_equal(o->rev, api_registry_revision(f.g));
    assert_ptr_equal(api_registry_get(f.g, f.pods, "ns", "a"), o);
    assert_ptr_equal(api_registry_by_uid(f.g, "uid-ns-a"), o);
    assert_null(api_registry_get(f.g, f.pods, "ns", "b"));
    assert_null(api_registry_get(f.g, f.nodes, "", "a"));
    assert_int_equal(api_registry_create(f.g, f.pods, pod("ns", "a", "b"), NULL, &f.st), -1);
    assert_int_equal(f.st.code, 409);
    assert_string_equal(val_get_str(f.st.body, "reason"), "AlreadyExists");
    assert_int_equal(api_registry_create(f.g, f.pods, pod("", "a", "b"), NULL, &f.st), -1);
    assert_int_equal(f.st.code, 400);
    teardown(&f);
}

static void test_update_delete(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    cu_autoobject struct api_object *first = api_object_ref(create(&f, "ns", "a"));
    struct api_object *o = NULL;
    assert_int_equal(api_registry_update(f.g, first, pod("ns", "a", "a"), &o, &f.st), 0);
    assert_ptr_equal(o, first); /* nothing to write */
    assert_int_equal(api_registry_update(f.g, first, pod("ns", "a", "b"), &o, &f.st), 0);
    assert_true(o->rev > first->rev);
    assert_int_equal(api_registry_update(f.g, first, pod("ns", "a", "c"), NULL, &f.st), -1);
    assert_int_equal(f.st.code, 409);
    assert_string_equal(val_get_str(f.st.body, "reason"), "Conflict");
    assert_int_equal(api_registry_update(f.g, o, pod("ns", "other", "c"), NULL, &f.st), -1);
    assert_int_equal(f.st.code, 400);
    assert_int_equal(api_registry_delete(f.g, first, NULL, &f.st), -1);
    assert_int_equal(f.st.code, 409);
    cu_autoobject struct api_object *last = NULL;
    int64_t before = o->rev;
    assert_int_equal(api_registry_delete(f.g, o, &last, &f.st), 0);
    assert_true(last->rev > before);
    assert_string_equal(val_find_str(last->v, "spec", "image", NULL), "b");
    assert_int_equal(api_registry_delete(f.g, last, NULL, &f.st), -1);
    assert_int_equal(f.st.code, 404);
    assert_null(api_registry_by_uid(f.g, "uid-ns-a"));
    teardown(&f);
}

static char *names(struct fixture *f, const char *ns)
{
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    while ((o = api_registry_next(f->g, f->pods, ns, &w)))
        cu_buf_addf(&b, "%s ", o->key);
    return cu_strdup(cu_buf_str(&b));
}

static void test_walk(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    static const char *const keys[][2] = {
        { "b", "x" }, { "a", "z" }, { "a-b", "m" }, { "a", "b" }, { "a", "c" }
    };
    for (size_t i = 0; i < CU_LEN(keys); i++)
        create(&f, keys[i][0], keys[i][1]);
    cu_autofree char *all = names(&f, NULL), *one = names(&f, "a"), *none = names(&f, "c");
    assert_string_equal(all, "a-b/m a/b a/c a/z b/x ");
    assert_string_equal(one, "a/b a/c a/z ");
    assert_string_equal(none, "");
    /* deleting what was just visited, and creating, does not disturb the walk */
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;
    int n = 0;
    while ((o = api_registry_next(f.g, f.pods, "a", &w))) {
        assert_int_equal(api_registry_delete(f.g, o, NULL, &f.st), 0);
        create(&f, "Z", n++ ? n > 2 ? "3" : "2" : "1");
    }
    assert_int_equal(n, 3);
    cu_autofree char *rest = names(&f, NULL);
    assert_string_equal(rest, "Z/1 Z/2 Z/3 a-b/m b/x ");
    assert_int_equal(api_registry_count(f.g, f.pods), 5);
    teardown(&f);
}

static void see(void *arg, const struct api_change *c)
{
    struct fixture *f = arg;
    size_t n = strlen(f->seen);
    snprintf(f->seen + n, sizeof(f->seen) - n, "%c%s%s:%s ", "AMD"[c->type], c -> obj -> key,
             c -> prev ? "+" : "", cu_or(val_find_str(c->obj->v, "spec", "image", NULL), "-"));
    assert_int_equal(c->obj->rev, c->rev);
}

static void test_changes(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    int64_t start = api_registry_revision(f.g);
    struct api_subscription *pods = api_registry_subscribe(f.g, f.pods, see, &f);
    struct api_subscription *reviews = api_registry_subscribe(
        f.g, api_resource_find("authentication.k8s.io", "v1", "tokenreviews"), see, &f);
    create(&f, "ns", "a");
    struct api_object *o = create(&f, "ns", "b");
    int64_t mid = o->rev;
    assert_int_equal(api_registry_update(f.g, o, pod("ns", "b", "b"), &o, &f.st), 0);
    assert_int_equal(api_registry_delete(f.g, o, NULL, &f.st), 0);
    struct val *node = tu_json("{'metadata':{'name':'n','uid':'u'}}");
    assert_int_equal(api_registry_create(f.g, f.nodes, node, NULL, &f.st), 0);
    assert_string_equal(f.seen, "Ans/a:a Ans/b:a Mns/b+:b Dns/b+:b ");
    api_registry_unsubscribe(pods);
    api_registry_unsubscribe(reviews);
    create(&f, "ns", "c");
    assert_string_equal(f.seen, "Ans/a:a Ans/b:a Mns/b+:b Dns/b+:b ");
    f.seen[0] = '\0';
    assert_int_equal(api_registry_replay(f.g, f.pods, mid, see, &f, NULL), 0);
    assert_string_equal(f.seen, "Mns/b+:b Dns/b+:b Ans/c:a ");
    /* after a restart the store's log tells the same */
    open_again(&f);
    f.seen[0] = '\0';
    assert_int_equal(api_registry_replay(f.g, f.pods, start, see, &f, NULL), 0);
    assert_string_equal(f.seen, "Ans/a:a Ans/b:a Mns/b+:b Dns/b+:b Ans/c:a ");
    cu_autofree char *all = names(&f, NULL);
    assert_string_equal(all, "ns/a ns/c ");
    teardown(&f);
}

static void test_long_history(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    struct api_object *o = create(&f, "ns", "a");
    int64_t start = o->rev;
    for (int i = 0; i < 700; i++) {
        char image[16];
        snprintf(image, sizeof(image), "%d", i);
        assert_int_equal(api_registry_update(f.g, o, pod("ns", "a", image), &o, &f.st), 0);
    }
    for (int64_t after = start; after <= o->rev; after += 50) { /* from the log, then from memory */
        f.seen[0] = '\0';
        assert_int_equal(api_registry_replay(f.g, f.pods, after, see, &f, NULL), 0);
        char first[64];
        snprintf(first, sizeof(first), "Mns/a+:%" PRId64 " ", after - start);
        assert_true(after == o->rev || cu_has_prefix(f.seen, first));
    }
    teardown(&f);
}

static void test_create_all(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    create(&f, "ns", "b");
    struct val *v[] = { pod("ns", "a", "1"), pod("ns", "b", "2"), pod("ns", "c", "3") };
    const struct api_resource *r[] = { f.pods, f.pods, f.pods };
    assert_int_equal(api_registry_create_all(f.g, r, v, 3, &f.st), 0);
    cu_autofree char *all = names(&f, "ns");
    assert_string_equal(all, "ns/a ns/b ns/c ");
    assert_string_equal(val_find_str(api_registry_get(f.g, f.pods, "ns", "b")->v, "spec", "image", NULL),
                        "a");
    teardown(&f);
}

/* v1 Pod {metadata: {name: pb, namespace: ns}} as the real server writes it */
#define PROTOBUF "k8s\0\x0a\x09\x0a\x02v1\x12\x03Pod\x12\x0a\x0a\x08\x0a\x02pb\x1a\x02ns"

static void test_foreign_values(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    struct store_item items[] = {
        { "/registry/pods/ns/good", "{\"metadata\":{\"name\":\"good\",\"namespace\":\"ns\",\"uid\":\"1\"}}",
          0 },
        { "/registry/pods/ns/noise", "k8s?", 4 },
        { "/registry/pods/ns/other", "{\"metadata\":{\"name\":\"x\",\"namespace\":\"ns\"}}", 0 },
        { "/registry/pods/ns/pb", PROTOBUF, sizeof(PROTOBUF) - 1 },
        { "/registry/unknown/x", "{}", 2 },
        { "/elsewhere", "{}", 2 },
    };
    for (size_t i = 0; i < CU_LEN(items); i++)
        if (!items[i].n)
            items[i].n = strlen(items[i].value);
    int64_t rev = 0;
    assert_int_equal(store_create_all(f.s, items, CU_LEN(items), &rev, NULL), 0);
    assert_int_equal(store_pump(f.s, rev, NULL), 0);
    cu_autofree char *live = names(&f, NULL);
    assert_string_equal(live, "ns/good ns/pb ");
    open_again(&f);
    cu_autofree char *loaded = names(&f, NULL);
    assert_string_equal(loaded, "ns/good ns/pb ");
    teardown(&f);
}

static void test_shared_prefix(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    const struct api_resource *core = api_resource_find("", "v1", "events");
    const struct api_resource *events = api_resource_find("events.k8s.io", "v1", "events");
    struct val *v = tu_json("{'metadata':{'name':'e','namespace':'ns','uid':'u'},'message':'hi'}");
    assert_int_equal(api_registry_create(f.g, events, v, NULL, &f.st), 0);
    struct api_object *o = api_registry_get(f.g, core, "ns", "e");
    assert_non_null(o);
    assert_ptr_equal(o, api_registry_get(f.g, events, "ns", "e"));
    assert_string_equal(val_get_str(o->v, "apiVersion"), "v1");
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_get),     cmocka_unit_test(test_update_delete),
        cmocka_unit_test(test_walk),           cmocka_unit_test(test_changes),
        cmocka_unit_test(test_long_history),   cmocka_unit_test(test_create_all),
        cmocka_unit_test(test_foreign_values), cmocka_unit_test(test_shared_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
