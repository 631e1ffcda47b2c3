package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnswer(t *testing.T) {
	request := httptest.NewRequest(http.MethodGet, "http://example.test/path?x=1", nil)
	request.Header.Set("X-B", "two")
	request.Header.Set("X-A", "one")
	request.RemoteAddr = "10.0.0.1:1234"
	var text strings.Builder
	describe("blue", request).writeText(&text)
	lines := text.String()
	for _, want := range []string{"Name: blue\nHostname: ", "RemoteAddr: 10.0.0.1:1234\nGET /path?x=1 HTTP/1.1\nHost: example.test\nX-A: one\nX-B: two\n"} {
		if !strings.Contains(lines, want) {
			t.Errorf("%q is not in %q", want, lines)
		}
	}
}
