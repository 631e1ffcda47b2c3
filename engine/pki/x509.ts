/** The one way to the certificate library: its dependency injection wants the metadata API before it loads. */
import 'reflect-metadata';

export * from '@peculiar/x509';
