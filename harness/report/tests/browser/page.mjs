// Opens one page in headless Chromium, does what its first word says, and prints what it saw as one
// line of JSON; judging it belongs to the tests.
// Arguments: the folder with node_modules, the browser, what to do, the page, and what that takes.
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [modules, browser, what, file, ...words] = process.argv.slice(2)
const load = (name) => import(pathToFileURL(path.join(modules, 'node_modules', name)))
const { chromium } = (await load('playwright-core/index.js')).default
const address = pathToFileURL(path.resolve(file)).href
const engine = await chromium.launch({
  executablePath: browser,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
})

// A page that writes down what goes wrong and what it asks for.
async function open({ hash = '', ...settings } = {}) {
  const context = await engine.newContext({ viewport: { width: 1280, height: 900 }, ...settings })
  const page = await context.newPage()
  const seen = { problems: [], requests: [] }
  page.on('console', (said) => seen.problems.push(`${said.type()}: ${said.text()}`))
  page.on('pageerror', (error) => seen.problems.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => {
    seen.problems.push(`dialog: ${dialog.message()}`)
    dialog.dismiss()
  })
  page.on('request', (request) => seen.requests.push(request.url()))
  if (settings.javaScriptEnabled !== false) {
    await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)
    }))
  }
  await page.goto(address + hash)
  return { page, seen }
}

// The rows that are shown of the first table of results, the heads' order, the address.
const state = (page) => page.evaluate(() => {
  const table = document.querySelector('table.results')
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden)
  const sorts = [...document.querySelectorAll('[aria-sort]')]
  return {
    rows: rows.map((row) => [...row.cells].map((cell) => cell.innerText)),
    sorts: sorts.map((head) => `${head.innerText.trim()} ${head.getAttribute('aria-sort')}`),
    hash: location.hash,
    query: document.getElementById('filter').value,
    count: document.getElementById('filter-count').innerText,
    marked: [...document.querySelectorAll('.at')].map((it) => it.id),
    focused: document.activeElement.id || document.activeElement.innerText,
  }
})
// Long enough for what waits until typing has ended.
const typed = (page) => page.waitForTimeout(250)

const cases = {
  async quiet() {
    const { page, seen } = await open()
    await page.locator('table.results thead button').first().click()
    for (const summary of await page.locator('summary').all()) await summary.click()
    await page.locator('.copy').first().click()
    await page.waitForTimeout(300)
    return seen
  },
  async sort([name]) {
    const { page, seen } = await open()
    const states = [await state(page)]
    const button = page.locator('table.results').first().getByRole('button', { name })
    await button.click()
    states.push(await state(page))
    await button.focus()
    for (const key of ['Enter', 'Space']) {
      await page.keyboard.press(key)
      states.push(await state(page))
    }
    return { ...seen, states }
  },
  async filter([text]) {
    const { page, seen } = await open()
    let tabs = 0
    while (await page.evaluate(() => document.activeElement.id) !== 'filter' && tabs < 40) {
      await page.keyboard.press('Tab')
      tabs += 1
    }
    await page.keyboard.type(text)
    await typed(page)
    const filtered = await state(page)
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Delete')
    await typed(page)
    return { ...seen, tabs, states: [filtered, await state(page)] }
  },
  // Sorts, filters and follows a row's link, then opens the address anew and steps back.
  async permalink([text, name]) {
    const { page, seen } = await open()
    await page.locator('#filter').fill(text)
    await typed(page)
    await page.locator('table.results').first().getByRole('button', { name }).click()
    const before = await state(page)
    const row = page.locator('table.results tbody tr:not([hidden])').last()
    await row.hover()
    await row.locator('a.self').click()
    const left = await state(page)
    await page.goBack()
    const back = await state(page)
    const again = await open({ hash: left.hash })
    return { ...seen, states: [before, left, back, await state(again.page)] }
  },
  // What is told of a picture's line that is pointed at, and of the next one by key.
  async line([name]) {
    const { page, seen } = await open()
    const figure = page.locator('figure').first()
    const told = page.locator('.beside .told').first()
    const texts = [await told.innerText()]
    await figure.getByText(name, { exact: true }).first().hover()
    texts.push(await told.innerText())
    await page.mouse.move(0, 0)
    await page.keyboard.press('Tab')
    for (let tabs = 0; tabs < 120; tabs += 1) {
      if (await figure.evaluate((it) => it === document.activeElement)) break
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('ArrowDown')
    texts.push(await told.innerText())
    const link = await told.locator('a').getAttribute('href')
    return { ...seen, texts, link, bands: await figure.locator('.band').count() }
  },
  // A plain link to a thing, as one follows it without any script and with it.
  async anchor([id]) {
    const told = []
    for (const javaScriptEnabled of [true, false]) {
      const { page } = await open({ hash: `#${id}`, javaScriptEnabled })
      await page.waitForTimeout(200)
      const box = await page.locator(`[id="${id}"]`).boundingBox()
      told.push(box !== null && box.y >= 0 && box.y < 900)
    }
    return { told }
  },
  async plain() {
    const { page, seen } = await open({ javaScriptEnabled: false })
    for (const summary of await page.locator('summary').all()) await summary.click()
    const controls = await page.locator('.filter, .copy, thead button').all()
    const visible = await Promise.all(controls.map((it) => it.isVisible()))
    return {
      ...seen,
      text: await page.locator('body').innerText(),
      rows: await page.locator('tbody tr:visible').count(),
      pictures: await page.locator('figure svg:visible').count(),
      controls: visible.filter(Boolean).length,
    }
  },
  async axe() {
    const source = fs.readFileSync(path.join(modules, 'node_modules/axe-core/axe.min.js'), 'utf8')
    const found = []
    for (const colorScheme of ['light', 'dark']) {
      const { page } = await open({ colorScheme })
      for (const summary of await page.locator('summary').all()) await summary.click()
      await page.evaluate(source)
      const { violations, passes } = await page.evaluate(() => axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      }))
      const told = violations.map(({ id, nodes }) =>
        `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(' | ')}`)
      found.push({ colorScheme, violations: told, passes: passes.map(({ id }) => id) })
    }
    return { found }
  },
  async width(widths) {
    const { page } = await open()
    for (const summary of await page.locator('summary').all()) await summary.click()
    const told = []
    for (const width of widths) {
      await page.setViewportSize({ width: Number(width), height: 780 })
      told.push(await page.evaluate(() => ({
        inner: innerWidth,
        scroll: document.documentElement.scrollWidth,
        wide: [...document.querySelectorAll('main *')]
          .filter((it) => it.getBoundingClientRect().right > innerWidth + 1 && !it.closest('.scroll'))
          .slice(0, 5).map((it) => it.outerHTML.slice(0, 120)),
      })))
    }
    return told
  },
  async print([out]) {
    const { page, seen } = await open()
    await page.pdf({ path: out, format: 'A4', printBackground: false })
    return seen
  },
  async injected() {
    const { page, seen } = await open()
    for (const summary of await page.locator('summary').all()) await summary.click()
    await page.waitForTimeout(300)
    const told = await page.evaluate(() => ({
      scripts: document.scripts.length,
      foreign: document.querySelectorAll('img, iframe, object, embed, base, link, form').length,
      handlers: [...document.querySelectorAll('*')]
        .flatMap((it) => [...it.attributes])
        .filter(({ name, value }) => /^on/i.test(name) || /^\s*javascript:/i.test(value)).length,
      struck: typeof window.struck,
      title: document.title,
    }))
    return { ...seen, ...told }
  },
  async opens() {
    const began = performance.now()
    const { page, seen } = await open()
    const opened = performance.now() - began
    const start = performance.now()
    await page.locator('#filter').fill('no such word')
    await typed(page)
    return { ...seen, opened, filtered: performance.now() - start, states: [await state(page)] }
  },
}

try {
  console.log(`RESULT ${JSON.stringify(await cases[what](words))}`)
} finally {
  await engine.close()
}
