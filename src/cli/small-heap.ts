import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * V8 lets young objects have 32 MB (128 in Node 24), in tsx's thread as much again, and first looks at the old ones when
 * they are 60: a worker that needs 33 MB had 200 to 240 resident. With these limits it has 140 to 150, for 0.05 to 0.1 ms
 * of CPU a message (docs/benchmarks.md).
 */
const LIMITS = [
  // Spaces for young objects stay as they are; they double otherwise.
  '--semi-space-growth-factor=1',
  // Old ones may become so much more than was alive when last looked at.
  '--heap-growing-percent=25',
  // 8 MB are looked through sooner by one thread than other threads are woken.
  '--no-parallel-scavenge',
  // It would make that space smaller whenever nothing is sent.
  '--no-memory-reducer',
]
/** Both halves of the space for young objects: with less, what a window holds is taken for old. */
const YOUNG_BYTES = 8 * 1024 * 1024

/** Before a process that stays loads what it is made of: loading makes the heaps of both threads grow. */
export function keepHeapSmall(): void {
  for (const limit of LIMITS) setFlagsFromString(limit)
}

/** When it has been loaded. */
export function settleHeap(): void {
  growYoung()
  // What loading left behind; from here on V8 knows how much is alive.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  collect()
}

/** It grows when enough of what is new survives. */
function growYoung(): void {
  setFlagsFromString('--semi-space-growth-factor=2')
  const surviving: object[] = []
  while (youngBytes() < YOUNG_BYTES && surviving.length < 500_000) {
    for (let i = 0; i < 1_000; i++) surviving.push({})
  }
  setFlagsFromString('--semi-space-growth-factor=1')
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0
}
