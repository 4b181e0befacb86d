/* node/runtime.c - configuration files of containerd and CRI-O: cgroup driver, sandbox image, disabled plugins.
 * Must not judge them; preflight does. */
#include "node/runtime.h"

#include <glob.h>
#include <string.h>

#include "base/str.h"
#include "base/strlist.h"
#include "node/toml.h"

/* Tables of containerd's versions of the file: 3, and 2 and 1. */
static const char *const containerd_cri[] = { "plugins\nio.containerd.cri.v1.runtime",
                                              "plugins\nio.containerd.grpc.v1.cri", "plugins\ncri" };
static const char *const containerd_sandbox[] = {
    "plugins\nio.containerd.cri.v1.images\npinned_images\nsandbox",
    "plugins\nio.containerd.grpc.v1.cri\nsandbox_image", "plugins\ncri\nsandbox_image"
};

static const struct kind {
    const char *name;
    const char *in_socket;   /* word in the path of its socket */
    const char *file, *more; /* files laid over the main one: a pattern; NULL: those it imports */
} kinds[] = {
    { "containerd", "containerd", "/etc/containerd/config.toml", NULL },
    { "crio", "crio", "/etc/crio/crio.conf", "/etc/crio/crio.conf.d/*" },
};

static bool read_one(const struct node_sys *sys, const char *path, struct cu_map *values)
{
    cu_autofree char *text = NULL;
    if (node_read(sys, path, &text, NULL) < 0)
        return false;
    node_toml_read(text, values);
    return true;
}

/* Files a pattern stands for, in the order of their names. */
static void read_matching(const struct node_sys *sys, const char *pattern, struct cu_map *values)
{
    cu_autofree char *full = node_path(sys, pattern);
    size_t root = strlen(full) - strlen(pattern);
    glob_t found = { 0 };
    if (glob(full, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            read_one(sys, found.gl_pathv[i] + root, values);
    globfree(&found);
}

/* imports = [ patterns of paths ] */
static void read_imports(const struct node_sys *sys, struct cu_map *values)
{
    const char *list = cu_map_get(values, "imports");
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    cu_autofree char *doubled = list ? cu_replace(list, "'", "\"") : NULL;
    if (doubled)
        cu_strlist_split(&parts, doubled, '"');
    for (size_t i = 1; i < parts.n; i += 2)
        if (*parts.v[i] == '/')
            read_matching(sys, parts.v[i], values);
}

/* Does the runtime's handler for ordinary Pods use systemd? */
static bool containerd_uses_systemd(const struct cu_map *values)
{
    for (size_t i = 0; i < CU_LEN(containerd_cri); i++) {
        cu_autofree char *name = cu_asprintf("%s\ncontainerd\ndefault_runtime_name", containerd_cri[i]);
        const char *handler = cu_or(cu_map_get(values, name), "runc");
        cu_autofree char *key =
            cu_asprintf("%s\ncontainerd\nruntimes\n%s\noptions\nSystemdCgroup", containerd_cri[i], handler);
        const char *value = cu_map_get(values, key);
        if (value)
            return cu_streq(value, "true");
    }
    return false;
}

static void set_containerd(const struct cu_map *values, struct node_runtime *out)
{
    const char *off = cu_or(cu_map_get(values, "disabled_plugins"), "");
    out->cgroup_driver = containerd_uses_systemd(values) ? "systemd" : "cgroupfs";
    out->cri_off = strstr(off, "\"cri\"") || strstr(off, "'cri'") || strstr(off, "io.containerd.grpc.v1.cri");
    for (size_t i = 0; i < CU_LEN(containerd_sandbox) && !out->sandbox_image; i++) {
        const char *image = cu_map_get(values, containerd_sandbox[i]);
        out->sandbox_image = cu_is_empty(image) ? NULL : cu_strdup(image);
    }
}

static void set_crio(const struct cu_map *values, struct node_runtime *out)
{
    const char *manager = cu_map_get(values, "crio\nruntime\ncgroup_manager");
    const char *image = cu_map_get(values, "crio\nimage\npause_image");
    out->cgroup_driver = cu_streq(manager, "cgroupfs") ? "cgroupfs" : "systemd";
    out->sandbox_image = cu_is_empty(image) ? NULL : cu_strdup(image);
}

int node_runtime_read(const struct node_sys *sys, const char *socket, struct node_runtime *out,
                      struct cu_err *err)
{
    const struct kind *kind = NULL;
    for (size_t i = 0; i < CU_LEN(kinds) && !kind; i++)
        kind = strstr(socket, kinds[i].in_socket) ? &kinds[i] : NULL;
    if (!kind)
        return cu_fail(err, CU_E_NOTFOUND, "the configuration of the runtime at %s is not known here",
                       socket);
    cu_automap struct cu_map *values = cu_map_new(free);
    *out = (struct node_runtime){ .name = kind->name, .file = kind->file };
    out->has_file = read_one(sys, kind->file, values);
    if (kind->more)
        read_matching(sys, kind->more, values);
    else
        read_imports(sys, values);
    if (kind == &kinds[0])
        set_containerd(values, out);
    else
        set_crio(values, out);
    return 0;
}

void node_runtime_clear(struct node_runtime *r)
{
    free(r->sandbox_image);
    *r = (struct node_runtime){ 0 };
}
