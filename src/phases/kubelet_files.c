/* What the kubelet reads: flags, instance configuration, configuration. It must not know how it is started. */
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/component.h"
#include "config/constants.h"
#include "config/gates.h"
#include "config/version.h"
#include "node/identity.h"
#include "node/init.h"
#include "phases/kubelet.h"
#include "phases/patches.h"
#include <regex.h>
#include <string.h>

enum { VERSION_MS = 20000 };

static const struct cfg_node *node_of(const struct ph_ctx *c)
{
    return c->join ? &c->join->node : &c->init->node;
}

static int write_file(const struct ph_ctx *c, const char *name, const char *text, struct cu_err *err)
{
    cu_autofree char *path = cu_path_join(c->paths.kubelet, name);
    int r = cu_mkdir_p(c->paths.kubelet, 0700, err);
    return r == 0 ? cu_file_write_str(path, text, cu_file_mode(path, 0644), err) : r;
}

int ph_kubelet_version(const struct ph_ctx *c, char **out, struct cu_err *err)
{
    static const char form[] =
        "^[[:space:]]*Kubernetes v([0-9]+\\.[0-9]+\\.[0-9]+[-A-Za-z0-9_.+]*)[[:space:]]*$";
    cu_autoproc struct cu_proc_result done = CU_PROC_RESULT_INIT;
    int r = c->sys->exec(c->sys->arg, (const char *const[]){ "kubelet", "--version", NULL }, VERSION_MS,
                         &done, err);
    if (r < 0)
        return cu_wrap(err, "cannot ask the kubelet for its version; is it installed and in PATH?");
    regex_t re;
    regmatch_t m[2];
    if (regcomp(&re, form, REG_EXTENDED) != 0)
        abort();
    bool ok = done.status == 0 && regexec(&re, done.out, 2, m, 0) == 0;
    regfree(&re);
    cu_autofree char *said = cu_trim(done.out);
    if (!ok)
        return cu_fail(err, CU_E_INVALID, "`kubelet --version` ended with status %d and said \"%s\"",
                       done.status, said);
    *out = cu_strndup(done.out + m[1].rm_so, (size_t)(m[1].rm_eo - m[1].rm_so));
    return 0;
}

/* 0: unknown, then arguments are those of the control plane's version. */
static int installed_minor(const struct ph_ctx *c)
{
    cu_autofree char *version = NULL;
    if (c->embedded || ph_kubelet_version(c, &version, NULL) < 0)
        return 0;
    cu_autofree char *full = cu_asprintf("v%s", version);
    int minor = cfg_minor(full);
    return minor < 0 ? 0 : minor;
}

int ph_kubelet_write_flags(struct ph_ctx *c, bool register_taints, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist args = CU_STRLIST_INIT;
    cu_autofree char *hostname = NULL;
    int r = node_hostname(c->sys, &hostname, err);
    if (r < 0)
        return r;
    cfg_kubelet_args(node_of(c), &c->init->cluster, hostname, installed_minor(c), register_taints, &args);
    cu_autofree char *text = cfg_kubelet_flags_env(&args);
    ph_say(c, "[kubelet-start] Writing kubelet environment file with flags to file \"%s/%s\"",
           c->paths.kubelet, CFG_KUBELET_FLAGS_FILE);
    return write_file(c, CFG_KUBELET_FLAGS_FILE, text, err);
}

int ph_kubelet_kept_args(const char *path, struct cu_strlist *args, struct cu_err *err)
{
    static const char head[] = CFG_KUBELET_FLAGS_VARIABLE "=";
    cu_autofree char *text = NULL;
    int r = cu_file_read(path, LIM_CONFIG_FILE, &text, NULL, err);
    if (r < 0)
        return r;
    if (!cu_has_prefix(text, head))
        return cu_fail(err, CU_E_INVALID, "%s does not begin with %s", path, head);
    const char *p = text + strlen(head);
    cu_autofree char *value = cu_malloc(strlen(text) + 1);
    size_t n = 0;
    for (p += *p == '"'; *p && *p != '"'; p++) { /* Go escapes */
        p += *p == '\\' && p[1];
        value[n++] = *p;
    }
    value[n] = '\0';
    cu_autofree char *trimmed = cu_trim(value);
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    cu_strlist_split(&words, trimmed, ' ');
    for (size_t i = 0; i < words.n; i++)
        if (*words.v[i])
            cu_strlist_add(args, words.v[i]);
    return 0;
}

static bool has_instance_config(const struct ph_ctx *c)
{
    return cfg_gate_on(&c->init->cluster.feature_gates, "NodeLocalCRISocket");
}

int ph_kubelet_write_instance_config(struct ph_ctx *c, struct cu_err *err)
{
    if (!has_instance_config(c))
        return 0;
    cu_autofree char *text = cfg_instance_config_yaml(node_of(c)->cri_socket);
    ph_say(c, "[kubelet-start] Writing kubelet instance configuration to file \"%s/%s\"", c->paths.kubelet,
           CFG_KUBELET_INSTANCE_FILE);
    return write_file(c, CFG_KUBELET_INSTANCE_FILE, text, err);
}

static void use_resolved(struct ph_ctx *c)
{
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    cu_autofree char *reason = NULL;
    const struct node_init *init = node_init_detect(c->sys, &reason);
    if (init)
        cfg_kubelet_use_resolved(c->init, node_service_active(c->sys, init, "systemd-resolved"), &warnings);
    else if (!c->embedded)
        cu_strlist_addf(&warnings, "cannot tell whether systemd-resolved is active: %s", reason);
    ph_warn_all(&warnings);
}

int ph_kubelet_write_config(struct ph_ctx *c, struct cu_err *err)
{
    use_resolved(c);
    cu_autoval struct val *doc = val_copy(c->init->cluster.kubelet.doc);
    int r = ph_patches_apply(c, "kubeletconfiguration", &doc, err);
    if (r == 0 && has_instance_config(c)) {
        cu_autoval struct val *instance = val_new_map();
        val_set_str(instance, "containerRuntimeEndpoint", node_of(c)->cri_socket);
        r = ph_patches_apply_one(c, "kubeletconfiguration", instance, &doc, err);
    }
    if (r < 0)
        return r;
    cu_autofree char *text = codec_yaml_dump(doc, CODEC_YAML_SORT);
    ph_say(c, "[kubelet-start] Writing kubelet configuration to file \"%s/%s\"", c->paths.kubelet,
           CFG_KUBELET_CONFIG_FILE);
    return write_file(c, CFG_KUBELET_CONFIG_FILE, text, err);
}
