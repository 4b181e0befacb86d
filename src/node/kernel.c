/* node/kernel.c - release, build options, modules and sysctls of the kernel.
 * Must not know which of them Kubernetes wants. */
#include "node/kernel.h"

#include <string.h>

#include "base/map.h"
#include "base/str.h"
#include "base/strlist.h"

#define MODPROBE_MS 30000

static int kernel_fact(const struct node_sys *sys, const char *path, char **out, struct cu_err *err)
{
    char *line = node_read_line(sys, path);
    if (!line)
        return cu_fail(err, CU_E_IO, "%s cannot be read", path);
    *out = line;
    return 0;
}

int node_kernel_name(const struct node_sys *sys, char **out, struct cu_err *err)
{
    return kernel_fact(sys, "/proc/sys/kernel/ostype", out, err);
}

int node_kernel_release(const struct node_sys *sys, char **out, struct cu_err *err)
{
    return kernel_fact(sys, "/proc/sys/kernel/osrelease", out, err);
}

struct node_kconfig {
    struct cu_map *values; /* option without CONFIG_ to one of the strings below */
};

static char letters[][2] = /* not const only because maps hold plain pointers; never written */
    { "y", "m", "n" };

/* Keeps lines of the form CONFIG_NAME=<y|m|n>...; the value is its first letter. */
static void add_line(struct node_kconfig *k, const char *line)
{
    cu_autofree char *text = cu_trim(line);
    if (!cu_has_prefix(text, "CONFIG_"))
        return;
    char *name = text + strlen("CONFIG_");
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (n == 0 || name[n] != '=')
        return;
    for (size_t i = 0; i < CU_LEN(letters); i++) {
        if (name[n + 1] != letters[i][0])
            continue;
        name[n] = '\0';
        cu_map_set(k->values, name, letters[i]);
        return;
    }
}

static int read_config(const struct node_sys *sys, const char *path, char **text, struct cu_err *err)
{
    if (!cu_has_suffix(path, ".gz"))
        return node_read(sys, path, text, err);
    cu_autofree char *full = node_path(sys, path);
    const char *const argv[] = { "gzip", "-dc", full, NULL };
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    int code = sys->exec(sys->arg, argv, MODPROBE_MS, &r, err);
    if (code < 0)
        return code;
    if (r.status)
        return cu_fail(err, CU_E_IO, "unpack %s: %s", path, r.errout);
    *text = cu_steal(&r.out);
    return 0;
}

/* Text of the first file that exists; CU_E_NOTFOUND when there is none. */
static int find_config(const struct node_sys *sys, const char *release, char **text, struct cu_err *err)
{
    static const char *const places[][2] = {
        { "/proc/config.gz", NULL },           { "/boot/config-", "" },
        { "/usr/src/linux-", "/.config" },     { "/usr/src/linux/.config", NULL },
        { "/usr/lib/modules/", "/config" },    { "/usr/lib/ostree-boot/config-", "" },
        { "/usr/lib/kernel/config-", "" },     { "/usr/src/linux-headers-", "/.config" },
        { "/lib/modules/", "/build/.config" },
    };
    for (size_t i = 0; i < CU_LEN(places); i++) {
        bool plain = !places[i][1];
        cu_autofree char *path =
            cu_asprintf("%s%s%s", places[i][0], plain ? "" : release, plain ? "" : places[i][1]);
        if (node_exists(sys, path))
            return read_config(sys, path, text, err);
    }
    return cu_fail(err, CU_E_NOTFOUND, "no file holds the build options of kernel %s", release);
}

static int modprobe(const struct node_sys *sys, bool remove, struct cu_err *err)
{
    const char *const load[] = { "modprobe", "configs", NULL };
    const char *const unload[] = { "modprobe", "-r", "configs", NULL };
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    int code = sys->exec(sys->arg, remove ? unload : load, MODPROBE_MS, &r, err);
    if (code < 0)
        return code;
    if (r.status) {
        cu_autofree char *said = cu_trim(*r.errout ? r.errout : r.out);
        return cu_fail(err, CU_E_NOTFOUND, "modprobe configs: %s", said);
    }
    return 0;
}

int node_kconfig_load(const struct node_sys *sys, struct node_kconfig **out, struct cu_err *err)
{
    cu_autofree char *release = NULL, *text = NULL;
    if (!sys)
        sys = node_sys_host();
    int r = node_kernel_release(sys, &release, err);
    if (r < 0)
        return r;
    r = find_config(sys, release, &text, NULL);
    if (r == -CU_E_NOTFOUND) {
        cu_autoerr struct cu_err load = CU_ERR_INIT;
        if (modprobe(sys, false, &load) < 0)
            return cu_fail(err, CU_E_NOTFOUND, "no file holds the build options of kernel %s: %s", release,
                           cu_err_text(&load));
        r = find_config(sys, release, &text, err);
        modprobe(sys, true, NULL);
    } else if (r < 0) {
        r = find_config(sys, release, &text, err); /* again, for the text */
    }
    if (r < 0)
        return r;
    struct node_kconfig *k = cu_calloc(1, sizeof *k);
    k->values = cu_map_new(NULL);
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cu_strlist_split(&lines, text, '\n');
    for (size_t i = 0; i < lines.n; i++)
        add_line(k, lines.v[i]);
    *out = k;
    return 0;
}

void node_kconfig_free(struct node_kconfig *k)
{
    if (!k)
        return;
    cu_map_free(k->values);
    free(k);
}

char node_kconfig_get(const struct node_kconfig *k, const char *option)
{
    const char *letter = cu_map_get(k->values, option);
    return letter ? *letter : 0;
}

/* File names and module names differ in "-" and "_". */
static void underscores(char *s)
{
    for (; *s; s++)
        if (*s == '-')
            *s = '_';
}

bool node_module_present(const struct node_sys *sys, const char *name)
{
    cu_autofree char *plain = cu_strdup(name), *text = NULL, *release = NULL;
    underscores(plain);
    cu_autofree char *dir = cu_asprintf("/sys/module/%s", plain);
    if (node_exists(sys, dir))
        return true;
    if (node_kernel_release(sys, &release, NULL) < 0)
        return false;
    cu_autofree char *path = cu_asprintf("/lib/modules/%s/modules.builtin", release);
    if (node_read(sys, path, &text, NULL) < 0)
        return false;
    underscores(text);
    cu_autofree char *entry = cu_asprintf("/%s.ko\n", plain);
    return strstr(text, entry) != NULL;
}

char *node_sysctl(const struct node_sys *sys, const char *name)
{
    cu_autofree char *tail = cu_replace(name, ".", "/");
    cu_autofree char *path = cu_asprintf("/proc/sys/%s", tail);
    return node_read_line(sys, path);
}
