import type { PreviewTarget } from './preview-address.ts';

/** Whether a host name (IPv6 in brackets) means this computer. */
export function isLoopback(hostname: string): boolean;

/** Host (with port) under which previews of an app at `appHost` live, without the leading label. */
export function previewDomain(appHost: string): string;

/** Host of a preview below a `previewDomain`. */
export function previewHost(target: PreviewTarget, domain: string): string;

/** What a preview host stands for; undefined for any other host. */
export function readPreviewHost(
  host: string,
): (PreviewTarget & { readonly domain: string }) | undefined;

/** Path of a preview below the app's base in path mode; no slash at either end. */
export function previewPath(target: PreviewTarget): string;

/** Splits a path-mode path into its target and the learner's own path; undefined for any other path. */
export function readPreviewPath(
  pathname: string,
): { readonly target: PreviewTarget; readonly path: string } | undefined;
