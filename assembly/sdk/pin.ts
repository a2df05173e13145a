// Digital pins by the board's names; knows no port and no pin number.

import { EventKind, host_gpio } from "./abi.gen";
import { handle } from "./event";
import { stop } from "./text";

const watchedMax: i32 = 16;

/**
 * A digital output.
 *     const boiler = OutputPin.open("boiler");
 *     boiler.write(true);
 */
// @ts-ignore: decorator
@final @unmanaged
export class OutputPin {
  /** The pin object is its handle: it has no memory. The program stops when the board has no such output. */
  static open(name: string): OutputPin {
    const pin = host_gpio.output(name);
    if (pin < 0) stop("The board has no output", name);
    return changetype<OutputPin>(<usize>pin + 1);
  }

  // @ts-ignore: decorator
  @inline
  write(level: bool): void {
    host_gpio.write(<i32>changetype<usize>(this) - 1, level);
  }

  /** The level last written; the safe level before. */
  // @ts-ignore: decorator
  @inline
  get level(): bool {
    return host_gpio.read(<i32>changetype<usize>(this) - 1) > 0;
  }

  toggle(): void {
    this.write(!this.level);
  }
}

/**
 * A digital input.
 *     const button = InputPin.open("button");
 *     button.onChange((level) => { log.info(level ? "up" : "down"); });
 */
// @ts-ignore: decorator
@final @unmanaged
export class InputPin {
  /** The program stops when the board has no such input. */
  static open(name: string): InputPin {
    const pin = host_gpio.input(name);
    if (pin < 0) stop("The board has no input", name);
    return changetype<InputPin>(<usize>pin + 1);
  }

  // @ts-ignore: decorator
  @inline
  get level(): bool {
    return host_gpio.read(<i32>changetype<usize>(this) - 1) > 0;
  }

  /** `handler` gets every change from now on, in order. One handler a pin, the last one given; 16 pins. */
  onChange(handler: (level: bool) => void): void {
    watch(<i32>changetype<usize>(this) - 1, handler.index);
  }
}

/** Rows of pin + 1 and the handler's table index; a row of 0 is free. */
// @ts-ignore: decorator
@lazy const watched = memory.data(8 * watchedMax);

function watch(pin: i32, handler: u32): void {
  for (let i = 0; i < watchedMax; i++) {
    const row = watched + (<usize>i << 3);
    const taken = load<i32>(row);
    if (taken != 0 && taken != pin + 1) continue;
    store<i32>(row, pin + 1);
    store<u32>(row, handler, 4);
    handle(EventKind.Pin, onPin);
    host_gpio.watch(pin, 3);
    return;
  }
  stop("Too many inputs watched:", "17");
}

function onPin(id: i32): void {
  const pin = id >> 1;
  for (let i = 0; i < watchedMax; i++) {
    const row = watched + (<usize>i << 3);
    if (load<i32>(row) != pin + 1) continue;
    call_indirect<void>(load<u32>(row, 4), (id & 1) != 0);
    return;
  }
}
