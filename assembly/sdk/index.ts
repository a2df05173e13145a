// The device SDK; only re-exports.
export { InputPin, OutputPin } from "./pin";
export { after, cancel, every } from "./timer";
