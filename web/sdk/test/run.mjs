// Runs every *.test.ts under web/: compiles them with the sources, builds the core, and hands both to node --test.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const web = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const run = (command, args, env = {}) => {
  const { status, error } = spawnSync(command, args, { cwd: web, stdio: 'inherit', env: { ...process.env, ...env } })
  if (error) console.error(`${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

// A directory of its own, so that two runs do not meet.
mkdirSync(join(web, '.build'), { recursive: true })
const build = mkdtempSync(join(web, '.build', 'test-'))
process.on('exit', () => rmSync(build, { recursive: true, force: true }))

run(process.execPath, [join(web, 'node_modules', 'typescript', 'bin', 'tsc'), '--outDir', build])
// The release core, too. Where it can't be had, this says why, and each test of it is skipped by name.
const release = spawnSync('go', ['run', './cmd/webbuild', '-wasm'], { cwd: join(web, '..'), encoding: 'utf8' })
const missing = release.stderr.startsWith('webbuild:') && release.stderr.includes('exit status 3')
if (release.status !== 0 && !missing) {
  console.error(release.stdout + release.stderr)
  process.exit(1)
}
if (!missing) copyFileSync(join(web, '..', '.build', 'rtm-release.wasm'), join(build, 'rtm-release.wasm'))
run('go', ['build', '-C', join(web, '..'), '-trimpath', '-ldflags=-s -w', '-o', join(build, 'rtm.wasm'), './wasm'], { GOOS: 'js', GOARCH: 'wasm' })

const tests = readdirSync(build, { recursive: true })
  .filter((name) => name.endsWith('.test.js'))
  .map((name) => join(build, name))
if (tests.length === 0) throw new Error(`no tests in ${build}`)
run(process.execPath, ['--import', new URL('./hooks.mjs', import.meta.url).href, '--test', ...process.argv.slice(2), ...tests], {
  RTM_WEB: web,
  RTM_BUILD: build,
  RTM_NO_RELEASE: missing ? release.stderr.split('\n')[0] : '',
  GOROOT: execFileSync('go', ['env', 'GOROOT'], { cwd: web, encoding: 'utf8' }).trim(),
})
