// Lays out large graphs off the main thread.
import { layoutGraph } from './layout'

self.onmessage = (e: MessageEvent<Parameters<typeof layoutGraph>>) => {
  self.postMessage(layoutGraph(...e.data))
}
