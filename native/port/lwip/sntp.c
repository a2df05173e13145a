// The time of day by lwIP's SNTP client: set on the link loop, read on both.

#include <lwip/apps/sntp.h>
#include <stdatomic.h>

#include "../error.gen.h"
#include "clock.h"
#include "network.h"

enum { MILLISECONDS = 1000 };

static int64_t (*uptime_ms)(void);
// Epoch at uptime 0. The app's loop may come between any two instructions of the link's, and never
// the other way round: so it reads the one that is complete, and the other is written.
static int64_t base_ms[2];
static _Atomic uint8_t complete;
static _Atomic bool known;

static void start(int64_t (*clock)(void))
{
    uptime_ms = clock;
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_setservername(0, "pool.ntp.org");
    sntp_setservername(1, "time.windows.com");
    sntp_init();
}

static int64_t epoch_ms(void)
{
    return atomic_load(&known) ? base_ms[atomic_load(&complete)] + uptime_ms() : TT_EUNSET;
}

// lwIP calls it as SNTP_SET_SYSTEM_TIME_US (lwipopts.h); its seconds are right until 2106.
void tt_lwip_time_told(uint32_t epoch_s, uint32_t us)
{
    const uint8_t next = 1 - atomic_load(&complete);
    base_ms[next] = (int64_t)epoch_s * MILLISECONDS + us / MILLISECONDS - uptime_ms();
    atomic_store(&complete, next);
    atomic_store(&known, true);
}

const struct tt_lwip_clock tt_lwip_sntp = {start, epoch_ms};
