/* phases/static_pods_stop.h - ending static Pods that outlived their node agent. */
#ifndef PHASES_STATIC_PODS_STOP_H
#define PHASES_STATIC_PODS_STOP_H

/* Ends the processes that an embedded node agent started for /var/lib/kubelet and that still run: the agent ends them
 * itself unless it was killed. They are known by the mark in their environment, so no other process is touched. */
void ph_static_pods_stop(void);

#endif
