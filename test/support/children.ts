import type { ChildProcess } from 'node:child_process'

const children = new Set<ChildProcess>()
let watching = false

/** Nothing of ours outlives the tests, whatever they end by. @returns the same child */
export function endWithUs<Child extends ChildProcess>(child: Child): Child {
  if (!watching) {
    watching = true
    process.on('exit', () => {
      for (const each of children) each.kill('SIGKILL')
    })
  }
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}
