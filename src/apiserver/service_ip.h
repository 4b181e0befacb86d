/* apiserver/service_ip.h - cluster addresses and node ports of Services. */
#ifndef APISERVER_SERVICE_IP_H
#define APISERVER_SERVICE_IP_H

#include "apiserver/request.h"
#include "base/strlist.h"

/* Fills spec.clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy and missing nodePorts (30000-32767) of a
 * Service that is to be created or updated. `ranges` are the CIDRs of --service-cluster-ip-range (one or
 * two); `others` is a list of all stored Services (one of the same namespace and name is passed over).
 * Headless and ExternalName Services get no address. 422 when an asked-for address or port is taken or out of
 * range, 500 when the range is used up. */
int api_service_assign(struct val *service, const struct cu_strlist *ranges, const struct val *others,
                       struct api_status *s);

/* The value of /registry/ranges/servicenodeports when `services` (a list) and `own` are stored: a RangeAllocation as the
 * real server keeps it, one bit per port, the last byte holding the first eight. Caller frees. */
char *api_service_port_range(const struct val *services, const struct val *own);

#endif
