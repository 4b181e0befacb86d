/* Certificates and keys in a certificates folder, and the rules by which existing ones are used again.
 * Must not know which certificates a cluster has. */
#include "pki/ca.h"
#include "base/file.h"
#include "base/str.h"

void pki_ca_clear(struct pki_ca *ca)
{
    pki_cert_free(ca->cert);
    pki_key_free(ca->key);
    *ca = (struct pki_ca)PKI_CA_INIT;
}

char *pki_crt_path(const char *dir, const char *base)
{
    return cu_asprintf("%s/%s.crt", dir, base);
}

char *pki_key_path(const char *dir, const char *base)
{
    return cu_asprintf("%s/%s.key", dir, base);
}

static int load_ca_cert(const char *path, struct pki_cert **out, struct cu_err *err)
{
    pki_autocert struct pki_cert *c = NULL;
    int r = pki_cert_load(path, &c, err);

    if (r < 0) {
        return r;
    }
    if (!pki_cert_is_ca(c)) {
        return cu_fail(err, CU_E_INVALID, "the certificate in \"%s\" is not a certificate authority", path);
    }
    *out = cu_steal(&c);
    return 0;
}

static int load_ca(const char *dir, const char *base, bool need_key, struct pki_ca *out, struct cu_err *err)
{
    cu_autofree char *crt = pki_crt_path(dir, base);
    cu_autofree char *key = pki_key_path(dir, base);
    pki_autoca struct pki_ca ca = PKI_CA_INIT;
    int r = load_ca_cert(crt, &ca.cert, err);

    if (r == 0 && (need_key || cu_exists(key))) {
        r = pki_key_load(key, &ca.key, err);
    }
    if (r < 0) {
        return r;
    }
    if (ca.key && !pki_cert_matches_key(ca.cert, ca.key)) {
        return cu_fail(err, CU_E_INVALID, "the key in \"%s\" does not belong to the certificate in \"%s\"",
                       key, crt);
    }
    *out = (struct pki_ca){ cu_steal(&ca.cert), cu_steal(&ca.key) };
    return 0;
}

int pki_ca_load(const char *dir, const char *base, struct pki_ca *out, struct cu_err *err)
{
    return load_ca(dir, base, false, out, err);
}

int pki_ca_load_signer(const char *dir, const char *base, struct pki_ca *out, struct cu_err *err)
{
    return load_ca(dir, base, true, out, err);
}

bool pki_ca_is_external(const char *dir, const char *base)
{
    cu_autofree char *crt = pki_crt_path(dir, base);
    cu_autofree char *key = pki_key_path(dir, base);
    pki_autocert struct pki_cert *c = NULL;

    return !cu_exists(key) && load_ca_cert(crt, &c, NULL) == 0;
}

int pki_ca_create(const char *cn, struct pki_key *key, int64_t not_before_ms, int64_t not_after_ms,
                  struct pki_ca *out, struct cu_err *err)
{
    const struct pki_cert_spec spec = {
        .cn = cn, .ca = true, .not_before_ms = not_before_ms, .not_after_ms = not_after_ms
    };
    struct pki_cert *cert = NULL;
    int r = pki_cert_self_sign(&spec, key, &cert, err);

    if (r == 0) {
        *out = (struct pki_ca){ cert, pki_key_ref(key) };
    }
    return r;
}

static int save_both(const char *crt_path, const char *key_path, const struct pki_cert *cert,
                     const struct pki_key *key, struct cu_err *err)
{
    int r = pki_key_save(key_path, key, err);

    return r < 0 ? r : pki_cert_save(crt_path, cert, err);
}

int pki_pair_save(const char *dir, const char *base, const struct pki_cert *cert, const struct pki_key *key,
                  struct cu_err *err)
{
    cu_autofree char *crt = pki_crt_path(dir, base), *new_crt = cu_asprintf("%s.new", crt);
    cu_autofree char *key_path = pki_key_path(dir, base), *new_key = cu_asprintf("%s.new", key_path);

    if (!cu_exists(crt) && !cu_exists(key_path))
        return save_both(crt, key_path, cert, key, err);
    int r = save_both(new_crt, new_key, cert, key, err);
    if (r == 0)
        r = cu_file_rename(new_key, key_path, err);
    if (r == 0)
        r = cu_file_rename(new_crt, crt, err);
    if (r < 0) {
        cu_unlink(new_key, NULL);
        cu_unlink(new_crt, NULL);
    }
    return r;
}

static int verify_loaded(const struct pki_certs *chain, const char *path, const struct pki_cert *ca,
                         int64_t now_ms, struct cu_err *err)
{
    pki_autocerts struct pki_certs roots = PKI_CERTS_INIT;

    pki_certs_add(&roots, ca);
    int r = pki_certs_verify(chain, &roots, PKI_EKU_ANY, now_ms, err);
    return r < 0 ? cu_wrap(err, "\"%s\" is not signed by the CA certificate \"%s\"", path, pki_cert_cn(ca))
                 : 0;
}

int pki_leaf_check(const char *dir, const char *base, const struct pki_cert *ca, int64_t now_ms,
                   struct cu_err *err)
{
    cu_autofree char *crt = pki_crt_path(dir, base);
    pki_autocerts struct pki_certs chain = PKI_CERTS_INIT;
    int r = pki_certs_load(crt, &chain, err);

    return r < 0 ? r : verify_loaded(&chain, crt, ca, now_ms, err);
}

static int check_covers(const struct pki_cert *c, const struct pki_cert_spec *want, struct cu_err *err)
{
    const struct cu_strlist *lists[] = { want->dns, want->ips };

    for (size_t l = 0; l < CU_LEN(lists); l++) {
        for (size_t i = 0; lists[l] && i < lists[l]->n; i++) {
            if (!pki_cert_covers(c, lists[l]->v[i])) {
                return cu_fail(err, CU_E_INVALID, "the certificate is not good for \"%s\"", lists[l]->v[i]);
            }
        }
    }
    return 0;
}

static int check_files(const char *crt, const char *key, const struct pki_cert *ca,
                       const struct pki_cert_spec *want, int64_t now_ms, struct cu_err *err)
{
    pki_autocerts struct pki_certs chain = PKI_CERTS_INIT;
    pki_autokey struct pki_key *k = NULL;
    int r = pki_certs_load(crt, &chain, err);

    if (r == 0) {
        r = pki_key_load(key, &k, err);
    }
    if (r < 0) {
        return r;
    }
    if (!pki_cert_matches_key(chain.v[0], k)) {
        return cu_fail(err, CU_E_INVALID, "the key does not belong to the certificate");
    }
    if (!ca && !pki_cert_is_ca(chain.v[0])) {
        return cu_fail(err, CU_E_INVALID, "the certificate is not a certificate authority");
    }
    if (ca && (r = verify_loaded(&chain, crt, ca, now_ms, err)) < 0) {
        return r;
    }
    return want ? check_covers(chain.v[0], want, err) : 0;
}

int pki_pair_check(const char *dir, const char *base, const struct pki_cert *ca,
                   const struct pki_cert_spec *want, int64_t now_ms, struct cu_err *err)
{
    cu_autofree char *crt = pki_crt_path(dir, base);
    cu_autofree char *key = pki_key_path(dir, base);
    cu_autoerr struct cu_err why = CU_ERR_INIT;

    if (!cu_exists(crt) && !cu_exists(key)) {
        return 0;
    }
    if (check_files(crt, key, ca, want, now_ms, &why) < 0) {
        return cu_fail(err, CU_E_INVALID,
                       "\"%s\" and \"%s\" exist but cannot be used: %s; mend or remove both files", crt, key,
                       cu_err_text(&why));
    }
    return 1;
}
