// I2C buses as controller, and the registers of the devices on them; knows no sensor.

import { HostError, host_i2c } from "./abi.gen";
import { stop } from "./text";

/**
 * An I2C bus.
 *     const sensor = I2c.open("i2c0").device(0x48);
 *     const raw = sensor.readRegister16(0);
 */
// @ts-ignore: decorator
@final @unmanaged
export class I2c {
  /** The program stops when the board has no such bus. */
  static open(name: string): I2c {
    const bus = host_i2c.open(name);
    if (bus < 0) stop("The board has no I2C bus", name);
    return changetype<I2c>(<usize>bus + 1);
  }

  /** The device with this 7-bit address. Nothing is sent yet. */
  device(address: i32): I2cDevice {
    return changetype<I2cDevice>((changetype<usize>(this) << 7) | (address & 0x7f));
  }
}

/** Register and value of the transfer under way. */
// @ts-ignore: decorator
@lazy const scratch = memory.data(8, 8);

/** A device on a bus. Each call is one transfer; a negative result is a `HostError`, `Io` when nobody answered. */
// @ts-ignore: decorator
@final @unmanaged
export class I2cDevice {
  /** A register of 8 bits, 0 to 255. */
  readRegister8(register: i32): i32 {
    const read = this.readRegister(register, 1);
    return read < 0 ? read : load<u8>(scratch, 4);
  }

  /** A register of 16 bits, the high byte first, 0 to 65,535. */
  readRegister16(register: i32): i32 {
    const read = this.readRegister(register, 2);
    return read < 0 ? read : (<i32>load<u8>(scratch, 4) << 8) | load<u8>(scratch, 5);
  }

  /** A register of 16 bits, the low byte first, 0 to 65,535. */
  readRegister16LowFirst(register: i32): i32 {
    const read = this.readRegister(register, 2);
    return read < 0 ? read : <i32>load<u16>(scratch, 4);
  }

  writeRegister8(register: i32, value: i32): i32 {
    store<u8>(scratch, register);
    store<u8>(scratch, value, 1);
    return this.transfer(scratch, 2, 0, 0);
  }

  /** The high byte first. */
  writeRegister16(register: i32, value: i32): i32 {
    store<u8>(scratch, register);
    store<u8>(scratch, value >> 8, 1);
    store<u8>(scratch, value, 2);
    return this.transfer(scratch, 3, 0, 0);
  }

  /** Sends, then (repeated start) receives as many bytes as `receive` has; the result is the bytes received. */
  exchange(send: Uint8Array, receive: Uint8Array): i32 {
    return this.transfer(send.dataStart, send.length, receive.dataStart, receive.length);
  }

  write(bytes: Uint8Array): i32 {
    return this.transfer(bytes.dataStart, bytes.length, 0, 0);
  }

  private readRegister(register: i32, size: i32): i32 {
    store<u8>(scratch, register);
    const read = this.transfer(scratch, 1, scratch + 4, size);
    return read >= 0 && read < size ? <i32>HostError.Io : read;
  }

  private transfer(send: usize, sendLength: i32, receive: usize, receiveLength: i32): i32 {
    const self = <i32>changetype<usize>(this);
    return host_i2c.transfer((self >> 7) - 1, self & 0x7f, send, sendLength, receive, receiveLength);
  }
}
