// Calls the unmodified `@actions/cache` and prints what it says as one line of JSON.
// Arguments: the folder with node_modules, then `save KEY PATH…` or `restore KEY PATH [RESTORE_KEY…]`.
import dns from 'node:dns'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

// Any name leads to this machine, so that a test can play Azure's.
const lookup = dns.lookup
dns.lookup = (host, options, callback) => lookup('127.0.0.1', options, callback)

const [modules, call, key, place, ...more] = process.argv.slice(2)
const file = path.join(modules, 'node_modules/@actions/cache/lib/cache.js')
const cache = await import(pathToFileURL(file))
let result
try {
  result = call === 'save'
    ? await cache.saveCache([place, ...more], key)
    : await cache.restoreCache([place], key, more) ?? null
} catch (error) {
  result = `${error.name}: ${error.message}`
}
console.log(`RESULT ${JSON.stringify(result)}`)
