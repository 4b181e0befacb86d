/* controllers/main.h - the components kube-controller-manager and kube-scheduler of the embedded control plane. They
 * reach the cluster only through its API, like upstream's, and hold the same leases, so that either may take over. */
#ifndef CONTROLLERS_MAIN_H
#define CONTROLLERS_MAIN_H

/* `main` of each; argv[0] is not looked at. Flags: spec apiserver 8.2 and 8.3. Run until SIGTERM or SIGINT; give up
 * their lease then. Return the exit status: 0 after an orderly end, 1 after an error, which was logged. Health at
 * https://<bind-address>:<secure-port>/healthz, /livez and /readyz (10257 and 10259). */
int ctl_manager_main(int argc, char **argv);
int ctl_scheduler_main(int argc, char **argv);

#endif
