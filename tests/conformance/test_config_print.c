/* `kubeadm config print`: every recorded text, byte for byte. */
#include "config/encode.h"
#include "config_cases.h"

#define FOLDER "config-print/defaults"

static void run_case(const char *name, const struct val *facts, struct tally *t)
{
    cu_autostrlist struct cu_strlist components = CU_STRLIST_INIT;
    cu_autofree char *what = cu_strndup(name, strcspn(name, "-"));
    const char *args = strstr(val_get_str(facts, "args"), "--component-configs ");
    const char *file = val_get_str(facts, "stdout");
    cu_autofree char *got = NULL;
    cu_autofree char *want = file ? case_text(FOLDER, ".", file) : NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;

    if (args)
        cu_strlist_split(&components, args + strlen("--component-configs "), ',');
    if (args && strcmp(what, "init") != 0)
        return; /* no such flag: a matter of the command line */
    int r = cfg_print_defaults(what, &components, "g1", &got, &err);
    cu_autofree char *why = r < 0 ? cu_strdup(cu_err_text(&err)) : difference(want ? want : "", got);
    tell(t, name, why);
}

int main(void)
{
    struct tally t = { 0, 0 };
    cu_autoval struct val *index = case_json(FOLDER, ".", "index.json");
    struct val_iter it = VAL_ITER_INIT;
    const char *name;
    struct val *facts;

    while (val_next(index, &it, &name, &facts))
        run_case(name, facts, &t);
    return end(&t);
}
