/* Strategic merge patch (spec config-api 20.5, apiserver 3.8).
 * Must not know single kinds: which lists merge is in the table it is handed. */
#include "base/str.h"
#include "codec/internal.h"
#include "codec/patch.h"
#include <string.h>

#define PATCH "$patch"
#define RETAIN_KEYS "$retainKeys"
#define ELEMENT_ORDER "$setElementOrder/"
#define DELETE_FROM "$deleteFromPrimitiveList/"

static bool is_directive(const char *key)
{
    return strcmp(key, PATCH) == 0 || strcmp(key, RETAIN_KEYS) == 0 || cu_has_prefix(key, ELEMENT_ORDER) ||
           cu_has_prefix(key, DELETE_FROM);
}

static const struct codec_merge_field *field_of(const struct codec_merge_type *type, const char *name)
{
    static const struct codec_merge_field plain = { NULL, CODEC_MERGE_NONE, NULL, NULL };
    for (const struct codec_merge_field *f = type ? type->fields : NULL; f && f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return &plain;
}

/* The value of directive `prefix<field>` in a patch map; NULL when absent. */
static const struct val *directive(const struct val *patch, const char *prefix, const char *field)
{
    cu_autofree char *key = cu_asprintf("%s%s", prefix, field);
    return val_get(patch, key);
}

/* A patch value that meets nothing to merge with: directives, null members and deleted elements fall away. */
static struct val *stripped(const struct val *patch)
{
    if (val_is_map(patch)) {
        struct val *result = val_new_map(), *child;
        const char *key;
        struct val_iter it = VAL_ITER_INIT;
        while (val_next(patch, &it, &key, &child))
            if (!is_directive(key) && val_kind(child) != VAL_NULL)
                val_set(result, key, stripped(child));
        return result;
    }
    if (val_is_list(patch)) {
        struct val *result = val_new_list();
        for (size_t i = 0; i < val_len(patch); i++) {
            const struct val *item = val_at(patch, i);
            if (!val_get_str(item, PATCH))
                val_append(result, stripped(item));
        }
        return result;
    }
    return val_copy(patch);
}

static bool has(const struct val *list, const struct val *item)
{
    for (size_t i = 0; i < val_len(list); i++)
        if (val_equal(val_at(list, i), item))
            return true;
    return false;
}

/* ---- lists ---- */

/* What identifies an element: the value of its merge key, or itself in a list of scalars. */
static const struct val *identity(const struct val *item, const char *key)
{
    return key && val_is_map(item) ? val_get(item, key) : item;
}

/* Position of the element with that identity; the length of the list when there is none. */
static size_t position(const struct val *list, const struct val *id, const char *key)
{
    size_t i = 0;
    while (i < val_len(list) && !val_equal(identity(val_at(list, i), key), id))
        i++;
    return i;
}

static int merge_map(const struct val *doc, const struct val *patch, const struct codec_merge_type *type,
                     struct val **out, struct cu_err *err);

/* Merges one element of the patch into `result`. */
static int merge_item(struct val *result, const struct val *item, const struct codec_merge_field *field,
                      struct cu_err *err)
{
    size_t at = position(result, identity(item, field->key), field->key);
    struct val *merged = NULL;
    if (at == val_len(result)) {
        val_append(result, stripped(item));
        return 0;
    }
    if (!val_is_map(item))
        return 0;
    int rc = merge_map(val_at(result, at), item, field->child, &merged, err);
    if (rc == 0)
        val_replace(result, at, merged);
    return rc;
}

/* Elements {$patch: delete, key: v} remove; {$patch: replace} makes the list the other elements of the patch. */
static int list_directives(struct val *result, const struct val *patch, const struct codec_merge_field *field,
                           bool *replaced, struct cu_err *err)
{
    for (size_t i = 0; i < val_len(patch); i++) {
        const struct val *item = val_at(patch, i);
        const char *how = val_get_str(item, PATCH);
        if (!how)
            continue;
        if (strcmp(how, "replace") == 0) {
            *replaced = true;
            continue;
        }
        if (strcmp(how, "delete") != 0)
            return cu_fail(err, CU_E_INVALID, "list %s: unknown %s: %s", field->name, PATCH, how);
        const struct val *id = field->key ? val_get(item, field->key) : NULL;
        if (!id)
            return cu_fail(err, CU_E_INVALID, "list %s: an element to delete has no %s", field->name,
                           field->key ? field->key : "merge key");
        for (size_t at; (at = position(result, id, field->key)) < val_len(result);)
            val_remove(result, at);
    }
    return 0;
}

/* The elements of `merged` in the order of the patch (or of $setElementOrder), with those only the document has
 * where they were before: such an element goes first only when it stood before the next one of the patch. */
static struct val *ordered(const struct val *merged, const struct val *order, const struct val *before,
                           const char *key)
{
    cu_autoval struct val *wanted = val_new_list(), *others = val_new_list();
    struct val *result = val_new_list();
    for (size_t i = 0; i < val_len(order); i++) {
        size_t at = position(merged, identity(val_at(order, i), key), key);
        if (at < val_len(merged) && position(wanted, identity(val_at(order, i), key), key) == val_len(wanted))
            val_append(wanted, val_ref(val_at(merged, at)));
    }
    for (size_t i = 0; i < val_len(merged); i++)
        if (position(order, identity(val_at(merged, i), key), key) == val_len(order))
            val_append(others, val_ref(val_at(merged, i)));
    size_t w = 0, o = 0;
    while (w < val_len(wanted) || o < val_len(others)) {
        size_t n = val_len(before);
        size_t at_wanted = w < val_len(wanted) ? position(before, identity(val_at(wanted, w), key), key) : n;
        size_t at_other = o < val_len(others) ? position(before, identity(val_at(others, o), key), key) : n;
        bool other_first = at_wanted < n && at_other < at_wanted;
        if (o < val_len(others) && (w == val_len(wanted) || other_first))
            val_append(result, val_ref(val_at(others, o++)));
        else
            val_append(result, val_ref(val_at(wanted, w++)));
    }
    return result;
}

/* The patch's elements must stand in $setElementOrder, in that order. */
static int check_order(const struct val *patch, const struct val *order,
                       const struct codec_merge_field *field, struct cu_err *err)
{
    size_t next = 0;
    if (!val_is_list(order))
        return cu_fail(err, CU_E_INVALID, "%s%s is not a list", ELEMENT_ORDER, field->name);
    for (size_t i = 0; field->key && i < val_len(order); i++)
        if (!val_get(val_at(order, i), field->key))
            return cu_fail(err, CU_E_INVALID, "%s%s: element %zu has no %s", ELEMENT_ORDER, field->name, i,
                           field->key);
    for (size_t i = 0; i < val_len(patch); i++) {
        const struct val *item = val_at(patch, i);
        if (val_get(item, PATCH))
            continue;
        const struct val *id = identity(item, field->key);
        while (next < val_len(order) && !val_equal(identity(val_at(order, next), field->key), id))
            next++;
        if (next == val_len(order))
            return cu_fail(err, CU_E_INVALID, "list %s is not in the order of %s%s", field->name,
                           ELEMENT_ORDER, field->name);
        next++;
    }
    return 0;
}

static int check_items(const struct val *patch, const struct codec_merge_field *field, struct cu_err *err)
{
    for (size_t i = 0; i < val_len(patch); i++) {
        const struct val *item = val_at(patch, i);
        if (!field->key && val_kind(item) != val_kind(val_at(patch, 0)))
            return cu_fail(err, CU_E_INVALID, "list %s: element %zu is a %s, not a %s as those before",
                           field->name, i, val_kind_name(item), val_kind_name(val_at(patch, 0)));
        if (field->key && !val_is_map(item))
            return cu_fail(err, CU_E_INVALID, "list %s: element %zu is a %s, not a map", field->name, i,
                           val_kind_name(item));
        if (field->key && !val_get(item, field->key) && !val_get(item, PATCH))
            return cu_fail(err, CU_E_INVALID, "list %s: element %zu has no %s, by which it is merged",
                           field->name, i, field->key);
    }
    return 0;
}

/* patch may be NULL (only ordering or deleting was asked for). */
static int merge_list(const struct val *doc, const struct val *patch, const struct val *parent,
                      const struct codec_merge_field *field, struct val **out, struct cu_err *err)
{
    cu_autoval struct val *result = val_copy(doc);
    const struct val *order = directive(parent, ELEMENT_ORDER, field->name);
    const struct val *drop = directive(parent, DELETE_FROM, field->name);
    bool replaced = false;
    int rc = check_items(patch, field, err);
    if (rc == 0 && !field->key && val_len(doc) > 0 && val_len(patch) > 0 &&
        val_kind(val_at(doc, 0)) != val_kind(val_at(patch, 0)))
        rc = cu_fail(err, CU_E_INVALID, "list %s: a %s cannot be added to elements of another kind",
                     field->name, val_kind_name(val_at(patch, 0)));
    if (rc == 0 && order)
        rc = check_order(patch, order, field, err);
    if (rc == 0)
        rc = list_directives(result, patch, field, &replaced, err);
    if (rc < 0)
        return rc;
    if (replaced) {
        *out = stripped(patch);
        return 0;
    }
    for (size_t i = val_len(result); i > 0; i--)
        if (has(drop, val_at(result, i - 1)))
            val_remove(result, i - 1);
    for (size_t i = 0; i < val_len(patch); i++) {
        const struct val *item = val_at(patch, i);
        if (cu_streq(val_get_str(item, PATCH), "delete"))
            continue;
        rc = merge_item(result, item, field, err);
        if (rc < 0)
            return rc;
    }
    *out = ordered(result, order ? order : patch, doc, field->key);
    return 0;
}

/* ---- maps ---- */

static int retain_keys(struct val *result, const struct val *patch, struct cu_err *err)
{
    const struct val *keep = val_get(patch, RETAIN_KEYS);
    const char *key;
    struct val *child;
    struct val_iter it = VAL_ITER_INIT;
    if (!keep)
        return 0;
    if (!val_is_list(keep))
        return cu_fail(err, CU_E_INVALID, "%s is not a list", RETAIN_KEYS);
    while (val_next(patch, &it, &key, &child)) {
        cu_autoval struct val *name = val_new_str(key);
        if (!is_directive(key) && val_kind(child) != VAL_NULL && !has(keep, name))
            return cu_fail(err, CU_E_INVALID, "%s does not name %s, which the patch sets", RETAIN_KEYS, key);
    }
    cu_autoval struct val *all = val_copy(result);
    it = (struct val_iter)VAL_ITER_INIT;
    while (val_next(all, &it, &key, NULL)) {
        cu_autoval struct val *name = val_new_str(key);
        if (!has(keep, name))
            val_del(result, key);
    }
    return 0;
}

static int merge_member(struct val *result, const char *key, const struct val *change,
                        const struct val *patch, const struct codec_merge_type *type, struct cu_err *err)
{
    const struct codec_merge_field *field = field_of(type, key);
    const struct codec_merge_field named = { key, field->strategy, field->key, field->child };
    const struct val *old = val_get(result, key);
    struct val *merged = NULL;
    int rc = 0;
    if (val_kind(change) == VAL_NULL) {
        val_del(result, key);
        return 0;
    }
    if (!old && val_get(change, PATCH)) /* upstream replaces and deletes only what is there */
        return 0;
    if (val_is_map(old) && val_is_map(change) && field->strategy != CODEC_MERGE_REPLACE)
        rc = merge_map(old, change, field->child, &merged, err);
    else if (val_is_list(old) && val_is_list(change) && field->strategy == CODEC_MERGE_LIST)
        rc = merge_list(old, change, patch, field, &merged, err);
    else if (!old && val_is_list(change) && field->strategy == CODEC_MERGE_LIST &&
             directive(patch, ELEMENT_ORDER, key))
        rc = check_order(change, directive(patch, ELEMENT_ORDER, key), &named, err);
    if (rc == 0 && !merged)
        merged = stripped(change);
    if (rc < 0)
        return cu_wrap(err, "%s", key);
    val_set(result, key, merged);
    return 0;
}

/* $setElementOrder and $deleteFromPrimitiveList for lists the patch does not mention otherwise. */
static int lone_directive(struct val *result, const char *key, const struct val *patch,
                          const struct codec_merge_type *type, struct cu_err *err)
{
    const char *name = strchr(key, '/') + 1;
    const struct val *old = val_get(result, name);
    const struct codec_merge_field *field = field_of(type, name);
    struct val *merged = NULL;
    if (val_get(patch, name) || !val_is_list(old))
        return 0;
    struct codec_merge_field as_named = *field;
    as_named.name = name;
    int rc = merge_list(old, NULL, patch, &as_named, &merged, err);
    if (rc == 0)
        val_set(result, name, merged);
    return rc;
}

static int merge_map(const struct val *doc, const struct val *patch, const struct codec_merge_type *type,
                     struct val **out, struct cu_err *err)
{
    const char *how = val_get_str(patch, PATCH), *key;
    struct val *change;
    struct val_iter it = VAL_ITER_INIT;
    if (val_get(patch, PATCH) && !cu_streq(how, "replace") && !cu_streq(how, "delete"))
        return cu_fail(err, CU_E_INVALID, "unknown %s: %s", PATCH,
                       how ? how : val_kind_name(val_get(patch, PATCH)));
    if (how) {
        *out = strcmp(how, "replace") == 0 ? stripped(patch) : val_new_map();
        return 0;
    }
    cu_autoval struct val *result = val_copy(doc);
    int rc = retain_keys(result, patch, err);
    while (rc == 0 && val_next(patch, &it, &key, &change)) {
        if (!is_directive(key))
            rc = merge_member(result, key, change, patch, type, err);
        else if (cu_has_prefix(key, ELEMENT_ORDER) || cu_has_prefix(key, DELETE_FROM))
            rc = lone_directive(result, key, patch, type, err);
    }
    if (rc == 0)
        *out = cu_steal(&result);
    return rc;
}

int codec_patch_strategic(const struct val *doc, const struct val *patch, const struct codec_merge_type *type,
                          struct val **out, struct cu_err *err)
{
    if (!val_is_map(patch))
        return cu_fail(err, CU_E_INVALID, "a strategic merge patch is a map, not a %s", val_kind_name(patch));
    if (!val_is_map(doc)) {
        *out = stripped(patch);
        return 0;
    }
    return merge_map(doc, patch, type, out, err);
}
