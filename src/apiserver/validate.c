/* Validation of what all objects have in common: names, labels, annotations, owners (spec apiserver 3.13), and what
 * must not change. Rules of single kinds are in validate_*.c. Must not change anything. */
#include "apiserver/validate_rules.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

struct api_path api_sub(const char *parent, const char *name)
{
    struct api_path p;
    snprintf(p.text, sizeof(p.text), "%s%s%s", parent, parent[0] ? "." : "", name);
    return p;
}

struct api_path api_index(const char *parent, const char *name, size_t i)
{
    struct api_path p;
    snprintf(p.text, sizeof(p.text), "%s%s%s[%zu]", parent, parent[0] ? "." : "", name, i);
    return p;
}

struct api_path api_key(const char *parent, const char *name, const char *key)
{
    struct api_path p;
    snprintf(p.text, sizeof(p.text), "%s%s%s[%s]", parent, parent[0] ? "." : "", name, key);
    return p;
}

static const char *colon(const char *detail)
{
    return detail[0] ? ": " : "";
}

void api_bad_value(struct api_invalid *e, const char *field, const char *value, const char *detail)
{
    api_invalid_add(e, "FieldValueInvalid", field, "Invalid value: \"%s\"%s%s", cu_or(value, ""),
                    colon(detail), detail);
}

void api_bad_number(struct api_invalid *e, const char *field, int64_t value, const char *detail)
{
    api_invalid_add(e, "FieldValueInvalid", field, "Invalid value: %lld%s%s", (long long)value, colon(detail),
                    detail);
}

void api_missing(struct api_invalid *e, const char *field, const char *detail)
{
    api_invalid_add(e, "FieldValueRequired", field, "Required value%s%s", colon(detail), detail);
}

void api_forbidden(struct api_invalid *e, const char *field, const char *detail)
{
    api_invalid_add(e, "FieldValueForbidden", field, "Forbidden%s%s", colon(detail), detail);
}

void api_duplicate(struct api_invalid *e, const char *field, const char *value)
{
    api_invalid_add(e, "FieldValueDuplicate", field, "Duplicate value: \"%s\"", cu_or(value, ""));
}

void api_not_found_value(struct api_invalid *e, const char *field, const char *value)
{
    api_invalid_add(e, "FieldValueNotFound", field, "Not found: \"%s\"", cu_or(value, ""));
}

void api_check_choice(struct api_invalid *e, const char *field, const char *value, const char *const *allowed)
{
    char list[256] = "";
    if (cu_is_empty(value)) {
        api_missing(e, field, "");
        return;
    }
    for (size_t i = 0; allowed[i]; i++) {
        if (cu_streq(allowed[i], value))
            return;
        size_t n = strlen(list);
        snprintf(list + n, sizeof(list) - n, "%s\"%s\"", i ? ", " : "", allowed[i]);
    }
    api_invalid_add(e, "FieldValueNotSupported", field, "Unsupported value: \"%s\": supported values: %s",
                    value, list);
}

void api_check_label_map(struct api_invalid *e, const char *field, const struct val *map)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *v;
    while (val_next(map, &it, &key, &v)) {
        if (!cu_is_qualified_name(key))
            api_bad_value(e, field, key,
                          "a label key is an optional DNS prefix with \"/\", then up to 63 letters, digits, "
                          "'-', '_' or '.'");
        if (!cu_is_label_value(cu_or(val_str(v), "")))
            api_bad_value(e, field, val_str(v),
                          "a label value is empty or up to 63 letters, digits, '-', '_' or '.', with a "
                          "letter or digit at both ends");
    }
}

void api_check_not_negative(struct api_invalid *e, const struct val *map, const char *parent, const char *key)
{
    int64_t n = val_get_int(map, key, 0);
    if (n < 0)
        api_bad_number(e, api_sub(parent, key).text, n, "must be greater than or equal to 0");
}

static bool expression_matches(const struct val *x, const struct val *labels)
{
    const char *op = val_get_str(x, "operator"), *key = val_get_str(x, "key");
    const char *have = key ? val_get_str(labels, key) : NULL;
    const struct val *values = val_get(x, "values");
    bool in = false;

    for (size_t i = 0; i < val_len(values) && have; i++)
        in = in || cu_streq(val_str(val_at(values, i)), have);
    if (cu_streq(op, "In"))
        return in;
    if (cu_streq(op, "NotIn"))
        return !in;
    if (cu_streq(op, "Exists"))
        return have != NULL;
    return cu_streq(op, "DoesNotExist") && !have;
}

bool api_selector_matches(const struct val *selector, const struct val *labels)
{
    const struct val *expressions = val_get(selector, "matchExpressions");
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *v;

    while (val_next(val_get(selector, "matchLabels"), &it, &key, &v)) {
        if (!cu_streq(val_get_str(labels, key), val_str(v)))
            return false;
    }
    for (size_t i = 0; i < val_len(expressions); i++) {
        if (!expression_matches(val_at(expressions, i), labels))
            return false;
    }
    return true;
}

enum name_rule { NAME_SUBDOMAIN, NAME_LABEL, NAME_LABEL_1035, NAME_SUBDOMAIN_63, NAME_SEGMENT };

static const struct name_row {
    const char *resource;
    enum name_rule rule;
} name_rows[] = {
    { "namespaces", NAME_LABEL },
    { "services", NAME_LABEL_1035 },
    { "jobs", NAME_SUBDOMAIN_63 },
    { "roles", NAME_SEGMENT },
    { "rolebindings", NAME_SEGMENT },
    { "clusterroles", NAME_SEGMENT },
    { "clusterrolebindings", NAME_SEGMENT },
    { "certificatesigningrequests", NAME_SEGMENT },
    { "ipaddresses", NAME_SEGMENT },
};

static bool is_path_segment(const char *s)
{
    return s[0] && !cu_streq(s, ".") && !cu_streq(s, "..") && !strpbrk(s, "/%");
}

/* NULL when the name is fine, else what is wrong with it. */
static const char *name_fault(const struct api_resource *r, const char *name)
{
    enum name_rule rule = NAME_SUBDOMAIN;
    for (size_t i = 0; i < CU_LEN(name_rows); i++) {
        if (cu_streq(name_rows[i].resource, r->resource))
            rule = name_rows[i].rule;
    }
    switch (rule) {
    case NAME_SUBDOMAIN:
    case NAME_SUBDOMAIN_63:
        if (!cu_is_dns_subdomain(name))
            return "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "
                   "or '.', and must start and end with an alphanumeric character";
        return rule == NAME_SUBDOMAIN_63 && strlen(name) > 63 ? "must be no more than 63 bytes" : NULL;
    case NAME_LABEL:
        return cu_is_dns_label(name)
                   ? NULL
                   : "a lowercase RFC 1123 label must consist of at most 63 lower case alphanumeric "
                     "characters or '-', and must start and end with an alphanumeric character";
    case NAME_LABEL_1035:
        return cu_is_dns_label(name) && name[0] >= 'a' && name[0] <= 'z'
                   ? NULL
                   : "a DNS-1035 label must consist of at most 63 lower case alphanumeric characters or '-', "
                     "start with a letter, and end with an alphanumeric character";
    case NAME_SEGMENT:
        return is_path_segment(name) ? NULL : "may not be \".\" or \"..\" nor contain \"/\" or \"%\"";
    }
    return NULL;
}

static void check_owners(struct api_invalid *e, const struct val *owners)
{
    static const char *const needed[] = { "apiVersion", "kind", "name", "uid" };
    size_t controllers = 0;
    for (size_t i = 0; i < val_len(owners); i++) {
        const struct val *o = val_at(owners, i);
        struct api_path path = api_index("metadata", "ownerReferences", i);
        for (size_t k = 0; k < CU_LEN(needed); k++) {
            if (cu_is_empty(val_get_str(o, needed[k])))
                api_missing(e, api_sub(path.text, needed[k]).text, "");
        }
        controllers += val_get_bool(o, "controller", false);
    }
    if (controllers > 1)
        api_bad_number(e, "metadata.ownerReferences", (int64_t)controllers,
                       "only one owner may be the controller");
}

static void check_annotations(struct api_invalid *e, const struct val *map)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *v;
    size_t total = 0;
    while (val_next(map, &it, &key, &v)) {
        cu_autofree char *lower = cu_lower(key);
        if (!cu_is_qualified_name(lower))
            api_bad_value(
                e, "metadata.annotations", key,
                "a key is an optional DNS prefix with \"/\", then up to 63 letters, digits, '-', '_' or '.'");
        total += strlen(key) + strlen(cu_or(val_str(v), ""));
    }
    if (total > 256 * 1024)
        api_invalid_add(e, "FieldValueTooLong", "metadata.annotations",
                        "Too long: may not be more than 262144 bytes");
}

static void check_finalizers(struct api_invalid *e, const struct val *old, const struct val *meta)
{
    const struct val *list = val_get(meta, "finalizers"),
                     *before = val_find(old, "metadata", "finalizers", NULL);
    for (size_t i = 0; i < val_len(list); i++) {
        const char *f = cu_or(val_str(val_at(list, i)), "");
        bool known = false;
        if (!cu_is_qualified_name(f))
            api_bad_value(e, "metadata.finalizers", f, "a finalizer is a name like a label key");
        for (size_t k = 0; k < val_len(before); k++)
            known = known || cu_streq(val_str(val_at(before, k)), f);
        if (old && !known && val_get(meta, "deletionTimestamp"))
            api_forbidden(e, "metadata.finalizers",
                          "no new finalizers can be added if the object is being deleted");
    }
}

static void check_metadata(const struct api_write *w, struct api_invalid *e, const struct val *old,
                           const struct val *obj)
{
    const struct val *meta = val_get(obj, "metadata");
    const char *name = cu_or(val_get_str(meta, "name"), "");
    const char *fault = name[0] ? name_fault(w->r, name) : NULL;

    if (!name[0])
        api_missing(e, "metadata.name", "name or generateName is required");
    else if (fault)
        api_bad_value(e, "metadata.name", name, fault);
    api_check_label_map(e, "metadata.labels", val_get(meta, "labels"));
    check_annotations(e, val_get(meta, "annotations"));
    check_owners(e, val_get(meta, "ownerReferences"));
    check_finalizers(e, old, meta);
}

/* What may never change once stored. */
static const struct fixed_row {
    const char *resource, *parent, *key;
} fixed_rows[] = {
    { "secrets", NULL, "type" },
    { "rolebindings", NULL, "roleRef" },
    { "clusterrolebindings", NULL, "roleRef" },
    { "priorityclasses", NULL, "value" },
    { "priorityclasses", NULL, "preemptionPolicy" },
    { "runtimeclasses", NULL, "handler" },
    { "storageclasses", NULL, "provisioner" },
    { "storageclasses", NULL, "parameters" },
    { "storageclasses", NULL, "reclaimPolicy" },
    { "storageclasses", NULL, "volumeBindingMode" },
    { "controllerrevisions", NULL, "data" },
    { "endpointslices", NULL, "addressType" },
    { "deployments", "spec", "selector" },
    { "daemonsets", "spec", "selector" },
    { "replicasets", "spec", "selector" },
    { "statefulsets", "spec", "selector" },
    { "statefulsets", "spec", "serviceName" },
    { "statefulsets", "spec", "podManagementPolicy" },
    { "statefulsets", "spec", "volumeClaimTemplates" },
    { "jobs", "spec", "selector" },
    { "jobs", "spec", "template" },
    { "jobs", "spec", "completionMode" },
    { "certificatesigningrequests", NULL, "spec" },
};

static const struct val *part(const struct val *obj, const struct fixed_row *row)
{
    return val_get(row->parent ? val_get(obj, row->parent) : obj, row->key);
}

static void check_fixed(const struct api_write *w, struct api_invalid *e, const struct val *old,
                        const struct val *obj)
{
    for (size_t i = 0; i < CU_LEN(fixed_rows); i++) {
        const struct fixed_row *row = &fixed_rows[i];
        if (!cu_streq(row->resource, w->r->resource) || val_equal(part(old, row), part(obj, row)))
            continue;
        struct api_path path = api_sub(row->parent ? row->parent : "", row->key);
        cu_autofree char *text = val_dump_json(part(obj, row), VAL_JSON_COMPACT);
        const char *why = cu_streq(row->key, "roleRef") ? "cannot change roleRef" : "field is immutable";
        api_invalid_add(e, "FieldValueInvalid", path.text, "Invalid value: %s: %s",
                        cu_streq(row->key, "data") ? "<data>" : text, why);
    }
}

static const struct kind_row {
    const char *resource;
    void (*check)(const struct api_write *w, struct api_invalid *e, const struct val *old,
                  const struct val *obj);
} kind_rows[] = {
    { "pods", api_check_pod },
    { "deployments", api_check_workload },
    { "daemonsets", api_check_workload },
    { "replicasets", api_check_workload },
    { "statefulsets", api_check_workload },
    { "replicationcontrollers", api_check_workload },
    { "jobs", api_check_workload },
    { "cronjobs", api_check_cronjob },
    { "roles", api_check_role },
    { "clusterroles", api_check_role },
    { "rolebindings", api_check_role_binding },
    { "clusterrolebindings", api_check_role_binding },
    { "certificatesigningrequests", api_check_csr },
    { "services", api_check_service },
};

static int validate(const struct api_write *w, const struct val *old, const struct val *obj,
                    struct api_status *s)
{
    struct api_invalid e = API_INVALID_INIT;
    bool known = false;

    check_metadata(w, &e, old, obj);
    if (old)
        check_fixed(w, &e, old, obj);
    for (size_t i = 0; i < CU_LEN(kind_rows); i++) {
        if (cu_streq(kind_rows[i].resource, w->r->resource)) {
            kind_rows[i].check(w, &e, old, obj);
            known = true;
        }
    }
    if (!known)
        api_check_kind(w, &e, old, obj);
    return api_invalid_finish(&e, s, w->r->kind, w->r->group,
                              cu_or(val_find_str(obj, "metadata", "name", NULL), ""));
}

int api_validate_create(const struct api_write *w, const struct val *obj, struct api_status *s)
{
    return validate(w, NULL, obj, s);
}

int api_validate_update(const struct api_write *w, const struct val *old, const struct val *obj,
                        struct api_status *s)
{
    return validate(w, old, obj, s);
}
