// The two versions of the serial port, in f4/ and f7/: registers only, no rings.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// 8 data bits, no parity, 1 stop bit, both ways, its interrupt for bytes received on.
void tt_usart_start(volatile void *registers, uint32_t divider);
// Takes a byte that has come, or returns false; *lost counts those the chip had no room for.
bool tt_usart_receive(volatile void *registers, uint8_t *byte, volatile uint32_t *lost);
bool tt_usart_sendable(volatile void *registers);
void tt_usart_send(volatile void *registers, uint8_t byte);
// Its interrupt whenever it can send.
void tt_usart_ask_to_send(volatile void *registers, bool on);
bool tt_usart_asked_to_send(volatile void *registers);
