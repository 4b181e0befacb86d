/* config/default.h - static defaults of the halves of an init configuration. Internal to config. */
#ifndef CONFIG_DEFAULT_H
#define CONFIG_DEFAULT_H

#include "config/types.h"
#include "config/version.h"

/* version: the one the ClusterConfiguration was read in. */
void cfg_default_cluster(struct cfg_cluster *c, enum cfg_version version);
void cfg_default_init_node(struct cfg_init *c); /* all but the cluster */

#endif
