// Prints the documents of a YAML file as one JSON list, as the unmodified `yaml` reads them.
// Arguments: the folder with node_modules, then the file.
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [modules, file] = process.argv.slice(2)
const module = path.join(modules, 'node_modules/yaml/dist/index.js')
const { default: yaml } = await import(pathToFileURL(module))
const documents = yaml.parseAllDocuments(fs.readFileSync(file, 'utf8'), { uniqueKeys: true })
for (const document of documents) {
  if (document.errors.length > 0) throw document.errors[0]
}
console.log(JSON.stringify(documents.map((document) => document.toJS())))
