/* config/host.h - this machine as loading asks about it (struct cfg_host), answered by node and the web. */
#ifndef CONFIG_HOST_H
#define CONFIG_HOST_H

#include "config/load.h"

struct node_sys;

/* sys is borrowed and must outlive the result; NULL: the machine itself. Labels are fetched over HTTPS, given up after
 * 900 ms. */
struct cfg_host cfg_host_of(const struct node_sys *sys);

#endif
