import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

// The code that README.md and the SDK's first page show must compile as strictly as the SDK itself.

const web = process.env.RTM_WEB!

/** The TypeScript and the module scripts of a Markdown text. */
function snippets(markdown: string): string[] {
  return [...markdown.matchAll(/^```(ts|typescript|html)\n(.*?)^```/gms)].flatMap(([, language, code = '']) =>
    language === 'html' ? [...code.matchAll(/<script type="module">(.*?)<\/script>/gs)].map(([, script = '']) => script) : [code],
  )
}

/** The code in the first comment of a file. */
function firstComment(source: string): string {
  const [comment = ''] = /^\/\*\*.*?\*\//s.exec(source) ?? []
  return [...comment.matchAll(/^ \* {5}(.*)$/gm)].map(([, line]) => line).join('\n')
}

/** What the compiler says about modules; the SDK's own address is that of a server for them. */
function compile(modules: string[]): string {
  const dir = mkdtempSync(join(web, '.build', 'snippets-'))
  try {
    modules.forEach((code, i) => writeFileSync(join(dir, `snippet${i}.ts`), code.replace(/from '[^']*\/sdk\.js'/g, "from 'rtmwidget'")))
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: { noEmit: true, rootDir: '../..', noUnusedLocals: false, paths: { rtmwidget: ['../../sdk/src/index.ts'] } },
      include: ['*.ts', '../../sdk/src/wasm_exec.d.ts'],
      exclude: [],
    }
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config))
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(web, 'node_modules/typescript/bin/tsc'), '-p', dir], { encoding: 'utf8' })
    return status === 0 ? '' : stdout + stderr
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

test('what README.md and the SDK show compiles', () => {
  const readme = snippets(readFileSync(join(web, '..', 'README.md'), 'utf8'))
  const first = firstComment(readFileSync(join(web, 'sdk/src/index.ts'), 'utf8'))
  assert.ok(readme.length > 0, 'README.md shows no code')
  assert.match(first, /from 'rtmwidget'/)
  const own = snippets(readFileSync(join(web, 'sdk/README.md'), 'utf8'))
  assert.ok(own.length > 5, 'the README of the package shows no code')
  assert.equal(compile([...readme, ...own, first]), '')
})

test('a snippet with a mistake does not', () => {
  const page = "```html\n<script type=\"module\">\n  import { load } from 'http://h/sdk.js'\n  const rtm = await load()\n  rtm.customer({})\n</script>\n```\n"
  const code = "```ts\nimport type { customer } from 'rtmwidget'\nexport const limit: customer.ListChatsRequest = { limt: 5 }\n```\n"
  assert.match(compile(snippets(page)), /organizationId/)
  assert.match(compile(snippets(code)), /limt/)
})
