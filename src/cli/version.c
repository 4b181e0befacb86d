/* `kubeadm version`: the upstream version it behaves as, with build metadata that names cubeadm (spec operations
 * 4.1). It must stay free of anything that has to be set up: it is the first thing installers call. */
#include "cli/commands.h"
#include "base/str.h"
#include "cli/commit.h"
#include "config/constants.h"
#include "node/identity.h"
#include <string.h>

/* The members of upstream's version object that have a value here, in its order. */
struct field {
    const char *go, *json; /* names in text and in JSON and YAML */
    const char *value;
};

#if defined(__clang__)
#define COMPILER "clang"
#else
#define COMPILER "gcc"
#endif

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)

struct options {
    char *output;
};

enum { FIELDS = 13 };

static void offer_formats(struct cu_strlist *out)
{
    static const char *const formats[] = { "json", "yaml", "short" };
    for (size_t i = 0; i < CU_LEN(formats); i++)
        cu_strlist_add(out, formats[i]);
}

static void print_go(const struct field *f, FILE *out)
{
    fputs("kubeadm version: &version.Info{", out);
    for (size_t i = 0; i < FIELDS; i++)
        fprintf(out, "%s%s:\"%s\"", i ? ", " : "", f[i].go, f[i].value);
    fputs("}\n", out);
}

static void print_json(const struct field *f, FILE *out)
{
    const char *sep = "";
    fputs("{\n  \"clientVersion\": {\n", out);
    for (size_t i = 0; i < FIELDS; i++) {
        if (!f[i].value[0])
            continue;
        fprintf(out, "%s    \"%s\": \"%s\"", sep, f[i].json, f[i].value);
        sep = ",\n";
    }
    fputs("\n  }\n}\n", out);
}

static void print_yaml(const struct field *f, FILE *out)
{
    /* alphabetical; the last of equals never comes, names are unique */
    fputs("clientVersion:\n", out);
    for (const char *after = "";;) {
        const struct field *next = NULL;
        for (size_t i = 0; i < FIELDS; i++)
            if (f[i].value[0] && strcmp(f[i].json, after) > 0 && (!next || strcmp(f[i].json, next->json) < 0))
                next = &f[i];
        if (!next)
            break;
        const char *quote = next->value[0] >= '0' && next->value[0] <= '9' ? "\"" : "";
        fprintf(out, "  %s: %s%s%s\n", next->json, quote, next->value, quote);
        after = next->json;
    }
    fputc('\n', out);
}

static int run(const struct cli_call *c, struct cu_err *err)
{
    const struct options *o = c->opts;
    cu_autofree char *platform = cu_asprintf("linux/%s", node_arch());
    const struct field fields[FIELDS] = {
        { "Major", "major", "1" },
        { "Minor", "minor", STRING(CFG_KUBERNETES_MINOR) },
        { "EmulationMajor", "emulationMajor", "" },
        { "EmulationMinor", "emulationMinor", "" },
        { "MinCompatibilityMajor", "minCompatibilityMajor", "" },
        { "MinCompatibilityMinor", "minCompatibilityMinor", "" },
        { "GitVersion", "gitVersion", CLI_VERSION },
        { "GitCommit", "gitCommit", CLI_COMMIT },
        { "GitTreeState", "gitTreeState", "clean" },
        { "BuildDate", "buildDate", CLI_COMMIT_DATE },
        { "GoVersion", "goVersion", "none" },
        { "Compiler", "compiler", COMPILER },
        { "Platform", "platform", platform },
    };
    if (cu_streq(o->output, ""))
        print_go(fields, c->out);
    else if (cu_streq(o->output, "short"))
        fprintf(c->out, "%s\n", CLI_VERSION);
    else if (cu_streq(o->output, "json"))
        print_json(fields, c->out);
    else if (cu_streq(o->output, "yaml"))
        print_yaml(fields, c->out);
    else
        return cu_fail(err, CU_E_INVALID, "invalid output format: %s; use yaml, json or short", o->output);
    return 0;
}

static const struct cli_flag flags[] = {
    { .name = "output",
      .shorthand = 'o',
      .type = CLI_STRING,
      .offset = offsetof(struct options, output),
      .offers = offer_formats,
      .usage = "`format`: yaml, json or short; without it a line of text" },
};

const struct cli_command cli_version = {
    .name = "version",
    .brief = "Print the version of kubeadm",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .opts_size = sizeof(struct options),
    .run = run,
};
