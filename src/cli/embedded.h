/* cli/embedded.h - the sub-commands of `kubeadm embedded`. */
#ifndef CLI_EMBEDDED_H
#define CLI_EMBEDDED_H

#include "cli/command.h"

extern const struct cli_command cli_embedded_export;

#endif
