/* Field tables of KubeletConfiguration and KubeProxyConfiguration, which are kept as documents.
 * Must not know how tables are read (field_*.c, document.c). */
#include "config/field.h"

/* One row each; W: written even when empty. clang-format would give every row five lines. */
/* clang-format off */
#define S(name) { name, CFG_STRING, 0 }
#define B(name) { name, CFG_BOOL, 0 }
#define OB(name) { name, CFG_OPT_BOOL, 0 }
#define I(name) { name, CFG_INT32, 0 }
#define OI(name) { name, CFG_OPT_INT32, 0 }
#define WD(name) { name, CFG_DURATION, CFG_ALWAYS }
#define OD(name) { name, CFG_OPT_DURATION, 0 }
#define SL(name) { name, CFG_STRINGS, 0 }
#define SM(name) { name, CFG_STRING_MAP, 0 }
#define W(name, type) { name, type, CFG_ALWAYS }
#define PART(name, object) { name, CFG_OBJECT, CFG_ALWAYS, .child = &(object) }

static const struct cfg_field format_fields[] = { W("infoBufferSize", CFG_QUANTITY), B("splitStream") };
static const struct cfg_object format = CFG_DOCUMENT_OF(format_fields, "FormatOptions", "Options of a log format.");
static const struct cfg_field format_list_fields[] = {
    PART("json", format),
    { "text", CFG_OBJECT, CFG_ALWAYS, .child = &format, .since = 30 },
};
static const struct cfg_object formats = CFG_DOCUMENT_OF(format_list_fields, "FormatOptionsList", "Options by log format.");
static const struct cfg_field vmodule_fields[] = { W("filePattern", CFG_STRING), W("verbosity", CFG_UINT32) };
static const struct cfg_object vmodule = CFG_DOCUMENT_OF(vmodule_fields, "VModuleItem", "Verbosity of one source file.");
static const struct cfg_field logging_fields[] = {
    W("flushFrequency", CFG_NANOSECONDS), S("format"), PART("options", formats), W("verbosity", CFG_UINT32),
    { "vmodule", CFG_LIST, 0, .child = &vmodule },
};
const struct cfg_object cfg_object_logging = CFG_DOCUMENT_OF(logging_fields, "LoggingConfiguration", "Logs.");

static const struct cfg_field anonymous_fields[] = { OB("enabled") };
static const struct cfg_object anonymous = CFG_DOCUMENT_OF(anonymous_fields, "KubeletAnonymousAuthentication", "");
static const struct cfg_field webhook_authn_fields[] = { WD("cacheTTL"), OB("enabled") };
static const struct cfg_object webhook_authn = CFG_DOCUMENT_OF(webhook_authn_fields, "KubeletWebhookAuthentication", "");
static const struct cfg_field x509_fields[] = { S("clientCAFile") };
static const struct cfg_object x509 = CFG_DOCUMENT_OF(x509_fields, "KubeletX509Authentication", "");
static const struct cfg_field authn_fields[] = {
    PART("anonymous", anonymous), PART("webhook", webhook_authn), PART("x509", x509),
};
static const struct cfg_object authn = CFG_DOCUMENT_OF(authn_fields, "KubeletAuthentication", "");
static const struct cfg_field webhook_authz_fields[] = { WD("cacheAuthorizedTTL"), WD("cacheUnauthorizedTTL") };
static const struct cfg_object webhook_authz = CFG_DOCUMENT_OF(webhook_authz_fields, "KubeletWebhookAuthorization", "");
static const struct cfg_field authz_fields[] = { S("mode"), PART("webhook", webhook_authz) };
static const struct cfg_object authz = CFG_DOCUMENT_OF(authz_fields, "KubeletAuthorization", "");
static const struct cfg_field crash_loop_fields[] = { OD("maxContainerRestartPeriod") };
static const struct cfg_object crash_loop = CFG_DOCUMENT_OF(crash_loop_fields, "CrashLoopBackOffConfig", "");
static const struct cfg_field memory_swap_fields[] = { S("swapBehavior") };
static const struct cfg_object memory_swap = CFG_DOCUMENT_OF(memory_swap_fields, "MemorySwapConfiguration", "");
static const struct cfg_field reserved_fields[] = { W("limits", CFG_QUANTITY_MAP), W("numaNode", CFG_INT32) };
static const struct cfg_object reserved = CFG_DOCUMENT_OF(reserved_fields, "MemoryReservation", "");
static const struct cfg_field grace_fields[] = { W("priority", CFG_INT32), W("shutdownGracePeriodSeconds", CFG_INT64) };
static const struct cfg_object grace = CFG_DOCUMENT_OF(grace_fields, "ShutdownGracePeriodByPodPriority", "");
static const struct cfg_field tracing_fields[] = { { "endpoint", CFG_OPT_STRING, 0 }, OI("samplingRatePerMillion") };
static const struct cfg_object tracing = CFG_DOCUMENT_OF(tracing_fields, "TracingConfiguration", "");
static const struct cfg_field user_namespaces_fields[] = { { "idsPerPod", CFG_OPT_INT64, 0 } };
static const struct cfg_object user_namespaces = CFG_DOCUMENT_OF(user_namespaces_fields, "UserNamespaces", "");

static const struct cfg_field kubelet_fields[] = {
    S("address"), SL("allowedUnsafeSysctls"), PART("authentication", authn), PART("authorization", authz),
    S("cgroupDriver"), S("cgroupRoot"), OB("cgroupsPerQOS"), SL("clusterDNS"), S("clusterDomain"),
    S("configMapAndSecretChangeDetectionStrategy"), OI("containerLogMaxFiles"), S("containerLogMaxSize"),
    OI("containerLogMaxWorkers"), OD("containerLogMonitorInterval"),
    { "containerRuntimeEndpoint", CFG_STRING, CFG_ALWAYS, .since = 27 },
    S("contentType"), OB("cpuCFSQuota"), OD("cpuCFSQuotaPeriod"), S("cpuManagerPolicy"),
    SM("cpuManagerPolicyOptions"), WD("cpuManagerReconcilePeriod"),
    { "crashLoopBackOff", CFG_OBJECT, CFG_ALWAYS, .child = &crash_loop, .since = 32 },
    B("enableContentionProfiling"), OB("enableControllerAttachDetach"), OB("enableDebugFlagsHandler"),
    OB("enableDebuggingHandlers"), OB("enableProfilingHandler"), OB("enableServer"), OB("enableSystemLogHandler"),
    OB("enableSystemLogQuery"), SL("enforceNodeAllocatable"), I("eventBurst"), OI("eventRecordQPS"),
    SM("evictionHard"), I("evictionMaxPodGracePeriod"), SM("evictionMinimumReclaim"),
    WD("evictionPressureTransitionPeriod"), SM("evictionSoft"), SM("evictionSoftGracePeriod"), OB("failCgroupV1"),
    OB("failSwapOn"), { "featureGates", CFG_BOOL_MAP, 0 }, WD("fileCheckFrequency"), S("hairpinMode"),
    S("healthzBindAddress"), OI("healthzPort"), WD("httpCheckFrequency"), OI("imageGCHighThresholdPercent"),
    OI("imageGCLowThresholdPercent"),
    { "imageMaximumGCAge", CFG_DURATION, CFG_ALWAYS, .since = 29 },
    WD("imageMinimumGCAge"), S("imagePullCredentialsVerificationPolicy"), S("imageServiceEndpoint"),
    OI("iptablesDropBit"), OI("iptablesMasqueradeBit"), B("kernelMemcgNotification"), I("kubeAPIBurst"),
    OI("kubeAPIQPS"), SM("kubeReserved"), S("kubeReservedCgroup"), S("kubeletCgroups"),
    OB("localStorageCapacityIsolation"), PART("logging", cfg_object_logging), OB("makeIPTablesUtilChains"),
    { "maxOpenFiles", CFG_INT64, 0 }, OI("maxParallelImagePulls"), I("maxPods"), S("memoryManagerPolicy"),
    S("memoryReservationPolicy"), PART("memorySwap", memory_swap), { "memoryThrottlingFactor", CFG_OPT_NUMBER, 0 },
    OB("mergeDefaultEvictionSettings"), I("nodeLeaseDurationSeconds"), OI("nodeStatusMaxImages"),
    WD("nodeStatusReportFrequency"), WD("nodeStatusUpdateFrequency"), OI("oomScoreAdj"), S("podCIDR"),
    S("podLogsDir"), { "podPidsLimit", CFG_OPT_INT64, 0 }, I("podsPerCore"), I("port"),
    SL("preloadedImagesVerificationAllowlist"), B("protectKernelDefaults"), S("providerID"), SM("qosReserved"),
    I("readOnlyPort"), OB("registerNode"), { "registerWithTaints", CFG_LIST, 0, .child = &cfg_object_taint },
    I("registryBurst"), OI("registryPullQPS"), { "reservedMemory", CFG_LIST, 0, .child = &reserved },
    S("reservedSystemCPUs"), { "resolvConf", CFG_OPT_STRING, 0 }, B("rotateCertificates"), B("runOnce"),
    WD("runtimeRequestTimeout"), OB("seccompDefault"), OB("serializeImagePulls"), B("serverTLSBootstrap"),
    S("showHiddenMetricsForVersion"), WD("shutdownGracePeriod"),
    { "shutdownGracePeriodByPodPriority", CFG_LIST, 0, .child = &grace }, WD("shutdownGracePeriodCriticalPods"),
    OB("singleProcessOOMKill"), S("staticPodPath"), S("staticPodURL"), { "staticPodURLHeader", CFG_STRINGS_MAP, 0 },
    WD("streamingConnectionIdleTimeout"), WD("syncFrequency"), S("systemCgroups"), SM("systemReserved"),
    S("systemReservedCgroup"), S("tlsCertFile"), SL("tlsCipherSuites"), { "tlsCurvePreferences", CFG_INTS, 0 },
    S("tlsMinVersion"), S("tlsPrivateKeyFile"), S("topologyManagerPolicy"), SM("topologyManagerPolicyOptions"),
    S("topologyManagerScope"), { "tracing", CFG_OPT_OBJECT, 0, .child = &tracing },
    { "userNamespaces", CFG_OPT_OBJECT, 0, .child = &user_namespaces }, S("volumePluginDir"), WD("volumeStatsAggPeriod"),
};
const struct cfg_object cfg_object_kubelet =
    CFG_DOCUMENT_OF(kubelet_fields, "KubeletConfiguration", "Settings of every kubelet of the cluster.");

#define WS(name) W(name, CFG_STRING)
#define WB(name) W(name, CFG_BOOL)
static const struct cfg_field client_fields[] = {
    WS("acceptContentTypes"), W("burst", CFG_INT32), WS("contentType"), WS("kubeconfig"), W("qps", CFG_NUMBER),
};
static const struct cfg_object client = CFG_DOCUMENT_OF(client_fields, "ClientConnectionConfiguration", "");
static const struct cfg_field conntrack_fields[] = {
    W("maxPerCore", CFG_OPT_INT32), W("min", CFG_OPT_INT32), { "tcpBeLiberal", CFG_BOOL, CFG_ALWAYS, .since = 29 },
    W("tcpCloseWaitTimeout", CFG_OPT_DURATION), W("tcpEstablishedTimeout", CFG_OPT_DURATION), 
    { "udpStreamTimeout", CFG_DURATION, CFG_ALWAYS, .since = 29 },
    { "udpTimeout", CFG_DURATION, CFG_ALWAYS, .since = 29 },
};
static const struct cfg_object conntrack = CFG_DOCUMENT_OF(conntrack_fields, "KubeProxyConntrackConfiguration", "");
static const struct cfg_field detect_fields[] = { WS("bridgeInterface"), WS("interfaceNamePrefix") };
static const struct cfg_object detect = CFG_DOCUMENT_OF(detect_fields, "DetectLocalConfiguration", "");
static const struct cfg_field iptables_fields[] = {
    { "localhostNodePorts", CFG_OPT_BOOL, CFG_ALWAYS, .since = 26 }, WB("masqueradeAll"), W("masqueradeBit", CFG_OPT_INT32),
    WD("minSyncPeriod"), WD("syncPeriod"),
};
static const struct cfg_object iptables = CFG_DOCUMENT_OF(iptables_fields, "KubeProxyIPTablesConfiguration", "");
static const struct cfg_field ipvs_fields[] = {
    W("excludeCIDRs", CFG_STRINGS), WD("minSyncPeriod"), WS("scheduler"), WB("strictARP"), WD("syncPeriod"),
    WD("tcpFinTimeout"), WD("tcpTimeout"), WD("udpTimeout"),
};
static const struct cfg_object ipvs = CFG_DOCUMENT_OF(ipvs_fields, "KubeProxyIPVSConfiguration", "");
static const struct cfg_field nftables_fields[] = {
    WB("masqueradeAll"), W("masqueradeBit", CFG_OPT_INT32), WD("minSyncPeriod"), WD("syncPeriod"),
};
static const struct cfg_object nftables = CFG_DOCUMENT_OF(nftables_fields, "KubeProxyNFTablesConfiguration", "");
static const struct cfg_field winkernel_fields[] = {
    WB("enableDSR"), { "forwardHealthCheckVip", CFG_BOOL, CFG_ALWAYS, .since = 24 }, WS("networkName"),
    { "rootHnsEndpointName", CFG_STRING, CFG_ALWAYS, .since = 24 }, WS("sourceVip"),
};
static const struct cfg_object winkernel = CFG_DOCUMENT_OF(winkernel_fields, "KubeProxyWinkernelConfiguration", "");

static const struct cfg_field proxy_fields[] = {
    WS("bindAddress"), WB("bindAddressHardFail"), PART("clientConnection", client), WS("clusterCIDR"),
    WD("configSyncPeriod"), PART("conntrack", conntrack),
    { "detectLocal", CFG_OBJECT, CFG_ALWAYS, .child = &detect, .since = 24 },
    WS("detectLocalMode"), WB("enableProfiling"), { "featureGates", CFG_BOOL_MAP, 0 }, WS("healthzBindAddress"),
    WS("hostnameOverride"), PART("iptables", iptables), PART("ipvs", ipvs),
    { "logging", CFG_OBJECT, CFG_ALWAYS, .child = &cfg_object_logging, .since = 28 },
    WS("metricsBindAddress"), WS("mode"),
    { "nftables", CFG_OBJECT, CFG_ALWAYS, .child = &nftables, .since = 29 },
    W("nodePortAddresses", CFG_STRINGS), W("oomScoreAdj", CFG_OPT_INT32), WS("portRange"),
    WS("showHiddenMetricsForVersion"),
    { "udpIdleTimeout", CFG_DURATION, CFG_ALWAYS, .until = 26 },
    B("windowsRunAsService"), PART("winkernel", winkernel),
};
/* clang-format on */
const struct cfg_object cfg_object_proxy =
    CFG_DOCUMENT_OF(proxy_fields, "KubeProxyConfiguration", "Settings of every kube-proxy of the cluster.");
