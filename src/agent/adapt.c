/* Fits command lines and probes of a manifest to the program found. Must not start anything that stays. */
#include "agent/adapt.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/semver.h"
#include "base/str.h"

/* Known from version `since` on and before `until` (NULL: still); otherwise `instead` is tried. Texts that end in "="
 * stand for any value. */
static const struct {
    const char *flag, *since, *until, *instead;
} etcd_flags[] = {
    { "--feature-gates=InitialCorruptCheck=true", "3.6.0", NULL,
      "--experimental-initial-corrupt-check=true" },
    { "--experimental-initial-corrupt-check=true", "3.3.0", "3.7.0",
      "--feature-gates=InitialCorruptCheck=true" },
    { "--watch-progress-notify-interval=", "3.6.0", NULL, "--experimental-watch-progress-notify-interval=" },
    { "--experimental-watch-progress-notify-interval=", "3.5.0", "3.7.0",
      "--watch-progress-notify-interval=" },
};

static int row_of(const char *arg)
{
    for (size_t i = 0; i < CU_LEN(etcd_flags); i++) {
        const char *flag = etcd_flags[i].flag;
        if (cu_has_suffix(flag, "=") ? cu_has_prefix(arg, flag) : cu_streq(arg, flag))
            return (int)i;
    }
    return -1;
}

static bool knows(const struct cu_semver *v, int row)
{
    return cu_semver_at_least(v, etcd_flags[row].since) &&
           (!etcd_flags[row].until || !cu_semver_at_least(v, etcd_flags[row].until));
}

/* What to write for one argument: NULL, it is left out. Caller frees. */
static char *fit(const char *arg, const struct cu_semver *v)
{
    int row = row_of(arg);
    if (row < 0 || knows(v, row))
        return cu_strdup(arg);
    const char *instead = etcd_flags[row].instead;
    int other = row_of(instead);
    if (other < 0 || !knows(v, other))
        return NULL;
    const char *value = cu_has_suffix(instead, "=") ? arg + strlen(etcd_flags[row].flag) : "";
    return cu_asprintf("%s%s", instead, value);
}

void agent_adapt_etcd(struct cu_strlist *argv, const char *version)
{
    struct cu_semver v;
    cu_autostrlist struct cu_strlist out = CU_STRLIST_INIT;
    if (cu_semver_parse(version, &v, NULL) < 0) {
        cu_log_warning("etcd says its version is \"%.40s\"; its flags are left as they are", version);
        return;
    }
    for (size_t i = 0; i < argv->n; i++) {
        char *text = fit(argv->v[i], &v);
        if (!text)
            cu_log_info("etcd %s does not know %s: left out", version, argv->v[i]);
        else if (!cu_streq(text, argv->v[i]))
            cu_log_info("etcd %s: %s stands for %s", version, text, argv->v[i]);
        if (text)
            cu_strlist_take(&out, text);
    }
    cu_strlist_clear(argv);
    *argv = out;
    out = (struct cu_strlist)CU_STRLIST_INIT;
}

void agent_adapt_argv(struct cu_strlist *argv)
{
    if (argv->n == 0 || !cu_streq(cu_path_base(argv->v[0]), "etcd"))
        return;
    static const char label[] = "etcd Version:";
    const char *ask[] = { argv->v[0], "--version", NULL };
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (cu_run(ask, NULL, 2000, &r, &err) < 0 || !cu_has_prefix(r.out, label)) {
        cu_log_warning("%s --version: %s; its flags are left as they are", argv->v[0],
                       err.code ? cu_err_text(&err) : "an answer that is not etcd's");
        return;
    }
    cu_autofree char *line = cu_strndup(r.out + sizeof(label) - 1, strcspn(r.out + sizeof(label) - 1, "\n"));
    cu_autofree char *version = cu_trim(line);
    agent_adapt_etcd(argv, version);
}

bool agent_adapt_probe(const char *command, char **url)
{
    static const char *const paths[][2] = { { "/livez", "/health?exclude=NOSPACE&serializable=true" },
                                            { "/readyz", "/health?serializable=false" } };
    if (!cu_streq(cu_path_base(cu_or(command, "")), "etcd"))
        return false;
    for (size_t i = 0; i < CU_LEN(paths); i++) {
        if (!cu_has_suffix(*url, paths[i][0]))
            continue;
        char *other = cu_asprintf("%.*s%s", (int)(strlen(*url) - strlen(paths[i][0])), *url, paths[i][1]);
        free(*url);
        *url = other;
        return true;
    }
    return false;
}
