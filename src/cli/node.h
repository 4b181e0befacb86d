/* cli/node.h - one walk over both tables a command line names things in: commands, and the phases under them. */
#ifndef CLI_NODE_H
#define CLI_NODE_H

#include "base/buf.h"
#include "cli/command.h"

/* One word of a command line: a command, the word "phase" under a command with phases, a phase, or a sub-command out of a
 * table. */
struct cli_node {
    const struct cli_command *command; /* the command, or the one the phases belong to */
    const struct wf_phase *phase;      /* NULL for commands and for the word "phase" */
    bool phase_word;
    struct cli_word word; /* a sub-command out of command->word; name NULL: none */
};

enum { CLI_DEPTH = 8 }; /* deepest: kubeadm upgrade apply phase addon coredns */

/* From the root to the node; v[n - 1] is the node. */
struct cli_path {
    struct cli_node v[CLI_DEPTH];
    size_t n;
};

struct cli_node cli_path_last(const struct cli_path *p);
char *cli_path_text(const struct cli_path *p); /* "kubeadm init phase certs"; caller frees */
char *cli_use_line(const struct cli_path *p); /* "kubeadm join [api-server-endpoint] [flags]"; caller frees */
char *cli_path_phase(const struct cli_path *p); /* "certs/ca", NULL when it is no phase; caller frees */

const char *cli_node_name(struct cli_node n);
const char *cli_node_brief(struct cli_node n);
const char *cli_node_doc(struct cli_node n);
bool cli_node_hidden(struct cli_node n);
bool cli_node_shown(struct cli_node n);    /* in help and completion: not hidden, no group of nothing */
bool cli_node_is_group(struct cli_node n); /* has sub-commands and does nothing alone */
bool cli_node_named(struct cli_node n, const char *word); /* by name or alias */
/* The i-th sub-command; false behind the last. Hidden phases are no sub-commands. */
bool cli_node_child(struct cli_node n, size_t i, struct cli_node *child);

/* The structs options land in, one per command of the path that has its own; freed by cli_options_clear. */
struct cli_options {
    void *v[CLI_DEPTH]; /* v[i]: the struct of the command path.v[i]; NULL where it has none of its own */
};
void cli_options_new(const struct cli_path *p, struct cli_options *o);
void cli_options_clear(const struct cli_path *p, struct cli_options *o);
void *cli_options_of(const struct cli_options *o, size_t depth); /* nearest at or above that depth */

/* All flags the last node of a path takes. `help` gets the value of --help. */
struct cli_flagset *cli_path_flags(const struct cli_path *p, const struct cli_options *o, bool *help);
/* Is it a flag of the node itself (false: inherited from above)? */
bool cli_flag_is_local(const struct cli_path *p, const struct cli_flag *f);

/* Follows the words that name commands (flags between them are skipped as upstream does), from p->v[0] on; rest:
 * all other words, in order. */
void cli_path_resolve(struct cli_path *p, const char *const argv[], size_t n, struct cu_strlist *rest);

/* help.c */
void cli_help_print(const struct cli_path *p, FILE *out);
/* complete.c: candidates for the last word, "name\tdescription" lines and ":<directive>" behind them. */
void cli_complete(const struct cli_command *root, const char *const words[], size_t n, bool describe,
                  FILE *out);
/* complete.c: "\n\nDid you mean this?\n\tinit\n", or "" */
void cli_suggest(struct cli_node parent, const char *word, struct cu_buf *out);

#endif
