/* `kubeadm config images list`: every recorded list as text, JSON and YAML, byte for byte, through the command line. */
#include "cli/commands.h"
#include "config_cases.h"

#define FOLDER "config-print/images"

/* Runs the command; *out: what it wrote to standard output. Returns the exit code. */
static int run(const char *name, const char *format, char **out)
{
    cu_autofree char *args = case_text(FOLDER, name, "args");
    cu_autofree char *config = case_text(FOLDER, name, "config.yaml");
    cu_autofree char *path = case_path(FOLDER, name, "config.yaml");
    cu_autofree char *line = cu_trim(args ? args : "");
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    cu_autofclose FILE *quiet = fopen("/dev/null", "w");
    size_t n = 0;

    cu_strlist_split(&words, "kubeadm config images list", ' ');
    cu_strlist_split(&words, line, ' ');
    cu_strlist_addf(&words, "--output=%s", format);
    if (config)
        cu_strlist_addf(&words, "--config=%s", path);
    FILE *to = open_memstream(out, &n);
    int code = cli_main(&cli_root, (int)words.n, words.v, to, quiet);
    fclose(to);
    return code;
}

static char *check(const char *name, const char *format, const char *file)
{
    cu_autofree char *want = case_text(FOLDER, name, file);
    cu_autoval struct val *codes = case_json(FOLDER, name, "exit-codes.json");
    char *got = NULL;
    int code = run(name, format, &got);
    cu_autofree char *output = got;

    if (code != val_get_int(codes, format, -1))
        return cu_asprintf("exit code %d, %d recorded", code, (int)val_get_int(codes, format, -1));
    return difference(want ? want : "", output);
}

int main(void)
{
    static const char *const formats[][2] = { { "text", "out.txt" },
                                              { "json", "out.json" },
                                              { "yaml", "out.yaml" } };
    struct tally t = { 0, 0 };
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;

    case_names(FOLDER, &names);
    for (size_t i = 0; i < names.n; i++) {
        for (size_t k = 0; k < CU_LEN(formats); k++) {
            cu_autofree char *why = check(names.v[i], formats[k][0], formats[k][1]);
            cu_autofree char *label = cu_asprintf("%s %s", names.v[i], formats[k][0]);
            tell(&t, label, why);
        }
    }
    return end(&t);
}
