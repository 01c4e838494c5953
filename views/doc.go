// Package views draws pages from what it is given. It loads nothing, decides nothing
// and holds no text of its own: words come from i18n, rules from licensing.
package views
