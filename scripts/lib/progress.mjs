// Set-up's voice: short lines on stderr, because stdout belongs to the command that runs afterwards.

/**
 * A reporter; `write` is for tests.
 * @param {(text: string) => void} [write]
 */
export function progress(write = (text) => { process.stderr.write(text) }) {
  return {
    say: (text) => write(`set-up: ${text}\n`),
    /** Says what starts, runs `work`, says how long it took. */
    async step(text, work) {
      write(`set-up: ${text} …\n`)
      const began = performance.now()
      const result = await work()
      write(`set-up: ${text}: done in ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
      return result
    },
  }
}
