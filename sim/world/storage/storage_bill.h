/* The units of storage prices. In nano-dollars; a GB is 10^9 bytes, a month 30 days. */
#ifndef SKYTWIN_STORAGE_BILL_H
#define SKYTWIN_STORAGE_BILL_H

#include <skytwin/engine.h>

#define STORAGE_MONTH_NS     (INT64_C(30) * 24 * SKY_NS_PER_HOUR)
#define STORAGE_BYTES_PER_GB INT64_C(1000000000)

/* Of so many bytes for a whole month, at a price per GB and month. */
int64_t storage_bill_month(int64_t bytes, int64_t nusd_per_gb_month);

#endif
