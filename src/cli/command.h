/* cli/command.h - the tree of commands as static const tables, and the engine that finds a command, reads its
 * flags, prints help from the tables and calls it. Behaves as upstream's command library (cobra) does where
 * scripts can see it: resolving, aliases, suggestions, texts and exit codes (spec init 1.1-1.5, operations
 * 1). */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/flag.h"
#include "workflow/workflow.h"

struct cli_globals {
    int32_t v;
    char *vmodule;
    char *rootfs;
    bool help;
};

/* What a command is called with. */
struct cli_call {
    const struct cli_command *root;
    const struct cli_command *command;
    const char *path;                /* "kubeadm init phase certs ca" */
    const char *phase;               /* full name of the phase ("certs/ca") under `X phase ...`, else NULL */
    const char *word;                /* the sub-command out of cli_command.word, else NULL */
    void *opts;                      /* the command's options struct, read */
    const struct cli_flagset *flags; /* flags of this very command or phase; who asks: cli_call_given */
    const struct cli_globals *globals;
    const struct cu_strlist *args; /* positional arguments */
    FILE *out, *err;               /* standard output and error, or a test's files */
};
bool cli_call_given(const struct cli_call *c, const char *flag); /* the flag was on the command line */
bool cli_call_has(const struct cli_call *c, const char *flag);   /* the command knows the flag */

enum { CLI_ARGS_ANY = -1 };

/* A sub-command that differs from its siblings in what it is about alone. Texts live as long as the program. */
struct cli_word {
    const char *name, *brief;
};

struct cli_command {
    const char *name;
    const char *const *aliases; /* NULL-terminated, or NULL */
    const char *args;           /* use line behind the name: "[token]"; NULL: none */
    const char *brief, *doc, *example;
    const struct cli_flag *flags; /* its own flags */
    size_t n_flags;
    size_t opts_size;              /* bytes of the options struct; 0: the parent's struct is used */
    int min_args, max_args;        /* max CLI_ARGS_ANY: no limit */
    const char *const *valid_args; /* for completion; NULL: none */
    /* Returns 0 or a negative code with `err` set (exit 1). NULL: a group: prints its help; exit 1 with
     * "subcommand is required" when `strict`, else exit 0. */
    int (*run)(const struct cli_call *c, struct cu_err *err);
    const struct cli_command *const *children; /* NULL-terminated, or NULL */
    /* `NAME phase ...`: sub-commands made from a tree of phases. Each takes the flags its row names, looked
     * up in `flags`, then in `phase_flags`; `run` is called with cli_call.phase set. */
    const struct wf_tree *phases;
    const struct cli_flag *phase_flags; /* flags that exist on sub-commands of phases and words only */
    size_t n_phase_flags;
    /* Sub-commands out of a table elsewhere: number i, false behind the last. Each takes `phase_flags` and calls `run` with
     * cli_call.word set; the command alone is a group. */
    bool (*word)(size_t i, struct cli_word *out);
    bool use_without_flags; /* the use line does not end in "[flags]" */
    bool strict, hidden;
};

/* The whole program: finds, reads, runs. Returns the exit code (0 or 1) after printing "error: ..." on `err`.
 */
int cli_main(const struct cli_command *root, int argc, char **argv, FILE *out, FILE *err);

#endif
