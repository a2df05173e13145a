/** Where the checkout is; knows nothing of what is in it. */

import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder with TinyTwin's own boards, apps and package.json, whether this runs from src or from build/host. */
export const projectRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

/** A file as messages name it: relative where that is shorter to read. */
export function shown(file: string): string {
  const inProject = relative(projectRoot, file)
  if (!inProject.startsWith('..') && !isAbsolute(inProject)) return inProject
  const here = relative(process.cwd(), file)
  return here.startsWith('..') || isAbsolute(here) ? file : here
}

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'boards')) && existsSync(join(folder, 'package.json'))) return folder
  const above = dirname(folder)
  if (above === folder) throw new Error('the folder TinyTwin is installed in has no boards/; install it again')
  return findRoot(above)
}
