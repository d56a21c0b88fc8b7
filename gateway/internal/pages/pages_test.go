// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"net/http/httptest"
	"strings"
	"testing"

	"storefront-cdc/gateway/web"
)

func get(t *testing.T, p *Pages, path string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	if p.Serve(answer, r) != p.Has(path) {
		t.Fatalf("Serve and Has do not agree on %s", path)
	}
	return answer
}

func TestPages(t *testing.T) {
	p, err := New(web.Files, true)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/docs": "text/html; charset=utf-8", "/docs/": "text/html; charset=utf-8", "/openapi.json": "application/json",
		"/openapi.yaml": "application/yaml", "/assets/swagger-ui.css": "text/css; charset=utf-8",
		"/assets/swagger-ui-bundle.js": "text/javascript; charset=utf-8", "/assets/favicon.svg": "image/svg+xml",
	} {
		plain, zipped := get(t, p, path, nil), get(t, p, path, map[string]string{"Accept-Encoding": "br, gzip"})
		if plain.Code != 200 || plain.Header().Get("Content-Type") != want || plain.Header().Get("Content-Encoding") != "" || plain.Body.Len() == 0 {
			t.Errorf("%s: %d %v", path, plain.Code, plain.Header())
		}
		if zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Header().Get("Vary") != "Accept-Encoding" ||
			plain.Body.Len() > 1000 && zipped.Body.Len() >= plain.Body.Len() {
			t.Errorf("%s zipped: %v, %d bytes for %d", path, zipped.Header(), zipped.Body.Len(), plain.Body.Len())
		}
		tag := zipped.Header().Get("ETag")
		if tag == "" || tag == plain.Header().Get("ETag") {
			t.Errorf("%s: each encoding needs its own strong ETag", path)
		}
		again := get(t, p, path, map[string]string{"Accept-Encoding": "gzip", "If-None-Match": tag})
		if again.Code != 304 || again.Body.Len() != 0 {
			t.Errorf("%s again: %d", path, again.Code)
		}
		if refused := get(t, p, path, map[string]string{"Accept-Encoding": "gzip;q=0"}); refused.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: gzip was refused", path)
		}
	}
	for path, code := range map[string]int{"/": 302, "/swagger": 308} {
		if answer := get(t, p, path, nil); answer.Code != code || answer.Header().Get("Location") != "/docs" {
			t.Errorf("%s: %d %v", path, answer.Code, answer.Header())
		}
	}
	for _, path := range []string{"/redoc", "/assets/", "/assets/../docs.html", "/assets/docs.html", "/vendor/document/openapi.json", "/x"} {
		if p.Has(path) {
			t.Errorf("%s is served", path)
		}
	}
}

func TestDocsCanBeOff(t *testing.T) {
	p, err := New(web.Files, false)
	if err != nil {
		t.Fatal(err)
	}
	if p.Has("/docs") || p.Has("/") || p.Has("/swagger") || !p.Has("/openapi.json") {
		t.Error("docs=false hides the page and keeps the document")
	}
}

// The page works under its policy: nothing inline, nothing from elsewhere.
func TestDocsPageKeepsItsPolicy(t *testing.T) {
	p, err := New(web.Files, true)
	if err != nil {
		t.Fatal(err)
	}
	page := get(t, p, "/docs", nil)
	if got := page.Header().Get("Content-Security-Policy"); got != PolicyDocs || strings.Contains(got, "unsafe") {
		t.Errorf("policy %q", got)
	}
	for _, banned := range []string{"http://", "https://", " style=", " onload=", "<style"} {
		if strings.Contains(page.Body.String(), banned) {
			t.Errorf("the page has %q", banned)
		}
	}
}
