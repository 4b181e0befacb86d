/* `kubeadm completion SHELL`: small scripts that ask `kubeadm __complete` for candidates, so that there is no second
 * list of commands and flags. */
#include "base/str.h"
#include "cli/commands.h"

static const char bash[] =
    "# bash completion for kubeadm. Load it with: source <(kubeadm completion bash)\n"
    "__start_kubeadm()\n"
    "{\n"
    "    local cur prev words cword line directive=0 IFS=$'\\n'\n"
    "    COMPREPLY=()\n"
    "    if declare -F _get_comp_words_by_ref >/dev/null 2>&1; then\n"
    "        _get_comp_words_by_ref -n '=:' cur prev words cword\n"
    "    else\n"
    "        words=(\"${COMP_WORDS[@]}\") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]}\n"
    "    fi\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "            :*) directive=${line#:} ;;\n"
    "            *) COMPREPLY+=(\"$line\") ;;\n"
    "        esac\n"
    "    done < <(\"${words[0]}\" __completeNoDesc \"${words[@]:1:cword}\" 2>/dev/null)\n"
    "    if [ \"$directive\" = 0 ] && [ ${#COMPREPLY[@]} -eq 0 ]; then\n"
    "        compopt -o default 2>/dev/null\n"
    "    else\n"
    "        compopt +o default 2>/dev/null\n"
    "    fi\n"
    "}\n"
    "complete -o default -F __start_kubeadm kubeadm\n";

static const char zsh[] =
    "#compdef kubeadm\n"
    "# zsh completion for kubeadm. Load it with: source <(kubeadm completion zsh)\n"
    "_kubeadm()\n"
    "{\n"
    "    local line name text directive=0\n"
    "    local -a found\n"
    "    for line in \"${(@f)$(${words[1]} __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
    "        if [[ $line == :* ]]; then\n"
    "            directive=${line#:}\n"
    "            continue\n"
    "        fi\n"
    "        name=${line%%$'\\t'*} text=${line#*$'\\t'}\n"
    "        found+=(\"${name//:/\\\\:}:${text}\")\n"
    "    done\n"
    "    (( ${#found} )) && _describe kubeadm found\n"
    "    (( directive & 4 )) || _files\n"
    "}\n"
    "compdef _kubeadm kubeadm\n";

static const char fish[] = "# fish completion for kubeadm. Load it with: kubeadm completion fish | source\n"
                           "function __kubeadm_complete\n"
                           "    set -l args (commandline -opc) (commandline -ct)\n"
                           "    set -l found ($args[1] __complete $args[2..-1] 2>/dev/null)\n"
                           "    string match -v -r '^:[0-9]+$' -- $found\n"
                           "    contains -- :0 $found; and __fish_complete_path (commandline -ct)\n"
                           "end\n"
                           "complete -c kubeadm -f -a '(__kubeadm_complete)'\n";

static const char *const scripts[] = { bash, zsh, fish };
static const char *const shells[] = { "bash", "zsh", "fish", NULL }; /* in the order of `scripts` */

static int run(const struct cli_call *c, struct cu_err *err)
{
    if (c->args->n == 0)
        return cu_fail(err, CU_E_INVALID, "shell not specified; name one of [bash zsh fish]");
    if (c->args->n > 1)
        return cu_fail(err, CU_E_INVALID, "too many arguments; name one shell of [bash zsh fish]");
    for (size_t i = 0; i < CU_LEN(scripts); i++) {
        if (!cu_streq(shells[i], c->args->v[0]))
            continue;
        fputs(scripts[i], c->out);
        return 0;
    }
    return cu_fail(err, CU_E_INVALID, "unsupported shell type \"%s\"; name one of [bash zsh fish]",
                   c->args->v[0]);
}

const struct cli_command cli_completion = {
    .name = "completion",
    .args = "SHELL",
    .brief = "Print a script that completes commands in a shell",
    .doc = "Prints a script for bash, zsh or fish that completes kubeadm's commands and flags.",
    .example = "  source <(kubeadm completion bash)\n"
               "  kubeadm completion fish | source",
    .max_args = CLI_ARGS_ANY,
    .valid_args = shells,
    .run = run,
};
