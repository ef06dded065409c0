// Runs the Express application and the function of ./article, each in its own
// process, sends two requests, and prints, as JSON, the spans that must arrive.
// Nothing is flushed: the tracers report when their processes end.
// Usage: node article.js <host:port> <token>
'use strict'

const http = require('http')
const path = require('path')
const { fork } = require('child_process')

Object.assign(process.env, { 'lightstep-collector': process.argv[2], 'lightstep-token': process.argv[3] })
const ledger = require('./article/tracing').start('images-app')
const { make } = require('./article/app')

const get = (url) =>
  new Promise((resolve, reject) => {
    http.get(url, { agent: false }, (res) => {
      res.resume()
      res.on('end', () => resolve(res.statusCode))
    }).on('error', reject)
  })
const message = (child) => new Promise((resolve) => child.once('message', resolve))

async function main() {
  const child = fork(path.join(__dirname, 'article/function.js'))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const port = await message(child)
  const server = make(`http://127.0.0.1:${port}/`).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const origin = `http://127.0.0.1:${server.address().port}`
  const statuses = [await get(`${origin}/images/5?broken=3`), await get(`${origin}/images/2`)]
  server.close()
  child.send('stop')
  const theirs = await message(child)
  if ((await ended) !== 0) throw new Error('the function did not end well')
  console.log(JSON.stringify({ statuses, spans: [...ledger, ...theirs] }))
}

main().catch((err) => {
  console.error(err)
  process.exit(1)
})
