import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Assets are named relative to the document's <base href>, so the same build
// works under any path. In development the API comes from CLEW_API.
export default defineConfig({
  base: './',
  plugins: [react()],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { host: '127.0.0.1', proxy: { '/api': process.env.CLEW_API ?? 'http://127.0.0.1:7171' } },
})
