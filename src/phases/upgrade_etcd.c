/* Upgrade of a stacked etcd: health, backup, manifest, health (spec operations 9.7.2). Its data is never written to: the
 * copy is for people. */
#include "base/file.h"
#include "base/limits.h"
#include "base/semver.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/images.h"
#include "config/types.h"
#include "etcd/members.h"
#include "node/sys.h"
#include "phases/etcd_cluster.h"
#include "phases/upgrade.h"
#include "phases/upgrade_pods.h"
#include <string.h>

#define COPY_MS 600000      /* a large store on a slow disk */
#define AVAILABLE_MS 150000 /* upstream: 10 tries, 15 s apart */

static int connect_etcd(struct ph_pods *p, struct etcd_client **out, struct cu_err *err)
{
    const struct cfg_timeouts *t = &p->c->upgrade->config->timeouts;
    const struct ph_etcd_access access = { .kube = p->kube,
                                           .certs = p->c->paths.certs,
                                           .api_ms = cfg_ms(t->kubernetes_api_call),
                                           .etcd_ms = cfg_ms(t->etcd_api_call) };
    return ph_etcd_connect(p->c, &access, out, err);
}

static enum cu_wait_state probe_healthy(void *arg, char **missing, struct cu_err *err)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    (void)err;
    if (etcd_healthy(arg, &e) == 0)
        return CU_WAIT_DONE;
    *missing = cu_strdup(cu_err_text(&e));
    return CU_WAIT_PENDING;
}

static int wait_healthy(struct ph_pods *p, int64_t limit_ms, struct cu_err *err)
{
    struct etcd_client *etcd = NULL;
    int r = connect_etcd(p, &etcd, err);
    if (r == 0)
        r = ph_wait(
            p->c,
            &(struct ph_waiting){ "etcd to be healthy", limit_ms, PH_ETCD_INTERVAL_MS, probe_healthy, etcd },
            err);
    etcd_client_free(etcd);
    return r;
}

/* cp keeps owners and modes, and goes on where files change under it. */
static int back_up(struct ph_pods *p, struct cu_err *err)
{
    const char *data = p->c->init->cluster.etcd.local->data_dir;
    cu_autoproc struct cu_proc_result done = CU_PROC_RESULT_INIT;
    ph_say(p->c, "[upgrade/etcd] Copying the data of etcd from \"%s\" to \"%s\"", data, p->etcd_backup);
    int r = p->c->sys->exec(p->c->sys->arg, (const char *const[]){ "cp", "-r", data, p->etcd_backup, NULL },
                            COPY_MS, &done, err);
    if (r == 0 && done.status != 0) {
        cu_autofree char *said = cu_trim(cu_or(done.errout, ""));
        r = cu_fail(err, CU_E_IO, "cp ended with status %d: %s", done.status, said);
    }
    return r < 0 ? cu_wrap(err, "cannot back up the data of etcd") : 0;
}

/* Version behind the ":" of the image that the manifest names. */
static int current_version(struct ph_pods *p, struct cu_semver *out, struct cu_err *err)
{
    cu_autofree char *path = cu_path_join(p->c->paths.manifests, "etcd.yaml"), *text = NULL;
    cu_autoval struct val *pod = NULL;
    size_t n = 0;
    int r = cu_file_read(path, LIM_MANIFEST, &text, &n, err);
    if (r == 0)
        r = codec_yaml_parse(text, n, &pod, err);
    if (r < 0)
        return r;
    const char *image = val_get_str(val_at(val_find(pod, "spec", "containers", NULL), 0), "image");
    const char *tag = strrchr(cu_or(image, ""), ':');
    r = cu_semver_parse(tag ? tag + 1 : "", out, err);
    return r < 0 ? cu_wrap(err, "the version of etcd's image \"%s\" in %s", cu_or(image, ""), path) : 0;
}

/* Is the etcd that comes with the new version older than the one that runs? Then it is left alone. */
static int is_downgrade(struct ph_pods *p, bool *down, struct cu_err *err)
{
    struct cu_semver now, next;
    cu_autofree char *image = cfg_image_etcd(&p->c->init->cluster);
    char *tag = strrchr(image, ':');
    char *plus = strchr(tag, '_');
    if (plus)
        *plus = '+';
    int r = current_version(p, &now, err);
    if (r == 0 && cu_semver_parse(tag + 1, &next, err) < 0)
        return cu_wrap(err, "the version of etcd's image \"%s\"", image);
    if (r == 0)
        *down = cu_semver_cmp(&next, &now) < 0;
    return r;
}

/* Behind a roll-back: is the old etcd there again, and if not, how does one get back to it? */
static int after_failure(struct ph_pods *p, struct cu_err *err)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autofree char *cause = cu_strdup(cu_err_text(err));
    enum cu_code code = err->code;
    if (code == CU_E_CANCELED)
        return -code;
    if (wait_healthy(p, AVAILABLE_MS, &e) == 0)
        return cu_fail(err, code, "%s; etcd is healthy again as it was", cause);
    return cu_fail(
        err, code,
        "%s; etcd did not come back: %s; its data from before is in %s/%s: stop etcd by moving %s/etcd.yaml "
        "away, put that folder in the place of %s, and move the manifest back",
        cause, cu_err_text(&e), p->etcd_backup, cu_path_base(p->c->init->cluster.etcd.local->data_dir),
        p->c->paths.manifests, p->c->init->cluster.etcd.local->data_dir);
}

static int upgrade(struct ph_pods *p, struct cu_err *err)
{
    bool with_api_server = false;
    int r = ph_pods_ask_hash(p, MF_ETCD, err);
    if (r == 0)
        r = ph_pods_prepare(p, MF_ETCD, err);
    if (r == 0)
        r = ph_pods_differ(p, MF_API_SERVER, &with_api_server, err);
    if (r < 0)
        return r;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    r = ph_pods_upgrade(p, MF_ETCD, with_api_server, &e);
    if (r == 0 && p->replaced[MF_ETCD] && (r = wait_healthy(p, AVAILABLE_MS, &e)) < 0) {
        cu_wrap(&e, "the new etcd does not become healthy");
        r = ph_pods_roll_back(p, true, &e);
    }
    if (r < 0) {
        r = after_failure(p, &e);
        cu_err_move(err, &e);
    }
    return r;
}

int ph_pods_upgrade_etcd(struct ph_pods *p, struct cu_err *err)
{
    bool down = false;
    if (!p->c->init->cluster.etcd.local || !p->c->upgrade->etcd_upgrade)
        return 0;
    int r = wait_healthy(p, 0, err);
    if (r < 0)
        return cu_wrap(err, "etcd must be healthy before it is upgraded");
    r = back_up(p, err);
    if (r == 0)
        r = is_downgrade(p, &down, err);
    if (r == 0 && down) {
        ph_say(
            p->c,
            "[upgrade/etcd] The etcd that runs is newer than the one of Kubernetes %s: it is left as it is",
            p->c->init->cluster.kubernetes_version);
        return 0;
    }
    return r < 0 ? r : upgrade(p, err);
}
