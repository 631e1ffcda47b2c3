import { expect, it } from 'vitest';
import { documentV2Protobuf } from './document-v2-protobuf.ts';

/** What gnostic-models 0.7 makes of the document below. */
const expected =
  '0a03322e3012120a0a4b756265726e657465731204312e3337428a021287020a132f6170692f76312f706f64732f' +
  '7b6e616d657d12ef0112ba010a07636f72655f76311a04726561642a0772656164506f6432106170706c69636174' +
  '696f6e2f6a736f6e3a032a2f2a421812160a14232f706172616d65746572732f77617463682d3142270a250a2312' +
  '04626f64791a04626f647920012a130a11232f646566696e6974696f6e732f506f644a3f0a240a03323030121d0a' +
  '1b0a024f4b12150a130a11232f646566696e6974696f6e732f506f640a170a0334303112100a0e0a0c556e617574' +
  '686f72697a6564520568747470734a300a2e122c222a08011204706174681a0f6e616d65206f662074686520506f' +
  '6422046e616d652a06737472696e679801014aa1010a9e010a03506f6412960122064120706f642e9a0104737065' +
  '63b201080a066f626a656374ca01790a360a0473706563122eb201070a056172726179ba01210a1f1205696e7433' +
  '3249000000000000f03f58ac02b201090a07696e74656765720a250a066c6162656c73121baa010d0a0bb201080a' +
  '06737472696e67b201080a066f626a6563740a180a04667265651210aa01021001b201080a066f626a6563745233' +
  '0a310a0777617463682d31122612241a22120571756572791a0657617463682e220577617463683207626f6f6c65' +
  '616ea0010162110a0f0a0b426561726572546f6b656e12006a4f0a4d0a0b426561726572546f6b656e123e123c0a' +
  '066170694b6579120d617574686f72697a6174696f6e1a06686561646572221b42656172657220546f6b656e2061' +
  '757468656e7469636174696f6e';

it('writes the older document as gnostic does', () => {
  const bytes = documentV2Protobuf({
    swagger: '2.0',
    info: { title: 'Kubernetes', version: '1.37' },
    paths: {
      '/api/v1/pods/{name}': {
        get: {
          description: 'read',
          consumes: ['*/*'],
          produces: ['application/json'],
          schemes: ['https'],
          tags: ['core_v1'],
          operationId: 'readPod',
          parameters: [
            { $ref: '#/parameters/watch-1' },
            { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/Pod' } },
          ],
          responses: {
            '200': { description: 'OK', schema: { $ref: '#/definitions/Pod' } },
            '401': { description: 'Unauthorized' },
          },
        },
        parameters: [
          {
            uniqueItems: true,
            type: 'string',
            description: 'name of the Pod',
            name: 'name',
            in: 'path',
            required: true,
          },
        ],
      },
    },
    definitions: {
      Pod: {
        description: 'A pod.',
        type: 'object',
        required: ['spec'],
        properties: {
          spec: {
            type: 'array',
            items: { type: 'integer', format: 'int32', minimum: 1, maxLength: 300 },
          },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
          free: { type: 'object', additionalProperties: true },
        },
      },
    },
    parameters: {
      'watch-1': {
        uniqueItems: true,
        type: 'boolean',
        description: 'Watch.',
        name: 'watch',
        in: 'query',
      },
    },
    securityDefinitions: {
      BearerToken: {
        description: 'Bearer Token authentication',
        type: 'apiKey',
        name: 'authorization',
        in: 'header',
      },
    },
    security: [{ BearerToken: [] }],
  });
  expect(Buffer.from(bytes).toString('hex')).toBe(expected);
});
