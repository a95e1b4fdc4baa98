import { readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { packagePath } from '../../src/config.ts'
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/database.ts'

let migrated: TestDatabase
let loaded: TestDatabase

beforeAll(async () => {
  migrated = await testDatabase()
  loaded = await emptyDatabase()
  await sql.raw(await readFile(packagePath('db/schema.sql'), 'utf8')).execute(loaded.db)
})
afterAll(() => Promise.all([migrated.drop(), loaded.drop()]))

test('db/schema.sql is what the migrations come to: tables, columns, constraints, indexes, functions', async () => {
  const [fromMigrations, fromSchema] = [await catalogue(migrated.db), await catalogue(loaded.db)]
  expect(fromSchema.length).toBeGreaterThan(100)
  // `migrations` is the runner's own book.
  expect(fromSchema).toEqual(fromMigrations.filter((line) => !/\bmigrations(_|\b)/.test(line)))
})

test('db/types.ts says of every column what the database says: its name, null or not, default or not', async () => {
  const found = await sql<{ line: string }>`
    select format('%s.%s%s%s', table_name, column_name,
        case when is_nullable = 'YES' then ' null' end,
        case when column_default is not null or is_identity = 'YES' then ' default' end) as line
      from information_schema.columns
      where table_schema = 'public' and table_name <> 'migrations'`.execute(migrated.db)
  const typed = typedColumns(await readFile(packagePath('db/types.ts'), 'utf8'))
  expect(typed.sort()).toEqual(found.rows.map((row) => row.line).sort())
})

/** The columns of `Database`, in the words of the query above. */
function typedColumns(source: string): string[] {
  const tables = source.slice(source.indexOf('export type Database = {'))
  return [...tables.matchAll(/^ {2}(\w+): \{\s([\s\S]*?)\}$/gm)].flatMap(([, table, columns]) =>
    [...(columns ?? '').matchAll(/(\w+): ([^\n;]+)/g)].map(([, column, type = '']) => {
      const isNull = /^Maybe/.test(type) ? ' null' : ''
      const hasDefault = /^(Generated|Made)/.test(type) ? ' default' : ''
      return `${table}.${column}${isNull}${hasDefault}`
    }),
  )
}

/** Every object in the database as one line, sorted. Order of columns counts: it is what `insert` without names sees. */
async function catalogue(db: Db): Promise<string[]> {
  const result = await sql<{ line: string }>`
    select format('column %s.%s %s %s %s not null: %s default: %s identity: %s generated: %s',
        c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod),
        coalesce(nullif(a.attcollation, 0)::regcollation::text, ''),
        a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated) as line
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
    union all
    select format('relation %s %s partitioned by: %s parent: %s options: %s', c.relname, c.relkind,
        pg_get_partkeydef(c.oid), (select i.inhparent::regclass from pg_inherits i where i.inhrelid = c.oid),
        c.reloptions)
      from pg_class c where c.relnamespace = 'public'::regnamespace
    union all
    select format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
      from pg_constraint where connamespace = 'public'::regnamespace
    union all
    select format('index %s', indexdef) from pg_indexes where schemaname = 'public'
    union all
    select format('function %s', pg_get_functiondef(oid))
      from pg_proc where pronamespace = 'public'::regnamespace
    union all
    select format('trigger %s', pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
    union all
    select format('type %s %s', typname, typtype)
      from pg_type where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')
    union all
    select format('extension %s', extname) from pg_extension
    order by line`.execute(db)
  return result.rows.map((row) => row.line)
}
