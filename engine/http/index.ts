export { httpExchange, readAll } from './client.ts';
export { HttpError } from './http-error.ts';
export { hasToken, type HttpRequest, type HttpResponse } from './message.ts';
export { serveHttp, type HttpHandler, type TakenOver } from './server.ts';
