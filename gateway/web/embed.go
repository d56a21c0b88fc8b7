// SPDX-License-Identifier: Apache-2.0

// Package web holds the pages, their assets and the OpenAPI document; gateway/build fills vendor/.
package web

import "embed"

//go:embed docs.html docs.js docs.css favicon.svg vendor/assets vendor/document
var Files embed.FS
