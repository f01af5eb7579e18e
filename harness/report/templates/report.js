// What the page can do beside being read: sort and filter its tables, keep both in its address,
// copy a command. It fetches nothing, and whatever it needs is in the page already.
(() => {
'use strict'
const all = (selector, from = document) => [...from.querySelectorAll(selector)]
const tables = all('table.data')
const input = document.getElementById('filter')
const count = document.getElementById('filter-count')
const sorted = new Map() // table → [column, 'ascending' or 'descending']
const order = new Map() // table → its rows as they came
let at = '' // the id that the address leads to

// Values: numbers by their unit, in cells that hold numbers; other texts by their words.
const units = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 }
const words = new Intl.Collator('en', { numeric: true })
function value(cell) {
  const text = cell.textContent.trim()
  if (!cell.classList.contains('n')) return text
  const found = /^([<>]?)([0-9.]+)\s*([a-zA-Z]*)/.exec(text)
  if (!found) return null
  const [, sign, digits, unit] = found
  return (Number(digits) + { '<': -0.5, '>': 0.5, '': 0 }[sign]) * (units[unit] ?? 1)
}
// Cells without a value stand last, whichever way the others go.
function compare(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null)
  return sign * (typeof a === 'number' ? a - b : words.compare(a, b))
}

const heads = (table) => all('thead th', table)
const label = (head) => head.dataset.label
const slug = (head) => label(head).toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/-$/, '')

function sort(table, column, way) {
  if (way) sorted.set(table, [column, way])
  else sorted.delete(table)
  heads(table).forEach((head, index) => {
    if (way && index === column) head.setAttribute('aria-sort', way)
    else head.removeAttribute('aria-sort')
  })
  loosen(table)
  let rows = order.get(table)
  if (way) {
    const sign = way === 'ascending' ? 1 : -1
    const keyed = rows.map((row) => [value(row.cells[column]), row])
    rows = keyed.sort((a, b) => compare(a[0], b[0], sign)).map(([, row]) => row)
  }
  table.tBodies[0].append(...rows)
}

// Rows out of their order, or without their neighbours, each need their scenario's name.
function loosen(table) {
  table.classList.toggle('loose', sorted.has(table) || input.value.trim() !== '')
}

function filter() {
  const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean)
  let [shown, results] = [0, 0]
  for (const table of tables) {
    let kept = 0
    const rows = order.get(table)
    for (const row of rows) {
      row.hidden = !wanted.every((word) => row.dataset.words.includes(word))
      kept += !row.hidden
    }
    loosen(table)
    table.caption.lastChild.textContent = wanted.length ? `: ${kept} of ${rows.length} rows` : ''
    if (table.classList.contains('results')) {
      shown += kept
      results += rows.length
    }
  }
  count.textContent = wanted.length ? `${shown} of ${results} results` : `${results} results`
}

// The address: a plain `#id`, or `#?q=…&sort=table.column.way&at=id` where there is more to keep.
function address() {
  const state = new URLSearchParams()
  if (input.value.trim()) state.set('q', input.value.trim())
  for (const [table, [column, way]] of sorted) {
    state.append('sort', [table.id, slug(heads(table)[column]), way].join('.'))
  }
  const kept = state.size > 0
  if (kept && at) state.set('at', at)
  return kept ? `#?${state}` : at && `#${at}`
}
function keep(how) {
  const here = location.href.split('#')[0]
  try {
    history[how](null, '', here + address())
  } catch {
    location.hash = address() // where a viewer gives the page no history
  }
}
function restore() {
  const hash = location.hash.slice(1)
  const state = new URLSearchParams(hash.startsWith('?') ? hash.slice(1) : '')
  at = state.get('at') ?? (hash.startsWith('?') ? '' : decode(hash))
  input.value = state.get('q') ?? ''
  const ways = new Map(state.getAll('sort').map((text) => {
    const [way, column, ...id] = text.split('.').reverse()
    return [id.reverse().join('.'), [column, way]]
  }))
  for (const table of tables) {
    const [name, way] = ways.get(table.id) ?? []
    const column = heads(table).findIndex((head) => slug(head) === name)
    const known = column >= 0 && ['ascending', 'descending'].includes(way)
    if (known) sort(table, column, way)
    else if (sorted.has(table)) sort(table)
  }
  filter()
  if (at) show(at)
}
function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
function show(id) {
  all('.at').forEach((marked) => marked.classList.remove('at'))
  const target = document.getElementById(id)
  if (!target) return
  for (let it = target; it; it = it.parentElement) if (it.tagName === 'DETAILS') it.open = true
  target.classList.add('at')
  target.scrollIntoView({ block: target.tagName === 'TR' ? 'center' : 'start' })
}

for (const table of tables) {
  const rows = [...table.tBodies[0].rows]
  order.set(table, rows)
  table.caption.append('')
  for (const row of rows) {
    row.dataset.words = all('th, td:not(.n)', row).map((cell) => cell.textContent).join(' ').toLowerCase()
  }
  heads(table).forEach((head, column) => {
    head.dataset.label = head.textContent.trim()
    const button = document.createElement('button')
    button.type = 'button'
    button.append(...head.childNodes)
    head.append(button)
    button.addEventListener('click', () => {
      const [now, way] = sorted.get(table) ?? []
      const next = now !== column ? 'ascending' : { ascending: 'descending' }[way]
      sort(table, column, next)
      keep('replaceState')
    })
  })
}

let soon = 0
input.addEventListener('input', () => {
  clearTimeout(soon)
  soon = setTimeout(() => {
    filter()
    keep('replaceState')
  }, 80)
})
// A link within the page keeps what is sorted and filtered.
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href^="#"]')
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
  const kept = sorted.size > 0 || input.value.trim()
  at = decode(link.getAttribute('href').slice(1))
  if (!kept) return
  event.preventDefault()
  keep('pushState')
  show(at)
})
addEventListener('hashchange', restore)

// A line of a picture is a row of a table: a scenario's name, in the panel of a job. Pointing at
// one, or stepping to it with the arrow keys, tells the row's figures beside the picture.
function read(figure) {
  const results = all('table.results').find((it) => it.dataset.workspace === figure.dataset.workspace)
  const rows = results ? order.get(results) : []
  const name = (row, column) => row.cells[column].textContent.trim()
  const jobs = new Set(rows.map((row) => name(row, 1)))
  const lines = []
  let job = ''
  for (const text of all('text', figure)) {
    const said = text.textContent.trim()
    const cut = said.endsWith('…') ? said.slice(0, -1) : null
    const row = rows.find((it) => name(it, 1) === job
      && (name(it, 0) === said || (cut && name(it, 0).startsWith(cut))))
    if (row) lines.push({ text, row })
    else if (jobs.has(said)) job = said
  }
  if (lines.length === 0) return
  const told = document.createElement('p')
  told.className = 'told'
  told.setAttribute('role', 'status')
  told.textContent = 'Point at a line for all its figures, or step through the picture with ↓ and ↑.'
  figure.nextElementSibling.append(told)
  let now = -1
  function tell(index) {
    if (index === now || !lines[index]) return
    now = index
    const { text, row } = lines[index]
    all('.band', figure).forEach((band) => band.remove())
    const band = document.createElementNS(text.namespaceURI, 'rect')
    const sizes = { class: 'band', x: 0, width: '100%', y: text.getAttribute('y') - 12, height: 24 }
    for (const [key, size] of Object.entries(sizes)) band.setAttribute(key, size)
    text.ownerSVGElement.prepend(band)
    const link = document.createElement('a')
    link.href = `#${row.id}`
    link.textContent = `${name(row, 0)}, ${name(row, 1)}`
    const figures = heads(results).slice(2).flatMap((head, column) => {
      const figure = document.createElement('span')
      figure.textContent = `${label(head)} ${name(row, column + 2)}`
      return [column ? ' · ' : ': ', figure]
    })
    told.replaceChildren(link, ...figures)
  }
  figure.addEventListener('pointermove', (event) => {
    const far = ({ text }) => {
      const box = text.getBoundingClientRect()
      return Math.abs((box.top + box.bottom) / 2 - event.clientY)
    }
    const near = lines.map(far)
    const least = Math.min(...near)
    if (least < 14) tell(near.indexOf(least))
  })
  figure.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step || !figure.matches(':focus-visible')) return
    event.preventDefault()
    tell(Math.min(Math.max(now + step, 0), lines.length - 1))
    lines[now].text.scrollIntoView({ block: 'nearest' })
  })
}
all('figure[data-workspace]').forEach(read)

for (const button of all('button.copy')) {
  button.hidden = false
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copy)
    let told = 'Copied'
    try {
      await navigator.clipboard.writeText(text.textContent)
    } catch {
      getSelection().selectAllChildren(text) // a viewer that gives no clipboard: one key is left
      told = 'Selected'
    }
    button.textContent = told
  })
}

all('.filter').forEach((bar) => { bar.hidden = false })
document.documentElement.classList.add('scripted')
restore()
})()
