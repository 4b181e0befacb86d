/* agent/config.c - the few fields of KubeletConfiguration that mean something to a process runtime.
 * Must not refuse fields it does not know: the file is written for the real kubelet. */
#include <stddef.h>

#include "agent/options.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/yaml.h"

enum kind { TEXT, PORT, SWITCH, DURATION, COUNT };

static const struct field {
    const char *name;
    enum kind kind;
    size_t at;
} fields[] = {
    { "staticPodPath", TEXT, offsetof(struct agent_config, static_pod_path) },
    { "healthzBindAddress", TEXT, offsetof(struct agent_config, healthz_address) },
    { "healthzPort", PORT, offsetof(struct agent_config, healthz_port) },
    { "address", TEXT, offsetof(struct agent_config, address) },
    { "port", PORT, offsetof(struct agent_config, port) },
    { "rotateCertificates", SWITCH, offsetof(struct agent_config, rotate_certificates) },
    { "registerNode", SWITCH, offsetof(struct agent_config, register_node) },
    { "fileCheckFrequency", DURATION, offsetof(struct agent_config, file_check_ms) },
    { "nodeStatusUpdateFrequency", DURATION, offsetof(struct agent_config, status_update_ms) },
    { "nodeStatusReportFrequency", DURATION, offsetof(struct agent_config, status_report_ms) },
    { "nodeLeaseDurationSeconds", COUNT, offsetof(struct agent_config, lease_seconds) },
    { "maxPods", COUNT, offsetof(struct agent_config, max_pods) },
};

static int set_field(struct agent_config *c, const struct field *f, const struct val *v, struct cu_err *err)
{
    void *at = (char *)c + f->at;
    int64_t number = val_int(v, -1), ns;
    switch (f->kind) {
    case TEXT:
        if (!val_str(v))
            return cu_fail(err, CU_E_INVALID, "%s: want text, got %s", f->name, val_kind_name(v));
        if (*val_str(v)) {
            free(*(char **)at);
            *(char **)at = cu_strdup(val_str(v));
        }
        return 0;
    case PORT:
        if (val_kind(v) != VAL_INT || number < 0 || number > 65535)
            return cu_fail(err, CU_E_INVALID, "%s: want a port number", f->name);
        *(int *)at = (int)number;
        return 0;
    case SWITCH:
        if (val_kind(v) != VAL_BOOL)
            return cu_fail(err, CU_E_INVALID, "%s: want true or false, got %s", f->name, val_kind_name(v));
        *(bool *)at = val_bool(v, false);
        return 0;
    case DURATION:
        if (!val_str(v) || cu_parse_duration(val_str(v), &ns, NULL) < 0 || ns < 0)
            return cu_fail(err, CU_E_INVALID, "%s: want a duration such as 20s", f->name);
        if (ns > 0)
            *(int64_t *)at = ns / 1000000 > 0 ? ns / 1000000 : 1;
        return 0;
    case COUNT:
        if (val_kind(v) != VAL_INT || number < 0 || number > 1000000)
            return cu_fail(err, CU_E_INVALID, "%s: want a number up to 1000000", f->name);
        if (number > 0)
            *(int64_t *)at = number;
        return 0;
    }
    return 0;
}

static struct agent_config defaults(void)
{
    return (struct agent_config){ .healthz_address = cu_strdup("127.0.0.1"),
                                  .healthz_port = 10248,
                                  .address = cu_strdup("0.0.0.0"),
                                  .port = 10250,
                                  .register_node = true,
                                  .file_check_ms = 20000,
                                  .status_update_ms = 10000,
                                  .status_report_ms = 300000,
                                  .lease_seconds = 40,
                                  .max_pods = 110 };
}

int agent_config_parse(const char *text, size_t n, struct agent_config *out, struct cu_err *err)
{
    cu_autoval struct val *doc = NULL;
    int r = codec_yaml_parse(text, n, &doc, err);
    if (r < 0)
        return r;
    const char *kind = val_get_str(doc, "kind"), *version = val_get_str(doc, "apiVersion");
    if (!cu_streq(kind, "KubeletConfiguration") || !cu_has_prefix(version, "kubelet.config.k8s.io/"))
        return cu_fail(err, CU_E_INVALID,
                       "want kind KubeletConfiguration of kubelet.config.k8s.io, got \"%s\" of \"%s\"",
                       cu_or(kind, ""), cu_or(version, ""));
    struct agent_config c = defaults();
    for (size_t i = 0; i < CU_LEN(fields) && r == 0; i++) {
        const struct val *v = val_get(doc, fields[i].name);
        if (val_kind(v) != VAL_NULL)
            r = set_field(&c, &fields[i], v, err);
    }
    if (r < 0) {
        agent_config_clear(&c);
        return r;
    }
    c.client_ca_file = cu_strdup(val_find_str(doc, "authentication", "x509", "clientCAFile", NULL));
    const struct val *taints = val_get(doc, "registerWithTaints");
    c.taints = val_is_list(taints) ? val_ref(taints) : NULL;
    *out = c;
    return 0;
}

int agent_config_load(const char *path, struct agent_config *out, struct cu_err *err)
{
    if (!path) {
        *out = defaults();
        return 0;
    }
    cu_autofree char *text = NULL;
    size_t n;
    int r = cu_file_read(path, LIM_CONFIG_FILE, &text, &n, err);
    if (r < 0)
        return r;
    r = agent_config_parse(text, n, out, err);
    if (r < 0)
        cu_wrap(err, "%s", path);
    return r;
}

void agent_config_clear(struct agent_config *c)
{
    free(c->static_pod_path);
    free(c->client_ca_file);
    free(c->healthz_address);
    free(c->address);
    val_unref(c->taints);
    *c = (struct agent_config){ .port = 0 };
}
