import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { packagePath } from '../../src/config.ts'

/** Beside `dist/`, what a built Postrider finds beside it. */
const BESIDE = ['package.json', 'db', 'emails', 'issues']
const FOLDERS = ['src', 'workers', 'db', 'emails', 'test/support']

const root = packagePath('node_modules/.cache/postrider-test')
let ready = false

/**
 * A file of ours as `npm run build` writes it, for a process that a test starts. That takes half the time of one which
 * loads tsx, and it is what runs in production. Only what changed since the last run is compiled.
 */
export function compiled(path: string): string {
  if (!ready) compileAll()
  ready = true
  return built(path)
}

export function compileAll(): void {
  const options = compilerOptions()
  for (const folder of FOLDERS) {
    const names = readdirSync(packagePath(folder), { recursive: true, encoding: 'utf8' })
    for (const name of names) {
      if (/\.(tsx?|js)$/.test(name)) compile(join(folder, name), options)
    }
  }
  for (const name of BESIDE) link(name)
}

const built = (path: string) => join(root, 'dist', path.replace(/\.tsx?$/, '.js'))

function compile(path: string, options: ts.CompilerOptions): void {
  const [from, to] = [packagePath(path), built(path)]
  const { mtime } = statSync(from)
  // equal, not newer: a file that was put back is older than what was made of it
  if (statSync(to, { throwIfNoEntry: false })?.mtime.getTime() === mtime.getTime()) return
  const source = readFileSync(from, 'utf8')
  mkdirSync(dirname(to), { recursive: true })
  // In one step, for others may run it or write it too.
  const part = `${to}.${process.pid}`
  writeFileSync(part, path.endsWith('.js') ? source : transpile(source, from, options))
  utimesSync(part, mtime, mtime)
  renameSync(part, to)
}

function transpile(source: string, fileName: string, compilerOptions: ts.CompilerOptions): string {
  return ts.transpileModule(source, { compilerOptions, fileName }).outputText
}

function compilerOptions(): ts.CompilerOptions {
  const path = packagePath('tsconfig.json')
  const { config } = ts.readConfigFile(path, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, dirname(path))
  return { ...options, noEmit: false, module: ts.ModuleKind.ESNext }
}

function link(name: string): void {
  const path = join(root, name)
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return
  try {
    symlinkSync(packagePath(name), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
