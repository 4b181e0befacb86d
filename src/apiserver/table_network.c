/* Cells of Services, endpoints and ingresses. Source of the rules: spec apiserver 3.10. */
#include "apiserver/table_network.h"

#include "base/buf.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/strlist.h"

struct val *api_cell_service_ip(const struct api_cell *c)
{
    const char *first =
        cu_or(val_str(val_at(api_at(c->obj, "spec.clusterIPs"), 0)), api_text_at(c->obj, "spec.clusterIP"));
    return val_new_str(cu_or(first, "<none>"));
}

static void add_ingress(struct val *texts, const struct val *list)
{
    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *e = val_at(list, i);
        val_append_str(texts, cu_or(val_get_str(e, "ip"), api_text_at(e, "hostname")));
    }
}

struct val *api_cell_service_external(const struct api_cell *c)
{
    const char *type = api_text_at(c->obj, "spec.type");
    const struct val *fixed = api_at(c->obj, "spec.externalIPs");
    if (cu_streq(type, "ExternalName"))
        return val_new_str(api_text_at(c->obj, "spec.externalName"));
    if (!cu_streq(type, "LoadBalancer"))
        return api_cell_join(fixed, ",", "<none>");
    cu_autoval struct val *texts = val_new_list();
    add_ingress(texts, api_at(c->obj, "status.loadBalancer.ingress"));
    for (size_t i = 0; i < val_len(fixed); i++)
        val_append(texts, val_ref(val_at(fixed, i)));
    return api_cell_join(texts, ",", "<pending>");
}

struct val *api_cell_service_ports(const struct api_cell *c)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    const struct val *ports = api_at(c->obj, "spec.ports");
    for (size_t i = 0; i < val_len(ports); i++) {
        const struct val *p = val_at(ports, i);
        int64_t node = val_get_int(p, "nodePort", 0);
        cu_buf_addf(&b, "%s%lld", i ? "," : "", (long long)val_get_int(p, "port", 0));
        if (node > 0)
            cu_buf_addf(&b, ":%lld", (long long)node);
        cu_buf_addf(&b, "/%s", cu_or(val_get_str(p, "protocol"), "TCP"));
    }
    return val_new_str(b.len ? cu_buf_str(&b) : "<none>");
}

/* The first three, then how many more. */
static struct val *first_three(const struct cu_strlist *l, const char *none)
{
    if (l->n == 0)
        return val_new_str(none);
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    for (size_t i = 0; i < l->n && i < 3; i++)
        cu_buf_addf(&b, "%s%s", i ? "," : "", l->v[i]);
    if (l->n > 3)
        cu_buf_addf(&b, " + %zu more...", l->n - 3);
    return val_new_str(cu_buf_str(&b));
}

static void add_subset(struct cu_strlist *l, const struct val *subset)
{
    const struct val *ports = val_get(subset, "ports"), *addresses = val_get(subset, "addresses");
    if (val_len(ports) == 0) {
        for (size_t a = 0; a < val_len(addresses); a++)
            cu_strlist_add(l, api_text_at(val_at(addresses, a), "ip"));
    }
    for (size_t p = 0; p < val_len(ports); p++) {
        for (size_t a = 0; a < val_len(addresses); a++) {
            const char *ip = api_text_at(val_at(addresses, a), "ip");
            cu_autofree char *text = cu_host_port(ip, (int)val_get_int(val_at(ports, p), "port", 0));
            cu_strlist_add(l, text);
        }
    }
}

struct val *api_cell_endpoints(const struct api_cell *c)
{
    cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT;
    const struct val *subsets = val_get(c->obj, "subsets");
    for (size_t i = 0; i < val_len(subsets); i++)
        add_subset(&l, val_at(subsets, i));
    return first_three(&l, "<none>");
}

struct val *api_cell_slice_ports(const struct api_cell *c)
{
    cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT;
    const struct val *ports = val_get(c->obj, "ports");
    for (size_t i = 0; i < val_len(ports); i++) {
        const struct val *p = val_at(ports, i);
        if (val_get(p, "port"))
            cu_strlist_addf(&l, "%lld", (long long)val_get_int(p, "port", 0));
        else
            cu_strlist_add(&l, cu_or(val_get_str(p, "name"), "*"));
    }
    return first_three(&l, "<unset>");
}

struct val *api_cell_slice_endpoints(const struct api_cell *c)
{
    cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT;
    const struct val *list = val_get(c->obj, "endpoints");
    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *addresses = val_get(val_at(list, i), "addresses");
        for (size_t a = 0; a < val_len(addresses); a++)
            cu_strlist_add(&l, cu_or(val_str(val_at(addresses, a)), ""));
    }
    return first_three(&l, "<unset>");
}

struct val *api_cell_ingress_parameters(const struct api_cell *c)
{
    const struct val *p = api_at(c->obj, "spec.parameters");
    const char *group = api_text_at(p, "apiGroup");
    if (!p)
        return val_new_str("<none>");
    return val_new_strf("%s%s%s/%s", api_text_at(p, "kind"), group[0] ? "." : "", group,
                        api_text_at(p, "name"));
}

struct val *api_cell_ingress_hosts(const struct api_cell *c)
{
    cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT;
    const struct val *rules = api_at(c->obj, "spec.rules");
    for (size_t i = 0; i < val_len(rules); i++) {
        const char *host = api_text_at(val_at(rules, i), "host");
        if (host[0])
            cu_strlist_add(&l, host);
    }
    return first_three(&l, "*");
}

struct val *api_cell_ingress_address(const struct api_cell *c)
{
    cu_autoval struct val *texts = val_new_list();
    add_ingress(texts, api_at(c->obj, "status.loadBalancer.ingress"));
    return api_cell_join(texts, ",", "");
}

struct val *api_cell_ingress_ports(const struct api_cell *c)
{
    return val_new_str(val_len(api_at(c->obj, "spec.tls")) ? "80, 443" : "80");
}

struct val *api_cell_ip_parent(const struct api_cell *c)
{
    const struct val *p = api_at(c->obj, "spec.parentRef");
    const char *group = api_text_at(p, "group"), *ns = api_text_at(p, "namespace");
    return val_new_strf("%s%s%s/%s%s%s", api_text_at(p, "resource"), group[0] ? "." : "", group, ns,
                        ns[0] ? "/" : "", api_text_at(p, "name"));
}

struct val *api_cell_policy_selector(const struct api_cell *c)
{
    return api_cell_selector(api_at(c->obj, "spec.podSelector"));
}

struct val *api_cell_cidrs(const struct api_cell *c)
{
    return api_cell_join(api_at(c->obj, "spec.cidrs"), ",", "");
}
