/* config/rule.h - validation rules more than one kind uses. Internal to config. */
#ifndef CONFIG_RULE_H
#define CONFIG_RULE_H

#include "config/error.h"
#include "config/types.h"

void cfg_rule_node(const struct cfg_node *n, const char *field, struct cfg_errors *e);
void cfg_rule_endpoint(const struct cfg_endpoint *a, const char *field, struct cfg_errors *e);
void cfg_rule_certificate_key(const char *key, const char *field, struct cfg_errors *e);
void cfg_rule_cri_socket(const char *socket, const char *field, struct cfg_errors *e);
void cfg_rule_pull_policy(const char *policy, const char *field, struct cfg_errors *e);
void cfg_rule_args(const struct cfg_args *a, const char *field, struct cfg_errors *e);
void cfg_rule_absolute(const char *path, const char *field, struct cfg_errors *e);
void cfg_rule_cluster(const struct cfg_cluster *c, struct cfg_errors *e);

/* Invalid value: a text, quoted. */
void cfg_rule_invalid(struct cfg_errors *e, const char *field, const char *value, const char *detail);
/* The same for a secret: the value is not shown. */
void cfg_rule_invalid_secret(struct cfg_errors *e, const char *field, const char *detail);

#endif
