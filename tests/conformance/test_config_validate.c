/* `kubeadm config validate`: every recorded file, by exit code, field and kind of each error, and number of warnings. */
#include "config_cases.h"

#define FOLDER "config-print/validate"

/* The recordings' word for a finding: "field|type" where it has a field, else a class. */
static char *word(const struct cfg_error *e)
{
    static const struct {
        enum cfg_error_kind kind;
        const char *field; /* NULL: any */
        const char *word;
    } words[] = {
        { CFG_ERR_INVALID, NULL, "Invalid value" },
        { CFG_ERR_REQUIRED, NULL, "Required value" },
        { CFG_ERR_UNKNOWN_FIELD, NULL, "unknown field" },
        { CFG_ERR_DUPLICATE_KEY, NULL, "duplicate key" },
        { CFG_ERR_TYPE, NULL, "wrong value type" },
        { CFG_ERR_SYNTAX, NULL, "not parsable" },
        { CFG_ERR_NO_KIND, NULL, "missing kind or apiVersion" },
        { CFG_ERR_TWICE, NULL, "duplicate document" },
        { CFG_ERR_OLD_VERSION, NULL, "old API version" },
        { CFG_ERR_UNKNOWN_KIND, NULL, "unknown API version or kind" },
        { CFG_ERR_VERSION, NULL, "kubernetesVersion not parsable" },
        { CFG_ERR_TOO_OLD, NULL, "kubernetesVersion too old" },
        { CFG_ERR_OTHER, "localAPIEndpoint.advertiseAddress", "advertise address not an IP address" },
        { CFG_ERR_OTHER, "controlPlaneEndpoint", "controlPlaneEndpoint not valid" },
        { CFG_ERR_OTHER, "bootstrapTokens[0].token", "bootstrap token format" },
    };
    bool with_field = e->kind <= CFG_ERR_TYPE;

    for (size_t i = 0; i < CU_LEN(words); i++)
        if (words[i].kind == e->kind && (!words[i].field || cu_streq(words[i].field, e->field)))
            return cu_asprintf("%s|%s", with_field ? e->field : "", words[i].word);
    return cu_asprintf("%s|?", e->field);
}

static char *sorted(struct cu_strlist *l)
{
    cu_strlist_sort(l);
    return cu_strlist_join(l, "; ");
}

static char *recorded(const char *name)
{
    cu_autoval struct val *errors = case_json(FOLDER, name, "errors.json");
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;

    for (size_t i = 0; i < val_len(errors); i++) {
        const struct val *e = val_at(errors, i);
        const char *class = val_get_str(e, "class");
        const char *field = val_get_str(e, "field");
        cu_strlist_addf(&words, "%s|%s", field ? field : "", class ? class : val_get_str(e, "type"));
    }
    return sorted(&words);
}

static char *check(const char *name)
{
    cu_autofree char *path = case_path(FOLDER, name, "input.yaml");
    cu_autofree char *code = case_text(FOLDER, name, "exit-code");
    cu_autofree char *want = recorded(name);
    cu_autoval struct val *want_warnings = case_json(FOLDER, name, "warnings.json");
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    cfg_autoerrors struct cfg_errors errors = CFG_ERRORS_INIT;
    struct cfg_load_options o = recorded_host(&warnings, &errors);
    cu_autoerr struct cu_err err = CU_ERR_INIT;

    o.strict = o.upstream_versions = true;
    int r = cfg_validate_file(path, &o, &err);
    if ((r < 0) != (atoi(code) != 0))
        return cu_asprintf("exit code %s recorded; %s", code, cu_err_text(&err));
    for (size_t i = 0; i < errors.n; i++)
        cu_strlist_take(&words, word(&errors.v[i]));
    cu_autofree char *got = sorted(&words);
    if (strcmp(want, got) != 0)
        return cu_asprintf("want [%s], got [%s]", want, got);
    if (warnings.n != val_len(want_warnings)) {
        cu_autofree char *list = cu_strlist_join(&warnings, "; ");
        return cu_asprintf("%zu warnings recorded, %zu given: %s", val_len(want_warnings), warnings.n, list);
    }
    return NULL;
}

int main(void)
{
    struct tally t = { 0, 0 };
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;

    case_names(FOLDER, &names);
    for (size_t i = 0; i < names.n; i++) {
        cu_autofree char *why = check(names.v[i]);
        tell(&t, names.v[i], why);
    }
    return end(&t);
}
