// The optional package ws.
declare module 'ws' {
  export const WebSocket: new (url: string) => object
}
