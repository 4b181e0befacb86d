/* `kubeadm config images list`: every recorded list as text. */
#include "config/gates.h"
#include "config/images.h"
#include "config_cases.h"

#define FOLDER "config-print/images"

/* The flags of `config images list` into an init configuration. */
static int take_flags(const char *args, struct cfg_init *c, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    cu_autofree char *line = cu_trim(args);

    cu_strlist_split(&words, line, ' ');
    for (size_t i = 0; i + 1 < words.n; i += 2) {
        if (cu_streq(words.v[i], "--kubernetes-version"))
            cfg_set_str(&c->cluster.kubernetes_version, words.v[i + 1]);
        else if (cu_streq(words.v[i], "--image-repository"))
            cfg_set_str(&c->cluster.image_repository, words.v[i + 1]);
        else if (cu_streq(words.v[i], "--feature-gates")) {
            int r = cfg_gates_parse(&c->cluster.feature_gates, words.v[i + 1], NULL, err);
            if (r < 0)
                return r;
        } else {
            return cu_fail(err, CU_E_INVALID, "test does not know %s", words.v[i]);
        }
    }
    return 0;
}

static char *check(const char *name)
{
    cu_autofree char *args = case_text(FOLDER, name, "args");
    cu_autofree char *config = case_text(FOLDER, name, "config.yaml");
    cu_autofree char *path = case_path(FOLDER, name, "config.yaml");
    cu_autofree char *want = case_text(FOLDER, name, "out.txt");
    cu_autoval struct val *codes = case_json(FOLDER, name, "exit-codes.json");
    struct cfg_load_options o = recorded_host(NULL, NULL);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autostrlist struct cu_strlist images = CU_STRLIST_INIT;
    struct cfg_init *flags = cfg_init_new(), *c = NULL;
    int r = args ? take_flags(args, flags, &err) : 0;

    o.init_flags = flags;
    if (r == 0)
        r = cfg_load_init(config ? path : NULL, &o, &c, &err);
    if (c)
        cfg_images(&c->cluster, &images);
    cu_autofree char *joined = cu_strlist_join(&images, "\n");
    cu_autofree char *got = images.n ? cu_asprintf("%s\n", joined) : cu_strdup("");
    cfg_init_free(flags);
    cfg_init_free(c);
    if ((r < 0) != (val_get_int(codes, "text", 0) != 0))
        return cu_asprintf("exit code %d recorded; %s", (int)val_get_int(codes, "text", 0),
                           cu_err_text(&err));
    return difference(want ? want : "", got);
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
