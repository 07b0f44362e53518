// Compares dumps of TestGenuineTables with what npm dbffile reads:
//   node compare.mjs FOLDER_OF_DUMPS FOLDER_OF_node_modules
// Where that reader is known to be wrong, its answer is left out: an empty T is
// no day of 4714 BC, a text in a date is no date, NULL is not 0, a D may be
// wider than 8, a C wider than 255.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [dumps, modules] = process.argv.slice(2)
const { DBFFile } = createRequire(join(modules, 'x.js'))('dbffile')
let values = 0, differences = 0, refused = 0

const two = n => String(n).padStart(2, '0')
const day = d => `${String(d.getUTCFullYear()).padStart(4, '0')}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`
const trim = s => s.replace(/[\0 ]+$/, '')

function same(field, ours, theirs) {
  const type = String.fromCharCode(field.Type)
  if (theirs === null || theirs === undefined) return ours === null || ours === ''
  if (ours === null) return field.Nullable || theirs instanceof Date && Number.isNaN(theirs.getTime())
  if ('NFYIB'.includes(type)) return ours === '' ? theirs === 0 : Number(ours) === theirs
  if (type === 'D') return ours === day(theirs)
  if (type === 'T') return ours === '' && theirs.getUTCFullYear() < 0 || ours === new Date(Math.round(theirs.getTime() / 1000) * 1000).toISOString().replace(/^\+0/, '').slice(0, 19).replace('T', ' ')
  if (type === 'L') return (ours === 'T') === theirs
  return trim(ours) === trim(String(theirs))
}

for (const name of readdirSync(dumps)) {
  const ours = JSON.parse(readFileSync(join(dumps, name)))
  if (ours.fields.some(f => f.Type === 68 && f.Width !== 8 || f.Width > 255)) continue
  let table
  try {
    const page = (ours.page || 'cp437').replace('cp936', 'gbk')
    table = await DBFFile.open(ours.file, { readMode: 'loose', includeDeletedRecords: true, encoding: page })
  } catch (e) {
    refused++
    console.log(`${name}: dbffile refuses: ${e.message}`)
    continue
  }
  const rows = await table.readRecords()
  const names = ours.fields.map(f => f.Name)
  if (rows.length !== ours.rows.length) console.log(`${name}: ${ours.rows.length} rows, dbffile ${rows.length}`, ++differences)
  rows.forEach((row, at) => names.forEach((column, i) => {
    if (names.indexOf(column) !== i || names.lastIndexOf(column) !== i || !(column in row)) return
    values++
    if (same(ours.fields[i], ours.rows[at]?.[i], row[column])) return
    differences++
    console.log(`${name} row ${at + 1} ${column}: ${JSON.stringify(ours.rows[at]?.[i])}, dbffile ${JSON.stringify(row[column])}`)
  }))
}
console.log(`${values} values compared, ${differences} differences, ${refused} tables refused by dbffile`)
process.exitCode = differences === 0 && values > 0 ? 0 : 1
