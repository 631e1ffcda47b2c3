export { httpExchange, readAll, type ExchangedResponse } from './client.ts';
export { HttpError, type HttpErrorCode } from './http-error.ts';
export { hasToken, type HttpRequest, type HttpResponse } from './message.ts';
export { serveHttp, type HttpHandler, type ServeOptions, type TakenOver } from './server.ts';
