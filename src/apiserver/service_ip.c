/* Cluster addresses and node ports of Services. Must not know the store: it is handed all other Services. */
#include "apiserver/service_ip.h"

#include "base/encode.h"
#include "base/ip.h"
#include "base/random.h"
#include "base/str.h"

#define NODE_PORT_FIRST 30000
#define NODE_PORT_COUNT 2768 /* to 32767 */

struct allocation {
    struct val *spec;
    const char *ns, *name; /* of the Service itself */
    const struct cu_strlist *ranges;
    const struct val *others;
    struct api_invalid bad;
    bool used_up;
};

/* Walks the specs of all other Services. */
static const struct val *other_spec(const struct allocation *a, size_t i)
{
    const struct val *o = val_at(a->others, i);
    if (cu_streq(val_find_str(o, "metadata", "name", NULL), a->name) &&
        cu_streq(val_find_str(o, "metadata", "namespace", NULL), a->ns))
        return NULL;
    return val_get(o, "spec");
}

static bool ip_taken(const struct allocation *a, const char *ip)
{
    for (size_t i = 0; i < val_len(a->others); i++) {
        const struct val *spec = other_spec(a, i), *list = val_get(spec, "clusterIPs");
        if (cu_streq(val_get_str(spec, "clusterIP"), ip))
            return true;
        for (size_t k = 0; k < val_len(list); k++) {
            if (cu_streq(val_str(val_at(list, k)), ip))
                return true;
        }
    }
    return false;
}

static bool port_taken(const struct allocation *a, int64_t port)
{
    for (size_t i = 0; i < val_len(a->others); i++) {
        const struct val *ports = val_get(other_spec(a, i), "ports");
        for (size_t k = 0; k < val_len(ports); k++) {
            if (val_get_int(val_at(ports, k), "nodePort", 0) == port)
                return true;
        }
    }
    return false;
}

static const char *range_family(const char *range)
{
    struct cu_cidr c;
    if (!cu_cidr_parse_sloppy(range, &c))
        return "";
    return c.ip.v6 ? "IPv6" : "IPv4";
}

/* NULL when there is no range of that family. */
static const char *range_of(const struct allocation *a, const char *family)
{
    for (size_t i = 0; i < a->ranges->n; i++) {
        if (cu_streq(range_family(a->ranges->v[i]), family))
            return a->ranges->v[i];
    }
    return NULL;
}

/* A free address of the range, from a random place on; false when there is none. The network address, the first
 * address (the Service "kubernetes") and the broadcast address are never handed out. */
static bool free_ip(const struct allocation *a, const char *range, char out[CU_IP_MAX])
{
    struct cu_cidr c;
    struct cu_ip ip;
    if (!cu_cidr_parse_sloppy(range, &c))
        return false;
    uint64_t size = cu_cidr_size(&c), reserved = c.ip.v6 ? 2 : 3;
    if (size <= reserved)
        return false;
    uint32_t n = (uint32_t)(size - reserved > 65536 ? 65536 : size - reserved);
    uint32_t start = cu_random_below(n);
    for (uint32_t i = 0; i < n; i++) {
        if (!cu_cidr_nth(&c, 2 + (start + i) % n, &ip))
            return false;
        cu_ip_format(&ip, out);
        if (!ip_taken(a, out))
            return true;
    }
    return false;
}

static void invalid_ip(struct allocation *a, const char *ip, const char *why)
{
    api_invalid_add(&a->bad, "FieldValueInvalid", "spec.clusterIPs",
                    "Invalid value: [\"%s\"]: failed to allocate IP %s: %s", ip, ip, why);
}

/* An address the client asked for: it must be free and in a range. Its family is returned, "" when it is wrong. */
static const char *claim_ip(struct allocation *a, const char *text)
{
    struct cu_ip ip;
    struct cu_cidr c;
    if (!cu_ip_parse(text, &ip))
        return ""; /* validation says so */
    const char *family = ip.v6 ? "IPv6" : "IPv4", *range = range_of(a, family);
    if (!range || !cu_cidr_parse_sloppy(range, &c) || !cu_cidr_contains(&c, &ip)) {
        cu_autofree char *all = cu_strlist_join(a->ranges, ",");
        cu_autofree char *why = cu_asprintf("the provided IP is not in the valid range %s", all);
        invalid_ip(a, text, why);
        return "";
    }
    if (ip_taken(a, text)) {
        invalid_ip(a, text, "provided IP is already allocated");
        return "";
    }
    return family;
}

static void drop_addresses(struct val *spec)
{
    static const char *const keys[] = { "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy" };
    for (size_t i = 0; i < CU_LEN(keys); i++)
        val_del(spec, keys[i]);
}

/* Families wanted, best first: those asked for, else the ranges' order; one, or two for the dual-stack policies. */
static void wanted_families(struct allocation *a, struct cu_strlist *out)
{
    const struct val *asked = val_get(a->spec, "ipFamilies");
    bool dual = cu_has_suffix(cu_or(val_get_str(a->spec, "ipFamilyPolicy"), ""), "DualStack");
    for (size_t i = 0; i < val_len(asked); i++)
        cu_strlist_add_unique(out, cu_or(val_str(val_at(asked, i)), ""));
    for (size_t i = 0; i < a->ranges->n && (out->n == 0 || dual); i++)
        cu_strlist_add_unique(out, range_family(a->ranges->v[i]));
}

static void set_families(struct val *spec, const struct cu_strlist *families)
{
    struct val *list = val_new_list();
    for (size_t i = 0; i < families->n; i++)
        val_append_str(list, families->v[i]);
    val_set(spec, "ipFamilies", list);
    if (!val_get(spec, "ipFamilyPolicy"))
        val_set_str(spec, "ipFamilyPolicy", families->n > 1 ? "PreferDualStack" : "SingleStack");
}

static void assign_addresses(struct allocation *a)
{
    cu_autostrlist struct cu_strlist families = CU_STRLIST_INIT, have = CU_STRLIST_INIT;
    const char *first = val_get_str(a->spec, "clusterIP");
    const struct val *given = val_get(a->spec, "clusterIPs");

    if (cu_is_empty(first))
        first = val_str(val_at(given, 0));
    if (cu_streq(first, "None")) {
        wanted_families(a, &families);
        set_families(a->spec, &families);
        struct val *none = val_new_list();
        val_append_str(none, "None");
        val_set(a->spec, "clusterIPs", none);
        val_set_str(a->spec, "clusterIP", "None");
        return;
    }
    struct val *ips = val_new_list();
    for (size_t i = 0; i < (val_len(given) ? val_len(given) : 1); i++) {
        const char *text = i == 0 ? first : val_str(val_at(given, i));
        if (cu_is_empty(text))
            continue;
        const char *family = claim_ip(a, text);
        val_append_str(ips, text);
        if (family[0])
            cu_strlist_add_unique(&have, family);
    }
    if (have.n == 0 || cu_has_suffix(cu_or(val_get_str(a->spec, "ipFamilyPolicy"), ""), "DualStack"))
        wanted_families(a, &families);
    for (size_t i = 0; i < families.n && !a->bad.causes; i++) {
        char ip[CU_IP_MAX];
        const char *range = range_of(a, families.v[i]);
        if (cu_strlist_has(&have, families.v[i]))
            continue;
        if (!range)
            api_invalid_add(&a->bad, "FieldValueInvalid", "spec.ipFamilies",
                            "Invalid value: \"%s\": not configured on this cluster", families.v[i]);
        else if (free_ip(a, range, ip)) {
            val_append_str(ips, ip);
            cu_strlist_add(&have, families.v[i]);
        } else {
            a->used_up = true;
        }
    }
    if (val_len(ips) > 0)
        val_set_str(a->spec, "clusterIP", val_str(val_at(ips, 0)));
    val_set(a->spec, "clusterIPs", ips);
    set_families(a->spec, &have);
}

static int64_t free_port(const struct allocation *a, const struct val *own)
{
    uint32_t start = cu_random_below(NODE_PORT_COUNT);
    for (uint32_t i = 0; i < NODE_PORT_COUNT; i++) {
        int64_t port = NODE_PORT_FIRST + (start + i) % NODE_PORT_COUNT;
        bool mine = false;
        for (size_t k = 0; k < val_len(own); k++)
            mine = mine || val_get_int(val_at(own, k), "nodePort", 0) == port;
        if (!mine && !port_taken(a, port))
            return port;
    }
    return 0;
}

static void assign_ports(struct allocation *a)
{
    struct val *ports = val_get(a->spec, "ports");
    for (size_t i = 0; i < val_len(ports); i++) {
        struct val *p = val_at(ports, i);
        int64_t n = val_get_int(p, "nodePort", 0);
        cu_autofree char *field = cu_asprintf("spec.ports[%zu].nodePort", i);
        if (n == 0) {
            n = free_port(a, ports);
            a->used_up = a->used_up || n == 0;
            val_set_int(p, "nodePort", n);
        } else if (n < NODE_PORT_FIRST || n >= NODE_PORT_FIRST + NODE_PORT_COUNT) {
            api_invalid_add(&a->bad, "FieldValueInvalid", field,
                            "Invalid value: %lld: provided port is not in the valid range. The range of "
                            "valid ports is 30000-32767",
                            (long long)n);
        } else if (port_taken(a, n)) {
            api_invalid_add(&a->bad, "FieldValueInvalid", field,
                            "Invalid value: %lld: provided port is already allocated", (long long)n);
        }
    }
}

int api_service_assign(struct val *service, const struct cu_strlist *ranges, const struct val *others,
                       struct api_status *s)
{
    struct allocation a = { .spec = val_need_map(service, "spec"), .ranges = ranges, .others = others };
    const char *type = cu_or(val_get_str(a.spec, "type"), "ClusterIP");

    a.ns = val_find_str(service, "metadata", "namespace", NULL);
    a.name = val_find_str(service, "metadata", "name", NULL);
    if (cu_streq(type, "ExternalName"))
        drop_addresses(a.spec);
    else
        assign_addresses(&a);
    if (cu_streq(type, "NodePort") || cu_streq(type, "LoadBalancer"))
        assign_ports(&a);
    if (api_invalid_finish(&a.bad, s, "Service", "", cu_or(a.name, "")) < 0)
        return -1;
    if (a.used_up)
        return api_fail(s, 500, "InternalError",
                        "Internal error occurred: no free address or node port is left for the service");
    return 0;
}

static void mark_ports(uint8_t *bits, size_t bytes, const struct val *service)
{
    const struct val *ports = val_find(service, "spec", "ports", NULL);
    for (size_t i = 0; i < val_len(ports); i++) {
        int64_t n = val_get_int(val_at(ports, i), "nodePort", 0) - NODE_PORT_FIRST;
        if (n >= 0 && n < NODE_PORT_COUNT)
            bits[bytes - 1 - (size_t)n / 8] |= (uint8_t)(1U << (n % 8));
    }
}

char *api_service_port_range(const struct val *services, const struct val *own)
{
    uint8_t bits[(NODE_PORT_COUNT + 7) / 8] = { 0 };
    const char *name = val_find_str(own, "metadata", "name", NULL);
    const char *ns = val_find_str(own, "metadata", "namespace", NULL);
    for (size_t i = 0; i < val_len(services); i++) {
        const struct val *s = val_at(services, i);
        if (!cu_streq(val_find_str(s, "metadata", "name", NULL), name) ||
            !cu_streq(val_find_str(s, "metadata", "namespace", NULL), ns))
            mark_ports(bits, sizeof(bits), s);
    }
    mark_ports(bits, sizeof(bits), own);
    size_t zeros = 0; /* a number without leading zeros */
    while (zeros < sizeof(bits) && bits[zeros] == 0)
        zeros++;
    cu_autofree char *data = cu_base64(bits + zeros, sizeof(bits) - zeros);
    cu_autoval struct val *v = val_new_map();
    val_set_str(v, "kind", "RangeAllocation");
    val_set_str(v, "apiVersion", "v1");
    val_set(v, "metadata", val_new_map());
    val_set_strf(v, "range", "%d-%d", NODE_PORT_FIRST, NODE_PORT_FIRST + NODE_PORT_COUNT - 1);
    val_set_str(v, "data", data);
    return val_dump_json(v, VAL_JSON_COMPACT);
}
