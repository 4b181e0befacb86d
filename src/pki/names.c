/* Subjects and subject alternative names, written in upstream's form and read back.
 * Must not know what kind of object carries them. */
#include "pki/internal.h"
#include "base/ip.h"
#include "base/str.h"
#include <string.h>

void pki_names_clear(struct pki_names *n)
{
    free(n->cn);
    n->cn = NULL;
    cu_strlist_clear(&n->orgs);
    cu_strlist_clear(&n->dns);
    cu_strlist_clear(&n->ips);
    cu_strlist_clear(&n->emails);
    cu_strlist_clear(&n->uris);
}

/* PrintableString without "*" and "&", as Go writes it. */
static bool printable(const char *s)
{
    for (; *s; s++) {
        bool alnum = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');
        if (!alnum && !strchr(" '()+,-./:=?", *s)) {
            return false;
        }
    }
    return true;
}

static void add_part(X509_NAME *name, int nid, const char *text, bool same_set)
{
    union {
        const char *in;
        const unsigned char *out;
    } u = { text };

    if (X509_NAME_add_entry_by_NID(name, nid, printable(text) ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING,
                                   u.out, -1, -1, same_set ? -1 : 0) != 1) {
        abort(); /* no memory; lengths were checked by the callers */
    }
}

X509_NAME *pki_name_make(const char *cn, const struct cu_strlist *orgs)
{
    X509_NAME *name = X509_NAME_new();

    if (!name) {
        abort();
    }
    for (size_t i = 0; orgs && i < orgs->n; i++) {
        add_part(name, NID_organizationName, orgs->v[i], i > 0);
    }
    if (!cu_is_empty(cn)) {
        add_part(name, NID_commonName, cn, false);
    }
    return name;
}

/* Text of an ASN.1 string as UTF-8; NULL when it holds a NUL or cannot be converted. */
static char *text_of(const ASN1_STRING *s)
{
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, s);
    char *out = NULL;

    if (n >= 0 && !memchr(utf8, '\0', (size_t)n)) {
        union {
            unsigned char *in;
            char *out;
        } u = { utf8 };
        out = cu_strndup(u.out, (size_t)n);
    }
    OPENSSL_free(utf8);
    return out;
}

int pki_name_read(const X509_NAME *name, char **cn, struct cu_strlist *orgs, struct cu_err *err)
{
    cu_autofree char *last_cn = NULL;

    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(e));

        if (nid != NID_commonName && nid != NID_organizationName) {
            continue;
        }
        cu_autofree char *text = text_of(X509_NAME_ENTRY_get_data(e));
        if (!text) {
            return cu_fail(err, CU_E_INVALID, "the subject holds text that is not readable");
        }
        if (nid == NID_commonName) {
            free(last_cn);
            last_cn = cu_steal(&text); /* the last one counts, as in Go */
        } else if (orgs) {
            cu_strlist_take(orgs, cu_steal(&text));
        }
    }
    *cn = last_cn ? cu_steal(&last_cn) : cu_strdup("");
    return 0;
}

static void add_dns(GENERAL_NAMES *sans, const char *dns)
{
    GENERAL_NAME *g = GENERAL_NAME_new();
    ASN1_IA5STRING *s = ASN1_IA5STRING_new();

    if (!g || !s || !ASN1_STRING_set(s, dns, -1)) {
        abort();
    }
    GENERAL_NAME_set0_value(g, GEN_DNS, s);
    sk_GENERAL_NAME_push(sans, g);
}

static void add_ip(GENERAL_NAMES *sans, const struct cu_ip *ip)
{
    GENERAL_NAME *g = GENERAL_NAME_new();
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();

    if (!g || !s || !ASN1_OCTET_STRING_set(s, ip->b, ip->v6 ? 16 : 4)) {
        abort();
    }
    GENERAL_NAME_set0_value(g, GEN_IPADD, s);
    sk_GENERAL_NAME_push(sans, g);
}

int pki_sans_make(const struct cu_strlist *dns, const struct cu_strlist *ips, GENERAL_NAMES **out,
                  struct cu_err *err)
{
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT, addresses = CU_STRLIST_INIT;
    struct cu_ip ip;

    for (size_t i = 0; dns && i < dns->n; i++) {
        cu_strlist_add_unique(&names, dns->v[i]);
    }
    for (size_t i = 0; ips && i < ips->n; i++) {
        if (!cu_ip_parse(ips->v[i], &ip)) {
            return cu_fail(err, CU_E_INVALID, "\"%s\" is not an IP address", ips->v[i]);
        }
        cu_strlist_add_unique(&addresses, ips->v[i]);
    }
    *out = NULL;
    if (names.n + addresses.n == 0) {
        return 0;
    }
    *out = GENERAL_NAMES_new();
    if (!*out) {
        abort();
    }
    cu_strlist_sort(&names);
    for (size_t i = 0; i < names.n; i++) {
        add_dns(*out, names.v[i]);
    }
    for (size_t i = 0; i < addresses.n; i++) {
        cu_ip_parse(addresses.v[i], &ip);
        add_ip(*out, &ip);
    }
    return 0;
}

static int read_ip(const ASN1_OCTET_STRING *s, struct cu_strlist *ips, struct cu_err *err)
{
    struct cu_ip ip = { .v6 = ASN1_STRING_length(s) == 16 };
    char text[CU_IP_MAX];

    if (!ip.v6 && ASN1_STRING_length(s) != 4) {
        return cu_fail(err, CU_E_INVALID, "an address of %d bytes among the alternative names",
                       ASN1_STRING_length(s));
    }
    memcpy(ip.b, ASN1_STRING_get0_data(s), ip.v6 ? 16 : 4);
    cu_ip_format(&ip, text);
    cu_strlist_add(ips, text);
    return 0;
}

int pki_sans_read(const GENERAL_NAMES *sans, struct pki_names *out, struct cu_err *err)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
        int type;
        const ASN1_STRING *s = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(sans, i), &type);
        struct cu_strlist *to = type == GEN_DNS     ? &out->dns
                                : type == GEN_EMAIL ? &out->emails
                                : type == GEN_URI   ? &out->uris
                                                    : NULL;

        if (type == GEN_IPADD) {
            int r = read_ip(s, &out->ips, err);
            if (r < 0) {
                return r;
            }
        } else if (to) {
            char *text = text_of(s);
            if (!text) {
                return cu_fail(err, CU_E_INVALID, "an alternative name holds text that is not readable");
            }
            cu_strlist_take(to, text);
        }
    }
    return 0;
}
