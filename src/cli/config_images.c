/* `kubeadm config images list` and `pull` (spec config 16.3, 16.4).
 * Must not know how image names are made, nor how images are pulled. */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/output.h"
#include "config/gates.h"
#include "config/images.h"
#include "cri/client.h"
#include "phases/pull_images.h"
#include "workflow/workflow.h"

struct images_options {
    char *config, *kubernetes_version, *image_repository, *feature_gates, *cri_socket;
    struct cli_output output;
};

/* What the flags say, for when there is no file; the default label of --kubernetes-version is not looked up. */
static int from_flags(const struct cli_call *c, struct cfg_init *flags, struct cu_strlist *warnings,
                      struct cu_err *err)
{
    const struct images_options *o = c->opts;

    if (cli_call_given(c, "kubernetes-version"))
        cfg_set_str(&flags->cluster.kubernetes_version, o->kubernetes_version);
    cfg_set_str(&flags->cluster.image_repository, o->image_repository);
    if (!cu_is_empty(o->cri_socket))
        cfg_set_str(&flags->node.cri_socket, o->cri_socket);
    return cfg_gates_parse(&flags->cluster.feature_gates, o->feature_gates, warnings, err);
}

/* *config: owned by the caller, also on failure. */
static int load_config(const struct cli_call *c, struct cfg_init **config, struct cu_strlist *images,
                       struct cu_err *err)
{
    const struct images_options *o = c->opts;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    struct cfg_init *flags = cfg_init_new();
    struct cfg_load_options load;
    int r = from_flags(c, flags, &warnings, err);

    if (r == 0) {
        cli_config_options(&load, &warnings);
        load.init_flags = flags;
        load.detect_cri = cli_call_has(c, "cri-socket");
        r = cfg_load_init(*o->config ? o->config : NULL, &load, config, err);
    }
    cli_config_warn(&warnings);
    if (r == 0)
        cfg_images(&(*config)->cluster, images);
    cfg_init_free(flags);
    return r;
}

static int print_object(struct codec_printer *printer, const struct cu_strlist *images, FILE *out,
                        struct cu_err *err)
{
    cu_autoval struct val *object = cli_output_object("Images");
    struct val *list = val_new_list();

    for (size_t i = 0; i < images->n; i++)
        val_append_str(list, images->v[i]);
    val_set(object, "images", list);
    return cli_output_print(printer, object, out, err);
}

static int images_list(const struct cli_call *c, struct cu_err *err)
{
    const struct images_options *o = c->opts;
    cu_autostrlist struct cu_strlist images = CU_STRLIST_INIT;
    struct codec_printer *printer = NULL;
    struct cfg_init *config = NULL;
    int r = cli_output_printer(&o->output, &printer, err);

    if (r < 0)
        return r;
    r = load_config(c, &config, &images, err);
    if (r == 0 && codec_printer_is_text(printer)) {
        for (size_t i = 0; i < images.n; i++)
            fprintf(c->out, "%s\n", images.v[i]);
    } else if (r == 0) {
        r = print_object(printer, &images, c->out, err);
    }
    codec_printer_free(printer);
    cfg_init_free(config);
    return r;
}

/* Whatever is there is pulled anew; the first failure ends it (as upstream). */
static int images_pull(const struct cli_call *c, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist images = CU_STRLIST_INIT, failed = CU_STRLIST_INIT;
    struct cfg_init *config = NULL;
    struct cri_client *client = NULL;
    int r = load_config(c, &config, &images, err);

    if (r == 0 && (r = cri_connect(config->node.cri_socket, &client, err)) < 0)
        cu_fail(err, (enum cu_code) - r, "%s; fix: %s", cu_err_text(err), cri_connect_fix(r));
    if (r == 0) {
        const struct ph_pull pull = { .out = c->out,
                                      .prefix = "[config/images]",
                                      .images = &images,
                                      .parallel = config->node.image_pull_serial == CFG_NO,
                                      .stop_at_failed = true,
                                      .say_pulled = true };
        wf_catch_signals();
        r = ph_pull_images(client, &pull, &failed, err);
    }
    cri_client_free(client);
    cfg_init_free(config);
    return r;
}

/* Which images: flags of both commands. */
#define IMAGES_FLAGS                                                                                         \
    { .name = "config",                                                                                      \
      .type = CLI_STRING,                                                                                    \
      .offset = offsetof(struct images_options, config),                                                     \
      .usage = "configuration `file`; the other flags about the cluster are then not used" },                \
        { .name = "kubernetes-version",                                                                      \
          .type = CLI_STRING,                                                                                \
          .offset = offsetof(struct images_options, kubernetes_version),                                     \
          .dflt = CFG_DEFAULT_VERSION_LABEL,                                                                 \
          .usage =                                                                                           \
              "version of the control plane, or a label to look up; the default is the built-in version" },  \
        { .name = "image-repository",                                                                        \
          .type = CLI_STRING,                                                                                \
          .offset = offsetof(struct images_options, image_repository),                                       \
          .dflt = CFG_IMAGE_REPOSITORY,                                                                      \
          .usage = "registry of the images" },                                                               \
    {                                                                                                        \
        .name = "feature-gates", .type = CLI_STRING,                                                         \
        .offset = offsetof(struct images_options, feature_gates), .offers = cli_offer_gates,                 \
        .usage = "feature gates as `name=true|false,...`: NodeLocalCRISocket, PublicKeysECDSA, "             \
                 "RootlessControlPlane"                                                                      \
    }

static const struct cli_flag list_flags[] = {
    IMAGES_FLAGS,
    CLI_OUTPUT_FLAGS(offsetof(struct images_options, output)),
};

static const struct cli_command list_command = {
    .name = "list",
    .brief = "List the images a cluster needs",
    .doc = "Lists the images `kubeadm init` would run, one a line, for the given version or configuration. "
           "Nothing is pulled.",
    .flags = list_flags,
    .n_flags = CU_LEN(list_flags),
    .opts_size = sizeof(struct images_options),
    .run = images_list,
};

static const struct cli_flag pull_flags[] = {
    IMAGES_FLAGS,
    { .name = "cri-socket",
      .type = CLI_STRING,
      .offset = offsetof(struct images_options, cri_socket),
      .usage = "`path` of the container runtime's socket; found when empty and there is just one" },
};

static const struct cli_command pull_command = {
    .name = "pull",
    .brief = "Pull the images a cluster needs",
    .doc = "Has the container runtime pull the images `kubeadm init` would run, so that it need not wait for "
           "them. With\n"
           "imagePullSerial: false in the configuration all are pulled at once.",
    .flags = pull_flags,
    .n_flags = CU_LEN(pull_flags),
    .opts_size = sizeof(struct images_options),
    .run = images_pull,
};
static const struct cli_command *const children[] = { &list_command, &pull_command, NULL };

const struct cli_command cli_config_images = {
    .name = "images",
    .brief = "Images a cluster needs",
    .doc = "Works on the images of a cluster.",
    .strict = true,
    .children = children,
};
