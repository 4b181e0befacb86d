/* `kubeadm config migrate`: every recorded file; output byte for byte, random tokens apart. */
#include "config_cases.h"
#include "config/validate.h"

#define FOLDER "config-print/migrate"

/* Puts the recordings' placeholder over every token the input did not name. */
static void hide_tokens(char *text, const char *input)
{
    for (char *p = text; (p = strstr(p, "token: ")); p += strlen("token: ")) {
        cu_autofree char *token = cu_strndup(p + strlen("token: "), 23);
        if (cfg_is_token(token) && !strstr(input, token))
            memcpy(p + strlen("token: "), "tttttt.ssssssssssssssss", 23);
    }
}

static char *check(const char *name)
{
    cu_autofree char *path = case_path(FOLDER, name, "old.yaml");
    cu_autofree char *input = case_text(FOLDER, name, "old.yaml");
    cu_autofree char *want = case_text(FOLDER, name, "new.yaml");
    cu_autoval struct val *result = case_json(FOLDER, name, "result.json");
    cu_autofree char *got = NULL;
    struct cfg_load_options o = recorded_host(NULL, NULL);
    cu_autoerr struct cu_err err = CU_ERR_INIT;

    o.strict = o.quiet_deprecated = true;
    int r = cfg_migrate_file(path, &o, &got, &err);
    if ((r < 0) != (val_get_int(result, "exitCode", 0) != 0))
        return cu_asprintf("exit code %d recorded; %s", (int)val_get_int(result, "exitCode", 0),
                           cu_err_text(&err));
    if (r < 0)
        return NULL;
    hide_tokens(got, input);
    cu_autofree char *fixed =
        cu_replace(want ? want : "", "<TOKEN_ID>.<TOKEN_SECRET>", "tttttt.ssssssssssssssss");
    return difference(fixed, got);
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
