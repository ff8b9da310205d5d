// Builds a project: node build.mjs vite|vite-dev|react|vue|svelte|webpack DIR. vite-dev serves it until its
// input ends, and prints where.
import { join } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import { build, createServer } from 'vite'
import webpack from 'webpack'

const [, , packer, root] = process.argv
const quiet = { root, configFile: false, logLevel: 'warn' }

switch (packer) {
  case 'vite':
  case 'react':
    await build({ ...quiet, base: './' })
    break
  case 'vue':
    await build({ ...quiet, base: './', plugins: [vue({ template: { compilerOptions: { isCustomElement: name => name.startsWith('rtm-') } } })] })
    break
  case 'svelte':
    await build({ ...quiet, base: './', plugins: [svelte({ configFile: false })] })
    break
  case 'vite-dev': {
    const server = await createServer({ ...quiet, server: { host: '127.0.0.1', port: 0 }, optimizeDeps: { exclude: ['rtmwidget'] } })
    await server.listen()
    console.log(server.resolvedUrls.local[0])
    process.stdin.on('close', () => server.close()).resume()
    break
  }
  case 'webpack':
    await new Promise((done, failed) => {
      const config = { mode: 'production', context: root, entry: './main.js', output: { path: join(root, 'dist') }, performance: false }
      webpack(config, (error, stats) => {
        if (error ?? (stats.hasErrors() || stats.hasWarnings())) failed(error ?? new Error(stats.toString()))
        else done()
      })
    })
    break
  default:
    throw new Error(`packer ${packer}; it must be vite, vite-dev, react, vue, svelte or webpack`)
}
