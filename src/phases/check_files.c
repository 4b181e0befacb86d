/* Checks of files, folders and programs. They must not change anything. */
#include "base/file.h"
#include "base/str.h"
#include "config/load.h"
#include "config/types.h"
#include "node/sys.h"
#include "phases/preflight.h"
#include <string.h>

void ph_check_file_absent(struct ph_checks *k, const struct ph_check *row)
{
    const struct ph_ctx *c = ph_checks_ctx(k);
    const char *path =
        row->path ? row->path : c->join->ca_cert_path; /* the row without a path: a worker's CA */
    cu_autofree char *name = ph_check_dashed(path);
    if (node_exists(c->sys, path))
        ph_check_fail(k, name, "%s already exists: this machine is a node already, or was one", path);
}

void ph_check_file_one(struct ph_checks *k, const struct ph_check *row)
{
    cu_autofree char *name = ph_check_dashed(row->path), *text = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (node_read(ph_checks_ctx(k)->sys, row->path, &text, &err) < 0) {
        ph_check_fail(k, name, "cannot read %s: %s", row->path, cu_err_text(&err));
        return;
    }
    if (text[0] == '1')
        return;
    cu_autofree char *dotted = cu_replace(row->path + strlen("/proc/sys/"), "/", ".");
    if (row->severity == PH_CHECK_ERROR)
        ph_check_fail(k, name, "%s contents are not set to 1", row->path);
    else
        ph_check_warn(k, name, "%s contents are not set to 1", row->path);
    ph_check_fix(k, "sysctl -w %s=1", dotted);
}

void ph_check_program(struct ph_checks *k, const struct ph_check *row)
{
    const struct ph_ctx *c = ph_checks_ctx(k);
    cu_autofree char *found = c->sys->which(c->sys->arg, row->path);
    if (!found)
        ph_check_fail(k, row->path, "%s not found in system path", row->path);
}

void ph_check_etcd_dir(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    const char *dir = c->init->cluster.etcd.local->data_dir;
    cu_autofree char *name = ph_check_dashed(dir), *path = node_path(c->sys, dir);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int r = cu_dir_is_empty(path, &err);
    if (r < 0)
        ph_check_fail(k, name, "%s", cu_err_text(&err));
    else if (r == 0)
        ph_check_fail(k, name, "%s is not empty", dir);
}

void ph_check_etcd_client_files(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    const struct cfg_etcd_external *e = c->init->cluster.etcd.external;
    const char *const files[] = { e->ca_file, e->cert_file, e->key_file };
    if (c->flow == PH_JOIN && !cu_is_empty(c->certificate_key))
        return; /* they come with the other certificates */
    for (size_t i = 0; i < CU_LEN(files); i++)
        if (!cu_is_empty(files[i]) && !node_exists(c->sys, files[i]))
            ph_check_fail(k, NULL, "%s does not exist; external etcd needs it", files[i]);
}
