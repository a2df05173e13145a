// The door apps come in by: `import { every, OutputPin } from "tinytwin"`, found through asc's --path. Only re-exports.
export * from "../sdk/index";
