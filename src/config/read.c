/* A configuration file as documents with their kinds; checks that come before decoding (spec config 10, 11).
 * Must not know what a kind means. */
#include "config/read.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include <string.h>

#define STRICT_TEXT                                                                                          \
    "error unmarshaling configuration schema.GroupVersionKind{Group:\"%s\", Version:\"%s\", Kind:\"%s\"}: "  \
    "strict decoding error: %s"

static char *scalar(const struct val *v)
{
    if (val_kind(v) == VAL_NULL || val_is_map(v) || val_is_list(v))
        return cu_strdup("");
    return val_str(v) ? cu_strdup(val_str(v)) : val_dump_json(v, VAL_JSON_COMPACT);
}

static enum cfg_kind_id kind_by_name(const char *name)
{
    for (int i = 0; i < CFG_KIND_COUNT; i++)
        if (cu_streq(cfg_kinds[i].kind, name))
            return (enum cfg_kind_id)i;
    return CFG_KIND_COUNT;
}

static void identify(struct cfg_source *s)
{
    cu_autofree char *api_version = scalar(val_get(s->doc->root, "apiVersion"));
    const char *slash = strchr(api_version, '/');

    s->kind = scalar(val_get(s->doc->root, "kind"));
    s->group = slash ? cu_strndup(api_version, (size_t)(slash - api_version)) : cu_strdup("");
    s->version = cu_strdup(slash ? slash + 1 : api_version);
    s->gvk = cu_asprintf("%s/%s, Kind=%s", s->group, s->version, s->kind);
    s->id = kind_by_name(s->kind);
    if (s->id == CFG_KIND_COUNT || !cu_streq(cfg_kinds[s->id].group, s->group))
        return;
    for (size_t i = 0; cfg_kinds[s->id].versions[i]; i++)
        s->known |= cu_streq(cfg_kinds[s->id].versions[i], s->version);
    s->api = s->known && cu_streq(s->version, "v1beta3") ? CFG_V1BETA3 : CFG_V1BETA4;
}

static int by_gvk(const void *a, const void *b)
{
    const struct cfg_source *x = a, *y = b;
    return strcmp(x->gvk, y->gvk);
}

/* Every document names group, version and kind, and no kind comes twice. */
static void check_kinds(const struct cfg_file *f, struct cfg_errors *e)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct cfg_source *s = &f->v[i];
        if (!*s->group && *s->version && *s->kind) {
            cfg_errors_say(
                e, CFG_ERR_NO_KIND, "",
                "line %u: apiVersion %s, kind %s is no configuration of kubeadm's; it "
                "reads such as \"apiVersion: kubeadm.k8s.io/v1beta4\" and \"kind: ClusterConfiguration\"",
                s->doc->first_line, s->version, s->kind);
            continue;
        }
        if (!*s->group || !*s->version || !*s->kind || strchr(s->version, '/')) {
            cfg_errors_say(e, CFG_ERR_NO_KIND, "",
                           "line %u: a document needs apiVersion and kind, such as \"apiVersion: "
                           "kubeadm.k8s.io/v1beta4\" "
                           "and \"kind: ClusterConfiguration\"; this one is \"%s\"",
                           s->doc->first_line, s->gvk);
            continue;
        }
        for (size_t k = 0; k < i; k++) {
            if (cu_streq(f->v[k].kind, s->kind)) {
                cfg_errors_say(e, CFG_ERR_TWICE, "",
                               "lines %u and %u: kind %s stands in two documents; keep one",
                               f->v[k].doc->first_line, s->doc->first_line, s->kind);
                break;
            }
        }
    }
}

int cfg_file_open(const char *path, const char *text, struct cfg_file *f, struct cfg_errors *e,
                  struct cu_err *err)
{
    cu_autoerr struct cu_err bad = CU_ERR_INIT;
    size_t n = 0;
    int r;

    if (text) {
        f->text = cu_strdup(text);
        n = strlen(text);
    } else {
        r = cu_file_read(path, LIM_CONFIG_FILE, &f->text, &n, err);
        if (r < 0)
            return r;
    }
    if (codec_yaml_read(f->text, n, 0, &f->docs, &bad) < 0) {
        cfg_errors_say(e, CFG_ERR_SYNTAX, "", "%s", cu_err_text(&bad));
        return 0;
    }
    f->v = cu_calloc(f->docs.n + 1, sizeof(*f->v));
    for (size_t i = 0; i < f->docs.n; i++) {
        f->v[f->n].doc = &f->docs.v[i];
        identify(&f->v[f->n++]);
    }
    check_kinds(f, e);
    if (f->n)
        qsort(f->v, f->n, sizeof(*f->v), by_gvk);
    return 0;
}

void cfg_file_clear(struct cfg_file *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->v[i].group);
        free(f->v[i].version);
        free(f->v[i].kind);
        free(f->v[i].gvk);
    }
    free(f->v);
    codec_docs_clear(&f->docs);
    cu_free_secret(f->text); /* may hold tokens and keys */
    *f = (struct cfg_file)CFG_FILE_INIT;
}

const struct cfg_source *cfg_file_find(const struct cfg_file *f, enum cfg_kind_id id)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].id == id)
            return &f->v[i];
    return NULL;
}

/* API versions read no more, and the last kubeadm that read them (spec config 11.1). */
static const struct old_version {
    const char *version, *kubeadm;
} old_versions[] = {
    { "v1alpha1", "v1.11" }, { "v1alpha2", "v1.12" }, { "v1alpha3", "v1.14" },
    { "v1beta1", "v1.15" },  { "v1beta2", "v1.22" },
};

/* Kinds upstream's programs know beside those of a kubeadm file; no command reads them (spec config 1). */
bool cfg_is_foreign_kind(const struct cfg_source *s)
{
    static const char *const kinds[] = { "CredentialProviderConfig", "ImagePullIntent", "ImagePulledRecord",
                                         "SerializedNodeConfigSource" };
    const struct cfg_kind *kubelet = &cfg_kinds[CFG_KIND_KUBELET];

    for (size_t i = 0; i < CU_LEN(kinds); i++)
        if (cu_streq(s->kind, kinds[i]))
            return cu_streq(s->group, kubelet->group) && cu_streq(s->version, kubelet->versions[0]);
    return false;
}

bool cfg_is_old_version(const struct cfg_source *s)
{
    for (size_t i = 0; cu_streq(s->group, CFG_GROUP) && i < CU_LEN(old_versions); i++)
        if (cu_streq(s->version, old_versions[i].version))
            return true;
    return false;
}

static bool check_version(const struct cfg_source *s, const struct cfg_load_options *o, struct cfg_errors *e)
{
    for (size_t i = 0; cfg_is_old_version(s) && i < CU_LEN(old_versions); i++) {
        if (cu_streq(s->version, old_versions[i].version)) {
            cfg_errors_say(e, CFG_ERR_OLD_VERSION, "",
                           "line %u: %s/%s (kind %s) is too old to be read; bring the file to a newer "
                           "version with `kubeadm "
                           "config migrate` of kubeadm %s first",
                           s->doc->first_line, s->group, s->version, s->kind, old_versions[i].kubeadm);
            return false;
        }
    }
    if (cu_streq(s->group, CFG_GROUP) && cu_streq(s->version, "v1beta3") && !o->quiet_deprecated &&
        o->warnings)
        cu_strlist_addf(
            o->warnings,
            "%s/%s (kind %s) is a deprecated API version; `kubeadm config migrate --old-config FILE "
            "--new-config NEW` writes the file anew in %s",
            s->group, s->version, s->kind, cfg_version_name(CFG_V1BETA4));
    return true;
}

/* All strict findings of a document as one warning, as upstream words it. */
static void warn_strict(const struct cfg_source *s, const struct cfg_load_options *o,
                        const struct cfg_errors *found)
{
    cu_autostrlist struct cu_strlist texts = CU_STRLIST_INIT;

    for (size_t i = 0; i < found->n; i++)
        cu_strlist_add(&texts, found->v[i].text);
    if (!o->warnings || !texts.n)
        return;
    cu_autofree char *all = cu_strlist_join(&texts, ", ");
    cu_strlist_addf(o->warnings, STRICT_TEXT, s->group, s->version, s->kind, all);
}

/* Duplicate keys and unknown fields go to found, values of a wrong type to types. */
static void check_content(const struct cfg_source *s, struct cfg_errors *found, struct cfg_errors *types)
{
    for (size_t i = 0; i < s->doc->n_dups && found->n < CFG_MAX_FINDINGS; i++) {
        const struct codec_dup *d = &s->doc->dups[i];
        cfg_errors_say(found, CFG_ERR_DUPLICATE_KEY, d->path,
                       "line %u, column %u: key \"%s\" already set in map", d->at.line, d->at.column, d->key);
    }
    cfg_check_object(cfg_kinds[s->id].object, s->doc->root, s->api, s->doc, found, types);
}

void cfg_source_check(const struct cfg_source *s, bool used, const struct cfg_load_options *o,
                      struct cfg_errors *e)
{
    cfg_autoerrors struct cfg_errors found = CFG_ERRORS_INIT;
    cfg_autoerrors struct cfg_errors fatal = CFG_ERRORS_INIT;

    if (!check_version(s, o, e))
        return;
    if (s->known)
        check_content(s, &found, &fatal);
    else
        cfg_errors_say(&fatal, CFG_ERR_UNKNOWN_KIND, "",
                       "line %u: no kind \"%s\" is registered for version \"%s/%s\"", s->doc->first_line,
                       s->kind, s->group, s->version);
    if (!o->strict)
        warn_strict(s, o, fatal.n ? &fatal : &found);
    if (fatal.n && (o->strict || used))
        cfg_errors_move(e, &fatal);
    else if (o->strict)
        cfg_errors_move(e, &found);
}
