/* The API server as a program of its own, for tests that need nothing else of cubeplane. */
#include "apiserver/server.h"

int main(int argc, char **argv)
{
    return api_server_main(argc, argv);
}
