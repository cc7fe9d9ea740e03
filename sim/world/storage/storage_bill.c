#include "storage_bill.h"

#include "../../../engine/model/arith.h"

int64_t storage_bill_month(int64_t bytes, int64_t nusd_per_gb_month)
{
    return muldiv_i64(bytes, nusd_per_gb_month, STORAGE_BYTES_PER_GB);
}
