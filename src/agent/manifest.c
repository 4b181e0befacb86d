/* agent/manifest.c - static pod manifests, checked as far as running them as processes needs.
 * Must not start anything; the API server judges the rest when it gets the mirror pod. */
#include "agent/manifest.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/strlist.h"
#include "codec/yaml.h"
#include "pki/hash.h"

char *agent_manifest_hash(const char *file, const char *text, size_t n, const char *node)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    cu_buf_addn(&b, node, strlen(node) + 1); /* with their ends, so that nothing can run into another */
    cu_buf_addn(&b, file, strlen(file) + 1);
    cu_buf_addn(&b, text, n);
    char *hex = pki_sha256_hex(b.data, b.len);
    hex[32] = '\0';
    return hex;
}

static int check_texts(const struct val *list, const char *where, struct cu_err *err)
{
    if (val_kind(list) == VAL_NULL)
        return 0;
    if (!val_is_list(list))
        return cu_fail(err, CU_E_INVALID, "%s: want a list, got %s", where, val_kind_name(list));
    for (size_t i = 0; i < val_len(list); i++)
        if (!val_str(val_at(list, i)))
            return cu_fail(err, CU_E_INVALID, "%s[%zu]: want text, got %s", where, i,
                           val_kind_name(val_at(list, i)));
    return 0;
}

static int check_container(const struct val *c, size_t i, struct cu_strlist *names, struct cu_err *err)
{
    const char *name = val_get_str(c, "name");
    cu_autofree char *where = cu_asprintf("spec.containers[%zu]", i),
                     *command = cu_asprintf("%s.command", where), *args = cu_asprintf("%s.args", where);
    if (!val_is_map(c))
        return cu_fail(err, CU_E_INVALID, "%s: want a map, got %s", where, val_kind_name(c));
    if (!cu_is_dns_label(name))
        return cu_fail(err, CU_E_INVALID,
                       "%s.name: \"%s\" is not a name of lower-case letters, digits and \"-\"", where,
                       cu_or(name, ""));
    if (cu_strlist_has(names, name))
        return cu_fail(err, CU_E_INVALID, "%s.name: \"%s\" is there twice", where, name);
    cu_strlist_add(names, name);
    int r = check_texts(val_get(c, "command"), command, err);
    if (r == 0)
        r = check_texts(val_get(c, "args"), args, err);
    if (r == 0 && val_len(val_get(c, "command")) == 0)
        return cu_fail(err, CU_E_INVALID,
                       "%s: names no program; the process runtime cannot take it from an image", command);
    return r;
}

static int check_pod(const struct val *pod, struct cu_err *err)
{
    const char *version = val_get_str(pod, "apiVersion"), *kind = val_get_str(pod, "kind");
    const char *name = val_find_str(pod, "metadata", "name", NULL);
    const char *ns = val_find_str(pod, "metadata", "namespace", NULL);
    const struct val *containers = val_find(pod, "spec", "containers", NULL);
    if (!cu_streq(version, "v1") || !cu_streq(kind, "Pod"))
        return cu_fail(err, CU_E_INVALID, "want kind Pod of v1, got \"%s\" of \"%s\"", cu_or(kind, ""),
                       cu_or(version, ""));
    if (!cu_is_dns_subdomain(name))
        return cu_fail(err, CU_E_INVALID, "metadata.name: \"%s\" is not a DNS name", cu_or(name, ""));
    if (ns && *ns && !cu_is_dns_label(ns))
        return cu_fail(err, CU_E_INVALID, "metadata.namespace: \"%s\" is not a DNS label", ns);
    if (!val_is_list(containers) || val_len(containers) == 0)
        return cu_fail(err, CU_E_INVALID, "spec.containers: want at least one container");
    if (val_len(val_find(pod, "spec", "initContainers", NULL)))
        return cu_fail(err, CU_E_INVALID, "spec.initContainers: the process runtime runs none");
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    for (size_t i = 0; i < val_len(containers); i++) {
        int r = check_container(val_at(containers, i), i, &names, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int agent_manifest_parse(const char *file, const char *text, size_t n, const char *node,
                         struct agent_manifest **out, struct cu_err *err)
{
    cu_autoval struct val *pod = NULL;
    int r = codec_yaml_parse(text, n, &pod, err);
    if (r == 0)
        r = check_pod(pod, err);
    if (r < 0)
        return r;
    val_del(pod, "status");
    struct agent_manifest *m = cu_calloc(1, sizeof *m);
    m->file = cu_strdup(file);
    m->hash = agent_manifest_hash(file, text, n, node);
    m->name = cu_strdup(val_find_str(pod, "metadata", "name", NULL));
    m->ns = cu_strdup(cu_or(val_find_str(pod, "metadata", "namespace", NULL), "default"));
    m->pod = val_ref(pod);
    *out = m;
    return 0;
}

void agent_manifest_free(struct agent_manifest *m)
{
    if (!m)
        return;
    free(m->file);
    free(m->hash);
    free(m->ns);
    free(m->name);
    val_unref(m->pod);
    free(m);
}

int agent_manifest_port(const struct val *container, const struct val *port)
{
    int64_t number = val_int(port, -1);
    const char *name = val_str(port);
    const struct val *ports = val_get(container, "ports");
    for (size_t i = 0; name && i < val_len(ports); i++)
        if (cu_streq(val_get_str(val_at(ports, i), "name"), name))
            number = val_get_int(val_at(ports, i), "containerPort", -1);
    if (name && number < 0)
        cu_parse_i64(name, 1, 65535, &number, NULL);
    return number >= 1 && number <= 65535 ? (int)number : -1;
}

int64_t agent_manifest_grace_ms(const struct val *pod_spec)
{
    int64_t s = val_get_int(pod_spec, "terminationGracePeriodSeconds", 30);
    return s < 0 ? 0 : s > 86400 ? 86400000 : s * 1000;
}
