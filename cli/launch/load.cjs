import('./bin.js').catch(function (error) {
  console.error(error)
  process.exitCode = 1
})
