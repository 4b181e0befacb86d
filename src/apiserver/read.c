/* apiserver/read.c - get and list, answered from memory.
 * Must not write. */
#include "apiserver/object.h"
#include "apiserver/query.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include <inttypes.h>
#include <string.h>

int api_get(struct api_call *c, struct api_status *st)
{
    const char *version = api_query(c, "resourceVersion");
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int64_t rev;
    if (*version && cu_parse_i64(version, 0, INT64_MAX, &rev, &err) < 0)
        return api_fail_bad_request(st, "resourceVersion: \"%s\": %s", version, cu_err_text(&err));
    struct api_object *o = api_registry_get(c->srv->registry, c->path.r, c->path.ns, c->path.name);
    if (!o)
        return api_fail_not_found(st, c->path.r, c->path.name);
    api_answer_object(c, 200, o);
    return 0;
}

/* A list in the making, in one of three forms. */
struct listing {
    struct api_call *c;
    const struct api_list_options *o;
    struct cu_buf items; /* JSON texts joined by commas; API_FORM_OBJECT */
    struct val *tree;    /* Table or list of partial objects */
    size_t n, rest;      /* objects taken; matching objects left out */
    char *last;          /* key of the last one taken */
};

static void take(struct listing *l, struct api_object *o)
{
    const struct api_resource *r = l->c->path.r;
    cu_autoval struct val *v = l->c->form == API_FORM_OBJECT && o->res == r ? NULL : api_present(r, o->v);
    l->n++;
    if (l->c->form == API_FORM_TABLE) {
        api_table_add(l->tree, r, v, l->c->include, l->c->now_ms);
    } else if (l->c->form == API_FORM_PARTIAL) {
        val_append(l->tree, api_partial_metadata(v));
    } else {
        cu_autoobject struct api_object *own = v ? api_object_new(r, v, o->rev) : api_object_ref(o);
        cu_buf_add(&l->items, l->n > 1 ? ",{" : "{");
        cu_buf_add(&l->items, api_object_json_item(own));
    }
}

static void visit(struct listing *l, struct api_object *o)
{
    if (l->o->start && strcmp(o->key, l->o->start) <= 0)
        return;
    if (!api_selects(l->o, l->c->path.r, o))
        return;
    if (l->o->limit > 0 && l->n >= (size_t)l->o->limit) {
        l->rest++;
        return;
    }
    take(l, o);
    if (l->o->limit > 0) {
        free(l->last);
        l->last = cu_strdup(o->key);
    }
}

static void visit_all(struct listing *l)
{
    const struct api_registry *g = l->c->srv->registry;
    const struct api_resource *r = l->c->path.r;
    if (l->o->name && (*l->o->ns || !r->namespaced)) {
        struct api_object *o = api_registry_get(g, r, l->o->ns, l->o->name);
        if (o)
            visit(l, o);
        return;
    }
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;
    while ((o = api_registry_next(g, r, l->o->ns, &w)))
        visit(l, o);
}

static struct val *list_metadata(const struct listing *l)
{
    struct val *m = val_new_map();
    int64_t now = api_registry_revision(l->c->srv->registry),
            rev = l->o->start_rev > 0 ? l->o->start_rev : now;
    val_set_strf(m, "resourceVersion", "%" PRId64, rev);
    if (l->rest > 0) {
        cu_autofree char *token = api_continue_token(l->last, rev);
        val_set_str(m, "continue", token);
        const char *path, *value;
        bool negated;
        if (!*api_query(l->c, "labelSelector") && !codec_fields_at(l->o->fields, 0, &path, &value, &negated))
            val_set_int(m, "remainingItemCount", (int64_t)l->rest);
    }
    return m;
}

static void answer(struct listing *l)
{
    struct api_call *c = l->c;
    const struct api_resource *r = c->path.r;
    cu_autoval struct val *metadata = list_metadata(l);
    if (c->form == API_FORM_TABLE) {
        val_set(l->tree, "metadata", val_ref(metadata));
        api_answer_json(c, 200, l->tree, NULL);
    } else if (c->form == API_FORM_PARTIAL) {
        cu_autoval struct val *list = val_new_map();
        val_set_str(list, "kind", "PartialObjectMetadataList");
        val_set_str(list, "apiVersion", "meta.k8s.io/v1");
        val_set(list, "metadata", val_ref(metadata));
        val_set(list, "items", val_ref(l->tree));
        api_answer_json(c, 200, list, NULL);
    } else {
        cu_autofree char *m = val_dump_json(metadata, VAL_JSON_COMPACT);
        api_answer_text(
            c, 200, "application/json",
            cu_asprintf("{\"kind\":\"%sList\",\"apiVersion\":\"%s%s%s\",\"metadata\":%s,\"items\":[%s]}",
                        r->kind, r->group, *r->group ? "/" : "", r->version, m, cu_buf_str(&l->items)));
    }
}

static int list_now(struct api_call *c, const struct api_list_options *o, struct api_status *st)
{
    struct listing l = { .c = c, .o = o, .items = CU_BUF_INIT(LIM_TEXT) };
    if (c->form == API_FORM_TABLE)
        l.tree = api_table_new(c->path.r, true);
    else if (c->form == API_FORM_PARTIAL)
        l.tree = val_new_list();
    visit_all(&l);
    int failed = 0;
    if (l.items.failed)
        failed = api_fail(st, 500, "InternalError",
                          "Internal error occurred: the list is larger than %d MiB; ask with limit=500",
                          LIM_TEXT / 1024 / 1024);
    else
        answer(&l);
    val_unref(l.tree);
    cu_buf_clear(&l.items);
    free(l.last);
    return failed;
}

int api_list(struct api_call *c, struct api_status *st)
{
    struct api_list_options o;
    int result = api_list_options(c, false, &o, st);
    if (result == 0)
        result = list_now(c, &o, st);
    api_list_options_clear(&o);
    return result;
}
