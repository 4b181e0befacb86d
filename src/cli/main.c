/* The program kubeadm: hands its command line to the tables. */
#include "cli/commands.h"

int main(int argc, char **argv)
{
    return cli_main(&cli_root, argc, argv, stdout, stderr);
}
