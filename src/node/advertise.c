/* node/advertise.c - which address of this machine others shall use (spec config-api 8.4).
 * Must not know what listens there. */
#include "node/net.h"

#include <string.h>

#include "base/str.h"

struct route {
    bool v6;
    char ifname[16];
};

struct search {
    struct node_addr *addrs; /* owned */
    size_t n_addrs;
    struct route *routes; /* owned; default routes in file order */
    size_t n_routes, cap_routes;
};

static char *text_of(const struct cu_ip *ip)
{
    char text[CU_IP_MAX];
    cu_ip_format(ip, text);
    return cu_strdup(text);
}

/* First global unicast address of the family on the interface, or on any loopback interface when it is NULL. */
static const struct node_addr *address_on(const struct search *s, const char *ifname, bool v6)
{
    for (size_t i = 0; i < s->n_addrs; i++) {
        const struct node_addr *a = &s->addrs[i];
        bool here = ifname ? cu_streq(a->ifname, ifname) : a->loopback;
        if (here && a->up && a->ip.v6 == v6 && cu_ip_is_global_unicast(&a->ip))
            return a;
    }
    return NULL;
}

static bool interface_up(const struct search *s, const char *ifname)
{
    for (size_t i = 0; i < s->n_addrs; i++)
        if (cu_streq(s->addrs[i].ifname, ifname) && s->addrs[i].up)
            return true;
    return false;
}

static const struct node_addr *any_address(const struct search *s, bool v6)
{
    for (size_t i = 0; i < s->n_addrs; i++) {
        const struct node_addr *a = &s->addrs[i];
        if (a->up && !a->loopback && !a->point_to_point && a->ip.v6 == v6 && cu_ip_is_global_unicast(&a->ip))
            return a;
    }
    return NULL;
}

static void add_route(struct search *s, bool v6, const char *ifname)
{
    cu_grow(&s->routes, &s->cap_routes, s->n_routes + 1, sizeof *s->routes);
    struct route *r = &s->routes[s->n_routes++];
    *r = (struct route){ .v6 = v6 };
    snprintf(r->ifname, sizeof r->ifname, "%s", ifname);
}

/* The words of a line, however many blanks lie between them. */
static void words_of(const char *line, struct cu_strlist *out)
{
    while (*(line += strspn(line, " \t"))) {
        size_t n = strcspn(line, " \t");
        cu_strlist_take(out, cu_strndup(line, n));
        line += n;
    }
}

/* Adds the default routes of a table: `destination` all zeros, and for IPv6 a gateway that is not. */
static void read_routes(struct search *s, const char *text, bool v6)
{
    static const char zero[] = "00000000000000000000000000000000";
    const size_t at_name = v6 ? 9 : 0, at_destination = v6 ? 0 : 1, at_gateway = v6 ? 4 : 2;
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cu_strlist_split(&lines, text, '\n');
    for (size_t i = 0; i < lines.n; i++) {
        cu_autostrlist struct cu_strlist w = CU_STRLIST_INIT;
        words_of(lines.v[i], &w);
        if (w.n <= at_name || w.n <= at_gateway)
            continue;
        const char *destination = w.v[at_destination];
        if (strlen(destination) != (v6 ? 32 : 8) || !cu_has_prefix(zero, destination))
            continue;
        if (!v6 || !cu_streq(w.v[at_gateway], zero))
            add_route(s, v6, w.v[at_name]);
    }
}

static const struct node_addr *by_routes(const struct search *s, bool v6)
{
    for (size_t i = 0; i < s->n_routes; i++) {
        if (s->routes[i].v6 != v6 || !interface_up(s, s->routes[i].ifname))
            continue;
        const struct node_addr *a = address_on(s, s->routes[i].ifname, v6);
        if (!a)
            a = address_on(s, NULL, v6);
        if (a)
            return a;
    }
    return NULL;
}

static int search_default(const struct node_sys *sys, struct search *s, bool prefer6, char **out,
                          char **warning, struct cu_err *err)
{
    cu_autofree char *routes4 = NULL, *routes6 = NULL;
    bool have_routes = node_exists(sys, "/proc/net/route");
    if (have_routes) {
        int r = node_read(sys, "/proc/net/route", &routes4, err);
        if (r < 0)
            return r;
        read_routes(s, routes4, false);
        if (node_read(sys, "/proc/net/ipv6_route", &routes6, NULL) == 0)
            read_routes(s, routes6, true);
        if (s->n_routes == 0) {
            if (warning)
                *warning =
                    cu_strdup("no default routes found in \"/proc/net/route\" or \"/proc/net/ipv6_route\"; "
                              "the address 0.0.0.0 stands in, pass one with --apiserver-advertise-address");
            *out = cu_strdup("0.0.0.0");
            return 0;
        }
    }
    for (int i = 0; i < 2; i++) {
        bool v6 = prefer6 == (i == 0);
        const struct node_addr *a = have_routes ? by_routes(s, v6) : any_address(s, v6);
        if (a) {
            *out = text_of(&a->ip);
            return 0;
        }
    }
    return cu_fail(err, CU_E_NOTFOUND,
                   "no interface %s has an address others can reach; pass one with "
                   "--apiserver-advertise-address",
                   have_routes ? "of a default route" : "that is up");
}

int node_advertise_address(const struct node_sys *sys, const char *want, char **out, char **warning,
                           struct cu_err *err)
{
    struct cu_ip ip = { .v6 = false };
    if (!sys)
        sys = node_sys_host();
    bool given = !cu_is_empty(want);
    if (given && !cu_ip_parse_sloppy(want, &ip))
        return cu_fail(err, CU_E_INVALID, "\"%s\" is not an IP address", want);
    if (given && !cu_ip_is_unspecified(&ip) && !cu_ip_is_loopback(&ip)) {
        *out = text_of(&ip);
        return 0;
    }
    struct search s = { NULL, 0, NULL, 0, 0 };
    int r = sys->addresses(sys->arg, &s.addrs, &s.n_addrs, err);
    if (r == 0 && given && cu_ip_is_loopback(&ip)) {
        const struct node_addr *a = address_on(&s, "lo", false);
        if (!a)
            a = address_on(&s, "lo", true);
        if (a)
            *out = text_of(&a->ip);
        else
            r = cu_fail(err, CU_E_NOTFOUND,
                        "interface lo has no address other than loopback ones to stand for %s", want);
    } else if (r == 0) {
        r = search_default(sys, &s, given && ip.v6, out, warning, err);
    }
    free(s.addrs);
    free(s.routes);
    return r;
}
