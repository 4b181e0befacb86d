/* apiserver/call.c - a request's query, options and body.
 * Must not know what is done with them. */
#include "apiserver/call.h"
#include "apiserver/fields.h"
#include "apiserver/protobuf.h"
#include "base/str.h"
#include "codec/yaml.h"
#include <string.h>
#include <strings.h>

void api_call_free(struct api_call *c)
{
    if (!c)
        return;
    api_path_clear(&c->path);
    http_query_clear(&c->query);
    api_user_clear(&c->user);
    cu_strlist_clear(&c->warnings);
    free(c->wanted_name);
    free(c);
}

void api_call_end(struct api_call *c, int result, struct api_status *st)
{
    if (result < 0)
        api_answer_status(c, st);
    if (result != API_KEPT)
        api_call_free(c);
}

const char *api_query(const struct api_call *c, const char *name)
{
    return cu_or(http_query_get(&c->query, name), "");
}

bool api_query_bool(const struct api_call *c, const char *name, bool fallback)
{
    const char *text = http_query_get(&c->query, name);
    if (!text)
        return fallback;
    return !cu_strcaseeq(text, "false") && !cu_streq(text, "0"); /* Go's conversion of query values */
}

static bool printable(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return false;
    return true;
}

int api_write_options(struct api_call *c, const char *kind, struct api_status *st)
{
    struct api_invalid e = API_INVALID_INIT;
    const char *dry = http_query_get(&c->query, "dryRun"), *manager = api_query(c, "fieldManager");
    const char *strict = api_query(c, "fieldValidation");
    if (dry && !cu_streq(dry, "All"))
        api_invalid_add(&e, "FieldValueNotSupported", "dryRun",
                        "Unsupported value: [\"%s\"]: supported values: \"All\"", dry);
    c->dry_run = dry && cu_streq(dry, "All");
    if (strlen(manager) > 128)
        api_invalid_add(&e, "FieldValueTooLong", "fieldManager", "Too long: may not be more than 128 bytes");
    else if (!printable(manager))
        api_invalid_add(&e, "FieldValueInvalid", "fieldManager",
                        "Invalid value: \"%s\": should only contain printable characters", manager);
    if (cu_streq(strict, "Strict"))
        c->strict = API_STRICT;
    else if (cu_streq(strict, "Ignore"))
        c->strict = API_IGNORE;
    else if (cu_streq(strict, "Warn") || !*strict)
        c->strict = API_WARN;
    else
        api_invalid_add(&e, "FieldValueNotSupported", "fieldValidation",
                        "Unsupported value: \"%s\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
                        strict);
    return api_invalid_finish(&e, st, kind, "meta.k8s.io", "");
}

struct api_write api_write_of(const struct api_call *c, const char *name)
{
    return (struct api_write){ .r = c->path.r,
                               .sub = c->path.sub,
                               .ns = c->path.r->namespaced ? c->path.ns : "",
                               .name = name,
                               .user = &c->user,
                               .now_ms = c->now_ms };
}

enum body_type { BODY_JSON, BODY_YAML, BODY_PROTOBUF, BODY_OTHER };

static enum body_type body_type(const char *content_type)
{
    if (cu_is_empty(content_type))
        return BODY_JSON;
    cu_autofree char *media = cu_strndup(content_type, strcspn(content_type, ";"));
    cu_autofree char *trimmed = cu_trim(media);
    if (strcasecmp(trimmed, "application/json") == 0)
        return BODY_JSON;
    if (strcasecmp(trimmed, "application/yaml") == 0)
        return BODY_YAML;
    if (strcasecmp(trimmed, API_PROTOBUF_CONTENT_TYPE) == 0)
        return BODY_PROTOBUF;
    return BODY_OTHER;
}

int api_body(struct api_call *c, struct val **out, bool *typed, struct api_status *st)
{
    size_t n = 0;
    const char *body = http_request_body(c->http, &n), *type = http_request_header(c->http, "Content-Type");
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    enum body_type kind = body_type(type);
    struct val *v = NULL;
    int failed = 0;
    if (typed)
        *typed = kind == BODY_PROTOBUF;
    *out = NULL;
    if (kind == BODY_OTHER)
        return api_fail(
            st, 415, "UnsupportedMediaType",
            "the body has the media type \"%s\"; accepted are application/json, application/yaml and "
            "application/vnd.kubernetes.protobuf",
            type);
    if (n == 0)
        return 0;
    if (kind == BODY_PROTOBUF)
        failed = api_protobuf_decode((const uint8_t *)body, n, &v, &err);
    else if (kind == BODY_YAML)
        failed = codec_yaml_parse(body, n, &v, &err);
    else
        failed = val_parse_json(body, n, &v, &err);
    if (failed < 0)
        return api_fail_bad_request(st, "the body could not be read: %s", cu_err_text(&err));
    *out = v;
    return 0;
}

int api_fit(struct api_call *c, const char *group, const char *version, const char *kind, struct val *obj,
            struct api_status *st)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autostrlist struct cu_strlist unknown = CU_STRLIST_INIT;
    if (api_conform(group, version, kind, obj, &unknown, &err) < 0)
        return api_fail_bad_request(st, "%s in version \"%s\" cannot be handled as a %s: %s", kind, version,
                                    kind, cu_err_text(&err));
    cu_autostrlist struct cu_strlist texts = CU_STRLIST_INIT;
    for (size_t i = 0; i < unknown.n; i++)
        cu_strlist_addf(&texts, "unknown field \"%s\"", unknown.v[i]);
    if (c->strict == API_STRICT && texts.n) {
        cu_autofree char *all = cu_strlist_join(&texts, ", ");
        return api_fail_bad_request(
            st, "%s in version \"%s\" cannot be handled as a %s: strict decoding error: %s", kind, version,
            kind, all);
    }
    if (c->strict == API_WARN)
        cu_strlist_copy(&c->warnings, &texts);
    return 0;
}

static int check_kind(const struct val *v, const char *group, const char *version, const char *kind,
                      struct api_status *st)
{
    cu_autofree char *want = *group ? cu_asprintf("%s/%s", group, version) : cu_strdup(version);
    const char *has_kind = val_get_str(v, "kind"), *has_version = val_get_str(v, "apiVersion");
    if ((has_kind && *has_kind && strcmp(has_kind, kind) != 0) ||
        (has_version && *has_version && strcmp(has_version, want) != 0))
        return api_fail_bad_request(
            st, "the body is of apiVersion \"%s\" and kind \"%s\"; here belongs \"%s\", \"%s\"",
            cu_or(has_version, ""), cu_or(has_kind, ""), want, kind);
    return 0;
}

int api_body_object(struct api_call *c, const char *group, const char *version, const char *kind,
                    struct val **out, struct api_status *st)
{
    cu_autoval struct val *v = NULL;
    bool typed = false;
    if (api_body(c, &v, &typed, st) < 0)
        return -1;
    if (!val_is_map(v))
        return api_fail_bad_request(st, v ? "the body is not an object" : "the request needs a body");
    if (check_kind(v, group, version, kind, st) < 0)
        return -1;
    val_set_str(v, "kind", kind);
    val_set(v, "apiVersion", *group ? val_new_strf("%s/%s", group, version) : val_new_str(version));
    if (!typed && api_fit(c, group, version, kind, v, st) < 0)
        return -1;
    *out = cu_steal(&v);
    return 0;
}
