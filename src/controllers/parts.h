/* controllers/parts.h - pieces of struct ctl that its sources offer each other. */
#ifndef CONTROLLERS_PARTS_H
#define CONTROLLERS_PARTS_H

#include "controllers/control.h"

void ctl_watches_free(struct ctl *c);
void ctl_queues_free(struct ctl *c);
void ctl_queues_kick(struct ctl *c);    /* looks at all queues again after ctl_set_active */
void ctl_accounts_renew(struct ctl *c); /* after one was refused */
void ctl_accounts_free(struct ctl *c);
char *ctl_user_agent(const struct ctl *c); /* caller frees */

#endif
