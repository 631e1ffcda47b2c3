export { concatBytes, streamOf } from './body.ts';
export { httpExchange, httpUpgrade, readAll } from './client.ts';
export { HttpError } from './http-error.ts';
export { endedBy, handlerOver, httpServiceOf } from './http-service.ts';
export type { HttpRequest, HttpResponse } from '../api/http-message.ts';
export { endToEndHeaders, hasToken } from './message.ts';
export { webSocketHeaders, webSocketMessages } from './websocket.ts';
export { serveHttp, type HttpHandler, type TakenOver } from './server.ts';
