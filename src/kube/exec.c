/* Runs the program that a kubeconfig's user names, and reads the credentials it prints. It must not know what they are
 * shown to. */
#include "kube/exec.h"
#include "base/encode.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/strlist.h"
#include "kube/kubeconfig.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GROUP "client.authentication.k8s.io"
#define INFO "KUBERNETES_EXEC_INFO"
#define LIMIT_MS 60000

void kube_credential_clear(struct kube_credential *c)
{
    cu_free_secret(c->token);
    cu_free_secret(c->key_pem);
    free(c->cert_pem);
    *c = (struct kube_credential){ 0 };
}

static void copy_key(struct val *to, const struct val *from, const char *key)
{
    const struct val *v = val_get(from, key);
    if (v)
        val_set(to, key, val_copy(v));
}

/* What provideClusterInfo tells the program. */
static struct val *describe_cluster(const struct kube_config *c)
{
    static const char *const same[] = { "server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url",
                                        "disable-compression" };
    const struct val *from = kube_config_default_cluster(c), *extensions = val_get(from, "extensions");
    struct val *cluster = val_new_map();
    cu_autofree char *pem = NULL;
    for (size_t i = 0; i < CU_LEN(same); i++)
        copy_key(cluster, from, same[i]);
    if (kube_config_ca(c, &pem, NULL) == 0) {
        cu_autofree char *coded = cu_base64(pem, strlen(pem));
        val_set_str(cluster, "certificate-authority-data", coded);
    }
    for (size_t i = 0; i < val_len(extensions); i++)
        if (cu_streq(val_get_str(val_at(extensions, i), "name"), GROUP "/exec"))
            val_set(cluster, "config", val_ref(val_get(val_at(extensions, i), "extension")));
    return cluster;
}

/* The text of KUBERNETES_EXEC_INFO. Caller frees. */
static char *describe(const struct kube_config *c, const struct val *exec)
{
    cu_autoval struct val *info = val_new_map();
    val_set_str(info, "kind", "ExecCredential");
    val_set_str(info, "apiVersion", val_get_str(exec, "apiVersion"));
    struct val *spec = val_need_map(info, "spec");
    if (val_get_bool(exec, "provideClusterInfo", false))
        val_set(spec, "cluster", describe_cluster(c));
    val_set_bool(spec, "interactive", false);
    return val_dump_json(info, VAL_JSON_COMPACT);
}

static bool sets(const struct cu_strlist *env, const char *entry)
{
    size_t n = strcspn(entry, "=") + 1;
    for (size_t i = 0; i < env->n; i++)
        if (strncmp(env->v[i], entry, n) == 0)
            return true;
    return false;
}

/* Ours, with what the kubeconfig sets in it. */
static void environment(const struct kube_config *c, const struct val *exec, struct cu_strlist *env)
{
    const struct val *own = val_get(exec, "env");
    cu_autofree char *info = describe(c, exec);
    cu_strlist_addf(env, INFO "=%s", info);
    for (size_t i = val_len(own); i > 0; i--) { /* the last of a name counts */
        const struct val *e = val_at(own, i - 1);
        cu_autofree char *entry =
            cu_asprintf("%s=%s", cu_or(val_get_str(e, "name"), ""), cu_or(val_get_str(e, "value"), ""));
        if (!sets(env, entry))
            cu_strlist_add(env, entry);
    }
    for (char **e = environ; *e; e++)
        if (!sets(env, *e))
            cu_strlist_add(env, *e);
}

static int check(const struct val *exec, struct cu_err *err)
{
    const char *version = cu_or(val_get_str(exec, "apiVersion"), "");
    const char *mode = cu_or(val_get_str(exec, "interactiveMode"), "");
    bool v1 = cu_streq(version, GROUP "/v1");
    if (!v1 && !cu_streq(version, GROUP "/v1beta1"))
        return cu_fail(err, CU_E_INVALID,
                       "its apiVersion is \"%s\", which is not known; there are " GROUP "/v1 and v1beta1",
                       version);
    if (v1 && !*mode)
        return cu_fail(err, CU_E_INVALID,
                       "interactiveMode must be given with " GROUP "/v1: Never, IfAvailable or Always");
    if (cu_streq(mode, "Always"))
        return cu_fail(err, CU_E_AUTH,
                       "it wants somebody at a terminal (interactiveMode: Always), which kubeadm does not "
                       "offer; give a token or a client certificate instead");
    return *mode && !cu_streq(mode, "Never") && !cu_streq(mode, "IfAvailable")
               ? cu_fail(err, CU_E_INVALID,
                         "interactiveMode \"%s\" is none; there are Never, IfAvailable and Always", mode)
               : 0;
}

static int run(const struct kube_config *c, const struct val *exec, char **said, struct cu_err *err)
{
    const struct val *args = val_get(exec, "args");
    const char *command = val_get_str(exec, "command"), *hint = val_get_str(exec, "installHint");
    cu_autostrlist struct cu_strlist argv = CU_STRLIST_INIT, env = CU_STRLIST_INIT;
    cu_autoproc struct cu_proc_result done = CU_PROC_RESULT_INIT;
    cu_strlist_add(&argv, command);
    for (size_t i = 0; i < val_len(args); i++)
        cu_strlist_add(&argv, cu_or(val_str(val_at(args, i)), ""));
    environment(c, exec, &env);
    const struct cu_run how = { (const char *const *)argv.v, (const char *const *)env.v, NULL, LIMIT_MS };
    int r = cu_run_with(&how, &done, err);
    if (r == -CU_E_NOTFOUND && !cu_is_empty(hint)) {
        cu_autofree char *trimmed = cu_trim(hint), *why = cu_strdup(cu_err_text(err));
        cu_err_clear(err);
        return cu_fail(err, CU_E_NOTFOUND, "%s; its kubeconfig says: %s", why, trimmed);
    }
    if (r < 0)
        return r;
    cu_autofree char *complaint = cu_trim(done.errout);
    if (done.status != 0)
        return cu_fail(err, CU_E_AUTH, "%s ended with status %d%s%s", command, done.status,
                       *complaint ? ": " : "", complaint);
    if (*complaint)
        fprintf(stderr, "%s\n", complaint);
    *said = cu_steal(&done.out);
    return 0;
}

static int take(const struct val *exec, const struct val *answer, struct kube_credential *out,
                struct cu_err *err)
{
    const struct val *status = val_get(answer, "status");
    const char *version = cu_or(val_get_str(answer, "apiVersion"), ""),
               *want = val_get_str(exec, "apiVersion");
    const char *token = val_get_str(status, "token"), *cert = val_get_str(status, "clientCertificateData"),
               *key = val_get_str(status, "clientKeyData");
    if (!cu_streq(val_get_str(answer, "kind"), "ExecCredential") || !cu_streq(version, want))
        return cu_fail(err, CU_E_INVALID, "it answered with kind \"%s\" of \"%s\", not ExecCredential of %s",
                       cu_or(val_get_str(answer, "kind"), ""), version, want);
    if (cu_is_empty(cert) != cu_is_empty(key))
        return cu_fail(err, CU_E_INVALID, "it answered with a certificate without key, or a key without one");
    if (cu_is_empty(token) && cu_is_empty(cert))
        return cu_fail(err, CU_E_INVALID, "it answered with neither a token nor a certificate and key");
    if (!cu_is_empty(token))
        out->token = cu_strdup(token);
    if (!cu_is_empty(cert)) {
        out->cert_pem = cu_strdup(cert);
        out->key_pem = cu_strdup(key);
    }
    return 0;
}

int kube_exec_credential(const struct kube_config *c, struct kube_credential *out, struct cu_err *err)
{
    const struct val *exec = val_get(kube_config_current_user(c), "exec");
    const char *command = val_get_str(exec, "command");
    cu_autowipe char *said = NULL;
    cu_autoval struct val *answer = NULL;
    cu_autoerr struct cu_err unread = CU_ERR_INIT;
    if (cu_is_empty(command))
        return 0;
    int r = check(exec, err);
    if (r == 0)
        r = run(c, exec, &said, err);
    const char *text = cu_or(said, "");
    if (r == 0 && val_parse_json(text, strlen(text), &answer, &unread) < 0) /* its text may hold a secret */
        r = cu_fail(err, CU_E_INVALID, "what it printed is not JSON");
    if (r == 0)
        r = take(exec, answer, out, err);
    return r < 0 ? cu_wrap(err, "credentials by the program \"%s\" (exec)", command) : 0;
}
