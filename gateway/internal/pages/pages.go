// SPDX-License-Identifier: Apache-2.0

// Package pages serves the docs page, its assets and the OpenAPI document, all from the binary.
package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Content security policies: a page loads and calls its own origin only, and nothing inline.
const (
	policyBase = "default-src 'none'; script-src 'self'; connect-src 'self'; font-src 'self'; " +
		"img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	PolicyDocs = policyBase + "; style-src 'self'"
	PolicyNone = "default-src 'none'; frame-ancestors 'none'"
)

// contentTypes of everything that is embedded; a file of another kind is a fault of the build.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
	".json": "application/json",
	".yaml": "application/yaml",
}

// file is one embedded file in both encodings.
type file struct {
	contentType    string
	plain, zipped  []byte
	etag, etagZip  string
	securityPolicy string
}

// Pages by path.
type Pages struct {
	files map[string]*file
	docs  bool
}

// New reads everything that is embedded once, at start.
func New(files fs.FS, docs bool) (*Pages, error) {
	p := &Pages{files: map[string]*file{}, docs: docs}
	for _, asset := range []string{"docs.js", "docs.css", "favicon.svg"} {
		if err := p.add("/assets/"+asset, files, asset, PolicyNone); err != nil {
			return nil, err
		}
	}
	vendored, err := fs.Glob(files, "vendor/assets/*.gz")
	if err != nil || len(vendored) == 0 {
		return nil, fmt.Errorf("no vendored assets are embedded; run gateway/build: %w", err)
	}
	for _, name := range vendored {
		if err := p.add("/assets/"+strings.TrimSuffix(path.Base(name), ".gz"), files, name, PolicyNone); err != nil {
			return nil, err
		}
	}
	for _, document := range []string{"openapi.json", "openapi.yaml"} {
		if err := p.add("/"+document, files, "vendor/document/"+document, PolicyNone); err != nil {
			return nil, err
		}
	}
	if docs {
		return p, p.add("/docs", files, "docs.html", PolicyDocs)
	}
	return p, nil
}

func (p *Pages) add(at string, files fs.FS, name, securityPolicy string) error {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	made := &file{contentType: contentTypes[path.Ext(at)], securityPolicy: securityPolicy}
	if at == "/docs" {
		made.contentType = contentTypes[".html"]
	}
	if made.contentType == "" {
		return fmt.Errorf("%s has no content type; add its ending to internal/pages", name)
	}
	if strings.HasSuffix(name, ".gz") {
		made.zipped = content
		made.plain, err = gunzip(content)
	} else {
		made.plain = content
		made.zipped, err = gzipped(content)
	}
	sum := sha256.Sum256(made.plain)
	tag := hex.EncodeToString(sum[:12])
	made.etag, made.etagZip = `"`+tag+`"`, `"`+tag+`-gz"`
	p.files[at] = made
	return err
}

// Serve answers a GET or HEAD of a page; false if there is none at this path.
func (p *Pages) Serve(w http.ResponseWriter, r *http.Request) bool {
	at := r.URL.Path
	switch {
	case at == "/" && p.docs:
		http.Redirect(w, r, "/docs", http.StatusFound)
		return true
	case at == "/swagger" && p.docs:
		http.Redirect(w, r, "/docs", http.StatusPermanentRedirect)
		return true
	case at == "/docs/":
		at = "/docs"
	}
	found := p.files[at]
	if found == nil {
		return false
	}
	header := w.Header()
	header.Set("Content-Type", found.contentType)
	header.Set("Content-Security-Policy", found.securityPolicy)
	header.Set("Cache-Control", "no-cache") // kept, but asked for again: the ETag answers
	header.Set("Vary", "Accept-Encoding")
	content, etag := found.plain, found.etag
	if acceptsGzip(r) {
		content, etag = found.zipped, found.etagZip
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("ETag", etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	return true
}

// Has tells whether there is a page at this path, whatever the method.
func (p *Pages) Has(at string) bool {
	return p.files[at] != nil || p.docs && (at == "/" || at == "/swagger" || at == "/docs/")
}

func acceptsGzip(r *http.Request) bool {
	for item := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, parameters, _ := strings.Cut(strings.TrimSpace(item), ";")
		if (coding == "gzip" || coding == "*") && strings.ReplaceAll(parameters, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

func gzipped(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func gunzip(content []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
