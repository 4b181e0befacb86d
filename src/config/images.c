/* Image names by Kubernetes version (spec config 16, versions 2).
 * Must not know how images are pulled. */
#include "config/images.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/version.h"
#include <string.h>

/* Addon images by minor; minors upstream's 1.36 deploys itself (35, 36) and newer ones use its own. */
static const struct minor_images {
    int minor;
    const char *coredns, *pause;
    int coredns_late_patch;   /* from this patch on ... */
    const char *coredns_late; /* ... this one */
} by_minor[] = {
    { 22, "v1.8.4", "3.5", 0, NULL },       { 23, "v1.8.6", "3.6", 0, NULL },
    { 24, "v1.8.6", "3.7", 0, NULL },       { 25, "v1.9.3", "3.8", 0, NULL },
    { 26, "v1.9.3", "3.9", 0, NULL },       { 27, "v1.10.1", "3.9", 0, NULL },
    { 28, "v1.10.1", "3.9", 0, NULL },      { 29, "v1.11.1", "3.9", 0, NULL },
    { 30, "v1.11.1", "3.9", 5, "v1.11.3" }, { 31, "v1.11.1", "3.10", 1, "v1.11.3" },
    { 32, "v1.11.3", "3.10", 0, NULL },     { 33, "v1.12.0", "3.10", 0, NULL },
    { 34, "v1.12.1", "3.10.1", 0, NULL },
};

/* etcd tag from a patch of a minor on; rows of a minor in rising order (spec versions 2.3). */
static const struct patch_etcd {
    int minor, from_patch;
    const char *tag;
} etcd_by_patch[] = {
    { 22, 0, "3.5.0-0" },   { 22, 17, "3.5.6-0" },  { 23, 0, "3.5.1-0" },   { 23, 14, "3.5.5-0" },
    { 23, 15, "3.5.6-0" },  { 24, 0, "3.5.3-0" },   { 24, 8, "3.5.5-0" },   { 24, 9, "3.5.6-0" },
    { 25, 0, "3.5.4-0" },   { 25, 4, "3.5.5-0" },   { 25, 5, "3.5.6-0" },   { 25, 15, "3.5.9-0" },
    { 26, 0, "3.5.6-0" },   { 26, 10, "3.5.9-0" },  { 26, 13, "3.5.10-0" }, { 27, 0, "3.5.7-0" },
    { 27, 7, "3.5.9-0" },   { 27, 10, "3.5.10-0" }, { 27, 12, "3.5.12-0" }, { 28, 0, "3.5.9-0" },
    { 28, 6, "3.5.10-0" },  { 28, 8, "3.5.12-0" },  { 28, 14, "3.5.15-0" }, { 29, 0, "3.5.10-0" },
    { 29, 3, "3.5.12-0" },  { 29, 9, "3.5.15-0" },  { 29, 11, "3.5.16-0" }, { 30, 0, "3.5.12-0" },
    { 30, 5, "3.5.15-0" },  { 31, 0, "3.5.15-0" },  { 31, 14, "3.5.24-0" }, { 32, 0, "3.5.16-0" },
    { 32, 10, "3.5.24-0" }, { 33, 0, "3.5.21-0" },  { 33, 6, "3.5.24-0" },  { 34, 0, "3.6.4-0" },
    { 34, 2, "3.6.5-0" },
};

#define LAST_MINOR_ADDONS_FIRST 28 /* up to here the list names pause and etcd before CoreDNS */

static const struct minor_images *images_of(const char *version)
{
    int minor = cfg_minor(version);
    for (size_t i = 0; i < CU_LEN(by_minor); i++)
        if (by_minor[i].minor == minor)
            return &by_minor[i];
    return NULL;
}

static char *version_tag(const char *version)
{
    char *tag = cu_strdup(cu_or(version, CFG_KUBERNETES_VERSION));
    for (char *p = tag; *p; p++)
        if (!strchr("-_.", *p) && !(*p >= '0' && *p <= '9') && !((*p | 32) >= 'a' && (*p | 32) <= 'z'))
            *p = '_';
    return tag;
}

char *cfg_image(const struct cfg_cluster *c, const char *component)
{
    cu_autofree char *tag = version_tag(c->kubernetes_version);
    const char *repository = cu_or(c->ci_image_repository, cu_or(c->image_repository, CFG_IMAGE_REPOSITORY));

    return cu_asprintf("%s/%s:%s", repository, component, tag);
}

static const char *etcd_tag(const struct cfg_cluster *c)
{
    int minor = cfg_minor(c->kubernetes_version), patch = cfg_patch(c->kubernetes_version);
    const char *tag = CFG_ETCD_TAG;

    if (cfg_etcd_tag_overridden(c))
        return c->etcd.local->image_tag;
    for (size_t i = 0; i < CU_LEN(etcd_by_patch); i++)
        if (etcd_by_patch[i].minor == minor && patch >= etcd_by_patch[i].from_patch)
            tag = etcd_by_patch[i].tag;
    return tag;
}

bool cfg_etcd_tag_overridden(const struct cfg_cluster *c)
{
    return c->etcd.local && !cu_is_empty(c->etcd.local->image_tag);
}

char *cfg_image_etcd(const struct cfg_cluster *c)
{
    const char *repository = cu_or(c->image_repository, CFG_IMAGE_REPOSITORY);

    if (c->etcd.local)
        repository = cu_or(c->etcd.local->image_repository, repository);
    return cu_asprintf("%s/etcd:%s", repository, etcd_tag(c));
}

char *cfg_etcd_version(const struct cfg_cluster *c)
{
    const char *tag = etcd_tag(c);
    tag += *tag == 'v';
    return cu_strndup(tag, strcspn(tag, "-_+"));
}

const char *cfg_coredns_tag(const struct cfg_cluster *c)
{
    const struct minor_images *m = images_of(c->kubernetes_version);

    if (!cu_is_empty(c->dns.image_tag))
        return c->dns.image_tag;
    if (!m)
        return CFG_COREDNS_TAG;
    return m->coredns_late && cfg_patch(c->kubernetes_version) >= m->coredns_late_patch ? m->coredns_late
                                                                                        : m->coredns;
}

char *cfg_image_coredns(const struct cfg_cluster *c)
{
    const char *repository = cu_or(c->dns.image_repository, cu_or(c->image_repository, CFG_IMAGE_REPOSITORY));
    bool built_in =
        cu_streq(repository, CFG_IMAGE_REPOSITORY) || cu_streq(repository, CFG_OLD_IMAGE_REPOSITORY);

    return cu_asprintf("%s%s/coredns:%s", repository, built_in ? "/coredns" : "", cfg_coredns_tag(c));
}

char *cfg_image_pause(const struct cfg_cluster *c)
{
    const struct minor_images *m = images_of(c->kubernetes_version);

    return cu_asprintf("%s/pause:%s", cu_or(c->image_repository, CFG_IMAGE_REPOSITORY),
                       m ? m->pause : CFG_PAUSE_TAG);
}

void cfg_images(const struct cfg_cluster *c, struct cu_strlist *out)
{
    static const char *const components[] = { "kube-apiserver", "kube-controller-manager", "kube-scheduler",
                                              "kube-proxy" };
    int minor = cfg_minor(c->kubernetes_version);
    bool dns_last = minor > 0 && minor <= LAST_MINOR_ADDONS_FIRST;

    for (size_t i = 0; i < CU_LEN(components); i++)
        if (!c->proxy.disabled || !cu_streq(components[i], "kube-proxy"))
            cu_strlist_take(out, cfg_image(c, components[i]));
    if (!c->dns.disabled && !dns_last)
        cu_strlist_take(out, cfg_image_coredns(c));
    cu_strlist_take(out, cfg_image_pause(c));
    if (c->etcd.local)
        cu_strlist_take(out, cfg_image_etcd(c));
    if (!c->dns.disabled && dns_last)
        cu_strlist_take(out, cfg_image_coredns(c));
}
