/* simulate.c - nodes without processes: makes the requests that a join and its node agent make, as fast as they are
 * answered, keeps each node's connections and lease alive, and writes what the API server uses meanwhile as CSV.
 * Must not look into the server: it sees what a node sees, and /proc/<pid> of the server. */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/certs.h"
#include "agent/node_object.h"
#include "base/encode.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "http/loop.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "kube/kubeconfig.h"
#include "usage.h"

#define CSR_PATH "/apis/certificates.k8s.io/v1/certificatesigningrequests"
#define LEASES_PATH "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
#define CSR_LIMIT_MS 60000
#define LEASE_MS 10000

struct node {
    char *name, *pods_query;
    struct kube_config *config; /* its own, with its certificate */
    struct kube_client *client;
    struct kube_informer *pods; /* belongs to the holder's thread */
    struct val *lease;
};

struct run {
    const char *admin, *token, *prefix; /* as given */
    int64_t nodes, parallel, every, hold_s;
    int server_pid;

    struct kube_config *boot; /* with the token; read-only once the threads run */
    pthread_mutex_t lock;     /* guards the rest */
    struct node **done;
    int64_t next, n_done, n_failed;
    int64_t batch_us, batch_max_us, start_us, last_us;
    struct usage last;
    bool stopping;
    struct http_loop *loop; /* of the holder: watches of all nodes */
};

/* --- the requests of one join --- */

/* kubeadm: cluster-info as a stranger, again with the CA checked, then the cluster's configuration with the token. */
static int discover(const struct run *run, const char *name, struct cu_err *err)
{
    static const struct {
        struct kube_options as;
        const char *path;
    } asked[] = {
        { { .insecure = true, .no_credentials = true },
          "/api/v1/namespaces/kube-public/configmaps/cluster-info" },
        { { .no_credentials = true }, "/api/v1/namespaces/kube-public/configmaps/cluster-info" },
        { { 0 }, "/api/v1/namespaces/kube-system/configmaps/kubeadm-config" },
        { { 0 }, "/api/v1/namespaces/kube-system/configmaps/kubelet-config" },
    };
    cu_autofree char *path = kube_path("v1", "nodes", NULL, name);
    struct kube_client *c = NULL;
    int r = 0;
    for (size_t i = 0; r == 0 && i < CU_LEN(asked); i++) {
        if (i < 3) { /* the last two share a connection */
            kube_client_free(c);
            c = NULL;
            r = kube_client_new(run->boot, &asked[i].as, &c, err);
        }
        if (r == 0)
            r = kube_get(c, asked[i].path, NULL, NULL, err);
    }
    if (r == 0 && kube_get(c, path, NULL, NULL, NULL) != -CU_E_NOTFOUND)
        r = cu_fail(err, CU_E_EXISTS, "node %s is there, or may not be asked for", name);
    kube_client_free(c);
    return r;
}

struct csr_wait {
    struct http_loop *loop;
    char *pem;
};

static void csr_changed(void *arg, const struct val *csr, const struct val *old)
{
    struct csr_wait *w = arg;
    const char *data = csr ? val_find_str(csr, "status", "certificate", NULL) : NULL;
    uint8_t *bytes = NULL;
    size_t n;
    (void)old;
    if (w->pem || cu_is_empty(data) || cu_unbase64(data, &bytes, &n, NULL) < 0)
        return;
    w->pem = (char *)bytes;
    http_loop_stop(w->loop);
}

static int wait_for_certificate(const struct run *run, const char *csr, char **pem, struct cu_err *err)
{
    struct csr_wait w = { .loop = http_loop_new() };
    cu_autofree char *query = cu_asprintf("fieldSelector=metadata.name%%3D%s", csr);
    const struct kube_informer_spec spec = {
        .path = CSR_PATH, .query = query, .changed = csr_changed, .arg = &w
    };
    struct kube_informer *informer = NULL;
    int r = kube_informer_new(w.loop, run->boot, &spec, &informer, err);
    if (r == 0)
        http_loop_run_for(w.loop, CSR_LIMIT_MS);
    kube_informer_free(informer);
    http_loop_free(w.loop);
    if (r == 0 && !w.pem)
        r = cu_fail(err, CU_E_TIMEOUT, "certificate request %s was not signed", csr);
    *pem = w.pem;
    return r;
}

/* The agent's TLS bootstrap; the node's own kubeconfig comes out. */
static int bootstrap(const struct run *run, struct node *n, struct cu_err *err)
{
    pki_autokey struct pki_key *key = NULL;
    cu_autoval struct val *request = NULL, *created = NULL;
    cu_autofree char *pem = NULL, *ca = NULL;
    struct kube_client *c = NULL;
    int r = pki_key_generate(PKI_ECDSA_P256, &key, err);
    if (r == 0)
        r = agent_csr_object(n->name, key, &request, err);
    if (r == 0)
        r = kube_client_new(run->boot, NULL, &c, err);
    if (r == 0)
        r = kube_create(c, CSR_PATH, request, &created, err);
    kube_client_free(c);
    if (r == 0)
        r = wait_for_certificate(run, val_find_str(created, "metadata", "name", NULL), &pem, err);
    if (r == 0)
        r = kube_config_ca(run->boot, &ca, err);
    if (r < 0)
        return r;
    cu_autowipe char *key_pem = pki_key_pem(key);
    const struct kube_config_spec spec = { .cluster = "default-cluster",
                                           .server = kube_config_server(run->boot),
                                           .ca_pem = ca,
                                           .user = "default-auth",
                                           .cert_pem = pem,
                                           .key_pem = key_pem };
    n->config = kube_config_build(&spec);
    return kube_client_new(n->config, NULL, &n->client, err);
}

static struct val *lease_of(const struct node *n)
{
    struct val *lease = val_new_map(), *meta = val_need_map(lease, "metadata"),
               *spec = val_need_map(lease, "spec");
    char now[CU_RFC3339_MAX];
    cu_rfc3339_micro(cu_now_ms(), now);
    val_set_str(lease, "apiVersion", "coordination.k8s.io/v1");
    val_set_str(lease, "kind", "Lease");
    val_set_str(meta, "name", n->name);
    val_set_str(meta, "namespace", "kube-node-lease");
    val_set_str(spec, "holderIdentity", n->name);
    val_set_int(spec, "leaseDurationSeconds", 40);
    val_set_str(spec, "renewTime", now);
    return lease;
}

static int register_node(struct node *n, struct cu_err *err)
{
    const struct agent_node_facts facts = { .name = n->name,
                                            .ip = "10.88.0.200",
                                            .cpus = 2,
                                            .memory = (uint64_t)4 << 30,
                                            .memory_free = (uint64_t)3 << 30,
                                            .disk = (uint64_t)40 << 30,
                                            .disk_free = (uint64_t)30 << 30,
                                            .machine_id = n->name,
                                            .system_uuid = n->name,
                                            .boot_id = n->name,
                                            .kernel = "6.1.0",
                                            .os_image = "simulated",
                                            .arch = "amd64",
                                            .max_pods = 110,
                                            .port = 10250 };
    cu_autofree char *path = kube_path("v1", "nodes", NULL, n->name), *sub = cu_asprintf("%s/status", path);
    cu_autoval struct val *none = val_new_map(), *node = agent_node_object(&facts, none, NULL, cu_now_ms()),
                          *created = NULL, *patch = val_new_map(), *lease = lease_of(n);
    if (kube_get(n->client, path, NULL, NULL, NULL) != -CU_E_NOTFOUND)
        return cu_fail(err, CU_E_EXISTS, "node %s is there, or may not look for itself", n->name);
    int r = kube_create(n->client, "/api/v1/nodes", node, &created, err);
    if (r == 0)
        r = kube_create(n->client, LEASES_PATH, lease, &n->lease, err);
    if (r < 0)
        return r;
    val_set(patch, "status", agent_node_status(&facts, val_get(created, "status"), cu_now_ms()));
    return kube_patch(n->client, sub, KUBE_PATCH_STRATEGIC, patch, NULL, err);
}

static int join(const struct run *run, struct node *n, struct cu_err *err)
{
    int r = discover(run, n->name, err);
    if (r == 0)
        r = bootstrap(run, n, err);
    return r == 0 ? register_node(n, err) : r;
}

/* --- the life of a node after it: a watch of its pods, its lease --- */

static void pods_changed(void *arg, const struct val *obj, const struct val *old)
{
    (void)arg;
    (void)obj;
    (void)old;
}

struct hold {
    struct run *run;
    struct node *node;
};

static void start_watch(void *arg)
{
    struct hold *h = arg;
    const struct kube_informer_spec spec = { .path = "/api/v1/pods",
                                             .query = h->node->pods_query,
                                             .changed = pods_changed };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (kube_informer_new(h->run->loop, h->node->config, &spec, &h->node->pods, &err) < 0)
        fprintf(stderr, "simulate: watch of %s: %s\n", h->node->name, cu_err_text(&err));
    free(h);
}

static void *holder(void *arg)
{
    http_loop_run(((struct run *)arg)->loop);
    return NULL;
}

static int renew(struct node *n, struct cu_err *err)
{
    cu_autofree char *path = cu_asprintf(LEASES_PATH "/%s", n->name);
    cu_autoval struct val *lease = val_copy(n->lease);
    struct val *answer = NULL;
    char now[CU_RFC3339_MAX];
    cu_rfc3339_micro(cu_now_ms(), now);
    val_set_str(val_need_map(lease, "spec"), "renewTime", now);
    int r = kube_update(n->client, path, lease, &answer, err);
    if (r < 0)
        return r;
    val_unref(n->lease);
    n->lease = answer;
    return 0;
}

/* The lease of every node, once in LEASE_MS, evenly spread. */
static void *renewer(void *arg)
{
    struct run *run = arg;
    for (int64_t at = 0;; at++) {
        pthread_mutex_lock(&run->lock);
        bool stop = run->stopping;
        int64_t n = run->n_done;
        struct node *node = n ? run->done[at % n] : NULL;
        pthread_mutex_unlock(&run->lock);
        if (stop)
            return NULL;
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        if (node && renew(node, &err) < 0)
            fprintf(stderr, "simulate: lease of %s: %s\n", node->name, cu_err_text(&err));
        cu_sleep_ms(n > LEASE_MS / 100 ? LEASE_MS / n : 100);
    }
}

/* --- counting --- */

static void write_row(struct run *run)
{
    struct usage u = { 0 };
    int64_t n = run->n_done, now = cu_mono_us();
    if (run->server_pid > 0)
        usage_read(run->server_pid, &u);
    int64_t count = (n - 1) % run->every + 1;
    printf("%" PRId64 ",%.2f,%.2f,%.2f,%.2f,%" PRId64 ",%" PRId64 "\n", n,
           (double)run->batch_us / 1000 / (double)count, (double)run->batch_max_us / 1000,
           (double)(now - run->last_us) / 1000 / (double)count,
           (double)(u.cpu_ms - run->last.cpu_ms) / (double)count, u.rss_kib, u.files);
    fflush(stdout);
    run->last = u;
    run->last_us = now;
    run->batch_us = run->batch_max_us = 0;
}

static void count_join(struct run *run, struct node *n, int64_t us)
{
    pthread_mutex_lock(&run->lock);
    run->done[run->n_done++] = n;
    run->batch_us += us;
    run->batch_max_us = us > run->batch_max_us ? us : run->batch_max_us;
    if (run->n_done % run->every == 0 || run->n_done == run->nodes)
        write_row(run);
    pthread_mutex_unlock(&run->lock);
}

static int64_t take_number(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    int64_t i = run->next < run->nodes ? run->next++ : -1;
    pthread_mutex_unlock(&run->lock);
    return i;
}

static void free_node(struct node *n)
{
    kube_client_free(n->client);
    kube_config_free(n->config);
    val_unref(n->lease);
    free(n->pods_query);
    free(n->name);
    free(n);
}

static void *worker(void *arg)
{
    struct run *run = arg;
    for (int64_t i; (i = take_number(run)) >= 0;) {
        struct node *n = cu_calloc(1, sizeof *n);
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        n->name = cu_asprintf("%s%04" PRId64, run->prefix, i);
        n->pods_query = cu_asprintf("fieldSelector=spec.nodeName%%3D%s", n->name);
        int64_t start = cu_mono_us();
        if (join(run, n, &err) < 0) {
            fprintf(stderr, "simulate: %s: %s\n", n->name, cu_err_text(&err));
            pthread_mutex_lock(&run->lock);
            run->n_failed++;
            pthread_mutex_unlock(&run->lock);
            free_node(n);
            continue;
        }
        int64_t us = cu_mono_us() - start;
        struct hold *h = cu_calloc(1, sizeof *h);
        *h = (struct hold){ run, n };
        http_loop_post(run->loop, start_watch, h);
        count_join(run, n, us);
    }
    return NULL;
}

static int load(struct run *run, struct cu_err *err)
{
    kube_autoconfig struct kube_config *admin = NULL;
    cu_autofree char *ca = NULL;
    int r = kube_config_load(run->admin, &admin, err);
    if (r == 0)
        r = kube_config_ca(admin, &ca, err);
    if (r < 0)
        return r;
    const struct kube_config_spec spec = { .cluster = "kubernetes",
                                           .server = kube_config_server(admin),
                                           .ca_pem = ca,
                                           .user = "tls-bootstrap-token-user",
                                           .token = run->token };
    run->boot = kube_config_build(&spec);
    return 0;
}

static void run_threads(struct run *run)
{
    pthread_t hold, lease, *workers = cu_calloc((size_t)run->parallel, sizeof *workers);
    int64_t n = 0;
    run->loop = http_loop_new();
    run->done = cu_calloc((size_t)run->nodes, sizeof(struct node *));
    run->start_us = run->last_us = cu_mono_us();
    if (run->server_pid > 0)
        usage_read(run->server_pid, &run->last);
    bool held = pthread_create(&hold, NULL, holder, run) == 0;
    bool renewed = pthread_create(&lease, NULL, renewer, run) == 0;
    while (held && renewed && n < run->parallel && pthread_create(&workers[n], NULL, worker, run) == 0)
        n++;
    for (int64_t i = 0; i < n; i++)
        pthread_join(workers[i], NULL);
    fprintf(stderr, "%" PRId64 " joined, %" PRId64 " failed, %.1f s\n", run->n_done, run->n_failed,
            (double)(cu_mono_us() - run->start_us) / 1e6);
    cu_sleep_ms(run->hold_s * 1000);
    pthread_mutex_lock(&run->lock);
    run->stopping = true;
    pthread_mutex_unlock(&run->lock);
    if (run->hold_s && run->server_pid > 0)
        write_row(run);
    if (renewed)
        pthread_join(lease, NULL);
    http_loop_stop(run->loop);
    if (held)
        pthread_join(hold, NULL);
    for (int64_t i = 0; i < run->n_done; i++) {
        kube_informer_free(run->done[i]->pods);
        free_node(run->done[i]);
    }
    free(run->done);
    free(workers);
    http_loop_free(run->loop);
}

static const struct option options[] = {
    { "admin", required_argument, NULL, 'a' },
    { "token", required_argument, NULL, 't' },
    { "prefix", required_argument, NULL, 'x' },
    { "nodes", required_argument, NULL, 'n' },
    { "parallel", required_argument, NULL, 'p' },
    { "every", required_argument, NULL, 'e' },
    { "hold", required_argument, NULL, 'h' },
    { "server-pid", required_argument, NULL, 's' },
    { NULL, 0, NULL, 0 },
};

static bool parse(int argc, char **argv, struct run *run)
{
    int64_t pid = 0;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int64_t *number = NULL, max = 100000;
        switch (c) {
        case 'a': run->admin = optarg; break;
        case 't': run->token = optarg; break;
        case 'x': run->prefix = optarg; break;
        case 'n': number = &run->nodes; break;
        case 'p': number = &run->parallel; break;
        case 'e': number = &run->every; break;
        case 'h': number = &run->hold_s; break;
        case 's':
            number = &pid;
            max = INT32_MAX;
            break;
        default: return false;
        }
        if (number && cu_parse_i64(optarg, c != 'h', max, number, NULL) < 0)
            return false;
    }
    run->server_pid = (int)pid;
    return run->token && optind == argc;
}

int main(int argc, char **argv)
{
    struct run run = { .admin = "/etc/kubernetes/admin.conf",
                       .prefix = "sim",
                       .nodes = 20,
                       .parallel = 1,
                       .every = 20,
                       .lock = PTHREAD_MUTEX_INITIALIZER };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct rlimit files;
    if (!parse(argc, argv, &run)) {
        fputs("usage: simulate --token T [--admin FILE] [--nodes N] [--parallel P] [--every ROWS] [--prefix "
              "NAME] "
              "[--hold SECONDS] [--server-pid PID]\n",
              stderr);
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (load(&run, &err) < 0) {
        fprintf(stderr, "simulate: %s\n", cu_err_text(&err));
        return 1;
    }
    puts("nodes,join_ms,join_max_ms,wall_ms_per_join,server_cpu_ms_per_join,server_rss_kib,server_files");
    run_threads(&run);
    kube_config_free(run.boot);
    return run.n_failed ? 1 : 0;
}
