// Loaded by each process that runs tests. Vitest leaves them where they are when it is killed itself: they, and what
// their tests have started, would hold up the machine.
if (process.connected) {
  process.once('disconnect', () => {
    // While tests run, vitest lets nobody call process.exit().
    process.emit('exit', 1)
    process.kill(process.pid, 'SIGKILL')
  })
}
