// Timers of the guest: due in order of their time, then of their start; a period does not drift.
#include "app_state.h"

static bool before(const struct tt_app_timer *a, const struct tt_app_timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->id < b->id;
}

static struct tt_app_timer *first(struct tt_app *app)
{
    struct tt_app_timer *found = NULL;
    for (size_t i = 0; i < app->timer_count; i++) {
        if (!found || before(&app->timers[i], found)) { found = &app->timers[i]; }
    }
    return found;
}

static void remove_timer(struct tt_app *app, struct tt_app_timer *timer)
{
    app->timer_count--;
    *timer = app->timers[app->timer_count];
}

void tt_app_run_timers(struct tt_app *app)
{
    while (!tt_app_interrupted(app)) {
        struct tt_app_timer *const timer = first(app);
        if (!timer || timer->due_ms > app->now_ms) { return; }
        const struct tt_delivery event = {.kind = TT_EVENT_TIMER, .id = timer->id};
        if (timer->period_ms == 0) {
            remove_timer(app, timer);
        } else {
            // Turns that were missed altogether are left out; the phase stays.
            const int64_t late_ms = app->now_ms - timer->due_ms;
            timer->due_ms += (late_ms / timer->period_ms + 1) * timer->period_ms;
        }
        tt_app_dispatch(app, &event);
    }
}

int64_t tt_app_timers_due(const struct tt_app *app)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < app->timer_count; i++) {
        if (app->timers[i].due_ms < due) { due = app->timers[i].due_ms; }
    }
    return due;
}

int32_t tt_abi_timer_start(struct tt_app *app, int32_t delay_ms, int32_t period_ms)
{
    if (delay_ms < 0 || period_ms < 0) { return TT_EINVALID; }
    // Ids rise, since they order timers that are due together; 2^31 starts are beyond a device's
    // life of one start a second, and then the app is told rather than confused.
    if (app->timer_count == TT_APP_TIMERS_MAX || app->next_timer == INT32_MAX) { return TT_EFULL; }
    // Never due in the same turn, so that a timer that starts itself again does not stop the
    // device.
    const int32_t delay = delay_ms > 0 ? delay_ms : 1;
    app->timers[app->timer_count++] = (struct tt_app_timer){
        .id = app->next_timer, .period_ms = period_ms, .due_ms = app->now_ms + delay};
    return app->next_timer++;
}

int32_t tt_abi_timer_cancel(struct tt_app *app, int32_t timer)
{
    for (size_t i = 0; i < app->timer_count; i++) {
        if (app->timers[i].id == timer) {
            remove_timer(app, &app->timers[i]);
            return TT_OK;
        }
    }
    return TT_ENOTFOUND;
}
