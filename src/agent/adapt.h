/* agent/adapt.h - manifests are written for the version of an image; the program found on the host may be another
 * one. Only etcd needs this so far. */
#ifndef AGENT_ADAPT_H
#define AGENT_ADAPT_H

#include "base/strlist.h"

/* Rewrites arguments that the version of `program` (argv[0] of *argv, a path) spells otherwise, and drops those it
 * does not know and can do without. Logs what it does. Asks the program for its version: up to 2 s. */
void agent_adapt_argv(struct cu_strlist *argv);
/* The same for a known version ("3.4.23"). */
void agent_adapt_etcd(struct cu_strlist *argv, const char *version);
/* The probe of a container running `command` was answered with 404 at *url: is there another one to ask? Then *url
 * is replaced (etcd has /livez and /readyz from 3.5.11 and 3.4.29 on, /health before). */
bool agent_adapt_probe(const char *command, char **url);

#endif
