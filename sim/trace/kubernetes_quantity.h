/* Amounts as Kubernetes writes them: "100m", "1.5", "128Mi", "129e6"
 * (kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity). */
#ifndef SKYTWIN_TRACE_KUBERNETES_QUANTITY_H
#define SKYTWIN_TRACE_KUBERNETES_QUANTITY_H

#include <stdint.h>

/* The quantity in units, or in thousandths of one, rounded up as Kubernetes does; more than an int64 holds is
 * INT64_MAX. Suffixes: n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent of ten.
 * 0: no quantity, or below 0 (*out is left alone). */
int kubernetes_quantity(const char *text, int thousandths, int64_t *out);

#endif
