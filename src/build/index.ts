/** The door of src/build. */

export { appNames, findApp, plannedApp, type App, type AppKey } from './app.js'
export { appBudget, type AppBudget, type Share } from './budget.js'
export { buildApp, checkWasm, type BuildOptions, type BuiltApp } from './build.js'
export { appStub, stubProblem } from './app_model.js'
export { BuildError, describeProblem, type SourceProblem } from './error.js'
export { moduleLimits } from './limits.js'
export { ModuleError, readModule, type ModuleExport, type ModuleImport, type ModuleInfo } from './module.js'
