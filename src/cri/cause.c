/* Runtimes wrap a registry's or the kernel's words in several layers; this finds the cause in them (texts of containerd,
 * CRI-O and the registries). Must not know how images are pulled. */
#include "base/str.h"
#include "cri/pull.h"
#include <string.h>
#include <sys/utsname.h>

/* In order: what is more special comes first. {registry}, {image} and {machine} are filled in. */
static const struct cause {
    const char *words; /* in the runtime's message, in lower case */
    bool final;        /* the next try would end the same */
    const char *text;  /* what it means, and the mend */
} causes[] = {
    { "no space left on device", true,
      "there is no space left for it; free some on the file system of the runtime's data (containerd: "
      "/var/lib/containerd), with e.g. `df -h` and `ctr -n k8s.io images prune --all`" },
    { "disk quota exceeded", true, "the disk quota of the runtime's data is used up; raise it" },
    { "no match for platform", true,
      "the registry has it for other architectures only, not for this machine's ({machine}); use a tag or an "
      "--image-repository with images for {machine}" },
    { "no image found in image index", true,
      "the registry has it for other architectures only, not for this machine's ({machine}); use a tag or an "
      "--image-repository with images for {machine}" },
    { "server gave http response to https client", true,
      "the registry {registry} speaks plain HTTP where the runtime wants HTTPS; allow that for this registry "
      "in "
      "the runtime's configuration" },
    { "x509:", true,
      "the certificate of the registry {registry} is not trusted; add its authority to this machine's, or to "
      "the runtime's configuration" },
    { "connection refused", false,
      "the registry {registry} is not running or not reachable (connection refused); start it, or name "
      "another "
      "with --image-repository" },
    { "no such host", false,
      "the name of the registry {registry} cannot be resolved; check DNS (/etc/resolv.conf) and the proxy "
      "settings of the runtime" },
    { "network is unreachable", false,
      "the registry {registry} cannot be reached: there is no route to it; check the network, or name a "
      "registry "
      "nearby with --image-repository" },
    { "no route to host", false,
      "the registry {registry} cannot be reached: there is no route to it; check the network, or name a "
      "registry "
      "nearby with --image-repository" },
    { "timeout", false,
      "the registry {registry} does not answer in time; check the network, firewalls and the proxy settings "
      "of "
      "the runtime" },
    { "deadline exceeded", false,
      "the registry {registry} does not answer in time; check the network, firewalls and the proxy settings "
      "of "
      "the runtime" },
    { "toomanyrequests", true,
      "the registry {registry} refuses further pulls from here for now; wait, log in, or use a mirror" },
    { "authorization failed", true,
      "the registry {registry} does not let this machine pull it; log in to it in the runtime's "
      "configuration, "
      "or check the name" },
    { "unauthorized", true,
      "the registry {registry} does not let this machine pull it; log in to it in the runtime's "
      "configuration, "
      "or check the name" },
    { "access denied", true,
      "the registry {registry} does not let this machine pull it; log in to it in the runtime's "
      "configuration, "
      "or check the name" },
    { "invalid reference format", true, "its name is not a valid image name" },
    { "manifest sha256:", true, /* found, but nothing in it that runs here */
      "it was built for another architecture than this machine's ({machine}); use a tag or an "
      "--image-repository with images for {machine}" },
    { "manifest unknown", true,
      "the registry {registry} has no such image or tag; check the version and the repository" },
    { "name unknown", true,
      "the registry {registry} has no such image or tag; check the version and the repository" },
    { "not found", true,
      "the registry {registry} has no such image or tag; check the version and the repository" },
};

/* "registry.k8s.io" of "registry.k8s.io/pause:3.10". Caller frees. */
static char *registry_of(const char *image)
{
    size_t n = strcspn(image, "/");
    return image[n] ? cu_strndup(image, n) : cu_strdup("docker.io");
}

char *cri_pull_cause(const char *image, const char *message, bool *final)
{
    cu_autofree char *lower = cu_lower(message), *registry = registry_of(image);
    cu_autofree char *words = cu_replace(message, "\n", " ");
    const struct cause *c = NULL;
    for (size_t i = 0; !c && i < CU_LEN(causes); i++)
        if (strstr(lower, causes[i].words))
            c = &causes[i];
    if (final)
        *final = c && c->final;
    if (!c)
        return cu_strdup(words);
    struct utsname u;
    cu_autofree char *one = cu_replace(c->text, "{registry}", registry);
    cu_autofree char *two = cu_replace(one, "{machine}", uname(&u) == 0 ? u.machine : "unknown");
    return cu_asprintf("%s (the runtime says: %s)", two, words);
}
