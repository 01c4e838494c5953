// Package views draws pages from what it is given. It loads nothing, decides nothing
// and holds no text of its own: words come from i18n, rules from licensing.
//
// The search fields of filters take 24 characters: their text goes into an address, and
// a whole product key, even without its hyphens, has 25.
package views
