/* config/upgrade.h - which versions a cluster may be upgraded to, and which are offered (spec operations 9.4 and 9.6.4).
 * Facts in, answers out; nothing is looked up here. */
#ifndef CONFIG_UPGRADE_H
#define CONFIG_UPGRADE_H

#include "base/strlist.h"

struct cfg_upgrade_facts {
    const char *wanted;                /* "v1.36.2" */
    const char *server;                /* what the API server says it is */
    const char *kubeadm;               /* what this program behaves as */
    const struct cu_strlist *kubelets; /* versions in the cluster; NULL: they could not be listed */
    bool allow_experimental, allow_rc;
};
/* Every rule that is broken, one text each: those of `mandatory` end the upgrade, those of `skippable` do so without
 * --force only. CU_E_INVALID: one of the three versions is none. */
int cfg_upgrade_check(const struct cfg_upgrade_facts *f, struct cu_strlist *mandatory,
                      struct cu_strlist *skippable, struct cu_err *err);

struct cfg_offer {
    char *description;          /* "stable version" */
    char *kubernetes, *kubeadm; /* the version, and the kubeadm that is needed for it */
};
enum { CFG_OFFERS_MAX = 4 };
struct cfg_offers {
    struct cfg_offer v[CFG_OFFERS_MAX];
    size_t n;
    char *series; /* the newest version of the cluster's own minor; NULL: not known */
};
#define CFG_OFFERS_INIT                                                                                      \
    {                                                                                                        \
        .n = 0                                                                                               \
    }
#define cfg_autooffers __attribute__((cleanup(cfg_offers_clear)))
void cfg_offers_clear(struct cfg_offers *o);

struct cfg_offer_facts {
    const char *cluster; /* the newest API server: "v1.36.2" */
    const char *kubeadm;
    const char *stable; /* what the label "stable", or the user, says */
    bool allow_experimental, allow_rc;
    /* The version behind a label; CU_E_NOTFOUND: not known, which only takes that offer away. *out: caller frees. */
    int (*resolve)(void *arg, const char *label, char **out, struct cu_err *err);
    void *arg;
};
/* In order: the newest patch, the stable version, the release candidate, the experimental one. */
int cfg_upgrade_offers(const struct cfg_offer_facts *f, struct cfg_offers *out, struct cu_err *err);

#endif
