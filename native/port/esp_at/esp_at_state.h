// What the files of the ESP-AT driver say to each other.
#pragma once

#include "esp_at.h"

// words.c: one byte of the modem's text. Bytes of data do not come here.
void tt_esp_at_hear(struct tt_esp_at *modem, char byte);

// commands.c
// Begins the next command, if one is due and none is on its way.
void tt_esp_at_say_next(struct tt_esp_at *modem);
// The end of the command on its way.
void tt_esp_at_succeeded(struct tt_esp_at *modem);
void tt_esp_at_failed(struct tt_esp_at *modem, int error);
// The modem does not answer, or not as one: begin with it anew. Ends every connection.
void tt_esp_at_restart(struct tt_esp_at *modem);
// It has begun anew by itself.
void tt_esp_at_rebooted(struct tt_esp_at *modem);
void tt_esp_at_end_link(struct tt_esp_at_link *link, int error);
// Frees the link once its user has closed it and the modem has nothing more to do with it.
void tt_esp_at_free_closed(struct tt_esp_at_link *link);
// Whatever is due at now_ms: a command without an answer, "busy" to be tried again.
void tt_esp_at_look_at_time(struct tt_esp_at *modem);
