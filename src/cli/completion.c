/* `kubeadm completion SHELL`: small scripts that ask `kubeadm __complete` for candidates, so that there is no second
 * list of commands and flags. */
#include "base/str.h"
#include "cli/commands.h"

static const char bash[] =
    "# bash completion for kubeadm. Load it with: source <(kubeadm completion bash)\n"
    "__start_kubeadm()\n"
    "{\n"
    "    local word last= line directive=0 IFS=$'\\n'\n"
    "    local -a words=()\n"
    "    COMPREPLY=()\n"
    "    # bash cuts words at \"=\" and \":\"; kubeadm gets them whole, and only what stands behind is "
    "replaced\n"
    "    for word in \"${COMP_WORDS[@]:0:COMP_CWORD+1}\"; do\n"
    "        if [[ -n $word && ${#words[@]} -gt 1 && ( $word == [=:]* || $last == [=:] ) ]]; then\n"
    "            words[${#words[@]}-1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "        last=$word\n"
    "    done\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "            :*) directive=${line#:} ;;\n"
    "            *) COMPREPLY+=(\"$line\") ;;\n"
    "        esac\n"
    "    done < <(\"${words[0]}\" __completeNoDesc \"${words[@]:1}\" 2>/dev/null)\n"
    "    word=${words[${#words[@]}-1]}\n"
    "    [[ $word == --*=* ]] && word=${word#*=}\n"
    "    if [ \"$directive\" = 16 ]; then\n"
    "        COMPREPLY=($(compgen -d -- \"$word\"))\n"
    "        compopt -o filenames +o default 2>/dev/null\n"
    "    elif [ \"$directive\" = 0 ] && [ ${#COMPREPLY[@]} -eq 0 ]; then\n"
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
    "    local line directive=0\n"
    "    local -a found\n"
    "    for line in \"${(@f)$(${words[1]} __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
    "        case $line in\n"
    "            :*) directive=${line#:} ;;\n"
    "            *$'\\t'*) found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
    "            ?*) found+=(\"${line//:/\\\\:}\") ;;\n"
    "        esac\n"
    "    done\n"
    "    [[ ${words[CURRENT]} == --*=* ]] && compset -P '*='\n"
    "    (( ${#found} )) && _describe kubeadm found\n"
    "    case $directive in\n"
    "        0) _files ;;\n"
    "        16) _path_files -/ ;;\n"
    "    esac\n"
    "}\n"
    "compdef _kubeadm kubeadm\n";

static const char fish[] = "# fish completion for kubeadm. Load it with: kubeadm completion fish | source\n"
                           "function __kubeadm_complete\n"
                           "    set -l args (commandline -opc)\n"
                           "    set -l word (commandline -ct)\n"
                           "    set -l flag (string match -r '^--[^=]*=' -- $word; or echo)\n"
                           "    set -l value (string replace -r '^--[^=]*=' '' -- $word)\n"
                           "    set -l found ($args[1] __complete $args[2..-1] \"$word\" 2>/dev/null)\n"
                           "    printf '%s\\n' $flag(string match -v -r '^:[0-9]+$' -- $found)\n"
                           "    if contains -- :0 $found\n"
                           "        printf '%s\\n' $flag(__fish_complete_path \"$value\")\n"
                           "    else if contains -- :16 $found\n"
                           "        printf '%s\\n' $flag(__fish_complete_directories \"$value\" '')\n"
                           "    end\n"
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
