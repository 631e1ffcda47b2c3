// Package oidc is empty: CoreDNS shows the token of its service account.
package oidc
