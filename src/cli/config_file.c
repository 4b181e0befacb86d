/* `kubeadm config validate` and `kubeadm config migrate` (spec config 17.2, 17.3).
 * Must not know what a configuration holds. */
#include "base/file.h"
#include "base/str.h"
#include "cli/config.h"
#include <string.h>

struct validate_options {
    char *config;
    bool allow_deprecated, allow_experimental;
};

static int validate(const struct cli_call *c, struct cu_err *err)
{
    const struct validate_options *v = c->opts;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    struct cfg_load_options o;

    if (cu_is_empty(v->config))
        return cu_fail(err, CU_E_INVALID, "the --config flag is mandatory: name the file to check");
    cli_config_options(&o, &warnings);
    o.strict = o.upstream_versions = true;
    o.quiet_deprecated = v->allow_deprecated;
    int r = cfg_validate_file(v->config, &o, err);
    cli_config_warn(&warnings);
    if (r == 0)
        fputs("ok\n", c->out);
    return r;
}

static const struct cli_flag validate_flags[] = {
    { .name = "config",
      .type = CLI_STRING,
      .offset = offsetof(struct validate_options, config),
      .usage = "configuration `file` to check" },
    { .name = "allow-deprecated-api",
      .type = CLI_BOOL,
      .offset = offsetof(struct validate_options, allow_deprecated),
      .usage = "do not warn about deprecated API versions" },
    { .name = "allow-experimental-api",
      .type = CLI_BOOL,
      .offset = offsetof(struct validate_options, allow_experimental),
      .usage = "take experimental API versions too; there are none" },
};

const struct cli_command cli_config_validate = {
    .name = "validate",
    .brief = "Check a configuration file and report all errors",
    .doc = "Checks a configuration file: its syntax, unknown and repeated fields, the type and the value of "
           "each field.\n"
           "Prints \"ok\" when nothing is wrong; else all errors of the first wrong document, with line and "
           "column or\n"
           "with the path of the field, and exits with 1.",
    .flags = validate_flags,
    .n_flags = CU_LEN(validate_flags),
    .opts_size = sizeof(struct validate_options),
    .run = validate,
};

struct migrate_options {
    char *old_config, *new_config;
    bool allow_experimental;
};

#define NEW_CONFIG_MODE 0644 /* as upstream */

static int migrate(const struct cli_call *c, struct cu_err *err)
{
    const struct migrate_options *m = c->opts;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    cu_autowipe char *text = NULL;
    struct cfg_load_options o;

    if (cu_is_empty(m->old_config))
        return cu_fail(err, CU_E_INVALID, "the --old-config flag is mandatory: name the file to migrate");
    cli_config_options(&o, &warnings);
    o.strict = o.quiet_deprecated = o.detect_cri = true;
    int r = cfg_migrate_file(m->old_config, &o, &text, err);
    cli_config_warn(&warnings);
    if (r < 0)
        return r;
    if (cu_is_empty(m->new_config)) {
        fputs(text, c->out);
        return 0;
    }
    r = cu_file_write_str(m->new_config, text, NEW_CONFIG_MODE, err);
    if (r < 0)
        cu_wrap(err, "could not write the new configuration");
    return r;
}

static const struct cli_flag migrate_flags[] = {
    { .name = "old-config",
      .type = CLI_STRING,
      .offset = offsetof(struct migrate_options, old_config),
      .usage = "configuration `file` in an older API version" },
    { .name = "new-config",
      .type = CLI_STRING,
      .offset = offsetof(struct migrate_options, new_config),
      .usage = "`file` to write; standard output when not given" },
    { .name = "allow-experimental-api",
      .type = CLI_BOOL,
      .offset = offsetof(struct migrate_options, allow_experimental),
      .usage = "take experimental API versions too; there are none" },
};

const struct cli_command cli_config_migrate = {
    .name = "migrate",
    .brief = "Bring a configuration file to the newest API version",
    .doc = "Reads a configuration file of any API version still known, fills in the defaults and writes the "
           "file in the\n"
           "newest version, kubeadm.k8s.io/v1beta4. The old file is not changed.",
    .flags = migrate_flags,
    .n_flags = CU_LEN(migrate_flags),
    .opts_size = sizeof(struct migrate_options),
    .run = migrate,
};
