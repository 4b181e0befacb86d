/* config/images.h - names of the images a cluster of a given version runs (spec config 16, versions 18.2). */
#ifndef CONFIG_IMAGES_H
#define CONFIG_IMAGES_H

#include "config/types.h"

/* All return "<repository>/<name>:<tag>", owned by the caller. */
char *cfg_image(const struct cfg_cluster *c, const char *component); /* "kube-apiserver" ... "kube-proxy" */
char *cfg_image_etcd(const struct cfg_cluster *c);
char *cfg_image_coredns(const struct cfg_cluster *c);
char *cfg_image_pause(const struct cfg_cluster *c);
/* All images in upstream's order, appended. */
void cfg_images(const struct cfg_cluster *c, struct cu_strlist *out);
/* The etcd version that will run ("3.6.8" of tag "3.6.8-0"); owned by the caller. */
char *cfg_etcd_version(const struct cfg_cluster *c);
const char *cfg_coredns_tag(const struct cfg_cluster *c); /* borrowed */
bool cfg_etcd_tag_overridden(const struct cfg_cluster *c);

#endif
