/* agent/agent.h - the node agent ("kubelet" of cubeplane): runs static pods as supervised host processes and speaks
 * for this node to the API server. Layers: base codec pki kube node http.
 *
 * Signals: SIGTERM and SIGINT stop all pods (SIGTERM, then SIGKILL after at most 20 s) and end the agent; SIGHUP makes
 * it read its kubeconfig again, so that no restart is needed after a change. When the agent itself is killed, pods run
 * on and the next agent takes them over.
 *
 * Files below --root-dir (default /var/lib/kubelet):
 *   cubeadm-pods.json  what runs, rewritten at every change: {"agentPid", "pods": [{"file", "hash", "namespace",
 *       "name", "error", "startedMs", "containers": [{"name", "state": "waiting"|"running"|"terminated", "reason",
 *       "message", "pid", "ready", "started", "restarts", "startedMs", "log",
 *       "last": {"exitCode", "signal", "reason", "message", "startedMs", "finishedMs"}}]}]}
 *   pki/               client certificates as the kubelet keeps them (spec join 15.1)
 * Output of containers: <log-dir>/<pod>/<container>.log (default /var/log/cubeadm; <namespace>_<pod> for
 * namespaces other than kube-system), the run before in <container>.previous.log. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

/* `main` of the component; argv[0] is its name. Takes the kubelet's flags (agent/options.h). Returns the exit
 * status: 0 after a clean stop, 1 when it cannot start (one line on stderr says why). */
int agent_main(int argc, char **argv);

#endif
