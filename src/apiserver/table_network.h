/* apiserver/table_network.h - cells of Services, endpoints and ingresses; private to table_object.c's table.
 */
#ifndef APISERVER_TABLE_NETWORK_H
#define APISERVER_TABLE_NETWORK_H

#include "apiserver/table_cells.h"

struct val *api_cell_service_ip(const struct api_cell *c);
struct val *api_cell_service_external(const struct api_cell *c);
struct val *api_cell_service_ports(const struct api_cell *c);
struct val *api_cell_endpoints(const struct api_cell *c);
struct val *api_cell_slice_ports(const struct api_cell *c);
struct val *api_cell_slice_endpoints(const struct api_cell *c);
struct val *api_cell_ingress_parameters(const struct api_cell *c);
struct val *api_cell_ingress_hosts(const struct api_cell *c);
struct val *api_cell_ingress_address(const struct api_cell *c);
struct val *api_cell_ingress_ports(const struct api_cell *c);
struct val *api_cell_ip_parent(const struct api_cell *c);
struct val *api_cell_policy_selector(const struct api_cell *c);
struct val *api_cell_cidrs(const struct api_cell *c);

#endif
