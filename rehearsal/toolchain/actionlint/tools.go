//go:build tools

// Package tools pins the linter of the workflows as this module's only requirement.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
