/* apiserver/server.h - the embedded kube-apiserver as a whole. */
#ifndef APISERVER_SERVER_H
#define APISERVER_SERVER_H

#include "apiserver/options.h"

/* Runs the server with the flags of kube-apiserver (spec apiserver 8.1) until SIGTERM or SIGINT; argv[0] is
 * not looked at. Returns the exit status: 0 after an orderly end, 1 after an error, which was logged. With
 * --ready-fd=N writes "<port>\n" to that descriptor once /readyz answers ok, and closes it. */
int api_server_main(int argc, char **argv);

#endif
